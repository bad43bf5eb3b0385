"""Which of psqlmodel's tables are the history, and that no row of them is ever lost.

The tables are written by hand, as both generations make them: no real psqlmodel gets into most of
these states twice in the same way.
"""

import json
import secrets
import subprocess
import sys
from collections.abc import Generator

import pytest

from compat.conftest import OldProject
from psqlmigrate.postgres.connect import connect
from psqlmigrate.postgres.target import Target

TABLES = """
CREATE TABLE {0}_psqlmodel_schema_state (
    object_type VARCHAR(50) NOT NULL, object_name VARCHAR(255) NOT NULL,
    schema_hash VARCHAR(64) NOT NULL, updated_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
    PRIMARY KEY (object_type, object_name));
CREATE TABLE {0}_psqlmodel_migrations (
    version VARCHAR(50) PRIMARY KEY, message TEXT,
    applied_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(), checksum VARCHAR(64),
    execution_time_ms INTEGER, rolled_back_at TIMESTAMP WITH TIME ZONE);
CREATE TABLE {0}_psqlmodel_migrations_failures (
    id SERIAL PRIMARY KEY, version VARCHAR(50) NOT NULL, message TEXT, error_message TEXT NOT NULL,
    stack_trace TEXT, failed_at TIMESTAMP WITH TIME ZONE DEFAULT NOW())"""
STEP = """\
from psqlmodel.migrations import Migration


class Migration_{0}(Migration):
    version = "{0}"
    message = "step {0}"
    depends_on = None

    def up(self, engine):
        engine.execute_sql("CREATE TABLE t{0} (a int)")

    def down(self, engine):
        engine.execute_sql("DROP TABLE t{0}")
"""
ONE, TWO, THREE = "20240101_000001", "20240101_000002", "20240101_000003"
EARLY, LATE, LAST = "2024-01-01", "2024-02-01", "2024-03-01"


@pytest.fixture
def steps(old: OldProject) -> OldProject:
    for version in (ONE, TWO, THREE):
        old.file(version, STEP.format(version))
    return old


def earlier(project: OldProject, schema: str = "public") -> None:
    project.execute(f'CREATE SCHEMA IF NOT EXISTS "{schema}"', *_tables(schema))


def later(project: OldProject) -> None:
    project.execute("CREATE SCHEMA migrations", *_tables("migrations"))


def _tables(schema: str) -> list[str]:
    return TABLES.format(f'"{schema}".').split(";")


def row(
    project: OldProject, schema: str, version: str, applied: str, rolled_back: str | None = None
) -> None:
    undone = f"'{rolled_back}'" if rolled_back else "NULL"
    project.execute(
        f'INSERT INTO "{schema}"._psqlmodel_migrations (version, message, applied_at, checksum,'
        f" rolled_back_at) VALUES ('{version}', 'of {schema}', '{applied}', '', {undone})",
        f"CREATE TABLE IF NOT EXISTS t{version} (a int)",
    )
    if rolled_back:
        project.execute(f"DROP TABLE t{version}")


def applied(project: OldProject) -> list[tuple[str, str]]:
    rows = json.loads(project.succeed("history", "--json"))["result"]["rows"]
    return sorted((one["version"], one["message"]) for one in rows)


def test_a_schema_of_the_search_path(steps: OldProject) -> None:
    """The earlier generation writes where unqualified names go: here, to the role's own schema."""
    earlier(steps, 'My "app"'.replace('"', ""))
    steps.execute(f'ALTER DATABASE {steps.database.params["dbname"]} SET search_path = "My app"')
    row(steps, "My app", ONE, EARLY)
    assert applied(steps) == [(ONE, "of My app")]
    assert "2 applied" in steps.succeed("upgrade")
    assert len(steps.rows('"My app"._psqlmodel_migrations')) == 3
    assert "Applied           3" in steps.succeed("status")


