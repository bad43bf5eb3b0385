"""Killed (-9) at each message, and run again: recorded, there, and run once are always one.

Here after every message that writes: before it the server has what it had after the last one that
did. `nox -s kills` has all messages, before and after.
"""

import os
import secrets
import shutil
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from psycopg import sql

from faults.killing import KillingProxy
from faults.project import TABLES, Project, look
from faults.warm import Warm, said
from psqlmigrate.postgres.connect import Connection, connect
from psqlmigrate.postgres.target import Target
from psqlmigrate.schema.hashing import catalog_hash, state_hashes
from psqlmigrate.service import bookkeeping, halfrun, history, state

ALL = bool(os.environ.get("PSQLMIGRATE_ALL_KILLS"))
MOST = 1000
OPEN = "-- transactional: false\n"


@dataclass(frozen=True)
class Place:
    """A folder and a database, and the process that runs commands there."""

    warm: Warm
    folder: Path
    target: Target

    @property
    def url(self) -> str:
        params = self.target.params
        port = params.get("port", "5432")
        return (
            f"postgresql://{params['user']}@/{params['dbname']}?host={params['host']}&port={port}"
        )

    @property
    def files(self) -> Project:
        return Project(self.folder / "migrations")

    def run(self, *words: str) -> None:
        """Runs a command, which goes well."""
        self.warm.start(words, self.folder, self.url)
        assert self.warm.ended() == 0, said(self.folder)


@pytest.fixture(scope="session")
def warm() -> Generator[Warm]:
    with Warm() as process:
        yield process


def _three(place: Place) -> None:
    for n in "13":
        place.files.sql(
            n,
            f"CREATE TABLE t{n} (a int);\nINSERT INTO log VALUES ('up', '{n}');",
            f"DROP TABLE t{n};\nINSERT INTO log VALUES ('down', '{n}');",
        )
    place.files.python(
        "2",
        "engine.execute('CREATE TABLE t2 (a int)')\n"
        "engine.execute('INSERT INTO log VALUES (%s, %s)', ['up', '2'])",
        "engine.execute(\"DROP TABLE t2; INSERT INTO log VALUES ('down', '2')\")",
    )


def _open(place: Place) -> None:
    log = "INSERT INTO log VALUES ('{}', '{}')"
    place.files.sql(
        "1", "CREATE TABLE t1 (a int); CREATE INDEX gone ON t1 (a)", "DROP TABLE t1", ""
    )
    place.files.sql(
        "2",
        f"{log.format('up', 1)};\nCREATE INDEX CONCURRENTLY i ON t1 (a);\n{log.format('up', 2)};\n"
        f"BEGIN;\nCREATE TABLE t2 (a int);\n{log.format('up', 3)};\nCOMMIT;\nVACUUM t1;\n"
        f"REINDEX INDEX CONCURRENTLY i;\nDROP INDEX CONCURRENTLY gone;\n{log.format('up', 4)};",
        f"{log.format('down', 1)};\nDROP INDEX CONCURRENTLY i;\n"
        f"CREATE INDEX CONCURRENTLY gone ON t1 (a);\nDROP TABLE t2;\n{log.format('down', 2)};",
        OPEN,
    )
    path = place.files.python(
        "3",
        "for n, in engine.fetch_all('SELECT generate_series(5, 6)'):\n"
        "    engine.execute('INSERT INTO log VALUES (%s, %s)', ['up', str(n)])\n"
        "engine.execute('CREATE INDEX CONCURRENTLY ON t2 (a)')\n"
        "engine.execute('CREATE TABLE t3 (a int)')",
        "engine.execute('DROP TABLE t3')\n"
        "engine.execute('DROP INDEX CONCURRENTLY t2_a_idx')\n"
        "engine.execute(\"INSERT INTO log VALUES ('down', '3')\")",
    )
    path.write_text(path.read_text().replace("version =", "transactional = False\n    version ="))


def _applied(place: Place) -> None:
    _three(place)
    place.run("upgrade")


def _open_applied(place: Place) -> None:
    _open(place)
    place.run("upgrade")


def _squashed(place: Place) -> None:
    for n in "123":
        place.files.sql(f"2026010{n}_000000", f"CREATE TABLE t{n} (a int);", f"DROP TABLE t{n};")
    place.run("upgrade")
    place.run("squash", "one")


def _with_rows(place: Place) -> None:
    place.files.sql("1", "CREATE TABLE t1 (a serial PRIMARY KEY, b text)")
    place.run("upgrade")
    rows = ", ".join(f'{{"a": {n}, "b": "row {n}"}}' for n in range(1, 4))
    (place.folder / "rows.json").write_text(f'{{"t1": [{rows}]}}')


def _leased(place: Place) -> None:
    """As behind a pooler: no session is relied upon."""
    _three(place)
    settings = place.folder / "psqlmigrate.toml"
    settings.write_text(f'{settings.read_text()}pooler = "transaction"\n')


def _leased_back(place: Place) -> None:
    _leased(place)
    place.run("upgrade")


def _nothing(place: Place) -> None:
    place.files.path.rmdir()


