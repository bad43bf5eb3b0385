"""Several sources at once: any order, each object by the one that states it, never twice."""

from collections.abc import Callable
from pathlib import Path

import pytest

from psqlmigrate.postgres.target import Target
from user_projects import Project, url_of

MODELS = """
from sqlalchemy import Column, ForeignKey, Integer, MetaData, Table, Text, text
from sqlalchemy.dialects.postgresql import ENUM

metadata = MetaData()
users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("code", Text, nullable=False, server_default=text("app.next_code('x')")),
    Column("mood", ENUM("sad", "ok", name="mood", create_type=False)),
    Column("area_id", ForeignKey("areas.id")),
)
areas = Table("areas", metadata, Column("id", Integer, primary_key=True))
"""
VIEWS = """
CREATE VIEW codes AS SELECT code FROM users;
CREATE VIEW logged AS SELECT * FROM codes, app.log;
"""
FUNCTIONS = """
SET search_path = app, public;
CREATE FUNCTION next_code(p text) RETURNS text LANGUAGE sql
BEGIN ATOMIC SELECT p || count(*)::text FROM app.log; END;
CREATE FUNCTION still_in_app() RETURNS int LANGUAGE sql AS 'SELECT 1';
ALTER TABLE public.users ENABLE ROW LEVEL SECURITY;
CREATE FUNCTION in_app_again() RETURNS int LANGUAGE sql AS 'SELECT 1';
"""
REST = "CREATE SCHEMA app; BEGIN; CREATE TABLE app.log (id int); COMMIT;\n"


@pytest.fixture
def project(
    tmp_path: Path,
    database: Target,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    make_environment: Callable[[str], Path],
) -> Project:
    for name in ("VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATABASE_URL", url_of(database))
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".venv").symlink_to(make_environment("current"))
    write(tmp_path, {
        "psqlmigrate.toml": 'models = ["models.py", "sql/"]\n',
        "models.py": MODELS,
        "sql/a_views.sql": VIEWS,
        "sql/b_functions.sql": FUNCTIONS,
        "sql/c_rest.sql": REST,
    })  # fmt: skip
    return Project(tmp_path, database, capsys)


def write(root: Path, files: dict[str, str]) -> None:
    """Writes files, with the directories that they need."""
    for name, text in files.items():
        (root / name).parent.mkdir(exist_ok=True, parents=True)
        (root / name).write_text(text)


@pytest.fixture
def migrated(project: Project) -> Project:
    """The project at its first migration."""
    project.succeed("init")
    project.succeed("autogenerate", "first")
    project.succeed("upgrade")
    project.succeed("check")
    return project


def test_sources_need_each_other_in_any_order(project: Project) -> None:
    whole = project.succeed("diff", "empty", "models")
    assert "CREATE FUNCTION app.still_in_app()" in whole
    assert "CREATE FUNCTION app.in_app_again()" in whole
    assert "ALTER TABLE public.users ENABLE ROW LEVEL SECURITY" in whole
    specs = ["sql/a_views.sql", "sql/c_rest.sql", "sql/b_functions.sql", "models.py"]
    for order in (specs, specs[::-1]):
        options = [word for one in order for word in ("--models", one)]
        assert project.succeed("diff", "empty", "models", *options) == whole


def test_what_is_missing_in_the_end_is_told(project: Project) -> None:
    write(project.root, {"sql/d.sql": "\nCREATE VIEW v AS SELECT * FROM nowhere;\n"})
    project.edit(
        "sql/b_functions.sql", ("count(*)::text FROM app.log", "no_such(1)::text FROM app.log")
    )
    code, _, err = project.run("diff", "empty", "models")
    assert code == 3
    assert "models.py: function app.next_code(unknown) does not exist" in err
    assert "sql/b_functions.sql:4: function no_such(integer) does not exist" in err
    assert 'sql/d.sql:2: relation "nowhere" does not exist' in err


@pytest.mark.parametrize(
    "words", ["CREATE TABLE users (id int)", "CREATE TABLE IF NOT EXISTS USERS ()"]
)
def test_a_table_of_models_and_a_file(project: Project, words: str) -> None:
    write(project.root, {"sql/d.sql": f"\n{words};\n"})
    code, _, err = project.run("diff", "empty", "models")
    assert code == 3
    # The models wait for a function of a file, so that the other file comes first.
    assert f"users is stated twice: by {project.root}/sql/d.sql and by models.py" in err
    project.edit("models.py", (", server_default=text(\"app.next_code('x')\")", ""))
    code, _, err = project.run("diff", "empty", "models")
    assert code == 3
    assert f"users is stated twice: by models.py and by {project.root}/sql/d.sql:2" in err