def test_a_schema_that_is_in_no_search_path_is_another_projects(steps: OldProject) -> None:
    earlier(steps, "other")
    row(steps, "other", ONE, EARLY)
    assert "Initialized       no" in steps.succeed("status")
    steps.execute(f"DROP TABLE t{ONE}")
    assert "3 applied" in steps.succeed("upgrade")
    assert len(steps.rows("other._psqlmodel_migrations")) == 1
    assert len(steps.rows("public._psqlmodel_migrations")) == 3


def test_the_setting_comes_first(steps: OldProject) -> None:
    later(steps)
    earlier(steps)
    row(steps, "migrations", ONE, EARLY)
    row(steps, "public", TWO, EARLY)
    for schema, version in (("public", TWO), ("migrations", ONE)):
        (steps.root / "psqlmigrate.toml").write_text(f'history_schema = "{schema}"\n')
        assert applied(steps) == [(version, f"of {schema}")]
    (steps.root / "psqlmigrate.toml").write_text("")
    assert applied(steps) == [(ONE, "of migrations"), (TWO, "of public")]


def test_our_own_history_comes_before_what_psqlmodel_left(steps: OldProject) -> None:
    assert "3 applied" in steps.succeed("upgrade")
    later(steps)
    row(steps, "migrations", TWO, LAST, "2199-01-01")
    steps.execute(f"CREATE TABLE t{TWO} (a int)")
    assert "Applied           3" in steps.succeed("status")
    assert "3 reverted" in steps.succeed("downgrade", "base")
    assert len(steps.rows("migrations._psqlmodel_migrations")) == 1


@pytest.mark.parametrize("command", [("init",), ("upgrade",), ("downgrade",), ("stamp", THREE)])
def test_both_generations_are_one_history(steps: OldProject, command: tuple[str, ...]) -> None:
    earlier(steps)
    later(steps)
    row(steps, "public", ONE, EARLY)
    row(steps, "public", TWO, EARLY)
    row(steps, "migrations", TWO, LATE)
    before = steps.everything()
    assert applied(steps) == [(ONE, "of public"), (TWO, "of migrations")]
    assert "Applied           2" in steps.succeed("status")
    assert steps.succeed("current").strip() == TWO
    assert "0 findings" in steps.succeed("verify")
    assert steps.everything() == before
    old_rows = steps.rows("public._psqlmodel_migrations")
    steps.succeed(*command)
    assert steps.rows("public._psqlmodel_migrations") == old_rows
    rows = {str(one["version"]): one for one in steps.rows("migrations._psqlmodel_migrations")}
    assert rows[ONE] == next(one for one in old_rows if one["version"] == ONE)
    assert rows[TWO]["message"] == "of migrations"
    assert len(steps.rows("migrations._psqlmigrate_journal")) == (command != ("init",))
    # From here on there is one history; a later change of the former one is nobody's business.
    steps.execute("UPDATE public._psqlmodel_migrations SET rolled_back_at = now()")
    assert "Applied" in steps.succeed("status")
    assert ONE in [version for version, _ in applied(steps)]


def test_a_former_row_is_accepted_and_reverted_where_rows_are_written(steps: OldProject) -> None:
    earlier(steps)
    later(steps)
    row(steps, "public", ONE, EARLY)
    steps.execute("UPDATE public._psqlmodel_migrations SET checksum = repeat('a', 16)")
    before = steps.rows("public._psqlmodel_migrations")
    assert steps.run("verify")[0] == 1
    code, _, err = steps.run("upgrade")
    assert (code, f"verify --accept {ONE}" in err) == (5, True)
    steps.succeed("verify", "--accept", ONE)
    assert "0 findings" in steps.succeed("verify")
    assert "1 reverted" in steps.succeed("downgrade")
    [taken] = steps.rows("migrations._psqlmodel_migrations")
    assert len(str(taken["checksum"])) == 64
    assert taken["rolled_back_at"]
    assert steps.rows("public._psqlmodel_migrations") == before


def test_what_happened_last_holds(steps: OldProject) -> None:
    earlier(steps)
    later(steps)
    row(steps, "public", ONE, EARLY)
    row(steps, "public", TWO, EARLY)
    row(steps, "migrations", TWO, EARLY, LATE)
    assert applied(steps) == [(ONE, "of public")]
    assert "2 applied" in steps.succeed("upgrade")


