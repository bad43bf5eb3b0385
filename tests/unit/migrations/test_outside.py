"""The closed list of statements whose outcome the catalog tells."""

import pytest

from psqlmigrate.migrations import outside as kinds
from psqlmigrate.migrations.outside import Outside, outside


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("create unique index concurrently I on t(a)", Outside(kinds.CREATE_INDEX, "I", "t")),
        ("CREATE INDEX CONCURRENTLY ON t (a)", Outside(kinds.CREATE_INDEX, "", "t")),
        (
            'CREATE INDEX CONCURRENTLY IF NOT EXISTS "a ""b" /* /* x */ */ ON ONLY "S"."on" USING btree (a)',
            Outside(kinds.CREATE_INDEX, '"a ""b"', '"S"."on"', unless_there=True),
        ),
        ("CREATE INDEX i ON t (a)", None),
        ("CREATE INDEX i ON concurrently (a)", None),
        ("DROP INDEX CONCURRENTLY IF EXISTS s . i RESTRICT;", Outside(kinds.DROP_INDEX, "s.i")),
        ("DROP INDEX CONCURRENTLY a, b", None),
        ("REINDEX (VERBOSE) TABLE CONCURRENTLY t", Outside(kinds.REINDEX)),
        ("REINDEX (CONCURRENTLY) TABLE t", Outside(kinds.REINDEX)),
        ("REINDEX SCHEMA s", Outside(kinds.REPEAT)),
        (
            "ALTER TABLE ONLY p DETACH PARTITION s.p1 -- so\n CONCURRENTLY",
            Outside(kinds.DETACH, "s.p1", "p"),
        ),
        ("ALTER TABLE p DETACH PARTITION p1", None),
        ("vacuum", Outside(kinds.REPEAT)),
        ("ALTER SYSTEM SET work_mem = '1MB'", Outside(kinds.REPEAT)),
        ("ALTER DATABASE d SET TABLESPACE x", Outside(kinds.REPEAT)),
        ("ALTER DATABASE d SET work_mem = 1", None),
        ("CREATE DATABASE d OWNER x", Outside(kinds.CREATE_DATABASE, "d")),
        ("DROP DATABASE IF EXISTS d (FORCE)", Outside(kinds.DROP_DATABASE, "d")),
        ("CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p", None),
        ("ALTER TYPE e ADD VALUE 'x'", None),
        ("CALL vacuum()", None),
    ],
)
def test_outside(sql: str, expected: Outside | None) -> None:
    assert outside(sql) == expected
