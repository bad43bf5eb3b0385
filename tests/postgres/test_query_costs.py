"""The work of a look at a schema grows with the number of objects, not with its square."""

from collections.abc import Iterator
from typing import Any

import pytest

from psqlmigrate.postgres.connect import Connection, connect
from psqlmigrate.postgres.introspect import introspect
from psqlmigrate.postgres.loading import load_script
from psqlmigrate.postgres.target import Target
from psqlmigrate.schema.identity import ObjectId

_TABLES = 100
_BOUND = 200_000
"""Far above what is there to be read (pg_attribute has 12,000 rows), far below each pair of it."""

_MANY = f"""
CREATE TYPE mood AS ENUM ('sad', 'glad');
CREATE DOMAIN short AS text CHECK (length(value) < 99);
CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TABLE whole (id int NOT NULL, at date NOT NULL, note text NOT NULL, UNIQUE (id)) PARTITION BY RANGE (id);
CREATE TABLE above (id int NOT NULL, note text NOT NULL);
DO $do$ BEGIN FOR i IN 1..{_TABLES} LOOP EXECUTE replace($$
  CREATE TABLE t@ (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a int NOT NULL DEFAULT 1, b int NOT NULL,
      c text NOT NULL DEFAULT 'x', d numeric(10, 2) NOT NULL, e mood, f short, g timestamptz NOT NULL,
      h int GENERATED ALWAYS AS (a + b) STORED, s serial, r bigint REFERENCES t@ (id), CHECK (a > b));
  CREATE INDEX ON t@ (c, d); CREATE INDEX ON t@ (lower(c)) WHERE a > 1;
  CREATE VIEW v@ AS SELECT * FROM t@ JOIN above USING (id);
  CREATE MATERIALIZED VIEW m@ AS SELECT a, count(*) FROM t@ GROUP BY a;
  CREATE FUNCTION f@(x int) RETURNS int LANGUAGE sql AS 'SELECT x';
  CREATE TRIGGER note BEFORE UPDATE ON t@ FOR EACH ROW EXECUTE FUNCTION noted();
  CREATE RULE quiet AS ON DELETE TO t@ WHERE OLD.a < 0 DO INSTEAD NOTHING;
  CREATE POLICY mine ON t@ USING (a > 0);
  CREATE STATISTICS s@ ON a, b FROM t@;
  CREATE TYPE p@ AS (x int, y text);
  CREATE SEQUENCE q@;
  CREATE DOMAIN d@ AS int CHECK (value > 0) NOT NULL;
  CREATE TABLE part@ PARTITION OF whole FOR VALUES FROM (@) TO (@ + 1);
  CREATE TABLE under@ (own int NOT NULL) INHERITS (above);
  COMMENT ON TABLE t@ IS 'one'; COMMENT ON COLUMN t@.a IS 'two';
  GRANT SELECT (a) ON t@ TO PUBLIC; GRANT INSERT ON t@ TO PUBLIC;
$$, '@', i::text); END LOOP; END $do$;
"""


class _Watching:
    """A connection that explains each query before it runs it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.most: dict[str, float] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def ask(self, query: str) -> Any:
        return self.execute(query.encode())

    def execute(self, query: Any, params: Any = None) -> Any:
        text = query.decode() if isinstance(query, bytes) else query
        explain = "EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) " + text
        row = self._connection.execute(explain.encode(), params).fetchone()
        assert row is not None
        self.most[text] = max(_rows_of(row[0][0]["Plan"]))
        return self._connection.execute(query, params)


def _rows_of(node: dict[str, Any]) -> Iterator[float]:
    """What each node of a plan had in its hands."""
    seen = ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Join Filter")
    yield sum(node.get(name, 0) for name in seen) * node["Actual Loops"]
    for child in node.get("Plans", ()):
        yield from _rows_of(child)


@pytest.mark.parametrize("analyzed", [False, True], ids=["new", "analyzed"])
def test_no_query_compares_each_with_each(any_database: Target, *, analyzed: bool) -> None:
    with connect(any_database) as connection:
        load_script(connection, _MANY, "many.sql")
        if analyzed:
            connection.execute("ANALYZE")
        watching = _Watching(connection)
        look: Any = watching
        catalog = introspect(look)
    assert ObjectId("column", ("public", f"t{_TABLES}", "h")) in catalog.objects
    assert len(watching.most) > 20
    assert {text: rows for text, rows in watching.most.items() if rows > _BOUND} == {}
