"""Signals and a terminal that is gone end a command at once and leave nothing half done."""

import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from faults.processes import descendants, environment, is_running, started, wait_for
from faults.project import TABLES, Project
from psqlmigrate.postgres.connect import Connection, connect
from psqlmigrate.postgres.scratch import Scratch
from psqlmigrate.postgres.target import Target
from psqlmigrate.service import history
from psqlmigrate.service.locking import key_of

_ASLEEP = "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' AND pid <> pg_backend_pid() AND state = 'active'"
_OURS = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'psqlmigrate' AND datname = current_database() AND pid <> pg_backend_pid()"
TERM = (signal.SIGTERM, 143, "terminated")
INT = (signal.SIGINT, 130, "interrupted")
HUP = (signal.SIGHUP, 129, "hung up")


@pytest.mark.parametrize(("number", "code", "word"), [TERM, INT, HUP])
def test_during_a_statement(
    database: Target,
    connection: Connection,
    project: Project,
    number: signal.Signals,
    code: int,
    word: str,
) -> None:
    project.sql("1", "CREATE TABLE t1 (a int)")
    project.sql("2", "CREATE TABLE t2 (a int); SELECT pg_sleep(60)")
    process = started(database, project.path, "upgrade")
    wait_for(connection, _ASLEEP)
    process.send_signal(number)
    start = time.monotonic()
    _, err = process.communicate(timeout=15)
    assert process.returncode == code
    assert err == f"{word}\n"
    wait_for(connection, f"SELECT 1 WHERE NOT EXISTS ({_ASLEEP})")
    assert time.monotonic() - start < 10
    assert history.applied(history.read(connection, TABLES)) == {"1"}
    assert connection.execute("SELECT to_regclass('t2')").fetchone() == (None,)
    project.sql("2", "CREATE TABLE t2 (a int)")
    assert len(project.runner(connection).upgrade().ran) == 1


@pytest.mark.parametrize(("number", "code", "word"), [TERM, INT, HUP])
def test_while_waiting_for_the_lock(
    database: Target,
    connection: Connection,
    project: Project,
    number: signal.Signals,
    code: int,
    word: str,
) -> None:
    project.sql("1", "CREATE TABLE t1 (a int)")
    connection.execute("SELECT pg_advisory_lock(%s)", [key_of(TABLES).number])
    process = started(database, project.path, "upgrade")
    wait_for(connection, _OURS)
    time.sleep(0.3)
    process.send_signal(number)
    _, err = process.communicate(timeout=15)
    assert (process.returncode, err) == (code, f"{word}\n")


def test_during_a_concurrent_index_build(
    database: Target, connection: Connection, project: Project
) -> None:
    """What is left is an invalid index, which the history does not call applied."""
    connection.execute("CREATE TABLE t1 (a int)")
    connection.execute("BEGIN; SELECT pg_current_xact_id(); INSERT INTO t1 VALUES (1)")
    project.sql("1", "CREATE INDEX CONCURRENTLY i ON t1 (a)", header="-- transactional: false\n")
    process = started(database, project.path, "upgrade")
    wait_for(connection, "SELECT 1 FROM pg_locks WHERE NOT granted")
    process.send_signal(signal.SIGHUP)
    process.communicate(timeout=15)
    assert process.returncode == 129
    connection.execute("COMMIT")
    assert history.applied(history.read(connection, TABLES)) == frozenset()
    project.runner(connection).upgrade()
    valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass"
    assert connection.execute(valid).fetchall() == [(True,)]


def test_killed_outright(database: Target, connection: Connection, project: Project) -> None:
    """The server notices by itself, frees the lock, and a rerun completes."""
    project.sql("1", "CREATE TABLE t1 (a int); SELECT pg_sleep(60)")
    process = started(database, project.path, "upgrade")
    wait_for(connection, _ASLEEP)
    process.kill()
    process.communicate(timeout=15)
    wait_for(connection, f"SELECT 1 WHERE NOT EXISTS ({_ASLEEP})")
    project.sql("1", "CREATE TABLE t1 (a int)")
    assert len(project.runner(connection).upgrade().ran) == 1


def test_a_terminal_that_goes(database: Target, connection: Connection, project: Project) -> None:
    project.sql("1", "CREATE TABLE t1 (a int); SELECT pg_sleep(60)")
    assert _without_terminal(database, connection, project, 0.0, "upgrade") == 129
    assert not history.applied(history.read(connection, TABLES))
    assert connection.execute("SELECT to_regclass('t1')").fetchone() == (None,)


def test_a_terminal_that_goes_while_it_shows_patience(
    database: Target, connection: Connection, project: Project
) -> None:
    (project.path / "schema.sql").write_text("DO $$ BEGIN PERFORM pg_sleep(60); END $$;")
    words = ("check", "--models", "schema.sql")
    assert _without_terminal(database, connection, project, 1.5, *words) == 129


