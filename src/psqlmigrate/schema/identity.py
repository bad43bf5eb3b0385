"""How objects are named: by us (ObjectId) and by PostgreSQL (Address)."""

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from psqlmigrate.schema.sqltext import ident

_PART = re.compile(r'\(.*|"(?:[^"]|"")*"|[^.("]+')
_OPERATOR = re.compile(r"[-+*/<>=~!@#%^&|`?]+")
_NO_NAMES: Mapping[str, int] = MappingProxyType(
    {"comment": 0, "grant": 0, "owner": 0, "default privilege": 1}
)
"""The place in the paths of these kinds at which a word of ours stands."""


class ObjectId(NamedTuple):
    """The kind of an object and its name, from the schema inwards."""

    kind: str
    path: tuple[str, ...]

    def __str__(self) -> str:
        """`public.users.email`, the key in files and JSON: never another for the same object.

        A name with a dot or quote in it is quoted, so that it stays one.
        """
        return ".".join(map(_keyed, self.path)).replace(".(", "(")

    @property
    def shown(self) -> str:
        """`public."Users".email`, as people write it in SQL."""
        return _shown(self.kind, self.path)


def shown(kind: str, name: str) -> str:
    """The name of an object as people write it in SQL, from the key in files and JSON."""
    parts = _PART.findall(name)
    if ".".join(parts).replace(".(", "(") != name:
        return name
    return _shown(kind, map(_unkeyed, parts))


def shown_whole(words: str) -> str:
    """The same of `table public.Users`, kind and name in one."""
    kind, blank, name = words.rpartition(" ")
    return f"{kind}{blank}{shown(kind, name)}"


def _shown(kind: str, path: Iterable[str]) -> str:
    word = _NO_NAMES.get(kind)
    parts = (part if place == word else written(part) for place, part in enumerate(path))
    return ".".join(parts).replace(".(", "(")


def written(part: str) -> str:
    """One part of a name as SQL has it; arguments and operators are as they are."""
    return part if part.startswith("(") or _OPERATOR.fullmatch(part) else ident(part)


def _keyed(name: str) -> str:
    if name.startswith("(") or not ("." in name or '"' in name):
        return name
    return '"' + name.replace('"', '""') + '"'


def _unkeyed(part: str) -> str:
    return part[1:-1].replace('""', '"') if part.startswith('"') else part


class Address(NamedTuple):
    """PostgreSQL's own identity of an object, as pg_depend has it (manual, 53.18)."""

    catalog: str
    oid: int
    subid: int = 0
