"""Where no more can be written, the file that was there is whole, and the error names it."""

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from cli.conftest import Run

_ROOM = 4096
_TABLES = "".join(f"CREATE TABLE table_{number} (id int PRIMARY KEY);\n" for number in range(30))


def _limited(room: int, *words: str) -> subprocess.CompletedProcess[str]:
    """psqlmigrate, in a process whose files end at a size: writing more fails as on a full disk."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

    return subprocess.run(
        [sys.executable, "-m", "psqlmigrate", *words],
        preexec_fn=limit,
        capture_output=True,
        text=True,
        check=False,
    )


def _files(folder: Path) -> dict[str, bytes]:
    found = (one for one in folder.rglob("*") if one.is_file() and "__pycache__" not in one.parts)
    return {str(one.relative_to(folder)): one.read_bytes() for one in found}


@pytest.mark.parametrize("room", [1000, 8000])
def test_the_state_and_a_new_migration(run: Run, project: Path, room: int) -> None:
    """The migration does not fit, or its certificate, or the state: then none of them is there."""
    (project / "schema.sql").write_text("CREATE TABLE a (id int);")
    for words in (("init", "--models", "schema.sql"), ("autogenerate", "one")):
        assert run(*words)[0] == 0
    (project / "schema.sql").write_text(_TABLES)
    before = _files(project)
    assert "migrations/.schema_state.json" in before
    done = _limited(room, "autogenerate", "more", "--sql")
    assert done.returncode == 3, done.stdout
    assert "File too large" in done.stderr
    assert _files(project) == before


def test_the_profiles(call: Run, tmp_path: Path) -> None:
    assert call("users", "--save", "dev", "--host", "db")[0] == 0
    before = _files(tmp_path / "config")
    done = _limited(_ROOM, "users", "--save", "more", "--host", "x" * _ROOM)
    assert (done.returncode, "File too large" in done.stderr) == (2, True)
    assert _files(tmp_path / "config") == before
