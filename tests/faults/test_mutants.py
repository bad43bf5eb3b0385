"""Each runner with one thing wrong is caught by a test. Here a few; `nox -s mutants` has all."""

import os
from pathlib import Path

import pytest

import psqlmigrate
from faults.mutants import MUTANTS, Mutant, mutated, outcome

ALL = bool(os.environ.get("PSQLMIGRATE_ALL_MUTANTS"))
FAILED, PASSED = 1, 0
QUICK = ("a history row that anybody may take",)
RUN = [one for one in MUTANTS if ALL or one.name in QUICK]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda one: one.name)
def test_what_is_changed_is_there(mutant: Mutant) -> None:
    source = Path(psqlmigrate.__file__).parent
    for edit in mutant.edits:
        assert edit.of((source / edit.file).read_text()) != edit.old


@pytest.mark.parametrize("mutant", RUN, ids=lambda one: one.name)
def test_it_is_caught(mutant: Mutant, tmp_path: Path) -> None:
    """By a test that fails, not by one that cannot be run; one that hangs fails after a while."""
    ended = outcome(mutated(mutant, tmp_path), mutant.file, "-k", mutant.tests)
    assert ended is None or ended.returncode == FAILED, ended.stdout


@pytest.mark.skipif(not ALL, reason="nox -s mutants has it")
def test_a_copy_without_changes_passes(tmp_path: Path) -> None:
    """What the mutants fail at is what was changed in them."""
    source = mutated(None, tmp_path)
    for file in sorted({one.file for one in MUTANTS}):
        names = " or ".join(f"({one.tests})" for one in MUTANTS if one.file == file)
        ended = outcome(source, file, "-k", names)
        assert ended is not None
        assert ended.returncode == PASSED, ended.stdout
