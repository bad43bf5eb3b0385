"""Which statements decide about transactions."""

from pathlib import Path

import pytest

from psqlmigrate.migrations.control import (
    controls_transaction,
    is_of_session,
    is_temporary,
    repeatable,
    sets_by_call,
)
from psqlmigrate.migrations.file import MigrationFile


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("COMMIT", True),
        ("end", True),
        ("/* a */ -- b\n begin work", True),
        ("START  TRANSACTION", True),
        ("ROLLBACK AND CHAIN", True),
        ("ROLLBACK TO SAVEPOINT a", False),
        ("ROLLBACK WORK TO a", False),
        ("SAVEPOINT a", False),
        ("PREPARE x AS SELECT 1", False),
        ("ENDPOINT", False),
        ("COMMIT PREPARED 'x'", False),
        ("ROLLBACK PREPARED 'x'", False),
        ("PREPARE TRANSACTION 'x'", True),
        ("SELECT 'COMMIT'", False),
        ("-- COMMIT\nSELECT 1", False),
    ],
)
def test_controls_transaction(sql: str, *, expected: bool) -> None:
    assert controls_transaction(sql) is expected


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SET search_path = s", True),
        ("-- so\nset role x", True),
        ("RESET ALL", True),
        ("PREPARE x AS SELECT 1", True),
        ("SET LOCAL lock_timeout = 1", False),
        ("SET CONSTRAINTS ALL DEFERRED", False),
        ("PREPARE TRANSACTION 'x'", False),
        ("SETTLE", False),
    ],
)
def test_is_of_session(sql: str, *, expected: bool) -> None:
    assert is_of_session(sql) is expected


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("CREATE TEMP TABLE t (a int)", True),
        ("create local temporary table t (a int)", True),
        ("CREATE OR REPLACE TEMP VIEW v AS SELECT 1", True),
        ("CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$", True),
        ("SELECT 1 AS a INTO TEMP t", True),
        ("CREATE TABLE temp (a int)", False),
        (
            (
                "CREATE FUNCTION f() RETURNS int SECURITY DEFINER SET search_path = s, pg_temp "
                "LANGUAGE sql AS $$ SELECT 1 $$"
            ),
            False,
        ),
        ("INSERT INTO temp VALUES (1)", False),
    ],
)
def test_is_temporary(sql: str, *, expected: bool) -> None:
    assert is_temporary(sql) is expected


def test_sets_by_call() -> None:
    assert sets_by_call("SELECT pg_catalog.SET_CONFIG('role', 'x', false)")
    assert not sets_by_call("CREATE FUNCTION f() RETURNS text AS 'SELECT set_config(1)'")


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("1_a.sql", "COPY t FROM PROGRAM 'x'", True),
        ("1_a.py", "from psqlmigrate import Migration\nimport datetime", True),
        ("1_a.py", "import psycopg.sql", True),
        ("1_a.py", "import os", False),
        ("1_a.py", "from urllib.request import urlopen", False),
        ("1_a.py", "from . import other", False),
        ("1_a.py", "open('x')", False),
    ],
)
def test_repeatable(name: str, text: str, *, expected: bool) -> None:
    file = MigrationFile("1", "", None, Path(name), "", text=text)
    assert repeatable(file) is expected
