"""The options that every command has mean the same in every command."""

import json
from pathlib import Path

import pytest

from cli.conftest import Run, begin, url_of
from cli.test_commands import PLAIN
from psqlmigrate.cli.app import program
from psqlmigrate.postgres.target import Target

_OF_PROJECTS = sorted(program.commands.keys() - {"users"})
_NOWHERE = "postgresql://nobody@127.0.0.1:1/nowhere"


@pytest.fixture
def elsewhere(
    call: Run, project: Path, database: Target, monkeypatch: pytest.MonkeyPatch
) -> tuple[str, ...]:
    """A migrated project of which only options know where everything is."""
    (project / "psqlmigrate.toml").write_text(f'url = "{_NOWHERE}"\nmodels = ["nowhere.sql"]\n')
    (project / "other.toml").write_text('migrations = "nowhere"\n')
    (project / "schema.sql").rename(project / "wanted.sql")
    monkeypatch.setenv("DATABASE_URL", _NOWHERE)
    options = ("--config", "other.toml", "--migrations", "steps", "--models", "wanted.sql")
    connection = ("--url", url_of(database), "--connect-wait", "1")
    for command in (("init",), ("autogenerate", "first"), ("upgrade",)):
        code, out, err = call(*command, *options, *connection)
        assert code == 0, (command, out, err)
    return options


@pytest.mark.parametrize("command", _OF_PROJECTS)
def test_they_say_where_everything_is(
    call: Run, project: Path, database: Target, elsewhere: tuple[str, ...], command: str
) -> None:
    assert list((project / "steps").glob("*_first.py"))
    begin(command, database)
    how = ("--schema", "public", "--connect-wait", "1", "--no-color", "-q", "-v")
    where = ("--url", url_of(database), *elsewhere)
    code, out, err = call(command, *PLAIN[command], *where, *how)
    assert code == 0, (out, err)
    assert "\x1b" not in out + err
    assert not (project / "migrations").exists()
    assert not (project / "nowhere").exists()


@pytest.mark.parametrize("command", _OF_PROJECTS)
def test_a_profile_says_it_as_well(
    call: Run, database: Target, elsewhere: tuple[str, ...], command: str
) -> None:
    params = database.params
    save = ("--host", params["host"], "--database", params["dbname"], "--username", params["user"])
    port = ("--port", params["port"]) if "port" in params else ()
    assert call("users", "--save", "there", *save, *port)[0] == 0
    begin(command, database)
    code, out, err = call(command, *PLAIN[command], "--profile", "there", *elsewhere, "--json")
    assert code == 0, (out, err)
    assert json.loads(out)["ok"] is True


def test_profiles_have_them_too(call: Run, project: Path) -> None:
    (project / "other.toml").write_text("")
    where = (
        "--url",
        "postgresql://me@db.internal/app",
        "--models",
        "sql/",
        "--migrations",
        "steps",
    )
    code, out, err = call("users", "--save", "there", *where)
    assert (code, out) == (0, 'profile "there" is saved\n')
    assert "verify-full" in err
    assert call("users", "--save", "there", *where, "--quiet")[2] == ""
    one = json.loads(call("users", "--show", "there", "--json")[1])["result"]["profiles"][0]
    assert (one["host"], one["database"]) == ("db.internal", "app")
    rest = (
        "--config",
        "other.toml",
        "--schema",
        "public",
        "--connect-wait",
        "1",
        "--no-color",
        "-v",
    )
    assert call("users", "--use", "there", *rest)[0] == 0
