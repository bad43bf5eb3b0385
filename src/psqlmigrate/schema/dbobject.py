"""What every kind of object must tell: how it is read, made, dropped and altered."""

from collections.abc import Callable, Collection, Container, Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto
from types import MappingProxyType
from typing import Any, ClassVar, LiteralString, Self, TypeAlias

from psqlmigrate.schema.identity import Address, ObjectId
from psqlmigrate.schema.privileges import Acl
from psqlmigrate.schema.sqltext import NOTHING, Sql, ident, sql
from psqlmigrate.schema.statement import Hazard, Statement

Row: TypeAlias = tuple[Any, ...]
Statements: TypeAlias = tuple[Statement, ...]
Parts: TypeAlias = "tuple[DbObject, ...]"
Codes: TypeAlias = Mapping[str, Mapping[object, str]]
Labels: TypeAlias = Mapping[str, str]
Resolve: TypeAlias = Callable[[Address], "DbObject | None"]


@dataclass(frozen=True, slots=True)
class Alteration:
    """How an object is changed in place.

    `disturbs`: what depends on the object must be taken away before and brought back after
    (the type of a column). Without it, dependents do not notice. `first`: it goes before the
    changes of what the object depends on. `after`: objects that it names without depending on
    them; it waits for those that are new. `apart`: what PostgreSQL would refuse it over, and so
    is away meanwhile (the links of a table to its children). `reorders`: values compare otherwise
    than before.
    """

    statements: tuple[Statement, ...]
    disturbs: bool = False
    reorders: bool = False
    first: bool = False
    after: tuple[ObjectId, ...] = ()
    apart: tuple[ObjectId, ...] = ()


@dataclass(frozen=True, slots=True)
class Impossible:
    """An object cannot become the other in place; `reason` is for people, when data is at stake."""

    reason: str = "it cannot be altered to its new form"


Swapped: TypeAlias = "tuple[tuple[DbObject, DbObject], ...]"
"""Objects that were renamed away, each with the one that was made in its place."""

Recast: TypeAlias = Mapping[ObjectId, Swapped]


