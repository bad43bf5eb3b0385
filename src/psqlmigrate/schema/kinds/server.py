"""Foreign servers (manual, CREATE SERVER)."""

from dataclasses import dataclass
from typing import ClassVar, LiteralString, Self

from psqlmigrate.schema.dbobject import Alteration, DbObject, Naming, Resolve, Row, Statements
from psqlmigrate.schema.foreign import Options, options_change, options_clause, options_of
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.privileges import Acl
from psqlmigrate.schema.sqltext import NOTHING, Sql, ident, join, literal, sql
from psqlmigrate.schema.statement import Statement


@dataclass(frozen=True, slots=True)
class Server(DbObject):
    """A foreign server. Every role can read its options: they are no secrets."""

    kind: ClassVar[str] = "server"
    catalog: ClassVar[LiteralString] = "pg_foreign_server"
    rare: ClassVar[LiteralString] = "pg_catalog.pg_foreign_server WHERE oid >= 16384"
    rank: ClassVar[int] = 74
    acl: ClassVar[Acl | None] = Acl.FOREIGN_SERVER
    naming: ClassVar[Naming] = Naming.QUIET

    name: str
    wrapper: str
    type: str | None
    version: str | None
    options: Options

    @classmethod
    def query(cls, version: int) -> LiteralString:
        return """
SELECT s.oid, s.srvname::text, w.fdwname::text, s.srvtype, s.srvversion, s.srvoptions
  FROM pg_catalog.pg_foreign_server s
  JOIN pg_catalog.pg_foreign_data_wrapper w ON w.oid = s.srvfdw"""

    @classmethod
    def from_row(cls, row: Row, resolve: Resolve) -> "Server":
        *plain, options = row
        values: Row = (*plain, options_of(options))
        return cls(*values)

    @property
    def id(self) -> ObjectId:
        return ObjectId(self.kind, (self.name,))

    @property
    def schema_name(self) -> None:
        return None

    @property
    def sql_name(self) -> Sql:
        return sql("SERVER {}", ident(self.name))

    def create(self, parts: tuple[DbObject, ...]) -> Statements:
        text = sql(
            "CREATE {}{}{} FOREIGN DATA WRAPPER {}{}",
            self.sql_name,
            sql(" TYPE {}", literal(self.type)) if self.type is not None else NOTHING,
            sql(" VERSION {}", literal(self.version)) if self.version is not None else NOTHING,
            ident(self.wrapper),
            options_clause(self.options),
        )
        return (Statement(text, self.id),)

    def drop(self) -> Statements:
        return (Statement(sql("DROP {}", self.sql_name), self.id),)

    def alter(self, new: Self) -> Alteration | None:
        if (self.wrapper, self.type) != (new.wrapper, new.type):
            return None
        changes: list[Sql] = []
        if self.version != new.version:
            if new.version is None:
                return None
            changes.append(sql("VERSION {}", literal(new.version)))
        changes.extend(filter(None, (options_change(self.options, new.options),)))
        return Alteration(
            (Statement(sql("ALTER {} {}", self.sql_name, join(" ", changes)), self.id),)
        )

    def summary(self) -> str:
        return f"server of {self.wrapper}"
