"""A squash that is interrupted at any change of a file leaves all of the old or all of the new."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cli.conftest import Run
from faults.dying import DIED, UNHURT
from faults.project import Project
from psqlmigrate.migrations import statefile
from psqlmigrate.migrations.archive import originals
from psqlmigrate.migrations.directory import read_directory
from psqlmigrate.postgres.connect import Connection
from psqlmigrate.service.squashrange import version_for

VERSIONS = [f"2026010{day}_000000" for day in (1, 2, 3)]
SQUASHED = "20260103_000001"
_MOST = 60


@pytest.fixture
def migrations(project: Path) -> Path:
    folder = project / "migrations"
    folder.mkdir()
    files = Project(folder)
    for place, version in enumerate(VERSIONS):
        files.sql(version, f"CREATE TABLE t{place} (a int);", f"DROP TABLE t{place};")
    return folder


def _prepare(run: Run, migrations: Path) -> Path:
    """Originals with certificates and a state file; the squashed file and its proof elsewhere."""
    for version in VERSIONS:
        assert run("verify", "--certify", version)[0] == 0
    statefile.write(
        migrations / ".schema_state.json", [VERSIONS[-1]], {"table": {"public.t0": "x"}}
    )
    kept = migrations.parent / "kept"
    shutil.copytree(migrations, kept / "old")
    assert run("squash", "one")[0] == 0
    shutil.copytree(migrations, kept / "new")
    return kept


def _killed(how: str, number: int, migrations: Path, kept: Path) -> int:
    shutil.rmtree(migrations)
    shutil.copytree(kept / "old", migrations)
    made = kept / "new" / f"{SQUASHED}_one.sql"
    proof = kept / "new" / "certificates" / f"{SQUASHED}.json"
    script = Path(__file__).parent.parent / "faults" / "dying.py"
    words = [sys.executable, str(script), how, str(number), str(migrations), str(made), str(proof)]
    return subprocess.run(words, check=False, stderr=subprocess.DEVNULL).returncode


def _tree(folder: Path) -> dict[str, bytes]:
    return {
        str(one.relative_to(folder)): one.read_bytes() for one in folder.rglob("*") if one.is_file()
    }


@pytest.mark.parametrize("how", ["dies", "fails"])
def test_every_change_of_a_file(
    run: Run, migrations: Path, connection: Connection, how: str
) -> None:
    kept = _prepare(run, migrations)
    old, new = _tree(kept / "old"), _tree(kept / "new")
    seen = {"old": 0, "new": 0}
    for number in range(1, _MOST):
        code = _killed(how, number, migrations, kept)
        directory = read_directory(migrations)  # before anything is tidied up
        versions = [one.version for one in directory.files]
        assert versions in ([SQUASHED], VERSIONS), number
        is_new = versions == [SQUASHED]
        seen["new" if is_new else "old"] += 1
        if is_new:
            assert [one.version for one in originals(directory, directory.files[0])] == VERSIONS
        if number % 4 == 1:
            _a_database_goes_on(run, connection, is_new=is_new)
        assert run("verify")[0] == 0, number
        tree = _tree(migrations)
        if is_new:
            assert {one: tree[one] for one in tree if _counts(one)} == new, number
        else:
            assert {name: text for name, text in tree.items() if name in old} == old, number
            assert all(Path(name).name.startswith(".") for name in tree.keys() - old.keys()), number
        if code == UNHURT:
            break
        assert code in ({DIED} if how == "dies" else {0, 1})
    else:
        pytest.fail("it never came to its end")
    assert seen["old"] > 2
    assert seen["new"] > 5


def _counts(name: str) -> bool:
    """What a writer that died had begun has another name."""
    return name == ".schema_state.json" or not Path(name).name.startswith(".")


def _a_database_goes_on(run: Run, connection: Connection, *, is_new: bool) -> None:
    """It has the first of three, then all; then nothing."""
    assert run("upgrade", VERSIONS[0])[0] == 0
    assert connection.execute("SELECT to_regclass('t1')").fetchall() == [(None,)]
    assert run("upgrade")[0] == 0
    [(found,)] = connection.execute("SELECT to_regclass('t2')::text")
    assert found == "t2"
    assert run("current")[1] == f"{SQUASHED if is_new else VERSIONS[-1]}\n"
    assert run("downgrade", "base")[0] == 0
    assert run("stamp", "base", "--purge")[0] == 0


def test_a_squash_after_one_that_died(run: Run, migrations: Path) -> None:
    kept = _prepare(run, migrations)
    new = _tree(kept / "new")
    for number in range(1, _MOST, 5):
        if _killed("dies", number, migrations, kept) == UNHURT:
            break
        assert run("squash", "one")[0] == 0
        tree = _tree(migrations)
        assert {one for one in tree if not Path(one).name.startswith(".")} == {
            one for one in new if not Path(one).name.startswith(".")
        }


def test_somebody_else_changes_the_folder(
    run: Run, migrations: Path, monkeypatch: pytest.MonkeyPatch
) -> None:

    def meanwhile(*given: object) -> str:
        Project(migrations).sql("20260104_000000", "SELECT 1;", "")
        return version_for(*given)  # type: ignore[arg-type]  # as it was given

    monkeypatch.setattr("psqlmigrate.service.squashing.version_for", meanwhile)
    code, _, err = run("squash", "one")
    assert code == 5
    assert "another run has changed" in err
    assert len(read_directory(migrations).files) == 4


def test_a_folder_that_nobody_may_write_to(run: Run, migrations: Path) -> None:
    (migrations / "archive").write_text("no folder")
    code, _, err = run("squash", "one")
    assert code == 3
    assert "archive" in err
    assert [one.version for one in read_directory(migrations).files] == VERSIONS
    assert run("upgrade")[0] == 0


def test_another_file_in_the_archive_is_not_overwritten(run: Run, migrations: Path) -> None:
    name = read_directory(migrations).files[0].name
    (migrations / "archive").mkdir()
    (migrations / "archive" / name).write_text("another one")
    before = _tree(migrations)
    code, _, err = run("squash", "one")
    assert (code, "is another file" in err) == (5, True)
    assert _tree(migrations) == before
    shutil.copy(migrations / name, migrations / "archive" / name)
    assert run("squash", "one")[0] == 0
