"""Traps in schemas that others may write to: whatever of them is called is counted and says so.

With `public` in the search path PostgreSQL prefers its own functions and operators only where
they fit exactly (manual, 10.2 and 10.3). What is planted fits better, by types that are cast
unasked; in the schema `evil`, which a role's or database's own search path has before pg_catalog,
it has the very same arguments.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import islice, product
from pathlib import Path

import psqlmigrate
from psqlmigrate.postgres.connect import Connection

_CALL = re.compile(r"\b([a-z_][a-z0-9_]*)\(")
_ARRAY = re.compile(r"^_(.*)")
_PSEUDO = re.compile(r"any|internal|cstring|trigger|record|char$")
_MOST = 6

_BEGIN = """
CREATE SCHEMA evil;
CREATE SEQUENCE evil.trapped MINVALUE 0 START 0;
CREATE FUNCTION evil.trap(what text) RETURNS bool LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  PERFORM pg_catalog.nextval('evil.trapped');
  RAISE EXCEPTION 'trapped by %', what;
END $$;
GRANT USAGE ON SCHEMA evil TO PUBLIC;
"""

_NAMES = [
    "=",
    "<>",
    "<",
    ">",
    "<=",
    ">=",
    "~",
    "!~",
    "~~",
    "!~~",
    "||",
    "->",
    "->>",
    "@>",
    "&&",
    "+",
    "-",
    "&",
]
_TYPES = [
    "text",
    "varchar",
    "name",
    '"char"',
    "int2",
    "int4",
    "oid",
    "bool",
    "timestamptz",
    "jsonb",
    "regclass",
]
_ARRAYS = ["text[]", "name[]", "oid[]", "int2[]", "int2vector"]
_LIKE = {
    "text": ("text", "varchar", "name"),
    "int8": ("int8", "int4", "int2"),
    "int4": ("int4", "int2"),
    "float8": ("float8", "int4", "numeric"),
    "numeric": ("numeric", "int4"),
    "oid": ("oid", "int4", "regclass"),
    "any": ("text", "varchar", "int4", "jsonb"),
    "anyelement": ("text", "varchar", "int4", "jsonb", "timestamptz"),
    "anynonarray": ("text", "varchar", "name", "int4", "oid"),
    "anyarray": ("text[]", "varchar[]", "name[]", "oid[]", "int2vector"),
}
_LIKE |= {f"anycompatible{one}": _LIKE[f"any{one or 'element'}"] for one in ("", "array")}

_SIGNATURES = """
SELECT p.proname::text, ARRAY(SELECT t.typname::text FROM unnest(p.proargtypes)
                               WITH ORDINALITY a(type, n) JOIN pg_type t ON t.oid = a.type ORDER BY n),
       p.provariadic <> 0
  FROM pg_proc p WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind IN ('f', 'a')
   AND p.proname::text = ANY (%s) AND p.pronargs < 5"""

_RELATIONS = """
SELECT c.relname::text FROM pg_class c
 WHERE c.relnamespace = 'pg_catalog'::regnamespace AND c.relkind IN ('r', 'v')"""

_OWN = """
SELECT o.oprname::text, o.oprleft::regtype::text, o.oprright::regtype::text FROM pg_operator o
 WHERE o.oprleft <> 0 AND o.oprnamespace = 'pg_catalog'::regnamespace AND o.oprname = ANY (%s)
   AND o.oprleft::regtype::text = ANY (%s) AND o.oprright::regtype::text = ANY (%s)"""

# What belongs to an extension is no part of the schema that is compared, which saves a minute.
_HIDE = """
SET LOCAL search_path = '';
SET LOCAL allow_system_table_mods = on;
INSERT INTO pg_catalog.pg_depend
SELECT planted.catalog, planted.oid, 0, 'pg_extension'::regclass, e.oid, 0, 'e'
  FROM pg_extension e, LATERAL (
       SELECT 'pg_proc'::regclass, oid FROM pg_proc WHERE oid >= 16384
        UNION ALL SELECT 'pg_operator'::regclass, oid FROM pg_operator WHERE oid >= 16384
        UNION ALL SELECT 'pg_class'::regclass, oid FROM pg_class
         WHERE relname LIKE 'pg\\_%' AND oid >= 16384) planted(catalog, oid)
 WHERE e.extname = 'plpgsql'"""


def plant(connection: Connection) -> None:
    """Lays every trap in the schemas public and evil."""
    with connection.transaction():
        connection.execute(_BEGIN.encode())
        statements = [*_operators(connection), *_functions(connection), *_relations(connection)]
        connection.execute("; ".join(statements).encode())
        connection.execute(_HIDE.encode())


def called(connection: Connection) -> int:
    """How often anything planted was called."""
    row = connection.execute("SELECT last_value + is_called::int FROM evil.trapped").fetchone()
    assert row
    return int(row[0])


def _operators(connection: Connection) -> Iterator[str]:
    types = [*_TYPES, *_ARRAYS]
    taken = set(connection.execute(_OWN, (_NAMES, types, types)).fetchall())
    kinds = [*product(_TYPES, _TYPES), *product(_ARRAYS, _ARRAYS)]
    for number, (left, right) in enumerate(kinds):
        what = _literal(f"{left} operator {right}")
        yield (
            f"CREATE FUNCTION evil.operator_{number}({left}, {right}) RETURNS bool"
            f" LANGUAGE sql AS $$ SELECT evil.trap({what}) $$"
        )
        for name in _NAMES:
            place = "evil" if (name, left, right) in taken else "public"
            yield (
                f"CREATE OPERATOR {place}.{name} (LEFTARG = {left}, RIGHTARG = {right},"
                f" FUNCTION = evil.operator_{number})"
            )


def _functions(connection: Connection) -> Iterator[str]:
    names = set[str]()
    for path in Path(psqlmigrate.__file__).parent.rglob("*.py"):
        names |= set(_CALL.findall(path.read_text()))
    rows = connection.execute(_SIGNATURES, (sorted(names),)).fetchall()
    planted = set[tuple[str, tuple[str, ...]]]()
    for name, types, variadic in rows:
        for given in _variants(types, variadic=variadic):
            planted.add((name, given))
    for name, given in sorted(planted):
        what = _literal(f"{name}({', '.join(given)})")
        for place in ("public", "evil"):
            yield (
                f'CREATE FUNCTION {place}."{name}"({", ".join(given)}) RETURNS bool'
                f" LANGUAGE sql AS $$ SELECT evil.trap({what}) $$"
            )


def _variants(types: list[str], *, variadic: bool) -> Iterable[tuple[str, ...]]:
    if variadic:
        fixed = types[:-1]
        for more in range(1, 4):
            yield from _variants(fixed + ["any"] * more, variadic=False)
        return
    choices = [_LIKE.get(one, (_ARRAY.sub(r"\1[]", one),)) for one in types]
    found = islice(product(*choices), _MOST)
    yield from (one for one in found if not any(map(_PSEUDO.match, one)))


def _relations(connection: Connection) -> Iterator[str]:
    for (name,) in connection.execute(_RELATIONS).fetchall():
        what = _literal(name)
        for place in ("public", "evil"):
            yield f'CREATE VIEW {place}."{name}" AS SELECT evil.trap({what}) AS oid'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
