"""Publications (manual, CREATE PUBLICATION); what they publish are objects of their own."""

from dataclasses import dataclass
from typing import ClassVar, LiteralString, Self

from psqlmigrate.schema.dbobject import Alteration, DbObject, Naming, Resolve, Row, Statements
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.sqltext import NOTHING, Sql, ident, join, printed, sql
from psqlmigrate.schema.statement import Hazard, Statement

_GENERATED_SINCE = 18
_NO_GENERATED = "n"
_GENERATED = {"n": sql("none"), "s": sql("stored")}


@dataclass(frozen=True, slots=True)
class Publication(DbObject):
    """A publication; `operations` are those of insert, update, delete and truncate it publishes."""

    kind: ClassVar[str] = "publication"
    catalog: ClassVar[LiteralString] = "pg_publication"
    rare: ClassVar[LiteralString] = "pg_catalog.pg_publication WHERE oid >= 16384"
    rank: ClassVar[int] = 180
    naming: ClassVar[Naming] = Naming.PUBLIC

    name: str
    all_tables: bool
    operations: tuple[str, ...]
    via_root: bool
    generated_columns: str
    """`n`one or `s`tored (18)."""

    @classmethod
    def query(cls, version: int) -> LiteralString:
        generated = "p.pubgencols::text" if version >= _GENERATED_SINCE else "'n'"
        text: LiteralString = """
SELECT p.oid, p.pubname::text, p.puballtables,
       pg_catalog.array_remove(ARRAY[CASE WHEN p.pubinsert THEN 'insert' END,
                                     CASE WHEN p.pubupdate THEN 'update' END,
                                     CASE WHEN p.pubdelete THEN 'delete' END,
                                     CASE WHEN p.pubtruncate THEN 'truncate' END], NULL),
       p.pubviaroot, @generated
  FROM pg_catalog.pg_publication p"""
        return text.replace("@generated", generated)

    @classmethod
    def from_row(cls, row: Row, resolve: Resolve) -> "Publication":
        name, all_tables, operations, via_root, generated = row
        return cls(name, all_tables, tuple(operations), via_root, generated)

    @property
    def id(self) -> ObjectId:
        return ObjectId(self.kind, (self.name,))

    @property
    def schema_name(self) -> None:
        return None

    @property
    def sql_name(self) -> Sql:
        return sql("PUBLICATION {}", ident(self.name))

    def create(self, parts: tuple[DbObject, ...]) -> Statements:
        tables = join(", ", filter(None, (part.clause for part in parts)))
        whole = [sql("ALL TABLES")] if self.all_tables else []
        whole.extend(filter(None, (part.as_part(parts) for part in parts)))
        published = [sql("TABLE {}", tables), *whole] if tables else whole
        what = sql(" FOR {}", join(", ", published)) if published else NOTHING
        options = self._options
        if self.generated_columns != _NO_GENERATED:
            options.append(self._generated)
        text = sql("CREATE {}{} WITH ({})", self.sql_name, what, join(", ", options))
        # Only a superuser may publish what is made later, too.
        hazards = frozenset({Hazard.NEEDS_PRIVILEGE} if whole else ())
        return (Statement(text, self.id, hazards),)

    @property
    def _options(self) -> list[Sql]:
        """What every major knows."""
        operations = sql("publish = '{}'", printed(", ".join(self.operations)))
        root = sql("publish_via_partition_root = {}", sql("true" if self.via_root else "false"))
        return [operations, root]

    @property
    def _generated(self) -> Sql:
        return sql("publish_generated_columns = {}", _GENERATED[self.generated_columns])

    def drop(self) -> Statements:
        return (Statement(sql("DROP {}", self.sql_name), self.id),)

    def alter(self, new: Self) -> Alteration | None:
        if self.all_tables != new.all_tables:
            return None
        options = new._options
        if self.generated_columns != new.generated_columns:
            options.append(new._generated)
        text = sql("ALTER {} SET ({})", self.sql_name, join(", ", options))
        return Alteration((Statement(text, self.id),))

    def summary(self) -> str:
        return "publication of all tables" if self.all_tables else self.kind
