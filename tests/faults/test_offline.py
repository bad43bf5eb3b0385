"""The script of `sql` does in psql what a run does."""

import shutil
import subprocess

import pytest

from faults.project import TABLES, Project, look
from psqlmigrate.errors import MigrationFileError
from psqlmigrate.migrations.directory import read_directory
from psqlmigrate.migrations.graph import Graph
from psqlmigrate.postgres.connect import Connection, connect
from psqlmigrate.postgres.target import Target
from psqlmigrate.service import bookkeeping, history, state, versions
from psqlmigrate.service.attempt import Hooks
from psqlmigrate.service.bookkeeping import Tables
from psqlmigrate.service.holding import held
from psqlmigrate.service.offline import script

HOSTILE = "$psqlmigrate$; DROP TABLE x; -- ' \\ :name %s"


def _script(project: Project, direction: str, span: str = "", tables: Tables = TABLES) -> str:
    directory = read_directory(project.path)
    graph = Graph(directory.files)
    files = versions.between(directory, graph, direction, span)
    return script(files, direction, graph, tables)


def _psql(target: Target, text: str) -> subprocess.CompletedProcess[str]:
    program = shutil.which("psql")
    if program is None:
        pytest.skip("psql is not on PATH")
    env = {f"PG{key.upper()}": value for key, value in target.params.items()}
    env["PGDATABASE"] = env.pop("PGDBNAME")
    return subprocess.run(
        [program, "-X", "-q", "-v", "name=oops"],
        input=text,
        text=True,
        capture_output=True,
        env=env,
        check=False,
    )


def test_a_script_runs_in_psql(database: Target, connection: Connection, project: Project) -> None:
    project.sql("1", "CREATE TABLE t1 (a int);\nCOPY t1 FROM stdin;\n1\n2\n\\.\n", "DROP TABLE t1")
    project.python(
        "2",
        "engine.execute('CREATE TABLE t2 (a text); SET search_path = pg_catalog')\n"
        "engine.execute('INSERT INTO public.t2 VALUES (%s), (%s)', [\"it's 5%\", None])\n"
        "engine.execute('INSERT INTO public.t2 VALUES (%(x)s) -- end', {'x': 'z'})",
        "engine.execute('DROP TABLE t2')",
    )
    path = project.sql(
        "3", "CREATE INDEX CONCURRENTLY i ON t1 (a);", header="-- transactional: false\n"
    )
    path.write_text(path.read_text().replace("step 3", HOSTILE))
    up = _script(project, "up")
    first = _psql(database, up)
    assert (first.returncode, first.stderr) == (0, "")
    rows = history.read(connection, TABLES)
    assert rows is not None
    assert [(row.version, row.is_applied) for row in rows] == [
        ("1", True),
        ("2", True),
        ("3", True),
    ]
    assert rows[2].message == HOSTILE
    assert rows[0].execution_time_ms is not None
    assert connection.execute("SELECT count(*) FROM t1").fetchone() == (2,)
    values = [row[0] for row in connection.execute("SELECT a FROM t2")]
    assert values == ["it's 5%", None, "z"]
    assert project.runner(connection).upgrade().ran == ()
    again = _psql(database, up)
    assert "migration 1 is applied already" in again.stderr
    assert again.returncode == 3
    down = _psql(database, _script(project, "down", "head:1"))
    assert (down.returncode, down.stderr) == (0, "")
    assert history.applied(history.read(connection, TABLES)) == {"1"}
    assert connection.execute("SELECT to_regclass('t2')").fetchone() == (None,)


def test_another_schema_for_the_history(
    database: Target, connection: Connection, project: Project
) -> None:
    project.sql("1", "SELECT 1;")
    tables = Tables("Own Schema")
    done = _psql(database, _script(project, "up", tables=tables))
    assert (done.returncode, done.stderr) == (0, "")
    assert history.applied(history.read(connection, tables)) == {"1"}


@pytest.mark.parametrize(
    "asking",
    ["engine.fetch_all('SELECT 1')", "engine.fetch_one('SELECT 1')", "engine.connection.x"],
)
def test_asking_the_database_names_file_and_line(project: Project, asking: str) -> None:
    path = project.python("1", f"engine.execute('SELECT 1')\n{asking}")
    line = path.read_text().splitlines().index(f"        {asking}") + 1
    with pytest.raises(MigrationFileError, match=rf"1_step\.py:{line}: .*needs a database"):
        _script(project, "up")


def test_commit_inside_a_transaction_is_refused(project: Project) -> None:
    project.sql("1", "COMMIT;")
    with pytest.raises(MigrationFileError, match="COMMIT in a migration"):
        _script(project, "up")


def test_a_script_leaves_the_state_not_current(
    database: Target, connection: Connection, project: Project
) -> None:
    project.sql("1", "CREATE TABLE t1 (a int);", "DROP TABLE t1;")
    project.runner(connection, hooks=Hooks(look=look)).upgrade()
    found = bookkeeping.inspect(connection, TABLES)
    recorded = state.read(connection, TABLES, found, ["1"])
    assert recorded is not None
    assert recorded.current
    project.sql("2", "CREATE TABLE t2 (a int);", "SELECT 1;")
    for direction in ("up", "down"):
        assert _psql(database, _script(project, direction, "1:2" if direction == "up" else "2:1"))
    assert history.applied(history.read(connection, TABLES)) == {"1"}
    assert state.read(connection, TABLES, found, ["1"]) is None


def test_the_same_script_every_time(project: Project) -> None:
    project.sql("1", "CREATE TABLE t1 (a int)")
    assert _script(project, "up") == _script(project, "up")


def test_a_script_keeps_out_of_a_run_behind_a_pooler(
    database: Target, connection: Connection, project: Project
) -> None:
    project.sql("1", "CREATE TABLE t1 (a int)", "DROP TABLE t1")
    up = _script(project, "up")
    with connect(database, pooler="transaction") as shared, held(shared, TABLES, 0, print):
        refused = _psql(database, up)
        assert "another run of psqlmigrate holds the lock, behind a pooler" in refused.stderr
        assert refused.returncode == 3
        assert history.read(connection, TABLES) is None
    done = _psql(database, up)
    assert (done.returncode, done.stderr) == (0, "")
    assert history.applied(history.read(connection, TABLES)) == {"1"}
