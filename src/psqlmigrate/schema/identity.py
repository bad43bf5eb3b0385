"""How objects are named: by us (ObjectId) and by PostgreSQL (Address)."""

from typing import NamedTuple


class ObjectId(NamedTuple):
    """The kind of an object and its name, from the schema inwards."""

    kind: str
    path: tuple[str, ...]

    def __str__(self) -> str:
        return ".".join(self.path).replace(".(", "(")


class Address(NamedTuple):
    """PostgreSQL's own identity of an object, as pg_depend has it (manual, 53.18)."""

    catalog: str
    oid: int
    subid: int = 0
