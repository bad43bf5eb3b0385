"""Statements that cannot be in a transaction and whose outcome the catalog tells: a closed list."""

import re
from dataclasses import dataclass

from psqlmigrate.errors import SourceError
from psqlmigrate.schema.script import lexemes

CREATE_INDEX, DROP_INDEX, REINDEX, DETACH = "create index", "drop index", "reindex", "detach"
CREATE_DATABASE, DROP_DATABASE = "create database", "drop database"
CREATE_TABLESPACE, DROP_TABLESPACE = "create tablespace", "drop tablespace"
REPEAT = "repeat"

_PART = r'(?:"(?:[^"]|"")*"|\w[\w$]*)'
_NAME = rf"{_PART}(?: \. {_PART})*"
_FORMS = (
    (CREATE_INDEX, rf"CREATE (?:UNIQUE )?INDEX CONCURRENTLY (?P<unless>IF NOT EXISTS )?(?:(?P<name>{_PART}) )?ON (?:ONLY )?(?P<of>{_NAME})(?: |\Z)"),
    (DROP_INDEX, rf"DROP INDEX CONCURRENTLY (?:IF EXISTS )?(?P<name>{_NAME})(?: CASCADE| RESTRICT)?\Z"),
    (REINDEX, r"REINDEX\b.*\bCONCURRENTLY\b"),
    (DETACH, rf"ALTER TABLE (?:IF EXISTS )?(?:ONLY )?(?P<of>{_NAME}) DETACH PARTITION (?P<name>{_NAME}) CONCURRENTLY\Z"),
    (CREATE_DATABASE, rf"CREATE DATABASE (?P<name>{_PART})(?: |\Z)"),
    (DROP_DATABASE, rf"DROP DATABASE (?:IF EXISTS )?(?P<name>{_PART})(?: |\Z)"),
    (CREATE_TABLESPACE, rf"CREATE TABLESPACE (?P<name>{_PART}) "),
    (DROP_TABLESPACE, rf"DROP TABLESPACE (?:IF EXISTS )?(?P<name>{_PART})\Z"),
    (REPEAT, r"(?:VACUUM|REINDEX|CLUSTER|ALTER SYSTEM)\b"),
    (REPEAT, rf"ALTER DATABASE {_PART} SET TABLESPACE "),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Outside:
    """What a statement is about; names are written as in the statement, empty where it has none.

    `of` is the table of an index, and the parent of a partition.
    """

    kind: str
    name: str = ""
    of: str = ""
    unless_there: bool = False

    @property
    def waits(self) -> bool:
        """Whether a lock timeout would throw away long work, and waiting holds nobody up.

        A partition that is being detached is locked against its readers: they are let pass.
        """
        return self.kind in {CREATE_INDEX, DROP_INDEX, REINDEX}


def outside(text: str) -> Outside | None:
    """What the statement is about, if it is one of the list."""
    try:
        plain = " ".join(one.text for one in lexemes(text) if one.sort not in {"line", "block"})
    except SourceError:
        return None
    plain = plain.rstrip("; ")
    for kind, form in _FORMS:
        if found := re.match(form, plain, re.IGNORECASE | re.DOTALL):
            parts = found.groupdict()
            return Outside(
                kind,
                _joined(parts.get("name")),
                _joined(parts.get("of")),
                bool(parts.get("unless")),
            )
    return None


def _joined(name: str | None) -> str:
    return (name or "").replace(" . ", ".")
