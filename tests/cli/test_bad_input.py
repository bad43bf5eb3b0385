"""What can be wrong around a project: each has its message, its way out, and changes nothing."""

import secrets
from collections.abc import Generator
from pathlib import Path

import pytest
from psycopg import sql

from cli.conftest import Run, url_of
from psqlmigrate.postgres import binaries
from psqlmigrate.postgres.connect import connect
from psqlmigrate.postgres.embedded import scratch_server
from psqlmigrate.postgres.target import Target

CANARY = "c4nary"


@pytest.fixture(scope="module")
def locked_server() -> Generator[Target]:
    """A server that asks everybody but postgres for a password."""
    with scratch_server() as target:
        with connect(target) as connection:
            connection.execute(f"CREATE ROLE app LOGIN PASSWORD '{CANARY}'".encode())
            hba = Path(target.params["host"]) / "pg_hba.conf"
            hba.write_text("local all postgres trust\nlocal all all scram-sha-256\n")
            connection.execute("SELECT pg_catalog.pg_reload_conf()")
        yield target


@pytest.fixture
def plain_role(database: Target) -> Generator[str]:
    """A role that may do nothing but log in."""
    name = f"plain_{secrets.token_hex(4)}"
    with connect(database) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(name)))
        yield name
        connection.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(name)))
        connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


def _files(project: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in project.rglob("*") if path.is_file()}


@pytest.mark.parametrize("command", [("init",), ("status",), ("upgrade",), ("current",)])
@pytest.mark.parametrize(
    ("account", "words"),
    [
        ("app:wrong-one", "password authentication failed"),
        ("app", "no password supplied"),
        ("nobody-here:x", "authentication failed"),
    ],
)
def test_a_wrong_password(
    call: Run,
    project: Path,
    locked_server: Target,
    command: tuple[str, ...],
    account: str,
    words: str,
) -> None:
    before = _files(project)
    url = f"postgresql://{account}@/postgres?host={locked_server.params['host']}"
    code, out, err = call(*command, "--url", url)
    assert (code, out) == (3, "")
    assert words in err
    assert "hint:" in err
    assert "wrong-one" not in err
    assert _files(project) == before


def test_the_right_password_is_never_shown(call: Run, locked_server: Target) -> None:
    url = f"postgresql://app:{CANARY}@/postgres?host={locked_server.params['host']}"
    for command in (("init",), ("status",), ("status", "--json"), ("upgrade", "-v"), ("current",)):
        _, out, err = call(*command, "--url", url)
        assert CANARY not in out + err


