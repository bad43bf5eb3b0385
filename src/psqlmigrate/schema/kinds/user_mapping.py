"""User mappings (manual, CREATE USER MAPPING); what may be a secret never leaves the database."""

from dataclasses import dataclass, field, replace
from typing import ClassVar, LiteralString, Self

from psqlmigrate.schema.dbobject import Alteration, DbObject, Resolve, Row, Statements
from psqlmigrate.schema.foreign import Options, options_change, options_clause, options_of
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.sqltext import Sql, ident, sql
from psqlmigrate.schema.statement import Hazard, Statement

_PUBLIC = "public"  # No role can have that name.
_HARMLESS = frozenset(
    {"user", "username", "password_required", "sslcert", "sslkey", "use_scram_passthrough"}
)


@dataclass(frozen=True, slots=True)
class UserMapping(DbObject):
    """A role's way into a server. Only options that are known to be harmless are looked at.

    Of the others the names are kept, not the values: they are not compared, not written into
    plans, and a mapping that has some is not made anew.
    """

    kind: ClassVar[str] = "user mapping"
    catalog: ClassVar[LiteralString] = "pg_user_mapping"
    rare: ClassVar[LiteralString] = "pg_catalog.pg_foreign_server WHERE oid >= 16384"
    rank: ClassVar[int] = 76

    server: str
    user: str
    options: Options
    secrets: tuple[str, ...] = field(compare=False, default=())

    @classmethod
    def query(cls, version: int) -> LiteralString:
        return """
SELECT m.umid, m.srvname::text, CASE WHEN m.umuser = 0 THEN 'public' ELSE m.usename::text END,
       m.umoptions
  FROM pg_catalog.pg_user_mappings m"""

    @classmethod
    def from_row(cls, row: Row, resolve: Resolve) -> "UserMapping":
        server, user, texts = row
        options = options_of(texts)
        harmless = tuple(one for one in options if one[0] in _HARMLESS)
        return cls(
            server, user, harmless, tuple(name for name, _ in options if name not in _HARMLESS)
        )

    @property
    def id(self) -> ObjectId:
        return ObjectId(self.kind, (self.server, self.user))

    @property
    def schema_name(self) -> None:
        return None

    @property
    def owners(self) -> tuple[ObjectId, ...]:
        return (ObjectId("server", (self.server,)),)

    @property
    def dropped_with(self) -> tuple[ObjectId, ...]:
        return ()

    @property
    def carries_data(self) -> bool:
        return bool(self.secrets)

    @property
    def sql_name(self) -> Sql:
        user = sql("PUBLIC") if self.user == _PUBLIC else ident(self.user)
        return sql("USER MAPPING FOR {} SERVER {}", user, ident(self.server))

    def restored(self, original: Self) -> Self:
        return replace(self, secrets=original.secrets)

    def create(self, parts: tuple[DbObject, ...]) -> Statements:
        text = sql("CREATE {}{}", self.sql_name, options_clause(self.options))
        made = Statement(text, self.id)
        return (made.without_password(),) if self.secrets else (made,)

    def drop(self) -> Statements:
        hazards = frozenset({Hazard.IRREVERSIBLE} if self.secrets else ())
        return (Statement(sql("DROP {}", self.sql_name), self.id, hazards),)

    def alter(self, new: Self) -> Alteration:
        change = options_change(self.options, new.options)
        return Alteration((Statement(sql("ALTER {} {}", self.sql_name, change), self.id),))

    def summary(self) -> str:
        return f"user mapping for {self.user}"
