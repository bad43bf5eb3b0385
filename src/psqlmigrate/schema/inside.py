"""Composite types inside the type of a column: in arrays, domains, ranges and other composites."""

from collections.abc import Container
from typing import LiteralString, TypeAlias

from psqlmigrate.schema.dbobject import Impossible
from psqlmigrate.schema.sqltext import Sql, literal, printed, sql
from psqlmigrate.schema.statement import Hazard

Inside: TypeAlias = tuple[tuple[str, str], ...]
"""Pairs of a composite type and an attribute; of a range type and nothing."""

RANGED = Impossible("PostgreSQL reads no ranges whose attributes come, go or move")

INSIDE: LiteralString = """CASE WHEN atttypid >= 16384 THEN
           (WITH RECURSIVE inside (oid) AS (
                SELECT atttypid
                 UNION
                SELECT x.oid FROM inside i JOIN pg_catalog.pg_type t ON t.oid = i.oid
                 CROSS JOIN LATERAL (
                    SELECT t.typelem
                     UNION ALL SELECT t.typbasetype
                     UNION ALL SELECT r.rngsubtype FROM pg_catalog.pg_range r WHERE r.rngtypid = t.oid
                     UNION ALL SELECT r.rngtypid FROM pg_catalog.pg_range r WHERE r.rngmultitypid = t.oid
                     UNION ALL SELECT a.atttypid FROM pg_catalog.pg_attribute a
                                WHERE a.attrelid = t.typrelid AND a.attnum > 0
                 ) x (oid) WHERE x.oid >= 16384)
            SELECT pg_catalog.array_agg(
                       ARRAY[pg_catalog.format_type(t.oid, NULL), coalesce(a.attname::text, '')]
                       ORDER BY pg_catalog.format_type(t.oid, NULL), a.attnum)
              FROM inside JOIN pg_catalog.pg_type t ON t.oid = inside.oid
              LEFT JOIN pg_catalog.pg_attribute a
                ON a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
             WHERE t.typtype = 'r' OR a.attname IS NOT NULL) END"""
"""The query of them, for a type `atttypid`."""


def below(inside: Inside, own: Container[str]) -> Inside:
    """What is deeper than the attributes of the type itself."""
    return tuple(one for one in inside if one[0] not in own)


def ranged(inside: Inside) -> bool:
    """Whether there is a range, whose text has the attributes of its bounds by their places."""
    return any(not attribute for _, attribute in inside)


def by_name(shape: Sql, type_name: str, value: Sql) -> tuple[Sql, Sql, Sql]:
    """What gives a value of `type_name` the attributes by their names, over a type for that time.

    A statement that makes that type, the expression, and a statement that drops it.
    """
    made = sql("CREATE TYPE {} AS (v {})", shape, printed(type_name))
    read = sql(
        "(pg_catalog.jsonb_populate_record(NULL::{}, pg_catalog.jsonb_build_object('v', {}))).v",
        shape,
        value,
    )
    return made, read, sql("DROP TYPE {}", shape)


def read_by_name(table: Sql, column: Sql, name: str) -> Sql:
    """The same where a table has the column already."""
    return sql(
        "(pg_catalog.jsonb_populate_record(NULL::{}, pg_catalog.jsonb_build_object({}, {}))).{}",
        table,
        literal(name),
        column,
        column,
    )


def by_name_hazards(old: Inside, new: Inside) -> frozenset[Hazard]:
    """What can become of the values."""
    lost = {Hazard.LOSSY_CAST} if {*old} <= {*new} else {Hazard.LOSSY_CAST, Hazard.DATA_LOSS}
    return frozenset(lost)
