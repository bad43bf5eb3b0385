"""The order of the tables: what is referred to comes first, and circles are taken apart."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Edge:
    """Rows of `source` need rows of `target`, because of `columns`.

    `constraint` (schema, name) can be deferred; the `postponable` columns can be null at first.
    None and () where that is no way out.
    """

    source: int
    target: int
    columns: tuple[str, ...]
    constraint: tuple[str, str] | None = None
    postponable: tuple[str, ...] = ()


@dataclass(slots=True)
class Order:
    """The tables in their order, constraints to defer, and columns to fill in at the end."""

    tables: list[int] = field(default_factory=list[int])
    deferred: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    postponed: dict[int, set[str]] = field(default_factory=dict[int, set[str]])


class CircleError(Exception):
    """Tables that need each other, each because of an edge that nothing lets go."""

    def __init__(self, edges: Sequence[Edge]) -> None:
        super().__init__()
        self.edges = edges


def order(tables: Sequence[int], edges: Iterable[Edge]) -> Order:
    """The tables, targets before sources, else as they are given. Raises CircleError."""
    result = Order()
    links: dict[int, dict[int, list[Edge]]] = {one: {} for one in tables}
    for edge in edges:
        if edge.source != edge.target:
            links[edge.source].setdefault(edge.target, []).append(edge)
    left = dict.fromkeys(tables)
    waiting = {one: len(links[one]) for one in tables}
    users: dict[int, list[int]] = {one: [] for one in tables}
    for source, targets in links.items():
        for target in targets:
            users[target].append(source)
    free = [one for one in tables if not waiting[one]]
    while left:
        if not free:
            source, target = _let_go(links, left, result)
            free = [source] if _freed(source, target, links, waiting) else []
            continue
        one = free.pop(0)
        del left[one]
        result.tables.append(one)
        free += [user for user in users[one] if user in left and _freed(user, one, links, waiting)]
    return result


def _freed(
    source: int, target: int, links: dict[int, dict[int, list[Edge]]], waiting: dict[int, int]
) -> bool:
    """Takes the link away; whether it was the last that the source waited for."""
    if links[source].pop(target, None) is None:
        return False
    waiting[source] -= 1
    return not waiting[source]


def _let_go(
    links: Mapping[int, Mapping[int, list[Edge]]], left: Iterable[int], result: Order
) -> tuple[int, int]:
    """The link of a circle that can be let go, noted in the result."""
    circle = _circle(links, next(iter(left)))
    for possible in (_deferrable, _loose):
        for source, target in circle:
            edges = links[source][target]
            if all(map(possible, edges)):
                for edge in edges:
                    _note(edge, result)
                return source, target
    raise CircleError([_firmest(links[source][target]) for source, target in circle])


def _deferrable(edge: Edge) -> bool:
    return edge.constraint is not None


def _loose(edge: Edge) -> bool:
    return edge.constraint is not None or bool(edge.postponable)


def _firmest(edges: Sequence[Edge]) -> Edge:
    return next((one for one in edges if not _loose(one)), edges[0])


def _note(edge: Edge, result: Order) -> None:
    if edge.constraint is not None:
        result.deferred.append(edge.constraint)
    else:
        result.postponed.setdefault(edge.source, set()).update(edge.postponable)


def _circle(links: Mapping[int, Mapping[int, list[Edge]]], start: int) -> list[tuple[int, int]]:
    """A circle: whatever is left waits for something that is left."""
    path = [start]
    places = {start: 0}
    while True:
        following = next(iter(links[path[-1]]))
        if following in places:
            ring = [*path[places[following] :], following]
            return list(pairwise(ring))
        places[following] = len(path)
        path.append(following)
