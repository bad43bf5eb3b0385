"""Text search configurations (manual, CREATE TEXT SEARCH CONFIGURATION)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import ClassVar, LiteralString, Self

from psqlmigrate.schema.dbobject import Alteration, DbObject, Naming, Resolve, Row, Statements
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.sqltext import Sql, ident, join, printed, sql
from psqlmigrate.schema.statement import Statement


@dataclass(frozen=True, slots=True)
class TextSearchConfiguration(DbObject):
    """A configuration; `mappings` are types of tokens, each with its dictionaries in order."""

    kind: ClassVar[str] = "text search configuration"
    catalog: ClassVar[LiteralString] = "pg_ts_config"
    rare: ClassVar[LiteralString] = "pg_catalog.pg_ts_config WHERE oid >= 16384"
    rank: ClassVar[int] = 75
    naming: ClassVar[Naming] = Naming.QUIET

    schema: str
    name: str
    parser: str
    mappings: tuple[tuple[str, tuple[str, ...]], ...]

    @classmethod
    def query(cls, version: int) -> LiteralString:
        return """
SELECT c.oid, n.nspname::text, c.cfgname::text,
       pg_catalog.quote_ident(pn.nspname) || '.' || pg_catalog.quote_ident(p.prsname),
       ARRAY(SELECT pg_catalog.jsonb_build_array(t.alias, (
                    SELECT pg_catalog.jsonb_agg(pg_catalog.quote_ident(dn.nspname) || '.'
                             || pg_catalog.quote_ident(d.dictname) ORDER BY m.mapseqno)
                      FROM pg_catalog.pg_ts_config_map m
                      JOIN pg_catalog.pg_ts_dict d ON d.oid = m.mapdict
                      JOIN pg_catalog.pg_namespace dn ON dn.oid = d.dictnamespace
                     WHERE m.mapcfg = c.oid AND m.maptokentype = t.tokid))
               FROM pg_catalog.ts_token_type(c.cfgparser) t
              WHERE t.tokid IN (SELECT m.maptokentype FROM pg_catalog.pg_ts_config_map m
                                 WHERE m.mapcfg = c.oid)
              ORDER BY t.alias)
  FROM pg_catalog.pg_ts_config c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.cfgnamespace
  JOIN pg_catalog.pg_ts_parser p ON p.oid = c.cfgparser
  JOIN pg_catalog.pg_namespace pn ON pn.oid = p.prsnamespace
 WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"""

    @classmethod
    def from_row(cls, row: Row, resolve: Resolve) -> "TextSearchConfiguration":
        *plain, mappings = row
        values: Row = (*plain, tuple((token, tuple(names)) for token, names in mappings))
        return cls(*values)

    @property
    def id(self) -> ObjectId:
        return ObjectId(self.kind, (self.schema, self.name))

    @property
    def sql_name(self) -> Sql:
        return sql("TEXT SEARCH CONFIGURATION {}", ident(self.schema, self.name))

    def create(self, parts: tuple[DbObject, ...]) -> Statements:
        text = sql("CREATE {} (PARSER = {})", self.sql_name, printed(self.parser))
        return (Statement(text, self.id), *replace(self, mappings=())._mapped(self))

    def _mapped(self, new: "TextSearchConfiguration") -> Statements:
        before, after = dict(self.mappings), dict(new.mappings)
        changes = [
            sql("DROP MAPPING FOR {}", ident(token)) for token in before if token not in after
        ]
        for token, names in new.mappings:
            verb = sql("ALTER") if token in before else sql("ADD")
            if before.get(token) != names:
                changes.append(
                    sql("{} MAPPING FOR {} WITH {}", verb, ident(token), _dictionaries(names))
                )
        return tuple(
            Statement(sql("ALTER {} {}", self.sql_name, change), self.id) for change in changes
        )

    def drop(self) -> Statements:
        return (Statement(sql("DROP {}", self.sql_name), self.id),)

    def alter(self, new: Self) -> Alteration | None:
        return Alteration(self._mapped(new)) if self.parser == new.parser else None


def _dictionaries(names: Iterable[str]) -> Sql:
    return join(", ", map(printed, names))
