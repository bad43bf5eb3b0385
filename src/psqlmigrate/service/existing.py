"""The schema that a database has already becomes the first migration, recorded as applied there."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from psqlmigrate.errors import AppliedFileError, PlanRefusedError
from psqlmigrate.migrations.sent import shown
from psqlmigrate.postgres.connect import Connection
from psqlmigrate.schema.catalog import Catalog, diff
from psqlmigrate.schema.selection import EVERYTHING, merged, only
from psqlmigrate.service import history
from psqlmigrate.service.adopting import Seen, adopt
from psqlmigrate.service.baseline import MIGRATIONS, Baseline
from psqlmigrate.service.generating import GenerateResult, write_certified
from psqlmigrate.service.initializing import initialize
from psqlmigrate.service.live import live
from psqlmigrate.service.othertools import without_bookkeeping
from psqlmigrate.service.planning import plan
from psqlmigrate.service.renaming import Renamed
from psqlmigrate.service.schemanames import refuse_strange
from psqlmigrate.service.schemas import Schemas
from psqlmigrate.service.scratching import scratch_of
from psqlmigrate.service.workspace import Workspace
from psqlmigrate.service.writing import refuse_unfit


@dataclass(frozen=True, slots=True)
class ExistingResult:
    """What was written of the database's schema; `written` is None for an empty one.

    `lines` say it to people. `left_out` are other tools' tables, with the tool; `unmodelled` is
    what no kind can express.
    """

    lines: tuple[str, ...]
    written: GenerateResult | None
    left_out: tuple[tuple[str, str], ...]
    unmodelled: tuple[str, ...]

    @property
    def files(self) -> tuple[Path, ...]:
        """The migrations."""
        return self.written.files if self.written else ()


def initialize_from_database(
    workspace: Workspace, message: str, *, as_sql: bool = False
) -> ExistingResult:
    """What `initialize` does, and the schema of the database becomes the first migration.

    It is certified, and recorded as applied; no data is touched. Raises AppliedFileError where
    there are migrations already, PlanRefusedError where what was chosen needs what was left out,
    UsageError, and what proving and scratch databases raise. What cannot be made anew is refused
    before there is any file or table.
    """
    refuse_unfit(message, 'init --from-database --message "the schema so far"')
    _refuse_a_second_start(workspace)
    with workspace.connection() as connection, scratch_of(workspace) as scratch:
        taking = _TakingOver(Schemas(workspace, scratch), connection)
        made = initialize(workspace, offline=False)
        found = taking.over(message, as_sql=as_sql)
    return replace(found, lines=(*made.lines, *_told(found)))


def _told(found: ExistingResult) -> Iterable[str]:
    for name, tool in found.left_out:
        yield f"left out: {name}, in which {tool} keeps its history"
    yield from (f"not in the migration: {one}" for one in found.unmodelled)
    one = found.written
    if one is None:
        yield "the database has no schema yet: there is nothing to write"
        return
    count = len(one.objects)
    yield f"certified in {one.seconds:.1f} s: up, down, up"
    for path in one.files:
        yield f"wrote {shown(path)}: {count} object{'' if count == 1 else 's'}"
    yield "recorded as applied: the database has it already"


def _refuse_a_second_start(workspace: Workspace) -> None:
    """Raises AppliedFileError where there are migrations, on disk or in the history."""
    if files := workspace.directory.files:
        raise AppliedFileError(
            f"there are migrations already, from {files[0].name} on",
            hint="psqlmigrate stamp head records them as applied to this database; drift shows"
            " what differs then",
        )
    with workspace.connection() as connection:
        applied = history.applied(history.read(connection, workspace.tables))
    if applied:
        raise AppliedFileError(
            f"{workspace.chosen.label} has a history already: {max(applied)} is applied to it",
            hint="restore the migrations from version control; psqlmigrate stamp base --purge"
            " forgets the history",
        )


class _TakingOver:
    """Looks at the schema, and whether it can be made anew, before anything is written anywhere."""

    def __init__(self, schemas: Schemas, connection: Connection) -> None:
        self._schemas = schemas
        self._connection = connection
        self._base = Baseline(schemas.replayed(()), MIGRATIONS, "no migration")
        self._found = live(schemas.workspace, connection)
        refuse_strange(schemas.workspace, "in the database", self._found)
        self._desired = self._desire()

    def _desire(self) -> Catalog:
        empty = self._base.catalog
        rest, _ = without_bookkeeping(self._found)
        desired = _desired(self._schemas, empty, rest)
        try:
            plan(empty, desired)
            plan(desired, empty)
        except PlanRefusedError as error:
            raise PlanRefusedError(
                f"no migration makes this schema and takes it away again: {error.message}",
                details=error.details,
                hint="ignore in the configuration leaves out what stands in the way",
            ) from None
        return desired

    def over(self, message: str, *, as_sql: bool) -> ExistingResult:
        """Writes and records the migration; the bookkeeping tables are there by now."""
        schemas, base = self._schemas, self._base
        found = live(schemas.workspace, self._connection)
        if found != self._found:  # making the tables can make their schema
            self._found = found
            self._desired = self._desire()
        desired = self._desired
        written = None
        if diff(base.catalog, desired):
            written = adopt(
                schemas.workspace,
                self._connection,
                Seen(found, frozenset(), desired),
                lambda: write_certified(
                    schemas, base, Renamed(base.catalog), desired, message, as_sql=as_sql
                ),
            )
        _, tools = without_bookkeeping(found)
        left_out = tuple((str(oid), tool) for oid, tool in sorted(tools.items()))
        return ExistingResult((), written, left_out, found.unmodelled)


def _desired(schemas: Schemas, empty: Catalog, found: Catalog) -> Catalog:
    """What the migration shall build, as scratch prints it."""
    wanted = _without_history_schema(schemas.workspace, only(found, schemas.selection))
    for oid in wanted.objects:
        missing = sorted(found.edges.get(oid, frozenset()) - wanted.objects.keys())
        if missing:
            raise PlanRefusedError(
                f"{oid.kind} {oid.shown} needs {missing[0].kind} {missing[0].shown}, which is left out",
                hint="--schema and ignore must leave in, or leave out, both of them",
            )
    return merged(empty, schemas.fixpoint(wanted), EVERYTHING, schemas.selection)


def _without_history_schema(workspace: Workspace, found: Catalog) -> Catalog:
    """Psqlmigrate itself makes the schema of its tables before the first migration."""
    name = workspace.tables.schema
    home = next((one for one in found if one.id.path == (name,) and not one.native), None)
    if home is None:
        return found
    if not any(home.id in targets for targets in found.edges.values()):
        return found.where(lambda one: one.id != home.id)
    raise PlanRefusedError(
        f"schema {name} holds psqlmigrate's tables and others: a new database would have it"
        " before the first migration makes it",
        hint="give psqlmigrate a schema of its own: history_schema",
    )
