"""What somebody changed in a database behind the migrations' back, and both ways out of it."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from psqlmigrate.errors import (
    AppliedFileError,
    NotInitializedError,
    PlanRefusedError,
    ProofError,
    SourceError,
    missing_role,
)
from psqlmigrate.migrations.file import MigrationFile
from psqlmigrate.postgres.connect import Connection
from psqlmigrate.postgres.introspect import introspect
from psqlmigrate.postgres.loading import load_statements
from psqlmigrate.schema.catalog import Catalog
from psqlmigrate.schema.statement import Statement
from psqlmigrate.service import history, state, versions
from psqlmigrate.service.adopting import Seen, adopt
from psqlmigrate.service.baseline import MIGRATIONS, Baseline, by_hand
from psqlmigrate.service.bookkeeping import inspect
from psqlmigrate.service.canonical import build
from psqlmigrate.service.certificates import Name
from psqlmigrate.service.describing import Entry, entries
from psqlmigrate.service.generating import GenerateResult, parents_of, write_certified
from psqlmigrate.service.lineage import Lineage
from psqlmigrate.service.live import live, selection_of
from psqlmigrate.service.othertools import without_bookkeeping
from psqlmigrate.service.planning import plan
from psqlmigrate.service.renamepairs import candidates
from psqlmigrate.service.renametext import read_request
from psqlmigrate.service.renaming import settle
from psqlmigrate.service.schemanames import refuse_strange_here
from psqlmigrate.service.schemas import Schemas
from psqlmigrate.service.scratching import in_scratch, scratch_of, with_roles
from psqlmigrate.service.state import State
from psqlmigrate.service.straying import (
    Straying,
    keeping,
    may_be_found,
    restoring,
    straying,
    unmanaged,
)
from psqlmigrate.service.workspace import Workspace
from psqlmigrate.service.writing import refuse_unfit

_TAKEN = re.compile(r'"(.+)" already exists')


@dataclass(frozen=True, slots=True)
class DriftResult:
    """What differs from what the applied migrations made, as the database has it now.

    `statements` restore what the migrations made; `refused` says why there are none, if no plan
    does; `untried` why they could not be tried out in scratch. `offers` are renames that would explain something, as `old:new`. `unmanaged` is what no migration made, which no way out touches.
    """

    target: str
    applied: int
    objects: tuple[Entry, ...]
    statements: tuple[Statement, ...]
    refused: str
    unmanaged: tuple[str, ...]
    unmodelled: tuple[str, ...]
    offers: tuple[str, ...] = ()
    untried: str = ""
    written: GenerateResult | None = None

    @property
    def files(self) -> tuple[Path, ...]:
        """The migrations that take the change over."""
        return self.written.files if self.written else ()


@dataclass(frozen=True, slots=True)
class Keep:
    """The wish for a migration that takes the change over; `renames` are `old:new`.

    `unmanaged`: what no migration made is taken over, too, except other tools' tables.
    """

    message: str
    as_sql: bool = False
    renames: tuple[str, ...] = ()
    unmanaged: bool = False

    def further(self, found: Catalog, own_schema: str) -> frozenset[Name]:
        """What is taken over without being managed, by kind and name; never our own schema."""
        names = {read_request(one).name for one in self.renames}
        wanted = without_bookkeeping(found)[0] if self.unmanaged else found
        return frozenset(
            (oid.kind, str(oid))
            for oid, one in wanted.objects.items()
            if not (one.owners or one.native or oid.path == (own_schema,))
            and (self.unmanaged or oid.path[-1] in names)
        )


def drift(workspace: Workspace, keep: Keep | None = None) -> DriftResult:
    """Compares the database with the migrations that are applied to it, whatever is pending.

    With `keep` the change becomes a certified migration that is recorded as applied. Raises
    NotInitializedError, AppliedFileError where files do not fit the history (and, with `keep`,
    where migrations are pending), UsageError, and what replaying, planning and proving raise.
    """
    if keep:
        refuse_unfit(keep.message, 'drift --to-migration "index made during the outage"')
    with workspace.connection() as connection:
        rows = history.read(connection, workspace.tables, only_reading=keep is None)
        if rows is None:
            raise NotInitializedError(
                f"{workspace.chosen.label} has no history of migrations",
                hint="psqlmigrate init creates its tables; init --from-database makes the schema"
                " that is there the first migration",
            )
        checksums = {row.version: row.checksum for row in rows if row.is_applied}
        versions.refuse_edited(workspace.directory, checksums)
        now = workspace.lineage(history.applied(rows))
        if now.trouble:
            raise now.trouble
        return _Drift(workspace, connection, now).look(keep)


class _Drift:
    """One look at a database that has a history."""

    def __init__(self, workspace: Workspace, connection: Connection, now: Lineage) -> None:
        self._workspace = workspace
        self._connection = connection
        self._now = now

    def look(self, keep: Keep | None) -> DriftResult:
        recorded = self._recorded()
        found = live(self._workspace, self._connection)
        names = recorded.hashes if recorded else ()
        words = "in the database, nor in what is recorded of it"
        refuse_strange_here(self._workspace, words, names, found)
        further = keep.further(found, self._workspace.tables.schema) if keep else frozenset[Name]()
        selection = selection_of(self._workspace)
        if recorded and not further and not by_hand(recorded, found, selection):
            plain = self._result(found, recorded.hashes)
            if not may_be_found(self._files, plain.unmanaged):
                return plain
        with scratch_of(self._workspace) as scratch:
            schemas = Schemas(self._workspace, scratch)
            strayed = straying(schemas, self._files, recorded, found, further)
            objects = entries(strayed.changes, strayed.built, strayed.mine)
            offers = tuple(one.text for one in candidates(strayed.built, strayed.whole))
            result = replace(self._result(found, strayed.known), objects=objects, offers=offers)
            if not objects:
                return result
            if keep:
                return replace(result, written=self._kept(schemas, strayed, keep))
            return _with_way_back(schemas, strayed, result)

    @property
    def _files(self) -> Sequence[MigrationFile]:
        return [one for one in self._now.graph.order if one.version in self._now.applied]

    def _recorded(self) -> State | None:
        tables = self._workspace.tables
        books = inspect(self._connection, tables, only_reading=True)
        found = state.read(self._connection, tables, books, self._now.recorded)
        return found if found and found.current else None

    def _result(self, found: Catalog, known: Iterable[Name]) -> DriftResult:
        selection = selection_of(self._workspace)
        return DriftResult(
            self._workspace.chosen.label,
            len(self._now.applied),
            (),
            (),
            "",
            unmanaged(found, known, selection),
            found.unmodelled,
        )

    def _kept(self, schemas: Schemas, strayed: Straying, keep: Keep) -> GenerateResult:
        self._refuse_pending()
        scratch = schemas.scratch
        built = schemas.replayed(self._files)
        desired = keeping(strayed, built)
        renamed, _ = with_roles(scratch, lambda: settle(scratch, built, desired, keep.renames))
        base = Baseline(built, MIGRATIONS, f"{len(self._now.applied)} migrations")
        seen = Seen(strayed.found, self._now.recorded, desired)
        return adopt(
            self._workspace,
            self._connection,
            seen,
            lambda: write_certified(
                schemas, base, renamed, desired, keep.message, as_sql=keep.as_sql
            ),
        )

    def _refuse_pending(self) -> None:
        graph = self._now.graph
        parents_of(graph)
        waiting = versions.pending(graph, self._now.applied)
        if waiting:
            some = "1 migration is" if len(waiting) == 1 else f"{len(waiting)} migrations are"
            raise AppliedFileError(
                f"{some} pending: what takes the change over would come before"
                f" {waiting[0].version}, which was made without it",
                hint="psqlmigrate upgrade first, or undo the change with the SQL of"
                " psqlmigrate drift",
            )


class _CopyError(Exception):
    """No copy of the database could be made; the reason."""


def _with_way_back(schemas: Schemas, strayed: Straying, result: DriftResult) -> DriftResult:
    """With the statements that restore what was built, tried out; or why there are none."""
    try:
        before, after = restoring(strayed)
        result = replace(result, statements=plan(before, after).statements)
        _try_out(schemas, strayed, before, result.statements)
    except _CopyError as error:
        return replace(result, untried=str(error))
    except (PlanRefusedError, ProofError, SourceError) as error:
        message = error.message.removeprefix("the plan: ") + _who_has_it(strayed, error.message)
        reason = "; ".join(filter(None, (message, error.hint)))
        return replace(result, statements=(), refused=reason)
    return result


def _who_has_it(strayed: Straying, message: str) -> str:
    """Words for the unmanaged thing whose name PostgreSQL says is taken; it may be another's part."""
    taken = _TAKEN.search(message)
    if taken is None:
        return ""
    others = strayed.found.objects.keys() - strayed.mine.objects.keys()
    found = sorted(f"{oid.kind} {oid.shown}" for oid in others if oid.path[-1] == taken[1])
    return f" ({', '.join(found)}, which no migration made)" if found else ""


def _try_out(
    schemas: Schemas, strayed: Straying, before: Catalog, statements: Sequence[Statement]
) -> None:
    """Raises SourceError for what PostgreSQL refuses, ProofError where it does not lead back.

    What nobody models can be missing in the copy, so that there is none: _CopyError.
    """

    def act(connection: Connection) -> Catalog:
        try:
            build(connection, before)
        except SourceError as error:
            if missing_role(error):
                raise
            raise _CopyError(error.message.removeprefix("the plan: ")) from None
        load_statements(connection, statements)
        return introspect(connection)

    have = in_scratch(schemas.scratch, act)
    concerned = {one.subject.id for one in strayed.changes}
    wrong = [oid for oid in concerned if have.get(oid) != strayed.built.get(oid)]
    if wrong:
        have = schemas.fixpoint(have)
        wrong = [oid for oid in wrong if have.get(oid) != strayed.built.get(oid)]
    if wrong:
        names = ", ".join(sorted(f"{oid.kind} {oid.shown}" for oid in wrong))
        raise ProofError(f"no plan that was found restores {names}")
