"""A topological sort that is stable: what is free to move goes by phase, rank and name."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from heapq import heappop, heappush

from psqlmigrate.schema.dbobject import Statements
from psqlmigrate.schema.identity import ObjectId

_PHASES = {"away": 0, "drop": 1, "alter": 2, "create": 2, "refill": 2}


@dataclass(eq=False, slots=True)
class Node:
    """Something that happens to one object, and with it to its parts."""

    phase: str
    oid: ObjectId
    rank: int
    statements: Statements
    parts: tuple[ObjectId, ...] = ()
    followers: set["Node"] = field(default_factory=set)
    soft: set["Node"] = field(default_factory=set)
    """Followers that could come first where there is no other way."""

    def precede(self, other: "Node", *, soft: bool = False) -> None:
        """`other` comes after this."""
        if other is self:
            return
        if soft and other not in self.followers:
            self.soft.add(other)
        elif not soft:
            self.soft.discard(other)
        self.followers.add(other)

    @property
    def place(self) -> tuple[int, int, ObjectId, str]:
        """Where it goes when nothing else decides: drops first and from the top down."""
        rank = -self.rank if self.phase == "drop" else self.rank
        return (_PHASES[self.phase], rank, self.oid, self.phase)


class CircleError(Exception):
    """No order exists: `nodes` are in circles."""

    def __init__(self, nodes: list[Node]) -> None:
        super().__init__("circle")
        self.nodes = nodes


def order(nodes: Iterable[Node]) -> list[Node]:
    """The nodes, each after those that precede it. Raises CircleError."""
    waiting: dict[Node, int] = dict.fromkeys(nodes, 0)
    for node in waiting:
        for follower in node.followers:
            waiting[follower] += 1
    free = [(node.place, id(node), node) for node, count in waiting.items() if not count]
    free.sort()
    done: list[Node] = []
    while free:
        node = heappop(free)[2]
        done.append(node)
        for follower in node.followers:
            waiting[follower] -= 1
            if not waiting[follower]:
                heappush(free, (follower.place, id(follower), follower))
    if len(done) < len(waiting):
        raise CircleError(_in_circles([node for node, count in waiting.items() if count]))
    return done


def _in_circles(stuck: list[Node]) -> list[Node]:
    """Without those that only come after a circle."""
    left = set(stuck)
    while gone := {node for node in left if not node.followers & left}:
        left -= gone
    return sorted(left, key=lambda node: node.place)
