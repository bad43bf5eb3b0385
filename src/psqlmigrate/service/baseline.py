"""What autogenerate and check start from: the live database, or what the migrations build."""

from collections.abc import Collection, Container, Iterable, Sequence
from dataclasses import dataclass, replace

from psqlmigrate.errors import (
    ConnectionFailedError,
    MigrationFileError,
    StatementError,
    UsageError,
)
from psqlmigrate.migrations.file import MigrationFile
from psqlmigrate.postgres.connect import Connection
from psqlmigrate.schema.catalog import Catalog
from psqlmigrate.schema.hashing import state_hashes
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.selection import ALL, Selection
from psqlmigrate.service import history, state
from psqlmigrate.service.bookkeeping import inspect
from psqlmigrate.service.live import live as live_schema
from psqlmigrate.service.live import without_home
from psqlmigrate.service.schemas import Schemas
from psqlmigrate.service.state import State
from psqlmigrate.service.versions import pending
from psqlmigrate.service.workspace import Workspace

DATABASE, MIGRATIONS = "database", "migrations"


@dataclass(frozen=True, slots=True)
class Baseline:
    """A schema to start from and its origin, `database` or `migrations`.

    `words` say it to people; `notes` say why it is not the other one where that may surprise.
    """

    catalog: Catalog
    origin: str
    words: str
    notes: tuple[str, ...] = ()
    replayable: bool = True
    """Whether the migration files build it, too."""
    needed: frozenset[ObjectId] = frozenset()
    """What no migration made and something of theirs stands on: never dropped."""


def choose(schemas: Schemas, wish: str | None = None, *, orphans: bool = False) -> Baseline:
    """The baseline that was wished for, or: the database where every migration is applied to it
    and nobody changed it by hand, else the migrations.

    `orphans`: what no migration made is part of it, too, so that it is dropped. That needs the
    database. Raises UsageError for a database that was wished for and does not fit.
    """
    if wish not in {None, DATABASE, MIGRATIONS}:
        raise UsageError(f'"{wish}" is no baseline', hint=f"{DATABASE} or {MIGRATIONS}")
    if wish == MIGRATIONS and not orphans:
        return _of_migrations(schemas)
    forced = wish == DATABASE or orphans
    if not forced and not schemas.workspace.has_target:
        return _of_migrations(schemas)
    try:
        with schemas.workspace.connection() as connection:
            return _of_database(schemas, connection, forced=forced, orphans=orphans)
    except ConnectionFailedError as error:
        if forced:
            raise
        return _of_migrations(schemas, f"the database was not looked at: {error.message}")


def _of_migrations(schemas: Schemas, *notes: str) -> Baseline:
    files = schemas.workspace.graph.order
    return Baseline(schemas.replayed(files), MIGRATIONS, _counted(len(files)), notes)


def _counted(count: int) -> str:
    return f"{count} migration{'' if count == 1 else 's'}"


def _of_database(
    schemas: Schemas, connection: Connection, *, forced: bool, orphans: bool
) -> Baseline:
    workspace = schemas.workspace
    rows = history.read(connection, workspace.tables, only_reading=True)
    now = workspace.lineage(history.applied(rows))
    applied = now.applied
    waiting = pending(now.graph, applied)
    unknown = applied - now.graph.files.keys()
    if not forced and (rows is None or waiting or unknown):
        return _of_migrations(schemas)
    if waiting or unknown:
        raise UsageError(
            f"the database is no baseline: {_counted(len(waiting))} not applied to it"
            if waiting
            else f"the database is no baseline: {min(unknown)} is applied and has no file",
            hint="psqlmigrate upgrade first, or --baseline migrations",
        )
    live = live_schema(workspace, connection)
    books = inspect(connection, workspace.tables, only_reading=True)
    recorded = state.read(connection, workspace.tables, books, now.recorded)
    words = f"{workspace.chosen.label}, {_counted(len(applied))} applied"
    if recorded is None or not recorded.current:
        if not forced:
            return _of_migrations(schemas)
        known = state_hashes(schemas.replayed(workspace.graph.order))
        return _seen(workspace, live, known, words, orphans=orphans, replayable=False)
    recorded = with_found(schemas, workspace.graph.order, recorded, live)
    if not forced and (note := _drift_note(recorded, live, schemas.selection)):
        return _of_migrations(schemas, note)
    return _seen(workspace, live, recorded.hashes, words, orphans=orphans, replayable=not forced)


