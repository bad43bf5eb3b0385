"""What every kind of object must tell: how it is read, made, dropped and altered."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, LiteralString, Self, TypeAlias

from psqlmigrate.schema.identity import Address, ObjectId
from psqlmigrate.schema.sqltext import NOTHING, Sql
from psqlmigrate.schema.statement import Statement

Row: TypeAlias = tuple[Any, ...]
Statements: TypeAlias = tuple[Statement, ...]
Resolve: TypeAlias = Callable[[Address], "DbObject | None"]


@dataclass(frozen=True, slots=True)
class Alteration:
    """How an object is changed in place.

    `disturbs`: what depends on the object must be taken away before and brought back after
    (the type of a column). Without it, dependents do not notice. `first`: it goes before the
    changes of what the object depends on.
    """

    statements: tuple[Statement, ...]
    disturbs: bool = False
    first: bool = False


@dataclass(frozen=True, slots=True)
class Impossible:
    """An object cannot become the other in place; `reason` is for people, when data is at stake."""

    reason: str = "it cannot be altered to its new form"


@dataclass(frozen=True, slots=True)
class DbObject:
    """An object of a schema. Equality and hash come from the fields of each kind.

    `kind` is PostgreSQL's singular word; `catalog` the system catalog whose oid identifies the
    object; `rank` orders the creation of objects that do not depend on each other.
    """

    kind: ClassVar[str]
    catalog: ClassVar[LiteralString]
    rank: ClassVar[int]
    has_subid: ClassVar[bool] = False
    """True: the query's second column is the subid of the address (columns)."""

    @classmethod
    def query(cls, version: int) -> LiteralString:
        """The set-based query: oid (subid) and then what `from_row` takes.

        `version` is the server's major. Every name is written with `pg_catalog.`.
        """
        raise NotImplementedError

    @classmethod
    def from_row(cls, row: Row, resolve: Resolve) -> Self | None:
        """The object of one row of the query, without the address.

        `resolve` finds objects of kinds that come earlier in the registry.
        """
        return cls(*row)

    @property
    def id(self) -> ObjectId:
        """What the object is called."""
        raise NotImplementedError

    @property
    def owners(self) -> tuple[ObjectId, ...]:
        """The object it belongs to, first, and others that take it along when they go."""
        return ()

    @property
    def dropped_with(self) -> tuple[ObjectId, ...]:
        """Objects whose drop takes this one along."""
        return self.owners

    def swaps_with(self, new: Self) -> bool:
        """Whether it can be renamed away, `new` be made, and the data be carried over (types)."""
        return False

    @property
    def requires(self) -> tuple[ObjectId, ...]:
        """Dependencies that pg_depend does not have."""
        return ()

    @property
    def turn(self) -> int:
        """The rank among what can be made now."""
        return self.rank

    @property
    def slots(self) -> tuple[tuple[str, ...], ...]:
        """The names that this object takes up; two objects cannot hold one at a time."""
        return ((self.kind, *self.id.path),)

    @property
    def carries_data(self) -> bool:
        """Whether a drop loses rows or values."""
        return False

    @property
    def survives_alter(self) -> bool:
        """Whether PostgreSQL itself adapts this object when what it depends on is altered."""
        return False

    @property
    def inline(self) -> bool:
        """Whether the statement that creates the first owner can create this, too."""
        return False

    @property
    def separable(self) -> bool:
        """Whether a circle may be broken by making an inline object after its owner."""
        return True

    @property
    def comes_with(self) -> tuple[tuple[ObjectId, ObjectId], ...]:
        """Pairs of a link and a source (what a child of a table inherits).

        While the link stands, PostgreSQL makes this object when it makes the source.
        """
        return ()

    @property
    def goes_with(self) -> tuple[tuple[ObjectId, ObjectId], ...]:
        """Pairs of a link and a source.

        While the link stands, PostgreSQL drops this object when it drops the source.
        """
        return ()

    @property
    def follows(self) -> tuple[ObjectId, ...]:
        """What must be as it shall be before this is made; it does not stand on them."""
        return ()

    @property
    def rivals(self) -> tuple[ObjectId, ...]:
        """What must not be there while this is made."""
        return ()

    @property
    def is_part(self) -> bool:
        """Whether people and hashes see it as a part of its first owner (columns, constraints)."""
        return False

    @property
    def place(self) -> int:
        """Where it stands among its like in the statement that creates their owner."""
        return 0

    @property
    def sql_name(self) -> Sql:
        """The object's type and name as COMMENT ON and ALTER take it (`TABLE public.users`)."""
        raise NotImplementedError

    def create(self, parts: "tuple[DbObject, ...]") -> Statements:
        """Statements that make it, together with `parts` that are inline in it."""
        raise NotImplementedError

    @property
    def stub(self) -> Statements:
        """Statements that make, or leave, something of its name and columns that stands on nothing.

        Empty where there is no such thing.
        """
        return ()

    def fill(self) -> Statements:
        """Statements that make the object of its stub."""
        raise NotImplementedError

    def as_part(self, parts: "tuple[DbObject, ...]") -> Sql:
        """Its line inside the statement that creates its owner; nothing, if another line has it."""
        return NOTHING

    @property
    def clause(self) -> Sql:
        """What it adds to its owner's line (`DEFAULT 0`)."""
        return NOTHING

    def settle(self) -> Statements:
        """What must follow when it is new, while its owner was there before, with rows."""
        return ()

    def adjust(self) -> Statements:
        """What must follow after it was made inline, because no clause can say it."""
        return ()

    def drop(self) -> Statements:
        """Statements that remove it."""
        raise NotImplementedError

    def drop_only(self) -> Statements:
        """Statements that remove it, but not what would go with it."""
        return self.drop()

    def swap_out(self) -> tuple[Statements, Statements]:
        """Statements that rename a swappable object away, and that drop it under that name."""
        raise NotImplementedError

    def carry_over(self, new: Self) -> Statements | Impossible:
        """How a carrier of data moves to the new form of a swapped object it depends on."""
        raise NotImplementedError

    def alter(self, new: Self) -> Alteration | Impossible | None:
        """How `self` becomes `new`; else it has to be dropped and made again."""
        return None

    def restored(self, original: Self) -> Self:
        """The object as a copy in scratch has it, with what only the original can tell."""
        return self

    def summary(self) -> str:
        """A few words for people: `table, 4 columns`."""
        return self.kind
