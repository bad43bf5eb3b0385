"""Which statements say nothing but what a schema is, so that a plan can say it instead."""

import ast
import re

from psqlmigrate.migrations.control import HARMFUL, HARMLESS
from psqlmigrate.migrations.file import MigrationFile

_BLANK = r"(?:\s|--[^\r\n]*(?:[\r\n]|\Z)|/\*.*?\*/)*"
_FLAGS = re.IGNORECASE | re.DOTALL
_OBJECTS = (
    r"(?:(?:UNLOGGED\s+)?TABLE|(?:UNIQUE\s+)?INDEX|SEQUENCE|TYPE|DOMAIN|SCHEMA|EXTENSION|POLICY|"
    r"(?:CONSTRAINT\s+)?TRIGGER|(?:OR\s+REPLACE\s+)?(?:VIEW|FUNCTION|PROCEDURE|TRIGGER)|"
    r"MATERIALIZED\s+VIEW)\b"
)
_SCHEMA = re.compile(_BLANK + rf"(?:(?:CREATE|ALTER|DROP)\s+{_OBJECTS}|COMMENT\s+ON\b)", _FLAGS)
_TABLE = re.compile(_BLANK + r"CREATE\s+(?:UNLOGGED\s+)?TABLE\b", _FLAGS)
_SETTING = re.compile(
    _BLANK + r"(?:SET\s+(?:(?:SESSION|LOCAL)\s+)?(?!CONSTRAINTS\b)(?P<name>[\w.]+)|RESET\s+\w+|"
    r"SELECT\s+(?:pg_catalog\s*\.\s*)?set_config\s*\(\s*'(?P<called>[\w.]+)'\s*,"
    r"\s*'[^']*'\s*,\s*\w+\s*\))",
    _FLAGS,
)
_QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\r\n]*|/\*.*?\*/", re.DOTALL)
_INNERMOST = re.compile(r"\([^()]*\)")

_SPEAKS = frozenset({"print"})


def is_schema(text: str) -> bool:
    """Whether a plan could stand for the statement; one that is not known never can."""
    if is_setting(text):
        return True
    if not _SCHEMA.match(text):
        return False
    return not (_TABLE.match(text) and re.search(r"\bAS\b", _outline(text), re.IGNORECASE))


def is_setting(text: str) -> bool:
    """Whether it sets something for the session or the transaction."""
    return _SETTING.match(text) is not None


def setting_of(text: str) -> str:
    """The name of what a statement sets, in small letters; "" for RESET and others."""
    found = _SETTING.match(text)
    return ((found["name"] or found["called"] or "") if found else "").lower()


def reaches_out(file: MigrationFile) -> str:
    """What the code of a file uses beyond the database, so that each run may be another; or ""."""
    if file.is_sql:
        return ""
    for node in ast.walk(ast.parse(file.text)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or "."]
        else:
            if isinstance(node, ast.Name) and node.id in HARMFUL - _SPEAKS:
                return node.id
            continue
        for name in names:
            if name.split(".")[0] not in HARMLESS:
                return name
    return ""


def _outline(text: str) -> str:
    """The statement without what is in quotes, comments and parentheses."""
    text, before = _QUOTED.sub(" ", text), ""
    while text != before:
        before, text = text, _INNERMOST.sub(" ", text)
    return text
