"""Runners with one thing wrong in each, and the tests that must notice it."""

import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import psqlmigrate

_SOURCE = Path(psqlmigrate.__file__).parent
_TESTS = Path(__file__).parent
_PATIENCE_S = 150


@dataclass(frozen=True)
class Edit:
    """A text of a file, which is there once, and what stands there instead."""

    file: str
    old: str
    new: str

    def of(self, text: str) -> str:
        assert text.count(self.old) == 1, f"{self.file} does not have once: {self.old}"
        return text.replace(self.old, self.new)


@dataclass(frozen=True)
class Mutant:
    """A runner that is wrong, and where it must be noticed: a file, and names of tests there."""

    name: str
    edits: tuple[Edit, ...]
    file: str
    tests: str


MUTANTS = (
    Mutant(
        "no lock",
        (
            Edit(
                "service/session.py",
                "with one if options.lock else nullcontext()",
                "with nullcontext()",
            ),
            Edit("service/attempt.py", "work.key.number if has_lock else None", "None"),
        ),
        "test_runner.py",
        "test_another_run_with_the_lock_is_named",
    ),
    Mutant(
        "a lock that blocks",
        (
            Edit(
                "service/locking.py",
                "SELECT CASE WHEN pg_catalog.pg_try_advisory_lock({key})\n"
                "            THEN pg_catalog.pg_try_advisory_lock({key}) ELSE false END",
                "SELECT true, pg_catalog.pg_advisory_lock({key}), pg_catalog.pg_advisory_lock({key})",
            ),
        ),
        "test_concurrency.py",
        "test_concurrent_index_build_with_others_waiting",
    ),
    Mutant(
        "the history in a transaction of its own",
        (
            Edit(
                "service/attempt.py",
                "        return str(row[0]) if row else None\n",
                "        if row is None:\n"
                "            return None\n"
                "        commit(work.connection)\n"
                "        again = beginning(0.1, 0).encode()\n"
                '        again += b"; SELECT pg_catalog.pg_current_xact_id()::pg_catalog.text"\n'
                "        cursor = work.connection.execute(again)\n"
                "        while cursor.nextset():\n"
                "            pass\n"
                "        return str(cursor.fetchone()[0])\n",
            ),
        ),
        "test_runner.py",
        "test_a_failing_migration_leaves_nothing",
    ),
    Mutant(
        "a history row that anybody may take",
        (
            Edit(
                "service/history.py",
                "rolled_back_at = NULL\n WHERE h.rolled_back_at IS NOT NULL\n",
                "rolled_back_at = NULL\n",
            ),
        ),
        "test_runner.py",
        "test_a_claimed_row_belongs_to_one_run",
    ),
    Mutant(
        "a history that is read before the lock only",
        (Edit("service/running.py", "now = self._lineage(target)\n", "now = plan.lineage\n"),),
        "test_resuming.py",
        "test_what_another_run_is_at_is_waited_for",
    ),
    Mutant(
        "no limit for waiting in front of others",
        (Edit("service/transaction.py", "number(round(lock_timeout_s * 1000))", "number(0)"),),
        "test_lock_waits.py",
        "test_readers_do_not_wait",
    ),
    Mutant(
        "only the statement is tried again",
        (
            Edit(
                "service/attempt.py",
                "self._timed(statement, lambda: perform(self.work.connection, statement))",
                "self._timed(statement, lambda: blocking.patiently(lambda: _within("
                "self.work.connection, statement), 60.0, self.report))",
            ),
            Edit(
                "service/attempt.py",
                "def _encoding(",
                "def _within(connection: Connection, statement: Sent) -> Cursor:\n"
                "    with connection.transaction():\n"
                "        return perform(connection, statement)\n\n\n"
                "def _encoding(",
            ),
            Edit(
                "service/attempt.py",
                "self.work.progress.blocked(waited, self._reason(error))",
                'self.work.progress.blocked(waited, "a lock")',
            ),
        ),
        "test_lock_waits.py",
        "test_what_was_locked_before_is_free_in_the_pauses",
    ),
    Mutant(
        "no journal of statements",
        (Edit("service/journal.py", " ORDER BY d.n", " ORDER BY d.n LIMIT 0"),),
        "test_resuming.py",
        "test_what_is_done_is_not_done_twice",
    ),
    Mutant(
        "no note before what cannot be in a transaction",
        (
            Edit(
                "service/openattempt.py",
                'self._note(self._noted(statement, "running", look=look))',
                "pass",
            ),
        ),
        "test_resuming.py",
        "test_a_build_that_was_killed",
    ),
    Mutant(
        "a journal that is written after the statement's commit",
        (
            Edit(
                "service/openattempt.py",
                "            cursor = perform(connection, statement)\n            entry =",
                "            cursor = perform(connection, statement)\n"
                "            commit(connection)\n"
                "            begin(connection, 0, 0)\n            entry =",
            ),
        ),
        "test_kills.py",
        "test_killed_at_each_message and without and upgrade",
    ),
    Mutant(
        "an invalid index that counts as built",
        (Edit("service/looking.py", "Verdict(done=True) if valid else", "Verdict(done=True) or"),),
        "test_resuming.py",
        "test_a_build_that_was_killed",
    ),
    Mutant(
        "an invalid index that IF NOT EXISTS finds",
        (
            Edit(
                "service/looking.py",
                "if about.kind != outside.CREATE_INDEX or not about.unless_there:",
                "if True:",
            ),
        ),
        "test_resuming.py",
        "test_if_not_exists_does_not_keep_an_invalid_index",
    ),
    Mutant(
        "a seal that does not look at transaction and row",
        (
            Edit(
                "service/journal.py",
                "WHEN pg_catalog.pg_current_xact_id()::pg_catalog.text"
                " OPERATOR(pg_catalog.=) {transaction}\n"
                "      AND rolled_back_at IS {unless_applied} NULL\n",
                "WHEN true\n",
            ),
        ),
        "test_runner.py",
        "test_code_that_ends_its_transaction_is_noticed",
    ),
    Mutant(
        "a seal that does not look at the lock",
        (Edit("service/journal.py", "THEN CASE WHEN {locked} THEN", "THEN CASE WHEN true THEN"),),
        "test_runner.py",
        "test_code_that_unlocks_is_noticed",
    ),
    Mutant(
        "an error that the code has caught is none",
        (
            Edit("service/attempt.py", "if self._engine.failure:\n", "if False:\n"),
            Edit(
                "service/attempt.py",
                "commit(work.connection, *again, *self._sealing(claimed, ms), after=after)",
                'work.connection.execute(b"COMMIT")',
            ),
        ),
        "test_runner.py",
        "test_a_swallowed_error_still_fails",
    ),
    Mutant(
        "settings that reach the next migration",
        (
            Edit(
                "service/attempt.py",
                "again = [repinning(work.connection, work.options.search_path)]",
                "again = []",
            ),
        ),
        "test_runner.py",
        "test_settings_of_one_migration_do_not_reach_the_next",
    ),
    Mutant(
        "a server that does not notice a killed client",
        (
            Edit(
                "postgres/connect.py", '"client_connection_check_interval": "500ms"', '"geqo": "on"'
            ),
        ),
        "test_signals.py",
        "test_killed_outright",
    ),
    Mutant(
        "a network that may stall for ever",
        (Edit("postgres/silence.py", "return self._count >= _DOUBTS", "return False"),),
        "test_stalls.py",
        "test_a_run_ends_and_the_next_completes and claiming",
    ),
    Mutant(
        "a server at work that counts as lost",
        (Edit("postgres/silence.py", "return not (row and row[0])", "return False"),),
        "test_stalls.py",
        "test_a_server_at_work_is_not_lost",
    ),
    Mutant(
        "a COMMIT that is lost and counts as done",
        (
            Edit(
                "service/transaction.py",
                '    cursor = connection.execute(b"; ".join(filter(None, texts)))\n    tags',
                "    try:\n"
                '        cursor = connection.execute(b"; ".join(filter(None, texts)))\n'
                "    except psycopg.OperationalError:\n"
                "        return\n"
                "    tags",
            ),
        ),
        "test_stalls.py",
        "test_a_run_ends_and_the_next_completes and its",
    ),
    Mutant(
        "the COMMIT of an aborted transaction counts as done",
        (Edit("service/transaction.py", 'if "COMMIT" not in tags:', "if False:"),),
        "test_runner.py",
        "test_the_commit_of_an_aborted_transaction",
    ),
    Mutant(
        "a deadlock is an error",
        (Edit("service/failure.py", '{LOCK_NOT_AVAILABLE, "40P01"}', "{LOCK_NOT_AVAILABLE}"),),
        "test_lock_waits.py",
        "test_a_deadlock_is_tried_again",
    ),
    Mutant(
        "a lease that whoever comes next has, too",
        (
            Edit(
                "service/leasing.py",
                " AND holder OPERATOR(pg_catalog.=) {holder}\n"
                "     AND token OPERATOR(pg_catalog.=) {token} RETURNING 1)",
                " RETURNING 1)",
            ),
        ),
        "test_leases.py",
        "test_a_stalled_run_changes_nothing_any_more",
    ),
    Mutant(
        "a session that waits for the rest of a query counts as at work",
        (
            Edit(
                "postgres/silence.py",
                "IN ('ClientRead', 'ClientWrite')",
                "OPERATOR(pg_catalog.=) 'ClientWrite'",
            ),
        ),
        "test_stalls.py",
        "test_a_run_ends_and_the_next_completes and catalog",
    ),
    Mutant(
        "SIGTERM that ends the program where it is",
        (Edit("cli/app.py", "    listen()\n    try:", "    try:"),),
        "test_signals.py",
        "test_during_autogenerate",
    ),
)


def mutated(mutant: Mutant | None, folder: Path) -> Path:
    """A copy of the program with that mutant's edits; where it can be imported from."""
    shutil.copytree(_SOURCE, folder / "psqlmigrate", ignore=shutil.ignore_patterns("__pycache__"))
    for edit in mutant.edits if mutant else ():
        path = folder / "psqlmigrate" / edit.file
        path.write_text(edit.of(path.read_text()))
    return folder


def outcome(source: Path, *arguments: str) -> subprocess.CompletedProcess[str] | None:
    """pytest in `tests/faults` on the program that is there; None where it hangs."""
    words = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *arguments]
    paths = os.pathsep.join(filter(None, [str(source), os.environ.get("PYTHONPATH", "")]))
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    process = subprocess.Popen(
        words,
        cwd=_TESTS,
        env={**env, "PYTHONPATH": paths},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        out, _ = process.communicate(timeout=_PATIENCE_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return None
    return subprocess.CompletedProcess(words, process.returncode, out)
