"""The state after runs: what is managed, what drifted, and when it is not known."""

import pytest

from faults.project import TABLES, Heard, Project, look
from psqlmigrate.errors import LockError, StatementError
from psqlmigrate.migrations.file import MigrationFile
from psqlmigrate.postgres.connect import Connection, connect
from psqlmigrate.postgres.target import Target
from psqlmigrate.schema.hashing import state_hashes
from psqlmigrate.service import bookkeeping, history, state
from psqlmigrate.service.attempt import Hooks, RunOptions
from psqlmigrate.service.running import RunResult
from psqlmigrate.service.state import Drift, State

OPEN = "-- transactional: false\n"
HOOKS = Hooks(look=look)


def _run(
    connection: Connection,
    project: Project,
    target: str = "head",
    options: RunOptions | None = None,
) -> RunResult:
    runner = project.runner(connection, options, HOOKS)
    down = target == "base" or target.startswith("-")
    return runner.downgrade(target) if down else runner.upgrade(target)


def _state(connection: Connection) -> State | None:
    applied = history.applied(history.read(connection, TABLES))
    return state.read(connection, TABLES, bookkeeping.inspect(connection, TABLES), applied)


def _is_current(connection: Connection) -> bool:
    found = _state(connection)
    return found is not None and found.current


def _drift(connection: Connection) -> Drift:
    found = _state(connection)
    assert found is not None
    assert found.current
    return state.drift(found, state_hashes(look(connection)))


def _names(connection: Connection) -> list[str]:
    found = _state(connection)
    assert found is not None
    assert found.current
    return sorted(name for _, name in found.hashes)


@pytest.fixture
def tables(project: Project) -> Project:
    for n in "123":
        project.sql(n, f"CREATE TABLE t{n} (a int)", f"DROP TABLE t{n}")
    return project


def test_only_what_migrations_made_is_managed(connection: Connection, tables: Project) -> None:
    connection.execute("CREATE TABLE legacy (a int)")
    _run(connection, tables, "1")
    assert _names(connection) == ["public.t1"]
    connection.execute("CREATE VIEW mine AS SELECT 1 AS a")
    _run(connection, tables)
    assert _names(connection) == ["public.t1", "public.t2", "public.t3"]
    added = {name for _, name in _drift(connection).added}
    assert {"public.legacy", "public.mine"} <= added
    _run(connection, tables, "base")
    assert _names(connection) == []


def test_drift_stays_visible_after_further_runs(connection: Connection, tables: Project) -> None:
    _run(connection, tables, "2")
    connection.execute("ALTER TABLE t1 ADD b int; DROP TABLE t2")
    for target in ("3", "-1", "3"):
        _run(connection, tables, target)
        found = _drift(connection)
        assert found.changed == (("table", "public.t1"),)
        assert found.removed == (("table", "public.t2"),)
    connection.execute("ALTER TABLE t1 DROP b; CREATE TABLE t2 (a int)")
    assert (_drift(connection).changed, _drift(connection).removed) == ((), ())


def test_a_migration_takes_over_what_it_changes(connection: Connection, project: Project) -> None:
    connection.execute("CREATE TABLE t1 (a int); CREATE TABLE t2 (a int)")
    project.sql("1", "ALTER TABLE t1 ADD b int")
    _run(connection, project)
    assert _names(connection) == ["public.t1"]
    project.sql("2", "DROP TABLE t1")
    _run(connection, project)
    assert _names(connection) == []


def test_what_went_well_before_a_failure_is_recorded(
    connection: Connection, tables: Project
) -> None:
    tables.sql("2", "CREATE TABLE t2 (a int); SELECT 1 / 0")
    with pytest.raises(StatementError):
        _run(connection, tables)
    assert _names(connection) == ["public.t1"]


def test_what_a_failed_open_migration_has_left_is_managed(
    connection: Connection, project: Project
) -> None:
    project.sql("1", "CREATE TABLE t1 (a int); SELECT 1 / 0", header=OPEN)
    with pytest.raises(StatementError):
        _run(connection, project)
    assert _names(connection) == ["public.t1"]


def test_and_stays_so_when_it_is_finished(connection: Connection, project: Project) -> None:
    """Also where it is the first migration of all."""
    path = project.sql("1", "CREATE TABLE t1 (a int); SELECT 1 / 0", header=OPEN)
    with pytest.raises(StatementError):
        _run(connection, project)
    path.write_text(path.read_text().replace("SELECT 1 / 0", "CREATE TABLE t2 (a int)"))
    _run(connection, project)
    assert _names(connection) == ["public.t1", "public.t2"]


