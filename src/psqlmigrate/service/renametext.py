"""Renames as people write them: `public.users:people`, `users.mail:email`, `index a:b`."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from psqlmigrate.errors import UsageError
from psqlmigrate.schema.catalog import Catalog
from psqlmigrate.schema.dbobject import DbObject, Naming
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.sqltext import ident
from psqlmigrate.service.renameorder import Rename
from psqlmigrate.sources.longnames import LONGEST_NAME

_NAME = r"""(?:"(?:[^"]|"")+"|'(?:[^']|'')*'|[^\s.:"'()]+)"""
_PATH = rf"{_NAME}(?:\.{_NAME})*"
_REQUEST = re.compile(
    rf"\s*(?P<kind>(?:[a-z]+\s+)*)(?P<old>{_PATH})\s*(?P<arguments>\([^()]*\))?"
    rf"\s*:\s*(?P<new>{_PATH})\s*(?:\([^()]*\))?\s*",
    re.IGNORECASE,
)
_FORM = "write old:new, for example public.users:people or public.users.mail:email"


@dataclass(frozen=True, slots=True)
class Request:
    """A rename as it was written: names from the schema inwards, folded as PostgreSQL does."""

    text: str
    kind: str
    old: tuple[str, ...]
    arguments: str | None
    is_label: bool
    new: tuple[str, ...]

    @property
    def name(self) -> str:
        """The new name itself."""
        return self.new[-1]


def read_request(text: str) -> Request:
    """One `[kind ]old:new`. Raises UsageError for what has not that form."""
    match = _REQUEST.fullmatch(text)
    if match is None:
        raise UsageError(f"cannot read the rename {text}", hint=_FORM)
    old, new = re.findall(_NAME, match["old"]), re.findall(_NAME, match["new"])
    request = Request(
        text,
        " ".join(match["kind"].lower().split()),
        tuple(map(_folded, old)),
        match["arguments"] and ", ".join(re.split(r"\s*,\s*", match["arguments"])),
        old[-1].startswith("'"),
        tuple(map(_folded, new)),
    )
    if len(request.name.encode()) > LONGEST_NAME:
        raise UsageError(f"the new name is longer than {LONGEST_NAME} bytes: {request.name}")
    return request


def _folded(written: str) -> str:
    """Names without quotes are lower case (manual, 4.1.1)."""
    if written[0] in "\"'":
        return written[1:-1].replace(written[0] * 2, written[0])
    return written.lower()


def find(request: Request, catalog: Catalog) -> Rename | None:
    """What the request means in the catalog; nothing when it has nothing of that name.

    Raises UsageError when several things have it.
    """
    found = list(_matches(request, catalog))
    if len(found) > 1:
        texts = "\n".join(
            sorted(
                f"{one.one.kind} {shown(one.one, one.member)}:{ident(one.name)}" for one in found
            )
        )
        raise UsageError(
            f"the rename {request.text} can mean several things",
            hint=f"write one of these:\n{texts}",
        )
    return found[0] if found else None


def _matches(request: Request, catalog: Catalog) -> Iterator[Rename]:
    for one in catalog:
        if one.naming is Naming.FIXED or not is_of(one, request.kind):
            continue
        names, arguments = names_of(one.id, one)
        if not request.is_label and _said(request.old, names):
            if request.arguments in {None, arguments}:
                yield Rename(one, request.name)
        elif one.members and _said(request.old[:-1], names):
            for member, *_ in one.members:
                if member == request.old[-1]:
                    yield Rename(one, request.name, member)


def is_of(one: DbObject, kind: str) -> bool:
    """By our word or by PostgreSQL's (`type`, `procedure`)."""
    return not kind or kind == one.kind or one.sql_name.lower().startswith(f"{kind} ")


def names_of(oid: ObjectId, one: DbObject) -> tuple[tuple[str, ...], str]:
    """The name from the schema inwards, and the arguments of a function."""
    end = len(oid.path) + one.name_at + 1
    return oid.path[:end], "".join(oid.path[end:])


def _said(words: tuple[str, ...], names: tuple[str, ...]) -> bool:
    """The whole name, or all but the schema."""
    return words in {names, names[1:]} and bool(words)


def shown(one: DbObject, member: str | None = None) -> str:
    """The name as it is written in a request."""
    names, arguments = names_of(one.id, one)
    text = ident(*names) + arguments
    return text if member is None else f"{text}.{_plain(member)}"


def _plain(label: str) -> str:
    return label if ident(label) == label else "'" + label.replace("'", "''") + "'"


def request_text(catalog: Catalog, old: Rename) -> str:
    """The text that asks for this rename, with the kind where the name alone is ambiguous."""
    new = _plain(old.name) if old.member is not None else ident(old.name)
    text = f"{shown(old.one, old.member)}:{new}"
    several = len(list(_matches(read_request(text), catalog))) > 1
    return f"{old.one.kind} {text}" if several else text


def unknown(request: Request, catalog: Catalog) -> UsageError:
    """The error for a name that nothing has, with names that are near."""
    known = {
        shown(one, member)
        for one in catalog
        if one.naming is not Naming.FIXED
        for member in (None, *(name for name, *_ in one.members))
    }
    text = ident(*request.old) + (request.arguments or "")
    return UsageError(f"{request.text}: nothing is called {text}", hint=_near(text, known))


def require_one_each(found: Mapping[Request, Rename]) -> None:
    """Raises UsageError when two requests rename one thing, or one renames nothing."""
    seen: dict[tuple[ObjectId, str | None], Request] = {}
    for request, rename in found.items():
        other = seen.setdefault((rename.one.id, rename.member), request)
        if other is not request:
            raise UsageError(f"{other.text} and {request.text} rename the same thing")
        if rename.name == (rename.member if rename.member is not None else rename.one.own_name):
            raise UsageError(f"{request.text}: that is its name already")


def require_desired(
    request: Request, former: ObjectId, present: ObjectId, desired: Catalog, *, is_member: bool
) -> None:
    """Raises UsageError when the desired schema has not what the request made.

    `former` and `present` are the names of the object before and after all renames.
    """
    after = desired.get(present)
    if after is None or (is_member and request.name not in (one[0] for one in after.members)):
        raise _not_desired(request, present, desired)
    end = None if is_member else after.name_at
    places = {oid.path[:end] for oid in (former, present)}
    stated = request.new[:-1]
    if stated and not any(path[-len(stated) :] == stated for path in places):
        raise UsageError(
            f"{request.text}: {ident(*stated)} is another place, and a rename moves nothing"
        )


def _not_desired(request: Request, target: ObjectId, catalog: Catalog) -> UsageError:
    known = {shown(one) for one in catalog if one.kind == target.kind}
    what = f"the desired schema has no {target.kind} {target.shown}"
    if target in catalog.objects:
        known = {name for name, *_ in catalog.objects[target].members}
        what = f"{target.kind} {target.shown} has no {request.name} in the desired schema"
    return UsageError(f"{request.text}: {what}", hint=_near(str(target), known))


def _near(text: str, known: set[str]) -> str:
    last = text.partition("(")[0].rpartition(".")[2]
    same = sorted(one for one in known if one.partition("(")[0].rpartition(".")[2] == last)
    near = dict.fromkeys([*same, *get_close_matches(text, sorted(known), 3, 0.6)])
    return f"near names: {', '.join(list(near)[:3])}" if near else ""
