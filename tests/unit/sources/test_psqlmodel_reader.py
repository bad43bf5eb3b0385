"""PSQLModel classes give what psqlmodel's engine makes, and what it is meant to make."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from psqlmigrate.errors import ModelError
from psqlmigrate.postgres.connect import Connection, connect
from psqlmigrate.postgres.introspect import introspect
from psqlmigrate.postgres.target import Target
from psqlmigrate.schema.catalog import diff
from psqlmigrate.sources.models import ModelSql, read_model_sql
from user_projects import PROJECTS, load, url_of

CASES = PROJECTS / "psqlmodel_cases"
START_UP = """
import os, sys
sys.path.insert(0, ".")
from psqlmodel import create_engine
create_engine(sys.argv[2], models_path=sys.argv[1], ensure_database=False, check_schema_drift=False)
sys.stderr.flush()
os._exit(0)
"""
Read = Callable[..., ModelSql]


def test_like_the_engine(
    make_environment: Callable[[str], Path],
    connection: Connection,
    make_database: Callable[[], Target],
) -> None:
    environment = make_environment("psqlmodel")
    other = make_database()
    command = [str(environment / "bin" / "python"), "-W", "ignore", "-c", START_UP]
    subprocess.run([*command, "everything.py", url_of(other)], cwd=CASES, check=True)
    found = read_model_sql(["everything.py"], root=CASES, python=str(environment), env={})
    load(connection, found)
    assert found.warnings == ()
    with connect(other) as theirs:
        expected = introspect(theirs)
    assert len(expected) > 100
    assert diff(introspect(connection), expected) == ()


HEAD = """
import datetime as dt
import decimal
import enum
import uuid as ids
from typing import Optional
from psqlmodel import *
from psqlmodel.orm.types import (
    array, bytea, date, integer, jsonb, numeric, serial, text, timestamptz)
from psqlmodel.utils import gen_default_uuid, now
"""


def columns(connection: Connection) -> dict[str, str]:
    rows = connection.execute(
        "SELECT attname::text, format_type(atttypid, atttypmod)"
        " || coalesce(' ' || pg_get_expr(adbin, adrelid), '')"
        " FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum"
        " WHERE attrelid = 'things'::regclass AND attnum > 0"
    )
    return {str(name): str(text) for name, text in rows}


def test_defaults_mean_what_they_say(read: Read, connection: Connection) -> None:
    """psqlmodel writes the constants unescaped, and what a callable gave this once."""
    load(
        connection,
        read(
            HEAD
            + """
class Size(enum.Enum):
    SMALL = "s"
    LARGE = "it's large"

class Level(enum.IntEnum):
    LOW = 1

@table(name="things")
class Thing(PSQLModel):
    id: serial = Column(primary_key=True)
    quoted: text = Column(default="it's now() \\\\ 100%")
    called: text = Column(default="now()")
    moment: timestamptz = Column(default="now")
    later: timestamptz = Column(default="NOW()")
    each: timestamptz = Column(default=lambda: dt.datetime.now())
    token: ids.UUID = Column(default=ids.uuid4)
    made: ids.UUID = Column(default=gen_default_uuid)
    size: Size = Column(default=Size.LARGE)
    level: Level = Column(default=Level.LOW)
    data: jsonb = Column(default={"a": [1, None, True], "b": "it's"})
    items: jsonb = Column(default=list)
    words: array(text) = Column(default=["a b", 'c"d', "e,f", None, "NULL"])
    price: Optional[decimal.Decimal] = Column(default=decimal.Decimal("1.50"))
    wait: dt.timedelta = Column(default=dt.timedelta(days=1, seconds=2))
    raw: bytea = Column(default=b"\\x00'")
    flag: bool = False
