"""What becomes of privileges and owners where a schema that shall be is put together."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from psqlmigrate.schema.catalog import Catalog
from psqlmigrate.schema.dbobject import DbObject
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.kinds import given, owned


@dataclass(frozen=True, slots=True)
class Governed:
    """Which of them a statement is about.

    `exact`: what is not stated shall go, else it stays, and a new object keeps what it is born
    with. `apart` are concerns that stay as they are. The tests say what is looked at.
    """

    exact: bool
    apart: frozenset[str]
    in_base: Callable[[DbObject], bool]
    in_stated: Callable[[DbObject], bool]


def concerned(base: Catalog, stated: Catalog, plain: Catalog, governed: Governed) -> Catalog:
    """The schema that shall be (`plain`) with its privileges and owners."""
    chosen = {one.id: one for one in _chosen(base, stated, governed)}
    standing = [one for oid, one in chosen.items() if oid in base.objects]
    for oid, one in plain.objects.items():
        if oid not in base.objects and (born := given(standing, one, chosen)):
            is_stated = governed.exact and born.concern not in governed.apart
            if not is_stated:
                chosen.setdefault(born.id, born)
    if not chosen:
        return plain
    objects, edges = dict(plain.objects), dict(plain.edges)
    for oid, one in chosen.items():
        if all(owner in plain.objects for owner in one.owners[:1]):
            side = stated if stated.get(oid) is one else base
            wanted = {*side.edges.get(oid, ()), *one.owners}
            gone = {target for target in wanted if target not in plain.objects}
            left = one.without(gone) if gone else one
            if left is not None:
                objects[oid] = left
                edges[oid] = frozenset(wanted - gone)
    return replace(plain, objects=owned(objects, base.objects), edges=edges)


def _chosen(base: Catalog, stated: Catalog, governed: Governed) -> Iterator[DbObject]:
    for oid in _ids(base) | _ids(stated):
        old, new = base.get(oid), stated.get(oid)
        if new is not None and new.concern not in governed.apart and governed.in_stated(new):
            yield new
        elif old is not None:
            is_compared = old.concern not in governed.apart and governed.in_base(old)
            if not (governed.exact and is_compared):
                yield old


def _ids(catalog: Catalog) -> set[ObjectId]:
    return {oid for oid, one in catalog.objects.items() if one.concern}
