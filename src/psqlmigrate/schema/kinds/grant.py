"""Privileges on objects (manual, GRANT and 5.8)."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import ClassVar, LiteralString, Self

from psqlmigrate.schema.dbobject import Alteration, DbObject, Resolve, Row, Statements
from psqlmigrate.schema.identity import Address, ObjectId
from psqlmigrate.schema.privileges import ITEMS, ME, Entry, Privileges, Words
from psqlmigrate.schema.sqltext import NOTHING, Sql, ident, printed, sql
from psqlmigrate.schema.statement import CHANGED_ACCESS, Hazard, Statement

_CLOSED = 15
"""Since then not everybody may make things in the schema public."""

# initdb makes information_schema after it has noted pg_init_privs.
_QUERY: LiteralString = """
WITH closed AS (
    SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = 'information_schema'
), own (classid, oid, kind, owner, acl) AS (
    SELECT 'pg_catalog.pg_class'::pg_catalog.regclass, oid,
           CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", relowner, relacl
      FROM pg_catalog.pg_class c WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
       AND relnamespace NOT IN (SELECT oid FROM closed)
       AND (relacl IS NOT NULL OR oid IN (SELECT attrelid FROM pg_catalog.pg_attribute
                                           WHERE attacl IS NOT NULL AND NOT attisdropped))
    UNION ALL SELECT 'pg_catalog.pg_proc'::pg_catalog.regclass, oid, 'f', proowner, proacl
      FROM pg_catalog.pg_proc WHERE proacl IS NOT NULL
       AND pronamespace NOT IN (SELECT oid FROM closed)
    UNION ALL SELECT 'pg_catalog.pg_namespace'::pg_catalog.regclass, oid, 'n', nspowner, nspacl
      FROM pg_catalog.pg_namespace
     WHERE (nspacl IS NOT NULL OR nspname = 'public') AND nspname <> 'information_schema'
    UNION ALL SELECT 'pg_catalog.pg_type'::pg_catalog.regclass, oid, 'T', typowner, typacl
      FROM pg_catalog.pg_type WHERE typacl IS NOT NULL
       AND typnamespace NOT IN (SELECT oid FROM closed)
    UNION ALL SELECT 'pg_catalog.pg_language'::pg_catalog.regclass, oid, 'l', lanowner, lanacl
      FROM pg_catalog.pg_language WHERE lanacl IS NOT NULL
    UNION ALL SELECT 'pg_catalog.pg_foreign_data_wrapper'::pg_catalog.regclass, oid, 'F', fdwowner,
           fdwacl FROM pg_catalog.pg_foreign_data_wrapper WHERE fdwacl IS NOT NULL
    UNION ALL SELECT 'pg_catalog.pg_foreign_server'::pg_catalog.regclass, oid, 'S', srvowner, srvacl
      FROM pg_catalog.pg_foreign_server WHERE srvacl IS NOT NULL
), h (classid, oid, kind, owner, acl, born) AS (
    SELECT o.classid, o.oid, o.kind, o.owner,
           coalesce(o.acl, pg_catalog.acldefault(o.kind, o.owner)),
           CASE WHEN o.kind = 'n' AND o.oid = (SELECT n.oid FROM pg_catalog.pg_namespace n
                                                WHERE n.nspname = 'public')
                THEN pg_catalog.acldefault('n', o.owner)
                     || (SELECT pg_catalog.array_agg(pg_catalog.makeaclitem(0, o.owner, p, false))
                           FROM pg_catalog.unnest(ARRAY[@public]) p)
                ELSE coalesce(i.initprivs, pg_catalog.acldefault(o.kind, o.owner)) END
      FROM own o LEFT JOIN pg_catalog.pg_init_privs i
        ON i.objoid = o.oid AND i.classoid = o.classid AND i.objsubid = 0
     WHERE o.oid >= 16384 OR o.acl IS DISTINCT FROM i.initprivs
        OR EXISTS (SELECT FROM pg_catalog.pg_attribute a
                    WHERE a.attrelid = o.oid AND o.kind = 'r' AND a.attacl IS NOT NULL)
)
SELECT h.oid, h.classid::pg_catalog.oid::int8, h.classid::text, h.oid,
       CASE WHEN h.owner = @me THEN '' ELSE pg_catalog.pg_get_userbyid(h.owner)::text END,@items
               (SELECT e.grantor, e.grantee, e.privilege_type, e.is_grantable, '' AS attname
                  FROM pg_catalog.aclexplode(h.acl) e
                 UNION ALL
                SELECT e.grantor, e.grantee, e.privilege_type, e.is_grantable, a.attname::text
                  FROM pg_catalog.pg_attribute a, pg_catalog.aclexplode(a.attacl) e
                 WHERE h.kind = 'r' AND a.attrelid = h.oid AND NOT a.attisdropped) x),@items
               (SELECT e.grantor, CASE e.grantee WHEN e.grantor THEN h.owner ELSE e.grantee END,
                       e.privilege_type, e.is_grantable, ''
                  FROM pg_catalog.aclexplode(h.born) e
                 UNION ALL
                SELECT e.grantor, e.grantee, e.privilege_type, e.is_grantable, a.attname::text
                  FROM pg_catalog.pg_attribute a
                  JOIN pg_catalog.pg_init_privs i
                    ON i.classoid = h.classid AND i.objoid = h.oid AND i.objsubid = a.attnum,
                       pg_catalog.aclexplode(i.initprivs) e
                 WHERE h.kind = 'r' AND a.attrelid = h.oid)
               x (grantor, grantee, privilege_type, is_grantable, attname)),
       CASE WHEN x.refobjid IS NOT NULL OR h.oid < 16384 THEN CASE h.kind
         WHEN 'r' THEN 'TABLE' WHEN 's' THEN 'SEQUENCE' WHEN 'f' THEN 'ROUTINE'
         WHEN 'n' THEN 'SCHEMA' WHEN 'T' THEN 'TYPE' WHEN 'l' THEN 'LANGUAGE'
         WHEN 'F' THEN 'FOREIGN DATA WRAPPER' WHEN 'S' THEN 'FOREIGN SERVER' END END,
       (SELECT i.identity FROM pg_catalog.pg_identify_object(h.classid, h.oid, 0) i),
       x.refobjid
  FROM h LEFT JOIN pg_catalog.pg_depend x
    ON x.classid = h.classid AND x.objid = h.oid AND x.objsubid = 0 AND x.deptype = 'e'"""


@dataclass(frozen=True, slots=True)
class Grant(DbObject):
    """The privileges on one object and its columns, where they are not those it is born with.

    Revoking from a table revokes from its columns: so they are one object. `part` is a member of
    the extension `target`; without a modelled target it is PostgreSQL's own.
    """

    kind: ClassVar[str] = "grant"
    catalog: ClassVar[LiteralString] = "pg_init_privs"
    rank: ClassVar[int] = 220
    has_subid: ClassVar[bool] = True
    concern: ClassVar[str] = "grants"

    target: ObjectId
    part: tuple[str, ...]
    granted: tuple[Entry, ...]
    grantable: tuple[Entry, ...]
    revoked: tuple[Entry, ...]
    name: Sql = field(compare=False, default=NOTHING)
    owner: str = field(compare=False, default="")
    """Who owns the object; empty where that is who looks at it."""
    others: tuple[tuple[str, Entry], ...] = field(compare=False, default=())
    """What another than the owner has granted, with who did."""

    @classmethod
    def query(cls, version: int) -> LiteralString:
        # What initdb and CREATE EXTENSION gave is in pg_init_privs; of the schema public, which
        # can have been made anew, it is said here (USAGE, before 15 also CREATE, for PUBLIC).
        public: LiteralString = "'USAGE'" if version >= _CLOSED else "'USAGE', 'CREATE'"
        return _QUERY.replace("@me", ME).replace("@items", ITEMS).replace("@public", public)

    @classmethod
    def from_row(cls, row: Row, resolve: Resolve) -> "Grant | None":
        catalog, oid, owner, now, born, word, identity, extension = row
        found = Privileges.read(now or (), born or ())
        if not found:
            return None
        lists = (found.granted, found.grantable, found.revoked)
        others = tuple(
            (one[4], tuple(one[:3] if one[2] else one[:2])) for one in now or () if one[4]
        )
        one = resolve(Address(catalog, oid))
        if one is not None:
            grant = cls.on(one, found)
            return grant and replace(grant, owner=owner, others=others)
        if word is None:
            return None
        member = (word.lower(), identity)
        name = sql("{} {}", printed(word), printed(identity))
        whose = resolve(Address("pg_extension", extension)) if extension else None
        if whose is not None:
            return cls(whose.id, member, *lists, name, owner, others)
        return cls(ObjectId("system", member), (), *lists, name, owner, others)

    @classmethod
    def on(cls, one: DbObject, privileges: Privileges) -> "Grant | None":
        """The privileges on an object that has them from its birth on."""
        if one.acl is None or not privileges:
            return None
        lists = (privileges.granted, privileges.grantable, privileges.revoked)
        return cls(one.id, (), *lists, one.acl.named(one.granted_name))

    @property
    def id(self) -> ObjectId:
        return ObjectId(self.kind, (self.target.kind, *self.target.path, *self.part))

    @property
    def schema_name(self) -> str | None:
        return None

    @property
    def owners(self) -> tuple[ObjectId, ...]:
        return () if self.target.kind == "system" else (self.target,)

    @property
    def requires(self) -> tuple[ObjectId, ...]:
        columns = self._privileges.columns
        return tuple(ObjectId("column", (*self.target.path, column)) for column in columns)

    @property
    def survives_alter(self) -> bool:
        return True

    @property
    def _privileges(self) -> Privileges:
        return Privileges(self.granted, self.grantable, self.revoked)

    def create(self, parts: tuple[DbObject, ...]) -> Statements:
        return self._statements(Privileges(), self._privileges, ())

    def drop(self) -> Statements:
        return self._statements(self._privileges, Privileges(), self.others)

    def alter(self, new: Self) -> Alteration | None:
        # What was granted to the new owner becomes its own: it is taken away before.
        if self.owner != new.owner:
            return None
        return Alteration(new._statements(self._privileges, new._privileges, self.others))

    def without(self, gone: Collection[ObjectId]) -> "Self | None":
        columns = {oid.path[-1] for oid in gone}
        left = self._privileges.without_columns(columns)
        if not left:
            return None
        return replace(self, granted=left.granted, grantable=left.grantable, revoked=left.revoked)

    def _statements(
        self, before: Privileges, after: Privileges, others: Collection[tuple[str, Entry]]
    ) -> Statements:
        owner = ident(self.owner) if self.owner else sql("CURRENT_ROLE")
        texts = before.becoming(after, Words(NOTHING, self.name, owner), others)
        taken = CHANGED_ACCESS if before else frozenset({Hazard.CHANGES_ACCESS})
        given = frozenset({Hazard.CHANGES_ACCESS})
        return tuple(
            Statement(text, self.id, taken if text.startswith("REVOKE") else given)
            for text in texts
        )

    def summary(self) -> str:
        who = sorted({one[0] or "its owner" for one in (*self.granted, *self.revoked)})
        return f"{self.kind}, {', '.join(who)}"
