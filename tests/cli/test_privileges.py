"""Grants and owners: what files state of them counts, what others have granted is theirs."""

import re
from collections.abc import Generator
from pathlib import Path

import pytest
from psycopg import sql

from cli.conftest import Run, url_of
from psqlmigrate.postgres.connect import Connection, connect
from psqlmigrate.postgres.target import Target

ROLES = ("app", "reader", "deployer")
SCHEMA = "CREATE TABLE t (a int, b int);\nCREATE VIEW v AS SELECT a FROM t;\n"
STATED = SCHEMA + "GRANT SELECT ON v TO app;\nGRANT UPDATE (b) ON t TO app;\n"


@pytest.fixture
def roles(server: Target) -> None:
    with connect(server) as admin:
        for role in ROLES:
            admin.execute(
                sql.SQL(
                    "DO $$ BEGIN CREATE ROLE {} LOGIN; EXCEPTION WHEN duplicate_object THEN END $$"
                ).format(sql.Identifier(role))
            )


@pytest.fixture
def live(roles: None, database: Target) -> Generator[Connection]:  # noqa: ARG001 - they have to be there
    with connect(database) as connection:
        yield connection


@pytest.fixture
def stated(run: Run, project: Path, live: Connection) -> Run:
    """A project whose schema states grants, applied."""
    assert live
    (project / "schema.sql").write_text(STATED)
    run("init", "--models", "schema.sql")
    assert run("autogenerate", "first")[0] == 0
    assert run("upgrade", "--strict")[0] == 0
    return run


def _acl(connection: Connection, name: str) -> str:
    row = connection.execute(
        "SELECT relacl::text FROM pg_class WHERE oid = %s::regclass", (name,)
    ).fetchone()
    return str(row[0]) if row else ""


def _agrees(run: Run) -> None:
    for command in (("check",), ("validate",), ("drift",), ("status", "--exit-code")):
        code, out, _ = run(*command)
        assert (command, code) == (command, 0), out


def test_stated_grants_become_a_migration(stated: Run, project: Path, live: Connection) -> None:
    [file] = (project / "migrations").glob("*.py")
    assert "GRANT SELECT ON TABLE public.v TO app" in file.read_text()
    assert "GRANT UPDATE (b) ON TABLE public.t TO app" in file.read_text()
    assert "app=r/" in _acl(live, "v")
    _agrees(stated)
    assert stated("verify", "--replay")[0] == 0
    assert stated("downgrade")[0] == 0


def test_a_view_made_anew_has_its_grants_again(
    stated: Run, project: Path, live: Connection
) -> None:
    (project / "schema.sql").write_text(STATED.replace("SELECT a FROM", "SELECT b, a FROM"))
    assert stated("autogenerate", "turn it round")[0] == 0
    assert stated("upgrade", "--strict")[0] == 0
    assert "app=r/" in _acl(live, "v")
    _agrees(stated)


def test_what_others_have_granted_is_no_drift(run: Run, project: Path, live: Connection) -> None:
    live.execute("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO reader")
    (project / "schema.sql").write_text(SCHEMA)
    run("init", "--models", "schema.sql")
    run("autogenerate", "first")
    assert run("upgrade", "--strict")[0] == 0
    assert "reader=r/" in _acl(live, "t")
    _agrees(run)
    live.execute("GRANT INSERT ON t TO app; REVOKE SELECT ON v FROM reader")
    live.execute("ALTER TABLE t OWNER TO deployer")
    _agrees(run)
    assert "in the database from" not in run("status")[1] + run("check")[1]
    (project / "schema.sql").write_text(SCHEMA + "CREATE TABLE u (a int);\n")
    assert run("autogenerate", "second")[0] == 0
    assert run("upgrade", "--strict")[0] == 0
    assert "app=a/" in _acl(live, "t")
    _agrees(run)
    assert "default privilege" not in run("status")[1]


def test_a_stated_grant_that_is_gone_is_drift(stated: Run, live: Connection) -> None:
    live.execute("REVOKE SELECT ON v FROM app; GRANT SELECT ON t TO reader")
    code, out, _ = stated("drift")
    assert code == 1
    assert "GRANT SELECT ON TABLE public.v TO app;" in out
    assert "REVOKE SELECT ON TABLE public.t FROM reader;" in out
    assert stated("status", "--exit-code")[0] == 1
    live.execute(re.sub(r"(?m)^--.*$", "", out).encode())
    _agrees(stated)


def test_a_grant_made_by_hand_can_be_kept(stated: Run, project: Path, live: Connection) -> None:
    live.execute("GRANT DELETE ON t TO reader")
    assert stated("drift", "--to-migration", "keep it")[0] == 0
    newest = max((project / "migrations").glob("*.py"))
    assert "GRANT DELETE ON TABLE public.t TO reader" in newest.read_text()
    assert stated("drift")[0] == 0


