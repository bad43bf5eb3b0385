"""Catalogs as JSON and back: snapshots for review, and what is kept from one run to the next."""

import dataclasses
import json
from collections.abc import Callable, Iterable
from types import MappingProxyType
from typing import Any, TypeAlias, cast

from psqlmigrate.errors import StateCorruptionError
from psqlmigrate.schema.catalog import Catalog
from psqlmigrate.schema.dbobject import DbObject
from psqlmigrate.schema.hashing import FORMAT_VERSION, object_hash
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.kinds import BY_NAME
from psqlmigrate.schema.sqltext import Sql, printed

Json: TypeAlias = Any

_FIELDS = MappingProxyType(
    {name: tuple(one.name for one in dataclasses.fields(kind)) for name, kind in BY_NAME.items()}
)


def dump(catalog: Catalog) -> str:
    """The catalog as JSON, one object a line, sorted; the same catalog gives the same text."""
    ids = sorted(catalog.objects)
    lines = [_object(catalog, oid) for oid in ids]
    held = [[_plain(oid)["id"], list(names)] for oid, names in sorted(catalog.held.items())]
    head = {
        "format": FORMAT_VERSION,
        "server": catalog.server_major,
        "unmodelled": list(catalog.unmodelled),
        "held": held,
    }
    objects = ",\n".join(json.dumps(line, ensure_ascii=False) for line in lines)
    start = json.dumps(head, ensure_ascii=False)[:-1]
    return f'{start}, "objects": [\n{objects}\n]}}\n'


def load(text: str, origin: str) -> Catalog:
    """The catalog of such a text; `origin` names it in errors.

    Raises StateCorruptionError for what is no snapshot, or one of another format.
    """
    try:
        content = json.loads(text)
        if content["format"] != FORMAT_VERSION:
            raise StateCorruptionError(
                f"{origin} has the snapshot format {content['format']},"
                f" this psqlmigrate reads {FORMAT_VERSION}",
                hint="make it again with psqlmigrate snapshot",
            )
        found = [_read(line) for line in content["objects"]]
        unmodelled = tuple(str(one) for one in content["unmodelled"])
        held = {_id(oid): tuple(map(str, names)) for oid, names in content["held"]}
        server = int(content["server"])
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):
        raise StateCorruptionError(
            f"{origin} is no snapshot of a schema", hint="make it again with psqlmigrate snapshot"
        ) from None
    return Catalog(
        {one.id: one for one, _ in found},
        {one.id: edges for one, edges in found},
        unmodelled,
        held,
        server,
    )


def _object(catalog: Catalog, oid: ObjectId) -> dict[str, Json]:
    one = catalog.objects[oid]
    fields = {name: _plain(getattr(one, name)) for name in _FIELDS[one.kind]}
    edges = [_plain(target)["id"] for target in sorted(catalog.edges.get(oid, ()))]
    return {
        "kind": one.kind,
        "name": str(oid),
        "hash": object_hash(one),
        "fields": fields,
        "depends_on": edges,
    }


def _plain(value: object) -> Json:
    if isinstance(value, ObjectId):
        return {"id": [value.kind, *value.path]}
    if isinstance(value, Sql):
        return {"sql": str(value)}
    if isinstance(value, tuple):
        return [_plain(one) for one in cast("Iterable[object]", value)]
    return value


def _read(line: Json) -> tuple[DbObject, frozenset[ObjectId]]:
    make: Callable[..., DbObject] = BY_NAME[line["kind"]]
    values = {name: _value(value) for name, value in line["fields"].items()}
    return make(**values), frozenset(_id(one) for one in line["depends_on"])


def _value(value: Json) -> Json:
    if isinstance(value, dict):
        ((mark, content),) = cast("dict[str, Json]", value).items()
        return _MARKS[mark](content)
    if isinstance(value, list):
        return tuple(map(_value, value))  # pyright: ignore[reportUnknownArgumentType]
    return value


def _id(value: Json) -> ObjectId:
    kind, *path = value
    return ObjectId(kind, tuple(path))


# Which values come back as what they were: JSON has no tuples, names of objects or SQL.
_MARKS: dict[str, Callable[[Json], object]] = {"id": _id, "sql": printed}
