"""How objects are named: by us (ObjectId) and by PostgreSQL (Address)."""

from typing import NamedTuple


class ObjectId(NamedTuple):
    """The kind of an object and its name, from the schema inwards."""

    kind: str
    path: tuple[str, ...]

    def __str__(self) -> str:
        """`public.users.email`; a name with a dot or quote in it is quoted, so that it stays one."""
        return ".".join(map(_shown, self.path)).replace(".(", "(")


def _shown(name: str) -> str:
    if name.startswith("(") or not ("." in name or '"' in name):
        return name
    return '"' + name.replace('"', '""') + '"'


class Address(NamedTuple):
    """PostgreSQL's own identity of an object, as pg_depend has it (manual, 53.18)."""

    catalog: str
    oid: int
    subid: int = 0
