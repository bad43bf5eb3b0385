"""Background jobs: they outlive who started them, and their end is known however it came."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from api.conftest import Manage, write
from psqlmigrate import Engine, MigrationManager, create_engine
from psqlmigrate.errors import (
    ConnectionFailedError,
    HazardError,
    HistoryError,
    JobError,
    MigrationDependencyError,
    UnknownJobError,
)
from psqlmigrate.postgres.connect import connect
from psqlmigrate.postgres.target import Target
from psqlmigrate.service import jobs

_PATIENCE_S = 30.0


def _ended(manager: MigrationManager, job: str) -> dict[str, Any]:
    found: dict[str, Any] = _until(lambda: _unless_running(manager.get_async_status(job)))
    return found


def _unless_running(status: dict[str, Any]) -> dict[str, Any] | None:
    return None if status["status"] == "running" else status


def _until(ask: Callable[[], Any]) -> Any:
    end = time.monotonic() + _PATIENCE_S
    while not (found := ask()):
        assert time.monotonic() < end
        time.sleep(0.05)
    return found


def _pid(engine: Engine, job: str) -> int:
    row = engine.fetch_one("SELECT detail ->> 'pid' FROM _psqlmigrate_jobs WHERE id = %s", (job,))
    assert row
    return int(row[0])


@pytest.fixture
def slow(manage: Manage, folder: Path) -> MigrationManager:
    """Two migrations, the second of which takes its time."""
    manager = manage()
    write(folder, "1", "CREATE TABLE a (x int);")
    write(folder, "2", "CREATE TABLE b (x int); SELECT pg_sleep(600);")
    return manager


@pytest.fixture
def running(slow: MigrationManager, engine: Engine) -> Iterator[str]:
    """The id of a job that is at its second migration."""
    job = slow.upgrade_async()
    pid = _pid(engine, job)
    _until(lambda: slow.get_async_status(job) == {"status": "running", "count": 1})
    yield job
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def test_a_job_that_goes_well(manage: Manage, folder: Path) -> None:
    manager = manage()
    for number in (1, 2, 3):
        write(folder, str(number), f"CREATE TABLE t{number} (x int);")
    job = manager.upgrade_async("2")
    assert _ended(manager, job) == {"status": "completed", "count": 2}
    assert manager.current() == "2"
    again = manager.upgrade_async()
    assert again != job
    assert _ended(manager, again) == {"status": "completed", "count": 1}
    assert _ended(manager, manager.upgrade_async()) == {"status": "completed", "count": 0}
    assert manager.get_async_status(job) == {"status": "completed", "count": 2}
    assert manager.status().drift == ()


def test_the_table_is_no_part_of_a_schema(manage: Manage, engine: Engine, folder: Path) -> None:
    manager = manage(models="schema.sql")
    manager.autogenerate("first")
    _ended(manager, manager.upgrade_async())
    assert engine.fetch_one("SELECT to_regclass('_psqlmigrate_jobs') IS NOT NULL") == (True,)
    assert manager.validate() == []
    assert not manager.check()
    assert manager.status().drift == ()
    assert folder.is_dir()


def test_a_job_that_fails(manage: Manage, engine: Engine, folder: Path) -> None:
    manager = manage()
    write(folder, "1", "CREATE TABLE a (x int);")
    write(folder, "2", "CREATE TABLE b (x no_such_type);")
    found = _ended(manager, manager.upgrade_async())
    assert (found["status"], found["count"]) == ("failed", 1)
    assert "no_such_type" in found["error"]
    assert manager.current() == "1"
    assert engine.fetch_one("SELECT to_regclass('b')") == (None,)


def test_what_cannot_begin_is_told_at_once(manage: Manage, folder: Path, engine: Engine) -> None:
    manager = manage()
    write(folder, "1", "CREATE TABLE a (x int);")
    write(folder, "2", "CREATE TABLE b (x int);", header="-- depends_on: 1\n")
    write(folder, "3", "CREATE TABLE c (x int);", header="-- depends_on: 1\n")
    with pytest.raises(MigrationDependencyError):
        manager.upgrade_async()
    assert engine.fetch_one("SELECT to_regclass('_psqlmigrate_jobs')") == (None,)
    nowhere = create_engine("postgresql://me:hunter2@127.0.0.1:9/none", check_schema_drift=False)
    with pytest.raises(ConnectionFailedError):
        MigrationManager(nowhere).upgrade_async()


@pytest.mark.parametrize("job", ["nothing", "", "a' OR true --", "\0", "%s"])
def test_an_unknown_job_is_told(manage: Manage, folder: Path, job: str) -> None:
    manager = manage()
    with pytest.raises(UnknownJobError) as caught:
        manager.get_async_status(job)
    assert caught.value.exit_code == 2
    write(folder, "1", "CREATE TABLE a (x int);")
    _ended(manager, manager.upgrade_async())
    with pytest.raises(UnknownJobError):
        manager.get_async_status(job)


def test_a_killed_job_has_failed(slow: MigrationManager, engine: Engine, running: str) -> None:
    os.kill(_pid(engine, running), signal.SIGKILL)
    found = _ended(slow, running)
    assert (found["status"], found["count"]) == ("failed", 1)
    assert "its process ended without a word" in found["error"]
    assert slow.current() == "1"


def test_a_job_whose_sessions_are_gone_has_failed(
    slow: MigrationManager, engine: Engine, running: str
) -> None:
    os.kill(
        _pid(engine, running), signal.SIGSTOP
    )  # as a machine that is gone: it never says a word
    query = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        " AND datname = current_database()"
    )
    engine.execute(query)
    assert _ended(slow, running)["status"] == "failed"


def test_one_lost_session_is_not_the_end(
    slow: MigrationManager, engine: Engine, running: str
) -> None:
    engine.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle'"
        " AND query LIKE '%_psqlmigrate_jobs%' AND pid <> pg_backend_pid()"
        " AND datname = current_database()"
    )
    assert slow.get_async_status(running) == {"status": "running", "count": 1}
    engine.execute(
        "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%'"
        " AND pid <> pg_backend_pid()"
    )
    found = _ended(slow, running)
    assert (found["status"], found["count"]) == ("failed", 1)
    assert "canceling statement" in found["error"]


def test_a_terminated_job_says_so(slow: MigrationManager, engine: Engine, running: str) -> None:
    os.kill(_pid(engine, running), signal.SIGTERM)
    found = _ended(slow, running)
    assert found == {"status": "failed", "count": 1, "error": "terminated"}
    assert engine.fetch_one("SELECT to_regclass('b')") == (None,)


def test_a_job_outlives_who_started_it(database: Target, folder: Path, url: str) -> None:
    write(folder, "1", "SELECT pg_sleep(1); CREATE TABLE a (x int);")
    program = (
        "import sys, psqlmigrate\n"
        "engine = psqlmigrate.create_engine(sys.argv[1])\n"
        "print(psqlmigrate.MigrationManager(engine).upgrade_async(), flush=True)\n"
        "import os; os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, url], stdout=subprocess.PIPE, text=True, check=False
    )
    job = done.stdout.strip()
    assert done.returncode == -signal.SIGKILL
    with create_engine(url) as engine:
        manager = MigrationManager(engine)
        assert manager.get_async_status(job)["status"] == "running"
        assert _ended(manager, job) == {"status": "completed", "count": 1}
    with connect(database) as connection:
        assert connection.execute("SELECT to_regclass('a') IS NOT NULL").fetchone() == (True,)


def test_no_password_is_seen_or_kept(database: Target, folder: Path, engine: Engine) -> None:
    role, password = "job_role_of_tests", "hunter2 'secret%"
    write(folder, "1", "SELECT pg_sleep(600);")
    write(folder, "2", f"SELECT 1; -- {password}")
    database_name = database.params["dbname"]
    quoted = password.replace("'", "''")
    engine.execute(f"CREATE ROLE {role} LOGIN SUPERUSER PASSWORD '{quoted}'")
    try:
        host, port = database.params["host"], database.params.get("port", "5432")
        target = f"host={host} port={port} user={role} dbname={database_name}"
        with create_engine(
            f"{target} password='{password.replace(chr(39), chr(92) + chr(39))}'"
        ) as mine:
            manager = MigrationManager(mine)
            job = manager.upgrade_async()
            pid = _pid(engine, job)
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
            assert b"hunter2" not in command
            assert b"psqlmigrate" in command
            os.kill(pid, signal.SIGTERM)
            _ended(manager, job)
            write(folder, "1", f"ALTER ROLE nobody_here PASSWORD '{quoted}'; -- {password}")
            found = _ended(manager, manager.upgrade_async())
        assert "nobody_here" in found["error"]
        rows = str(engine.fetch_all("SELECT j::text FROM _psqlmigrate_jobs j"))
        assert "hunter2" not in rows
        assert "ALTER ROLE nobody_here PASSWORD" in rows
    finally:
        engine.execute(f"DROP OWNED BY {role} CASCADE; DROP ROLE {role}")


def test_a_broken_setting_of_the_job_is_no_job(manage: Manage, folder: Path) -> None:
    manager = manage()
    write(folder, "1", "CREATE TABLE a (x int);")
    with pytest.raises(HazardError):
        _start_forbidding(manager)


def _start_forbidding(manager: MigrationManager) -> None:
    from psqlmigrate.service import jobstart  # noqa: PLC0415
    from psqlmigrate.service.executing import Wishes  # noqa: PLC0415

    jobstart.start(manager.engine.workspace(), "head", Wishes(forbid_hazard=("data loss",)))


def test_jobs_of_an_embedded_server(
    folder: Path, monkeypatch: pytest.MonkeyPatch, open_directory: Path
) -> None:
    for name in ("XDG_DATA_HOME", "XDG_DATA_DIRS"):  # root's data is where its servers reach it
        monkeypatch.setenv(name, str(open_directory))
    write(folder, "1", "SELECT pg_sleep(1); CREATE TABLE a (x int);")
    with create_engine("embedded") as engine:
        job = MigrationManager(engine).upgrade_async()
    with create_engine("embedded") as engine:
        assert _ended(MigrationManager(engine), job) == {"status": "completed", "count": 1}
        assert engine.fetch_one("SELECT to_regclass('a') IS NOT NULL") == (True,)


def test_errors_of_the_process_reach_its_starter(
    manage: Manage, engine: Engine, folder: Path
) -> None:
    manager = manage()
    write(folder, "1", "CREATE TABLE a (x int);")
    engine.execute(
        "CREATE TABLE _psqlmigrate_jobs (id text, status text, count int, total int,"
        " started_at timestamptz, finished_at timestamptz, detail jsonb CHECK (false))"
    )
    with pytest.raises(JobError, match="the background job did not begin: psqlmigrate's own work"):
        manager.upgrade_async()
    assert manager.current() is None


def test_a_process_that_cannot_be_started(
    manage: Manage, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager = manage()
    write(folder, "1", "CREATE TABLE a (x int);")
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(JobError, match="cannot run /nowhere/python"):
        manager.upgrade_async()
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(JobError, match="ended before it began"):
        manager.upgrade_async()


def test_two_jobs_at_once_share_the_work(manage: Manage, folder: Path) -> None:
    manager = manage()
    write(folder, "1", "SELECT pg_sleep(0.3); CREATE TABLE a (x int);")
    write(folder, "2", "CREATE TABLE b (x int);")
    jobs = [manager.upgrade_async() for _ in range(3)]
    found = [_ended(manager, job) for job in jobs]
    assert {one["status"] for one in found} == {"completed"}
    assert sum(one["count"] for one in found) == 2


def test_a_role_that_may_not_look_is_told(
    manage: Manage, engine: Engine, folder: Path, url: str
) -> None:
    manager = manage()
    write(folder, "1", "CREATE TABLE a (x int);")
    job = manager.upgrade_async()
    _ended(manager, job)
    engine.execute("CREATE ROLE job_reader_of_tests LOGIN")
    try:
        user = str(engine.target.params["user"])
        other = create_engine(url.replace(f"//{user}@", "//job_reader_of_tests@"))
        with pytest.raises(HistoryError):
            MigrationManager(other).get_async_status(job)
    finally:
        engine.execute("DROP ROLE job_reader_of_tests")


def test_jobs_that_ended_long_ago_are_forgotten(
    manage: Manage, folder: Path, engine: Engine
) -> None:
    manager = manage()
    write(folder, "1", "CREATE TABLE a (x int);")
    first = manager.upgrade_async()
    assert _ended(manager, first) == {"status": "completed", "count": 1}
    engine.execute(
        "INSERT INTO _psqlmigrate_jobs (id, status, started_at, detail)"
        " SELECT 'old' || i, CASE i WHEN 300 THEN 'running' ELSE 'failed' END,"
        " now() - i * interval '1 day', '{}' FROM generate_series(1, 300) i"
    )
    last = manager.upgrade_async()
    assert _ended(manager, last) == {"status": "completed", "count": 0}
    kept = {one for (one,) in engine.fetch_all("SELECT id FROM _psqlmigrate_jobs")}
    assert kept == {first, last, "old300", *(f"old{i}" for i in range(1, jobs.KEPT))}
    assert manager.get_async_status(first)["status"] == "completed"
    with pytest.raises(UnknownJobError):
        manager.get_async_status("old200")
