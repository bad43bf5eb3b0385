"""A connection and the registry of kinds become a Catalog; no kind is known by name here."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, LiteralString, TypeAlias

import psycopg

from psqlmigrate.postgres.connect import Connection, server_major
from psqlmigrate.schema.catalog import NO_EDGES, Catalog, Edges
from psqlmigrate.schema.dbobject import DbObject
from psqlmigrate.schema.identity import Address, ObjectId
from psqlmigrate.schema.kinds import CANDIDATES, KINDS

Objects: TypeAlias = dict[Address, DbObject]

_ATTEMPTS = 5

_FINGERPRINT = """
SELECT pg_catalog.count(*), pg_catalog.bit_xor(pg_catalog.hashint8(x.xmin::text::int8 * 31 + x.oid::int8))
  FROM (SELECT oid, xmin FROM pg_catalog.pg_class WHERE oid >= 16384
        UNION ALL SELECT oid, xmin FROM pg_catalog.pg_proc WHERE oid >= 16384
        UNION ALL SELECT oid, xmin FROM pg_catalog.pg_type WHERE oid >= 16384
        UNION ALL SELECT oid, xmin FROM pg_catalog.pg_namespace
        UNION ALL SELECT oid, xmin FROM pg_catalog.pg_constraint WHERE oid >= 16384) x"""

_MEMBERS = """
SELECT classid::pg_catalog.regclass::text, objid FROM pg_catalog.pg_depend
 WHERE deptype = 'e' AND objid >= 16384"""

# What stands between two objects inside PostgreSQL: the rule of a view, types and functions that
# come with another (rows, arrays, ranges), members of operator classes, the index of a constraint, the default that makes a column generated (manual, 53.18).
_THROUGH = """
SELECT 'pg_rewrite', r.oid, 0, 'pg_class', r.ev_class, 0
  FROM pg_catalog.pg_rewrite r WHERE r.rulename = '_RETURN' AND r.oid >= 16384
UNION ALL
SELECT d.classid::pg_catalog.regclass::text, d.objid, 0,
       d.refclassid::pg_catalog.regclass::text, d.refobjid, 0
  FROM pg_catalog.pg_depend d
 WHERE d.classid IN ('pg_catalog.pg_type'::pg_catalog.regclass,
                     'pg_catalog.pg_proc'::pg_catalog.regclass)
   AND d.deptype = 'i' AND d.objid >= 16384
UNION ALL
SELECT d.classid::pg_catalog.regclass::text, d.objid, 0,
       d.refclassid::pg_catalog.regclass::text, d.refobjid, 0
  FROM pg_catalog.pg_depend d
 WHERE d.classid IN ('pg_catalog.pg_amop'::pg_catalog.regclass,
                     'pg_catalog.pg_amproc'::pg_catalog.regclass)
   AND d.refclassid IN ('pg_catalog.pg_opclass'::pg_catalog.regclass,
                        'pg_catalog.pg_opfamily'::pg_catalog.regclass) AND d.objid >= 16384
UNION ALL
SELECT 'pg_class', k.conindid, 0, 'pg_constraint', k.oid, 0
  FROM pg_catalog.pg_constraint k WHERE k.contype IN ('p', 'u', 'x') AND k.oid >= 16384
UNION ALL
SELECT 'pg_constraint', k.oid, 0, 'pg_type', k.contypid, 0
  FROM pg_catalog.pg_constraint k WHERE k.contypid <> 0
UNION ALL
SELECT 'pg_attrdef', d.oid, 0, 'pg_class', d.adrelid, d.adnum
  FROM pg_catalog.pg_attrdef d
  JOIN pg_catalog.pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
 WHERE a.attgenerated <> ''