"""
        ),
    )
    found = columns(connection)
    assert found.pop("id") == "integer nextval('things_id_seq'::regclass)"
    assert found == {
        "quoted": r"text 'it''s now() \ 100%'::text",
        "called": "text 'now()'::text",
        "moment": "timestamp with time zone now()",
        "later": "timestamp with time zone now()",
        "each": "timestamp with time zone",
        "token": "uuid",
        "made": "uuid gen_random_uuid()",
        "size": "size 'it''s large'::size",
        "level": "integer 1",
        "data": """jsonb '{"a": [1, null, true], "b": "it''s"}'::jsonb""",
        "items": "jsonb '[]'::jsonb",
        "words": """text[] '{"a b","c\\"d","e,f",NULL,"NULL"}'::text[]""",
        "price": "numeric 1.50",
        "wait": "interval '24:00:02'::interval",
        "raw": r"bytea '\x0027'::bytea",
        "flag": "boolean false",
    }


def test_names_that_psqlmodel_does_not_quote(read: Read, connection: Connection) -> None:
    found = read(
        HEAD
        + """
@table(name="order", schema="user", comment="it's",
       constraints=[CheckConstraint('"limit" > 0'), CheckConstraint('"limit" < 9'),
                    UniqueConstraint("limit"), UniqueConstraint("select", "limit")])
class Order(PSQLModel):
    select: integer = Column(primary_key=True)
    limit: integer = Column(unique=True)
    offset: integer = Column(foreign_key="user.order.select")
    Mixed: integer = Column(name="Mixed")
"""
    )
    load(connection, found)
    assert found.tables == ("user.order",)
    query = (
        'SELECT conname::text FROM pg_constraint WHERE conrelid = \'"user"."order"\'::regclass'
        " AND contype <> 'n' ORDER BY 1"
    )
    names = [str(row[0]) for row in connection.execute(query)]
    assert names == [
        "ck_order", "ck_order_2", "fk_order_offset", "order_pkey", "uq_order_limit",
        "uq_order_select_limit",
    ]  # fmt: skip
    connection.execute('INSERT INTO "user"."order" ("select", "limit", mixed) VALUES (1, 1, 1)')


def test_enums(read: Read, connection: Connection) -> None:
    found = read(
        HEAD
        + """
class Values(enum.Enum):
    ONE = "one"

class Names(enum.Enum):
    ONE = 1
    TWO = 2

class HTTPState(enum.StrEnum):
    __schema__ = "web"
    OK = "it's ok"

class Named(enum.StrEnum):
    __typename__ = "other"
    A = "a"

@table(name="things")
class Thing(PSQLModel):
    id: serial = Column(primary_key=True)
    values: Values = Column()
    names: Optional[Names] = Column()
    state: HTTPState = Column(default=HTTPState.OK)
    named: Named | None = Column()
"""
    )
    load(connection, found)
    rows = connection.execute(
        "SELECT enumtypid::regtype::text, array_agg(enumlabel::text ORDER BY enumsortorder)"
        " FROM pg_enum GROUP BY 1"
    )
    assert sorted(tuple(row) for row in rows) == [
        ('"values"', ["one"]),
        ("names", ["ONE", "TWO"]),
        ("other", ["a"]),
        ("web.http_state", ["it's ok"]),
    ]
    assert len(found.warnings) == 1
    assert found.warnings[0].startswith("models.Values: the labels of")


def test_a_column_with_two_names(read: Read, connection: Connection) -> None:
    """psqlmodel's DDL and its inserts know the attribute's, its queries the other one."""
    found = read(
        HEAD
        + """
@table(name="things", indexes=[Index("second")], constraints=[UniqueConstraint("first")])
class Thing(PSQLModel):
    id: serial = Column(primary_key=True)
    first: integer = Column(name="other", foreign_key="things.id", unique=True)
    second: integer = Column(name="SECOND")
