"""Runs SQL text in a scratch database, statement by statement, as psql would."""

import re
from collections.abc import Iterable
from pathlib import Path

import psycopg

from psqlmigrate.errors import SourceError
from psqlmigrate.postgres.connect import Connection, pin
from psqlmigrate.redaction import beginning
from psqlmigrate.schema.script import ScriptStatement, split
from psqlmigrate.schema.sqltext import Sql
from psqlmigrate.schema.statement import Statement

# What would reach beyond the scratch database, or cannot be part of a schema.
_LONGEST = 200
_CLUSTER_WIDE = re.compile(
    r"""(?:\s|--[^\r\n]*(?:[\r\n]|\Z)|/\*.*?\*/)*
      ( (?:CREATE|ALTER|DROP)\s+(?:ROLE|USER(?!\s+MAPPING)|GROUP|DATABASE|TABLESPACE|SUBSCRIPTION)\b
      | ALTER\s+SYSTEM\b
      | COPY\b.*\b(?:FROM|TO)\s+PROGRAM\b )""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)

_STRING = re.compile(r"'(?:[^']|'')*'")
_SUBSCRIPTION = re.compile(r"(?:CREATE|ALTER|DROP)\s+SUBSCRIPTION", re.IGNORECASE)
_WITHOUT_PUBLISHER = (
    re.compile(r"\bconnect\s*=\s*(?:false|off)\b", re.IGNORECASE),
    re.compile(r"\bslot_name\s*=\s*none\b", re.IGNORECASE),
)
_TO_THE_PUBLISHER = re.compile(
    r"\bENABLE\b|\bREFRESH\s+PUBLICATION\b|\bslot_name\s*=(?!\s*none\b)", re.IGNORECASE
)


def load_script(connection: Connection, text: str, origin: str) -> None:
    """Runs a script; `origin` names it in errors.

    Raises SourceError with file and line for what PostgreSQL refuses and for what is cluster-wide.
    """
    for statement in split(text):
        refuse_cluster_wide(statement.text, origin, statement.line)
        try:
            run_statement(connection, statement)
        except psycopg.Error as error:
            raise explained(error, statement, origin) from None
    pin(connection)


def load_setup(connection: Connection, text: str, origin: str) -> None:
    """Runs what a scratch database needs first: roles, extensions, other people's tables."""
    for statement in split(text):
        try:
            run_statement(connection, statement)
        except psycopg.errors.DuplicateObject:
            continue
        except psycopg.Error as error:
            raise explained(error, statement, origin) from None
    pin(connection)


def load_statements(connection: Connection, statements: Iterable[Statement | Sql]) -> None:
    """Runs statements of a plan."""
    for one in statements:
        text = one.sql if isinstance(one, Statement) else one
        try:
            connection.execute(text.encode())
        except psycopg.Error as error:
            statement = ScriptStatement(text, 1, 1)
            raise explained(error, statement, "the plan", lines=False) from None


def run_statement(connection: Connection, statement: ScriptStatement) -> None:
    """Runs one statement; a COPY FROM stdin with its rows."""
    if statement.copy_data is None:
        connection.execute(statement.text.encode())
        return
    with connection.cursor() as cursor, cursor.copy(statement.text.encode()) as copy:
        copy.write(statement.copy_data)


def refuse_cluster_wide(text: str, origin: str, line: int) -> None:
    """Raises SourceError for a statement that reaches beyond the database it runs in.

    `line` is 0 where the origin has none.
    """
    found = _CLUSTER_WIDE.match(text)
    if found and _SUBSCRIPTION.match(found[1]):
        _refuse_publisher(text, origin, line)
    elif found:
        words = " ".join(found[1].split()).upper()
        place = f"{origin}:{line}" if line else origin
        raise SourceError(
            f"{place}: {words} concerns the whole server, not one schema",
            hint="take it out; roles belong in scratch_setup",
        ).at(_path(origin), line)


def _refuse_publisher(text: str, origin: str, line: int) -> None:
    """A subscription without a slot that connects to nothing stays in its database.

    One that has a slot would take that of the publisher with it when it is dropped.
    """
    bare = _STRING.sub("''", text)
    creates = re.search(r"\bCREATE\s+SUBSCRIPTION\b", bare, re.IGNORECASE)
    alone = not creates or all(one.search(bare) for one in _WITHOUT_PUBLISHER)
    if _TO_THE_PUBLISHER.search(bare) or not alone:
        place = f"{origin}:{line}" if line else origin
        raise SourceError(
            f"{place}: the subscription would reach its publisher from a scratch database",
            hint="make it WITH (connect = false, slot_name = NONE), and enable it by hand afterwards",
        ).at(_path(origin), line)


def explained(
    error: psycopg.Error, statement: ScriptStatement, origin: str, *, lines: bool = True
) -> SourceError:
    """The server's error with its place; `lines`: the origin has lines that can be named."""
    diagnostics = error.diag
    message = diagnostics.message_primary or str(error)
    line = statement.line
    if diagnostics.statement_position:
        line += statement.text.count("\n", 0, int(diagnostics.statement_position) - 1)
    details = "\n".join(
        part
        for part in (_first_line(statement), diagnostics.message_detail, diagnostics.message_hint)
        if part
    )
    place = f"{origin}:{line}" if lines else origin
    found = SourceError(f"{place}: {message}", details=details)
    return found.at(_path(origin), line if lines else 0)


def _path(origin: str) -> str:
    """The file that the text comes from; nothing where it is a plan's, or an ORM's."""
    return origin if Path(origin).is_file() else ""


def _first_line(statement: ScriptStatement) -> str:
    return beginning(statement.text.partition("\n")[0], _LONGEST)
