"""The types of the columns, as far as a value's text depends on them."""

from collections.abc import Iterable
from dataclasses import dataclass

from psqlmigrate.postgres.connect import Connection

_TYPES = b"""
WITH RECURSIVE part(oid) AS (
    SELECT pg_catalog.unnest(%s::oid[])
    UNION
    SELECT u.oid
      FROM part p JOIN pg_catalog.pg_type t ON t.oid = p.oid
     CROSS JOIN LATERAL (
        SELECT t.typbasetype UNION ALL SELECT t.typelem UNION ALL
        SELECT a.atttypid FROM pg_catalog.pg_attribute a
         WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped) u(oid)
     WHERE u.oid <> '0')
SELECT t.oid::int8, t.typname::text, pg_catalog.format_type(t.oid, -1), t.typtype::text,
       t.typcategory::text, t.typbasetype::int8,
       CASE WHEN e.typarray = t.oid THEN e.oid::int8 ELSE 0 END, coalesce(e.typdelim, ',')::text,
       ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a
              WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
              ORDER BY a.attnum),
       ARRAY(SELECT a.atttypid::int8 FROM pg_catalog.pg_attribute a
              WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
              ORDER BY a.attnum)
  FROM (SELECT DISTINCT oid FROM part) p
  JOIN pg_catalog.pg_type t ON t.oid = p.oid
  LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem"""


@dataclass(frozen=True, slots=True)
class Type:
    """A type; `element` is 0 where it is no array, `fields` are a composite type's."""

    oid: int
    name: str
    label: str
    kind: str
    category: str
    base: int
    element: int
    delimiter: str
    fields: tuple[tuple[str, int], ...]

    @property
    def is_json(self) -> bool:
        """Whether objects and lists are its own data."""
        return self.name in {"json", "jsonb"} and self.kind == "b"

    @property
    def is_number(self) -> bool:
        """Whether digits are read as a number."""
        return self.category == "N"


def types(connection: Connection, oids: Iterable[int]) -> dict[int, Type]:
    """These types and all that they are made of, by oid."""
    found: dict[int, Type] = {}
    for oid, *row, names, members in connection.execute(_TYPES, (sorted(set(oids)),)):
        name, label, kind, category, base, element, delimiter = row
        fields = tuple(zip(names, members, strict=True))
        found[oid] = Type(oid, name, label, kind, category, base, element, delimiter, fields)
    return found
