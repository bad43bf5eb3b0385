"""Whose absence from the models means that it goes, and what models have no words for."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from psqlmigrate.postgres.connect import Connection
from psqlmigrate.postgres.introspect import introspect
from psqlmigrate.postgres.loading import load_script
from psqlmigrate.schema.coverage import covered
from psqlmigrate.schema.kinds import KINDS
from psqlmigrate.sources.models import ModelSql, read_model_sql
from user_projects import PROJECTS

# What ORMs have no words for, beside what they have.
DATABASE = """
CREATE SCHEMA app;
CREATE TABLE app.things (id serial PRIMARY KEY, name text DEFAULT 'x' CHECK (name <> ''));
CREATE INDEX things_name ON app.things (name);
COMMENT ON TABLE app.things IS 'things';
COMMENT ON INDEX app.things_name IS 'fast';
COMMENT ON COLUMN app.things.name IS 'name';
CREATE SEQUENCE app.numbers;
CREATE TYPE app.mood AS ENUM ('ok');
CREATE VIEW app.names AS SELECT name FROM app.things;
CREATE MATERIALIZED VIEW app.copies AS SELECT name FROM app.things;
CREATE INDEX copies_name ON app.copies (name);
CREATE TABLE app.events (day date NOT NULL, text text) PARTITION BY RANGE (day);
CREATE TABLE app.events_2026 PARTITION OF app.events
    (text DEFAULT 'y', CHECK (text <> '')) FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE INDEX events_2026_text ON app.events_2026 (text);
CREATE FUNCTION app.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE FUNCTION things_look_0a1b2c_fn() RETURNS trigger LANGUAGE plpgsql
    AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER touch BEFORE UPDATE ON app.things FOR EACH ROW EXECUTE FUNCTION app.touch();
CREATE TRIGGER things_look_0a1b2c BEFORE UPDATE ON app.things
    FOR EACH ROW EXECUTE FUNCTION things_look_0a1b2c_fn();
"""
BOTH = {
    "column app.events.day",
    "column app.events.text",
    "column app.things.id",
    "column app.things.name",
    "comment table.app.things",
    "constraint app.things.things_name_check",
    "constraint app.things.things_pkey",
    "default app.things.id",
    "default app.things.name",
    "enum app.mood",
    "index app.things_name",
    "sequence app.things_id_seq",
    "sequence owner app.things_id_seq",
    "table app.events",
    "table app.things",
}
ONLY = {
    "psqlmodel": {
        "function public.things_look_0a1b2c_fn()",
        "trigger app.things.things_look_0a1b2c",
    },
    "sqlalchemy": {"comment column.app.things.name", "sequence app.numbers"},
}
Shop = Callable[[str], ModelSql]


@pytest.fixture
def shop(make_environment: Callable[[str], Path]) -> Shop:
    def reading(orm: str) -> ModelSql:
        root = PROJECTS / f"{orm}_shop"
        return read_model_sql(["shop.models"], root=root, python=str(make_environment(orm)), env={})

    return reading


@pytest.mark.parametrize("orm", ["psqlmodel", "sqlalchemy"])
def test_what_goes_when_models_do_not_state_it(
    shop: Shop, connection: Connection, orm: str
) -> None:
    load_script(connection, DATABASE, "the test")
    catalog = introspect(connection)
    found = covered(shop(orm).coverage, catalog)
    # PostgreSQL 18 has NOT NULL as constraints with names of their own.
    names = {f"{oid.kind} {oid}" for oid in found if "not_null" not in str(oid)}
    assert names == BOTH | ONLY[orm]


def test_a_kind_alone_is_all_of_it(connection: Connection) -> None:
    load_script(connection, DATABASE, "the test")
    catalog = introspect(connection)
    kinds = {one.kind for one in catalog}
    assert covered(kinds, catalog) == set(catalog.objects)
    tables = covered({"table"}, catalog)
    assert {oid.path[-1] for oid in tables} == {"things", "events", "events_2026"}


def test_parts_of_what_is_not_covered_are_not_covered(connection: Connection) -> None:
    load_script(connection, DATABASE, "the test")
    catalog = introspect(connection)
    assert covered({"column", "default"}, catalog) == frozenset()


@pytest.mark.parametrize("orm", ["psqlmodel", "sqlalchemy"])
def test_fields_and_kinds_are_real_ones(shop: Shop, orm: str) -> None:
    found = shop(orm)
    fields = {
        f"{kind.kind}.{field.name}"
        for kind in KINDS
        for field in dataclasses.fields(kind)
        if field.compare
    }
    assert found.unstated
    assert found.unstated <= fields
    kinds = {kind.kind for kind in KINDS}
    words = (" of ", " with ", " without ", " named ")
    for entry in found.coverage:
        parts = [part for word in words if word in entry for part in entry.split(word)] or [entry]
        assert parts[0] in kinds
        assert " named " in entry or parts[-1] in kinds


def test_what_psqlmodel_has_no_words_for(shop: Shop) -> None:
    found = shop("psqlmodel").unstated
    assert {"column.collation", "column.generated", "table.options", "trigger.enabled"} <= found
    assert not {"column.type", "column.not_null", "table.persistence", "enum.labels"} & found
    assert not {"column.collation", "column.generated"} & shop("sqlalchemy").unstated
