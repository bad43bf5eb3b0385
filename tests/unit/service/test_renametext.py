"""Renames as people write them."""

import pytest

from psqlmigrate.errors import UsageError
from psqlmigrate.schema.catalog import Catalog
from psqlmigrate.schema.kinds.column import Column
from psqlmigrate.schema.kinds.composite import Composite
from psqlmigrate.schema.kinds.enum import Enum
from psqlmigrate.schema.kinds.function import Function
from psqlmigrate.schema.kinds.index import Index
from psqlmigrate.schema.kinds.namespace import Schema
from psqlmigrate.schema.kinds.table import Table
from psqlmigrate.schema.kinds.trigger import Trigger
from psqlmigrate.service.renameorder import Rename
from psqlmigrate.service.renametext import find, read_request, request_text, unknown


def _table(schema: str, name: str) -> Table:
    return Table(schema, name, "p", "", None, (), False, False, "", "d", "")


def _column(schema: str, table: str, name: str) -> Column:
    return Column(schema, table, name, "text", "", False, "", None, "", "", -1, (), True)


CATALOG = Catalog.of(
    [
        Schema("public"),
        Schema("app"),
        Schema("users"),
        _table("public", "users"),
        _column("public", "users", "mail"),
        _column("public", "users", "MAIL"),
        _column("public", "users", "touch"),
        Trigger("public", "users", "touch", "table", "CREATE TRIGGER touch", "O"),
        _table("app", "orders"),
        _table("public", "orders"),
        _table("public", "only.here"),
        _table("users", "mail"),
        Index(
            "public",
            "users_i",
            "users",
            "CREATE INDEX users_i ON public.users",
            (),
            (),
            False,
            False,
            "",
            True,
        ),
        Enum("public", "state", ("old", "It's", "b c")),
        Composite("public", "place", (("zip", "text", ""),)),
        Function("public", "f", "integer", "FUNCTION", "", ""),
        Function("public", "f", "integer, text", "FUNCTION", "", ""),
        Function("public", "p", "", "PROCEDURE", "", ""),
    ]
)


@pytest.mark.parametrize(
    ("text", "kind", "path", "member", "name"),
    [
        ("public.users:people", "table", "public/users", None, "people"),
        ("public.users.mail:email", "column", "public/users/mail", None, "email"),
        ("PUBLIC.Users.Mail:Email", "column", "public/users/mail", None, "email"),
        ('users."MAIL":"E:Mail"', "column", "public/users/MAIL", None, "E:Mail"),
        ("public.users.mail:public.users.email", "column", "public/users/mail", None, "email"),
        ("column users.mail:email", "column", "public/users/mail", None, "email"),
        ("table users.mail : post", "table", "users/mail", None, "post"),
        ("schema users:people", "schema", "users", None, "people"),
        ("app:core", "schema", "app", None, "core"),
        ('"only.here":there', "table", "public/only.here", None, "there"),
        ("app.orders:buys", "table", "app/orders", None, "buys"),
        ("users_i:people_i", "index", "public/users_i", None, "people_i"),
        ("trigger users.touch:t", "trigger", "public/users/touch", None, "t"),
        ("state:status", "enum", "public/state", None, "status"),
        ("type public.state:status", "enum", "public/state", None, "status"),
        ("state.old:'new'", "enum", "public/state", "old", "new"),
        ("public.state.'It''s':'It is'", "enum", "public/state", "It's", "It is"),
        ("public.place.zip:postcode", "composite type", "public/place", "zip", "postcode"),
        ("composite type place:address", "composite type", "public/place", None, "address"),
        ("public.f(integer,text):g", "function", "public/f/(integer, text)", None, "g"),
        ("f(integer):g", "function", "public/f/(integer)", None, "g"),
        ("procedure p:q", "function", "public/p/()", None, "q"),
    ],
)
def test_finds(text: str, kind: str, path: str, member: str | None, name: str) -> None:
    found = find(read_request(text), CATALOG)
    assert found is not None
    assert (found.one.kind, "/".join(found.one.id.path)) == (kind, path)
    assert (found.member, found.name) == (member, name)


@pytest.mark.parametrize(
    "text",
    ["users", "a:b:c", "a..b:c", "public.:x", ":x", "x:", 'x:""', "x.'y:z", "a(b:c", "", "a;b :"],
)
def test_what_cannot_be_read(text: str) -> None:
    with pytest.raises(UsageError, match="cannot read") as caught:
        read_request(text)
    assert caught.value.exit_code == 2
    assert "old:new" in caught.value.hint


def test_a_name_that_postgresql_would_cut() -> None:
    with pytest.raises(UsageError, match="63 bytes"):
        read_request("a:" + "ä" * 32)


@pytest.mark.parametrize(
    ("text", "listed"),
    [
        ("users:people", {"schema users:people", "table public.users:people"}),
        ("orders:x", {"table app.orders:x", "table public.orders:x"}),
        ("users.mail:x", {"column public.users.mail:x", "table users.mail:x"}),
        ("users.touch:x", {"column public.users.touch:x", "trigger public.users.touch:x"}),
        ("f:g", {"function public.f(integer):g", "function public.f(integer, text):g"}),
    ],
)
def test_an_ambiguous_name_lists_what_it_can_mean(text: str, listed: set[str]) -> None:
    with pytest.raises(UsageError, match="several things") as caught:
        find(read_request(text), CATALOG)
    assert set(caught.value.hint.splitlines()[1:]) == listed
    for one in listed:
        assert find(read_request(one), CATALOG)


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("public.user:people", "public.users"),
        ("state.ol:new", "public.state.old"),
        ("app.mail:x", "public.users.mail"),
        ("public.f(text):x", "public.f(integer"),
    ],
)
def test_an_unknown_name_says_what_is_near(text: str, near: str) -> None:
    request = read_request(text)
    assert find(request, CATALOG) is None
    assert near in unknown(request, CATALOG).hint


@pytest.mark.parametrize("one", list(CATALOG), ids=lambda one: str(one.id))
def test_the_text_of_a_rename_finds_it(one: Table) -> None:
    for member in (None, *(name for name, *_ in one.members)):
        for name in ("plain", "Quo.ted", "it's", "select"):
            rename = Rename(one, name, member)
            assert find(read_request(request_text(CATALOG, rename)), CATALOG) == rename
