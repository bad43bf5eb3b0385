"""Names as keys in files and JSON, and as people see them."""

import pytest

from psqlmigrate.schema.identity import ObjectId, shown, shown_whole


@pytest.mark.parametrize(
    ("kind", "path", "key", "words"),
    [
        ("table", ("public", "users"), "public.users", "public.users"),
        ("table", ("S1", "Order"), "S1.Order", '"S1"."Order"'),
        ("column", ("public", "user", "full name"), "public.user.full name", 'public."user"."full name"'),
        ("table", ("public", 'a.b"c'), 'public."a.b""c"', 'public."a.b""c"'),
        ("function", ("S1", "f", '("S1".t, text)'), 'S1.f("S1".t, text)', '"S1".f("S1".t, text)'),
        ("operator", ("S1", "===", "(integer, text)"), "S1.===(integer, text)", '"S1".===(integer, text)'),
        ("cast", ('(text AS "S1".t)',), '(text AS "S1".t)', '(text AS "S1".t)'),
        ("grant", ("table", "public", "T"), "table.public.T", 'table.public."T"'),
        ("comment", ("materialized view", "a", "b"), "materialized view.a.b", "materialized view.a.b"),
        ("default privilege", ("S1", "tables of Me"), "S1.tables of Me", '"S1".tables of Me'),
        ("table", ("public", "größe"), "public.größe", 'public."größe"'),
        ("table", ("public", "f(x"), "public.f(x", 'public."f(x"'),
    ],
)  # fmt: skip
def test_both_forms(kind: str, path: tuple[str, ...], key: str, words: str) -> None:
    oid = ObjectId(kind, path)
    assert str(oid) == key
    assert oid.shown == words
    if "f(x" not in key:  # where arguments begin in a key is not told from a name like that
        assert shown(kind, key) == words
        assert shown_whole(f"{kind} {key}") == f"{kind} {words}" or " " in key