@pytest.mark.parametrize("times", [(LATE, EARLY), (LATE, LATE)], ids=["older", "same"])
def test_histories_that_contradict_each_other(steps: OldProject, times: tuple[str, str]) -> None:
    earlier(steps)
    later(steps)
    row(steps, "public", ONE, times[0])
    row(steps, "migrations", ONE, EARLY, times[1])
    before = steps.everything()
    for command in ("status", "history", "current", "verify", "upgrade", "downgrade", "init"):
        code, _, err = steps.run(command)
        assert code == 5, command
        assert f"only one of them says that {ONE} is applied" in err
        assert 'history_schema = "migrations" or "public"' in err
    assert steps.everything() == before
    (steps.root / "psqlmigrate.toml").write_text('history_schema = "migrations"\n')
    assert "Applied           0" in steps.succeed("status")


def test_an_empty_later_one(steps: OldProject) -> None:
    """psqlmodel was upgraded and `init` run, nothing more."""
    earlier(steps)
    later(steps)
    row(steps, "public", ONE, EARLY)
    assert applied(steps) == [(ONE, "of public")]
    assert "2 applied" in steps.succeed("upgrade")


@pytest.fixture
def role(database: Target) -> Generator[str]:
    name = f"reader_{secrets.token_hex(6)}"
    with connect(database) as connection:
        connection.execute(f"CREATE ROLE {name} LOGIN".encode())
        yield name
        connection.execute(f"DROP OWNED BY {name} CASCADE; DROP ROLE {name}".encode())


@pytest.mark.parametrize("both", [False, True], ids=["later", "both"])
def test_a_role_that_may_only_read(
    steps: OldProject, role: str, monkeypatch: pytest.MonkeyPatch, both: bool
) -> None:
    """It is neither the owner's member nor a superuser, and the owner is no superuser either."""
    owner = f"{role}_owner"
    steps.execute(f"CREATE ROLE {owner}")
    try:
        later(steps)
        row(steps, "migrations", ONE, EARLY)
        schemas = ["migrations"]
        if both:
            earlier(steps)
            row(steps, "public", TWO, EARLY)
            schemas.append("public")
        for schema in schemas:
            for table in ("migrations", "schema_state"):
                steps.execute(f"ALTER TABLE {schema}._psqlmodel_{table} OWNER TO {owner}")
            steps.execute(
                f"GRANT USAGE ON SCHEMA {schema} TO {role}",
                f"GRANT SELECT ON {schema}._psqlmodel_migrations TO {role}",
                f"GRANT SELECT ON {schema}._psqlmodel_schema_state TO {role}",
            )
        steps.execute(f"ALTER ROLE {role} SET default_transaction_read_only = on")
        before = steps.everything()
        monkeypatch.setenv("PSQL_USER", role)
        assert steps.succeed("current").strip() == (TWO if both else ONE)
        assert len(applied(steps)) == 1 + both
        assert "0 findings" in steps.succeed("verify")
        assert "applied" in steps.succeed("show", ONE)
        code, _, err = steps.run("upgrade")
        assert code == 3
        assert f"belongs to {owner}" in err
        monkeypatch.setenv("PSQL_USER", str(steps.database.params["user"]))
        assert steps.everything() == before
    finally:
        steps.execute(f"DROP OWNED BY {owner} CASCADE", f"DROP ROLE {owner}")


@pytest.mark.parametrize("schema", ["public", "migrations"])
def test_a_planted_history_is_not_believed(steps: OldProject, role: str, schema: str) -> None:
    """Whoever may create schemas or tables could else make us skip migrations."""
    later(steps)
    earlier(steps)
    row(steps, "public", ONE, EARLY)
    row(steps, schema, THREE, LATE)
    steps.execute(f"ALTER TABLE {schema}._psqlmodel_migrations OWNER TO {role}")
    for command in ("upgrade", "init", "downgrade"):
        code, _, err = steps.run(command)
        assert code == 3, (command, err)
        assert f"{schema}._psqlmodel_migrations belongs to {role}" in err
    other = "migrations" if schema == "public" else "public"
    (steps.root / "psqlmigrate.toml").write_text(f'history_schema = "{other}"\n')
    assert (THREE, "of public") not in applied(steps)


