"""Collations (manual, CREATE COLLATION)."""

from dataclasses import dataclass
from typing import ClassVar, LiteralString, Self

from psqlmigrate.schema.dbobject import DbObject, Naming, Statements
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.sqltext import Sql, away, ident, join, literal, sql
from psqlmigrate.schema.statement import Statement

_PROVIDERS = {"c": sql("libc"), "i": sql("icu"), "b": sql("builtin")}
_ICU_LOCALE_SINCE = 15
_RULES_SINCE = 16
_ONE_LOCALE_SINCE = 17

_QUERY: LiteralString = """
SELECT c.oid, n.nspname::text, c.collname::text, c.collprovider::text,
       CASE WHEN c.collprovider = 'c' THEN c.collcollate::text ELSE @locale END,
       CASE WHEN c.collprovider = 'c' THEN c.collctype::text ELSE '' END,
       c.collisdeterministic, @rules
  FROM pg_catalog.pg_collation c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.collnamespace
 WHERE c.collprovider <> 'd' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND c.collencoding IN (-1, (SELECT encoding FROM pg_catalog.pg_database
                                WHERE datname = pg_catalog.current_database()))"""


@dataclass(frozen=True, slots=True)
class Collation(DbObject):
    """A collation; `character_type` is libc's LC_CTYPE, `rules` are ICU's."""

    kind: ClassVar[str] = "collation"
    catalog: ClassVar[LiteralString] = "pg_collation"
    rare: ClassVar[LiteralString] = "pg_catalog.pg_collation WHERE oid >= 16384"
    rank: ClassVar[int] = 25
    naming: ClassVar[Naming] = Naming.PUBLIC

    schema: str
    name: str
    provider: str
    locale: str
    character_type: str
    deterministic: bool
    rules: str

    @classmethod
    def query(cls, version: int) -> LiteralString:
        locale: LiteralString = "c.collcollate::text"
        if version >= _ICU_LOCALE_SINCE:
            locale = "c.colllocale" if version >= _ONE_LOCALE_SINCE else "c.colliculocale"
        rules = "coalesce(c.collicurules, '')" if version >= _RULES_SINCE else "''"
        return _QUERY.replace("@locale", locale).replace("@rules", rules)

    @property
    def id(self) -> ObjectId:
        return ObjectId(self.kind, (self.schema, self.name))

    @property
    def sql_name(self) -> Sql:
        return sql("COLLATION {}", ident(self.schema, self.name))

    def create(self, parts: tuple[DbObject, ...]) -> Statements:
        options = [sql("PROVIDER = {}", _PROVIDERS[self.provider])]
        if self.character_type not in {"", self.locale}:
            options.append(sql("LC_COLLATE = {}", literal(self.locale)))
            options.append(sql("LC_CTYPE = {}", literal(self.character_type)))
        else:
            options.append(sql("LOCALE = {}", literal(self.locale)))
        if not self.deterministic:
            options.append(sql("DETERMINISTIC = false"))
        if self.rules:
            options.append(sql("RULES = {}", literal(self.rules)))
        text = sql("CREATE {} ({})", self.sql_name, join(", ", options))
        return (Statement(text, self.id),)

    def drop(self) -> Statements:
        return (Statement(sql("DROP {}", self.sql_name), self.id),)

    def swaps_with(self, new: Self) -> bool:
        return True

    def swap_out(self) -> tuple[Statements, Statements]:
        gone = away(self.name)
        drop = sql("DROP COLLATION {}", ident(self.schema, gone))
        return self.rename(gone), (Statement(drop, self.id),)

    def summary(self) -> str:
        return f"collation {self.locale}"
