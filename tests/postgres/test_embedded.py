import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from psqlmigrate.errors import ScratchError
from psqlmigrate.postgres import serverprocess
from psqlmigrate.postgres.account import server_account
from psqlmigrate.postgres.binaries import available_binaries
from psqlmigrate.postgres.connect import connect
from psqlmigrate.postgres.embedded import embedded_data_dir, project_server, scratch_server
from psqlmigrate.postgres.processes import is_alive, wait_for
from psqlmigrate.postgres.serverprocess import listener
from psqlmigrate.postgres.target import Target

PATIENCE_S = 20

CHILD = """
import sys
from pathlib import Path
from psqlmigrate.postgres.embedded import project_server, scratch_server
with {server} as target:
    print(target.params["host"], flush=True)
    sys.stdin.read()
"""

Child = subprocess.Popen[str]


@contextmanager
def child(server: str) -> Generator[tuple[Child, Path]]:
    """Another Python that holds a server until its stdin is closed; the server's directory."""
    with subprocess.Popen(
        [sys.executable, "-c", CHILD.format(server=server)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        try:
            yield process, Path(process.stdout.readline().strip())
        finally:
            process.kill()


def leave(process: Child) -> int:
    assert process.stdin
    process.stdin.close()
    return process.wait(PATIENCE_S)


def ends(pid: int) -> bool:
    """A server takes its file away last, and still has a moment to live."""
    return wait_for(lambda: not is_alive(pid), PATIENCE_S)


def host(target: Target) -> Path:
    return Path(target.params["host"])


def pid_of(socket_dir: Path) -> int:
    pid = listener(socket_dir)
    assert pid is not None
    return pid


def answer(target: Target, query: bytes) -> object:
    with connect(target) as connection:
        row = connection.execute(query).fetchone()
        return row and row[0]


def test_a_scratch_server_answers_and_leaves_nothing() -> None:
    with scratch_server() as target:
        home, pid = host(target).parent, pid_of(host(target))
        assert answer(target, b"SELECT 6 * 7") == 42
        assert target.embedded
    assert not home.exists()
    assert ends(pid)


def test_every_major_on_this_machine(any_database: Target) -> None:
    assert answer(any_database, b"SHOW max_locks_per_transaction") == "1024"
    assert answer(any_database, b"SHOW listen_addresses") == ""
    assert answer(any_database, b"SELECT getdatabaseencoding()") == "UTF8"


def test_two_scratch_servers_at_once() -> None:
    with scratch_server() as one, scratch_server() as other:
        with connect(one) as connection:
            connection.execute("CREATE TABLE only_here ()")
        assert answer(other, b"SELECT to_regclass('only_here')") is None


def _fail() -> None:
    with scratch_server() as target:
        raise RuntimeError(target.params["host"])


def test_an_exception_leaves_nothing() -> None:
    with pytest.raises(RuntimeError) as caught:
        _fail()
    assert not Path(str(caught.value)).parent.exists()


def test_a_thread_has_its_own() -> None:
    answers = list[object]()

    def ask() -> None:
        with scratch_server() as target:
            answers.append(answer(target, b"SELECT 1"))

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join(PATIENCE_S)
    assert answers == [1]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_leaves_nothing(number: signal.Signals) -> None:
    with child("scratch_server()") as (process, socket_dir):
        pid = pid_of(socket_dir)
        process.send_signal(number)
        status = process.wait(PATIENCE_S)
    assert status in {128 + number, -number, 1}
    assert not socket_dir.parent.exists()
    assert ends(pid)


def test_a_killed_owner_takes_its_server_along_and_the_next_start_sweeps() -> None:
    with child("scratch_server()") as (process, socket_dir):
        pid = pid_of(socket_dir)
        process.kill()
        process.wait(PATIENCE_S)
        if sys.platform == "linux":
            assert wait_for(lambda: not is_alive(pid), 5)
        assert socket_dir.parent.exists()
    with scratch_server() as target, child("scratch_server()"):
        assert not socket_dir.parent.exists()
        assert answer(target, b"SELECT 1") == 1
    assert ends(pid)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the next start stops the server")
def test_the_sweep_stops_a_server_that_outlived_its_owner() -> None:
    # SIGSTOP holds back what PDEATHSIG asked for, as if it had never been asked.
    with child("scratch_server()") as (process, socket_dir):
        pid = pid_of(socket_dir)
        os.kill(pid, signal.SIGSTOP)
        process.kill()
        process.wait(PATIENCE_S)
        threading.Timer(1, os.kill, (pid, signal.SIGCONT)).start()
        with scratch_server():
            assert not socket_dir.parent.exists()
    assert ends(pid)


def test_the_environment_leads_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "PGHOSTADDR": "127.0.0.1",
        "PGHOST": "elsewhere.invalid",
        "PGPORT": "1",
        "PGOPTIONS": "-c search_path=nowhere",
        "PGSSLMODE": "require",
        "PGTARGETSESSIONATTRS": "standby",
        "LC_ALL": "xx_XX.nonsense",
        "TZ": "Asia/Kolkata",
    }.items():
        monkeypatch.setenv(name, value)
    with (
        scratch_server() as target,
        psycopg.connect(make_conninfo(**target.params)) as connection,
    ):
        assert connection.execute("SHOW TimeZone").fetchone() == ("UTC",)
        assert connection.execute("SHOW search_path").fetchone() == ('"$user", public',)


def test_a_long_tmpdir_is_avoided(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    long = tmp_path / ("x" * 90)
    long.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(long))
    monkeypatch.setattr("psqlmigrate.postgres.scratchhome._ROOM", 2**62)
    with scratch_server() as target:
        assert host(target).is_relative_to("/tmp")
        assert answer(target, b"SELECT 1") == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_an_ordinary_user_without_a_home() -> None:
    def run() -> None:
        with scratch_server() as target:
            assert answer(target, b"SELECT 1") == 1
            assert pid_of(host(target)) != os.getpid()
        assert not host(target).parent.exists()

    assert as_nobody(run) == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_an_ordinary_user_has_projects(open_directory: Path) -> None:
    def run() -> None:
        with project_server(open_directory / "project") as target:
            assert answer(target, b"SELECT 1") == 1
        assert listener(host(target)) is None

    open_directory.chmod(0o777)
    assert as_nobody(run) == 0


def as_nobody(run: Callable[[], None]) -> int:
    """The exit code of the function in a child that is nobody, as this Python is root's alone."""
    pid = os.fork()
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    try:
        os.environ |= {"HOME": "/nonexistent"}
        account = server_account()
        assert account.uid
        assert account.gid
        os.setgroups([])
        os.setgid(account.gid)
        os.setuid(account.uid)
        run()
    except BaseException:  # noqa: BLE001 - the parent's assertion tells
        sys.excepthook(*sys.exc_info())
        os._exit(1)
    os._exit(0)


@pytest.fixture
def project(open_directory: Path) -> Path:
    return open_directory / "project"


def test_a_project_server_keeps_its_data(project: Path) -> None:
    with project_server(project) as target:
        assert target.params["dbname"] == "app"
        assert answer(target, b"SHOW fsync") == "on"
        with connect(target) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
        socket_dir, pid = host(target), pid_of(host(target))
    assert listener(socket_dir) is None
    assert ends(pid)
    with project_server(project) as target:
        assert answer(target, b"SELECT n FROM kept") == 7
    with project_server(project, database="other") as target:
        assert answer(target, b"SELECT current_database()::text") == "other"


def test_the_last_one_out_stops_it(project: Path) -> None:
    with child(f"project_server(Path({str(project)!r}))") as (process, socket_dir):
        with project_server(project) as target:
            pid = pid_of(socket_dir)
            assert host(target) == socket_dir
            assert leave(process) == 0
            assert answer(target, b"SELECT 1") == 1
            assert pid_of(socket_dir) == pid
        assert listener(socket_dir) is None
        assert ends(pid)


def test_the_one_that_started_it_may_leave_first(project: Path) -> None:
    with (
        project_server(project) as target,
        child(f"project_server(Path({str(project)!r}))") as (process, socket_dir),
    ):
        pid = pid_of(socket_dir)
        assert leave(process) == 0
        assert answer(target, b"SELECT 1") == 1
    assert ends(pid)


def test_many_clients_at_once(project: Path) -> None:
    code = CHILD.format(server=f"project_server(Path({str(project)!r}))")
    command = [sys.executable, "-c", code]
    clients = [
        subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        for _ in range(4)
    ]
    assert [client.wait(PATIENCE_S) for client in clients] == [0] * 4
    assert listener(project / "data") is None


def test_a_killed_client_does_not_count(project: Path) -> None:
    with child(f"project_server(Path({str(project)!r}))") as (process, socket_dir):
        pid = pid_of(socket_dir)
        process.kill()
        process.wait(PATIENCE_S)
    assert is_alive(pid)
    with project_server(project) as target:
        assert pid_of(socket_dir) == pid
        assert answer(target, b"SELECT 1") == 1
    assert ends(pid)


def test_a_killed_server_starts_again(project: Path) -> None:
    with project_server(project) as target:
        with connect(target) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
        os.kill(pid_of(host(target)), signal.SIGKILL)
        time.sleep(1)
    assert (project / "data" / "postmaster.pid").exists()
    with project_server(project) as target:
        assert answer(target, b"SELECT n FROM kept") == 7


def test_a_stale_pid_file_may_name_a_living_process(project: Path) -> None:
    with project_server(project):
        pass
    account = server_account()
    with subprocess.Popen(["/bin/sleep", "60"], user=account.uid, cwd="/") as sleeper:
        file = project / "data" / "postmaster.pid"
        file.write_text(f"{sleeper.pid}\n{project / 'data'}\n")
        account.take(file)
        try:
            with project_server(project) as target:
                assert answer(target, b"SELECT 1") == 1
        finally:
            sleeper.kill()


def test_a_long_path_has_its_socket_elsewhere(open_directory: Path) -> None:
    with project_server(open_directory / ("x" * 100)) as target:
        assert answer(target, b"SELECT 1") == 1
        assert len(str(serverprocess.socket_file(host(target)))) <= 107
    assert not host(target).exists()


def test_a_server_that_does_not_start_shows_its_log(project: Path) -> None:
    with project_server(project):
        pass
    with (project / "data" / "postgresql.conf").open("a") as settings:
        settings.write("no_such_setting = 1\n")
    with pytest.raises(ScratchError, match="does not start") as caught, project_server(project):
        pass
    assert "no_such_setting" in caught.value.details


def test_the_data_says_which_major_it_needs(project: Path) -> None:
    major = available_binaries()[-1].major
    with project_server(project, major) as target:
        assert answer(target, b"SELECT current_setting('server_version_num')::int / 10000") == major
    with project_server(project) as target:
        assert answer(target, b"SELECT current_setting('server_version_num')::int / 10000") == major
    (project / "data" / "PG_VERSION").write_text("9\n")
    with (
        pytest.raises(ScratchError, match="server programs of PostgreSQL 9"),
        project_server(project),
    ):
        pass


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's server is somebody else's process")
def test_a_closed_directory_is_refused_for_root(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    with pytest.raises(ScratchError, match="cannot enter"), project_server(tmp_path / "project"):
        pass


def test_projects_of_one_name_have_their_own_directories(tmp_path: Path) -> None:
    one, other = embedded_data_dir(tmp_path / "a" / "shop"), embedded_data_dir(tmp_path / "shop")
    assert one != other
    assert one.name.startswith("shop-")
    assert embedded_data_dir(tmp_path / "shop") == other