def _seen(
    workspace: Workspace,
    live: Catalog,
    known: state.Hashes,
    words: str,
    *,
    orphans: bool,
    replayable: bool,
) -> Baseline:
    if orphans:
        whole = without_home(live, workspace.tables, known)
        return Baseline(whole, DATABASE, words, replayable=replayable)
    return replace(of_managed(live, known, words), replayable=replayable)


def of_managed(live: Catalog, known: Iterable[tuple[str, str]], words: str = "") -> Baseline:
    """The database as a baseline: what migrations made, and what that stands on."""
    mine = managed(live, known).objects.keys()
    needed = _needed(live, mine)
    whole = live.where(lambda one: one.id in mine or one.id in needed)
    return Baseline(whole, DATABASE, words, needed=frozenset(needed))


def _needed(live: Catalog, mine: Collection[ObjectId]) -> set[ObjectId]:
    """Objects beyond `mine` that these cannot be made without, each with all that belongs to it."""
    belongings: dict[ObjectId, list[ObjectId]] = {}
    for one in live:
        for owner in one.owners[:1]:
            belongings.setdefault(owner, []).append(one.id)
    found: set[ObjectId] = set()
    queue = list(mine)
    while queue:
        oid = queue.pop()
        nearby = {*live.edges.get(oid, ()), *live.objects[oid].owners[:1]}
        if oid in found:
            nearby.update(belongings.get(oid, ()))
        more = {
            one for one in nearby if one in live.objects and one not in found and one not in mine
        }
        found |= more
        queue += more
    return found


def _drift_note(recorded: State, live: Catalog, selection: Selection) -> str:
    count = len(by_hand(recorded, live, selection))
    if not count:
        return ""
    objects = "object differs" if count == 1 else "objects differ"
    return f"{count} {objects} in the database from what the migrations made there"


def with_found(
    schemas: Schemas, applied: Sequence[MigrationFile], recorded: State, live: Catalog
) -> State:
    """The state, and in it what a migration makes and found to be there (CREATE … IF NOT EXISTS).

    A run sees that such a thing did not change, not whose it is; psqlmodel's migrations are all
    written so. It counts as the migration's, with the hash that the migrations give it. Nothing
    is replayed where all that is there is recorded; where they do not replay, nothing is found.
    """
    strange = state.live_hashes(live).keys() - recorded.hashes.keys()
    if not strange:
        return recorded
    try:
        built = state.live_hashes(schemas.replayed(applied))
    except (StatementError, MigrationFileError):
        return recorded
    others = {(one.kind, state.stored_name(str(one))) for one in schemas.given}
    found = {key: built[key] for key in strange if key in built and key not in others}
    return replace(recorded, hashes={**recorded.hashes, **found})


def by_hand(
    recorded: State, live: Catalog, selection: Selection = ALL
) -> tuple[tuple[str, str], ...]:
    """What was changed by hand since the last run, by (kind, name), without what is left out.

    What no migration made counts when it belongs to something that one made; what others have
    granted on that is theirs.
    """
    found = state.drift(recorded, state_hashes(live))
    kinds = {kind for kind, _ in found.added}
    ids = {_name(oid): oid for oid in live.objects if oid.kind in kinds}
    added = (key for key in found.added if not live.objects[ids[key]].concern)
    mine = (key for key in added if _is_made(live, ids[key], recorded.hashes))
    names = (*found.changed, *found.removed, *mine)
    if not names or selection.everything:
        return names
    looked_at = selection.of(live.objects)
    left_out = {_name(one.id) for one in live if not looked_at(one)}
    return tuple(one for one in names if one not in left_out)


def _is_made(live: Catalog, oid: ObjectId, known: Container[tuple[str, str]]) -> bool:
    """Whether a migration made it or what it belongs to, and nothing of that is PostgreSQL's."""
    line = [oid]
    while (owners := live.objects[line[-1]].owners) and owners[0] in live.objects:
        line.append(owners[0])
    return any(_name(one) in known for one in line) and not any(
        live.objects[one].native for one in line
    )


def _name(oid: ObjectId) -> tuple[str, str]:
    return oid.kind, state.stored_name(str(oid))


def managed(live: Catalog, known: Iterable[tuple[str, str]]) -> Catalog:
    """The catalog without what neither is among `known` (kind, name) nor belongs to it."""
    names = {(kind, state.stored_name(name)) for kind, name in known}

    def is_managed(oid: ObjectId) -> bool:
        one = live.objects[oid]
        if one.native or _name(oid) in names:
            return True
        if one.concern:  # what others have granted on it is theirs
            return False
        owners = one.owners
        return bool(owners) and owners[0] in live.objects and is_managed(owners[0])

    return live.without({oid for oid in live.objects if not is_managed(oid)})