UNION ALL
SELECT 'pg_class', t.typrelid, 0, 'pg_type', t.oid, 0
  FROM pg_catalog.pg_type t JOIN pg_catalog.pg_class c ON c.oid = t.typrelid
 WHERE c.relkind = 'c' AND t.oid >= 16384"""

# NOT IN is one table of hashes, NOT EXISTS may be a loop over all children of a parent.
_DEPENDS = """
SELECT classid::pg_catalog.regclass::text, objid, objsubid,
       refclassid::pg_catalog.regclass::text, refobjid, refobjsubid, deptype = 'n'
  FROM pg_catalog.pg_depend
 WHERE objid >= 16384 AND refobjid >= 2200 AND deptype IN ('n', 'a', 'i', 'P', 'S')
   AND NOT (deptype = 'a' AND objid IN (SELECT seqrelid FROM pg_catalog.pg_sequence))
   AND (objid, refobjid) NOT IN (SELECT inhrelid, inhparent FROM pg_catalog.pg_inherits)"""


def introspect(connection: Connection, *, edges: bool = True) -> Catalog:
    """The schema of the connection's database, extension members left out.

    One query per kind. pg_get_* functions do not follow the snapshot, so a fingerprint of the
    catalogs is taken before and after and the look repeated while it moves.
    """
    with connection.transaction():
        _pin_for_reading(connection)
        for _ in range(_ATTEMPTS):
            before = connection.ask(_FINGERPRINT).fetchone()
            try:
                catalog = _look(connection, edges=edges)
            except psycopg.errors.UndefinedTable:
                continue
            if connection.ask(_FINGERPRINT).fetchone() == before:
                return catalog
        return _look(connection, edges=edges)


def _pin_for_reading(connection: Connection) -> None:
    connection.execute(
        "SELECT pg_catalog.set_config('psqlmigrate.me', %s, true),"
        " pg_catalog.set_config('search_path', '', true),"
        " pg_catalog.set_config('jit', 'off', true),"
        " pg_catalog.set_config('work_mem', '64MB', true),"
        " pg_catalog.set_config('quote_all_identifiers', 'off', true)",
        (connection.reader,),
    )


def _look(connection: Connection, *, edges: bool) -> Catalog:
    objects = _objects(connection)
    found = {one.id: one for one in objects.values()}
    others = _unmodelled(connection, objects)
    major = server_major(connection)
    unmodelled = tuple(others.values())
    if not edges:
        return Catalog(found, NO_EDGES, unmodelled, server_major=major)
    links, held = _edges(connection, objects, found, others)
    return Catalog(found, links, unmodelled, held, major)


def _objects(connection: Connection) -> Objects:
    members = {(name, oid) for name, oid in connection.ask(_MEMBERS)}
    objects: Objects = {}
    for kind, query in _queries(connection, server_major(connection)):
        if kind.concern in connection.unread:
            continue
        for address, row in _rows(connection, kind, query):
            if (address.catalog, address.oid) in members:
                continue
            one = kind.from_row(row, objects.get)
            if one is not None:
                objects[address] = one
    if members:
        _drop_orphans(objects)
    return objects


def _queries(
    connection: Connection, version: int
) -> Iterator[tuple[type[DbObject], LiteralString]]:
    """The kinds of which there can be any, and what to ask: most databases lack half of them."""
    asked: dict[LiteralString, None] = {}
    for kind in KINDS:
        asked |= {text: None for text in (kind.rare, kind.fuller) if text}
    there: LiteralString = ", ".join("EXISTS (SELECT FROM " + one + ")" for one in asked)
    row = connection.ask("SELECT " + there).fetchone() or ()
    missing = {one for one, is_there in zip(asked, row, strict=True) if not is_there}
    for kind in KINDS:
        if kind.rare not in missing:
            lean = kind.fuller in missing
            yield kind, kind.lean_query(version) if lean else kind.query(version)


def _rows(
    connection: Connection, kind: type[DbObject], text: LiteralString
) -> Iterable[tuple[Address, tuple[Any, ...]]]:
    name = kind.catalog
    rows = _permitted(connection, text) if kind.guarded else connection.ask(text)
    if kind.has_subid:
        return ((Address(name, row[0], row[1]), row[2:]) for row in rows)
    return ((Address(name, row[0]), row[1:]) for row in rows)


def _permitted(connection: Connection, query: LiteralString) -> Iterable[tuple[Any, ...]]:
    """The rows of a query; none where the role may not read them."""
    try:
        with connection.transaction():
            return connection.ask(query).fetchall()
    except psycopg.errors.InsufficientPrivilege:
        return ()


def _drop_orphans(objects: Objects) -> None:
    """What belongs to an object of an extension is the extension's, too."""
    ids = {one.id for one in objects.values()}
    while gone := [
        address for address, one in objects.items() if one.owners and one.owners[0] not in ids
    ]:
        for address in gone:
            ids.discard(objects.pop(address).id)


def _edges(
    connection: Connection,
    objects: Objects,
    found: dict[ObjectId, DbObject],
    others: dict[Address, str],
) -> tuple[Edges, dict[ObjectId, tuple[str, ...]]]:
    through = {
        Address(row[0], row[1], row[2]): Address(row[3], row[4], row[5])
        for row in connection.ask(_THROUGH)
    }
    at = _Resolver(objects, through)
    edges: defaultdict[ObjectId, set[ObjectId]] = defaultdict(set)
    held: defaultdict[ObjectId, set[str]] = defaultdict(set)
    for row in connection.ask(_DEPENDS):
        who, whom = at(Address(*row[:3])), at(Address(*row[3:6]))
        if whom and row[6] and (name := others.get(Address(*row[:2]))):
            held[whom].add(name)
        if who and whom and who != whom:
            edges[who].add(whom)
    for oid, one in found.items():
        stated = {*one.owners, *one.requires}
        if schema := at.schema_of(one):
            stated.add(schema)
        edges[oid] |= {target for target in stated if target in found and target != oid}
    return (
        {oid: frozenset(targets) for oid, targets in edges.items()},
        {oid: tuple(sorted(names)) for oid, names in held.items()},
    )


class _Resolver:
    """Finds the modelled object of an address, through what is internal to PostgreSQL."""

    def __init__(self, objects: Objects, through: dict[Address, Address]) -> None:
        self._objects = objects
        self._through = through
        self._schemas = {
            one.id.path[0]: one.id for one in objects.values() if one.id.path == (one.schema_name,)
        }

    def __call__(self, address: Address) -> ObjectId | None:
        for candidate in (address, address._replace(subid=0)):
            seen = candidate
            for _ in range(4):
                one = self._objects.get(seen)
                if one is not None:
                    return one.id
                step = self._through.get(seen)
                if step is None:
                    break
                seen = step
        return None

    def schema_of(self, one: DbObject) -> ObjectId | None:
        """The schema of an object that has no owner (pg_depend leaves pinned ones out)."""
        if one.owners or len(one.id.path) == 1:
            return None
        return self._schemas.get(one.id.path[0])


def addresses(connection: Connection) -> dict[Address, ObjectId]:
    """What each object is called, by the address that it keeps when it is renamed."""
    with connection.transaction():
        _pin_for_reading(connection)
        return {address: one.id for address, one in _objects(connection).items()}


def _unmodelled(connection: Connection, objects: Objects) -> dict[Address, str]:
    rows = connection.ask(CANDIDATES)
    read = {(address.catalog, address.oid) for address in objects}
    return {
        Address(catalog, oid): name for catalog, oid, name in rows if (catalog, oid) not in read
    }
