"""Branches that are to be joined, reverted in every order.

A merge is the way on from several heads: what stands in the way back is told, and no reason to
refuse it.
"""

from collections.abc import Iterable, Iterator

from psqlmigrate.migrations.file import MigrationFile
from psqlmigrate.postgres.scratch import Scratch
from psqlmigrate.schema.catalog import Change, diff
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.service.branching import Branches, Order, Rehearsals, Return
from psqlmigrate.service.canonical import canonical


class WayBack:
    """Reverts orders. What a branch does by itself, too, is told as its own."""

    def __init__(self, scratch: Scratch, branches: Branches, runs: Rehearsals) -> None:
        self._scratch = scratch
        self._branches = branches
        self._runs = runs
        self._alone: dict[str, Return] = {}

    def notes(self, ways: Iterable[Order]) -> tuple[str, ...]:
        """What is not right when orders are reverted; nothing where all is as it was before."""
        every = (note for order in ways for note in self._of(self._runs.there_and_back(order)))
        return tuple(dict.fromkeys(every))

    def _of(self, outcome: Return) -> Iterator[str]:
        if outcome.failed:
            yield self._failure(outcome, outcome.failed)
        if outcome.open_ended:
            yield "not every migration has a down: the way back ends there"
        yield from self._differences(outcome)

    def _failure(self, outcome: Return, file: MigrationFile) -> str:
        head = self._branches.branch_of(file.version)
        alone = self._of_branch(head)
        if alone.failed == file:
            return f"the down of {file.name} fails: {alone.reason}"
        before = outcome.order[outcome.order.index(file) + 1 :]
        own = self._branches.own[head]
        others = ", ".join(one.version for one in before if one not in own)
        order = f"after that of {others}" if others else "while other branches stay"
        return f"the down of {file.name} fails {order}: {outcome.reason}"

    def _differences(self, outcome: Return) -> Iterator[str]:
        changes = self._changes(outcome)
        known = self._left_alone() if changes else set[ObjectId]()
        for one in changes:
            if one.subject.id not in known:
                what = f"{one.subject.kind} {one.subject.id.shown}"
                yield f"{what} is not as it was when all branches are reverted"

    def _left_alone(self) -> set[ObjectId]:
        """What a branch leaves another than it was, when it is reverted by itself."""
        every = (self._changes(self._of_branch(head)) for head in self._branches.own)
        return {change.subject.id for changes in every for change in changes}

    def _changes(self, outcome: Return) -> tuple[Change, ...]:
        if outcome.left is None:
            return ()
        return diff(*(canonical(self._scratch, one) for one in outcome.left))

    def _of_branch(self, head: str) -> Return:
        if head not in self._alone:
            self._alone[head] = self._runs.there_and_back(self._branches.own[head])
        return self._alone[head]
