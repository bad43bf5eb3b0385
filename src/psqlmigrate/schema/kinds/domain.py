"""Domains (manual, CREATE DOMAIN) with their constraints."""

from dataclasses import dataclass, field
from typing import ClassVar, LiteralString, Self

from psqlmigrate.schema.dbobject import Alteration, DbObject, Naming, Resolve, Row, Statements
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.privileges import Acl
from psqlmigrate.schema.sqltext import NOTHING, Sql, away, ident, printed, sql
from psqlmigrate.schema.statement import CHECKED, Hazard, Statement

_NAMED_NOT_NULL = 17

_QUERY: LiteralString = """
WITH RECURSIVE stored AS MATERIALIZED (
    SELECT a.atttypid, c.relkind, c.reltype
      FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
     WHERE a.attnum > 0 AND a.atttypid >= 16384 AND c.relkind IN ('r', 'p', 'm', 'c', 'f')
), above (inner_type, outer_type, contains) AS MATERIALIZED (
    SELECT atttypid, reltype, true FROM stored
    UNION SELECT oid, typarray, true FROM pg_catalog.pg_type WHERE typarray >= 16384
    UNION SELECT typbasetype, oid, false FROM pg_catalog.pg_type WHERE typbasetype >= 16384
    UNION SELECT rngsubtype, rngtypid, true FROM pg_catalog.pg_range WHERE rngsubtype >= 16384
    UNION SELECT rngtypid, rngmultitypid, true FROM pg_catalog.pg_range WHERE rngtypid >= 16384
), inside (type, outer_type, contained) AS (
    SELECT oid, oid, false FROM pg_catalog.pg_type WHERE typtype = 'd' AND oid >= 16384
    UNION SELECT i.type, a.outer_type, i.contained OR a.contains
      FROM inside i JOIN above a ON a.inner_type = i.outer_type
)
SELECT t.oid, n.nspname::text, t.typname::text, pg_catalog.format_type(t.typbasetype, t.typtypmod),
       CASE WHEN t.typcollation <> b.typcollation THEN
           (SELECT pg_catalog.quote_ident(cn.nspname) || '.' || pg_catalog.quote_ident(co.collname)
              FROM pg_catalog.pg_collation co
              JOIN pg_catalog.pg_namespace cn ON cn.oid = co.collnamespace
             WHERE co.oid = t.typcollation) ELSE '' END,
       t.typnotnull, pg_catalog.pg_get_expr(t.typdefaultbin, 0),
       (SELECT pg_catalog.array_agg(ARRAY[k.conname::text, pg_catalog.pg_get_constraintdef(k.oid)]
                                    ORDER BY k.conname)
          FROM pg_catalog.pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c'),
       @not_null_name,
       EXISTS (SELECT FROM inside i JOIN stored s ON s.atttypid = i.outer_type
                WHERE i.type = t.oid AND i.contained AND s.relkind IN ('r', 'p', 'm'))
  FROM pg_catalog.pg_type t
  JOIN pg_catalog.pg_type b ON b.oid = t.typbasetype
  JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
 WHERE t.typtype = 'd' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"""

_NOT_NULL_NAME: LiteralString = """
       coalesce((SELECT k.conname::text FROM pg_catalog.pg_constraint k
                  WHERE k.contypid = t.oid AND k.contype = 'n'
                    AND k.conname <> t.typname || '_not_null'), '')"""


