"""For any small schema, sample rows satisfy the constraints or the table is named."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql

from psqlmigrate.postgres.connect import Connection
from psqlmigrate.service.sampling import fill

_TYPES = ["int", "smallint", "numeric(5, 2)", "text", "varchar(3)", "char(2)", "boolean", "date",
          "timestamptz", "uuid", "jsonb", "int[]", "int4range", "bytea", "interval"]  # fmt: skip
_CHECKS = {
    "int": ["{0} > 3", "{0} BETWEEN -7 AND -2", "{0} % 2 = 0", "{0} <> 1"],
    "text": [
        "length({0}) = 4",
        "{0} IN ('x', 'y')",
        "{0} ~ '^[A-Z]{{2}}[0-9]+$'",
        "{0} LIKE 'a%z'",
    ],
    "date": ["{0} > '2030-01-01'", "{0} < '1990-05-05'"],
    "boolean": ["{0}", "NOT {0}"],
    "numeric(5, 2)": ["{0} >= 0", "{0} < -1.5"],
}
_VALIDATE = """
UPDATE pg_constraint SET convalidated = false
 WHERE contype IN ('c', 'f') AND conrelid <> 0 AND connamespace = 'sample'::regnamespace
RETURNING conrelid::regclass::text, conname"""


@st.composite
def _column(draw: st.DrawFn, name: str) -> str:
    kind = draw(st.sampled_from(_TYPES))
    words = [name, kind]
    words += draw(st.sampled_from([[], ["NOT NULL"]]))
    comparable = kind != "jsonb"
    words += draw(st.sampled_from([[], ["UNIQUE"]])) if comparable else []
    for check in draw(st.lists(st.sampled_from(_CHECKS.get(kind, [""])), max_size=2, unique=True)):
        words += [f"CHECK ({check.format(name)})"] if check else []
    return " ".join(words)


@st.composite
def schemas(draw: st.DrawFn) -> tuple[list[str], int]:
    """Statements and the number of tables; foreign keys go in any direction."""
    count = draw(st.integers(1, 4))
    tables: list[str] = []
    keys: list[str] = []
    for i in range(count):
        columns = [draw(_column(f"c{j}")) for j in range(draw(st.integers(0, 4)))]
        lines = ["id int PRIMARY KEY", *columns]
        for j in range(draw(st.integers(0, 2))):
            target = draw(st.integers(0, count - 1))
            null = draw(st.sampled_from(["", " NOT NULL"]))
            lines.append(f"f{j} int{null}")
            keys.append(f"ALTER TABLE t{i} ADD FOREIGN KEY (f{j}) REFERENCES t{target}")
        tables.append(f"CREATE TABLE t{i} ({', '.join(lines)})")
    return [*tables, *keys], count


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(schemas())
def test_rows_fit_or_the_table_is_named(
    connection: Connection, schema: tuple[list[str], int]
) -> None:
    statements, count = schema
    with connection.transaction(force_rollback=True):
        connection.execute("CREATE SCHEMA sample; SET LOCAL search_path = sample")
        for text in statements:
            connection.execute(text.encode())
        found = fill(connection)
        named = {one.table for one in found.unfilled}
        assert {*found.rows, *named} == {f"sample.t{i}" for i in range(count)}
        assert not named & set(found.rows)
        assert all(one.reason for one in found.unfilled)
        for name, number in found.rows.items():
            query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(*name.split(".")))
            assert connection.execute(query).fetchone() == (number,)
        for table, name in connection.execute(_VALIDATE).fetchall():
            check = sql.SQL("ALTER TABLE {} VALIDATE CONSTRAINT {}")
            connection.execute(check.format(sql.SQL(table), sql.Identifier(name)))


@pytest.mark.parametrize("null", ["", " NOT NULL"])
def test_one_column_of_each_type_is_filled(connection: Connection, null: str) -> None:
    columns = ", ".join(f"c{i} {kind}{null}" for i, kind in enumerate(_TYPES))
    connection.execute(f"CREATE TABLE t ({columns})".encode())
    assert fill(connection).rows == {"public.t": 4}
