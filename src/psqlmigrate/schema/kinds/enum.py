"""Enum types (manual, 8.7)."""

from dataclasses import dataclass
from typing import ClassVar, LiteralString, Self

from psqlmigrate.schema.dbobject import Alteration, DbObject, Naming, Resolve, Row, Statements
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.privileges import Acl
from psqlmigrate.schema.sqltext import Sql, away, ident, join, literal, sql
from psqlmigrate.schema.statement import Statement


@dataclass(frozen=True, slots=True)
class Enum(DbObject):
    """An enum type and its labels in order."""

    kind: ClassVar[str] = "enum"
    catalog: ClassVar[LiteralString] = "pg_type"
    rank: ClassVar[int] = 30
    acl: ClassVar[Acl | None] = Acl.TYPE
    naming: ClassVar[Naming] = Naming.PUBLIC

    schema: str
    name: str
    labels: tuple[str, ...]

    @classmethod
    def query(cls, version: int) -> LiteralString:
        return """
SELECT t.oid, n.nspname::text, t.typname::text,
       (SELECT pg_catalog.array_agg(e.enumlabel::text ORDER BY e.enumsortorder)
          FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid)
  FROM pg_catalog.pg_type t
  JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
 WHERE t.typtype = 'e' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"""

    @classmethod
    def from_row(cls, row: Row, resolve: Resolve) -> "Enum":
        schema, name, labels = row
        return cls(schema, name, tuple(labels or ()))

    @property
    def id(self) -> ObjectId:
        return ObjectId(self.kind, (self.schema, self.name))

    @property
    def slots(self) -> tuple[tuple[str, ...], ...]:
        return (("type", self.schema, self.name),)

    def swaps_with(self, new: Self) -> bool:
        return True

    @property
    def sql_name(self) -> Sql:
        return sql("TYPE {}", ident(self.schema, self.name))

    def create(self, parts: tuple[DbObject, ...]) -> Statements:
        labels = join(",", (sql("\n    {}", literal(label)) for label in self.labels))
        end = sql("\n") if labels else sql("")
        return (Statement(sql("CREATE {} AS ENUM ({}{})", self.sql_name, labels, end), self.id),)

    def drop(self) -> Statements:
        return (Statement(sql("DROP {}", self.sql_name), self.id),)

    @property
    def members(self) -> tuple[tuple[str, ...], ...]:
        return tuple((label,) for label in self.labels)

    def rename_member(self, member: str, name: str) -> Statements:
        labels = literal(member), literal(name)
        text = sql("ALTER {} RENAME VALUE {} TO {}", self.sql_name, *labels)
        return (Statement(text, self.id, self.rename_hazards),)

    def swap_out(self) -> tuple[Statements, Statements]:
        gone = away(self.name)
        rename = sql("ALTER {} RENAME TO {}", self.sql_name, ident(gone))
        drop = sql("DROP TYPE {}", ident(self.schema, gone))
        return (Statement(rename, self.id),), (Statement(drop, self.id),)

    def alter(self, new: Self) -> Alteration | None:
        kept = tuple(label for label in new.labels if label in self.labels)
        if kept != self.labels:
            return None
        return Alteration(tuple(self._additions(new)))

    def _additions(self, new: "Enum") -> list[Statement]:
        known = list(self.labels)
        statements: list[Statement] = []
        for position, label in enumerate(new.labels):
            if label in known:
                continue
            text = sql("ALTER {} ADD VALUE IF NOT EXISTS {}", self.sql_name, literal(label))
            if position < len(known):
                text = sql("{} BEFORE {}", text, literal(known[position]))
            known.insert(position, label)
            statements.append(Statement(text, self.id, commits=True))
        return statements

    def summary(self) -> str:
        return f"enum ({', '.join(self.labels)})"
