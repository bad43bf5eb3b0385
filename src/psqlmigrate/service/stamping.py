"""Makes versions count as applied without running them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from psqlmigrate.migrations.file import MigrationFile
from psqlmigrate.service import blocking, history, journal, state
from psqlmigrate.service.attempt import Work
from psqlmigrate.service.session import locked
from psqlmigrate.service.transaction import begin, commit, roll_back


@dataclass(frozen=True, slots=True)
class StampResult:
    """Which versions count as applied now and did not before, and the other way round.

    `state_known` is False where a stamped migration has no certificate: what is managed is not
    known then, and status replays the migrations to tell drift.
    """

    marked: tuple[str, ...]
    unmarked: tuple[str, ...]
    state_known: bool = True


def stamp(work: Work, files: Sequence[MigrationFile], target: str, *, purge: bool) -> StampResult:
    """Makes exactly these count as applied, all in one transaction; `purge` forgets the history."""
    with locked(work):
        return blocking.patiently(
            lambda: _in_transaction(work, files, target, purge=purge),
            work.options.lock_wait,
            lambda waited, _: work.progress.blocked(waited, "a lock that another session holds"),
        )


def _in_transaction(
    work: Work, files: Sequence[MigrationFile], target: str, *, purge: bool
) -> StampResult:
    begin(work.connection, work.options.lock_timeout, work.options.statement_timeout)
    try:
        result = _stamp(work, files, target, purge=purge)
        commit(work.connection)
    finally:
        roll_back(work.connection)
    return result


def _stamp(work: Work, files: Sequence[MigrationFile], target: str, *, purge: bool) -> StampResult:
    connection, tables = work.connection, work.tables
    before = history.applied(history.rows(connection, tables))
    history.stamp(connection, tables, files, purge=purge)
    recorded = history.applied(history.rows(connection, tables))
    known = _adopt(work, files, recorded)
    marked, unmarked = tuple(sorted(recorded - before)), tuple(sorted(before - recorded))
    journal.write(
        connection, tables, "stamped", None, target=target, marked=marked, unmarked=unmarked
    )
    return StampResult(marked, unmarked, known)


def _adopt(work: Work, files: Sequence[MigrationFile], applied: Collection[str]) -> bool:
    """Writes the state as the certificates tell it; else takes its mark away."""
    look = work.hooks.look
    hashes = state.adopted(files, look(work.connection)) if look else None
    if hashes is None:
        state.unmark(work.connection, work.tables)
        return False
    state.write(work.connection, work.tables, work.found, hashes, applied)
    return True
