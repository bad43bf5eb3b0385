"""Names that are longer than PostgreSQL's."""

import pytest

from psqlmigrate.errors import SourceError
from psqlmigrate.sources.longnames import cut, long_names

LONG = "a_name_that_is_so_long_that_postgresql_keeps_no_more_than_a_part_of_it"


def test_each_is_named_once_with_both_forms() -> None:
    text = f"SELECT 1;\nCREATE TABLE {LONG.upper()} (\n  a int);\nCREATE INDEX ON {LONG} (a);"
    assert long_names(text, "x.sql") == (
        f'x.sql:2: "{LONG}" has 70 bytes, and PostgreSQL cuts it to "{LONG[:63]}"',
    )


def test_bytes_and_quotes_count_as_postgresql_counts_them() -> None:
    name = 'é"' + "ü" * 32
    assert cut(name) == name[:32]
    [warning] = long_names('CREATE TABLE "' + name.replace('"', '""') + '" ();', "x.sql")
    assert f'"{name}" has 67 bytes' in warning
    assert long_names('CREATE TABLE "' + "ü" * 31 + '" ();', "x.sql") == ()


def test_texts_comments_and_rows_are_no_names() -> None:
    quiet = (
        f"-- {LONG}\nSELECT '{LONG}', $$ {LONG} $$;\nCOPY t FROM STDIN;\n{LONG}'\n\\.\nSELECT 1;"
    )
    assert long_names(quiet, "x.sql") == ()


def test_two_that_become_one_are_refused() -> None:
    text = f"CREATE TABLE IF NOT EXISTS {LONG}1 ();\nCREATE TABLE IF NOT EXISTS {LONG}2 ();"
    with pytest.raises(SourceError, match=f'x.sql:2: "{LONG}2" and "{LONG}1" are one name'):
        long_names(text, "x.sql")
