"""In which order tables can be filled: those that are referred to come first."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet

from psqlmigrate.service.rows.shapes import TableShape

_Edges = Mapping[int, AbstractSet[int]]


def waves(
    tables: Mapping[int, TableShape], held: Mapping[int, list[int]]
) -> list[list[TableShape]]:
    """Groups of tables in order; a group is tables that need each other's rows at once.

    A key that may be NULL holds nothing up: where it closes a circle, it is filled in later.
    """
    order: list[list[TableShape]] = []
    all_edges = {oid: _targets(one, held, hard=False) for oid, one in tables.items()}
    for group in _components(all_edges):
        if len(group) == 1:
            order.append([tables[group[0]]])
            continue
        hard = {oid: _targets(tables[oid], held, hard=True) & set(group) for oid in sorted(group)}
        order.extend([tables[oid] for oid in one] for one in _components(hard))
    return order


def holders(tables: Mapping[int, TableShape]) -> dict[int, list[int]]:
    """For each table the tables that hold its rows: itself, or its partitions at any depth."""
    found: defaultdict[int, list[int]] = defaultdict(list)
    for oid, table in tables.items():
        at: int | None = None if table.partitioned else oid
        while at is not None and at in tables:
            found[at].append(oid)
            at = tables[at].parent
    return dict(found)


def _targets(table: TableShape, held: Mapping[int, list[int]], *, hard: bool) -> set[int]:
    found: set[int] = set()
    for key in table.foreign_keys:
        needed = all(table.columns[name].not_null for name in key.columns if name in table.columns)
        if needed or not hard:
            found.update(held.get(key.target, ()))
    return found


def _components(edges: _Edges) -> list[list[int]]:
    """Strongly connected components, those that others point to first (Tarjan, not recursive)."""
    low: dict[int, int] = {}
    stack: list[int] = []
    done: set[int] = set()
    groups: list[list[int]] = []
    for root in edges:
        path: list[tuple[int, int, Iterator[int]]] = []
        step: int | None = root if root not in low else None
        while step is not None or path:
            if step is not None:
                path.append((step, len(low), iter(sorted(edges[step]))))
                low[step] = len(low)
                stack.append(step)
            at, number, rest = path[-1]
            step = next((one for one in rest if _fresh(one, at, low, done)), None)
            if step is not None:
                continue
            path.pop()
            if path:
                low[path[-1][0]] = min(low[path[-1][0]], low[at])
            if low[at] == number:
                groups.append(_popped(stack, at))
                done.update(groups[-1])
    return groups


def _fresh(one: int, at: int, low: dict[int, int], done: set[int]) -> bool:
    """Whether it was never seen; what is on the stack already lowers where `at` belongs."""
    if one not in low:
        return True
    if one not in done:
        low[at] = min(low[at], low[one])
    return False


def _popped(stack: list[int], last: int) -> list[int]:
    group = [stack.pop()]
    while group[-1] != last:
        group.append(stack.pop())
    return group