def test_a_password_that_a_migration_tells_is_not_kept(
    call: Run, project: Path, locked_server: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The journal outlives the terminal, and others read it with `history --all`."""
    with connect(locked_server) as connection:
        connection.execute(b"CREATE DATABASE told OWNER app")
        connection.execute(b"ALTER DATABASE told SET log_statement = 'none'")
    url = f"postgresql://app:{CANARY}@/told?host={locked_server.params['host']}"
    monkeypatch.setenv("DATABASE_URL", url)
    (project / "migrations").mkdir()
    (project / "migrations" / "20260101_000000_a.py").write_text(
        "import os\nfrom psqlmigrate import Migration\n\n\nclass A(Migration):\n"
        "    version = '20260101_000000'\n    message = 'a'\n    depends_on = None\n\n"
        "    def up(self, engine):\n        raise RuntimeError(os.environ['DATABASE_URL'] + ' ' + os.environ['OTHER_PASSWORD'])\n\n"
        "    def down(self, engine):\n        pass\n"
    )
    monkeypatch.setenv("OTHER_PASSWORD", "0therc4nary")
    for further in ((), ("--json",)):
        code, out, err = call("upgrade", *further)
        assert code == 3
        assert "0therc4nary" not in out + err
        assert CANARY not in out + err
    for words in (("history", "--all"), ("history", "--all", "--json")):
        _, out, err = call(*words)
        assert "RuntimeError: postgresql://app:********@/told" in out
        assert CANARY not in out + err
    with connect(locked_server.database("told")) as connection:
        rows = connection.execute(b"SELECT j::text FROM _psqlmigrate_journal j").fetchall()
    assert len(rows) == 2
    assert CANARY not in str(rows)
    assert "0therc4nary" not in str(rows)


def test_a_message_that_no_database_can_keep_is_not_written(call: Run, project: Path) -> None:
    """Else no command would read the directory any more."""
    before = _files(project)
    code, _, err = call("autogenerate", "--empty", "\udcff")
    assert (code, "the message is not UTF-8" in err) == (2, True)
    assert _files(project) == before


def test_what_a_terminal_would_obey_is_not_sent_to_it(run: Run, project: Path) -> None:
    run("init")
    folder = project / "migrations"
    folder.joinpath("20260101_000000_a.sql").write_text(
        '-- message: "\\u001b[31mred"\n-- psqlmigrate: up\n-- psqlmigrate: down\n'
    )
    assert run("upgrade")[0] == 0
    folder.joinpath("20260102_000000_\x1b[31mb.sql").write_text("")
    for words in (("heads",), ("status",), ("history",), ("verify",), ("upgrade",)):
        code, out, err = run(*words)
        assert code in {0, 1, 3}
        assert "\x1b" not in out + err


def test_an_unknown_option_of_downgrade(run: Run) -> None:
    run("init")
    code, _, err = run("downgrade", "--background")
    assert (code, "no such option: --background" in err) == (2, True)


@pytest.mark.parametrize(
    "option", ["--url", "--profile", "--migrations", "--models", "--schema", "--config"]
)
def test_an_empty_option_means_nothing_else(run: Run, option: str) -> None:
    """Else a variable that is not set would send an upgrade to another database."""
    for value in ("", " "):
        code, out, err = run("upgrade", option, value)
        assert (code, out) == (2, "")
        assert f"error: {option} is empty" in err


@pytest.mark.parametrize("command", ["init", "upgrade", "status", "current", "history"])
def test_no_database_is_named(call: Run, project: Path, command: str) -> None:
    before = _files(project)
    code, out, err = call(command)
    assert (code, out) == (2, "")
    assert "no database is named" in err
    assert "--url" in err
    assert _files(project) == before


def test_no_scratch_is_to_be_had(
    run: Run, project: Path, database: Target, plain_role: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(binaries, "_directories", tuple)
    monkeypatch.delenv("PSQLMIGRATE_PG_BIN", raising=False)
    before = _files(project)
    url = url_of(Target({**database.params, "user": plain_role}, ""))
    code, out, err = run("autogenerate", "x", "--models", "schema.sql", "--url", url)
    assert (code, out) == (3, "")
    assert "may not create a scratch database" in err
    assert "scratch_url" in err
    monkeypatch.delenv("DATABASE_URL")
    code, _, err = run("check", "--models", "schema.sql")
    assert code == 3
    assert "there are no PostgreSQL server programs" in err
    assert "embedded" in err
    assert _files(project) == before


@pytest.mark.parametrize("command", [("status",), ("upgrade",), ("current",), ("verify",)])
def test_a_history_that_cannot_be_read_is_not_empty(
    run: Run, project: Path, database: Target, plain_role: str, command: tuple[str, ...]
) -> None:
    run("init")
    before = _files(project)
    url = url_of(Target({**database.params, "user": plain_role}, ""))
    code, out, err = run(*command, "--url", url)
    assert (code, out) == (3, "")
    assert "_psqlmodel_migrations" in err
    assert "hint:" in err
    assert _files(project) == before


@pytest.mark.parametrize(
    ("models", "words"),
    [
        ("import nothing_of_this_name", "nothing_of_this_name"),
        ("def broken(:\n", "models.py"),
        ("raise RuntimeError('not today')", "not today"),
        ("import sys; sys.exit(0)", "sys.exit"),
        ("x = 1", "no models in"),
    ],
)
def test_broken_models_are_never_no_change(
    run: Run, project: Path, models: str, words: str
) -> None:
    (project / "models.py").write_text(models)
    before = _files(project)
    for command in (("check",), ("autogenerate", "x"), ("validate",)):
        code, out, err = run(*command, "--models", "models.py")
        assert (code, out) == (3, "")
        assert words in err
    assert _files(project) == before
