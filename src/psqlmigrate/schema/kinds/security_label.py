"""Security labels of objects (manual, SECURITY LABEL)."""

from dataclasses import dataclass, field
from typing import ClassVar, LiteralString, Self

from psqlmigrate.schema.dbobject import Alteration, DbObject, Resolve, Row, Statements
from psqlmigrate.schema.identity import Address, ObjectId
from psqlmigrate.schema.sqltext import NOTHING, Sql, ident, literal, sql
from psqlmigrate.schema.statement import Statement


@dataclass(frozen=True, slots=True)
class SecurityLabel(DbObject):
    """What each provider has said of an object; `labels` are pairs of provider and label.

    `part` is what has a label of its own inside the object: a column of a view, an attribute of
    a type.
    """

    kind: ClassVar[str] = "security label"
    catalog: ClassVar[LiteralString] = "pg_seclabel"
    rank: ClassVar[int] = 205
    has_subid: ClassVar[bool] = True
    concern: ClassVar[str] = "labels"

    target: ObjectId
    part: tuple[str, ...]
    labels: tuple[tuple[str, str], ...]
    target_name: Sql = field(compare=False, default=NOTHING)

    @classmethod
    def query(cls, version: int) -> LiteralString:
        # Subscriptions are the server's: their labels are kept with those of all databases.
        return """
SELECT l.objoid, l.objsubid,
       CASE WHEN r.relkind = 'c' THEN 'pg_type' ELSE l.classoid::pg_catalog.regclass::text END,
       CASE WHEN r.relkind = 'c' THEN r.reltype ELSE l.objoid END, l.objsubid, a.attname::text,
       pg_catalog.array_agg(ARRAY[l.provider, l.label] ORDER BY l.provider)
  FROM (SELECT objoid, classoid, objsubid, provider, label FROM pg_catalog.pg_seclabel
        UNION ALL SELECT objoid, classoid, 0, provider, label FROM pg_catalog.pg_shseclabel
         WHERE classoid = 'pg_catalog.pg_subscription'::pg_catalog.regclass) l
  LEFT JOIN pg_catalog.pg_class r
    ON l.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass AND r.oid = l.objoid
  LEFT JOIN pg_catalog.pg_attribute a
    ON a.attrelid = r.oid AND a.attnum = l.objsubid AND l.objsubid > 0
 GROUP BY 1, 2, 3, 4, 6"""

    @classmethod
    def from_row(cls, row: Row, resolve: Resolve) -> "SecurityLabel | None":
        catalog, oid, subid, column, labels = row
        pairs = tuple((provider, label) for provider, label in labels)
        if (one := resolve(Address(catalog, oid, subid))) is not None:
            return cls(one.id, (), pairs, one.sql_name)
        if column is None or (one := resolve(Address(catalog, oid))) is None:
            return None
        return cls(one.id, (column,), pairs, sql("COLUMN {}", ident(*one.id.path, column)))

    @property
    def id(self) -> ObjectId:
        return ObjectId(self.kind, (self.target.kind, *self.target.path, *self.part))

    @property
    def owners(self) -> tuple[ObjectId, ...]:
        return (self.target,)

    @property
    def survives_alter(self) -> bool:
        return True

    def create(self, parts: tuple[DbObject, ...]) -> Statements:
        return tuple(self._statement(provider, literal(label)) for provider, label in self.labels)

    def drop(self) -> Statements:
        return tuple(self._statement(provider, sql("NULL")) for provider, _ in self.labels)

    def alter(self, new: Self) -> Alteration:
        stay = {provider for provider, _ in new.labels}
        gone = tuple(one for one in self.labels if one[0] not in stay)
        come = tuple(one for one in new.labels if one not in self.labels)
        return Alteration(
            (
                *(new._statement(provider, sql("NULL")) for provider, _ in gone),
                *(new._statement(provider, literal(label)) for provider, label in come),
            )
        )

    def _statement(self, provider: str, label: Sql) -> Statement:
        text = sql("SECURITY LABEL FOR {} ON {} IS {}", ident(provider), self.target_name, label)
        return Statement(text, self.id)

    def summary(self) -> str:
        return ", ".join(f"{provider}: {label}" for provider, label in self.labels)