def _without_terminal(
    database: Target, connection: Connection, project: Project, shown_s: float, *words: str
) -> int:
    """The exit code of a command whose terminal goes while it is at a statement."""
    ours, theirs = pty.openpty()
    # A session without a terminal takes the first one that it opens.
    script = (
        "import os, sys; fd = os.open(sys.argv.pop(1), os.O_RDWR); [os.dup2(fd, n) for n in range(3)];"
        " os.execv(sys.executable, [sys.executable, '-m', 'psqlmigrate', *sys.argv[1:]])"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, os.ttyname(theirs), *words, "--migrations", "."],
        cwd=project.path,
        env=environment(database, project.path),
        start_new_session=True,
    )
    wait_for(connection, _ASLEEP)
    time.sleep(shown_s)
    os.close(theirs)
    os.close(ours)
    code = process.wait(15)
    wait_for(connection, f"SELECT 1 WHERE NOT EXISTS ({_ASLEEP})")
    return code


def test_with_nohup_it_goes_on(database: Target, connection: Connection, project: Project) -> None:
    project.sql("1", "SELECT pg_sleep(1)")
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        process = started(database, project.path, "upgrade")
    finally:
        signal.signal(signal.SIGHUP, before)
    wait_for(connection, _ASLEEP.replace("60", "1"))
    process.send_signal(signal.SIGHUP)
    process.communicate(timeout=15)
    assert process.returncode == 0


def test_a_reader_that_goes(database: Target, connection: Connection, project: Project) -> None:
    """`upgrade | head -1`: the run goes on to its end, and the exit code is that of a closed pipe."""
    for n in "123":
        project.sql(n, f"CREATE TABLE t{n} (a int); SELECT pg_sleep(0.2)")
    with started(database, project.path, "upgrade") as process:
        assert process.stdout
        assert process.stderr
        assert process.stdout.readline().startswith(" 1  step 1")
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(15) == 141
    assert history.applied(history.read(connection, TABLES)) == {"1", "2", "3"}


@pytest.mark.parametrize(("number", "code", "word"), [TERM, HUP])
def test_during_autogenerate(
    database: Target,
    connection: Connection,
    project: Project,
    number: signal.Signals,
    code: int,
    word: str,
) -> None:
    """On the database's own server no scratch database stays."""
    (project.path / "schema.sql").write_text("DO $$ BEGIN PERFORM pg_sleep(60); END $$;")
    before = sorted(project.path.iterdir())
    process = started(database, project.path, "autogenerate", "x", "--models", "schema.sql")
    wait_for(connection, _ASLEEP)
    scratch = connection.execute(_ASLEEP.replace("SELECT 1", "SELECT datname", 1)).fetchall()
    process.send_signal(number)
    _, err = process.communicate(timeout=15)
    assert (process.returncode, err) == (code, f"{word}\n")
    gone = "SELECT datname FROM pg_database WHERE datname = ANY(%s)"
    assert scratch
    assert not connection.execute(gone, [[row[0] for row in scratch]]).fetchall()
    assert sorted(project.path.iterdir()) == before


def test_a_server_of_ours_does_not_stay(tmp_path: Path) -> None:
    (tmp_path / "schema.sql").write_text("DO $$ BEGIN PERFORM pg_sleep(60); END $$;")
    (tmp_path / "migrations").mkdir()
    known = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    known.pop("DATABASE_URL", None)
    known |= {"HOME": str(tmp_path), "PSQLMIGRATE_CONFIG_DIR": str(tmp_path)}
    words = [sys.executable, "-m", "psqlmigrate", "autogenerate", "x", "--models", "schema.sql"]
    process = subprocess.Popen(words, cwd=tmp_path, env=known, stderr=subprocess.PIPE, text=True)
    end = time.monotonic() + 20
    while not any(one.endswith(" DO") for one in descendants(process.pid).values()):
        assert time.monotonic() < end
        time.sleep(0.05)
    servers = descendants(process.pid)
    (data,) = {
        str(Path(f"/proc/{pid}/cwd").readlink())
        for pid, one in servers.items()
        if one.endswith(" DO")
    }
    assert "psqlmigrate-scratch-" in data
    process.send_signal(signal.SIGHUP)
    _, err = process.communicate(timeout=15)
    assert (process.returncode, err) == (129, "hung up\n")
    assert not [pid for pid in servers if is_running(int(pid))]
    assert not Path(data).exists()
    assert not list((tmp_path / "migrations").iterdir())


