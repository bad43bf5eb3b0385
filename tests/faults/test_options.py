"""--strict, --forbid-hazard, --strict-order, --dry-run: what they refuse and what they leave."""

import pytest

from faults.project import TABLES, Project, look
from psqlmigrate.errors import (
    AppliedFileError,
    HazardError,
    MultipleHeadsError,
    ProofError,
    UsageError,
)
from psqlmigrate.migrations.directory import read_directory
from psqlmigrate.postgres.connect import Connection, connect
from psqlmigrate.postgres.target import Target
from psqlmigrate.service import admission, bookkeeping, history
from psqlmigrate.service.attempt import Hooks, RunOptions
from psqlmigrate.service.preview import PreviewResult, preview

HOOKS = Hooks(look=look)
STRICT = RunOptions(strict=True)
# Its result depends on what is in the database: where `odd` is, t2 gets another column.
FICKLE = (
    "CREATE TABLE t2 (a int);\n"
    "DO $$ BEGIN IF to_regclass('odd') IS NOT NULL THEN ALTER TABLE t2 ADD b int; "
    "ALTER TABLE t2 ALTER a SET NOT NULL; END IF; END $$;"
)


def _applied(connection: Connection) -> list[str]:
    return sorted(history.applied(history.read(connection, TABLES)))


def _there(connection: Connection, name: str) -> bool:
    row = connection.execute("SELECT to_regclass(%s) IS NOT NULL", [name]).fetchone()
    return row == (True,)


@pytest.fixture
def fickle(project: Project, server: Target) -> Project:
    project.sql("1", "CREATE TABLE t1 (a int)", "DROP TABLE t1")
    project.sql("2", FICKLE, "DROP TABLE t2")
    project.sql("3", "CREATE TABLE t3 (a int)", "DROP TABLE t3")
    project.certify(server)
    return project


def test_strict_agrees(connection: Connection, fickle: Project) -> None:
    runner = fickle.runner(connection, STRICT, HOOKS)
    result = runner.upgrade()
    assert [one.version for one in result.ran] == ["1", "2", "3"]
    assert result.uncertified == ()
    assert result.differing == ()
    assert [one.version for one in runner.downgrade("base").ran] == ["3", "2", "1"]


@pytest.mark.parametrize("target", ["head", "2"])
def test_strict_rolls_back_what_differs(
    connection: Connection, fickle: Project, target: str
) -> None:
    connection.execute("CREATE TABLE odd ()")
    with pytest.raises(ProofError, match=r"2 does not lead.*: column public\.t2\.a$") as caught:
        fickle.runner(connection, STRICT, HOOKS).upgrade(target)
    assert caught.value.exit_code == 3
    assert _applied(connection) == ["1"]
    assert not _there(connection, "t2")


def test_without_strict_it_is_said(connection: Connection, fickle: Project) -> None:
    connection.execute("CREATE TABLE odd ()")
    result = fickle.runner(connection, hooks=HOOKS).upgrade()
    assert [(one.version, one.kind, one.name) for one in result.differing] == [
        ("2", "column", "public.t2.a")
    ]
    assert _applied(connection) == ["1", "2", "3"]


def test_strict_when_reverting(connection: Connection, fickle: Project) -> None:
    runner = fickle.runner(connection, STRICT, HOOKS)
    runner.upgrade("1")
    connection.execute("CREATE VIEW v AS SELECT 1 AS a")
    path = fickle.path / "1_step.sql"
    path.write_text(path.read_text().replace("DROP TABLE t1", "ALTER TABLE t1 ADD b int"))
    connection.execute("UPDATE _psqlmodel_migrations SET checksum = ''")
    result = fickle.runner(connection, STRICT, HOOKS).downgrade()
    assert result.uncertified == ("1",)


def test_strict_when_reverting_leaves_something(
    connection: Connection, project: Project, server: Target
) -> None:
    project.sql("1", "CREATE TABLE t1 (a int)", "SELECT 1")
    project.certify(server)
    runner = project.runner(connection, STRICT, HOOKS)
    runner.upgrade()
    with pytest.raises(ProofError, match=r"column public\.t1\.a, table public\.t1"):
        runner.downgrade()
    assert _applied(connection) == ["1"]


def test_a_later_migration_without_certificate_ends_what_is_known(
    connection: Connection, project: Project, server: Target
) -> None:
    project.sql("1", "CREATE TABLE t1 (a int)")
    project.certify(server)
    project.sql("2", "ALTER TABLE t1 ALTER a SET NOT NULL")
    result = project.runner(connection, hooks=HOOKS).upgrade()
    assert result.uncertified == ("2",)
    assert result.differing == ()


