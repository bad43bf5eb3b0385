"""Operators (manual, CREATE OPERATOR)."""

from dataclasses import dataclass, field
from typing import ClassVar, LiteralString, Self

from psqlmigrate.schema.dbobject import Alteration, DbObject, Resolve, Row, Statements
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.sqltext import NOTHING, Sql, ident, join, printed, sql
from psqlmigrate.schema.statement import Statement

_LINKED_LATER_SINCE = 17


@dataclass(frozen=True, slots=True)
class Operator(DbObject):
    """An operator, named by the types of its operands; a prefix operator has no left one.

    `commutator` and `negator` are (schema, name, left type, right type), or empty. An operator
    without a function is a shell: it comes with the first one that names it.
    """

    kind: ClassVar[str] = "operator"
    catalog: ClassVar[LiteralString] = "pg_operator"
    rare: ClassVar[LiteralString] = "pg_catalog.pg_operator WHERE oid >= 16384"
    rank: ClassVar[int] = 71

    schema: str
    name: str
    left: str
    right: str
    function: str
    commutator: tuple[str, ...]
    negator: tuple[str, ...]
    restriction: str
    joining: str
    hashes: bool
    merges: bool
    server: int = field(compare=False, default=0)

    @classmethod
    def query(cls, version: int) -> LiteralString:
        # One without a function is a shell: another one names it, and it need never be made.
        return """
SELECT o.oid, n.nspname::text, o.oprname::text,
       coalesce(pg_catalog.format_type(nullif(o.oprleft, 0), NULL), ''),
       pg_catalog.format_type(o.oprright, NULL), coalesce(nullif(o.oprcode::text, '-'), ''),
       (SELECT ARRAY[cn.nspname, c.oprname,
                     coalesce(pg_catalog.format_type(nullif(c.oprleft, 0), NULL), ''),
                     pg_catalog.format_type(c.oprright, NULL)]::text[]
          FROM pg_catalog.pg_operator c JOIN pg_catalog.pg_namespace cn ON cn.oid = c.oprnamespace
         WHERE c.oid = o.oprcom),
       (SELECT ARRAY[cn.nspname, c.oprname,
                     coalesce(pg_catalog.format_type(nullif(c.oprleft, 0), NULL), ''),
                     pg_catalog.format_type(c.oprright, NULL)]::text[]
          FROM pg_catalog.pg_operator c JOIN pg_catalog.pg_namespace cn ON cn.oid = c.oprnamespace
         WHERE c.oid = o.oprnegate),
       coalesce(nullif(o.oprrest::text, '-'), ''), coalesce(nullif(o.oprjoin::text, '-'), ''),
       o.oprcanhash, o.oprcanmerge,
       pg_catalog.current_setting('server_version_num')::int / 10000
  FROM pg_catalog.pg_operator o
  JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace
 WHERE (o.oprcode <> 0 OR EXISTS (SELECT FROM pg_catalog.pg_operator x
                                    WHERE x.oprcode <> 0 AND o.oid IN (x.oprcom, x.oprnegate)))
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"""

    @classmethod
    def from_row(cls, row: Row, resolve: Resolve) -> "Operator":
        values: Row = (*row[:5], tuple(row[5] or ()), tuple(row[6] or ()), *row[7:])
        return cls(*values)

    @property
    def id(self) -> ObjectId:
        return _id((self.schema, self.name, self.left, self.right))

    @property
    def requires(self) -> tuple[ObjectId, ...]:
        # An operator that is named before it is there becomes a shell, which needs its schema.
        return tuple(ObjectId("schema", one[:1]) for one in self._linked)

    @property
    def _linked(self) -> tuple[tuple[str, ...], ...]:
        return tuple(one for one in (self.commutator, self.negator) if one)

    @property
    def rivals(self) -> tuple[ObjectId, ...]:
        # Only CREATE OPERATOR names what is not there, and who names a dropped one forgets it.
        return () if self.function else tuple(_id(one) for one in self._linked)

    @property
    def sql_name(self) -> Sql:
        operands = printed(self.left or "NONE"), printed(self.right)
        return sql("OPERATOR {}.{} ({}, {})", ident(self.schema), printed(self.name), *operands)

    def create(self, parts: tuple[DbObject, ...]) -> Statements:
        if not self.function:
            return ()
        options = [sql("FUNCTION = {}", printed(self.function))]
        if self.left:
            options.append(sql("LEFTARG = {}", printed(self.left)))
        options.append(sql("RIGHTARG = {}", printed(self.right)))
        options.extend(self._links(self.commutator, self.negator))
        options.extend(self._flags(hashes=self.hashes, merges=self.merges))
        if self.restriction:
            options.append(sql("RESTRICT = {}", printed(self.restriction)))
        if self.joining:
            options.append(sql("JOIN = {}", printed(self.joining)))
        lines = join(",", (sql("\n    {}", option) for option in options))
        name = sql("{}.{}", ident(self.schema), printed(self.name))
        return (Statement(sql("CREATE OPERATOR {} ({}\n)", name, lines), self.id),)

    def drop(self) -> Statements:
        return (Statement(sql("DROP {}", self.sql_name), self.id),)

    def alter(self, new: Self) -> Alteration | None:
        if not self.function:
            return Alteration(new.create(()))
        links = [
            (old, after)
            for old, after in ((self.commutator, new.commutator), (self.negator, new.negator))
            if old != after
        ]
        flags = [
            (old, after)
            for old, after in ((self.hashes, new.hashes), (self.merges, new.merges))
            if old != after
        ]
        if self.function != new.function or any(old for old, _ in (*links, *flags)):
            return None
        if (links or flags) and min(self.server, new.server) < _LINKED_LATER_SINCE:
            return None
        return Alteration(self._set(new), after=tuple(_id(after) for _, after in links))

    def _set(self, new: "Operator") -> Statements:
        commutator = new.commutator if self.commutator != new.commutator else ()
        negator = new.negator if self.negator != new.negator else ()
        options = self._links(commutator, negator)
        hashes, merges = new.hashes and not self.hashes, new.merges and not self.merges
        options.extend(self._flags(hashes=hashes, merges=merges))
        if self.restriction != new.restriction:
            options.append(sql("RESTRICT = {}", printed(new.restriction or "NONE")))
        if self.joining != new.joining:
            options.append(sql("JOIN = {}", printed(new.joining or "NONE")))
        text = sql("ALTER {} SET ({})", self.sql_name, join(", ", options))
        return (Statement(text, self.id),)

    def _links(self, commutator: tuple[str, ...], negator: tuple[str, ...]) -> list[Sql]:
        options: list[Sql] = []
        if commutator:
            options.append(sql("COMMUTATOR = {}", _qualified(commutator)))
        if negator:
            options.append(sql("NEGATOR = {}", _qualified(negator)))
        return options

    def _flags(self, *, hashes: bool, merges: bool) -> list[Sql]:
        words = (sql("HASHES") if hashes else NOTHING, sql("MERGES") if merges else NOTHING)
        return [word for word in words if word]

    def summary(self) -> str:
        return f"operator ({self.function})"


def _id(named: tuple[str, ...]) -> ObjectId:
    schema, name, left, right = named
    return ObjectId("operator", (schema, name, f"({left or 'NONE'}, {right})"))


def _qualified(named: tuple[str, ...]) -> Sql:
    return sql("OPERATOR({}.{})", ident(named[0]), printed(named[1]))
