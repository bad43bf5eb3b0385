"""What users of psqlmodel suffer from, a test for each: none of it may happen here.

One is elsewhere: a squash that fails and has deleted its originals, with the tests of squash. Some
have harder tests of their own: broken models in projects_cli/test_broken_models.py, runs at once in
faults/test_concurrency.py, runs cut off at every message in faults/test_cutting.py, whole projects
that come clean in projects_cli/test_shops.py, profile files in unit/service/test_profiles.py.
"""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from compat.conftest import Make, OldProject

TEXT = """\
from psqlmodel.migrations import Migration


class Migration_{0}(Migration):
    version = "{0}"
    message = "step"
    depends_on = None

    def up(self, engine):
        engine.execute_sql("CREATE TABLE t{0} (a int)")
        engine.execute_sql("INSERT INTO log (what) VALUES ('{0}')")

    def down(self, engine):
        engine.execute_sql("DROP TABLE t{0}")
        engine.execute_sql("INSERT INTO log (what) VALUES ('down {0}')")
"""
ONE, TWO, THREE = "20240101_000001", "20240101_000002", "20240101_000003"
RICH_MODELS = """\
import enum
import random
import uuid as ids

from psqlmodel import Column, PSQLModel, table
from psqlmodel.orm.types import array, integer, jsonb, serial, text, timestamptz, uuid, varchar
from psqlmodel.utils import gen_default_uuid, now


class Mood(enum.Enum):
    GOOD = "good"
    BAD = "bad"


def made_up():
    return random.random()


@table(name="rich")
class Rich(PSQLModel):
    id: serial = Column(primary_key=True)
    key: uuid = Column(nullable=False, default=gen_default_uuid)
    other: uuid = Column(nullable=False, default=ids.uuid4)
    code: varchar = Column(max_len=20, default=lambda: str(made_up()))
    maps: jsonb = Column(nullable=False, default=dict)
    tags: array(text) = Column(nullable=False, default=[])
    sizes: array(integer) = Column()
    mood: Mood = Column(nullable=False, default=Mood.GOOD)
    at: timestamptz = Column(nullable=False, default=now)
    note: text = Column(default="now() is the time, now")
"""


@pytest.fixture
def logged(old: OldProject) -> OldProject:
    old.execute("CREATE TABLE log (n serial, what text)")
    return old


def _log(project: OldProject) -> list[object]:
    rows = sorted(project.rows("log"), key=lambda one: int(str(one["n"])))
    return [one["what"] for one in rows]


