"""Columns of tables (manual, CREATE TABLE and ALTER TABLE)."""

from collections.abc import Container
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import ClassVar, LiteralString, Self

from psqlmigrate.errors import PlanRefusedError
from psqlmigrate.schema.casts import (
    UserCast,
    conversion,
    keeps_values,
    of_users,
    reorders,
    rewrites,
)
from psqlmigrate.schema.clauses import COMPRESSION, Settings, linked, settings
from psqlmigrate.schema.columnquery import column_query
from psqlmigrate.schema.dbobject import (
    Alteration,
    Codes,
    DbObject,
    Impossible,
    Labels,
    Naming,
    Resolve,
    Row,
    Statements,
    Swapped,
)
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.inside import (
    RANGED,
    Inside,
    below,
    by_name,
    by_name_hazards,
    ranged,
    read_by_name,
)
from psqlmigrate.schema.notnull import NAMED_SINCE, NotNull, Ties
from psqlmigrate.schema.sqltext import NOTHING, Sql, away, ident, join, printed, sql
from psqlmigrate.schema.statement import REWRITE, Hazard, Statement

_THROUGH_FOREIGN = Impossible("PostgreSQL converts no values of a foreign table's children")
_IN_THE_KEY = Impossible("it is part of the partition key")
_SET_EXPRESSION = 17
_TIES = 20


