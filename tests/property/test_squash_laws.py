"""Whatever was squashed: a new database gets what the originals would have given it."""

import random
from pathlib import Path

import pytest

from faults.project import Project
from psqlmigrate.migrations.archive import originals
from psqlmigrate.migrations.directory import read_directory
from psqlmigrate.postgres.introspect import introspect
from psqlmigrate.postgres.scratch import Scratch
from psqlmigrate.postgres.target import Target
from psqlmigrate.schema.hashing import catalog_hash
from psqlmigrate.service.config import load
from psqlmigrate.service.picture import picture, values_apart
from psqlmigrate.service.squashing import SquashWishes, squash
from psqlmigrate.service.workspace import Workspace
from psqlmigrate.sources.migrations import replay, run

# Each can follow each: what it needs is made where it is missing, and taken away where it is not.
STEPS = (
    ("ALTER TABLE a ADD IF NOT EXISTS x int DEFAULT 1;", "ALTER TABLE a DROP IF EXISTS x;"),
    ("ALTER TABLE a RENAME n TO m; ALTER TABLE a RENAME m TO n;", ""),
    ("INSERT INTO a (n) VALUES ('{i}'), ('%:\\x');", "DELETE FROM a WHERE n = '{i}';"),
    ("UPDATE a SET n = n || '!' WHERE id % 2 = 0;", ""),
    ("CREATE TABLE t{i} (id serial PRIMARY KEY, a int REFERENCES a);", "DROP TABLE t{i};"),
    ("CREATE TABLE u{i} AS SELECT * FROM a;", "DROP TABLE u{i};"),
    ("CREATE VIEW v{i} AS SELECT id, n FROM a;", "DROP VIEW v{i};"),
    ("CREATE INDEX i{i} ON a (n);\nCOMMENT ON INDEX i{i} IS 'it''s {i}';", "DROP INDEX i{i};"),
    ("GRANT SELECT ON a TO PUBLIC;", ""),
    ("ALTER TABLE a ALTER n TYPE varchar(90);", "ALTER TABLE a ALTER n TYPE text;"),
    ("CREATE TYPE e{i} AS ENUM ('a');", "DROP TYPE e{i};"),
    ("SET search_path = pg_catalog;\nINSERT INTO public.a (n) VALUES ('s');", ""),
    ("DO $$ BEGIN PERFORM nextval('a_id_seq'); END $$;", ""),
    ("CREATE FUNCTION f{i}() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM public.a';", "DROP FUNCTION f{i}();"),
)  # fmt: skip


@pytest.mark.parametrize("seed", range(6))
def test_a_new_database_gets_the_same(
    server: Target, scratch: Scratch, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - a repeatable choice
    folder = tmp_path / "migrations"
    folder.mkdir()
    files = Project(folder)
    files.sql("20260101_000000", "CREATE TABLE a (id serial PRIMARY KEY, n text);", "DROP TABLE a;")
    taken: set[int] = set()
    for place in range(2, 10):
        which = chance.randrange(len(STEPS))
        if STEPS[which][1].count("IF EXISTS") and which in taken:
            continue
        taken.add(which)
        up, down = (half.replace("{i}", str(place)) for half in STEPS[which])
        files.sql(f"2026010{place}_000000", up, down)
    config = load(tmp_path).overridden(migrations=str(folder), models=(), schemas=())
    params = server.params
    url = f"postgresql://{params['user']}@/postgres?host={params['host']}"
    first = chance.choice([None, None, "20260101_000000"])
    before = read_directory(folder).files
    squash(Workspace(config, {}, url), "one", SquashWishes(first, None))
    [made] = read_directory(folder).files
    archived = originals(read_directory(folder), made)
    assert [(one.name, one.checksum) for one in archived] == [
        (one.name, one.checksum) for one in before
    ]
    with scratch.database() as one, scratch.database() as other:
        empty = introspect(other)
        replay(one, archived)
        replay(other, [made])
        assert catalog_hash(introspect(one)) == catalog_hash(introspect(other))
        left, right = picture(one), picture(other)
        assert (left.residue, values_apart(left, right)) == (right.residue, ())
        run(other, made, "down")
        assert introspect(other) == empty
