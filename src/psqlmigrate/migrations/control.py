"""Statements that decide about transactions, and migrations that may be run again."""

import ast
import re

from psqlmigrate.errors import MigrationFileError
from psqlmigrate.migrations.file import MigrationFile
from psqlmigrate.migrations.sent import Sent

_BLANK = r"(?:\s|--[^\r\n]*(?:[\r\n]|\Z)|/\*.*?\*/)*"
_CONTROL = re.compile(
    _BLANK + r"(BEGIN|START\s+TRANSACTION|COMMIT(?!\s+PREPARED\b)|END|ABORT|PREPARE\s+TRANSACTION|"
    r"ROLLBACK(?!\s+(?:(?:WORK|TRANSACTION)\s+)?(?:TO|PREPARED)\b))\b",
    re.IGNORECASE | re.DOTALL,
)
_BEGINS = re.compile(_BLANK + r"(BEGIN|START)\b", re.IGNORECASE | re.DOTALL)
_UNDOES = re.compile(_BLANK + r"(ROLLBACK|ABORT)\b", re.IGNORECASE | re.DOTALL)
_CHAINS = re.compile(r"\bAND\s+CHAIN\b", re.IGNORECASE)
_CALLS = re.compile(_BLANK + r"(CALL|DO)\b", re.IGNORECASE | re.DOTALL)
# What changes nothing but the session: a later session needs it again.
_OF_SESSION = re.compile(
    _BLANK + r"(SET(?!\s+(?:LOCAL|CONSTRAINTS|TRANSACTION)\b)|RESET|LOAD|DISCARD|LISTEN|UNLISTEN|"
    r"PREPARE(?!\s+TRANSACTION\b)|DEALLOCATE)\b",
    re.IGNORECASE | re.DOTALL,
)
_TEMPORARY = re.compile(
    _BLANK + r"(CREATE\s+(OR\s+REPLACE\s+)?((LOCAL|GLOBAL)\s+)?TEMP(ORARY)?\b"
    r"|CREATE\b[^$']*\bpg_temp\s*\.|(SELECT|WITH)\b.*\bINTO\s+((LOCAL|GLOBAL)\s+)?TEMP(ORARY)?\b)",
    re.IGNORECASE | re.DOTALL,
)
_CREATES = re.compile(_BLANK + r"CREATE\b", re.IGNORECASE | re.DOTALL)

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


def begins_transaction(sql: str) -> bool:
    """Of what `controls_transaction`: whether it begins one."""
    return _BEGINS.match(sql) is not None


def undoes_transaction(sql: str) -> bool:
    """Of what `controls_transaction`: whether it throws away what was done."""
    return _UNDOES.match(sql) is not None


def chains_transactions(sql: str) -> bool:
    """Of what ends a transaction: whether it begins the next one at once."""
    return _CHAINS.search(sql) is not None


def may_commit(sql: str) -> bool:
    """Whether the code that it runs may end transactions of its own."""
    return _CALLS.match(sql) is not None


def is_of_session(sql: str) -> bool:
    """Whether it changes nothing but the session."""
    return _OF_SESSION.match(sql) is not None


def is_temporary(sql: str) -> bool:
    """Whether what it makes ends with the session."""
    return _TEMPORARY.match(sql) is not None


def sets_by_call(sql: str) -> bool:
    """Whether running it may change a setting of the session, whatever else it does."""
    return "set_config" in sql.lower() and not _CREATES.match(sql)


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