class Naming(Enum):
    """What hangs on the name of a kind's objects when it changes."""

    FIXED = auto()
    """It has no name of its own, or PostgreSQL has no rename for it."""
    HIDDEN = auto()
    """Neither data nor code: a rename is always better than making it anew."""
    QUIET = auto()
    """No code, but neither is anything gained: renamed only when asked for."""
    PUBLIC = auto()
    """Code says the name: old code breaks when it changes."""


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
    naming: ClassVar[Naming] = Naming.FIXED
    name_at: ClassVar[int] = -1
    """Where in the id's path its own name stands (a function's arguments come after it)."""
    codes: ClassVar[Codes] = MappingProxyType({})
    """Words for the values of fields that PostgreSQL has letters or special numbers for."""
    spoken: ClassVar[Labels] = MappingProxyType({})
    """What people call fields that have another name here; "" for what only our own plans need."""
    hidden_members: ClassVar[bool] = False
    """Whether the names of members are renamed without asking (the sequence of an identity)."""

    rare: ClassVar[LiteralString] = ""
    """Of a kind that most databases lack: a table and a condition; without such a row there are none."""
    fuller: ClassVar[LiteralString] = ""
    """A table and a condition as in `rare`; without such a row `lean_query` finds all there is."""
    guarded: ClassVar[bool] = False
    """Whether only some roles may read its catalog; for others its objects are only named."""
    acl: ClassVar[Acl | None] = None
    """What GRANT calls such objects, where they have privileges (see `privileges`)."""
    concern: ClassVar[str] = ""
    """The setting that says whether it is compared (`grants`, `owners`).

    What has one is stated only where something is said of it: where a source is silent, it stays.
    It has no text that could print anew.
    """

    @classmethod
    def query(cls, version: int) -> LiteralString:
        """The set-based query: oid (subid) and then what `from_row` takes.

        `version` is the server's major. Every name is written with `pg_catalog.`.
        """
        raise NotImplementedError

    @classmethod
    def lean_query(cls, version: int) -> LiteralString:
        """The same where there is nothing of `fuller`."""
        return cls.query(version)

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
    def schema_name(self) -> str | None:
        """The schema it is in, or is; None for what is in none (an extension)."""
        return self.id.path[0]

    @property
    def native(self) -> bool:
        """Whether every new database has it."""
        return False

    @property
    def owners(self) -> tuple[ObjectId, ...]:
        """The object it belongs to, first, and others that take it along when they go."""
        return ()

    @property
    def joins(self) -> ObjectId | None:
        """What its owner is a piece of, through it (the parent of a partition)."""
        return None

    @property
    def dropped_with(self) -> tuple[ObjectId, ...]:
        """Objects whose drop takes this one along."""
        return self.owners

    def swaps_with(self, new: Self) -> bool:
        """Whether it can be renamed away, `new` be made, and the data be carried over."""
        return False

    @property
    def feeds(self) -> ObjectId | None:
        """The carrier whose data those of its owner are a part of (the parent of a partition)."""
        return None

    @property
    def has_members(self) -> bool:
        """Whether others stand on things of its own that nobody reads (an extension)."""
        return False

    @property
    def acts_on_rows(self) -> bool:
        """Whether rows that come to its owner set it off (triggers)."""
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

    def adapting(self, *, rewritten: bool, reordered: bool) -> frozenset[Hazard]:
        """What it costs when PostgreSQL adapts it to another type of the column it stands on.

        `rewritten`: that writes all rows and indexes anew. `reordered`: values compare otherwise.
        """
        return frozenset()

    @property
    def looks_further(self) -> bool:
        """Whether making it reads rows of others than its owner (the default partition)."""
        return False

    @property
    def rewrites(self) -> bool:
        """Whether a new column that has it is written into every row (manual, ALTER TABLE)."""
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

    def unlinked(self, links: Container[ObjectId]) -> Self:
        """Itself while these links are away for a while: no change comes over them."""
        return self

    @property
    def held_by(self) -> tuple[ObjectId, ...]:
        """What may refuse to let it go, for its rows' sake, and so goes before."""
        return ()

    @property
    def leaves(self) -> tuple[tuple[ObjectId, ObjectId], ...]:
        """Pairs of a source and what PostgreSQL leaves of it, on its own, when this is dropped.

        While this stands, that is not an object (a foreign key that a partition has of its parent).
        """
        return ()

    def clear(self, left: "ObjectId") -> Statements:
        """Statements that remove what was left."""
        raise NotImplementedError

    def stands_for(self, other: "DbObject") -> bool:
        """Whether what is left of it is as the other shall be."""
        return False

    @property
    def fixed_by(self) -> tuple[ObjectId, ...]:
        """Without these PostgreSQL lets it go; else only with the last of its owners."""
        return ()

    @property
    def follows(self) -> tuple[ObjectId, ...]:
        """What must be as it shall be before this is made; it does not stand on them."""
        return ()

    @property
    def takes(self) -> tuple[tuple[ObjectId, ObjectId], ...]:
        """Pairs of a source and what PostgreSQL joins to it when it makes this, if both are there.

        If only the source is there, it makes one itself.
        """
        return ()

    @property
    def rivals(self) -> tuple[ObjectId, ...]:
        """What must not be there while this is made."""
        return ()

    @property
    def outruns(self) -> tuple[tuple[ObjectId, ObjectId], ...]:
        """Pairs of a source and a rival that this has while the source stays as it is."""
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

    @property
    def granted_name(self) -> Sql:
        """The object's type and name as GRANT takes it, but for the type, which `acl` knows."""
        return self.sql_name

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

    def spread(self) -> Self:
        """Itself, made so that it also reaches those of its owner's parts that exist by then."""
        return self

    def drop(self) -> Statements:
        """Statements that remove it."""
        raise NotImplementedError

    def drop_only(self) -> Statements:
        """Statements that remove it, but not what would go with it."""
        return self.drop()

    def swap_out(self) -> tuple[Statements, Statements]:
        """Statements that rename a swappable object away, and that drop it under that name."""
        raise NotImplementedError

    def to_refill(self) -> Self:
        """Itself as it has to be made for `refill`, which does the rest."""
        return self

    def refill(self, old: Self, before: "Parts", after: "Parts", recast: "Recast") -> Statements:
        """Statements that bring over the data of `old`, which was swapped out; `self` is made.

        `before` and `after` are what belongs to each; the types that `recast` has for
        one of them were swapped, too.
        """
        raise NotImplementedError

    def value_of(self, old: Self, swapped: "Swapped") -> tuple[Sql, frozenset[Hazard]]:
        """The expression that gives its values where `old` has them (columns).

        `swapped`: what it stands on that was swapped.
        """
        raise NotImplementedError

    def carry_over(self, new: Self, swapped: "Swapped") -> Statements | Impossible:
        """How a carrier of data moves from a swapped object that it depends on to the new one."""
        return Impossible("it stands on what has to be made anew")

    def remake(self, new: Self, value: Sql) -> tuple[Sql, frozenset[Hazard]] | None:
        """The expression that makes a value of the type `new` of one of this type.

        None where the text of the one is that of the other.
        """
        return None

    def alter(self, new: Self) -> Alteration | Impossible | None:
        """How `self` becomes `new`; else it has to be dropped and made again."""
        return None

    @property
    def own_name(self) -> str:
        """The name without what it belongs to."""
        return self.id.path[self.name_at]

    @property
    def inherited_from(self) -> tuple[ObjectId, ...]:
        """Objects of the same kind whose rename PostgreSQL carries on to this one."""
        return ()

    @property
    def traits(self) -> tuple[object, ...]:
        """What tells a part from its like apart from names, the weightiest first (columns)."""
        return ()

    @property
    def members(self) -> tuple[tuple[str, ...], ...]:
        """Names inside it that PostgreSQL can rename, each followed by what else it is."""
        return ()

    @property
    def unfollowed(self) -> str:
        """Text in which PostgreSQL does not follow renames (the string body of a function)."""
        return ""

    def renamed(self, name: str) -> Self:
        """The same object by another name; only where `naming` is not FIXED."""
        changes: dict[str, Any] = {"name": name}
        return replace(self, **changes)

    def rename(self, name: str) -> Statements:
        """Statements that give it another name."""
        text = sql("ALTER {} RENAME TO {}", self.sql_name, ident(name))
        return (Statement(text, self.id, self.rename_hazards),)

    def member_slot(self, name: str) -> tuple[str, ...]:
        """The slot that a member of that name takes up."""
        return (self.kind, *self.id.path, name)

    def rename_member(self, member: str, name: str) -> Statements:
        """Statements that give a member another name."""
        raise NotImplementedError

    @property
    def rename_hazards(self) -> frozenset[Hazard]:
        """What another name can hurt."""
        return frozenset({Hazard.BREAKS_CODE} if self.naming is Naming.PUBLIC else ())

    def restored(self, original: Self) -> Self:
        """The object as a copy in scratch has it, with what only the original can tell."""
        return self

    def without(self, gone: Collection[ObjectId]) -> Self | None:
        """What is left of it when these go, on which it stands; None where that is nothing."""
        return None

    def summary(self) -> str:
        """A few words for people: `table, 4 columns`."""
        return self.kind
