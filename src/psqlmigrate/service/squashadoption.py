"""Records squashed migrations as applied where everything that they replace is."""

from psqlmigrate.migrations.replaced import walk
from psqlmigrate.service import blocking, history, journal, state
from psqlmigrate.service.attempt import Work
from psqlmigrate.service.lineage import Lineage
from psqlmigrate.service.transaction import begin, commit, roll_back


def adopt(work: Work, now: Lineage) -> tuple[str, ...]:
    """The versions that are recorded now, under the lock of the run; nothing of them is run.

    Rows of what they replace stay: an older checkout of the project goes by them.
    """
    if not now.adoptable:
        return ()
    return blocking.patiently(
        lambda: _in_transaction(work, now),
        work.options.lock_wait,
        lambda waited, _: work.progress.blocked(waited, "a lock that another session holds"),
    )


def _in_transaction(work: Work, now: Lineage) -> tuple[str, ...]:
    begin(work.connection, work.options.lock_timeout, work.options.statement_timeout)
    try:
        adopted = _adopt(work, now)
        commit(work.connection)
    finally:
        roll_back(work.connection)
    return adopted


def _adopt(work: Work, now: Lineage) -> tuple[str, ...]:
    connection, tables = work.connection, work.tables
    recorded = state.read(connection, tables, work.found, now.recorded)
    for file in now.adoptable:
        connection.execute(history.claim(tables, file).encode())
        replaced = [one.version for one in walk(file.replaces)]
        journal.write(
            connection, tables, "adopted", file.version, checksum=file.checksum, replaces=replaced
        )
    adopted = tuple(one.version for one in now.adoptable)
    if recorded and recorded.current:
        then = now.recorded.union(adopted)
        state.write(connection, tables, work.found, recorded.hashes, then)
    return adopted
