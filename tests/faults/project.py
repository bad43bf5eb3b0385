"""A project of migration files, and the runs on it."""

from collections.abc import Mapping
from pathlib import Path

from psqlmigrate.migrations import certificate
from psqlmigrate.migrations.certificate import Certificate, CertifiedStatement, ObjectHashes
from psqlmigrate.migrations.directory import read_directory
from psqlmigrate.migrations.file import MigrationFile
from psqlmigrate.postgres.connect import Connection, server_major
from psqlmigrate.postgres.introspect import introspect
from psqlmigrate.postgres.scratch import Scratch
from psqlmigrate.postgres.target import Target
from psqlmigrate.schema.catalog import Catalog, diff
from psqlmigrate.schema.hashing import FORMAT_VERSION, catalog_hash, object_hash
from psqlmigrate.service.attempt import Hooks, RunOptions
from psqlmigrate.service.bookkeeping import Tables
from psqlmigrate.service.progress import Silent
from psqlmigrate.service.running import Runner
from psqlmigrate.sources.migrations import run

TABLES = Tables()


def look(connection: Connection) -> Catalog:
    """The schema without the bookkeeping tables."""
    own = {(TABLES.schema, name) for name in TABLES.names}
    return introspect(connection, edges=False).where(lambda one: one.id.path not in own)


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

    def certify(self, server: Target, hazards: Mapping[str, list[str]] | None = None) -> None:
        """Certificates of all migrations, as their runs in scratch say; hazards by version."""
        with Scratch(server) as scratch, scratch.database() as connection:
            for file in read_directory(self.path).files:
                before = look(connection)
                run(connection, file, "up")
                after = look(connection)
                certified = Certificate(
                    file.version,
                    file.checksum,
                    FORMAT_VERSION,
                    server_major(connection),
                    settings="",
                    baseline="",
                    schema_before=catalog_hash(before),
                    schema_after=catalog_hash(after),
                    objects=_touched(before, after),
                    statements=(
                        CertifiedStatement("its SQL", tuple((hazards or {}).get(file.version, ()))),
                    ),
                )
                certificate.write(certificate.path_of(file), certified)

    def runner(
        self,
        connection: Connection,
        options: RunOptions | None = None,
        hooks: Hooks | None = None,
        progress: Silent | None = None,
    ) -> Runner:
        directory = read_directory(self.path)
        return Runner(connection, directory, TABLES, options, hooks=hooks, progress=progress)


def _touched(before: Catalog, after: Catalog) -> tuple[ObjectHashes, ...]:
    return tuple(
        ObjectHashes(
            one.subject.kind,
            str(one.subject.id),
            object_hash(one.before) if one.before else None,
            object_hash(one.after) if one.after else None,
        )
        for one in diff(before, after)
    )


def _indented(code: str) -> str:
    return "\n".join(f"        {line}" for line in code.splitlines())
