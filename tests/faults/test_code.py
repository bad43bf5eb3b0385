"""What the Python of a migration may do to the program that runs it."""

import pytest

from faults.project import TABLES, Project
from psqlmigrate.errors import MigrationError, MigrationFileError, StatementError
from psqlmigrate.postgres.connect import Connection
from psqlmigrate.service import history

ENDINGS = {
    "sys.exit(0)": "would end psqlmigrate by SystemExit: 0",
    "raise GeneratorExit": "would end psqlmigrate by GeneratorExit",
    "raise type('Own', (BaseException,), {})('x')": "would end psqlmigrate by Own: x",
}
OPEN = "transactional = False\n    version ="


def _applied(connection: Connection) -> frozenset[str]:
    return history.applied(history.read(connection, TABLES))


@pytest.mark.parametrize("code", ENDINGS)
def test_code_does_not_end_the_program(connection: Connection, project: Project, code: str) -> None:
    """Exit code 0 would say that all went well."""
    project.python("1", f"engine.execute('CREATE TABLE t1 (a int)')\n{code}", head="import sys\n")
    with pytest.raises(StatementError) as caught:
        project.runner(connection).upgrade()
    assert ENDINGS[code] in caught.value.message
    assert "_step.py:11: " in caught.value.message
    assert connection.execute("SELECT to_regclass('t1')").fetchone() == (None,)


def test_nor_does_a_file_that_is_loaded(connection: Connection, project: Project) -> None:
    project.python("1", "pass", head="raise SystemExit\n")
    with pytest.raises(MigrationFileError, match="would end psqlmigrate by SystemExit"):
        project.runner(connection).upgrade()


def test_what_code_prints_is_no_result(
    connection: Connection, project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.python("1", "print('working')", head="print('loading')\n")
    project.runner(connection).upgrade()
    assert capsys.readouterr() == ("", "loading\nworking\n")


@pytest.mark.parametrize(
    ("up", "words"),
    [
        ("def up(self, engine):\n        yield engine.execute('SELECT 1')", "has a yield"),
        ("async def up(self, engine):\n        yield engine.execute('SELECT 1')", "has a yield"),
        ("up = lambda self, engine: self.later()\n\n    async def later(self): ...", "a coroutine"),
        ("async def up(self, engine):\n        engine.execute('SELECT 1')", "without await"),
    ],
)
@pytest.mark.filterwarnings("ignore:coroutine")
def test_what_is_only_promised_is_not_recorded(
    connection: Connection, project: Project, up: str, words: str
) -> None:
    path = project.python("1", "pass")
    path.write_text(path.read_text().replace("def up(self, engine):\n        pass", up))
    with pytest.raises(MigrationFileError, match=f"{words}.*: what it promises to do is not done"):
        project.runner(connection).upgrade()
    assert _applied(connection) == set()


SET = (
    "from psycopg import RawCursor\nfrom psycopg.rows import dict_row\n"
    "engine.connection.row_factory = dict_row\nengine.connection.cursor_factory = RawCursor\n"
    "engine.connection.prepare_threshold = 0\n"
    "engine.execute('CREATE TABLE t1 (a int)')\n"
    "assert engine.fetch_one('SELECT 1') == (1,)\n"
    "assert engine.connection.execute('SELECT $1::int AS a', [1]).fetchone() == {'a': 1}\n"
    "engine.execute('CREATE INDEX CONCURRENTLY i ON t1 (a)')"
)


@pytest.mark.parametrize("is_open", [False, True])
def test_what_code_sets_on_the_connection_ends_with_it(
    connection: Connection, project: Project, *, is_open: bool
) -> None:
    code = SET if is_open else SET.replace("CONCURRENTLY ", "")
    path = project.python("1", code)
    if is_open:
        path.write_text(path.read_text().replace("version =", OPEN))
    project.python("2", "engine.execute('INSERT INTO t1 VALUES (%s)', [1])")
    project.runner(connection).upgrade()
    assert _applied(connection) == {"1", "2"}
    assert connection.execute("SELECT a FROM t1").fetchall() == [(1,)]


@pytest.mark.parametrize(
    ("code", "kept"),
    [
        ("pass", "none of its statements is done"),
        ("engine.execute('CREATE TABLE t1 (a int)')", "its first statement stays"),
        ("engine.execute('SELECT 1; BEGIN; CREATE TABLE t1 (a int)')", "its first statement stays"),
        ("engine.execute('BEGIN; SELECT 1; COMMIT')", "its first 3 statements stay"),
    ],
)
def test_what_stays_of_code_that_fails_between_statements(
    connection: Connection, project: Project, code: str, kept: str
) -> None:
    path = project.python("1", f"{code}\nraise ValueError")
    path.write_text(path.read_text().replace("version =", OPEN))
    with pytest.raises(MigrationError) as caught:
        project.runner(connection).upgrade()
    assert kept in caught.value.hint


def test_giving_the_lock_back_without_a_transaction_says_what_stays(
    connection: Connection, project: Project
) -> None:
    path = project.python("1", "engine.execute('SELECT pg_advisory_unlock_all()')")
    path.write_text(path.read_text().replace("version =", OPEN))
    with pytest.raises(StatementError, match="released psqlmigrate's lock") as caught:
        project.runner(connection).upgrade()
    assert "its first statement stays" in caught.value.hint
