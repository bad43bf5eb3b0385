"""How far a database has strayed from what the migrations that are applied to it have made."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from psqlmigrate.errors import PlanRefusedError
from psqlmigrate.migrations.file import MigrationFile
from psqlmigrate.schema.catalog import Catalog, Change, diff
from psqlmigrate.schema.dbobject import DbObject
from psqlmigrate.schema.hashing import state_hashes
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.selection import Objects, Selection, chosen, rooted
from psqlmigrate.service import certificates
from psqlmigrate.service.baseline import by_hand, managed, with_found
from psqlmigrate.service.certificates import Name
from psqlmigrate.service.schemas import Schemas
from psqlmigrate.service.state import State


@dataclass(frozen=True, slots=True)
class Straying:
    """The database and the migrations, of what is managed.

    `built` is what the migrations made, `mine` what the database has instead, as a copy of it
    prints; `again` is the same with the unmanaged things that it stands on. `changes` lead from
    `built` to `mine`, without what is ignored. `known` names what is managed.
    """

    found: Catalog
    built: Catalog
    mine: Catalog
    again: Catalog
    changes: tuple[Change, ...]
    known: frozenset[Name]
    selection: Selection

    @property
    def whole(self) -> Catalog:
        """All that the database has; of what is managed as a copy of it prints."""
        edges = {oid: self.again.edges.get(oid, frozenset()) for oid in self.mine.objects}
        return replace(
            self.found,
            objects={**self.found.objects, **self.mine.objects},
            edges={**self.found.edges, **edges},
            server_major=self.again.server_major,
        )


def straying(
    schemas: Schemas,
    files: Sequence[MigrationFile],
    recorded: State | None,
    found: Catalog,
    further: Collection[Name] = (),
) -> Straying:
    """Compares the database as it is (`found`, with edges) with what the applied files build.

    `recorded` is the state where it is current: what is managed, and whether anything is to be
    compared at all. `further` are things that no migration made and that count as managed here.
    Raises what replaying and scratch databases raise.
    """
    selection = schemas.selection
    recorded = recorded and with_found(schemas, files, recorded, found)
    if recorded and not further and not by_hand(recorded, found, selection):
        mine = managed(found, recorded.hashes)
        return Straying(found, mine, mine, mine, (), frozenset(recorded.hashes), selection)
    everything = schemas.replayed(files)
    known = frozenset(recorded.hashes if recorded else state_hashes(everything))
    built = managed(everything, known)
    known |= {*further}
    known |= {*_appendages(found, managed(found, known))}
    mine = managed(found, known)
    if not diff(built, mine):
        return Straying(found, built, mine, mine, (), known, selection)
    again = schemas.fixpoint(_with_needs(found, mine))
    reread = again.where(lambda one: one.id in mine.objects)
    changes = chosen(diff(built, reread), built, reread, selection)
    return Straying(found, built, reread, again, changes, known, selection)


def _appendages(found: Catalog, mine: Catalog) -> Iterator[Name]:
    """What goes with something managed without being a part of it: the sequence of a serial."""
    for oid, one in found.objects.items():
        if not one.owners and one.dropped_with and one.dropped_with[0] in mine.objects:
            yield oid.kind, str(oid)


def unmanaged(found: Catalog, known: Iterable[Name], selection: Selection) -> tuple[str, ...]:
    """What no migration made, by kind and name; things that belong to others are not named."""
    mine = managed(found, known)
    looked_at = selection.of(found.objects)
    return tuple(
        sorted(
            f"{oid.kind} {oid}"
            for oid, one in found.objects.items()
            if not (one.owners or one.concern) and oid not in mine.objects and looked_at(one)
        )
    )


def may_be_found(files: Iterable[MigrationFile], strange: Collection[str]) -> bool:
    """Whether a migration may make some of what `unmanaged` names, and have found it there.

    Certificates tell, where all of the applied files have one; else they must be replayed.
    """
    if not strange:
        return False
    made = certificates.left_by(files)
    return made is None or any(f"{kind} {name}" in strange for kind, name in made)


def restoring(strayed: Straying) -> tuple[Catalog, Catalog]:
    """The database as it is and as it shall be again: what is unmanaged or ignored stays.

    Raises PlanRefusedError where that stands on what a restored schema has not.
    """
    found, mine, built = strayed.found, strayed.mine, strayed.built
    in_found = strayed.selection.of(found.objects)
    in_built = strayed.selection.of(built.objects)
    before = strayed.whole
    wanted = {oid: one for oid, one in built.objects.items() if in_built(one)}
    kept = {
        oid: one
        for oid, one in before.objects.items()
        if oid not in wanted and not (oid in mine.objects and in_found(one))
    }
    objects = {**wanted, **rooted(_inherited(kept, wanted, before), wanted)}
    edges = {
        oid: (built if oid in wanted else before).edges.get(oid, frozenset()) for oid in objects
    }
    for oid, one in objects.items():
        if missing := sorted(edges[oid] - objects.keys()):
            raise _in_the_way(one, missing[0], unmanaged=oid in kept)
    return before, replace(built, objects=objects, edges=edges, held=found.held)


def _inherited(kept: Objects, wanted: Objects, before: Catalog) -> dict[ObjectId, DbObject]:
    """Those of `kept` whose source in a parent stays: PostgreSQL drops the others along with it."""
    found = dict(kept)
    while gone := [
        oid
        for oid, one in found.items()
        if any(
            source in before.objects and source not in wanted and source not in found
            for source in one.inherited_from
        )
    ]:
        for oid in gone:
            del found[oid]
    return found


def _in_the_way(one: DbObject, missing: ObjectId, *, unmanaged: bool) -> PlanRefusedError:
    what = f"{missing.kind} {missing.shown}"
    if not unmanaged:
        return PlanRefusedError(f"{one.kind} {one.id.shown} needs {what}, which is left out")
    return PlanRefusedError(
        f"{one.kind} {one.id.shown}, which no migration made, needs {what}, which would have to go",
        hint="drop what stands in the way by hand, or keep the change",
    )


def keeping(strayed: Straying, everything: Catalog) -> Catalog:
    """What the migrations build (`everything`) with the database's changes in it."""
    in_built = strayed.selection.of(strayed.built.objects)
    in_found = strayed.selection.of(strayed.again.objects)
    gone = {oid for oid, one in strayed.built.objects.items() if in_built(one)}
    rest = {oid: one for oid, one in everything.objects.items() if oid not in gone}
    new = {
        oid: one for oid, one in strayed.again.objects.items() if in_found(one) and oid not in rest
    }
    objects = {**new, **rooted(rest, new)}
    edges = {
        oid: (strayed.again if oid in new else everything).edges.get(oid, frozenset())
        & objects.keys()
        for oid in objects
    }
    return replace(strayed.again, objects=objects, edges=edges)


def _with_needs(found: Catalog, mine: Catalog) -> Catalog:
    """What is managed and, whole, all that it stands on: only so can a copy of it be made."""
    parts: dict[ObjectId, list[ObjectId]] = {}
    for oid, one in found.objects.items():
        parts.setdefault(one.owners[0] if one.owners else oid, []).append(oid)
    wanted = set(mine.objects)
    queue = list(wanted)
    while queue:
        oid = queue.pop()
        one = found.objects[oid]
        near = {*found.edges.get(oid, ()), *one.owners}
        near |= set() if oid in mine.objects else set(parts.get(oid, ()))
        for other in near & found.objects.keys() - wanted:
            wanted.add(other)
            queue.append(other)
    return found.where(lambda one: one.id in wanted)
