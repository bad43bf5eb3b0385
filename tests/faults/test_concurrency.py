"""Several runs at once: each migration once, nobody fails."""

import pytest

from faults.project import TABLES, Project
from faults.racing import race
from psqlmigrate.postgres.connect import Connection
from psqlmigrate.postgres.target import Target
from psqlmigrate.service import history
from psqlmigrate.service.attempt import RunOptions

_LOG = "INSERT INTO log VALUES ('{version}'); SELECT pg_sleep(0.02)"


@pytest.mark.parametrize("lock", [True, False])
def test_five_runs_at_once(
    database: Target, connection: Connection, project: Project, *, lock: bool
) -> None:
    connection.execute("CREATE TABLE log (version text)")
    versions = [f"{n:02}" for n in range(1, 9)]
    for version in versions:
        project.sql(version, _LOG.format(version=version))
    ran = race(database, project.path, [RunOptions(lock=lock)] * 5)
    assert sorted(version for one in ran for version in one) == versions
    assert sorted(row[0] for row in connection.execute("SELECT version FROM log")) == versions
    assert sorted(history.applied(history.read(connection, TABLES))) == versions


def test_concurrent_index_build_with_others_waiting(
    database: Target, connection: Connection, project: Project
) -> None:
    connection.execute("CREATE TABLE t1 AS SELECT generate_series(1, 50000) AS a")
    project.sql("1", "CREATE INDEX CONCURRENTLY i ON t1 (a)", header="-- transactional: false\n")
    ran = race(database, project.path, [RunOptions()] * 3)
    assert sorted(ran) == [[], [], ["1"]]
    query = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass"
    assert connection.execute(query).fetchone() == (True,)
