"""A plan is the same text every time, and its price grows with the schema, not with its square."""

import os
import pickle
import subprocess
import sys
import time
from pathlib import Path

import pytest

from psqlmigrate.postgres.connect import Connection
from psqlmigrate.postgres.introspect import introspect
from psqlmigrate.postgres.loading import load_script
from psqlmigrate.schema.catalog import Catalog
from psqlmigrate.service.planning import plan

_PLAN = """
import pickle, sys
from psqlmigrate.service.planning import plan
old, new = pickle.load(open(sys.argv[1], "rb"))
print(*(one.sql for one in plan(old, new).statements), sep=";\\n")
"""

_SMALL, _LARGE = 100, 800
_QUADRATIC = (_LARGE / _SMALL) ** 2


@pytest.mark.parametrize("case", ["enum/replaced", "column/type_under_all", "partition/detach"])
def test_a_plan_does_not_depend_on_the_order_of_sets(
    case: str, connection: Connection, tmp_path: Path
) -> None:
    folder = Path(__file__).parent / case
    states: list[Catalog] = []
    for name in ("before.sql", "after.sql"):
        load_script(connection, "DROP SCHEMA public CASCADE; CREATE SCHEMA public", name)
        load_script(connection, "DROP SCHEMA IF EXISTS s CASCADE", name)
        load_script(connection, (folder / name).read_text(encoding="utf-8"), name)
        states.append(introspect(connection))
    file = tmp_path / "states"
    file.write_bytes(pickle.dumps(states))
    assert len({_planned(file, seed) for seed in ("1", "2", "3", "4")}) == 1


def _planned(file: Path, seed: str) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    command = [sys.executable, "-c", _PLAN, str(file)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert "ALTER" in done.stdout
    return done.stdout


def test_the_price_of_a_plan_is_not_quadratic(connection: Connection) -> None:
    empty = introspect(connection)
    small = _price(connection, empty, 0, _SMALL)
    large = _price(connection, empty, _SMALL, _LARGE)
    for before, after in zip(small, large, strict=True):
        assert after < before * _QUADRATIC / 2


def _price(connection: Connection, empty: Catalog, start: int, stop: int) -> list[float]:
    for number in range(start, stop):
        parent = f" REFERENCES t{number - 1}" if number else ""
        text = f"CREATE TABLE t{number} (id serial PRIMARY KEY, a int DEFAULT 0{parent}, b text)"
        load_script(connection, f"{text}; CREATE INDEX ON t{number} (b)", "t")
    full, again = introspect(connection), introspect(connection)
    return [_seconds(empty, full), _seconds(full, empty), _seconds(full, again)]


def _seconds(old: Catalog, new: Catalog) -> float:
    taken: list[float] = []
    for _ in range(3):
        started = time.process_time()
        plan(old, new)
        taken.append(time.process_time() - started)
    return max(min(taken), 0.001)
