"""Renames on a scratch copy: printed text follows them, so they are run first and read back."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import psycopg

from psqlmigrate.errors import PlanRefusedError, UsageError
from psqlmigrate.postgres.connect import Connection
from psqlmigrate.postgres.introspect import addresses, introspect
from psqlmigrate.postgres.scratch import Scratch
from psqlmigrate.schema.catalog import Catalog
from psqlmigrate.schema.dbobject import Naming, Statements
from psqlmigrate.schema.identity import Address, ObjectId
from psqlmigrate.schema.statement import Statement
from psqlmigrate.service.canonical import build, canonical
from psqlmigrate.service.planning import Plan, plan
from psqlmigrate.service.renameorder import Rename, ordered
from psqlmigrate.service.renamepairs import Candidate, candidates, implied
from psqlmigrate.service.renametext import (
    Request,
    find,
    read_request,
    request_text,
    require_desired,
    require_one_each,
    unknown,
)

_ROUNDS = 4


@dataclass(frozen=True, slots=True)
class NewName:
    """What got another name: an object, or (`member`, `new_member`) something inside it.

    `asked` is False for what followed from another rename, or has neither data nor code.
    """

    old: ObjectId
    new: ObjectId
    member: str | None = None
    new_member: str | None = None
    asked: bool = True


@dataclass(frozen=True, slots=True)
class Renamed:
    """A schema after renames (`catalog`, a fixpoint), and the statements that lead to it."""

    catalog: Catalog
    statements: Statements = ()
    names: tuple[NewName, ...] = ()
    warnings: tuple[str, ...] = ()
    origin: Mapping[ObjectId, ObjectId] = field(default_factory=dict[ObjectId, ObjectId])
    """What each object was called before."""

    def then(self, target: Catalog) -> Plan:
        """The plan to `target` by way of the renames. Raises PlanRefusedError."""
        rest = plan(self.catalog, target)
        return Plan((*self.statements, *rest.statements), rest.changes)


def apply(scratch: Scratch, base: Catalog, desired: Catalog, texts: Sequence[str]) -> Renamed:
    """`base` with the renames that `texts` ask for (`old:new`), and those that follow from them.

    Both catalogs are fixpoints. Old names are those of `base`, or what other renames make of
    them. Raises UsageError for names that are unknown, ambiguous, taken or not desired.
    """
    requests = [read_request(text) for text in dict.fromkeys(texts)]
    if not requests and not implied(base, desired, frozenset()):
        return Renamed(base)
    with scratch.database() as connection:
        copy = _Copy(connection, base)
        _run_requests(copy, requests, desired)
        for _ in range(_ROUNDS):
            renames = implied(copy.catalog, desired, copy.asked_for)
            # What PostgreSQL refuses here is made anew by the plan, as without renames.
            if not renames or len(copy.run(renames)) == len(renames):
                break
        result = copy.result()
    warnings = tuple(_warnings(result.names, desired))
    return replace(result, catalog=canonical(scratch, result.catalog), warnings=warnings)


def back(scratch: Scratch, start: Catalog, renamed: Renamed) -> Renamed:
    """`start`, a schema after `renamed`, with the former names again.

    The way down is `back(scratch, start, renamed).then(base)`. What has taken a former name
    since then gets a temporary one, under which the plan drops it. Raises PlanRefusedError
    where a former name cannot be had again.
    """
    if not renamed.names:
        return Renamed(start)
    with scratch.database() as connection:
        copy = _Copy(connection, start)
        if missed := copy.run(list(_inverse(start, renamed.names))):
            raise PlanRefusedError(f"there is no way back: {missed[0]}")
        result = copy.result()
    return replace(result, catalog=canonical(scratch, result.catalog))


def settle(
    scratch: Scratch,
    base: Catalog,
    desired: Catalog,
    texts: Sequence[str],
    ask: Callable[[Candidate], bool] | None = None,
) -> tuple[Renamed, tuple[Candidate, ...]]:
    """`apply` with what `ask` says yes to, and the candidates that nobody was asked about.

    Each answer can bring up further ones: the columns of a renamed table. The text of each asks
    for it in terms of `base`. Raises what `apply` raises.
    """
    confirmed, refused = list(texts), set[str]()
    while True:
        renamed = apply(scratch, base, desired, confirmed)
        found = (_restated(one, renamed, base) for one in candidates(renamed.catalog, desired))
        offers = [one for one in found if one.text not in refused]
        if ask is None:
            return renamed, tuple(offers)
        accepted = next((one.text for one in offers if _is_accepted(one, ask, refused)), None)
        if accepted is None:
            return renamed, ()
        confirmed.append(accepted)


def _is_accepted(one: Candidate, ask: Callable[[Candidate], bool], refused: set[str]) -> bool:
    if ask(one):
        return True
    refused.add(one.text)
    return False


def _restated(one: Candidate, renamed: Renamed, base: Catalog) -> Candidate:
    """With the text in terms of `base`, where a present name may be another object's."""
    before = base.objects[renamed.origin.get(one.old, one.old)]
    name = one.new.path[before.name_at] if one.new_member is None else one.new_member
    return replace(one, text=request_text(base, Rename(before, name, one.member)))


def _inverse(start: Catalog, names: Iterable[NewName]) -> Iterator[Rename]:
    for name in names:
        one = start.objects[name.new]
        if name.member is not None:
            yield Rename(one, name.member, name.new_member)
        else:
            yield Rename(one, name.old.path[one.name_at])


