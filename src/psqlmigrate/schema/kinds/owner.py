"""Who owns an object (manual, ALTER … OWNER TO)."""

from dataclasses import dataclass, field
from typing import ClassVar, LiteralString, Self

from psqlmigrate.schema.dbobject import Alteration, DbObject, Resolve, Row, Statements
from psqlmigrate.schema.identity import Address, ObjectId
from psqlmigrate.schema.privileges import ME
from psqlmigrate.schema.sqltext import NOTHING, Sql, ident, sql
from psqlmigrate.schema.statement import Hazard, Statement

_GIVEN_AWAY = 15
_PUBLIC: LiteralString = """
(SELECT p.oid FROM pg_catalog.pg_namespace p
  WHERE p.nspname = 'public' AND o.classid = 'pg_catalog.pg_namespace'::pg_catalog.regclass)"""
_QUERY: LiteralString = """
SELECT o.oid, o.classid::pg_catalog.oid::int8, o.classid::text, o.oid,
       CASE WHEN o.owner = @me THEN '' ELSE pg_catalog.pg_get_userbyid(o.owner)::text END,
       (SELECT ARRAY[n.nspname::text, t.relname::text]
          FROM pg_catalog.pg_depend d
          JOIN pg_catalog.pg_class t ON t.oid = d.refobjid
          JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
         WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.deptype = 'a'
           AND d.refclassid = d.classid AND d.classid = o.classid AND d.objid = o.oid
           AND o.oid IN (SELECT s.seqrelid FROM pg_catalog.pg_sequence s)),
       @born
  FROM (
    SELECT 'pg_catalog.pg_class'::pg_catalog.regclass, c.oid, c.relowner FROM pg_catalog.pg_class c
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
       AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE c.relkind = 'S'
                          AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                          AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
                          AND d.objid = c.oid AND d.deptype = 'i')
    UNION ALL SELECT 'pg_catalog.pg_proc'::pg_catalog.regclass, oid, proowner
      FROM pg_catalog.pg_proc
    UNION ALL SELECT 'pg_catalog.pg_namespace'::pg_catalog.regclass, oid, nspowner
      FROM pg_catalog.pg_namespace n
     WHERE NOT (nspname = 'public' AND pg_catalog.pg_get_userbyid(nspowner) = @born)
    UNION ALL SELECT 'pg_catalog.pg_type'::pg_catalog.regclass, oid, typowner
      FROM pg_catalog.pg_type
    UNION ALL SELECT 'pg_catalog.pg_language'::pg_catalog.regclass, oid, lanowner
      FROM pg_catalog.pg_language
    UNION ALL SELECT 'pg_catalog.pg_foreign_data_wrapper'::pg_catalog.regclass, oid, fdwowner
      FROM pg_catalog.pg_foreign_data_wrapper
    UNION ALL SELECT 'pg_catalog.pg_foreign_server'::pg_catalog.regclass, oid, srvowner
      FROM pg_catalog.pg_foreign_server
    UNION ALL SELECT 'pg_catalog.pg_operator'::pg_catalog.regclass, oid, oprowner
      FROM pg_catalog.pg_operator
    UNION ALL SELECT 'pg_catalog.pg_opclass'::pg_catalog.regclass, oid, opcowner
      FROM pg_catalog.pg_opclass
    UNION ALL SELECT 'pg_catalog.pg_opfamily'::pg_catalog.regclass, oid, opfowner
      FROM pg_catalog.pg_opfamily
    UNION ALL SELECT 'pg_catalog.pg_collation'::pg_catalog.regclass, oid, collowner
      FROM pg_catalog.pg_collation
    UNION ALL SELECT 'pg_catalog.pg_conversion'::pg_catalog.regclass, oid, conowner
      FROM pg_catalog.pg_conversion
    UNION ALL SELECT 'pg_catalog.pg_ts_config'::pg_catalog.regclass, oid, cfgowner
      FROM pg_catalog.pg_ts_config
    UNION ALL SELECT 'pg_catalog.pg_ts_dict'::pg_catalog.regclass, oid, dictowner
      FROM pg_catalog.pg_ts_dict
    UNION ALL SELECT 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass, oid, stxowner
      FROM pg_catalog.pg_statistic_ext
    UNION ALL SELECT 'pg_catalog.pg_event_trigger'::pg_catalog.regclass, oid, evtowner
      FROM pg_catalog.pg_event_trigger
    UNION ALL SELECT 'pg_catalog.pg_publication'::pg_catalog.regclass, oid, pubowner
      FROM pg_catalog.pg_publication
  ) o (classid, oid, owner)
 WHERE (o.owner <> @me OR o.oid = @public)
   AND (o.oid >= 16384 OR o.classid = 'pg_catalog.pg_namespace'::pg_catalog.regclass)"""


