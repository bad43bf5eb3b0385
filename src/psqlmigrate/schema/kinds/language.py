"""Procedural languages (manual, CREATE LANGUAGE)."""

from dataclasses import dataclass, field
from typing import ClassVar, LiteralString, Self

from psqlmigrate.schema.dbobject import Alteration, DbObject, Naming, Statements
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.privileges import Acl
from psqlmigrate.schema.sqltext import NOTHING, Sql, ident, printed, sql
from psqlmigrate.schema.statement import Hazard, Statement


@dataclass(frozen=True, slots=True)
class Language(DbObject):
    """A language and its functions; `inline` and `validator` may be missing."""

    kind: ClassVar[str] = "language"
    catalog: ClassVar[LiteralString] = "pg_language"
    rare: ClassVar[LiteralString] = "pg_catalog.pg_language WHERE oid >= 16384"
    rank: ClassVar[int] = 65
    acl: ClassVar[Acl | None] = Acl.LANGUAGE
    naming: ClassVar[Naming] = Naming.PUBLIC

    name: str
    trusted: bool
    handler: str
    inline_handler: str
    validator: str
    home: str | None = field(compare=False, default=None)
    """The schema of its handler; None for PostgreSQL's own."""

    @classmethod
    def query(cls, version: int) -> LiteralString:
        return """
SELECT l.oid, l.lanname::text, l.lanpltrusted, l.lanplcallfoid::pg_catalog.regproc::text,
       CASE WHEN l.laninline <> 0 THEN l.laninline::pg_catalog.regproc::text ELSE '' END,
       CASE WHEN l.lanvalidator <> 0 THEN l.lanvalidator::pg_catalog.regproc::text ELSE '' END,
       (SELECT n.nspname::text
          FROM pg_catalog.pg_proc h JOIN pg_catalog.pg_namespace n ON n.oid = h.pronamespace
         WHERE h.oid = l.lanplcallfoid AND n.nspname !~ '^pg_'
           AND n.nspname <> 'information_schema')
  FROM pg_catalog.pg_language l
 WHERE l.lanispl AND l.oid >= 16384"""

    @property
    def id(self) -> ObjectId:
        return ObjectId(self.kind, (self.name,))

    @property
    def schema_name(self) -> str | None:
        return self.home

    @property
    def sql_name(self) -> Sql:
        return sql("LANGUAGE {}", ident(self.name))

    def create(self, parts: tuple[DbObject, ...]) -> Statements:
        return (self._create(NOTHING),)

    def _create(self, or_replace: Sql) -> Statement:
        inline, validator = printed(self.inline_handler), printed(self.validator)
        text = sql(
            "CREATE {}{}{} HANDLER {}{}{}",
            or_replace,
            sql("TRUSTED ") if self.trusted else NOTHING,
            self.sql_name,
            printed(self.handler),
            sql(" INLINE {}", inline) if inline else NOTHING,
            sql(" VALIDATOR {}", validator) if validator else NOTHING,
        )
        return Statement(text, self.id, frozenset({Hazard.NEEDS_PRIVILEGE}))

    def drop(self) -> Statements:
        return (Statement(sql("DROP {}", self.sql_name), self.id),)

    def alter(self, new: Self) -> Alteration:
        return Alteration((new._create(sql("OR REPLACE ")),))
