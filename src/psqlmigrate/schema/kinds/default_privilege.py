"""Privileges that objects made in the future get (manual, ALTER DEFAULT PRIVILEGES)."""

from dataclasses import dataclass
from typing import ClassVar, LiteralString, Self

from psqlmigrate.schema.dbobject import Alteration, DbObject, Resolve, Row, Statements
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.privileges import ITEMS, ME, OWNER, PUBLIC, Entry, Privileges, Words
from psqlmigrate.schema.sqltext import NOTHING, Sql, ident, printed, sql
from psqlmigrate.schema.statement import Hazard, Statement

_EVERYWHERE = "all schemas"

_BORN: dict[str, tuple[Entry, ...]] = {
    "FUNCTIONS": ((PUBLIC, "EXECUTE"),),
    "TYPES": ((PUBLIC, "USAGE"),),
}
"""What everybody may do with such objects anyway (manual, 5.8)."""

_QUERY: LiteralString = """
SELECT h.oid, coalesce(n.nspname::text, ''),
       CASE h.kind WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'FUNCTIONS'
                   WHEN 'T' THEN 'TYPES' WHEN 'n' THEN 'SCHEMAS'
                   WHEN 'L' THEN 'LARGE OBJECTS' END,
       CASE WHEN h.owner = @me THEN '' ELSE pg_catalog.pg_get_userbyid(h.owner)::text END,@items(SELECT e.*, '' AS attname FROM pg_catalog.aclexplode(h.acl) e) x),@items(SELECT e.*, '' AS attname
                  FROM pg_catalog.aclexplode(CASE WHEN h.schema = 0 THEN pg_catalog.acldefault(
                    CASE h.kind WHEN 'S' THEN 's' ELSE h.kind END, h.owner) END) e) x)
  FROM (SELECT oid, defaclobjtype, defaclrole, defaclnamespace, defaclacl
          FROM pg_catalog.pg_default_acl WHERE defaclobjtype IN ('r', 'S', 'f', 'T', 'n', 'L'))
       h (oid, kind, owner, schema, acl)
  LEFT JOIN pg_catalog.pg_namespace n ON n.oid = h.schema"""


@dataclass(frozen=True, slots=True)
class DefaultPrivilege(DbObject):
    """What objects of one class get when `role` makes them, in one schema or (empty) in all.

    The role is empty where that is who looks at it, and who will run the plan.
    """

    kind: ClassVar[str] = "default privilege"
    catalog: ClassVar[LiteralString] = "pg_default_acl"
    rare: ClassVar[LiteralString] = "pg_catalog.pg_default_acl WHERE oid >= 16384"
    # Last: what is made before says its privileges itself.
    rank: ClassVar[int] = 230
    concern: ClassVar[str] = "grants"

    schema: str
    objects: str
    role: str
    granted: tuple[Entry, ...]
    grantable: tuple[Entry, ...]
    revoked: tuple[Entry, ...]

    @classmethod
    def query(cls, version: int) -> LiteralString:
        return _QUERY.replace("@me", ME).replace("@items", ITEMS)

    @classmethod
    def from_row(cls, row: Row, resolve: Resolve) -> "DefaultPrivilege | None":
        schema, objects, role, now, born = row
        found = Privileges.read(now or (), born or ())
        lists = (found.granted, found.grantable, found.revoked)
        return cls(schema, objects, role, *lists) if found else None

    @property
    def id(self) -> ObjectId:
        of = f" of {self.role}" if self.role else ""
        return ObjectId(self.kind, (self.schema or _EVERYWHERE, self.objects.lower() + of))

    @property
    def schema_name(self) -> str | None:
        return self.schema or None

    @property
    def owners(self) -> tuple[ObjectId, ...]:
        return (ObjectId("schema", (self.schema,)),) if self.schema else ()

    @property
    def survives_alter(self) -> bool:
        return True

    @property
    def _privileges(self) -> Privileges:
        return Privileges(self.granted, self.grantable, self.revoked)

    def reaches(self, one: DbObject) -> bool:
        """Whether such an object gets these privileges when the role of the plan makes it."""
        of_class = one.acl is not None and one.acl.value[1] == self.objects
        return of_class and not self.role and self.schema in {"", one.schema_name}

    def added_to(self, before: Privileges) -> Privileges:
        """What an object gets, from what it gets where this is not."""
        born = {*_BORN.get(self.objects, ())} - {*before.revoked}
        own = {one for one in self.granted if one[0] == OWNER} - {*before.revoked}
        return before.joined(self._privileges, {*born, *own})

    def create(self, parts: tuple[DbObject, ...]) -> Statements:
        return self._statements(Privileges(), self._privileges)

    def drop(self) -> Statements:
        return self._statements(self._privileges, Privileges())

    def alter(self, new: Self) -> Alteration:
        return Alteration(self._statements(self._privileges, new._privileges))

    def _statements(self, before: Privileges, after: Privileges) -> Statements:
        role = sql("FOR ROLE {} ", ident(self.role)) if self.role else NOTHING
        schema = sql("IN SCHEMA {} ", ident(self.schema)) if self.schema else NOTHING
        start = sql("ALTER DEFAULT PRIVILEGES {}{}", role, schema)
        owner: Sql = ident(self.role) if self.role else sql("CURRENT_ROLE")
        texts = before.becoming(after, Words(start, printed(self.objects), owner))
        hazards = frozenset({Hazard.CHANGES_ACCESS})
        return tuple(Statement(text, self.id, hazards) for text in texts)
