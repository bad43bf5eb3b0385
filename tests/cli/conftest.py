"""A project in a folder of its own, and psqlmigrate run in it against a fresh database."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import LiteralString, TypeAlias

import pytest

from psqlmigrate.cli.app import main
from psqlmigrate.postgres import introspect as introspecting
from psqlmigrate.postgres.connect import connect
from psqlmigrate.postgres.target import Target
from psqlmigrate.schema.kinds import KINDS
from psqlmigrate.schema.kinds.aggregate import Aggregate
from psqlmigrate.service import journal
from psqlmigrate.service.bookkeeping import Tables

SHOP = Path(__file__).parent.parent / "projects" / "shop" / "schema.sql"
Run: TypeAlias = Callable[..., tuple[int, str, str]]


def url_of(database: Target) -> str:
    params = database.params
    url = f"postgresql://{params['user']}@/{params['dbname']}?host={params['host']}"
    return f"{url}&port={params['port']}" if "port" in params else url


def begin(command: str, database: Target) -> None:
    """For resolve, something to speak of: a migration that was begun and not finished."""
    if command == "resolve":
        note = {"number": 1, "outcome": "done", "direction": "up"}
        with connect(database) as connection:
            connection.execute(journal.noting(Tables(), "half", [note]).encode())


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    shutil.copy(SHOP, folder / "schema.sql")
    (folder / "rows.json").write_text('{"customers": []}')
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PSQLMIGRATE_CONFIG_DIR", str(tmp_path / "config"))
    for name in ("DATABASE_URL", "PSQLMIGRATE_URL", "PGHOST", "PGUSER", "PGPORT", "PGDATABASE"):
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.fixture
def call(project: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs psqlmigrate in the project, where no database is named."""
    assert project.is_dir()

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(list(arguments))
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


@pytest.fixture
def run(call: Run, database: Target, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs psqlmigrate in the project against a fresh database."""
    monkeypatch.setenv("DATABASE_URL", url_of(database))
    return call


_AGGREGATES: LiteralString = """
SELECT 'pg_proc', p.oid, 'aggregate ' || p.oid::pg_catalog.regprocedure::text
  FROM pg_catalog.pg_proc p WHERE p.prokind = 'a' AND p.oid >= 16384"""


@pytest.fixture
def without_aggregates(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if PostgreSQL had a kind that nobody has written yet."""
    kinds = tuple(kind for kind in KINDS if kind is not Aggregate)
    monkeypatch.setattr(introspecting, "KINDS", kinds)
    monkeypatch.setattr(introspecting, "CANDIDATES", _AGGREGATES)
