"""Statements that decide about transactions, and migrations that may be run again."""

import ast
import re

from psqlmigrate.errors import MigrationFileError
from psqlmigrate.migrations.file import MigrationFile
from psqlmigrate.migrations.sent import Sent

_BLANK = r"(?:\s|--[^\n]*(?:\n|\Z)|/\*.*?\*/)*"
_CONTROL = re.compile(
    _BLANK + r"(BEGIN|START\s+TRANSACTION|COMMIT|END|ABORT|PREPARE\s+TRANSACTION|"
    r"ROLLBACK(?!\s+(?:(?:WORK|TRANSACTION)\s+)?TO\b))\b",
    re.IGNORECASE | re.DOTALL,
)
# What PostgreSQL refuses inside a transaction block, and what may commit by itself.
_ALONE = re.compile(
    _BLANK + r"(VACUUM|REINDEX|CLUSTER|CALL|DO|ALTER\s+SYSTEM|"
    r"(?:CREATE|ALTER|DROP)\s+(?:DATABASE|TABLESPACE|SUBSCRIPTION))\b",
    re.IGNORECASE | re.DOTALL,
)
_CONCURRENTLY = re.compile(r"\bCONCURRENTLY\b", re.IGNORECASE)

HARMLESS = frozenset(
    {"psqlmigrate", "psqlmodel", "psycopg", "__future__", "collections", "dataclasses", "datetime",
     "decimal", "enum", "functools", "itertools", "json", "math", "re", "string", "textwrap",
     "typing", "uuid"}
)  # fmt: skip
HARMFUL = frozenset({"open", "exec", "eval", "compile", "__import__", "input", "print"})


def controls_transaction(sql: str) -> bool:
    """Whether it begins or ends a transaction (savepoints do not)."""
    return _CONTROL.match(sql) is not None


def refuse_control(statement: Sent) -> None:
    """Raises MigrationFileError for BEGIN, COMMIT and the like where the runner has a transaction."""
    found = _CONTROL.match(statement.sql)
    if found:
        raise MigrationFileError(
            f"{statement.place}: {found[1].upper()} in a migration that already is one transaction",
            hint="take it out, or set transactional = False in the migration",
        ).at(statement.path, statement.line)


def stands_alone(sql: str) -> bool:
    """Whether it has to run outside of a transaction."""
    return _ALONE.match(sql) is not None or is_concurrent(sql)


def is_concurrent(sql: str) -> bool:
    """Whether it waits for other transactions; a lock timeout would leave its work half done."""
    return _CONCURRENTLY.search(sql) is not None


def repeatable(file: MigrationFile) -> bool:
    """Whether it touches nothing but the database, so that rolling back undoes all it did."""
    if file.is_sql:
        return True
    for node in ast.walk(ast.parse(file.text)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or "."]
        else:
            if isinstance(node, ast.Name) and node.id in HARMFUL:
                return False
            continue
        if any(name.split(".")[0] not in HARMLESS for name in names):
            return False
    return True
