"""A project of migration files, and the runs on it."""

from pathlib import Path

from psqlmigrate.migrations.directory import read_directory
from psqlmigrate.migrations.file import MigrationFile
from psqlmigrate.postgres.connect import Connection
from psqlmigrate.service.attempt import Hooks, RunOptions
from psqlmigrate.service.bookkeeping import Tables
from psqlmigrate.service.progress import Silent
from psqlmigrate.service.running import Runner

TABLES = Tables()


class Heard(Silent):
    """Keeps what a run said."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def waiting(self, seconds: float, holder: str) -> None:
        self.lines.append(f"waiting {seconds:.1f} s for {holder}")

    def statement(self, number: int, sql: str) -> None:
        self.lines.append(f"{number} {sql}")

    def blocked(self, seconds: float, reason: str) -> None:
        self.lines.append(f"blocked {seconds:.1f} s by {reason}")

    def failed(self, file: MigrationFile, *, rolled_back: bool) -> None:
        self.lines.append(f"failed {file.version} {rolled_back}")


class Project:
    """A directory of migrations."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def sql(self, version: str, up: str, down: str = "", header: str = "") -> Path:
        path = self.path / f"{version}_step.sql"
        path.write_text(
            f"-- message: step {version}\n{header}-- psqlmigrate: up\n{up}\n"
            f"-- psqlmigrate: down\n{down}\n"
        )
        return path

    def python(self, version: str, up: str, down: str = "pass", head: str = "") -> Path:
        path = self.path / f"{version}_step.py"
        path.write_text(
            f"{head}from psqlmigrate.migrations.base import Migration\n\n\n"
            f"class Step(Migration):\n    version = {version!r}\n    message = 'step'\n\n"
            f"    def up(self, engine):\n{_indented(up)}\n\n"
            f"    def down(self, engine):\n{_indented(down)}\n"
        )
        return path

    def runner(
        self,
        connection: Connection,
        options: RunOptions | None = None,
        hooks: Hooks | None = None,
        progress: Silent | None = None,
    ) -> Runner:
        directory = read_directory(self.path)
        return Runner(connection, directory, TABLES, options, hooks=hooks, progress=progress)


def _indented(code: str) -> str:
    return "\n".join(f"        {line}" for line in code.splitlines())