"""
    )
    load(connection, found)
    assert list(columns(connection)) == ["id", "first", "second"]
    assert found.warnings == (
        "models.Thing.first: psqlmodel makes the column first, not other; rename the attribute",
    )


def test_a_bare_reference_is_what_search_path_finds(read: Read, connection: Connection) -> None:
    model = (
        "@table(name='{0}', schema='{1}')\nclass {2}(PSQLModel):\n"
        "    id: serial = Column(primary_key=True)\n"
    )
    text = (
        HEAD
        + model.format("users", "public", "A")
        + model.format("users", "auth", "B")
        + model.format("teams", "auth", "C")
        + model.format("keys", "auth", "D")
        + "    user_id: integer = Column(foreign_key='users.id')\n"
        + "    team_id: integer = Column(foreign_key='teams.id')\n"
        + "    other_id: integer = Column(foreign_key='auth.users.id')\n"
    )
    load(connection, read(text))
    rows = connection.execute(
        "SELECT confrelid::regclass::text FROM pg_constraint WHERE contype = 'f' ORDER BY conname"
    )
    assert [row[0] for row in rows] == ["auth.users", "auth.teams", "users"]


def test_a_column_named_as_its_type(read: Read) -> None:
    """Python has the column itself by then; psqlmodel makes DDL that fails."""
    text = HEAD + (
        "@table(name='t')\nclass T(PSQLModel):\n    id: serial = Column(primary_key=True)\n"
        "    date: date = Column()\n"
    )
    with pytest.raises(ModelError, match=r"T\.date: Python reads its annotation as the column"):
        read(text)


def test_annotations_that_stay_text(read: Read, connection: Connection) -> None:
    text = "from __future__ import annotations\n" + HEAD + (
        "@table(name='things')\nclass T(PSQLModel):\n    id: serial = Column(primary_key=True)\n"
        "    date: date = Column()\n    price: numeric(12, 3) = Column()\n"
    )  # fmt: skip
    load(connection, read(text))
    assert columns(connection)["date"] == "date"
    assert columns(connection)["price"] == "numeric(12,3)"


def test_a_type_that_is_none_is_an_error(read: Read) -> None:
    text = HEAD + "@table(name='t')\nclass T(PSQLModel):\n    x: object = Column()\n"
    with pytest.raises(ModelError, match=r"models\.T\.x: the annotation .* has no PostgreSQL type"):
        read(text)


def test_bases_and_subclasses(read: Read, connection: Connection) -> None:
    """A class without a table of its own is none, although it inherits its parent's name."""
    found = read(
        HEAD
        + """
class Dated(PSQLModel):
    made_at: timestamptz = Column(nullable=False, default=now)

@table(name="a")
class A(Dated):
    id: serial = Column(primary_key=True)

@table(name="b")
class B(Dated):
    id: serial = Column(primary_key=True)
    a_id: integer = Column(foreign_key=A.id)

class Special(A):
    pass
"""
    )
    load(connection, found)
    assert found.tables == ("public.a", "public.b")


def test_two_models_of_one_table(read: Read) -> None:
    model = "@table(name='t')\nclass {}(PSQLModel):\n    id: serial = Column(primary_key=True)\n"
    with pytest.raises(ModelError, match=r"two models state the table public\.t: models\.A and"):
        read(HEAD + model.format("A") + model.format("B"))


TRIGGER = (
    HEAD
    + """
def look():
    pass

@table(name="things", schema="app")
class Thing(PSQLModel):
    id: serial = Column(primary_key=True)

trigger(Trigger(Thing).AfterInsert().ForEachRow().Exec(look))(Thing)
"""
)


def test_a_trigger_without_a_language(read: Read, connection: Connection) -> None:
    found = read(TRIGGER)
    assert re.search(r"trigger things_look_\w+ states no language", found.warnings[0])
    load(connection, found)
    query = "SELECT lanname::text FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang WHERE proname ~ 'look'"
    has_python = connection.execute(
        "SELECT FROM pg_available_extensions WHERE name = 'plpython3u'"
    ).rowcount
    rows = connection.execute(query.encode()).fetchall()
    assert [row[0] for row in rows] == ["plpython3u" if has_python else "plpgsql"]


def test_many_to_many(read: Read, connection: Connection) -> None:
    found = read(
        HEAD
        + """
from psqlmodel.orm.relationships import Relation
@table(name="authors")
class Author(PSQLModel):
    id: serial = Column(primary_key=True)
    books: list["Book"] = Relation("Book", secondary="author_books")

@table(name="books")
class Book(PSQLModel):
    id: serial = Column(primary_key=True)
"""
    )
    load(connection, found)
    assert found.tables == ("public.author_books", "public.authors", "public.books")
