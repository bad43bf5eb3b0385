"""Words of former names in the source: renames instead of a loss, once, and silent afterwards."""

from collections.abc import Callable
from pathlib import Path

import pytest

from psqlmigrate.postgres.target import Target
from user_projects import Project, url_of

SQL = """
CREATE SCHEMA app;
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TYPE pair AS (a int, b int);
CREATE FUNCTION twice(x int) RETURNS int LANGUAGE sql AS 'SELECT 2 * x';
CREATE TABLE app."People" (
    id int PRIMARY KEY,
    "E-Mail" text NOT NULL,
    mood mood DEFAULT 'sad',
    CONSTRAINT people_mail CHECK ("E-Mail" <> '')
);
CREATE INDEX people_mood ON app."People" (mood);
CREATE VIEW mails AS SELECT "E-Mail" FROM app."People";
INSERT INTO app."People" SELECT 1, 'x';
"""
RENAMED = """
CREATE SCHEMA crm; -- psqlmigrate: renamed from app
-- psqlmigrate: renamed from mood
CREATE TYPE feeling AS ENUM (
    -- psqlmigrate: renamed from 'sad'
    'un-happy',
    'ok'
);
CREATE TYPE pair AS (
    a int,
    c int -- psqlmigrate: renamed from b
);
-- psqlmigrate: renamed from thrice, twice
CREATE FUNCTION doubled(x int) RETURNS int LANGUAGE sql AS 'SELECT 2 * x';
-- psqlmigrate: renamed from "People"
CREATE TABLE crm.persons (
    id int PRIMARY KEY,
    mail text NOT NULL, -- psqlmigrate: renamed from e_mail, "E-Mail"
    -- psqlmigrate: renamed from mood
    feeling feeling DEFAULT 'un-happy',
    CONSTRAINT people_mail CHECK (mail <> '')
);
CREATE INDEX people_mood ON crm.persons (feeling);
-- psqlmigrate: renamed from mails
CREATE VIEW addresses AS SELECT mail AS "E-Mail" FROM crm.persons;
"""


@pytest.fixture
def project(
    tmp_path: Path,
    database: Target,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Project:
    for name in ("VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATABASE_URL", url_of(database))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "psqlmigrate.toml").write_text('models = ["schema.sql"]\n')
    return Project(tmp_path, database, capsys)


def start(project: Project, file: str, text: str) -> None:
    """The models of that text, at their first migration."""
    (project.root / file).write_text(text)
    for command in (("init",), ("autogenerate", "first"), ("upgrade",), ("check",)):
        project.succeed(*command)


def settle(project: Project, table: str, former: str) -> None:
    """The hints of the models are followed with the rows kept, up, down and up, and then silent."""
    before = project.rows(former)
    assert project.run("check")[0] == 1
    code, plan, err = project.run("diff", "database", "models")
    assert (code, err) == (0, "")
    assert "RENAME" in plan
    assert not any(
        word in plan for word in ("DROP TABLE", "DROP COLUMN", "DROP TYPE", "ADD COLUMN")
    )
    out = project.succeed("autogenerate", "other names")
    assert "note: " not in out
    assert "data loss" not in out
    project.succeed("upgrade")
    after = project.rows(table)
    assert [list(row.values()) for row in after] != []
    project.succeed("check")
    assert "nothing to do" in project.succeed("autogenerate", "again")
    assert "note: " not in project.succeed("check", "--baseline", "migrations")
    project.succeed("downgrade")
    assert project.rows(former) == before
    project.succeed("upgrade")
    assert project.rows(table) == after


def test_in_sql(project: Project) -> None:
    start(project, "schema.sql", SQL.replace("INSERT", "-- "))
    project.execute("INSERT INTO app.\"People\" VALUES (1, 'x@y', 'sad'), (2, 'z', 'ok')")
    (project.root / "schema.sql").write_text(RENAMED)
    _, out, _ = project.run("check")
    for words in (
        "app is crm now", 'app."People" is crm.persons now', "public.mood is public.feeling now",
        "'sad' is 'un-happy' now", 'app."People"."E-Mail" is crm.persons.mail now',
        "public.mails is public.addresses now", "public.twice(integer) is public.doubled(integer) now",
        "'b' is 'c' now",
    ):  # fmt: skip
        assert words in out
    assert "data loss" not in out
    settle(project, "crm.persons", 'app."People"')