def test_after_a_first_one_that_was_killed_nothing_is_claimed(
    connection: Connection, project: Project
) -> None:
    class Cut(Heard):
        def statement(self, number: int, sql: str) -> None:
            super().statement(number, sql)
            if number > 1:
                raise KeyboardInterrupt

    project.sql("1", "CREATE TABLE t1 (a int); CREATE TABLE t2 (a int)", header=OPEN)
    with pytest.raises(KeyboardInterrupt):
        project.runner(connection, hooks=HOOKS, progress=Cut()).upgrade()
    _run(connection, project)
    assert not _is_current(connection)


class Killed(Heard):
    """Ends the process's run after its first migration."""

    def finished(self, file: MigrationFile, ms: int) -> None:  # noqa: ARG002 - as the protocol has it
        raise KeyboardInterrupt


def _killed_after_the_first(connection: Connection, project: Project) -> None:
    with pytest.raises(KeyboardInterrupt):
        project.runner(connection, hooks=HOOKS, progress=Killed()).upgrade()
    assert not _is_current(connection)


def test_after_a_killed_run_nothing_is_claimed(connection: Connection, tables: Project) -> None:
    _killed_after_the_first(connection, tables)
    _run(connection, tables, "2")
    assert not _is_current(connection)
    _run(connection, tables, "base")
    assert not _is_current(connection)
    _run(connection, tables)
    assert _names(connection) == ["public.t1", "public.t2", "public.t3"]


def test_certificates_bring_the_state_back(
    server: Target, connection: Connection, tables: Project
) -> None:
    connection.execute("CREATE TABLE legacy (a int)")
    tables.certify(server)
    _killed_after_the_first(connection, tables)
    _run(connection, tables)
    assert _names(connection) == ["public.t1", "public.t2", "public.t3"]


@pytest.mark.parametrize(
    "by_hand",
    [
        "ALTER TABLE t1 ADD b int",
        "ALTER TABLE t1 ALTER a SET NOT NULL",
        "COMMENT ON TABLE t1 IS 'x'",
        "DROP TABLE t1",
    ],
)
def test_certificates_prove_nothing_where_there_is_drift(
    server: Target, connection: Connection, tables: Project, by_hand: str
) -> None:
    tables.certify(server)
    _killed_after_the_first(connection, tables)
    connection.execute(by_hand.encode())
    _run(connection, tables)
    assert not _is_current(connection)


def test_a_certificate_of_another_text_proves_nothing(
    server: Target, connection: Connection, tables: Project
) -> None:
    tables.certify(server)
    path = tables.sql("1", "CREATE TABLE t1 (a int);;", "DROP TABLE t1")
    assert path.is_file()
    _killed_after_the_first(connection, tables)
    _run(connection, tables)
    assert not _is_current(connection)


def test_the_mark_does_not_come_back_by_chance(connection: Connection, tables: Project) -> None:
    """History changed behind the state's back and then back to what it was."""
    _run(connection, tables, "1")
    connection.execute(
        "INSERT INTO _psqlmodel_migrations (version, checksum) SELECT '2', checksum "
        "FROM _psqlmodel_migrations; UPDATE _psqlmodel_migrations SET checksum = 'x'"
    )
    assert not _is_current(connection)
    _run(connection, tables, "3")
    connection.execute("DELETE FROM _psqlmodel_migrations WHERE version <> '1'")
    assert not _is_current(connection)


def test_without_the_lock_nothing_is_claimed(connection: Connection, tables: Project) -> None:
    _run(connection, tables, "1", RunOptions(lock=False))
    assert not _is_current(connection)


def test_an_empty_history_is_known(connection: Connection, tables: Project) -> None:
    """Whatever an old state says: where nothing is applied, nothing is managed."""
    _run(connection, tables, "1", RunOptions(lock=False))
    _run(connection, tables, "base", RunOptions(lock=False))
    _run(connection, tables, "1")
    assert _names(connection) == ["public.t1"]