@dataclass(frozen=True, slots=True)
class Domain(DbObject):
    """A domain; `constraints` are pairs of name and definition."""

    kind: ClassVar[str] = "domain"
    catalog: ClassVar[LiteralString] = "pg_type"
    rank: ClassVar[int] = 50
    rare: ClassVar[LiteralString] = "pg_catalog.pg_type WHERE typtype = 'd' AND oid >= 16384"
    acl: ClassVar[Acl | None] = Acl.TYPE
    naming: ClassVar[Naming] = Naming.PUBLIC

    schema: str
    name: str
    type: str
    collation: str
    not_null: bool
    default: str | None
    constraints: tuple[tuple[str, str], ...]
    not_null_name: str = ""
    """The name of the not-null constraint where it is not the one that PostgreSQL chooses."""
    contained: bool = field(compare=False, default=False)
    """Whether columns have it inside of other types: their values PostgreSQL does not check."""

    @classmethod
    def query(cls, version: int) -> LiteralString:
        name = _NOT_NULL_NAME if version >= _NAMED_NOT_NULL else "''"
        return _QUERY.replace("@not_null_name", name)

    @classmethod
    def from_row(cls, row: Row, resolve: Resolve) -> "Domain":
        *plain, constraints, not_null_name, contained = row
        pairs = tuple((name, text) for name, text in constraints or ())
        values: Row = (*plain, pairs, not_null_name, contained)
        return cls(*values)

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
        return sql("DOMAIN {}", ident(self.schema, self.name))

    def create(self, parts: tuple[DbObject, ...]) -> Statements:
        text = sql(
            "CREATE {} AS {}{}{}{}",
            self.sql_name,
            printed(self.type),
            sql(" COLLATE {}", printed(self.collation)) if self.collation else NOTHING,
            sql(" DEFAULT {}", printed(self.default)) if self.default is not None else NOTHING,
            # Another of that name may be there still, under which PostgreSQL would find none.
            sql(" CONSTRAINT {} NOT NULL", self._not_null_constraint) if self.not_null else NOTHING,
        )
        valid = [one for one in self.constraints if not one[1].endswith("NOT VALID")]
        late = [one for one in self.constraints if one not in valid]
        for name, definition in valid:
            text = sql("{}\n    CONSTRAINT {} {}", text, ident(name), printed(definition))
        return (Statement(text, self.id), *(self._add(one) for one in late))

    def _add(self, constraint: tuple[str, str]) -> Statement:
        name, definition = constraint
        text = sql("ADD CONSTRAINT {} {}", ident(name), printed(definition))
        calm = definition.endswith("NOT VALID")
        return self._change(text, frozenset() if calm else CHECKED)

    def _change(self, change: Sql, hazards: frozenset[Hazard] = frozenset()) -> Statement:
        return Statement(sql("ALTER {} {}", self.sql_name, change), self.id, hazards)

    def drop(self) -> Statements:
        return (Statement(sql("DROP {}", self.sql_name), self.id),)

    def swap_out(self) -> tuple[Statements, Statements]:
        gone = away(self.name)
        drop = sql("DROP DOMAIN {}", ident(self.schema, gone))
        return (self._change(sql("RENAME TO {}", ident(gone))),), (Statement(drop, self.id),)

    def alter(self, new: Self) -> Alteration | None:
        if (self.type, self.collation) != (new.type, new.collation):
            return None
        if self.contained and self._is_checked(new):
            return None
        statements = [
            self._change(sql("DROP CONSTRAINT {}", ident(name)))
            for name, definition in self.constraints
            if (name, definition) not in new.constraints
        ]
        statements.extend(self._add(one) for one in new.constraints if one not in self.constraints)
        if self.default != new.default:
            default = sql("SET DEFAULT {}", printed(new.default or "NULL"))
            statements.append(self._change(default if new.default else sql("DROP DEFAULT")))
        return Alteration((*statements, *self._nullability(new)))

    def _is_checked(self, new: "Domain") -> bool:
        """Whether PostgreSQL looks at all values that there are."""
        come = (text for name, text in new.constraints if (name, text) not in self.constraints)
        return (new.not_null and not self.not_null) or any(
            not text.endswith("NOT VALID") for text in come
        )

    def _nullability(self, new: "Domain") -> Statements:
        if not new.not_null:
            return (self._change(sql("DROP NOT NULL")),) if self.not_null else ()
        if not self.not_null:
            named = sql("ADD {}", new._not_null_clause())
            word = named if new.not_null_name else sql("SET NOT NULL")
            return (self._change(word, CHECKED),)
        old, name = self._not_null_constraint, new._not_null_constraint
        if old == name:
            return ()
        return (self._change(sql("RENAME CONSTRAINT {} TO {}", old, name)),)

    def _not_null_clause(self) -> Sql:
        named = sql("CONSTRAINT {} ", ident(self.not_null_name)) if self.not_null_name else NOTHING
        return sql("{}NOT NULL", named)

    @property
    def _not_null_constraint(self) -> Sql:
        return ident(self.not_null_name or f"{self.name}_not_null")
