"""Hashes of objects: canonical bytes are a format, pinned by golden tests."""

import dataclasses
import hashlib
import json
from collections import defaultdict

from psqlmigrate.schema.catalog import Catalog
from psqlmigrate.schema.dbobject import DbObject
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.kinds import KINDS

FORMAT_VERSION = 1


_COMPARED = {
    kind.kind: tuple(one.name for one in dataclasses.fields(kind) if one.compare) for kind in KINDS
}


def canonical_bytes(one: DbObject) -> bytes:
    """The kind and the compared fields as JSON: sorted keys, no spaces, UTF-8."""
    fields = {name: getattr(one, name) for name in _COMPARED[one.kind]}
    content = {"kind": one.kind, "version": FORMAT_VERSION, **fields}
    return _json(content)


def _json(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def object_hash(one: DbObject) -> str:
    """`sha256:` and 64 hex digits of one object."""
    return _digest(canonical_bytes(one))


def catalog_hash(catalog: Catalog) -> str:
    """The hash of a whole schema; the order of objects does not matter."""
    return _digest(b"\n".join(sorted(canonical_bytes(one) for one in catalog)))


def sections(catalog: Catalog) -> dict[str, dict[str, str]]:
    """Hashes by kind and name; a table's folds in what it consists of (columns, constraints)."""
    members: defaultdict[ObjectId, list[bytes]] = defaultdict(list)
    for one in catalog:
        members[section_of(catalog, one)].append(canonical_bytes(one))
    found: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for oid, parts in members.items():
        found[oid.kind][str(oid)] = _digest(b"\n".join(sorted(parts)))
    return dict(found)


def state_hashes(catalog: Catalog) -> dict[tuple[str, str], str]:
    """The 64 digits of each hash of `sections`, by kind and name."""
    return {
        (kind, name): value.removeprefix("sha256:")
        for kind, named in sections(catalog).items()
        for name, value in named.items()
    }


def section_of(catalog: Catalog, one: DbObject) -> ObjectId:
    """The object whose hash in `sections` folds this one in; its own id when it is no part."""
    while one.is_part and one.owners:
        owner = catalog.get(one.owners[0])
        if owner is None:
            break
        one = owner
    return one.id