def test_another_programs_table(steps: OldProject) -> None:
    steps.execute(
        "CREATE SCHEMA migrations", "CREATE TABLE migrations._psqlmodel_migrations (a int)"
    )
    code, _, err = steps.run("status")
    assert code == 3
    assert "has no column applied_at" in err


def test_bookkeeping_is_never_part_of_a_diff(steps: OldProject) -> None:
    later(steps)
    earlier(steps)
    for version in (ONE, TWO, THREE):
        row(steps, "migrations", version, EARLY)
    models = steps.root / "schema.sql"
    models.write_text("".join(f"CREATE TABLE t{one} (a int);" for one in (ONE, TWO, THREE)))
    schema = ("--models", str(models))
    assert "agree" in steps.succeed("check", *schema)
    steps.succeed("init")
    for words in (("validate",), ("diff", "database", "migrations"), ("status", "--full")):
        out = steps.succeed(*words, *schema)
        assert "psqlmodel" not in out.replace("PSQL_", ""), out
        assert "migrations._" not in out
        assert "schema migrations" not in out
    steps.execute("CREATE TABLE migrations.mine (a int)")
    assert "migrations.mine" in steps.succeed("status", "--full", *schema)
    steps.execute("CREATE TABLE orphan (a int)")
    steps.succeed("autogenerate", "x", "--drop-orphans", *schema)
    [written] = [one.read_text() for one in steps.migrations if one.name.endswith("_x.py")]
    assert "DROP TABLE public.orphan" in written
    assert "migrations." not in written.replace("psqlmodel.migrations", "")
    assert "1 applied" in steps.succeed("upgrade")


def _psql(project: OldProject, script: str) -> subprocess.CompletedProcess[str]:
    params = project.database.params
    words = ["psql", "-X", "-q", "-h", params["host"], "-p", params.get("port", "5432")]
    words += ["-U", params["user"], "-d", params["dbname"]]
    return subprocess.run(words, input=script, capture_output=True, text=True, check=False)


def test_a_script_for_psql_does_not_begin_a_second_history(steps: OldProject) -> None:
    later(steps)
    row(steps, "migrations", ONE, EARLY)
    before = steps.everything()
    refused = _psql(steps, steps.succeed("sql", "upgrade", f"{ONE}:head"))
    assert refused.returncode == 3
    assert "psqlmodel has a history in migrations._psqlmodel_migrations" in refused.stderr
    assert "psqlmigrate init" in refused.stderr
    assert steps.everything() == before
    steps.succeed("init")
    done = _psql(steps, steps.succeed("sql", "upgrade", f"{ONE}:head"))
    assert (done.returncode, done.stderr) == (0, "")
    assert len(steps.rows("migrations._psqlmodel_migrations")) == 3
    assert "Applied           3" in steps.succeed("status")


def test_a_script_for_psql_goes_on_with_the_earlier_generation(steps: OldProject) -> None:
    earlier(steps)
    row(steps, "public", ONE, EARLY)
    done = _psql(steps, steps.succeed("sql", "upgrade", f"{ONE}:head"))
    assert (done.returncode, done.stderr) == (0, "")
    assert "Applied           3" in steps.succeed("status")


def test_the_first_runs_at_once(steps: OldProject) -> None:
    """Both generations are there, nothing is adopted yet, and five begin."""
    earlier(steps)
    later(steps)
    row(steps, "public", ONE, EARLY)
    words = [sys.executable, "-m", "psqlmigrate", "upgrade"]
    running = [
        subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for _ in range(5)
    ]
    done = [(one.communicate()[0], one.returncode) for one in running]
    assert [code for _, code in done] == [0] * 5, done
    assert len(steps.rows("migrations._psqlmodel_migrations")) == 3
    assert len(steps.rows("public._psqlmodel_migrations")) == 1
    assert len(steps.rows("migrations._psqlmigrate_journal")) == 2
