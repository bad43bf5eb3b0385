"""Loads several scripts that may need each other, in whatever order works.

Each keeps the order of its own statements. One that needs what is not there yet waits while the
others go on; so the order in which they are named does not matter.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import psycopg
from psycopg.pq import TransactionStatus

from psqlmigrate.errors import SourceError
from psqlmigrate.postgres.connect import Connection, pin
from psqlmigrate.postgres.loading import explained, refuse_cluster_wide, run_statement
from psqlmigrate.schema.script import ScriptStatement, split

# What is missing may come with another script (manual, appendix A).
_MISSING = (
    psycopg.errors.UndefinedTable,
    psycopg.errors.UndefinedColumn,
    psycopg.errors.UndefinedFunction,
    psycopg.errors.UndefinedObject,
    psycopg.errors.InvalidSchemaName,
    psycopg.errors.InvalidForeignKey,
)
_TWICE = (psycopg.errors.DuplicateTable, psycopg.errors.DuplicateObject)
_SETTING = re.compile(r"(?:SET|RESET)\b|SELECT\s+(?:pg_catalog\.)?set_config\s*\(", re.IGNORECASE)
_NAME = r'(?:"(?:[^"]|"")+"|[^\s".(;]+)'
_IF_NEW = re.compile(
    rf"CREATE\s+(?:UNLOGGED\s+)?TABLE\s+IF\s+NOT\s+EXISTS\s+({_NAME}(?:\.{_NAME})?)", re.IGNORECASE
)
_QUOTED = re.compile(r'["«„“](.+)["»“”]')

_NAMES = """
SELECT c.relname FROM pg_catalog.pg_class c
 WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND c.oid >= '16384'
UNION ALL
SELECT t.typname FROM pg_catalog.pg_type t WHERE t.typtype IN ('e', 'd') AND t.oid >= '16384'"""
_TABLE = """
SELECT c.relname FROM pg_catalog.pg_class c WHERE c.oid = pg_catalog.to_regclass(%s)::pg_catalog.oid"""


@dataclass(frozen=True, slots=True)
class Script:
    """SQL text and where it comes from; `by_models`: a reader wrote it, so it has no lines."""

    sql: str
    origin: str
    by_models: bool = False

    def place(self, line: int) -> str:
        """Where a statement is, for messages."""
        return self.origin if self.by_models else f"{self.origin}:{line}"


def load_scripts(
    connection: Connection,
    scripts: Sequence[Script],
    watch: Callable[[Script, bool], None] | None = None,
) -> None:
    """Runs all scripts. `watch` is told before (False) and after (True) a script has its turn.

    Raises SourceError with file and line for what PostgreSQL refuses, and for a table that two
    scripts make, naming both.
    """
    makers: dict[str, str] = {}
    waiting = [_Reading(one, split(one.sql)) for one in scripts]
    while waiting:
        turns = [(one, one.position) for one in waiting]
        for one in list(waiting):
            if watch:
                watch(one.script, False)
            _go_on(connection, one, makers)
            if watch:
                watch(one.script, True)
            if len(scripts) > 1:
                for (name,) in connection.execute(_NAMES):
                    makers.setdefault(str(name), one.script.origin)
        waiting = [one for one in waiting if one.error]
        if waiting and all(one.position == before for one, before in turns):
            raise _stuck(waiting)


@dataclass(slots=True)
class _Reading:
    """How far a script has come, and the error at which it waits."""

    script: Script
    statements: tuple[ScriptStatement, ...]
    position: int = 0
    settings: list[int] = field(default_factory=list[int])
    error: SourceError | None = None
    checked: int = 0
    """The first statement of the transaction that the script itself has begun."""


def _go_on(connection: Connection, one: _Reading, makers: dict[str, str]) -> None:
    """Runs the script from where it stands until it is done, or needs what is not there."""
    pin(connection)
    for index in one.settings:
        run_statement(connection, one.statements[index])
    one.error = None
    while one.position < len(one.statements):
        statement = one.statements[one.position]
        line = 0 if one.script.by_models else statement.line
        refuse_cluster_wide(statement.text, one.script.origin, line)
        if connection.info.transaction_status == TransactionStatus.IDLE:
            one.checked = one.position
        try:
            _refuse_second(connection, one.script, statement, makers)
            run_statement(connection, statement)
        except psycopg.Error as error:
            one.error = _explained(error, statement, one.script, makers)
            if not isinstance(error, _MISSING):
                raise one.error from None
            _wait(connection, one)
            return
        if _SETTING.match(statement.text):
            one.settings.append(one.position)
        one.position += 1
    pin(connection)


def _wait(connection: Connection, one: _Reading) -> None:
    """Back to where the script's own transaction began, of which nothing is left."""
    if connection.info.transaction_status != TransactionStatus.IDLE:
        connection.execute(b"ROLLBACK")
        one.position = one.checked
        one.settings = [index for index in one.settings if index < one.position]


def _refuse_second(
    connection: Connection, script: Script, statement: ScriptStatement, makers: dict[str, str]
) -> None:
    """IF NOT EXISTS would pass over the table of another script, whatever that one says of it."""
    found = _IF_NEW.match(statement.text) if makers else None
    row = connection.execute(_TABLE, [found[1]]).fetchone() if found else None
    if row and (maker := makers.get(str(row[0]), script.origin)) != script.origin:
        raise _twice(str(row[0]), maker, script.place(statement.line))


def _explained(
    error: psycopg.Error, statement: ScriptStatement, script: Script, makers: dict[str, str]
) -> SourceError:
    if isinstance(error, _TWICE) and (name := _QUOTED.search(error.diag.message_primary or "")):
        maker = makers.get(name[1], script.origin)
        if maker != script.origin:
            return _twice(name[1], maker, script.place(statement.line))
    return explained(error, statement, script.origin, lines=not script.by_models)


def _twice(name: str, first: str, second: str) -> SourceError:
    return SourceError(
        f"{name} is stated twice: by {first} and by {second}",
        hint="state it in one of them, or leave one of them out of models",
    )


def _stuck(waiting: list[_Reading]) -> SourceError:
    """The first script's error; where others wait, too, theirs is said beside it."""
    first = waiting[0].error or SourceError("the scripts wait for each other")
    others = [one.error.message for one in waiting[1:] if one.error]
    if not others:
        return first
    details = "\n".join(part for part in (first.details, *others) if part)
    return SourceError(first.message, details=details, hint=first.hint)
