"""Makes what a project needs: directory, configuration, bookkeeping tables."""

import json
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from psqlmigrate.migrations.atomic import write_new
from psqlmigrate.migrations.directory import make_directory
from psqlmigrate.migrations.sent import shown
from psqlmigrate.postgres.connect import Connection
from psqlmigrate.service import history
from psqlmigrate.service.bookkeeping import Tables, create, inspect
from psqlmigrate.service.workspace import Workspace

_FILE = "psqlmigrate.toml"
_CONFIG = """\
# psqlmigrate's configuration; every key is optional.

# The database: postgresql://user@host:5432/name, or "embedded" for a server of the project's own.
# A password belongs into PGPASSWORD or ~/.pgpass, not here.
{url}

# What states the desired schema: .sql files or directories.
{models}

# The directory of migrations, relative to this file.
# migrations = "migrations"
"""

_ELSEWHERE = """
# The schema of the bookkeeping tables.
history_schema = {schema}
"""


@dataclass(frozen=True, slots=True)
class InitResult:
    """What init did, a line each."""

    lines: tuple[str, ...]


def initialize(workspace: Workspace, *, offline: bool) -> InitResult:
    """Safe to repeat.

    A wrong address leaves no files, and files that cannot be written leave no tables.
    """
    if offline:
        with _made_files(workspace) as lines:
            return InitResult(tuple(lines))
    with workspace.connection() as connection:
        taken_over = _take_over(workspace, connection)
        with _made_files(workspace) as lines:
            create(connection, workspace.tables)
    history_at = f"history is kept in {workspace.chosen.label}"
    return InitResult((history_at, *taken_over, *lines))


@contextmanager
def _made_files(workspace: Workspace) -> Generator[list[str]]:
    """Makes directory and configuration, and says so; what it made is gone again on a failure."""
    path, config = workspace.migrations_path, workspace.settings.root / _FILE
    known = path.exists()
    written = False
    with made_directory(path):
        lines = [f"{shown(path)} {'was there' if known else 'created'}"]
        try:
            if workspace.settings.file is None:
                written = _write_config(workspace, config)
                lines.append(f"{_FILE} {'written' if written else 'was there'}")
            yield lines
        except BaseException:
            if written:
                config.unlink(missing_ok=True)
            raise


@contextmanager
def made_directory(path: Path) -> Generator[None]:
    """Makes the directory of migrations where it is missing; after a failure it is not there."""
    missing = [one for one in (path, *path.parents) if not one.exists()]
    try:
        make_directory(path)
        yield
    except BaseException:
        for one in missing:
            with suppress(OSError):
                one.rmdir()
        raise


def _take_over(workspace: Workspace, connection: Connection) -> list[str]:
    """What is there of psqlmodel's, in words, before it is gone on with."""
    tables = workspace.tables
    rows = history.read(connection, tables)
    if rows is None or inspect(connection, tables).journal:
        return []
    count = len(history.applied(rows))
    place = " and ".join(filter(None, (tables.schema, tables.former)))
    many = "migration" if count == 1 else "migrations"
    return [f"it goes on with psqlmodel's in schema {place}: {count} {many} applied"]


def _from(workspace: Workspace, spec: str) -> str:
    """A path as the configuration has it: relative to the file, if it is below."""
    path = Path(spec)
    root = workspace.settings.root
    return str(path.relative_to(root)) if path.is_relative_to(root) else spec


def _write_config(workspace: Workspace, path: Path) -> bool:
    """Whether it is written; another that made it meanwhile keeps it."""
    schema = workspace.tables.schema
    url = workspace.url if workspace.url == "embedded" else None
    models = ", ".join(json.dumps(_from(workspace, one)) for one in workspace.config.models)
    text = _CONFIG.format(
        url=f'url = "{url}"' if url else '# url = "postgresql://me@localhost/app"',
        models=f"models = [{models}]" if models else '# models = ["schema.sql"]',
    )
    if schema != Tables().schema:
        text += _ELSEWHERE.format(schema=json.dumps(schema))
    try:
        write_new(path, text.encode())
    except FileExistsError:
        return False
    return True
