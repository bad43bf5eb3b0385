"""Any small schema becomes any other: rows and values stay, or a hazard says that they do not."""

import os
import random
from functools import partial
from pathlib import Path

import pytest
from psycopg import sql

from effects import Effect, effect
from psqlmigrate.errors import PlanRefusedError
from psqlmigrate.migrations.sent import Sent
from psqlmigrate.postgres.connect import Connection
from psqlmigrate.postgres.engine import Engine
from psqlmigrate.postgres.introspect import introspect
from psqlmigrate.postgres.loading import load_script
from psqlmigrate.postgres.scratch import Scratch
from psqlmigrate.schema.catalog import Catalog
from psqlmigrate.schema.statement import Hazard
from psqlmigrate.service.canonical import canonical
from psqlmigrate.service.planning import Plan, plan
from psqlmigrate.service.proving import prove_difference
from psqlmigrate.service.rehearsal import Claim, Rehearsed, Step, rehearse
from psqlmigrate.service.sampling import fill

SEEDS = range(400) if os.environ.get("PSQLMIGRATE_ALL_FACTS") else (10, 41, 43, 101, 233, 372)
"""`nox -s facts` has all of them; the few have found something once."""

_TYPES = {
    "int": ("5", "{0} > 0"),
    "bigint": ("7", "{0} % 2 = 1"),
    "numeric(10,2)": ("1.25", "{0} >= 0"),
    "numeric(6,1)": ("1.5", "{0} <> 0"),
    "text": ("'x'", "{0} <> ''"),
    'text COLLATE "C"': ("'y'", "{0} > 'A'"),
    "varchar(5)": ("'z'", "length({0}) > 1"),
    "varchar(20)": ("'zz'", "{0} LIKE '%z%'"),
    "date": ("'2020-02-02'", "{0} > '2000-01-01'"),
    "timestamp": ("now()", "{0} > '2000-01-01'"),
    "boolean": ("true", "{0} IS NOT NULL"),
    "int[]": ("'{1}'", "cardinality({0}) < 3"),
    "mood": ("'a'", "{0} <> 'a'"),
    "short": ("'s'", "{0} <> 'no'"),
    "pair": ("NULL", "({0}).a > 0"),
}


