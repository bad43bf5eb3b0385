"""Where a project and its database stand."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

import psycopg

from psqlmigrate.errors import (
    MigrationError,
    MigrationFileError,
    PlanRefusedError,
    ScratchError,
    SourceError,
    StatementError,
)
from psqlmigrate.migrations.file import MigrationFile
from psqlmigrate.migrations.sent import shown
from psqlmigrate.postgres.connect import Connection
from psqlmigrate.postgres.target import Target
from psqlmigrate.schema.catalog import Catalog
from psqlmigrate.schema.hashing import state_hashes
from psqlmigrate.service import certificates, halfrun, history, holding, state
from psqlmigrate.service.baseline import Baseline, by_hand, of_managed
from psqlmigrate.service.bookkeeping import inspect
from psqlmigrate.service.certificates import Name
from psqlmigrate.service.checking import rename_words, settled
from psqlmigrate.service.describing import Entry, entries
from psqlmigrate.service.halfrun import Begun
from psqlmigrate.service.history import AppliedRow
from psqlmigrate.service.lineage import Lineage
from psqlmigrate.service.live import live, selection_of
from psqlmigrate.service.schemanames import refuse_strange_here
from psqlmigrate.service.schemas import Schemas
from psqlmigrate.service.scratching import scratch_of
from psqlmigrate.service.state import State
from psqlmigrate.service.straying import may_be_found, straying, unmanaged
from psqlmigrate.service.versions import pending
from psqlmigrate.service.workspace import Workspace
from psqlmigrate.sources.interpreter import find_interpreter
from psqlmigrate.sources.modelspec import parse_specs

BY_HAND = "database, not in any migration"
UNPROVEN = "database, differs in print, unproven"
NOT_MIGRATED = "models, not in any migration"


@dataclass(frozen=True, slots=True)
class Pending:
    """A migration that is not applied yet; what its certificate says of it, if it has one."""

    version: str
    message: str
    file: str
    statements: int | None
    hazards: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Drifted:
    """An object that differs, and which comparison found it."""

    object: Entry
    found: str


@dataclass(frozen=True, slots=True)
class StatusResult:
    """What `status` tells; `drift` is None where nobody looked, `unmanaged` what no migration made.

    `begun` are migrations without a transaction that were not finished, some of them dirty.
    """

    begun: tuple[Begun, ...]
    target: str
    source: str
    initialized: bool
    migrations_path: str
    current: tuple[str, ...]
    current_message: str
    current_since: datetime | None
    applied: int
    pending: tuple[Pending, ...]
    unknown: tuple[str, ...]
    drift: tuple[Drifted, ...] | None
    unmanaged: tuple[str, ...]
    unmodelled: tuple[str, ...]
    notes: tuple[str, ...] = ()
    python: str = ""
    """The interpreter that reads the models, and what it was chosen by."""


@dataclass(frozen=True, slots=True)
class _Look:
    """What a look at the schemas found; no drift is told where the migrations do not replay."""

    drift: tuple[Drifted, ...] | None
    unmanaged: tuple[str, ...] = ()
    unmodelled: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def status(workspace: Workspace, *, with_models: bool) -> StatusResult:
    """Where the database stands: against what the migrations left there, and against the models.

    Scratch databases are made only where the recorded hashes do not answer, or for the models.
    """
    with workspace.connection() as connection:
        advice = _advice(connection)
        rows = history.read(connection, workspace.tables, only_reading=True)
        now = workspace.lineage(history.applied(rows))
        begun, notes = _begun(workspace, connection)
        look = None
        if rows is not None:
            look = _Looker(workspace, connection, now).look(with_models=with_models)
    python = _python(workspace) if look and with_models else ""
    result = _result(workspace, rows, begun, now, look, python)
    return replace(result, notes=(*notes, *result.notes, *advice))


def _advice(connection: Connection) -> list[str]:
    """Of the server that answered, whatever file or variable names it."""
    info = connection.info
    where = Target({"host": info.host, "hostaddr": info.hostaddr}, "")
    return list(filter(None, [where.advice(info.get_parameters().get("sslmode", ""))]))


class _Looker:
    """Compares the database with what is recorded, with the migrations and with the models."""

    def __init__(self, workspace: Workspace, connection: Connection, now: Lineage) -> None:
        self._workspace = workspace
        self._connection = connection
        self._now = now
        self._selection = selection_of(workspace)

    def look(self, *, with_models: bool) -> _Look:
        workspace = self._workspace
        if self._now.trouble:
            # What the missing originals made cannot be told from what somebody did by hand.
            return _unknown(live(workspace, self._connection, edges=False), "files are missing")
        models = with_models and bool(workspace.settings.models)
        found = live(workspace, self._connection, edges=models)
        recorded = self._recorded()
        if not models:
            self._refuse_strange(recorded, found)
        if recorded and not models and not by_hand(recorded, found, self._selection):
            strange = self._unmanaged(found, recorded.hashes)
            if not may_be_found(self._applied_files(), strange):
                return _Look((), strange, found.unmodelled)
        if not models:
            found = live(workspace, self._connection)  # a copy of it can only be made by its edges
        try:
            with scratch_of(workspace) as scratch:
                schemas = Schemas(workspace, scratch)
                return self._with_scratch(schemas, recorded, found, models=models)
        except (ScratchError, PlanRefusedError) as error:
            return self._without_copy(recorded, found, error)
        except (StatementError, MigrationFileError, SourceError) as error:
            if models and isinstance(error, SourceError):
                raise
            # psqlmodel's users stamp what would not run, and what a migration makes beyond the
            # database is not made in scratch: what else is known is told all the same.
            return _unknown(
                found,
                "; ".join(
                    filter(
                        None, (f"the migrations cannot be replayed: {error.message}", error.hint)
                    )
                ),
            )

    def _refuse_strange(self, recorded: State | None, *sides: Catalog) -> None:
        words = "in the database, nor in the models" if sides[1:] else "in the database"
        refuse_strange_here(self._workspace, words, recorded.hashes if recorded else (), *sides)

    def _recorded(self) -> State | None:
        tables = self._workspace.tables
        books = inspect(self._connection, tables, only_reading=True)
        found = state.read(self._connection, tables, books, self._now.recorded)
        return found if found and found.current else None

    def _with_scratch(
        self, schemas: Schemas, recorded: State | None, found: Catalog, *, models: bool
    ) -> _Look:
        if models:
            self._refuse_strange(recorded, found, schemas.models.catalog)
        strayed = straying(schemas, self._applied_files(), recorded, found)
        objects = entries(strayed.changes, strayed.built, strayed.mine)
        drift = tuple(Drifted(one, BY_HAND) for one in objects)
        notes: tuple[str, ...] = ()
        if models:
            more, notes = self._models(schemas, of_managed(found, strayed.known), drift)
            drift += more
        return _Look(drift, self._unmanaged(found, strayed.known), found.unmodelled, notes)

    def _models(
        self, schemas: Schemas, mine: Baseline, drift: tuple[Drifted, ...]
    ) -> tuple[tuple[Drifted, ...], tuple[str, ...]]:
        """The models against the database where it is at their migrations, else against these."""
        graph = self._workspace.graph
        if drift or pending(self._now.graph, self._now.applied):
            base = Baseline(schemas.replayed(graph.order), "migrations", "")
        else:
            base = mine
        found = settled(schemas, base)
        objects = [
            Entry("~", one.new.kind, str(one.new), words)
            for one, words in zip(
                found.renamed.names, rename_words(found.renamed.names), strict=True
            )
        ]
        objects += entries(found.changes, found.renamed.catalog, found.desired)
        notes = (*schemas.models.warnings, *found.notes)
        return tuple(Drifted(one, NOT_MIGRATED) for one in objects), notes

    def _without_copy(
        self, recorded: State | None, found: Catalog, error: ScratchError | PlanRefusedError
    ) -> _Look:
        """No scratch at all, or none that can have all of the schema."""
        if recorded:
            return self._unproven(recorded, found, error)
        if isinstance(error, ScratchError):
            raise error
        return _unknown(found, "; ".join(filter(None, (error.message, error.hint))))

    def _unproven(self, recorded: State, found: Catalog, error: MigrationError) -> _Look:
        """Without scratch only the hashes are known, and text may differ in print alone."""
        changes = state.drift(recorded, state_hashes(found))
        objects = [Entry("~", kind, name) for kind, name in changes.changed]
        objects += [Entry("-", kind, name) for kind, name in changes.removed]
        mine = {*by_hand(recorded, found, self._selection)}
        objects += [Entry("+", kind, name) for kind, name in changes.added if (kind, name) in mine]
        drift = tuple(Drifted(one, UNPROVEN) for one in objects)
        notes = (f"models and texts were not compared: {error.message}",)
        return _Look(drift, self._unmanaged(found, recorded.hashes), found.unmodelled, notes)

    def _unmanaged(self, found: Catalog, known: Iterable[Name]) -> tuple[str, ...]:
        return unmanaged(found, known, self._selection)

    def _applied_files(self) -> tuple[MigrationFile, ...]:
        now = self._now
        return tuple(one for one in now.graph.order if one.version in now.applied)


def _begun(
    workspace: Workspace, connection: Connection
) -> tuple[tuple[Begun, ...], tuple[str, ...]]:
    """What was begun and not finished, and notes where that is not known, or may be just now."""
    tables = workspace.tables
    there = inspect(connection, tables, only_reading=True)
    if not there.journal:
        return (), ()
    try:
        found = tuple(map(halfrun.begun, halfrun.read(connection, tables).values()))
    except psycopg.errors.InsufficientPrivilege as error:
        return (), (f"what is half run is not known: {error.diag.message_primary}",)
    by = holding.anybody(connection, tables, there) if found else None
    return ((), (f"a run is at work: {by}",)) if by else (found, ())


def _unknown(found: Catalog, reason: str) -> _Look:
    return _Look(None, (), found.unmodelled, (f"drift is not known: {reason}",))


def _result(
    workspace: Workspace,
    rows: tuple[AppliedRow, ...] | None,
    begun: tuple[Begun, ...],
    now: Lineage,
    look: _Look | None,
    python: str,
) -> StatusResult:
    done, graph = now.applied, now.graph
    at = graph.current(done)
    row = next(
        (
            one
            for one in reversed(rows or ())
            if one.is_applied and now.behind.get(one.version, one.version) in at
        ),
        None,
    )
    troubles = (f"{now.trouble.message}; {now.trouble.hint}",) if now.trouble else ()
    return StatusResult(
        begun,
        workspace.chosen.label,
        workspace.chosen.source,
        rows is not None,
        shown(workspace.migrations_path),
        at,
        _message(now, row) if row else "",
        row.applied_at if row else None,
        len(done),
        tuple(_pending(one) for one in pending(graph, done)),
        tuple(sorted(done - graph.files.keys())),
        look.drift if look else None,
        look.unmanaged if look else (),
        look.unmodelled if look else (),
        (*(look.notes if look else ()), *troubles),
        python,
    )


def _message(now: Lineage, row: AppliedRow) -> str:
    by = now.behind.get(row.version)
    return (now.graph.files[by].message if by else row.message) or ""


def _python(workspace: Workspace) -> str:
    settings = workspace.settings
    if all(one.is_sql for one in parse_specs(settings.models, settings.root)):
        return ""
    found = find_interpreter(settings.root, settings.python, workspace.env)
    return f"{found.path}   ({found.origin})"


def _pending(file: MigrationFile) -> Pending:
    known = certificates.read(file)
    if known is None:
        return Pending(file.version, file.message, file.name, None, ())
    hazards = sorted({hazard for one in known.statements for hazard in one.hazards})
    return Pending(file.version, file.message, file.name, len(known.statements), tuple(hazards))
