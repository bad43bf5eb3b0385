"""The setting `role`: what psqlmigrate makes belongs to it, whoever connects."""

from collections.abc import Generator
from pathlib import Path

import pytest

from cli.conftest import Run, url_of
from psqlmigrate.postgres.connect import connect
from psqlmigrate.postgres.target import Target

_LOGIN, _OWNER = "ci login", 'owner "of" all\\ '
_OWNERS = """
SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class
 WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"""


@pytest.fixture
def login(run: Run, database: Target, monkeypatch: pytest.MonkeyPatch) -> Generator[Run]:
    """Connects as somebody who may do nothing but act as the owner."""
    with connect(database) as admin:
        admin.execute('CREATE ROLE "owner ""of"" all\\ "; CREATE ROLE "ci login" LOGIN')
        admin.execute(
            'GRANT "owner ""of"" all\\ " TO "ci login"; REVOKE ALL ON SCHEMA public FROM public'
        )
        admin.execute('ALTER ROLE "ci login" NOINHERIT')
        admin.execute('GRANT USAGE, CREATE ON SCHEMA public TO "owner ""of"" all\\ "')
    url = url_of(database).replace(database.params["user"] + "@", "ci%20login@")
    monkeypatch.setenv("DATABASE_URL", url)
    yield run
    with connect(database) as admin:
        for name in ('"owner ""of"" all\\ "', '"ci login"'):
            admin.execute(f"DROP OWNED BY {name} CASCADE; DROP ROLE {name}".encode())


def _configure(project: Path, role: str) -> None:
    (project / "psqlmigrate.toml").write_text(f"models = ['schema.sql']\nrole = '{role}'\n")


def test_everything_belongs_to_it(login: Run, project: Path, database: Target) -> None:
    _configure(project, _OWNER)
    for words in (("init",), ("autogenerate", "first"), ("upgrade",), ("check",), ("status",)):
        code, _, err = login(*words)
        assert code == 0, (words, err)
    with connect(database) as admin:
        assert admin.execute(_OWNERS).fetchall() == [(_OWNER,)]
        row = admin.execute(
            "SELECT DISTINCT detail ->> 'role' FROM _psqlmigrate_journal"
        ).fetchall()
        assert row == [(_LOGIN,)]


def test_a_migration_that_takes_another_role_leaves_it(
    login: Run, project: Path, database: Target
) -> None:
    _configure(project, _OWNER)
    (project / "migrations").mkdir()
    for version, text in (("1", "SET ROLE NONE;"), ("2", "CREATE TABLE later (a int);")):
        (project / "migrations" / f"{version}_x.sql").write_text(
            f"-- message: x\n-- psqlmigrate: up\n{text}\n-- psqlmigrate: down\n"
        )
    code, _, err = login("upgrade")
    assert code == 0, err
    with connect(database) as admin:
        assert admin.execute(_OWNERS).fetchall() == [(_OWNER,)]


def test_a_role_that_may_not_be_taken(login: Run, project: Path) -> None:
    _configure(project, "postgres")
    code, _, err = login("status")
    assert code == 3
    assert 'permission denied to set role "postgres"' in err
    assert "role in psqlmigrate.toml" in err
