"""Many runs at once, in all directions, with readers, kills and crashes among them."""

import os

import pytest

from faults.chaos import Chaos, write
from faults.project import TABLES, Project
from faults.racing import race
from psqlmigrate.postgres.connect import Connection, connect
from psqlmigrate.postgres.embedded import scratch_server
from psqlmigrate.postgres.target import Target
from psqlmigrate.service import history
from psqlmigrate.service.attempt import RunOptions

ROUNDS = int(os.environ.get("PSQLMIGRATE_CHAOS_ROUNDS", "12"))


@pytest.mark.parametrize("runs", [2, 20, 50])
def test_each_migration_once(
    database: Target, connection: Connection, project: Project, runs: int
) -> None:
    connection.execute("CREATE TABLE log (version text)")
    versions = ["01", "02", "03"]
    for version in versions:
        project.sql(version, f"INSERT INTO log VALUES ('{version}'); SELECT pg_sleep(0.05)")
    ran = race(database, project.path, [RunOptions()] * runs)
    assert sorted(version for one in ran for version in one) == versions
    assert sorted(row[0] for row in connection.execute("SELECT version FROM log")) == versions
    assert sorted(history.applied(history.read(connection, TABLES))) == versions


def test_chaos(project: Project) -> None:
    write(project)
    with scratch_server() as server:
        with connect(server) as connection:
            connection.execute("CREATE TABLE log (version text, up boolean)")
        chaos = Chaos(server, project, seed=ROUNDS)
        for number in range(1, ROUNDS + 1):
            chaos.round(crash=number % 6 == 0)
        chaos.finish()
    assert chaos.outcomes["done"] > ROUNDS
    assert chaos.outcomes.keys() <= {"done", "half run", "lost", "locked"}, chaos.outcomes