def test_a_forbidden_hazard(connection: Connection, project: Project, server: Target) -> None:
    project.sql("1", "CREATE TABLE t1 (a int)", "DROP TABLE t1")
    project.sql("2", "CREATE TABLE t2 (a int)")
    project.certify(server, {"2": ["data loss", "long lock"]})
    forbidden = RunOptions(forbidden=admission.hazards(["Data-Loss"]))
    with pytest.raises(
        HazardError, match=r"2_step\.sql has a forbidden hazard: data loss"
    ) as caught:
        project.runner(connection, forbidden).upgrade()
    assert caught.value.exit_code == 5
    assert caught.value.details == "its SQL"
    assert history.read(connection, TABLES) is None
    runner = project.runner(connection, forbidden)
    assert [one.version for one in runner.upgrade("1").ran] == ["1"]
    others = RunOptions(forbidden=admission.hazards(["table_rewrite"]))
    assert [one.version for one in project.runner(connection, others).upgrade().ran] == ["2"]
    with pytest.raises(HazardError, match=r"hazards of reverting 2_step\.sql are not known"):
        runner.downgrade()


def test_hazards_that_nobody_knows_are_refused(connection: Connection, project: Project) -> None:
    project.sql("1", "CREATE TABLE t1 (a int)")
    forbidden = RunOptions(forbidden=frozenset({"data loss"}))
    with pytest.raises(HazardError, match="no certificate fits it as it is now"):
        project.runner(connection, forbidden).upgrade()
    assert not _there(connection, "t1")


def test_an_unknown_hazard_lists_the_known() -> None:
    with pytest.raises(UsageError, match='"data los" is no hazard') as caught:
        admission.hazards(["data los"])
    assert 'did you mean "data loss"?' in caught.value.hint
    assert "table rewrite" in caught.value.hint


def _preview(connection: Connection, project: Project, target: str = "head") -> PreviewResult:
    directory = read_directory(project.path)
    direction = "down" if target.startswith("-") else "up"
    return preview(connection, directory, TABLES, direction, target)


def test_a_preview_runs_nothing_and_writes_nothing(
    database: Target, connection: Connection, project: Project, server: Target
) -> None:
    project.sql("1", "CREATE TABLE t1 (a int);\nSELECT ';';", "DROP TABLE t1")
    project.python("2", "engine.execute('SELECT %s', [1])\nengine.fetch_one('SELECT 1')")
    project.certify(server, {"1": ["full scan"]})
    params = {**database.params, "options": "-c default_transaction_read_only=on"}
    with connect(Target(params, "read only")) as reader:
        result = _preview(reader, project)
    first, second = result.migrations
    assert [one.sql for one in first.statements] == ["CREATE TABLE t1 (a int);", "SELECT ';';"]
    assert (first.hazards, first.certified) == (("full scan",), True)
    assert second.statements == ()
    assert "2_step.py" in second.unknown
    assert result.pending == 0
    assert not bookkeeping.inspect(connection, TABLES).history
    project.runner(connection).upgrade("1")
    assert [one.version for one in _preview(connection, project).migrations] == ["2"]
    down = _preview(connection, project, "-1")
    assert [one.sql for one in down.migrations[0].statements] == ["DROP TABLE t1;"]
    assert down.pending == 2
    assert _applied(connection) == ["1"]


def test_a_preview_refuses_what_a_run_refuses(connection: Connection, project: Project) -> None:
    project.sql("1", "CREATE TABLE t1 (a int)")
    project.sql("2", "SELECT 1", header="-- depends_on: 1\n")
    project.runner(connection).upgrade()
    project.sql("3", "SELECT 1", header="-- depends_on: 1\n")
    with pytest.raises(MultipleHeadsError):
        _preview(connection, project)
    assert [one.version for one in _preview(connection, project, "heads").migrations] == ["3"]
    project.sql("1", "CREATE TABLE t1 (b int)")
    with pytest.raises(AppliedFileError):
        _preview(connection, project, "heads")


def test_a_late_migration_in_a_preview(connection: Connection, project: Project) -> None:
    project.sql("1", "SELECT 1")
    project.sql("3", "SELECT 1")
    project.runner(connection).upgrade()
    project.sql("2", "SELECT 1")
    project.sql("4", "SELECT 1")
    found = {one.version: one.late for one in _preview(connection, project).migrations}
    assert found == {"2": True, "4": False}
