"""One SQL statement with what must be known to run it."""

from dataclasses import dataclass, replace
from enum import StrEnum

from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.sqltext import Sql, sql


class Hazard(StrEnum):
    """What can hurt when a statement runs."""

    DATA_LOSS = "data loss"
    LOSSY_CAST = "lossy cast"
    LONG_LOCK = "long lock"
    TABLE_REWRITE = "table rewrite"
    FULL_SCAN = "full scan"
    INDEX_REBUILD = "index rebuild"
    BREAKS_CODE = "breaks old application code"
    IRREVERSIBLE = "irreversible"
    NEEDS_PRIVILEGE = "needs privilege"
    NEEDS_LOGIN = "needs a password"
    NO_TRANSACTION = "cannot run in a transaction"
    MAY_FAIL = "may fail on existing rows"
    LOSES_GRANTS = "loses privileges granted by hand"
    CHANGES_ACCESS = "changes access"


OF_ROWS = frozenset(
    {
        Hazard.LONG_LOCK,
        Hazard.TABLE_REWRITE,
        Hazard.FULL_SCAN,
        Hazard.INDEX_REBUILD,
        Hazard.MAY_FAIL,
    }
)
"""Hazards that only rows make."""

LOCKED_SCAN = frozenset({Hazard.FULL_SCAN, Hazard.LONG_LOCK})
"""Every row is read while nobody can write."""

REWRITE = frozenset({Hazard.TABLE_REWRITE, Hazard.LONG_LOCK})
"""Every row, and every index with them, is written anew."""

CHECKED = LOCKED_SCAN | {Hazard.MAY_FAIL}
"""Every row is tried while nobody can write."""

REBUILT = LOCKED_SCAN | {Hazard.INDEX_REBUILD}
"""An index that is there is built anew."""

CHANGED_ACCESS = frozenset({Hazard.BREAKS_CODE, Hazard.CHANGES_ACCESS})
"""Others may do or see more than before, or less."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement for one `execute`, without its semicolon."""

    sql: Sql
    subject: ObjectId | None = None
    hazards: frozenset[Hazard] = frozenset()
    transactional: bool = True
    """False: PostgreSQL refuses it inside a transaction block."""
    concurrent: Sql | None = None
    """The same without a lock that blocks writes, for a migration of its own (CONCURRENTLY)."""
    commits: bool = False
    """True: what it makes can be used only after a commit (ALTER TYPE … ADD VALUE)."""

    def without_password(self) -> "Statement":
        """The same, saying that a password is left out and has to be set by hand."""
        text = sql("-- its password is not written here: set it by hand\n{}", self.sql)
        return replace(self, sql=text, hazards=self.hazards | {Hazard.NEEDS_LOGIN})
