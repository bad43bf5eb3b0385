"""Comments on objects (manual, COMMENT)."""

from dataclasses import dataclass, field
from typing import ClassVar, LiteralString, Self

from psqlmigrate.schema.dbobject import Alteration, DbObject, Resolve, Row, Statements
from psqlmigrate.schema.identity import Address, ObjectId
from psqlmigrate.schema.sqltext import NOTHING, Sql, literal, sql
from psqlmigrate.schema.statement import Statement


@dataclass(frozen=True, slots=True)
class Comment(DbObject):
    """The comment on an object of any kind that comes earlier in the registry."""

    kind: ClassVar[str] = "comment"
    catalog: ClassVar[LiteralString] = "pg_description"
    rank: ClassVar[int] = 200
    has_subid: ClassVar[bool] = True

    target: ObjectId
    text: str
    target_name: Sql = field(compare=False, default=NOTHING)

    @classmethod
    def query(cls, version: int) -> LiteralString:
        # Of PostgreSQL's own objects only the schema public can have another comment than at birth.
        return """
SELECT d.objoid, d.objsubid, d.classoid::pg_catalog.regclass::text, d.objoid, d.objsubid,
       d.description
  FROM pg_catalog.pg_description d
 WHERE d.objoid >= 16384 OR (d.objoid = 2200 AND d.description <> 'standard public schema')"""

    @classmethod
    def from_row(cls, row: Row, resolve: Resolve) -> "Comment | None":
        catalog, oid, subid, text = row
        one = resolve(Address(catalog, oid, subid))
        return cls(one.id, text, one.sql_name) if one else None

    @property
    def id(self) -> ObjectId:
        return ObjectId(self.kind, (self.target.kind, *self.target.path))

    @property
    def is_part(self) -> bool:
        return True

    @property
    def owners(self) -> tuple[ObjectId, ...]:
        return (self.target,)

    @property
    def survives_alter(self) -> bool:
        return True

    def create(self, parts: tuple[DbObject, ...]) -> Statements:
        return (self._statement(literal(self.text)),)

    def drop(self) -> Statements:
        return (self._statement(sql("NULL")),)

    def alter(self, new: Self) -> Alteration:
        return Alteration(new.create(()))

    def _statement(self, text: Sql) -> Statement:
        return Statement(sql("COMMENT ON {} IS {}", self.target_name, text), self.id)