def test_a_hint_without_anything_to_rename_is_told(project: Project) -> None:
    start(project, "schema.sql", "CREATE TABLE t (a int);")
    hint = "-- psqlmigrate: renamed from"
    (project.root / "schema.sql").write_text(
        f"CREATE TABLE t (a int,\n b int {hint} c\n); {hint} zz9\n{hint} nothing\nCREATE TABLE u ();\n"
    )
    out = project.succeed("autogenerate", "more")
    assert (
        "schema.sql:2: column public.t.b was renamed from c, says its hint, and there is no" in out
    )
    assert "schema.sql:4: table public.u was renamed from nothing" in out
    assert "zz9" not in out
    project.succeed("upgrade")
    assert "note" not in project.succeed("check")


def test_a_first_migration_needs_no_notes(project: Project) -> None:
    (project.root / "schema.sql").write_text(RENAMED)
    project.succeed("init")
    assert "note" not in project.succeed("autogenerate", "first")


def test_a_former_name_that_is_still_stated_is_another_thing(project: Project) -> None:
    start(project, "schema.sql", "CREATE TABLE a (x int);")
    (project.root / "schema.sql").write_text(
        "CREATE TABLE a (x int); CREATE TABLE b (x int); -- psqlmigrate: renamed from a"
    )
    out = project.succeed("autogenerate", "b")
    assert "is public.b now" not in out
    assert "+ public.b" in out


@pytest.mark.parametrize(
    "text",
    [
        "CREATE TABLE b (); -- psqlmigrate: renamed from a\nCREATE TABLE c (); -- psqlmigrate: renamed from a",
        "CREATE TABLE b (); -- psqlmigrate: renamed from a\n\n\nCREATE TABLE c (); /* psqlmigrate: renamed from z,a */",
    ],
)  # fmt: skip
def test_hints_that_contradict_each_other(project: Project, text: str) -> None:
    start(project, "schema.sql", "CREATE TABLE a ();")
    (project.root / "schema.sql").write_text(text)
    for command in (("check",), ("autogenerate", "x"), ("diff", "database", "models")):
        code, _, err = project.run(*command)
        assert code == 3
        assert "public.a cannot become both b and c: " in err
        assert "schema.sql:1 and " in err
    assert len(project.migrations) == 1


def test_one_thing_cannot_have_been_two(project: Project) -> None:
    start(project, "schema.sql", "CREATE TABLE a (); CREATE TABLE b ();")
    hint = "-- psqlmigrate: renamed from"
    (project.root / "schema.sql").write_text(f"{hint} a\nCREATE TABLE c (); {hint} b\n")
    code, _, err = project.run("check")
    assert code == 3
    assert "public.c was public.a and public.b" in err


def test_the_command_line_has_the_last_word(project: Project) -> None:
    start(project, "schema.sql", "CREATE TABLE t (a int, b int);")
    (project.root / "schema.sql").write_text(
        "CREATE TABLE t (c int, -- psqlmigrate: renamed from a\n d int);"
    )
    out = project.succeed("autogenerate", "x", "--rename", "t.a:d", "--rename", "t.b:c")
    assert "public.t.a is public.t.d now" in out
    assert "public.t.b is public.t.c now" in out
    same = project.run("autogenerate", "y", "--rename", "t.a:c")
    assert same[0] in {0, 2}


def test_a_malformed_hint(project: Project) -> None:
    (project.root / "schema.sql").write_text("\nCREATE TABLE t (); -- psqlmigrate: renamed t0")
    project.succeed("init")
    code, _, err = project.run("check")
    assert code == 3
    assert "schema.sql:2: -- psqlmigrate: renamed t0 cannot be read" in err
    assert "hint: write -- psqlmigrate: renamed from old_name" in err


