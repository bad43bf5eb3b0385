"""Whatever a seed file has: it comes in as it is written, and twice is once."""

import json
import tempfile
from collections.abc import Generator
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from psqlmigrate.errors import SeedError
from psqlmigrate.postgres.target import Target
from psqlmigrate.service.seeds.reading import read
from seed_files import Seeds

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
INTS = st.integers(-(2**63), 2**63 - 1)
DATA = st.recursive(
    st.none() | st.booleans() | INTS | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
COLUMNS: dict[str, st.SearchStrategy[Any]] = {
    "i": INTS,
    "t": TEXT,
    "b": st.booleans(),
    "ts": st.lists(TEXT | st.none(), max_size=4),
    "j": DATA.filter(lambda one: one is not None),
    "f": st.floats(allow_nan=False, allow_infinity=False),
    "d": st.dates().map(str),
}
ROW = st.fixed_dictionaries({}, optional={key: st.none() | one for key, one in COLUMNS.items()})
TABLE = """
CREATE TABLE up (id int PRIMARY KEY, name text UNIQUE);
CREATE TABLE rows (
    id serial PRIMARY KEY, k text UNIQUE, up int REFERENCES up, back int REFERENCES rows,
    i bigint DEFAULT 7, t text DEFAULT 'x', b bool, ts text[], j jsonb, f float8, d date);
ALTER TABLE up ADD first int REFERENCES rows;
"""


@pytest.fixture(scope="module")
def folder() -> Generator[Path]:
    with tempfile.TemporaryDirectory() as path:
        yield Path(path)


@pytest.fixture
def seeds(database: Target, folder: Path) -> Seeds:
    made = Seeds(folder, database)
    made.run(TABLE)
    return made


_SETTINGS = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@_SETTINGS
@given(st.lists(ROW, min_size=1, max_size=6), st.sampled_from(["json", "yaml"]))
def test_rows_come_in_as_they_are_written(
    seeds: Seeds, rows: list[dict[str, Any]], suffix: str
) -> None:
    stated = [{"id": n, **row} for n, row in enumerate(rows, 1)]
    text = _written({"rows": stated}, suffix)
    seeds.load("up: []\nrows: []", truncate=True)
    assert seeds.counts(text, suffix=suffix) == {"public.rows": (len(rows), 0, 0)}
    found = seeds.rows("SELECT id, i, t, b, ts, j::text, f, d::text FROM rows ORDER BY id")
    defaults = {"i": 7, "t": "x"}
    for row, (_, *values) in zip(rows, found, strict=True):
        for name, value in zip(("i", "t", "b", "ts", "j", "f", "d"), values, strict=True):
            wanted = row.get(name, defaults.get(name))
            if name == "j":
                have = None if value is None else json.loads(value)
                assert have == wanted
                assert type(have) is type(wanted)
            else:
                assert value == wanted
    assert seeds.counts(text, suffix=suffix) == {"public.rows": (0, 0, len(rows))}


@_SETTINGS
@given(st.data())
def test_twice_is_once(seeds: Seeds, data: st.DataObject) -> None:
    """With references in circles, to rows of the file and of the database, in any order."""
    seeds.run("TRUNCATE rows, up RESTART IDENTITY; INSERT INTO up VALUES (100, 'there')")
    names = data.draw(st.lists(TEXT, min_size=1, max_size=5, unique=True))
    parents = data.draw(st.lists(TEXT.filter(lambda one: one != "there"), max_size=3, unique=True))
    up = st.none() | st.sampled_from([*parents, "there"]).map(lambda n: {"$ref": "up", "name": n})
    back = st.none() | st.sampled_from(names).map(lambda n: {"$ref": "rows", "k": n})
    rows: list[dict[str, Any]] = [
        {"k": name, **data.draw(ROW), "up": data.draw(up), "back": data.draw(back)}
        for name in names
    ]
    tables = {
        "rows": {"key": ["k"], "rows": rows},
        "up": [{"id": n, "name": name, "first": data.draw(back)} for n, name in enumerate(parents)],
    }
    text = _written(tables, "json")
    rehearsed = seeds.counts(text, suffix="json", dry_run=True)
    assert seeds.rows("SELECT count(*), (SELECT is_called FROM rows_id_seq) FROM rows") == [
        (0, False)
    ]
    first = seeds.counts(text, suffix="json")
    assert (
        first == rehearsed == {"public.up": (len(parents), 0, 0), "public.rows": (len(rows), 0, 0)}
    )
    query = (
        "SELECT r::text, r.ctid::text, (SELECT last_value FROM rows_id_seq) FROM rows r ORDER BY 1"
    )
    before = seeds.rows(query)
    second = seeds.counts(text, suffix="json")
    assert second == {"public.up": (0, 0, len(parents)), "public.rows": (0, 0, len(rows))}
    assert seeds.rows(query) == before
    pairs = seeds.rows(
        "SELECT r.k, u.name, o.k FROM rows r LEFT JOIN up u ON u.id = r.up LEFT JOIN rows o ON o.id = r.back"
    )
    assert {k: (u, o) for k, u, o in pairs} == {
        row["k"]: ((row["up"] or {}).get("name"), (row["back"] or {}).get("k")) for row in rows
    }


@_SETTINGS
@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30))
def test_decimals_are_exact(seeds: Seeds, value: Decimal) -> None:
    seeds.run("DROP TABLE IF EXISTS n; CREATE TABLE n (id int PRIMARY KEY, n numeric, j jsonb)")
    text = f'{{"n": [{{"id": 1, "n": {value:f}, "j": {value:f}}}]}}'
    seeds.load(text, suffix="json")
    assert seeds.rows("SELECT n, j::numeric FROM n") == [(value, value)]
    assert seeds.rows("SELECT n::text = j::text FROM n") == [(True,)]


_PIECES = st.sampled_from(
    ["a", "b", ": ", "- ", "\n", "  ", "[", "]", "{", "}", ", ", "&x ", "*x", "<<", "!!int ", "!x ", "'", '"', "1", "null", "? ", "rows", "key", "# ", "| ", "---\n", "\t", "\\", "%", "é", "true"]
)  # fmt: skip


@settings(max_examples=1500, deadline=None)
@given(st.lists(_PIECES, max_size=30).map("".join), st.sampled_from(["json", "yaml"]))
def test_whatever_a_file_has_it_is_read_or_refused(folder: Path, text: str, suffix: str) -> None:
    path = folder / f"law.{suffix}"
    path.write_text(text, encoding="utf-8")
    with suppress(SeedError):  # which anything else is not
        for table in read(path).tables:
            assert all(isinstance(row.cells, dict) and row.line for row in table.rows)


def _written(tables: dict[str, Any], suffix: str) -> str:
    if suffix == "json":
        return json.dumps(tables)
    return yaml.safe_dump(tables)
