"""SQLAlchemy's models give the catalog that its own create_all() makes."""

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

CASES = PROJECTS / "sqlalchemy_cases"
SCHEMAS = ("geo", "shop", "staff", '"Odd Schema"')
GENERATIONS = ("former", "sqlalchemy", "current")  # 1.4, 2.0, the newest
NEEDS = {"modern": GENERATIONS[1:], "newest": GENERATIONS[2:]}
CREATE_ALL = """
import importlib, sys
sys.path.insert(0, ".")
import sqlalchemy
engine = sqlalchemy.create_engine(sys.argv[2], isolation_level="AUTOCOMMIT")
importlib.import_module(sys.argv[1]).metadata.create_all(engine)
"""
Read = Callable[..., ModelSql]


@pytest.mark.parametrize(
    ("case", "generation"),
    [
        (path.stem, generation)
        for path in sorted(CASES.glob("*.py"))
        for generation in NEEDS.get(path.stem, GENERATIONS)
    ],
)
def test_like_create_all(
    make_environment: Callable[[str], Path],
    database: Target,
    make_database: Callable[[], Target],
    case: str,
    generation: str,
) -> None:
    environment = make_environment(generation)
    other = make_database()
    with connect(database) as ours, connect(other) as theirs:
        for schema in SCHEMAS:
            ours.execute(f"CREATE SCHEMA {schema}".encode())
            theirs.execute(f"CREATE SCHEMA {schema}".encode())
        command = [str(environment / "bin" / "python"), "-c", CREATE_ALL, case]
        url = url_of(other).replace("postgresql", "postgresql+psycopg2", 1)
        subprocess.run([*command, url], cwd=CASES, check=True)
        found = read_model_sql(
            [case],
            root=CASES,
            python=str(environment),
            env={},
            server_version=ours.info.server_version,
        )
        load(ours, found)
        expected = introspect(theirs)
        assert len(expected) > len(SCHEMAS) + 1
        assert diff(introspect(ours), expected) == ()


def test_generated_columns_follow_the_server(read: Read) -> None:
    text = (
        "from sqlalchemy import Column, Computed, Integer, MetaData, Table\n"
        "t = Table('t', MetaData(), Column('id', Integer), Column('x', Integer, Computed('id * 2')))\n"
    )
    former = read(text, server_version=170000)
    assert "AS (id * 2) STORED" in former.statements[0]
    assert "created as 'STORED'" in former.warnings[0]
    newest = read(text, server_version=180000)
    assert "STORED" not in newest.statements[0]
    assert newest.warnings == ()


LISTENER = """
from sqlalchemy import Column, Connection, DDL, Integer, MetaData, Table, event, insert
metadata = MetaData()
t = Table("t", metadata, Column("id", Integer))
ddl = DDL("ALTER TABLE t ENABLE ROW LEVEL SECURITY")
new = ddl.execute_if(dialect="postgresql", callable_=lambda *_, dialect, **__: (
    dialect.server_version_info >= (15,)))
event.listen(t, "after_create", new)

@event.listens_for(t, "after_create")
def fill(target, connection, **_):
    connection.execute(insert(t).values(id=1))
    connection.exec_driver_sql("CREATE VIEW v AS SELECT 1 % 2 AS x")
"""


def test_what_listeners_say_is_stated(read: Read, connection: Connection) -> None:
    found = read(LISTENER, server_version=150000)
    load(connection, found)
    assert found.warnings == ("Insert of a listener is left out: only DDL states a schema",)
    assert "table.row_security" not in found.unstated
    assert {"table.force_row_security", "column.storage", "index.clustered"} <= found.unstated
    assert "table.row_security" in read(LISTENER, server_version=140000).unstated


