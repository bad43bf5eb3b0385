"""Migrations without a transaction that were cut: a plain run again goes on, or says why not."""

from functools import partial
from typing import NoReturn

import pytest
from psycopg.errors import UniqueViolation
from psycopg.pq import TransactionStatus

from faults.processes import started, wait_for
from faults.project import TABLES, Heard, Project
from faults.racing import race
from psqlmigrate.errors import AppliedFileError, DirtyError, StatementError
from psqlmigrate.migrations.sent import Sent
from psqlmigrate.postgres.connect import Connection, connect
from psqlmigrate.postgres.engine import Cursor, perform
from psqlmigrate.postgres.target import Target
from psqlmigrate.service import halfrun, history, openattempt
from psqlmigrate.service.attempt import RunOptions

UNLOCKED = (
    "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND "
    "database = (SELECT oid FROM pg_database WHERE datname = current_database()))"
)
OPEN = "-- transactional: false\n"


class Cut(Heard):
    """Ends the process's run after that many statements, or before the next one's end is noted."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self._left = after

    def statement_done(self, number: int, ms: int) -> None:  # noqa: ARG002 - as the protocol has it
        self._left -= 1
        if self._left == 0:
            raise KeyboardInterrupt


def _cut(connection: Connection, project: Project, after: int, direction: str = "up") -> None:
    runner = project.runner(connection, progress=Cut(after))
    with pytest.raises(KeyboardInterrupt):
        runner.upgrade() if direction == "up" else runner.downgrade()


def _applied(connection: Connection) -> set[str]:
    return set(history.applied(history.read(connection, TABLES)))


def _log(connection: Connection) -> list[str]:
    return [row[0] for row in connection.execute("SELECT what FROM log ORDER BY what")]


def _cut_inside(
    connection: Connection, project: Project, monkeypatch: pytest.MonkeyPatch, *, sent: bool
) -> None:
    """As if it were killed before the statement that cannot be in a transaction, or just after."""

    def cut(connection: Connection, statement: Sent) -> NoReturn:
        if sent:
            perform(connection, statement)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(openattempt, "perform", cut)
        with pytest.raises(KeyboardInterrupt):
            project.runner(connection).upgrade()


@pytest.fixture(autouse=True)
def _with_log(connection: Connection) -> None:  # pyright: ignore[reportUnusedFunction]
    connection.execute("CREATE TABLE log (what text); CREATE TABLE t1 (a int)")


LOGGED = ";\n".join(f"INSERT INTO log VALUES ('{n}')" for n in (1, 2, 3)) + ";"


@pytest.mark.parametrize("after", [1, 2, 3])
def test_what_is_done_is_not_done_twice(
    connection: Connection, project: Project, after: int
) -> None:
    project.sql("1", LOGGED, LOGGED.replace("('", "('down"), OPEN)
    _cut(connection, project, after)
    assert _applied(connection) == set()
    assert halfrun.read(connection, TABLES)["1"].done == after
    project.runner(connection).upgrade()
    assert _log(connection) == ["1", "2", "3"]
    _cut(connection, project, after, "down")
    assert _applied(connection) == {"1"}
    with pytest.raises(DirtyError, match="1 is half reverted") as caught:
        project.runner(connection).upgrade()
    assert caught.value.hint.startswith(
        "psqlmigrate downgrade finishes it, then upgrade applies it again; or "
    )
    project.runner(connection).downgrade()
    assert _log(connection) == ["1", "2", "3", "down1", "down2", "down3"]
    assert halfrun.read(connection, TABLES) == {}
    project.runner(connection).upgrade()
    assert _log(connection).count("1") == 2


def test_a_migration_begun_without_a_transaction_goes_on_without(
    connection: Connection, project: Project
) -> None:
    project.sql("1", LOGGED)
    runner = project.runner(connection, RunOptions(transactional=False), progress=Cut(2))
    with pytest.raises(KeyboardInterrupt):
        runner.upgrade()
    project.runner(connection).upgrade()
    assert _log(connection) == ["1", "2", "3"]


def test_the_command_that_finishes_it_is_named(connection: Connection, project: Project) -> None:
    """With branches a plain command would take another migration, or not know which head."""
    project.sql("0", "SELECT 1")
    for version, parent in (("1", "0"), ("3", "0")):
        project.sql(version, "SELECT 1", header=f"-- depends_on: {parent}\n")
    project.sql("2", LOGGED, LOGGED, f"-- depends_on: 1\n{OPEN}")
    with pytest.raises(KeyboardInterrupt):
        project.runner(connection, progress=Cut(4)).upgrade("2")
    with pytest.raises(DirtyError, match="2 is half applied") as caught:
        project.runner(connection).downgrade()
    assert caught.value.hint.startswith("psqlmigrate upgrade 2 finishes it; or ")
    project.runner(connection).upgrade("2")
    project.runner(connection).upgrade("heads")
    with pytest.raises(KeyboardInterrupt):
        project.runner(connection, progress=Cut(2)).downgrade("1")
    runner = project.runner(connection)
    for run in (partial(runner.upgrade, "heads"), partial(runner.downgrade, "-1")):
        with pytest.raises(DirtyError, match="2 is half reverted: 2 statements") as caught:
            run()
        assert caught.value.hint.startswith("psqlmigrate downgrade 1 finishes it")
    project.runner(connection).downgrade("1")
    assert [one.version for one in project.runner(connection).upgrade("heads").ran] == ["2"]


def test_nothing_else_is_reverted_beside_it(connection: Connection, project: Project) -> None:
    project.sql("1", "SELECT 1")
    project.sql("2", LOGGED, "", OPEN)
    project.sql("3", "CREATE TABLE t3 (a int)")
    _cut(connection, project, 2)
    with pytest.raises(DirtyError, match="2 is half applied: 1 statement") as caught:
        project.runner(connection).downgrade()
    assert caught.value.exit_code == 5
    assert "psqlmigrate upgrade finishes it" in caught.value.hint
    (project.path / "2_step.sql").unlink()
    with pytest.raises(DirtyError, match="2 is half applied") as caught:
        project.runner(connection).upgrade()
    assert "bring back its file" in caught.value.hint


@pytest.mark.parametrize("kind", ["sql", "py"])
def test_an_edited_file_is_refused(connection: Connection, project: Project, kind: str) -> None:
    if kind == "sql":
        path = project.sql("1", LOGGED, "", OPEN)
    else:
        path = project.python("1", f'engine.execute("""{LOGGED}""")')
        path.write_text(
            path.read_text().replace("version =", "transactional = False\n    version =")
        )
    good = path.read_text()
    _cut(connection, project, 2)
    for edited in (
        good.replace("'2'", "'two'"),
        good.replace("INSERT INTO log VALUES ('2');\n", ""),
    ):
        path.write_text(edited)
        with pytest.raises(AppliedFileError, match="half run and then edited: its statement 2"):
            project.runner(connection).upgrade()
    # What was not run yet may be put right.
    path.write_text(good.replace("'3'", "'three'"))
    project.runner(connection).upgrade()
    assert _log(connection) == ["1", "2", "three"]


def test_code_that_does_something_else_the_second_time_is_dirty(
    connection: Connection, project: Project
) -> None:
    path = project.python(
        "1",
        "(count,) = engine.fetch_one('SELECT count(*) FROM log')\n"
        "engine.execute('INSERT INTO log VALUES (%s)', [str(count)])\n"
        "engine.execute('SELECT 1')",
    )
    path.write_text(path.read_text().replace("version =", "transactional = False\n    version ="))
    _cut(connection, project, 2)
    for _ in range(2):
        with pytest.raises(
            DirtyError, match=r"statement 2 of 1, line \d+, is another one"
        ) as caught:
            project.runner(connection).upgrade()
        assert "resolve --applied 1, or --rolled-back 1" in caught.value.hint
    assert halfrun.read(connection, TABLES)["1"].dirty
    assert _log(connection) == ["0"]


def test_rows_and_counts_are_there_again(connection: Connection, project: Project) -> None:
    connection.execute("INSERT INTO t1 SELECT generate_series(1, 5)")
    path = project.python(
        "1",
        "rows = engine.fetch_all('SELECT a FROM t1 WHERE a < 3 ORDER BY a')\n"
        "assert rows == [(1,), (2,)]\n"
        "while engine.execute('DELETE FROM t1 WHERE a IN (SELECT a FROM t1 WHERE a > 2 LIMIT 1)')"
        ".rowcount:\n    engine.execute(\"INSERT INTO log VALUES ('once')\")",
    )
    path.write_text(path.read_text().replace("version =", "transactional = False\n    version ="))
    _cut(connection, project, 4)
    project.runner(connection).upgrade()
    assert _log(connection) == ["once"] * 3


def test_rows_of_what_writes_are_not_asked_again(connection: Connection, project: Project) -> None:
    path = project.python(
        "1",
        "engine.fetch_one(\"INSERT INTO log VALUES ('1') RETURNING what\")\nengine.execute('SELECT 1')",
    )
    path.write_text(path.read_text().replace("version =", "transactional = False\n    version ="))
    _cut(connection, project, 1)
    with pytest.raises(DirtyError, match="had rows that cannot be read again"):
        project.runner(connection).upgrade()
    assert _log(connection) == ["1"]


def test_the_session_is_as_it_was(connection: Connection, project: Project) -> None:
    connection.execute("CREATE SCHEMA s; CREATE TABLE s.one (a int)")
    project.sql(
        "1",
        "SET search_path = s;\nSELECT set_config('application_name', 'mine', false);\n"
        "INSERT INTO one SELECT 1 WHERE current_setting('application_name') = 'mine';",
        "",
        OPEN,
    )
    with connect(Target(dict(connection.info.get_parameters()), "test")) as first:
        _cut(first, project, 2)
    project.runner(connection).upgrade()
    assert connection.execute("SELECT * FROM s.one").fetchall() == [(1,)]


def test_what_ended_with_the_session_is_dirty(connection: Connection, project: Project) -> None:
    project.sql("1", "CREATE TEMP TABLE log2 (a int);\nSELECT 1;", "", OPEN)
    _cut(connection, project, 1)
    with pytest.raises(DirtyError, match="made something temporary"):
        project.runner(connection).upgrade()


def test_a_role_does_not_keep_the_journal_from_being_written(
    connection: Connection, project: Project
) -> None:
    connection.execute("CREATE ROLE plain_one; GRANT ALL ON log TO plain_one")
    try:
        project.sql(
            "1",
            "SET ROLE plain_one;\nINSERT INTO log VALUES (current_user);\nVACUUM log;\n"
            "BEGIN;\nINSERT INTO log VALUES (current_user);\nCOMMIT;\n"
            "INSERT INTO log VALUES (current_user);",
            "",
            OPEN,
        )
        _cut(connection, project, 6)
        connection.execute("RESET ROLE")
        assert halfrun.read(connection, TABLES)["1"].done == 6
        project.runner(connection).upgrade()
        assert _log(connection) == ["plain_one"] * 3
    finally:
        connection.execute("RESET ROLE; DROP OWNED BY plain_one; DROP ROLE plain_one")


@pytest.mark.parametrize("after", range(1, 8))
def test_a_transaction_of_its_own_is_done_once(
    connection: Connection, project: Project, after: int
) -> None:
    one = "BEGIN;\nINSERT INTO log VALUES ('{}');\n{};\n"
    project.sql(
        "1",
        one.format(1, "COMMIT") + one.format(2, "ROLLBACK") + "INSERT INTO log VALUES ('3');",
        "",
        OPEN,
    )
    _cut(connection, project, after)
    project.runner(connection).upgrade()
    assert _log(connection) == ["1", "3"]


def test_code_that_commits_by_itself(connection: Connection, project: Project) -> None:
    """In a transaction where that works; where it does not, nobody can tell what was done."""
    project.sql("1", "DO $$ BEGIN INSERT INTO log VALUES ('1'); END $$;\nSELECT 1;", "", OPEN)
    _cut(connection, project, 1)
    project.runner(connection).upgrade()
    project.sql(
        "2",
        "DO $$ BEGIN INSERT INTO log VALUES ('2'); COMMIT; PERFORM 1 / 0; END $$;",
        "",
        OPEN,
    )
    with pytest.raises(StatementError, match="division by zero"):
        project.runner(connection).upgrade()
    for run in (project.runner(connection).upgrade, project.runner(connection).downgrade):
        with pytest.raises(
            DirtyError, match="statement 1 of 2, line 4, was begun, and nobody can tell"
        ):
            run()
    assert _log(connection) == ["1", "2"]


def test_what_goes_over_the_connection_itself_is_dirty(
    connection: Connection, project: Project
) -> None:
    path = project.python(
        "1",
        "engine.connection.execute(\"INSERT INTO log VALUES ('1')\")\nengine.execute('SELECT 1')",
    )
    path.write_text(path.read_text().replace("version =", "transactional = False\n    version ="))
    _cut(connection, project, 1)
    with pytest.raises(DirtyError, match="used the connection by itself"):
        project.runner(connection).upgrade()


BUILD = "CREATE INDEX CONCURRENTLY i ON t1 (a)"


def _valid(connection: Connection) -> list[tuple[str, bool]]:
    query = (
        "SELECT indexrelid::regclass::text, indisvalid FROM pg_index "
        "WHERE indrelid = 't1'::regclass ORDER BY 1"
    )
    return connection.execute(query).fetchall()


@pytest.mark.parametrize("build", [BUILD, "CREATE INDEX CONCURRENTLY ON t1 (a)"])
def test_a_build_that_was_killed(
    database: Target, connection: Connection, project: Project, build: str
) -> None:
    """An old snapshot keeps it waiting; what is left is invalid."""
    project.sql(
        "1", f"INSERT INTO log VALUES ('1');\n{build};\nINSERT INTO log VALUES ('2');", "", OPEN
    )
    connection.execute("BEGIN; SELECT pg_current_xact_id(); INSERT INTO t1 VALUES (1)")
    process = started(database, project.path, "upgrade")
    wait_for(connection, "SELECT 1 FROM pg_locks WHERE NOT granted")
    process.kill()
    process.communicate(timeout=15)
    wait_for(connection, UNLOCKED)
    connection.execute("COMMIT")
    assert [valid for _, valid in _valid(connection)] == [False]
    project.runner(connection).upgrade()
    assert [valid for _, valid in _valid(connection)] == [True]
    assert _log(connection) == ["1", "2"]


def test_a_build_that_failed_on_rows(connection: Connection, project: Project) -> None:
    connection.execute("INSERT INTO t1 VALUES (1), (1)")
    project.sql("1", "CREATE UNIQUE INDEX CONCURRENTLY i ON t1 (a);", "", OPEN)
    with pytest.raises(StatementError):
        project.runner(connection).upgrade()
    assert _valid(connection) == [("i", False)]
    connection.execute("TRUNCATE t1")
    project.runner(connection).upgrade()
    assert _valid(connection) == [("i", True)]


def test_a_build_with_a_slip_in_it_may_be_put_right(
    connection: Connection, project: Project
) -> None:
    project.sql("1", "CREATE INDEX CONCURRENTLY i ON t1 (b);", "", OPEN)
    with pytest.raises(StatementError):
        project.runner(connection).upgrade()
    project.sql("1", f"{BUILD};", "", OPEN)
    project.runner(connection).upgrade()
    assert _valid(connection) == [("i", True)]


def test_if_not_exists_does_not_keep_an_invalid_index(
    connection: Connection, project: Project
) -> None:
    connection.execute("INSERT INTO t1 VALUES (1), (1)")
    with pytest.raises(Exception, match="could not create unique index"):
        connection.execute("CREATE UNIQUE INDEX CONCURRENTLY i ON t1 (a)")
    project.sql("1", "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t1 (a);", "", OPEN)
    project.runner(connection).upgrade()
    assert _valid(connection) == [("i", True)]


def test_of_an_index_that_was_there_before(connection: Connection, project: Project) -> None:
    """It is not what a killed run made."""
    connection.execute("CREATE INDEX i ON t1 (a)")
    project.sql("1", f"{BUILD};", "", OPEN)
    for _ in range(2):
        with pytest.raises(StatementError, match="already exists"):
            project.runner(connection).upgrade()


PARTED = "CREATE TABLE p (a int) PARTITION BY LIST (a); CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);"


@pytest.mark.parametrize("sent", [False, True])
@pytest.mark.parametrize(
    ("made", "statement", "asked", "after"),
    [
        ("", BUILD, "SELECT indisvalid FROM pg_index WHERE indrelid = 't1'::regclass", [(True,)]),
        (
            "CREATE INDEX i ON t1 (a)",
            "DROP INDEX CONCURRENTLY public . i",
            "SELECT 1 FROM pg_index WHERE indrelid = 't1'::regclass",
            [],
        ),
        (
            'CREATE INDEX "I" ON t1 (a)',
            '/* now */ REINDEX INDEX CONCURRENTLY "I"',
            "SELECT indisvalid FROM pg_index WHERE indrelid = 't1'::regclass",
            [(True,)],
        ),
        (
            PARTED,
            "ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY",
            "SELECT 1 FROM pg_inherits",
            [],
        ),
        ("", "VACUUM ANALYZE t1", "SELECT 1", [(1,)]),
        (
            "CREATE TYPE e AS ENUM ('a')",
            "ALTER TYPE e ADD VALUE 'b'",
            "SELECT enumlabel FROM pg_enum WHERE enumtypid = 'e'::regtype ORDER BY 1",
            [("a",), ("b",)],
        ),
    ],
)
def test_the_catalog_decides(
    connection: Connection,
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
    *,
    made: str,
    statement: str,
    asked: str,
    after: list[tuple[object, ...]],
    sent: bool,
) -> None:
    connection.execute(made.encode())
    project.sql("1", f"{statement};", "", OPEN)
    _cut_inside(connection, project, monkeypatch, sent=sent)
    project.runner(connection).upgrade()
    assert connection.execute(asked.encode()).fetchall() == after
    assert _applied(connection) == {"1"}


def test_the_catalog_decides_of_databases(
    connection: Connection, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"made_{connection.info.backend_pid}"
    project.sql("1", f"CREATE DATABASE {name};", f"DROP DATABASE {name};", OPEN)
    for sent in (False, True):
        _cut_inside(connection, project, monkeypatch, sent=sent)
        project.runner(connection).upgrade()
        project.runner(connection).downgrade()
        assert _applied(connection) == set()


def test_what_the_catalog_does_not_tell_is_dirty(
    connection: Connection, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.sql("1", "DO $$ BEGIN INSERT INTO log VALUES ('1'); COMMIT; END $$;", "", OPEN)

    def cut(connection: Connection, statement: Sent) -> Cursor:
        cursor = perform(connection, statement)
        if connection.info.transaction_status == TransactionStatus.IDLE:
            raise KeyboardInterrupt
        return cursor

    with monkeypatch.context() as patched:
        patched.setattr(openattempt, "perform", cut)
        with pytest.raises(KeyboardInterrupt):
            project.runner(connection).upgrade()
    with pytest.raises(
        DirtyError, match="statement 1 of 1, line 4, was begun, and nobody can tell"
    ):
        project.runner(connection).upgrade()
    assert _log(connection) == ["1"]


def test_a_detach_that_is_pending_is_finished(
    database: Target, connection: Connection, project: Project
) -> None:
    connection.execute(PARTED.encode())
    project.sql("1", "ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY;", "", OPEN)
    connection.execute("BEGIN; SELECT * FROM p")
    process = started(database, project.path, "upgrade")
    pending = "SELECT 1 FROM pg_inherits WHERE inhdetachpending"
    with connect(database) as other:
        wait_for(other, pending)
        process.kill()
        process.communicate(timeout=15)
        wait_for(other, UNLOCKED)
        connection.execute("COMMIT")
    project.runner(connection).upgrade()
    assert connection.execute("SELECT 1 FROM pg_inherits").fetchall() == []


def test_what_a_killed_reindex_leaves_goes(
    connection: Connection, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection.execute("CREATE INDEX i ON t1 (a)")
    project.sql("1", "REINDEX TABLE CONCURRENTLY t1;", "", OPEN)
    _cut_inside(connection, project, monkeypatch, sent=False)
    connection.execute("INSERT INTO t1 VALUES (1), (1)")
    with pytest.raises(UniqueViolation):
        connection.execute("CREATE UNIQUE INDEX CONCURRENTLY i_ccnew ON t1 (a)")
    assert _valid(connection) == [("i", True), ("i_ccnew", False)]
    project.runner(connection).upgrade()
    assert _valid(connection) == [("i", True)]


def test_what_another_run_is_at_is_waited_for(
    database: Target, connection: Connection, project: Project
) -> None:
    """Nobody could go on with it, had that run died."""
    project.sql(
        "1",
        "DO $$ BEGIN COMMIT; PERFORM pg_sleep(2); INSERT INTO log VALUES ('1'); END $$;",
        "",
        OPEN,
    )
    assert sorted(race(database, project.path, [RunOptions()] * 3)) == [[], [], ["1"]]
    assert _log(connection) == ["1"]