@dataclass(frozen=True, slots=True)
class Owner(DbObject):
    """The owner of an object of any kind, where that is another than who looks at it.

    The schema public is born with another one: who looks at it is its owner by the name ''.

    A sequence that belongs to a column (`table` is that column's) gets another owner with its
    table; an index has none of its own.
    """

    kind: ClassVar[str] = "owner"
    catalog: ClassVar[LiteralString] = "pg_shdepend"
    # Before privileges: a new owner takes over what the former one granted.
    rank: ClassVar[int] = 210
    has_subid: ClassVar[bool] = True
    concern: ClassVar[str] = "owners"

    target: ObjectId
    role: str
    target_name: Sql = field(compare=False, default=NOTHING)
    table: tuple[str, ...] = field(compare=False, default=())
    born: str = field(compare=False, default="")
    """The owner of a schema public that nobody gave away."""

    @classmethod
    def query(cls, version: int) -> LiteralString:
        # initdb gives the schema public to pg_database_owner, before 15 to the first superuser.
        given = version >= _GIVEN_AWAY
        born: LiteralString = (
            "'pg_database_owner'" if given else "pg_catalog.pg_get_userbyid(10)::text"
        )
        return _QUERY.replace("@born", born).replace("@public", _PUBLIC).replace("@me", ME)

    @classmethod
    def from_row(cls, row: Row, resolve: Resolve) -> "Owner | None":
        catalog, oid, role, table, born = row
        one = resolve(Address(catalog, oid))
        return cls(one.id, role, one.sql_name, tuple(table or ()), born) if one else None

    def shared_with(self, sequence: DbObject) -> "Owner":
        """The same owner of a sequence that belongs to a column of the table."""
        return Owner(sequence.id, self.role, sequence.sql_name, self.target.path)

    @property
    def id(self) -> ObjectId:
        return ObjectId(self.kind, (self.target.kind, *self.target.path))

    @property
    def owners(self) -> tuple[ObjectId, ...]:
        return (self.target,)

    @property
    def comes_with(self) -> tuple[tuple[ObjectId, ObjectId], ...]:
        link = ObjectId("sequence owner", self.target.path)
        return ((link, ObjectId(self.kind, ("table", *self.table))),) if self.table else ()

    @property
    def goes_with(self) -> tuple[tuple[ObjectId, ObjectId], ...]:
        return self.comes_with

    @property
    def survives_alter(self) -> bool:
        return True

    def create(self, parts: tuple[DbObject, ...]) -> Statements:
        return (self._statement(_role(self.role)),)

    def drop(self) -> Statements:
        given_at_birth = self.target == ObjectId("schema", ("public",))
        return (self._statement(_role(self.born if given_at_birth else "")),)

    def alter(self, new: Self) -> Alteration:
        return Alteration(new.create(()))

    def _statement(self, role: Sql) -> Statement:
        text = sql("ALTER {} OWNER TO {}", self.target_name, role)
        return Statement(text, self.id, frozenset({Hazard.CHANGES_ACCESS}))

    def summary(self) -> str:
        return f"{self.kind} {self.role or 'CURRENT_ROLE'}"


def _role(name: str) -> Sql:
    return ident(name) if name else sql("CURRENT_ROLE")
