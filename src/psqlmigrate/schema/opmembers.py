"""Operators and functions of operator classes and families (manual, CREATE OPERATOR CLASS)."""

from collections.abc import Iterable
from typing import LiteralString, NamedTuple

from psqlmigrate.schema.sqltext import Sql, join, number, printed, sql

# A member of a class depends on the class, a loose one on the family (manual, 53.18).
MEMBERS: LiteralString = """
       ARRAY(SELECT ARRAY['OPERATOR', m.amopstrategy::text,
                    pg_catalog.format_type(m.amoplefttype, NULL),
                    pg_catalog.format_type(m.amoprighttype, NULL),
                    pg_catalog.quote_ident(n.nspname) || '.' || p.oprname,
                    coalesce((SELECT pg_catalog.quote_ident(fn.nspname) || '.'
                                     || pg_catalog.quote_ident(f.opfname)
                                FROM pg_catalog.pg_opfamily f
                                JOIN pg_catalog.pg_namespace fn ON fn.oid = f.opfnamespace
                               WHERE f.oid = m.amopsortfamily), '')]
               FROM pg_catalog.pg_depend d
               JOIN pg_catalog.pg_amop m ON m.oid = d.objid
               JOIN pg_catalog.pg_operator p ON p.oid = m.amopopr
               JOIN pg_catalog.pg_namespace n ON n.oid = p.oprnamespace
              WHERE d.classid = 'pg_catalog.pg_amop'::pg_catalog.regclass
                AND d.refclassid = o.tableoid AND d.refobjid = o.oid
              ORDER BY m.amopstrategy, 1)
    || ARRAY(SELECT ARRAY['FUNCTION', m.amprocnum::text,
                    pg_catalog.format_type(m.amproclefttype, NULL),
                    pg_catalog.format_type(m.amprocrighttype, NULL),
                    m.amproc::pg_catalog.regprocedure::text, '']
               FROM pg_catalog.pg_depend d
               JOIN pg_catalog.pg_amproc m ON m.oid = d.objid
              WHERE d.classid = 'pg_catalog.pg_amproc'::pg_catalog.regclass
                AND d.refclassid = o.tableoid AND d.refobjid = o.oid
              ORDER BY m.amprocnum, 1)"""
"""The members of `o`, a row of pg_opclass or pg_opfamily, as the fields of `Member`."""


class Member(NamedTuple):
    """An operator or function, its number and the two types for which it stands there."""

    word: str
    number: int
    left: str
    right: str
    name: str
    sort_family: str

    @property
    def place(self) -> Sql:
        """What it is in its family, as DROP takes it."""
        types = printed(self.left), printed(self.right)
        return sql("{} {} ({}, {})", printed(self.word), number(self.number), *types)

    @property
    def line(self) -> Sql:
        """Its line in CREATE OPERATOR CLASS and ADD."""
        types = printed(self.left), printed(self.right)
        if self.word == "FUNCTION":
            return sql("{} {}", self.place, printed(self.name))
        order = sql(" FOR ORDER BY {}", printed(self.sort_family)) if self.sort_family else sql("")
        place = number(self.number), printed(self.name)
        return sql("OPERATOR {} {} ({}, {}){}", *place, *types, order)


def members(rows: Iterable[list[str]]) -> tuple[Member, ...]:
    """What the query of `MEMBERS` found."""
    return tuple(Member(row[0], int(row[1]), *row[2:]) for row in rows)


def lines(parts: Iterable[Sql]) -> Sql:
    """Members below each other."""
    return join(",", (sql("\n    {}", part) for part in parts))
