"""Makes what a project needs: directory, configuration, bookkeeping tables."""

import json
from dataclasses import dataclass
from pathlib import Path

from psqlmigrate.migrations.atomic import write_new
from psqlmigrate.migrations.directory import make_directory
from psqlmigrate.migrations.sent import shown
from psqlmigrate.postgres.connect import Connection
from psqlmigrate.service import history
from psqlmigrate.service.bookkeeping import Tables, create, inspect
from psqlmigrate.service.workspace import Workspace

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
    """Safe to repeat. The database comes first, so that a wrong address leaves no files."""
    lines: list[str] = []
    if not offline:
        with workspace.connection() as connection:
            taken_over = _take_over(workspace, connection)
            create(connection, workspace.tables)
        lines += [f"history is kept in {workspace.chosen.label}", *taken_over]
    path = workspace.migrations_path
    known = path.is_dir()
    make_directory(path)
    lines.append(f"{shown(path)} {'was there' if known else 'created'}")
    if workspace.settings.file is None:
        lines.append(f"{_write_config(workspace)} written")
    return InitResult(tuple(lines))


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


def _write_config(workspace: Workspace) -> str:
    path = workspace.settings.root / "psqlmigrate.toml"
    schema = workspace.tables.schema
    url = workspace.url if workspace.url == "embedded" else None
    models = ", ".join(json.dumps(_from(workspace, one)) for one in workspace.config.models)
    text = _CONFIG.format(
        url=f'url = "{url}"' if url else '# url = "postgresql://me@localhost/app"',
        models=f"models = [{models}]" if models else '# models = ["schema.sql"]',
    )
    if schema != Tables().schema:
        text += _ELSEWHERE.format(schema=json.dumps(schema))
    write_new(path, text.encode())
    return path.name