@pytest.mark.parametrize(
    ("field", "ddl"),
    [
        ("column.storage", "ALTER TABLE t ALTER COLUMN name SET STORAGE external"),
        ("column.statistics", "ALTER TABLE t ALTER name SET STATISTICS 500"),
        ("column.options", "ALTER TABLE t ALTER COLUMN name SET (n_distinct = 5)"),
        ("constraint.options", "ALTER TABLE t ADD CONSTRAINT u UNIQUE (id) WITH (fillfactor = 70)"),
        ("index.clustered", "ALTER TABLE t CLUSTER ON ix_cluster"),
        ("index.statistics", "ALTER INDEX ix_upper ALTER COLUMN 1 SET STATISTICS 500"),
        ("table.force_row_security", "ALTER TABLE t FORCE ROW LEVEL SECURITY"),
        ("trigger.enabled", "ALTER TABLE t DISABLE TRIGGER ALL"),
        ("", "COMMENT ON TABLE t IS 'no field'"),
    ],
)
def test_fields_that_only_ddl_can_state(
    read: Read, connection: Connection, field: str, ddl: str
) -> None:
    text = (
        "from sqlalchemy import Column, DDL, Integer, MetaData, Table, Text, Index, event, text\n"
        "t = Table('t', MetaData(), Column('id', Integer), Column('name', Text),\n"
        "    Column('storage', Text), Column('cluster', Text, index=True))\n"
        "Index('ix_cluster', t.c.name, unique=True, postgresql_with={'fillfactor': 70})\n"
        "Index('ix_upper', text('upper(name)'), _table=t)\n"
    )
    plain = read(text).unstated
    found = read(text + f"event.listen(t, 'after_create', DDL({ddl!r}))\n")
    load(connection, found)
    clusters = {"constraint.clustered"} if field == "index.clustered" else set()
    assert plain - found.unstated == {field} - {""} | clusters
    assert "constraint.options" in plain


def test_options_of_tables_are_stated_by_those_that_can(
    make_environment: Callable[[str], Path],
) -> None:
    stated = {"table.options", "table.access_method"}

    def unstated(generation: str) -> set[str]:
        environment = str(make_environment(generation))
        found = read_model_sql(["keys"], root=CASES, python=environment, env={})
        return stated & found.unstated

    assert unstated("former") == stated
    assert unstated("sqlalchemy") == {"table.options"}
    assert unstated("current") == set()


GIVEN = """
from sqlalchemy import Column, MetaData, Table, TypeDecorator
from sqlalchemy.dialects.postgresql import ARRAY, ENUM
class Moods(TypeDecorator):
    impl = ENUM("it's", "ok", name="mood", schema="feel", create_type=False)
    cache_ok = True
metadata = MetaData()
Table("t", metadata, Column("one", Moods), Column("all", ARRAY(ENUM("x", name="Odd", create_type=False))))
"""


@pytest.mark.parametrize("is_there", [True, False])
def test_enums_that_are_made_elsewhere(
    read: Read, connection: Connection, *, is_there: bool
) -> None:
    if is_there:
        connection.execute("CREATE TYPE \"Odd\" AS ENUM ('x')")
        connection.execute("CREATE SCHEMA feel")
        connection.execute("CREATE TYPE feel.mood AS ENUM ('it''s', 'ok')")
    load(connection, read(GIVEN))
    rows = connection.execute("SELECT enumlabel FROM pg_enum ORDER BY 1").fetchall()
    assert [row[0] for row in rows] == ["it's", "ok", "x"]


TWO = """
from sqlalchemy import Column, Enum, ForeignKey, Integer, MetaData, Table
first, second = MetaData(), MetaData()
kind = Enum("a", "b", name="kind")
parent = Table("parent", second, Column("id", Integer, primary_key=True), Column("kind", kind))
Table("child", first, Column("kind", kind), Column("id", Integer, ForeignKey(parent.c.id)))
"""


def test_several_collections_of_tables(read: Read, connection: Connection) -> None:
    found = read(TWO)
    load(connection, found)
    assert found.tables == ("public.child", "public.parent")
    assert read(TWO, "models:second").tables == ("public.parent",)


def test_a_table_that_two_collections_state(read: Read) -> None:
    text = TWO + 'Table("parent", first, Column("id", Integer))\n'
    with pytest.raises(ModelError, match=r"public\.parent is stated by two MetaData"):
        read(text)


def test_a_reference_to_nowhere_is_an_error(read: Read) -> None:
    text = (
        "from sqlalchemy import Column, ForeignKey, Integer, MetaData, Table\n"
        "t = Table('t', MetaData(), Column('id', Integer, ForeignKey('nowhere.id')))\n"
    )
    with pytest.raises(ModelError, match="nowhere") as caught:
        read(text)
    assert caught.value.exit_code == 3