SWEEPS: dict[str, tuple[Callable[[Place], None], tuple[str, ...]]] = {
    "upgrade": (_three, ("upgrade",)),
    "upgrade without transactions": (_open, ("upgrade",)),
    "downgrade": (_applied, ("downgrade", "base")),
    "downgrade without transactions": (_open_applied, ("downgrade", "base")),
    "stamp": (_three, ("stamp", "head")),
    "stamp back": (_applied, ("stamp", "1")),
    "squash": (_squashed, ("upgrade",)),
    "seed": (_with_rows, ("seed", "-f", "rows.json")),
    "init": (_nothing, ("init",)),
    "upgrade with a lease": (_leased, ("upgrade",)),
    "downgrade with a lease": (_leased_back, ("downgrade", "base")),
}
LEASED = {"upgrade with a lease", "downgrade with a lease"}
RARE = "downgrade with a lease"
WHOLE = {"upgrade", "downgrade", "squash", *LEASED}
"""What is recorded is there at any moment, not only when all is done."""


@pytest.mark.parametrize("before", [True, False] if ALL else [False])
@pytest.mark.parametrize("name", SWEEPS if ALL else [one for one in SWEEPS if one != RARE])
def test_killed_at_each_message(
    server: Target, warm: Warm, tmp_path: Path, name: str, *, before: bool
) -> None:
    prepare, words = SWEEPS[name]
    nothing = Place(warm, tmp_path, server.database("template0"))
    with _fresh(server, tmp_path / "first", nothing) as first:
        first.files.path.mkdir()
        (first.folder / "psqlmigrate.toml").write_text(f'scratch_url = "{nothing.url}"\n')
        with connect(first.target) as connection:
            connection.execute("CREATE TABLE log (what text, version text)")
        prepare(first)
        if name == "init":
            (first.folder / "psqlmigrate.toml").unlink()
        with _fresh(server, tmp_path / "good", first) as good:
            good.run(*words)
            expected = _picture(good)
        # Each of its transactions writes.
        number, step = 0, 40 if name in LEASED and not ALL else 1
        while number < MOST:
            number += step
            with _fresh(server, tmp_path / str(number), first) as place:
                hurt, message = _killed(place, words, number, before=before)
                if not hurt:
                    break
                if name in WHOLE:
                    _agrees(place, message)
                if name in LEASED:
                    _let_expire(place)
                place.run(*words)
                assert _picture(place) == expected, message
    assert MOST > number > 2


def _killed(place: Place, words: tuple[str, ...], number: int, *, before: bool) -> tuple[bool, str]:
    """Whether it was, and at what."""
    with KillingProxy(place.target, number, before=before, writing=not ALL) as proxy:
        proxy.arm(place.warm.start(words, place.folder, proxy.url))
        code = place.warm.ended()
    hurt = code == -9
    assert hurt or (code == 0 and proxy.seen < number), said(place.folder)
    return hurt, f"{number}: {proxy.texts[-1] if proxy.texts else ''}"


def _let_expire(place: Place) -> None:
    """As if the term of who was killed had gone by; the server may still be at work for him."""
    with connect(place.target) as connection:
        if bookkeeping.inspect(connection, TABLES).lease:
            connection.execute("UPDATE _psqlmigrate_lease SET expires = clock_timestamp()")


def _agrees(place: Place, message: str) -> None:
    query = "SELECT relname::text FROM pg_class WHERE relname ~ '^t[0-9]$'"
    with connect(place.target) as connection:
        rows = history.read(connection, TABLES) or ()
        there = {str(row[0])[1:] for row in connection.execute(query)}
    applied = {one.removeprefix("2026010")[:1] for one in history.applied(rows)}
    assert applied - {"s"} == there, message


def _picture(place: Place) -> dict[str, object]:
    """What is to be the same however often it was killed."""
    with connect(place.target) as connection:
        found = bookkeeping.inspect(connection, TABLES)
        applied = history.applied(history.read(connection, TABLES))
        schema = look(connection)
        recorded = state.read(connection, TABLES, found, applied)
        if recorded and recorded.current:
            drift = state.drift(recorded, state_hashes(schema))
            assert (drift.changed, drift.removed) == ((), ())
        return {
            "applied": applied,
            "schema": catalog_hash(schema),
            "half run": halfrun.read(connection, TABLES) if found.journal else {},
            "invalid": _rows(connection, "SELECT * FROM pg_index WHERE NOT indisvalid"),
            "log": _rows(connection, "SELECT * FROM log ORDER BY 1, 2"),
            "rows": _seeded(connection),
        }


def _seeded(connection: Connection) -> object:
    if not _rows(connection, "SELECT 1 WHERE to_regclass('t1_a_seq') IS NOT NULL"):
        return ()
    return _rows(connection, "SELECT *, nextval('t1_a_seq') > 3 FROM t1 ORDER BY a")


def _rows(connection: Connection, query: str) -> list[tuple[object, ...]]:
    return connection.execute(query.encode()).fetchall()


@contextmanager
def _fresh(server: Target, folder: Path, like: Place) -> Generator[Place]:
    """A folder and a database, empty or copied."""
    name = f"kills_{secrets.token_hex(6)}"
    template = like.target.params["dbname"]
    shutil.copytree(like.folder, folder, ignore=shutil.ignore_patterns(folder.name))
    create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
    with connect(server) as admin:
        admin.execute(create.format(sql.Identifier(name), sql.Identifier(template)))
        try:
            yield Place(like.warm, folder, server.database(name))
        finally:
            drop = sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
            admin.execute(drop)
            shutil.rmtree(folder)
