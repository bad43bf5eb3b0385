"""Other people's tables, which a scratch database gets first, and which nobody drops."""

from pathlib import Path

import pytest

from cli.conftest import Run
from psqlmigrate.postgres.connect import Connection, connect
from psqlmigrate.postgres.target import Target

OTHERS = "CREATE SCHEMA shop; CREATE TABLE shop.orders (id int PRIMARY KEY);"
BILLS = "CREATE TABLE bills (id int PRIMARY KEY, order_id int REFERENCES shop.orders);\n"
VIEW = "CREATE VIEW billed AS SELECT order_id FROM bills;\n"


@pytest.fixture
def theirs(project: Path, database: Target) -> None:
    """The database has them, a scratch database gets them."""
    (project / "others.sql").write_text(OTHERS)
    (project / "schema.sql").write_text(BILLS)
    with connect(database) as connection:
        connection.execute(OTHERS.encode())


def _orders(connection: Connection) -> object:
    row = connection.execute("SELECT to_regclass('shop.orders')").fetchone()
    assert row
    return row[0]


@pytest.mark.parametrize("ignore", ["", 'ignore = ["shop", "shop.*"]', 'schemas = ["public"]'])
@pytest.mark.usefixtures("theirs")
def test_what_ours_stands_on_is_there_and_stays(
    run: Run, project: Path, database: Target, ignore: str
) -> None:
    settings = f'models = ["schema.sql"]\nscratch_setup = ["others.sql"]\n{ignore}\n'
    (project / "psqlmigrate.toml").write_text(settings)
    assert run("init")[0] == 0
    schemas = (BILLS, BILLS + VIEW, BILLS, "CREATE TABLE alone (id int PRIMARY KEY);\n")
    for number, schema in enumerate(schemas):
        (project / "schema.sql").write_text(schema)
        code, out, err = run("autogenerate", f"step {number}")
        assert (code, err) == (0, "")
        assert "shop" not in out
        for command in (("upgrade",), ("check",), ("validate",), ("status", "--exit-code")):
            code, out, err = run(*command)
            assert (command, code, err) == (command, 0, "")
    assert run("downgrade", "base")[0] == 0
    with connect(database) as connection:
        assert _orders(connection) == "shop.orders"


@pytest.mark.parametrize(
    ("statement", "setting"),
    [
        ("CREATE TABLE u (a xyz.foo)", "scratch_setup"),
        ("CREATE EXTENSION nowhere_to_be_found", "scratch_url"),
    ],
)
def test_what_scratch_lacks_is_told_with_its_setting(
    run: Run, project: Path, statement: str, setting: str
) -> None:
    (project / "migrations").mkdir()
    path = project / "migrations" / "20260101_000000_a.sql"
    path.write_text(f"-- psqlmigrate: up\n{statement};\n-- psqlmigrate: down\nSELECT 1;\n")
    run("stamp", "head")
    assert setting in run("status")[1]
    code, out, _ = run("verify", "--replay")
    assert code == 1
    assert setting in out
