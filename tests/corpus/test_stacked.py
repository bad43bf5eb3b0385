"""A column changes its type below a hundred views, functions and policies: all of them come back."""

import pytest

from psqlmigrate.postgres.introspect import introspect
from psqlmigrate.postgres.loading import load_script
from psqlmigrate.postgres.scratch import Scratch
from psqlmigrate.schema.catalog import Catalog
from psqlmigrate.service.canonical import canonical
from psqlmigrate.service.planning import plan
from psqlmigrate.service.proving import prove_difference

MANY = 100


def _schema(kind: str) -> str:
    lines = [
        f"CREATE TABLE t (a {kind}, b text);",
        "ALTER TABLE t ENABLE ROW LEVEL SECURITY;",
        "CREATE VIEW v0 AS SELECT a, b FROM t;",
    ]
    for i in range(1, MANY + 1):
        lines += [
            f"CREATE VIEW v{i} AS SELECT a, b FROM v{i - 1} WHERE a > {i};",
            f"COMMENT ON VIEW v{i} IS 'view {i}';",
            f"GRANT SELECT, UPDATE (b) ON v{i} TO pg_monitor WITH GRANT OPTION;",
            f"COMMENT ON COLUMN v{i}.a IS 'a of {i}';",
            (
                f"CREATE FUNCTION f{i}(x v{i}) RETURNS t LANGUAGE sql"
                f" AS 'SELECT x.a, x.b FROM t WHERE x.a > {i}';"
            ),
            f"COMMENT ON FUNCTION f{i}(v{i}) IS 'function {i}';",
            f"REVOKE EXECUTE ON FUNCTION f{i}(v{i}) FROM PUBLIC;",
            f"CREATE POLICY p{i} ON t FOR SELECT USING (a > {i});",
            f"COMMENT ON POLICY p{i} ON t IS 'policy {i}';",
        ]
    return "\n".join(lines)


def _load(scratch: Scratch, text: str) -> Catalog:
    with scratch.database() as connection:
        load_script(connection, text, "x")
        catalog = introspect(connection)
    return canonical(scratch, catalog)


@pytest.mark.parametrize("kinds", [("int", "bigint"), ("bigint", "int")])
def test_all_that_stands_on_a_column_comes_back(scratch: Scratch, kinds: tuple[str, str]) -> None:
    old, new = (_load(scratch, _schema(kind)) for kind in kinds)
    found = plan(old, new)
    altered = [one.sql for one in found.statements if one.sql.startswith("ALTER TABLE")]
    assert [sql for sql in altered if " TYPE " in sql] == [
        f"ALTER TABLE public.t ALTER COLUMN a TYPE {'integer' if kinds[1] == 'int' else 'bigint'}"
    ]
    prove_difference(scratch, old, new)