def _processes(project: OldProject, count: int, *words: str) -> list[tuple[int, str]]:
    whole = [sys.executable, "-m", "psqlmigrate", *words]
    running = [
        subprocess.Popen(
            whole, cwd=project.root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        for _ in range(count)
    ]
    return [(one.returncode, text) for one in running for text in [one.communicate()[0]]]


@pytest.fixture
def rich(make_old: Make) -> OldProject:
    project = make_old("psqlmodel")
    (project.root / "models" / "people.py").write_text(RICH_MODELS)
    project.succeed("autogenerate", "Rich")
    project.succeed("upgrade")
    return project


def test_import_errors_in_models_are_told(make_old: Make) -> None:
    """There: "no changes", exit 0."""
    project = make_old("psqlmodel")
    (project.root / "models" / "broken.py").write_text("x = 1\nimport not_there\n")
    for words in (("check",), ("autogenerate", "x"), ("validate",), ("status",)):
        code, _, err = project.run(*words)
        assert code == 3
        assert "broken.py" in err
        assert "No module named 'not_there'" in err


def test_a_file_with_a_syntax_error_does_not_vanish(logged: OldProject) -> None:
    """There: as if it were not there."""
    logged.file(ONE, TEXT.format(ONE))
    logged.file(TWO, TEXT.format(TWO).replace("def down(self, engine):", "def down(self, engine)"))
    for command in ("status", "upgrade", "current", "sql"):
        code, _, err = logged.run(command)
        assert code == 3, command
        assert f"{TWO}_step.py:13" in err
    code, out, _ = logged.run("verify")
    assert code == 1
    assert f"{TWO}_step.py:13" in out
    assert _log(logged) == []


@pytest.mark.parametrize(
    "message",
    [
        'say "hello"',
        "it's",
        'the end"',
        '"""',
        "'''\"\"\"'''",
        "two\nlines",
        "a\r\nb",
        "back\\slash\\",
        "{braces} %s %(x)s {0!r}",
        '""" + __import__("os").system("touch hacked") + """',
        "\N{SNOWMAN} \u2028 \x1b[31m",
        "x" * 300,
    ],
)
def test_a_message_is_data(logged: OldProject, message: str) -> None:
    """There: a quote gives a file that cannot be loaded, and more is run as code."""
    logged.succeed("autogenerate", message, "--empty")
    logged.succeed("autogenerate", message, "--empty", "--sql")
    assert "2 applied" in logged.succeed("upgrade")
    rows = json.loads(logged.succeed("history", "--json"))["result"]["rows"]
    assert [row["message"] for row in rows] == [message, message]
    assert not list(logged.root.rglob("hacked*"))


def test_sql_upgrade_is_the_sql_of_upgrading(logged: OldProject) -> None:
    """There: that of reverting."""
    logged.file(ONE, TEXT.format(ONE))
    up = logged.succeed("sql", "upgrade")
    assert f"CREATE TABLE t{ONE}" in up
    assert "DROP TABLE" not in up
    assert logged.succeed("sql") == up
    down = logged.succeed("sql", "downgrade")
    assert f"DROP TABLE t{ONE}" in down
    assert f"CREATE TABLE t{ONE}" not in down


def test_five_upgrades_at_once_apply_once(logged: OldProject) -> None:
    """There: four times."""
    for version in (ONE, TWO, THREE):
        logged.file(
            version,
            TEXT.format(version).replace(
                "CREATE TABLE", "SELECT pg_sleep(0.1); CREATE TABLE IF NOT EXISTS"
            ),
        )
    done = _processes(logged, 5, "upgrade")
    assert [code for code, _ in done] == [0] * 5, done
    assert _log(logged) == [ONE, TWO, THREE]
    assert sum("3 applied" in text for _, text in done) == 1


def test_a_downgrade_goes_newest_first(logged: OldProject) -> None:
    """There: down to a version, oldest first."""
    for version in (ONE, TWO, THREE):
        logged.file(version, TEXT.format(version))
    logged.succeed("upgrade")
    logged.succeed("downgrade", ONE)
    assert _log(logged)[3:] == [f"down {THREE}", f"down {TWO}"]
    logged.succeed("upgrade")
    logged.succeed("downgrade", "base")
    assert _log(logged)[-3:] == [f"down {THREE}", f"down {TWO}", f"down {ONE}"]


def test_defaults_that_are_called_hash_the_same_in_every_run(
    rich: OldProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There: by the address of the function, which becomes the default's text."""
    said: set[str] = set()
    for seed in ("0", "1", "4711"):
        monkeypatch.setenv("PYTHONHASHSEED", seed)
        said.add(rich.succeed("diff", "empty", "models"))
        assert "agree" in rich.succeed("check")
    assert len(said) == 1
    assert " at 0x" not in said.pop()


def test_serial_keys_arrays_and_enums_come_clean(rich: OldProject) -> None:
    """There: every autogenerate finds them changed."""
    before = rich.migrations
    out = rich.succeed("autogenerate", "Again")
    assert rich.migrations == before, out
    assert "Schema drift      no" in rich.succeed("status")
    assert "agree" in rich.succeed("validate")


def test_now_inside_of_a_text_stays_text(rich: OldProject) -> None:
    """There: the default becomes the time."""
    rich.execute("INSERT INTO rich (other, code, maps) VALUES (gen_random_uuid(), 'x', '{}')")
    [row] = rich.rows("rich")
    assert row["note"] == "now() is the time, now"
    assert str(row["at"]).startswith("20")


def test_what_was_killed_is_neither_there_nor_recorded(logged: OldProject) -> None:
    """There: the history is written afterwards, on another connection."""
    logged.file(ONE, TEXT.format(ONE))
    path = logged.file(TWO, "import os, signal\n" + TEXT.format(TWO))
    text = path.read_text()
    end = "\n\n    def down"
    path.write_text(text.replace(end, "\n        os.kill(os.getpid(), signal.SIGKILL)" + end))
    [(code, _)] = _processes(logged, 1, "upgrade")
    assert code == -9
    path.write_text(text)
    assert logged.succeed("current").strip() == ONE
    assert _log(logged) == [ONE]
    assert "1 applied, none pending" in logged.succeed("upgrade")
    assert _log(logged) == [ONE, TWO]


def test_what_fails_at_commit_is_not_recorded(logged: OldProject) -> None:
    logged.execute("CREATE TABLE parent (id int PRIMARY KEY)")
    logged.execute("CREATE TABLE child (p int REFERENCES parent DEFERRABLE INITIALLY DEFERRED)")
    logged.file(ONE, TEXT.format(ONE).replace("(a int)", "(a int); INSERT INTO child VALUES (1)"))
    code, _, err = logged.run("upgrade")
    assert code == 3
    assert "child_p_fkey" in err
    assert _log(logged) == []
    assert logged.rows("_psqlmodel_migrations") == []


@pytest.mark.parametrize("command", ["upgrade", "downgrade", "stamp", "show"])
def test_an_unknown_target_is_an_error(logged: OldProject, command: str) -> None:
    """There: "no pending migrations", exit 0."""
    logged.file(ONE, TEXT.format(ONE))
    code, _, err = logged.run(command, "20240101_00001")
    assert code == 2
    assert 'no migration has the version "20240101_00001"' in err
    assert ONE in err


def test_only_the_user_can_read_a_profile(logged: OldProject, tmp_path: Path) -> None:
    """There: everybody, with the password."""
    old_umask = os.umask(0)
    try:
        logged.succeed("users", "--save", "dev", "--username", "me", "--password", "secret")
    finally:
        os.umask(old_umask)
    path = tmp_path / "config" / "config.json"
    assert "secret" in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_check_works_where_nothing_is_yet(make_old: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """There: its own recipes for CI, whose database is empty, end in a traceback."""
    project = make_old("psqlmodel")
    project.migrate("autogenerate", "Add people")
    project.execute("DROP SCHEMA migrations CASCADE")
    params = project.database.params
    for name in ("HOST", "PORT", "USER", "PASSWORD", "DB"):
        monkeypatch.delenv(f"PSQL_{name}")
    for name, key in {"HOST": "host", "PORT": "port", "USER": "user", "NAME": "dbname"}.items():
        monkeypatch.setenv(f"DB_{name}", params.get(key, "5432"))
    monkeypatch.setenv("DB_PASSWORD", "postgres")
    before = project.everything()
    assert "agree" in project.succeed("check")
    assert "0 findings" in project.succeed("verify")
    (project.root / "models" / "people.py").write_text(RICH_MODELS)
    code, out, _ = project.run("check")
    assert code == 1
    assert "public.rich" in out
    assert project.everything() == before