class _Schema:
    """A random schema; `columns` are the types of those that hold values, by table and name."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)  # noqa: S311 - no secret
        self.columns: dict[tuple[str, str], str] = {}
        labels = ["a", *(one for one in "bcd" if self._likely(0.6))]
        self._chance.shuffle(labels)
        fields = "a int, b text" if self._likely(0.6) else "a bigint, b text, c int"
        short = self._chance.choice(["varchar(4)", "text CHECK (value <> '-')", "text"])
        self.lines = [
            f"CREATE TYPE mood AS ENUM ({', '.join(map(repr, labels))})",
            f"CREATE TYPE pair AS ({fields})",
            f"CREATE DOMAIN short AS {short}",
        ]
        self._table("t")
        if self._likely(0.7):
            self._table("w")
            self._references()
        self._around()

    def _likely(self, share: float) -> bool:
        return self._chance.random() < share

    def _table(self, name: str) -> None:
        lines = ["id int PRIMARY KEY"]
        chosen = [one for one in ("c1", "c2", "c3", "c4") if self._likely(0.8)]
        lines.extend(self._column(name, column) for column in chosen)
        if self._likely(0.3):
            factor = self._chance.choice([2, 3])
            lines.append(f"g int GENERATED ALWAYS AS (id * {factor}) STORED")
        parted = self._likely(0.3)
        end = " PARTITION BY RANGE (id)" if parted else ""
        self.lines.append(f"CREATE TABLE {name} ({', '.join(lines)}){end}")
        if parted:
            at = self._chance.choice([0, 5])
            low = f"FOR VALUES FROM (MINVALUE) TO ({at})"
            self.lines.append(f"CREATE TABLE {name}_low PARTITION OF {name} {low}")
            self.lines.append(f"CREATE TABLE {name}_rest PARTITION OF {name} DEFAULT")
        for column in self._held(name):
            if self._likely(0.3):
                self._index(name, column)

    def _column(self, table: str, name: str) -> str:
        kind = self._chance.choice([*_TYPES])
        self.columns[table, name] = kind
        default, check = _TYPES[kind]
        words = [name, kind]
        words += ["NOT NULL"] if self._likely(0.3) else []
        words += [f"DEFAULT {default}"] if self._likely(0.3) else []
        words += [f"CHECK ({check.format(name)})"] if self._likely(0.25) else []
        return " ".join(words)

    def _held(self, table: str) -> list[str]:
        return [name for owner, name in self.columns if owner == table]

    def _index(self, table: str, column: str) -> None:
        what = self._chance.choice(
            [column, f"({column} IS NULL), id", f"id) WHERE ({column} IS NULL"]
        )
        self.lines.append(f"CREATE INDEX {table}_{column} ON {table} ({what})")

    def _references(self) -> None:
        action = self._chance.choice(["CASCADE", "SET NULL", "NO ACTION"])
        self.columns["w", "t_id"] = "int"
        self.lines.append("ALTER TABLE w ADD t_id int")
        key = f"FOREIGN KEY (t_id) REFERENCES t ON DELETE {action}"
        self.lines.append(f"ALTER TABLE w ADD CONSTRAINT w_t {key}")

    def _around(self) -> None:
        columns = ", ".join(["id", *self._held("t")])
        if self._likely(0.5):
            self.lines.append(f"CREATE VIEW v AS SELECT {columns} FROM t")
        if self._likely(0.3):
            self.lines.append(f"CREATE MATERIALIZED VIEW m AS SELECT {columns} FROM t")
        for column in self._held("t")[:1]:
            if self._likely(0.3):
                self.lines.append(f"CREATE POLICY p ON t USING ({column} IS NOT NULL)")

    @property
    def text(self) -> str:
        return "".join(f"{line};\n" for line in self.lines)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_plan_keeps_rows_or_says_so(seed: int, scratch: Scratch) -> None:
    before, after = _Schema(2 * seed), _Schema(2 * seed + 1)
    old, new = (_load(scratch, one.text) for one in (before, after))
    try:
        found = plan(old, new)
        back = plan(new, old)
    except PlanRefusedError as refused:
        pytest.skip(str(refused))
    prove_difference(scratch, old, new)
    both = {key: kind for key, kind in before.columns.items() if after.columns.get(key) == kind}
    _keeps(scratch, before.text, found, both)
    _keeps(scratch, after.text, back, both)


def _keeps(scratch: Scratch, text: str, one: Plan, both: dict[tuple[str, str], str]) -> None:
    with scratch.database() as connection:
        load_script(connection, text, "x")
        fill(connection)
        tables = {table: _ids(connection, table) for table in {table for table, _ in both}}
        values = {key: _values(connection, *key) for key in both}
        done, seen = _run(connection, one)
        assert seen == []
        if done.removed:
            return
        for table, ids in tables.items():
            assert _ids(connection, table) == ids
        swapped = Hazard.LOSSY_CAST in one.hazards
        for key, kind in both.items():
            if kind not in {"mood", "pair", "short"} or not swapped:
                assert _values(connection, *key) == values[key], (key, kind)


def _run(connection: Connection, one: Plan) -> tuple[Rehearsed, list[str]]:
    """Runs it, and says which hazards are missing."""
    seen: dict[int, Effect] = {}
    plain = all(it.transactional and not it.commits for it in one.statements)

    def run(engine: Engine) -> None:
        for number, it in enumerate(one.statements):
            sent = Sent(it.sql, Path("x"), number)
            if plain:
                seen[number] = effect(connection, partial(engine.send, sent))
            else:
                engine.send(sent)

    step = Step("x", Path("x"), run, run, plain, Claim(one, Plan((), ())))
    done = rehearse(connection, step, "up")
    return done, [
        f"{it.sql}: {word}"
        for number, it in enumerate(one.statements)
        if number in seen
        for word in seen[number].wrong(it.hazards)
        if not word.startswith("no ")
    ]


def _ids(connection: Connection, table: str) -> list[tuple[int]]:
    query = sql.SQL("SELECT id FROM {} ORDER BY 1").format(sql.Identifier(table))
    return connection.execute(query).fetchall()


def _values(connection: Connection, table: str, column: str) -> list[tuple[int, str]]:
    names = sql.Identifier(column), sql.Identifier(table)
    query = sql.SQL("SELECT id, {}::text FROM {} ORDER BY 1").format(*names)
    return connection.execute(query).fetchall()


def _load(scratch: Scratch, text: str) -> Catalog:
    with scratch.database() as connection:
        load_script(connection, text, "x")
        found = introspect(connection)
    return canonical(scratch, found)