def _run_requests(copy: "_Copy", requests: list[Request], desired: Catalog) -> None:
    waiting = list(requests)
    done: list[tuple[Request, Address, bool]] = []
    while waiting:
        found = {one: rename for one in waiting if (rename := find(one, copy.catalog))}
        if not found:
            raise unknown(waiting[0], copy.catalog)
        require_one_each(found)
        by_id = copy.by_id
        done.extend(
            (request, by_id[rename.one.id], rename.member is not None)
            for request, rename in found.items()
        )
        if missed := copy.run(list(found.values()), asked=True, staying=desired):
            raise UsageError(missed[0])
        waiting = [one for one in waiting if one not in found]
    for request, address, is_member in done:
        former, present = copy.origin[address], copy.ids[address]
        require_desired(request, former, present, desired, is_member=is_member)


@dataclass(slots=True)
class _Copy:
    """A scratch copy of a schema in which names change; objects are known by their address."""

    connection: Connection
    catalog: Catalog
    statements: list[Statement] = field(default_factory=list)
    origin: dict[Address, ObjectId] = field(default_factory=dict)
    ids: dict[Address, ObjectId] = field(default_factory=dict)
    objects: dict[Address, bool] = field(default_factory=dict)
    """Renamed ones, and whether that was asked for."""
    members: dict[Address, dict[str, str]] = field(default_factory=dict)
    """Former names of members and the present ones."""

    def __post_init__(self) -> None:
        build(self.connection, self.catalog)
        self.origin = self.ids = addresses(self.connection)

    @property
    def by_id(self) -> dict[ObjectId, Address]:
        """Addresses by the present names."""
        return {oid: address for address, oid in self.ids.items()}

    @property
    def asked_for(self) -> frozenset[ObjectId]:
        """The present names of what was renamed on request."""
        return frozenset(self.ids[one] for one, asked in self.objects.items() if asked)

    def run(
        self, renames: list[Rename], *, asked: bool = False, staying: Catalog | None = None
    ) -> list[str]:
        """Runs them in a good order; what did not get its name is told, with the reason.

        A rename of an inherited column or constraint fails, or comes too late, where that of
        the parent does it: what counts is the name in the end.
        """
        by_id = self.by_id
        reasons = [
            reason
            for rename in ordered(self.catalog, renames, staying)
            for statement in rename.statements
            if (reason := self._execute(statement))
        ]
        self.catalog = introspect(self.connection)
        self.ids = addresses(self.connection)
        former = {address: dict(known) for address, known in self.members.items()}
        missed: list[str] = []
        for rename in renames:
            address = by_id[rename.one.id]
            if self._arrived(address, rename):
                self._note(address, rename, former.get(address, {}), asked=asked)
                continue
            what = f"{rename.one.kind} {rename.one.id.shown} cannot be renamed to {rename.name}"
            missed.append(": ".join([what, *reasons[:1]]))
        return missed

    def _execute(self, statement: Statement) -> str:
        """Why PostgreSQL refuses the statement; nothing when it does not."""
        try:
            self.connection.execute(statement.sql.encode())
        except psycopg.Error as error:
            return error.diag.message_primary or str(error)
        self.statements.append(statement)
        return ""

    def _arrived(self, address: Address, rename: Rename) -> bool:
        one = self.catalog.objects[self.ids[address]]
        if rename.member is not None:
            return any(name == rename.name for name, *_ in one.members)
        return one.own_name == rename.name

    def _note(
        self, address: Address, rename: Rename, former: Mapping[str, str], *, asked: bool
    ) -> None:
        """`former` are the names of members as they were before this run."""
        if rename.member is None:
            self.objects[address] = asked or self.objects.get(address, False)
            return
        first = next((old for old, new in former.items() if new == rename.member), rename.member)
        self.members.setdefault(address, {})[first] = rename.name

    def result(self) -> Renamed:
        """What has happened."""
        names = [
            NewName(self.origin[address], self.ids[address], asked=asked)
            for address, asked in self.objects.items()
        ]
        names += [
            NewName(self.origin[address], self.ids[address], old, new)
            for address, known in self.members.items()
            for old, new in known.items()
        ]
        origin = {self.ids[address]: oid for address, oid in self.origin.items()}
        return Renamed(self.catalog, tuple(self.statements), tuple(names), origin=origin)


def _warnings(names: tuple[NewName, ...], desired: Catalog) -> Iterator[str]:
    """Functions whose text still says a former name; a search for words, no more."""
    bodies = [(one, text) for one in desired if (text := one.unfollowed)]
    for name in names:
        after = desired.objects[name.new]
        if after.naming is not Naming.PUBLIC or not name.asked:
            continue
        old = name.old.path[after.name_at] if name.member is None else name.member
        new = after.own_name if name.new_member is None else name.new_member
        around = () if name.member is not None or not after.owners else (name.old, name.new)
        for one, text in bodies:
            if _says(text, old) and (not around or any(_says(text, oid.path[1]) for oid in around)):
                yield (
                    f"{one.kind} {one.id.shown} still says {old}, which becomes {new}:"
                    " PostgreSQL does not follow renames inside a string"
                )


def _says(text: str, word: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text, re.IGNORECASE) is not None