def test_a_type_of_two_files(project: Project) -> None:
    text = "CREATE TYPE colour AS ENUM ('red');\n"
    write(project.root, {"sql/d.sql": text, "sql/e.sql": text})
    code, _, err = project.run("diff", "empty", "models")
    assert code == 3
    assert (
        f"colour is stated twice: by {project.root}/sql/d.sql and by {project.root}/sql/e.sql:1"
        in err
    )


def test_a_table_of_two_modules(project: Project) -> None:
    write(project.root, {"other.py": MODELS})
    code, _, err = project.run(
        "diff", "empty", "models", "--models", "models.py", "--models", "other.py"
    )
    assert code == 3
    assert "the table public.users is stated by two MetaData objects: of " in err
    assert "models.py and of " in err
    assert "other.py" in err


PSQLMODEL = """
from psqlmodel import Column, PSQLModel, table
from psqlmodel import integer, serial


@table(name="notes")
class Note(PSQLModel):
    id: serial = Column(primary_key=True)
    {column}: integer = Column(nullable=False)
"""


def test_two_orms_and_files(project: Project) -> None:
    write(project.root, {
        "notes.py": PSQLMODEL.format(column="user_id"),
        "sql/d.sql": "ALTER TABLE notes ADD CONSTRAINT notes_user FOREIGN KEY (user_id) REFERENCES users;",
    })  # fmt: skip
    project.edit("psqlmigrate.toml", ('"models.py"', '"notes.py", "models.py"'))
    project.succeed("init")
    project.succeed("autogenerate", "first")
    project.succeed("upgrade")
    project.succeed("check")
    assert "nothing to do" in project.succeed("autogenerate", "again")


def test_a_view_goes_with_its_words(migrated: Project) -> None:
    migrated.edit("sql/a_views.sql", (VIEWS.strip().splitlines()[1], ""))
    code, out, _ = migrated.run("check")
    assert code == 1
    assert "- public.logged   view" in out
    migrated.succeed("autogenerate", "one view less")
    migrated.succeed("upgrade")
    migrated.succeed("check")
    assert migrated.run("autogenerate", "again")[0] == 0
    assert len(migrated.migrations) == 2


def test_the_last_file_goes(migrated: Project) -> None:
    """Nothing is stated but the models' tables: what the files stated is dropped."""
    migrated.edit(
        "models.py", (", nullable=False, server_default=text(\"app.next_code('x')\")", "")
    )
    for path in (migrated.root / "sql").iterdir():
        path.unlink()
    _, out, _ = migrated.run("check")
    for name in ("public.codes", "public.logged", "app.log", "app.next_code(text)", "app"):
        assert f"- {name} " in out
    migrated.succeed("autogenerate", "no files")
    migrated.succeed("upgrade")
    migrated.succeed("check")


def test_without_files_a_view_stays(project: Project) -> None:
    project.edit("models.py", (", server_default=text(\"app.next_code('x')\")", ""))
    write(project.root, {"sql/a_views.sql": "CREATE VIEW codes AS SELECT code FROM users;"})
    (project.root / "sql" / "b_functions.sql").unlink()
    (project.root / "sql" / "c_rest.sql").unlink()
    for command in (("init",), ("autogenerate", "first"), ("upgrade",), ("check",)):
        project.succeed(*command)
    project.edit("psqlmigrate.toml", (', "sql/"', ""))
    project.succeed("check")
    project.succeed("validate")


def test_partitions_and_settings_that_nothing_states_stay(migrated: Project) -> None:
    """Files beside models complete them; they are no word about the data in the database."""
    write(migrated.root, {"migrations/29990101_000000_by_hand.sql": (
        "-- psqlmigrate: up\n"
        "CREATE TABLE public.parts (id int) PARTITION BY RANGE (id);\n"
        "CREATE TABLE public.part_1 PARTITION OF public.parts FOR VALUES FROM (1) TO (2);\n"
        "ALTER TABLE public.areas ALTER id SET STATISTICS 70;\n"
        "ALTER TABLE app.log ALTER id SET STATISTICS 60;\n"
        "-- psqlmigrate: down\nSELECT 1;\n"
    )})  # fmt: skip
    migrated.succeed("upgrade")
    model = 'parts = Table("parts", metadata, Column("id", Integer), postgresql_partition_by="RANGE (id)")\n'
    (migrated.root / "models.py").write_text(MODELS + model)
    code, out, _ = migrated.run("check")
    assert code == 1
    assert "app.log" in out  # the file states it without
    assert "part_1" not in out
    assert "public.areas" not in out
    write(migrated.root, {"sql/d.sql": "CREATE TABLE part_2 PARTITION OF parts DEFAULT;\n"})
    _, out, _ = migrated.run("check")
    assert "- public.part_1" in out  # now the files speak of partitions


def test_alembics_own_table_is_no_difference(project: Project) -> None:
    project.execute("CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)")
    project.execute("CREATE TABLE other (id int)")
    _, out, _ = project.run("validate")
    assert "-public.other" in out
    assert "alembic" not in out
