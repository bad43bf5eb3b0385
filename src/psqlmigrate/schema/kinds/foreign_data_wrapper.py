"""Foreign-data wrappers (manual, CREATE FOREIGN DATA WRAPPER)."""

from dataclasses import dataclass
from typing import ClassVar, LiteralString, Self

from psqlmigrate.schema.dbobject import Alteration, DbObject, Naming, Resolve, Row, Statements
from psqlmigrate.schema.foreign import Options, options_change, options_clause, options_of
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.privileges import Acl
from psqlmigrate.schema.sqltext import Sql, ident, join, printed, sql
from psqlmigrate.schema.statement import Hazard, Statement


@dataclass(frozen=True, slots=True)
class ForeignDataWrapper(DbObject):
    """A foreign-data wrapper; `handler` and `validator` are empty where there is none."""

    kind: ClassVar[str] = "foreign data wrapper"
    catalog: ClassVar[LiteralString] = "pg_foreign_data_wrapper"
    rare: ClassVar[LiteralString] = "pg_catalog.pg_foreign_data_wrapper WHERE oid >= 16384"
    rank: ClassVar[int] = 72
    acl: ClassVar[Acl | None] = Acl.FOREIGN_DATA_WRAPPER
    naming: ClassVar[Naming] = Naming.QUIET

    name: str
    handler: str
    validator: str
    options: Options

    @classmethod
    def query(cls, version: int) -> LiteralString:
        return """
SELECT w.oid, w.fdwname::text,
       CASE WHEN w.fdwhandler = 0 THEN '' ELSE w.fdwhandler::pg_catalog.regproc::text END,
       CASE WHEN w.fdwvalidator = 0 THEN '' ELSE w.fdwvalidator::pg_catalog.regproc::text END,
       w.fdwoptions
  FROM pg_catalog.pg_foreign_data_wrapper w"""

    @classmethod
    def from_row(cls, row: Row, resolve: Resolve) -> "ForeignDataWrapper":
        name, handler, validator, options = row
        return cls(name, handler, validator, options_of(options))

    @property
    def id(self) -> ObjectId:
        return ObjectId(self.kind, (self.name,))

    @property
    def schema_name(self) -> None:
        return None

    @property
    def sql_name(self) -> Sql:
        return sql("FOREIGN DATA WRAPPER {}", ident(self.name))

    def create(self, parts: tuple[DbObject, ...]) -> Statements:
        functions = [
            sql("{} {}", word, printed(name))
            for word, name in (
                (sql(" HANDLER"), self.handler),
                (sql(" VALIDATOR"), self.validator),
            )
            if name
        ]
        options = options_clause(self.options)
        return (self._statement(sql("CREATE {}", self.sql_name), *functions, options),)

    def _statement(self, *texts: Sql) -> Statement:
        return Statement(join("", texts), self.id, frozenset({Hazard.NEEDS_PRIVILEGE}))

    def drop(self) -> Statements:
        return (Statement(sql("DROP {}", self.sql_name), self.id),)

    def alter(self, new: Self) -> Alteration:
        changes: list[Sql] = []
        if self.handler != new.handler:
            name = sql("HANDLER {}", printed(new.handler))
            changes.append(name if new.handler else sql("NO HANDLER"))
        if self.validator != new.validator:
            name = sql("VALIDATOR {}", printed(new.validator))
            changes.append(name if new.validator else sql("NO VALIDATOR"))
        changes.extend(filter(None, (options_change(self.options, new.options),)))
        return Alteration((self._statement(sql("ALTER {} ", self.sql_name), join(" ", changes)),))