def test_stamp_with_certificates(server: Target, connection: Connection, tables: Project) -> None:
    tables.certify(server)
    connection.execute(
        "CREATE TABLE t1 (a int); CREATE TABLE t2 (a int, b int); CREATE TABLE legacy (a int)"
    )
    assert tables.runner(connection, hooks=HOOKS).stamp("head").state_known
    assert _names(connection) == ["public.t1", "public.t2", "public.t3"]
    found = _drift(connection)
    assert found.changed == ()
    assert found.removed == (("table", "public.t3"),)
    assert tables.runner(connection, hooks=HOOKS).stamp("1").state_known
    assert _names(connection) == ["public.t1"]


def test_stamp_without_certificates(connection: Connection, tables: Project) -> None:
    _run(connection, tables, "1")
    assert not tables.runner(connection, hooks=HOOKS).stamp("head").state_known
    assert not _is_current(connection)
    assert tables.runner(connection, hooks=HOOKS).stamp("base").state_known
    assert _names(connection) == []


def test_functions_and_parts_have_one_name_everywhere(
    server: Target, connection: Connection, project: Project
) -> None:
    up = (
        "CREATE SCHEMA s; CREATE TYPE s.e AS ENUM ('a');"
        "CREATE FUNCTION s.f(int, text) RETURNS int LANGUAGE sql AS 'SELECT 1';"
        "CREATE TABLE s.t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, e s.e DEFAULT 'a');"
        "COMMENT ON COLUMN s.t.e IS 'x'; CREATE INDEX i ON s.t (e)"
    )
    project.sql("1", up)
    project.certify(server)
    _run(connection, project)
    assert "s.f(integer,text)" in _names(connection) or "s.f(integer, text)" in _names(connection)
    recorded = _state(connection)
    project.runner(connection, hooks=HOOKS).stamp("head")
    assert _state(connection) == recorded
    state.unmark(connection, TABLES)
    project.sql("2", "CREATE TABLE t2 (a int)")
    _run(connection, project)
    assert "public.t2" in _names(connection)
    assert (_drift(connection).changed, _drift(connection).removed) == ((), ())


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_look_that_is_locked_out_holds_nothing_up(
    database: Target, connection: Connection, tables: Project, when: str
) -> None:
    """The text of a view locks its tables; a run neither waits for that inside nor fails."""
    connection.execute("CREATE TABLE base (a int); CREATE VIEW v AS SELECT a FROM base")
    _run(connection, tables, "1")
    tables.sql("2", "CREATE TABLE t2 (a int);")
    with connect(database, name="holder") as holder:

        class Holding(Heard):
            def blocked(self, seconds: float, reason: str) -> None:
                super().blocked(seconds, reason)
                holder.execute("ROLLBACK")

            def started(self, file: MigrationFile, direction: str) -> None:  # noqa: ARG002
                if when == "after" and file.version == "2":
                    holder.execute("BEGIN; LOCK TABLE base IN ACCESS EXCLUSIVE MODE")

        if when == "before":
            holder.execute("BEGIN; LOCK TABLE base IN ACCESS EXCLUSIVE MODE")
        heard = Holding()
        options = RunOptions(lock_timeout=0.05)
        tables.runner(connection, options, HOOKS, heard).upgrade("2")
    assert any("a look at the schema" in line for line in heard.lines)
    assert _names(connection) == ["public.t1", "public.t2"]


def test_a_look_that_is_never_let_in_leaves_the_state_unknown(
    database: Target, connection: Connection, tables: Project
) -> None:
    connection.execute("CREATE TABLE base (a int); CREATE VIEW v AS SELECT a FROM base")
    _run(connection, tables, "1")
    with connect(database) as holder:
        holder.execute("BEGIN; LOCK TABLE base IN ACCESS EXCLUSIVE MODE")
        result = _run(connection, tables, "3", RunOptions(lock_timeout=0.05, lock_wait=0.2))
    assert len(result.ran) == 2
    assert not _is_current(connection)


def test_stamp_does_not_wait_for_ever(
    database: Target, connection: Connection, tables: Project
) -> None:
    connection.execute("CREATE TABLE base (a int); CREATE VIEW v AS SELECT a FROM base")
    with connect(database) as holder:
        holder.execute("BEGIN; LOCK TABLE base IN ACCESS EXCLUSIVE MODE")
        options = RunOptions(lock_timeout=0.05, lock_wait=0.2)
        with pytest.raises(LockError, match="another session keeps a lock"):
            tables.runner(connection, options, HOOKS).stamp("base")
    assert tables.runner(connection, options, HOOKS).stamp("base").state_known
