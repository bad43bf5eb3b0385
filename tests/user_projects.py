"""Projects as users have them: an environment with the ORM in which psqlmigrate is not."""

import dataclasses
import fcntl
import functools
import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from psqlmigrate.cli.app import main
from psqlmigrate.postgres.connect import Connection, connect
from psqlmigrate.postgres.loading import load_script
from psqlmigrate.postgres.target import Target
from psqlmigrate.sources.models import ModelSql

ENVIRONMENTS: Mapping[str, tuple[str, ...]] = {
    "bare": (),
    "current": ("sqlalchemy", "psqlmodel[async]", "psycopg2-binary"),
    "former": ("sqlalchemy==1.4.*", "psqlmodel[async]==0.7.*", "psycopg2-binary"),
    "django": ("django==5.2.*", "psycopg[binary]"),
    "former_django": ("django==4.2.*", "psycopg2-binary"),
    "psqlmodel": ("psqlmodel[async]==0.9.31",),
    "psqlmodel_0.6": ("psqlmodel[async]==0.6.10",),
    "psqlmodel_0.7": ("psqlmodel[async]==0.7.18",),
    "sqlalchemy": ("sqlalchemy==2.0.*", "psycopg2-binary"),
    "sqlmodel": ("sqlmodel",),
    "tools": ("uv", "poetry"),
}
_COMPLETE = "complete"
PROJECTS = Path(__file__).parent / "projects"


@pytest.fixture(scope="session")
def make_environment(pytestconfig: pytest.Config) -> Callable[[str], Path]:
    """The environment of that name, kept in pytest's cache from one run to the next."""
    version = "{}.{}".format(*sys.version_info)
    home = pytestconfig.cache.mkdir(f"environments-{version}") if pytestconfig.cache else None

    @functools.cache
    def make(name: str) -> Path:
        assert home, "pytest's cache is needed: do not run with -p no:cacheprovider"
        wanted = ENVIRONMENTS[name]
        folder = home / name
        mark = folder / _COMPLETE
        with (home / f"{name}.lock").open("w") as lock:  # other workers want it, too
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not mark.exists() or mark.read_text() != " ".join(wanted):
                if not _make(folder, wanted):
                    pytest.skip(f"no package registry to install {' '.join(wanted)} from")
                mark.write_text(" ".join(wanted))
        return folder

    return make


def _make(folder: Path, wanted: tuple[str, ...]) -> bool:
    options = ["--clear", "--without-pip"]
    subprocess.run([sys.executable, "-m", "venv", *options, str(folder)], check=True)
    if not wanted:
        return True
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python")]
    return subprocess.run([*pip, "install", "--quiet", *wanted], check=False).returncode == 0


@dataclasses.dataclass(frozen=True)
class Project:
    """A copy of a project; psqlmigrate is run in its directory."""

    root: Path
    database: Target
    capsys: pytest.CaptureFixture[str]

    def run(self, *arguments: str) -> tuple[int, str, str]:
        """The exit code, stdout and stderr of a command."""
        code = main(list(arguments))
        captured = self.capsys.readouterr()
        return code, captured.out, captured.err

    def succeed(self, *arguments: str) -> str:
        """The stdout of a command that exits 0."""
        code, out, err = self.run(*arguments)
        assert code == 0, (arguments, out, err)
        return out

    @property
    def migrations(self) -> list[Path]:
        """The migration files."""
        return sorted((self.root / "migrations").glob("*.py"))

    def edit(self, file: str, *changes: tuple[str, str]) -> None:
        """Replaces texts that must be there."""
        path = self.root / file
        text = path.read_text()
        for old, new in changes:
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        path.write_text(text)

    def execute(self, *statements: str) -> None:
        """Runs SQL in the database."""
        with connect(self.database) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def rows(self, table: str) -> list[dict[str, object]]:
        """The rows of a table as JSON, in the order of their text."""
        with connect(self.database) as connection:
            query = f"SELECT row_to_json(t)::text FROM {table} t ORDER BY t::text"
            found = [json.loads(row[0]) for row in connection.execute(query.encode())]
        return sorted(found, key=json.dumps)


def url_of(database: Target) -> str:
    """The URL by which other programs reach a database of the tests' server."""
    params = database.params
    url = f"postgresql://{params['user']}@/{params['dbname']}?host={params['host']}"
    return f"{url}&port={params['port']}" if "port" in params else url


def load(connection: Connection, found: ModelSql) -> None:
    """Runs what models state."""
    for text in found.statements:
        load_script(connection, text, "models")
