"""Projects that the real psqlmodel makes, and psqlmigrate run in them without psqlmodel."""

import os
import secrets
import shutil
import subprocess
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from psqlmigrate.postgres.connect import connect
from psqlmigrate.postgres.target import Target
from user_projects import Project
from user_projects import make_environment as make_environment  # noqa: PLC0414

FIRST = "20240101_000000"
MODELS = """\
from psqlmodel import Column, PSQLModel, table
from psqlmodel.orm.types import boolean, integer, text, varchar


@table(name="people")
class Person(PSQLModel):
    id: integer = Column(primary_key=True)
    name: varchar = Column(nullable=False, max_len=100)
    note: text = Column(default="born now")
"""
MORE_MODELS = """

@table(name="pets")
class Pet(PSQLModel):
    id: integer = Column(primary_key=True)
    owner: integer = Column(nullable=False, foreign_key="people.id")
    good: boolean = Column(nullable=False, default=True)
"""


@dataclass(frozen=True)
class OldProject(Project):
    """A project of psqlmodel's; `migrate` runs its own command line."""

    python: Path

    @property
    def versions(self) -> list[str]:
        """The versions of the migration files."""
        return [one.name[:15] for one in self.migrations if one.name[0] == "2"]

    def migrate(self, *arguments: str) -> str:
        """What `python -m psqlmodel migrate` prints; it must succeed."""
        done = self.attempt(*arguments)
        assert done.returncode == 0, (arguments, done.stdout, done.stderr)
        return done.stdout

    def attempt(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """The same, whatever becomes of it."""
        words = [str(self.python), "-W", "ignore", "-m", "psqlmodel", "migrate", *arguments]
        return subprocess.run(words, cwd=self.root, capture_output=True, text=True, check=False)

    def file(self, version: str, text: str, name: str = "step") -> Path:
        """A migration that somebody wrote by hand."""
        path = self.root / "migrations" / f"{version}_{name}.py"
        path.write_text(text)
        return path

    def everything(self) -> list[object]:
        """All that is in the database, and by which transaction: schema, bookkeeping, rows."""
        catalogs = [
            f"SELECT '{name}', t.ctid::text, t.xmin::text, t::text FROM pg_catalog.{name} t"
            for name in (
                "pg_class",
                "pg_namespace",
                "pg_attribute",
                "pg_constraint",
                "pg_description",
            )
        ]
        tables = (
            "SELECT format('SELECT %L, t.ctid::text, t.xmin::text, t::text FROM %I.%I t', relname,"
            " nspname, relname) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
            " WHERE relkind = 'r' AND c.oid >= 16384 ORDER BY nspname, relname"
        )
        with connect(self.database) as connection:
            queries = [*catalogs, *(row[0] for row in connection.execute(tables.encode()))]
            found = [connection.execute(one.encode()).fetchall() for one in queries]
        return [sorted(one) for one in found]


Make = Callable[[str], OldProject]


def _environment(database: Target, home: Path) -> dict[str, str]:
    """What names the database to psqlmodel, and to psqlmigrate just so."""
    params = database.params
    return {
        "HOME": str(home),
        "PSQLMIGRATE_CONFIG_DIR": str(home / "config"),
        "PSQL_HOST": params["host"],
        "PSQL_PORT": params.get("port", "5432"),
        "PSQL_USER": params["user"],
        "PSQL_PASSWORD": "nothing",
        "PSQL_DB": params["dbname"],
        "PSQL_MODELS_PATH": "./models",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


@contextmanager
def _named(database: Target, home: Path) -> Generator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        for name in [one for one in os.environ if one.startswith(("PG", "PSQL_", "DATABASE_URL"))]:
            patch.delenv(name)
        for name, value in _environment(database, home).items():
            patch.setenv(name, value)
        patch.delenv("VIRTUAL_ENV", raising=False)
        yield patch


def _folder(root: Path) -> Path:
    (root / "models").mkdir(parents=True)
    (root / "models" / "people.py").write_text(MODELS)
    (root / "models" / "_private.py").write_text("raise RuntimeError('imported')\n")
    return root


@pytest.fixture
def old_folder(tmp_path: Path, database: Target) -> Generator[Path]:
    """A folder with models, and an environment that names the database as psqlmodel has it."""
    root = _folder(tmp_path / "project")
    with _named(database, tmp_path) as patch:
        patch.chdir(root)
        yield root


@pytest.fixture
def make_old(
    old_folder: Path,
    database: Target,
    capsys: pytest.CaptureFixture[str],
    make_environment: Callable[[str], Path],
) -> Make:
    """Makes a project with the psqlmodel of an environment; `init` has been run."""

    def making(environment: str) -> OldProject:
        folder = make_environment(environment)
        (old_folder / ".venv").symlink_to(folder)
        project = OldProject(old_folder, database, capsys, folder / "bin" / "python")
        project.migrate("init")
        return project

    return making


Mould = tuple[Path, str]


@pytest.fixture(scope="session")
def moulds(
    server: Target,
    tmp_path_factory: pytest.TempPathFactory,
    make_environment: Callable[[str], Path],
) -> Generator[Callable[[str], Mould]]:
    """By environment: a project that its psqlmodel made, and the name of its database."""
    made: dict[str, Mould] = {}

    def mould(environment: str) -> Mould:
        if environment not in made:
            python = make_environment(environment) / "bin" / "python"
            home = tmp_path_factory.mktemp(environment)
            root = _folder(home / "project")
            name = f"mould_{secrets.token_hex(6)}"
            with connect(server) as admin:
                admin.execute(f"CREATE DATABASE {name} TEMPLATE template0".encode())
            made[environment] = root, name
            database = server.database(name)
            with _named(database, home) as patch:
                patch.chdir(root)
                _grow(root, python)
        return made[environment]

    yield mould
    with connect(server) as admin:
        for _, name in made.values():
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def _grow(root: Path, python: Path) -> None:
    """Two migrations, both made and applied by the real psqlmodel, the first of 2024."""

    def migrate(*words: str) -> None:
        whole = [str(python), "-W", "ignore", "-m", "psqlmodel", "migrate", *words]
        subprocess.run(whole, cwd=root, capture_output=True, check=True)

    migrate("init")
    migrate("autogenerate", "Add people")
    [first] = (root / "migrations").glob("2*.py")
    version = first.name[:15]
    text = first.read_text().replace(version, FIRST)
    first.unlink()
    (first.parent / first.name.replace(version, FIRST)).write_text(text)
    migrate("upgrade")
    with (root / "models" / "people.py").open("a") as file:
        file.write(MORE_MODELS)
    migrate("autogenerate", "Add pets")
    migrate("upgrade")


@pytest.fixture
def copy_old(
    moulds: Callable[[str], Mould],
    server: Target,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    make_environment: Callable[[str], Path],
) -> Generator[Make]:
    """A copy of what the psqlmodel of an environment has made: two migrations, both applied."""
    with ExitStack() as stack:

        def copying(environment: str) -> OldProject:
            source, template = moulds(environment)
            root = tmp_path / "project"
            shutil.copytree(source, root)
            folder = make_environment(environment)
            (root / ".venv").symlink_to(folder)
            name = f"copy_{secrets.token_hex(6)}"
            admin = stack.enter_context(connect(server))
            admin.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
            stack.callback(admin.execute, f"DROP DATABASE {name} WITH (FORCE)".encode())
            database = server.database(name)
            stack.enter_context(_named(database, tmp_path)).chdir(root)
            return OldProject(root, database, capsys, folder / "bin" / "python")

        yield copying


@pytest.fixture
def old(
    old_folder: Path,
    database: Target,
    capsys: pytest.CaptureFixture[str],
) -> Generator[OldProject]:
    """A project as psqlmodel leaves it, without psqlmodel anywhere, and without models."""
    (old_folder / "migrations").mkdir()
    (old_folder / "migrations" / "__init__.py").write_text('"""PSQLModel migrations."""\n')
    # One of its own, undone before that of `old_folder`: else the name would come back for good.
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PSQL_MODELS_PATH")
        yield OldProject(old_folder, database, capsys, Path("/nowhere"))
