"""Which statements decide about transactions."""

from pathlib import Path

import pytest

from psqlmigrate.migrations.control import controls_transaction, repeatable
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