SQLALCHEMY = """
import enum
from sqlalchemy import CheckConstraint, Column, Enum, Index, Integer, MetaData, Table, Text

class Mood(enum.Enum):
    sad = 1
    ok = 2

metadata = MetaData(schema="app")
people = Table("people", metadata, Column("id", Integer, primary_key=True), Column("mail", Text),
    Column("mood", Enum(Mood, name="mood")))
"""
SQLALCHEMY_RENAMED = """
import enum
from sqlalchemy import CheckConstraint, Column, Enum, Index, Integer, MetaData, Table, Text

class Feeling(enum.Enum):
    __renamed_from__ = "mood"
    __renamed_labels__ = {"unhappy": "sad"}
    unhappy = 1
    ok = 2

metadata = MetaData(schema="app")
people = Table("persons", metadata, Column("id", Integer, primary_key=True),
    Column("address", Text, info={"renamed_from": ["e_mail", "mail"]}),
    Column("feeling", Enum(Feeling, name="feeling"), info={"renamed_from": "mood"}),
    info={"renamed_from": "people"})
"""
PSQLMODEL = """
from psqlmodel import Column, PSQLModel, table, integer, text

@table(name="people", schema="app")
class Person(PSQLModel):
    id: integer = Column(primary_key=True)
    mail: text = Column(nullable=True)
"""
PSQLMODEL_RENAMED = """
from psqlmodel import Column, PSQLModel, table, integer, text

@table(name="persons", schema="app")
class Person(PSQLModel):
    __renamed_from__ = "people"
    __renamed_columns__ = {"address": "mail"}
    id: integer = Column(primary_key=True)
    address: text = Column(nullable=True)
"""
SQLMODEL = """
from typing import Optional
from sqlmodel import Field, SQLModel

class Person(SQLModel, table=True):
    __tablename__ = "people"
    __table_args__ = {"schema": "app"}
    id: Optional[int] = Field(default=None, primary_key=True)
    mail: Optional[str] = None
"""
SQLMODEL_RENAMED = """
from typing import Optional
from sqlmodel import Field, SQLModel

class Person(SQLModel, table=True):
    __tablename__ = "persons"
    __table_args__ = {"schema": "app", "info": {"renamed_from": "people"}}
    id: Optional[int] = Field(default=None, primary_key=True)
    address: Optional[str] = Field(
        default=None, sa_column_kwargs={"info": {"renamed_from": "mail"}})
"""


@pytest.mark.parametrize(
    ("environment", "before", "after"),
    [
        ("former", SQLALCHEMY, SQLALCHEMY_RENAMED),
        ("current", SQLALCHEMY, SQLALCHEMY_RENAMED),
        ("current", PSQLMODEL, PSQLMODEL_RENAMED),
        ("sqlmodel", SQLMODEL, SQLMODEL_RENAMED),
    ],
    ids=["sqlalchemy-1.4", "sqlalchemy", "psqlmodel", "sqlmodel"],
)
def test_in_models(
    project: Project,
    make_environment: Callable[[str], Path],
    environment: str,
    before: str,
    after: str,
) -> None:
    (project.root / ".venv").symlink_to(make_environment(environment))
    (project.root / "psqlmigrate.toml").write_text('models = ["models.py"]\n')
    start(project, "models.py", before)
    project.execute("INSERT INTO app.people (id, mail) VALUES (1, 'x@y'), (2, NULL)")
    (project.root / "models.py").write_text(after)
    settle(project, "app.persons", "app.people")


def test_a_hint_that_is_no_name(project: Project, make_environment: Callable[[str], Path]) -> None:
    (project.root / ".venv").symlink_to(make_environment("current"))
    (project.root / "psqlmigrate.toml").write_text('models = ["models.py"]\n')
    (project.root / "models.py").write_text(
        SQLALCHEMY.replace("Text)", "Text, info={'renamed_from': 7})")
    )
    project.succeed("init")
    code, _, err = project.run("check")
    assert code == 3
    assert "renamed_from of app.people.mail is 7; it must be a name or a list of names" in err
