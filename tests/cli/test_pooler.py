"""Every command by way of PgBouncer, which gives each transaction whichever session is free."""

from collections.abc import Generator
from pathlib import Path

import pytest

from cli.conftest import Run, url_of
from faults.pooling import PROGRAM, pooler
from psqlmigrate.postgres.connect import Connection
from psqlmigrate.postgres.target import Target

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="needs pgbouncer")

_OWNERS = """
SELECT DISTINCT pg_get_userbyid(relowner)::text FROM pg_class
 WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"""


@pytest.fixture(params=["transaction"])
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def behind(
    run: Run,
    database: Target,
    open_directory: Path,
    monkeypatch: pytest.MonkeyPatch,
    mode: str,
) -> Generator[Run]:
    """Runs psqlmigrate against a database behind a pooler."""
    sessions = 1 if mode == "transaction" else 5
    with pooler(database, open_directory, mode, f"default_pool_size = {sessions}") as at:
        one = at.params
        url = f"postgresql://{one['user']}@127.0.0.1:{one['port']}/{one['dbname']}?sslmode=disable"
        monkeypatch.setenv("DATABASE_URL", url)
        yield run


def _well(run: Run, *words: str) -> str:
    code, out, err = run(*words)
    assert code == 0, (words, out, err)
    return out


def _configure(project: Path, *lines: str) -> None:
    text = "\n".join(["models = ['schema.sql']", *lines])
    (project / "psqlmigrate.toml").write_text(f"{text}\n")


def test_every_command_works(
    behind: Run, project: Path, connection: Connection, database: Target
) -> None:
    connection.execute('CREATE ROLE "the owner"; GRANT ALL ON SCHEMA public TO "the owner"')
    _configure(project, "role = 'the owner'", f"scratch_url = '{url_of(database)}'")
    try:
        _well(behind, "init")
        _well(behind, "autogenerate", "first")
        assert "pending" in _well(behind, "status").lower()
        _well(behind, "upgrade")
        for words in (("check",), ("status", "--exit-code"), ("current",), ("history",)):
            _well(behind, *words)
        _well(behind, "verify", "--replay")
        (project / "rows.json").write_text(
            '{"customers": [{"id": 1, "email": "a@b.c", "name": "Ann"}]}'
        )
        assert "1 inserted" in _well(behind, "seed", "-f", "rows.json")
        assert "nothing to change" in _well(behind, "seed", "-f", "rows.json")
        _well(behind, "downgrade", "base")
        _well(behind, "stamp", "head")
        assert connection.execute(_OWNERS).fetchall() == [("the owner",)]
        assert (
            connection.execute("SELECT 1 FROM pg_locks WHERE locktype = 'advisory'").rowcount == 0
        )
        lease = connection.execute("SELECT holder, token FROM _psqlmigrate_lease").fetchall()
        assert lease == [(None, 5)]
    finally:
        connection.execute('DROP OWNED BY "the owner" CASCADE; DROP ROLE "the owner"')


def test_what_needs_a_session_is_refused(behind: Run, project: Path) -> None:
    _configure(project)
    _well(behind, "init")
    _well(behind, "autogenerate", "first")
    for words in (("upgrade", "--background"), ("upgrade", "--no-transaction")):
        code, _, err = behind(*words)
        assert code == 2
        assert "needs a session of its own" in err
        assert 'pooler = "session"' in err
    _well(behind, "upgrade")


@pytest.mark.parametrize("mode", ["session"], indirect=True)
def test_sessions_that_are_kept_have_no_lease(
    behind: Run, project: Path, connection: Connection
) -> None:
    _configure(project, "pooler = 'session'")
    _well(behind, "init")
    _well(behind, "autogenerate", "first")
    _well(behind, "upgrade", "--no-transaction")
    _well(behind, "downgrade", "base")
    found = connection.execute("SELECT to_regclass('_psqlmigrate_lease')").fetchone()
    assert found == (None,)


def test_a_role_that_may_not_be_taken(behind: Run, project: Path) -> None:
    _configure(project, "role = 'nobody like that'")
    code, _, err = behind("status")
    assert code == 3
    assert 'role "nobody like that" does not exist' in err