@dataclass(frozen=True, slots=True)
class Column(DbObject):
    """A column; its default and its identity are objects of their own."""

    kind: ClassVar[str] = "column"
    catalog: ClassVar[LiteralString] = "pg_class"
    rank: ClassVar[int] = 90
    codes: ClassVar[Codes] = MappingProxyType(
        {
            "generated": {"": "none", "s": "stored", "v": "virtual"},
            "storage": {
                "": "default",
                "p": "plain",
                "e": "external",
                "m": "main",
                "x": "extended",
            },
            "compression": {"": "default", "p": "pglz", "l": "lz4"},
            "statistics": {-1: "default"},
        }
    )
    spoken: ClassVar[Labels] = MappingProxyType(
        {
            "not_null_name": "NOT NULL constraint",
            "not_null_valid": "NOT NULL validated",
            "not_null_no_inherit": "NOT NULL NO INHERIT",
            "not_null_own": "",
        }
    )
    has_subid: ClassVar[bool] = True
    fuller: ClassVar[LiteralString] = "pg_catalog.pg_inherits"
    naming: ClassVar[Naming] = Naming.PUBLIC
    hidden_members: ClassVar[bool] = True

    schema: str
    table: str
    name: str
    type: str
    collation: str
    not_null: bool
    generated: str
    expression: str | None
    storage: str
    compression: str
    statistics: int
    options: tuple[str, ...]
    local: bool = field(compare=False)
    """Whether the table states the column itself; PostgreSQL cannot take that back."""
    not_null_name: str = ""
    """The name of the not-null constraint where it is not the one that PostgreSQL chooses."""
    not_null_valid: bool = True
    not_null_no_inherit: bool = False
    not_null_own: bool = True
    """Whether no parent's column is NOT NULL."""
    not_null_local: bool = field(compare=False, default=True)
    """Whether the table states NOT NULL itself; PostgreSQL cannot take that back."""
    not_null_crowded: bool = field(compare=False, default=False)
    """Whether another table's constraint has the same name, so that it must be written out."""
    not_null_actual: str = field(compare=False, default="")
    """The name, also where it is a parent's doing."""
    not_null_above: tuple[str, ...] = field(compare=False, default=())
    not_null_astray: tuple[ObjectId, ...] = field(compare=False, default=())
    not_null_held: tuple[ObjectId, ...] = field(compare=False, default=())
    position: int = field(compare=False, default=0)
    partition: bool = field(compare=False, default=False)
    typed: bool = field(compare=False, default=False)
    """Whether the column is there because the table is OF a type."""
    type_storage: str = field(compare=False, default="x")
    partition_key: bool = field(compare=False, default=False)
    server: int = field(compare=False, default=0)
    undefaulted: bool = field(compare=False, default=False)
    """Whether a parent's column has a default and this one has none."""
    domain: bool = field(compare=False, default=False)
    """Whether the type is a domain with constraints: they see the value of every row."""
    parents: tuple[ObjectId, ...] = field(compare=False, default=())
    relation: str = field(compare=False, default="table")
    """`table`, or `foreign table`: its rows are elsewhere."""
    stored: bool = field(compare=False, default=True)
    """Whether its table has rows here, or may have children that do."""
    base: str = field(compare=False, default="")
    """The type, or the one below all domains: casts do not know of domains."""
    casts: tuple[tuple[str, ...], ...] = field(compare=False, default=())
    """Casts from its type and to it that people made."""
    inside: Inside = field(compare=False, default=())

    @classmethod
    def query(cls, version: int) -> LiteralString:
        return column_query(version, trees=True)

    @classmethod
    def lean_query(cls, version: int) -> LiteralString:
        return column_query(version, trees=False)

    @classmethod
    def from_row(cls, row: Row, resolve: Resolve) -> "Column":
        values = list(row)
        values[11] = tuple(row[11] or ())
        ties = Ties.of(*row[_TIES])
        values[_TIES : _TIES + 1] = [ties.above, ties.astray, ties.held]
        values[-6] = tuple(ObjectId(cls.kind, (*parent, row[2])) for parent in row[-6] or ())
        values[-2] = tuple(sorted(tuple[str, ...](one) for one in row[-2] or ()))
        values[-1] = tuple((one[0], one[1]) for one in row[-1] or ())
        return cls(*values)

    def _casts(self, new: "Column") -> list[UserCast]:
        """Those of people that are there before and after."""
        return [UserCast(*one) for one in self.casts if one in new.casts]

    @property
    def id(self) -> ObjectId:
        return ObjectId(self.kind, (self.schema, self.table, self.name))

    @property
    def is_part(self) -> bool:
        return True

    @property
    def owners(self) -> tuple[ObjectId, ...]:
        return (ObjectId(self.relation, (self.schema, self.table)),)

    @property
    def comes_with(self) -> tuple[tuple[ObjectId, ObjectId], ...]:
        return linked(self.owners[0], self.parents, partition=self.partition)

    @property
    def goes_with(self) -> tuple[tuple[ObjectId, ObjectId], ...]:
        return self.comes_with if self.inherited_only else ()

    def unlinked(self, links: Container[ObjectId]) -> Self:
        kept = tuple(parent for link, parent in self.comes_with if link not in links)
        return replace(self, parents=kept)

    @property
    def carries_data(self) -> bool:
        return not self.generated and self.stored

    @property
    def survives_alter(self) -> bool:
        return not self.generated

    @property
    def separable(self) -> bool:
        return not self.partition_key

    @property
    def inherited_from(self) -> tuple[ObjectId, ...]:
        return self.parents

    @property
    def traits(self) -> tuple[object, ...]:
        return (self.type, self.collation, self.generated, self.not_null)

    @property
    def members(self) -> tuple[tuple[str, ...], ...]:
        """The name of its NOT NULL, which 18 keeps when the table is renamed."""
        own = self.not_null and self.not_null_own and not self.parents
        return ((self._null.full_name,),) if own and self.server >= NAMED_SINCE else ()

    def member_slot(self, name: str) -> tuple[str, ...]:
        return ("constraint", self.schema, self.table, name)

    def rename_member(self, member: str, name: str) -> Statements:
        old, new = ident(member), ident(name)
        text = sql("ALTER TABLE {} RENAME CONSTRAINT {} TO {}", self._table, old, new)
        return (Statement(text, self.id),)

    def rename(self, name: str) -> Statements:
        old, new = ident(self.name), ident(name)
        text = sql("ALTER TABLE {} RENAME COLUMN {} TO {}", self._table, old, new)
        return (Statement(text, self.id, self.rename_hazards),)

    def to_refill(self) -> Self:
        # The name is taken by the table that was renamed away.
        return replace(self, not_null_crowded=self.server >= NAMED_SINCE)

    def value_of(self, old: Self, swapped: Swapped) -> tuple[Sql, frozenset[Hazard]]:
        if swapped and old._by_name(self, swapped):
            return old._read_by_name(self)
        if swapped:
            return old._remade(self, swapped)
        name = ident(self.name)
        if old.type == self.type:
            return name, frozenset()
        lossy = set[Hazard]() if keeps_values(old.base, self.base) else {Hazard.LOSSY_CAST}
        return old._conversion(self) or name, frozenset(lossy)

    def _read_by_name(self, new: Self) -> tuple[Sql, frozenset[Hazard]]:
        if ranged(self.inside):
            raise PlanRefusedError(f"no plan keeps the data of {self.id}: {RANGED.reason}")
        value = read_by_name(new._table, ident(self.name), self.name)
        return value, by_name_hazards(self.inside, new.inside)

    def carry_over(self, new: Self, swapped: Swapped) -> Statements | Impossible:
        carried = self._carried(new, swapped)
        if isinstance(carried, Impossible):
            return carried
        return (*carried, *self._nullability(new), *self._set_anew(new))

    def _set_anew(self, new: Self) -> Statements:
        changes = settings(self._settings, new._settings)
        return tuple(self._statement(change) for change in changes)

    def _carried(self, new: Self, swapped: Swapped) -> Statements | Impossible:
        if self.partition_key:
            return _IN_THE_KEY
        if self.parents or self.typed:
            return ()
        if self.relation != "table":
            return _THROUGH_FOREIGN
        if not (of_users(self.type) or of_users(new.type)):
            return (self._retype(new),)
        if self._by_name(new, swapped):
            return self._carried_by_name(new)
        value, hazards = self._remade(new, swapped)
        return (self._cast_over(new, value, hazards),)

    def _carried_by_name(self, new: Self) -> Statements | Impossible:
        if ranged(self.inside):
            return RANGED
        shape = away(self.name, "__new")
        made, value, dropped = by_name(ident(self.schema, shape), new.type, ident(self.name))
        cast = self._cast_over(new, value, by_name_hazards(self.inside, new.inside))
        return (Statement(made, self.id), cast, Statement(dropped, self.id))

    def _cast_over(self, new: Self, value: Sql, hazards: frozenset[Hazard]) -> Statement:
        collate = sql(" COLLATE {}", printed(new.collation)) if new.collation else NOTHING
        change = sql("TYPE {}{} USING {}", printed(new.type), collate, value)
        return self._statement(change, hazards | REWRITE)

    def _by_name(self, new: Self, swapped: Swapped) -> bool:
        """Whether text, which has attributes by their places, would give them to others."""
        own = {self.type} & {str(ident(*before.id.path)) for before, _ in swapped}
        return self.type == new.type and below(self.inside, own) != below(new.inside, own)

    def _remade(self, new: Self, swapped: Swapped) -> tuple[Sql, frozenset[Hazard]]:
        name = ident(self.name)
        for before, after in swapped:
            if self.type == new.type == ident(*before.id.path):
                remade = before.remake(after, name)
                if remade is not None:
                    return remade
        through = sql("{}::text::{}", name, printed(new.type))
        return through, frozenset({Hazard.LOSSY_CAST})

    @property
    def place(self) -> int:
        return self.position

    @property
    def inline(self) -> bool:
        return True

    @property
    def sql_name(self) -> Sql:
        return sql("COLUMN {}", ident(self.schema, self.table, self.name))

    @property
    def inherited_only(self) -> bool:
        """Whether the column exists only because a parent has it."""
        return bool(self.parents) and not self.local

    def as_part(self, parts: tuple[DbObject, ...]) -> Sql:
        if self.inherited_only and not self.partition:
            return self._null.beside_parents()
        if self.server >= NAMED_SINCE and self._null.is_brought:
            return replace(self, not_null=False).as_part(parts)
        if not self.typed:
            return self._line(parts)
        clauses = self._clauses(parts)
        return (
            sql("{} WITH OPTIONS {}", ident(self.name), join(" ", clauses)) if clauses else NOTHING
        )

    def _line(self, parts: tuple[DbObject, ...]) -> Sql:
        clauses = [sql("{} {}", ident(self.name), printed(self.type))]
        if self.collation:
            clauses.append(sql("COLLATE {}", printed(self.collation)))
        if self.compression:
            clauses.append(sql("COMPRESSION {}", COMPRESSION[self.compression]))
        return join(" ", clauses + self._clauses(parts))

    def _clauses(self, parts: tuple[DbObject, ...]) -> list[Sql]:
        clauses: list[Sql] = []
        if self.expression is not None:
            kind = sql("STORED") if self.generated == "s" else sql("VIRTUAL")
            text = printed(self.expression)
            clauses.append(sql("GENERATED ALWAYS AS ({}) {}", text, kind))
        clauses.extend(part.clause for part in parts if part.owners[:1] == (self.id,))
        if self.not_null and self.not_null_valid:
            clauses.append(self._null.clause())
        return clauses

    def create(self, parts: tuple[DbObject, ...]) -> Statements:
        if self.typed:
            return self.adjust()
        # NULL itself is no default; that of a type with a length is a cast of it.
        valued = any(not part.clause.startswith("DEFAULT NULL::") for part in parts)
        fails = self.stored and ((self.not_null and not valued) or self.generated or self.domain)
        hazards = frozenset({Hazard.MAY_FAIL}) if fails else frozenset[Hazard]()
        computed = self.generated == "s" or self.domain or any(part.rewrites for part in parts)
        if self.stored and computed:
            hazards |= REWRITE
        text = sql("ALTER TABLE {} ADD COLUMN {}", self._table, self._line(parts))
        return (Statement(text, self.id, hazards), *self.adjust())

    def adjust(self) -> Statements:
        """What the column's line cannot say: storage, statistics target, options."""
        bare = replace(self, storage="", statistics=-1, options=())
        late = (self.inherited_only and not self.partition) or not self.not_null_valid
        if late and self.not_null_own:
            bare = replace(bare, not_null=False)
        changes = (self._statement(change) for change in settings(bare._settings, self._settings))
        none = (self._statement(sql("DROP DEFAULT")),) if self.undefaulted else ()
        return (*bare._nullability(self), *changes, *none)

    def drop(self) -> Statements:
        return () if self.typed else self._drop(NOTHING)

    def drop_only(self) -> Statements:
        return self._drop(sql("ONLY "))

    def _drop(self, only: Sql) -> Statements:
        text = sql("ALTER TABLE {}{} DROP COLUMN {}", only, self._table, ident(self.name))
        lost = frozenset({Hazard.DATA_LOSS}) if self.carries_data else frozenset[Hazard]()
        return (Statement(text, self.id, lost),)

    def _inherits(self, new: "Column") -> bool:
        """Whether a statement for the parent reaches this column."""
        return bool({*self.parents} & {*new.parents})

    def alter(self, new: Self) -> Alteration | Impossible | None:
        retyped = (self.type, self.collation) != (new.type, new.collation)
        if retyped and self.partition_key:
            return _IN_THE_KEY
        computed = self._computed(new, retyped=retyped)
        if computed is None:
            return None
        statements = list(computed)
        if retyped and not (self._inherits(new) or (self.typed and new.typed)):
            statements.append(self._retype(new))
        statements.extend(self._nullability(new))
        statements.extend(self._set_anew(new))
        links = tuple(link for link, parent in self.comes_with if parent in new.parents)
        first = bool(links) and self._null.comes_first(new._null)
        apart = self._null.apart(new._null, links)
        if retyped:
            apart = (*apart, *self._null.unretyped, *(links if first else ()))
            first = False
        reordered = self.collation != new.collation or reorders(self.base, new.base)
        return Alteration(
            tuple(statements), disturbs=retyped, reorders=reordered, first=first, apart=apart
        )

    def restored(self, original: Self) -> Self:
        return replace(
            self,
            server=min(self.server, original.server),
            not_null_local=original.not_null_local,
            not_null_actual=original.not_null_actual,
            not_null_above=original.not_null_above,
            not_null_astray=original.not_null_astray,
            not_null_held=original.not_null_held,
        )

    def _computed(self, new: "Column", *, retyped: bool) -> Statements | None:
        """From or to a generated column; None: it has to be made anew."""
        if self.generated == new.generated and self.expression == new.expression:
            return ()
        if self.generated != "s" or retyped:
            return None
        if not new.generated:
            return (self._statement(sql("DROP EXPRESSION")),)
        if new.generated != "s" or min(self.server, new.server) < _SET_EXPRESSION:
            return None
        if self._inherits(new):
            return ()
        change = sql("SET EXPRESSION AS ({})", printed(new.expression or ""))
        return (self._statement(change, REWRITE | {Hazard.MAY_FAIL}),)

    def _retype(self, new: "Column") -> Statement:
        type_name = printed(new.type)
        collate = sql(" COLLATE {}", printed(new.collation)) if new.collation else NOTHING
        change = sql("TYPE {}{}", type_name, collate)
        through = self._conversion(new)
        # PostgreSQL takes USING for no foreign table, not even for its children's sake.
        if through is not None and not new.generated and self.relation == "table":
            change = sql("{} USING {}", change, through)
        return self._statement(change, self._retype_hazards(new))

    def _conversion(self, new: "Column") -> Sql | None:
        return conversion(ident(self.name), self.base, new.base, self._casts(new))

    def _retype_hazards(self, new: "Column") -> frozenset[Hazard]:
        if not self.stored:
            return frozenset()
        told = {
            Hazard.LOSSY_CAST: not keeps_values(self.base, new.base),
            Hazard.MAY_FAIL: new.domain,
        }
        said = frozenset(hazard for hazard, it_is in told.items() if it_is)
        of_domain = self.type != self.base
        rewritten = new.domain or rewrites(
            self.base, new.base, self._casts(new), of_domain=of_domain
        )
        return said | REWRITE if rewritten else said

    @property
    def _null(self) -> NotNull:
        return NotNull(
            self.id,
            self.not_null,
            self.not_null_name,
            self.not_null_actual,
            self.not_null_valid,
            self.not_null_no_inherit,
            self.not_null_own,
            self.not_null_crowded,
            self.partition,
            self.partition or self.not_null_local or self.server < NAMED_SINCE,
            self.not_null_local,
            Ties(self.not_null_above, self.not_null_astray, self.not_null_held),
            self.stored,
        )

    def _nullability(self, new: "Column") -> Statements:
        return self._null.change(new._null, inherits=self._inherits(new))

    @property
    def _settings(self) -> Settings:
        return Settings(
            self.storage, self.compression, self.statistics, self.options, self.type_storage
        )

    def _statement(self, change: Sql, hazards: frozenset[Hazard] = frozenset()) -> Statement:
        text = sql("ALTER TABLE {} ALTER COLUMN {} {}", self._table, ident(self.name), change)
        return Statement(text, self.id, hazards)

    @property
    def _table(self) -> Sql:
        return ident(self.schema, self.table)

    def summary(self) -> str:
        words = [self.type]
        if self.not_null:
            words.append("not null")
        return " ".join(words)