@pytest.mark.parametrize(("number", "code", "word"), [HUP])
def test_during_seed(
    database: Target,
    connection: Connection,
    project: Project,
    number: signal.Signals,
    code: int,
    word: str,
) -> None:
    connection.execute(
        "CREATE TABLE t1 (a int PRIMARY KEY);"
        "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN IF NEW.a = 2 THEN PERFORM pg_sleep(60); END IF; RETURN NEW; END $$;"
        "CREATE TRIGGER slow BEFORE INSERT ON t1 FOR EACH ROW EXECUTE FUNCTION slow()"
    )
    rows = project.path / "rows.json"
    rows.write_text(json.dumps({"t1": [{"a": 1}, {"a": 2}]}))
    process = started(database, project.path, "seed", "-f", "rows.json")
    wait_for(connection, "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'")
    process.send_signal(number)
    _, err = process.communicate(timeout=15)
    assert (process.returncode, err) == (code, f"{word}\n")
    assert connection.execute("SELECT a FROM t1").fetchall() == []


def test_a_background_job(database: Target, connection: Connection, project: Project) -> None:
    """It is in no terminal, so that none can take it along; who ends it by hand is told."""
    project.sql("1", "CREATE TABLE t1 (a int); SELECT pg_sleep(60)")
    out, _ = started(database, project.path, "upgrade", "--background").communicate(timeout=15)
    wait_for(connection, _ASLEEP)
    query = "SELECT (detail ->> 'pid')::int FROM _psqlmigrate_jobs"
    ((pid,),) = connection.execute(query).fetchall()
    assert os.getsid(pid) != os.getsid(0)
    os.kill(pid, signal.SIGTERM)
    wait_for(connection, f"SELECT 1 WHERE NOT EXISTS ({_OURS})")
    status = started(database, project.path, "status", "--job", out.strip())
    told, _ = status.communicate(timeout=15)
    assert status.returncode == 1
    assert "failed" in told
    assert "terminated" in told
    assert not is_running(pid)
    assert connection.execute("SELECT to_regclass('t1')").fetchone() == (None,)


def test_what_is_interrupted_while_it_is_made_or_dropped_does_not_stay(
    server: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = "SELECT datname FROM pg_database WHERE datname LIKE 'psqlmigrate\\_scratch\\_%'"
    with connect(server) as connection:
        others = connection.execute(made).fetchall()
    execute = Connection.execute
    for word, late in (("CREATE DATABASE", True), ("DROP DATABASE", False)):
        scratch = Scratch(server)

        def interrupted(
            self: Connection, query: Any, *rest: Any, word: str = word, late: bool = late
        ) -> Any:
            if word not in str(query):
                return execute(self, query, *rest)
            monkeypatch.setattr(Connection, "execute", execute)
            if late:
                execute(self, query, *rest)
            raise KeyboardInterrupt

        monkeypatch.setattr(Connection, "execute", interrupted)
        with pytest.raises(KeyboardInterrupt), scratch, scratch.database():
            pass
        with connect(server) as connection:
            assert connection.execute(made).fetchall() == others


def test_in_the_middle_of_an_import() -> None:
    """What is half imported cannot be used: the handler imports nothing."""
    told = _of_script(
        "import os, signal, sys; from psqlmigrate.cli import ending; ending.listen()\n"
        "before = set(sys.modules)\n"
        "try: os.kill(os.getpid(), signal.SIGTERM)\n"
        "except ending.Terminated: print(set(sys.modules) - before)"
    )
    assert told.stdout == "set()\n"


@pytest.mark.parametrize(("number", "code", "word"), [TERM, INT, HUP])
def test_before_anything_is_imported(number: signal.Signals, code: int, word: str) -> None:
    told = _of_script(
        "import builtins, os; from psqlmigrate.cli import entry; given = builtins.__import__\n"
        "def comes(name, *rest):\n"
        f"    if name == 'click': os.kill(os.getpid(), {number.value})\n"
        "    return given(name, *rest)\n"
        "builtins.__import__ = comes; entry.run()"
    )
    assert (told.returncode, told.stdout, told.stderr) == (code, "", f"{word}\n")


def test_sigterm_after_ctrl_c_is_heard_only() -> None:
    """What is put in order is put in order; who presses it again is in a hurry."""
    told = _of_script(
        "import os, signal; from psqlmigrate.cli import ending; ending.listen()\n"
        "def comes(number): os.kill(os.getpid(), number)\n"
        "try: comes(signal.SIGINT)\n"
        "except KeyboardInterrupt:\n"
        "    comes(signal.SIGTERM); comes(signal.SIGHUP); print('in order')\n"
        "    try: comes(signal.SIGINT)\n"
        "    except KeyboardInterrupt: print('again')"
    )
    assert told.stdout == "in order\nagain\n", told.stderr


def test_after_the_end() -> None:
    """A signal that comes once the outcome is known changes nothing of it."""
    told = _of_script(
        "import atexit, os, signal, sys; from psqlmigrate.cli.app import run\n"
        "numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)\n"
        "atexit.register(lambda: [os.kill(os.getpid(), one) for one in numbers])\n"
        "sys.argv[1:] = ['--help']; run()"
    )
    assert (told.returncode, told.stderr) == (0, "")


def _of_script(text: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", text], capture_output=True, text=True, check=False, timeout=30
    )