def test_grants_that_are_not_managed_are_not_seen(run: Run, project: Path) -> None:
    (project / "schema.sql").write_text("CREATE TABLE t (a int);\n")
    (project / "psqlmigrate.toml").write_text('models = ["schema.sql"]\nmanage_grants = false\n')
    run("init")
    run("autogenerate", "first")
    run("upgrade")
    (project / "schema.sql").write_text("CREATE TABLE t (a int);\nGRANT SELECT ON t TO PUBLIC;\n")
    assert run("check")[0] == 0


def test_owners_are_managed_on_request(run: Run, project: Path, live: Connection) -> None:
    (project / "schema.sql").write_text(SCHEMA + "ALTER TABLE t OWNER TO app;\n")
    run("init", "--models", "schema.sql")
    run("autogenerate", "first")
    assert run("upgrade", "--strict")[0] == 0
    _agrees(run)
    (project / "psqlmigrate.toml").write_text('models = ["schema.sql"]\nmanage_owners = true\n')
    code, out, _ = run("check")
    assert (code, "owner" in out) == (1, True)
    assert run("autogenerate", "hand over")[0] == 0
    assert run("upgrade", "--strict")[0] == 0
    _agrees(run)
    live.execute("ALTER TABLE t OWNER TO deployer")
    code, out, _ = run("drift")
    assert (code, "ALTER TABLE public.t OWNER TO app;" in out) == (1, True)


def test_a_squash_keeps_grants(stated: Run, project: Path, live: Connection) -> None:
    (project / "schema.sql").write_text(STATED + "GRANT SELECT ON t TO reader;\n")
    stated("autogenerate", "second")
    assert stated("upgrade", "--strict")[0] == 0
    code, _, err = stated("squash", "both")
    assert (code, err) == (0, "")
    _agrees(stated)
    assert stated("downgrade", "base")[0] == 0
    assert stated("upgrade", "--strict")[0] == 0
    assert "reader=r/" in _acl(live, "t")
    _agrees(stated)


def test_a_database_with_a_schema_is_taken_over_with_its_grants(
    run: Run, project: Path, live: Connection
) -> None:
    live.execute(STATED.encode())
    live.execute("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO reader")
    assert run("init", "--from-database")[0] == 0
    [file] = (project / "migrations").glob("*.py")
    assert "GRANT SELECT ON TABLE public.v TO app" in file.read_text()
    assert "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO reader" in file.read_text()
    for command in (("drift",), ("status", "--exit-code")):
        assert run(*command)[0] == 0


def test_diff_compares_grants_and_on_request_owners(run: Run, live: Connection) -> None:
    live.execute(STATED.encode())
    live.execute("ALTER VIEW v OWNER TO deployer")
    for option, grants, owners in (
        (("--grants",), True, False),
        (("--no-grants",), False, False),
        (("--owners",), True, True),
    ):
        code, out, _ = run("diff", "empty", "database", *option)
        assert code == 0
        assert ("GRANT SELECT ON TABLE public.v TO app;" in out) is grants
        assert ("ALTER VIEW public.v OWNER TO deployer;" in out) is owners


def test_diff_brings_back_what_it_does_not_compare(
    run: Run, project: Path, live: Connection
) -> None:
    live.execute(STATED.encode())
    live.execute("ALTER VIEW v OWNER TO deployer")
    turned = SCHEMA.replace("SELECT a FROM", "SELECT b, a FROM")
    (project / "turned.sql").write_text(turned)
    for option in ("--grants", "--no-grants"):
        code, out, _ = run("diff", "database", "./turned.sql", option, "--prove")
        assert code == 0
        assert out.index("OWNER TO deployer") < out.index("GRANT SELECT ON TABLE public.v TO app")
        assert "public.t" not in out.replace("FROM public.t", "").replace("FROM t", "")


def test_a_missing_role_is_named_with_the_ways_out(
    call: Run, project: Path, database: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "schema.sql").write_text(
        "CREATE TABLE t (a int);\nGRANT SELECT ON t TO nobody_has;\n"
    )
    monkeypatch.setenv("DATABASE_URL", url_of(database))
    code, _, err = call("diff", "database", "./schema.sql")
    assert code == 3
    assert 'schema.sql:2: role "nobody_has" does not exist' in err
    assert "scratch_setup" in err


def test_what_is_made_anew_says_that_grants_by_hand_are_lost(run: Run, project: Path) -> None:
    (project / "v.sql").write_text(
        "CREATE VIEW v AS SELECT 1 AS a, 2 AS b; CREATE VIEW w AS SELECT a FROM v;"
    )
    run("init", "--models", "v.sql")
    run("autogenerate", "first")
    (project / "v.sql").write_text(
        "CREATE VIEW v AS SELECT 1 AS a; CREATE VIEW w AS SELECT a FROM v;"
    )
    assert "hazards: loses privileges granted by hand" in run("autogenerate", "second")[1]
    (project / "v.sql").write_text(
        "CREATE VIEW v AS SELECT 1 AS a, 3 AS c; CREATE VIEW w AS SELECT a FROM v;"
    )
    assert "hazards" not in run("autogenerate", "third")[1]
    (project / "v.sql").write_text("SELECT 1;")
    assert "by hand" not in run("autogenerate", "fourth")[1]
