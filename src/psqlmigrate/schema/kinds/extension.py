"""Extensions (manual, CREATE EXTENSION); what is in them is theirs."""

from dataclasses import dataclass, field
from typing import ClassVar, LiteralString, Self

from psqlmigrate.schema.dbobject import Alteration, DbObject, Statements
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.sqltext import Sql, ident, literal, sql
from psqlmigrate.schema.statement import Hazard, Statement


@dataclass(frozen=True, slots=True)
class Extension(DbObject):
    """An installed extension. plpgsql is there in every database and is left alone."""

    kind: ClassVar[str] = "extension"
    catalog: ClassVar[LiteralString] = "pg_extension"
    rank: ClassVar[int] = 20

    name: str
    schema: str
    version: str
    relocatable: bool = field(compare=False, default=True)

    @classmethod
    def query(cls, version: int) -> LiteralString:
        return """
SELECT e.oid, e.extname::text, n.nspname::text, e.extversion, e.extrelocatable
  FROM pg_catalog.pg_extension e
  JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
 WHERE e.extname <> 'plpgsql'"""

    @property
    def id(self) -> ObjectId:
        return ObjectId(self.kind, (self.name,))

    @property
    def schema_name(self) -> None:
        return None

    @property
    def requires(self) -> tuple[ObjectId, ...]:
        return (ObjectId("schema", (self.schema,)),)

    @property
    def has_members(self) -> bool:
        return True

    @property
    def sql_name(self) -> Sql:
        return sql("EXTENSION {}", ident(self.name))

    def create(self, parts: tuple[DbObject, ...]) -> Statements:
        text = sql("CREATE EXTENSION {} WITH SCHEMA {}", ident(self.name), ident(self.schema))
        return (Statement(text, self.id, frozenset({Hazard.NEEDS_PRIVILEGE})),)

    def drop(self) -> Statements:
        return (Statement(sql("DROP {}", self.sql_name), self.id),)

    def alter(self, new: Self) -> Alteration | None:
        statements: list[Statement] = []
        if self.version != new.version:
            text = sql("ALTER {} UPDATE TO {}", self.sql_name, literal(new.version))
            privilege = frozenset({Hazard.NEEDS_PRIVILEGE})
            statements.append(Statement(text, self.id, privilege))
        if self.schema != new.schema and not self.relocatable:
            return None
        if self.schema != new.schema:
            text = sql("ALTER {} SET SCHEMA {}", self.sql_name, ident(new.schema))
            statements.append(Statement(text, self.id))
        return Alteration(tuple(statements))
