"""Runs migrations up, down and up again in scratch, on rows, and compares what is there each time."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from psqlmigrate.errors import ProofError
from psqlmigrate.migrations.file import MigrationFile
from psqlmigrate.postgres.connect import Connection
from psqlmigrate.postgres.introspect import introspect
from psqlmigrate.postgres.scratch import Scratch
from psqlmigrate.schema.catalog import Catalog, diff
from psqlmigrate.schema.hashing import catalog_hash, object_hash
from psqlmigrate.schema.statement import Hazard
from psqlmigrate.service.canonical import build, canonical
from psqlmigrate.service.planning import Plan, plan
from psqlmigrate.service.rehearsal import (
    Claim,
    MayFail,
    Rehearsed,
    Step,
    rehearse,
    step_of,
    step_of_plan,
)
from psqlmigrate.service.rows.losses import losses, reordered
from psqlmigrate.service.rows.snapshots import Held, Loss, Snapshot, snapshot
from psqlmigrate.service.sampling import Unfilled, fill
from psqlmigrate.sources.migrations import replay


class Touched(NamedTuple):
    """An object that a migration changes, with its hash before and after."""

    kind: str
    name: str
    before: str | None
    after: str | None


class Ran(NamedTuple):
    """A statement that `up` runs, and its hazards as far as its planner knows them."""

    sql: str
    hazards: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Proof:
    """What a migration does, seen in scratch.

    `loses`: what down cannot bring back. `may_fail`: statements that sample rows made fail.
    `unfilled`: tables that had no sample row, so that nothing was seen of theirs.
    """

    touched: tuple[Touched, ...]
    before: str
    after: str
    server_version: int
    statements: tuple[Ran, ...] = ()
    loses: tuple[str, ...] = ()
    may_fail: tuple[MayFail, ...] = ()
    unfilled: tuple[Unfilled, ...] = ()


def prove(
    scratch: Scratch,
    start: Catalog | tuple[MigrationFile, ...],
    files: Sequence[MigrationFile],
    claims: Sequence[Claim] = (),
    wanted: Catalog | None = None,
) -> tuple[Proof, ...]:
    """Proofs of the files, which follow `start`: earlier files, or a schema.

    `claims` are the plans that the files were made from, if they were: then each loss and each
    failure needs a hazard that says so. `wanted` is what the last file shall lead to.

    Raises ProofError naming what is not as it was, StatementError when a file fails.
    """
    known: Sequence[Claim | None] = claims or [None] * len(files)
    steps = [step_of(file, claim) for file, claim in zip(files, known, strict=True)]
    return prove_steps(scratch, start, steps, wanted)


def prove_steps(
    scratch: Scratch,
    start: Catalog | tuple[MigrationFile, ...],
    steps: Sequence[Step],
    wanted: Catalog | None = None,
) -> tuple[Proof, ...]:
    """The same for steps, which need not be files."""
    with scratch.database() as connection:
        if isinstance(start, Catalog):
            build(connection, start)
        else:
            replay(connection, start)
        trials: list[_Trial] = []
        states = [introspect(connection)]
        for step in steps:
            # Each by itself: the rows that a later step costs are no loss of an earlier one.
            trial = _Trial(scratch, connection, step)
            trial.up()
            there = introspect(connection)
            if wanted is not None and step is steps[-1]:
                _require(scratch, there, wanted, f"{step.name}: up")
            trial.down()
            _require(scratch, introspect(connection), states[-1], f"{step.name}: down")
            trial.up_again()
            _require(scratch, introspect(connection), there, f"{step.name}: the second up")
            trials.append(trial)
            states.append(there)
        version = connection.info.server_version
    return tuple(
        trial.proof(before, after, version)
        for trial, (before, after) in zip(trials, pairwise(states), strict=True)
    )


def prove_difference(scratch: Scratch, old: Catalog, new: Catalog) -> Proof:
    """The proof of the plans between two fixpoint catalogs, there and back.

    Raises PlanRefusedError where there is no plan, ProofError and StatementError as `prove` does.
    """
    claim = Claim(plan(old, new), plan(new, old))
    [proof] = prove_steps(scratch, old, [step_of_plan(claim)], new)
    return proof


@dataclass(slots=True)
class _Trial:
    """One step on its way up, down and up, with the values that it met."""

    scratch: Scratch
    connection: Connection
    step: Step
    base: Snapshot = field(default_factory=dict[int, Held])
    middle: Snapshot = field(default_factory=dict[int, Held])
    removed: Counter[int] = field(default_factory=Counter[int])
    gone: list[Loss] = field(default_factory=list[Loss])
    loses: tuple[str, ...] = ()
    statements: tuple[str, ...] = ()
    may_fail: dict[MayFail, None] = field(default_factory=dict[MayFail, None])
    unfilled: tuple[Unfilled, ...] = ()

    def up(self) -> None:
        """The first up, on rows that fit the schema as it is."""
        self.unfilled = fill(self.connection).unfilled
        self.base = snapshot(self.connection)
        done = self._run("up")
        self.statements = tuple(done.statements)
        self.removed = done.removed
        self.middle = snapshot(self.connection)
        found = losses(self.connection, self.base, self.middle, self.removed)
        for loss in found:
            self._require_hazard(loss, "up")
        # No plan copies what it drops: equal values after down would be there by chance.
        self.gone = [loss for loss in found if loss.gone and self.step.claim]

    def down(self) -> None:
        """Back: what is lost now is what the migration loses for good."""
        done = self._run("down")
        self.removed.update(done.removed)
        self.removed.update(self._removed_between())
        after = snapshot(self.connection)
        found = losses(self.connection, self.base, after, self.removed)
        for loss in found:
            self._require_hazard(loss, "down", "up")
        order = (f"column order of {name}" for name in reordered(self.base, after))
        self.loses = (*sorted({str(loss) for loss in (*found, *self.gone)}), *sorted(order))

    def _removed_between(self) -> Counter[int]:
        """Rows taken out of tables that only the way up had in place of those before."""
        at = {one.path: oid for oid, one in self.base.items()}
        found: Counter[int] = Counter()
        for oid in self.middle.keys() & self.removed.keys() - self.base.keys():
            one = self.middle[oid]
            before = next((at[path] for path in (one.path, *one.parents) if path in at), None)
            if before is not None:
                found[before] += self.removed[oid]
        return found

    def up_again(self) -> None:
        """The second up, on what down has left."""
        before = snapshot(self.connection)
        done = self._run("up")
        after = snapshot(self.connection)
        for loss in losses(self.connection, before, after, done.removed):
            self._require_hazard(loss, "up")
        if self.step.claim and self._is_emptied(after):
            self._down_on_rows_of_its_own()

    def _is_emptied(self, now: Snapshot) -> bool:
        """Whether a table has lost all its rows on the way: going down was no test of it then."""
        by_path = {one.path: oid for oid, one in now.items()}
        had = {oid: one.path for oid, one in self.base.items() if one.count}
        stay = [oid if oid in now else by_path.get(path) for oid, path in had.items()]
        filled = {path for one in now.values() if one.count for path in (one.path, *one.parents)}
        return any(oid is not None and now[oid].path not in filled for oid in stay)

    def _down_on_rows_of_its_own(self) -> None:
        fill(self.connection)
        before = snapshot(self.connection)
        done = self._run("down")
        for loss in losses(self.connection, before, snapshot(self.connection), done.removed):
            self._require_hazard(loss, "down")
        self._run("up")

    def _run(self, direction: str) -> Rehearsed:
        done = rehearse(self.connection, self.step, direction)
        self.may_fail.update(dict.fromkeys(done.failures))
        return done

    def _require_hazard(self, loss: Loss, *directions: str) -> None:
        """Values may go where people wrote the file, or where a hazard of the plan says so."""
        claim = self.step.claim
        if claim is None or any(explains(claim.plan(one), loss) for one in directions):
            return
        word = "drops" if loss.gone else "changes"
        raise ProofError(
            f"{self.step.name}: {directions[0]} {word} {loss}, and no hazard says so",
            hint="this is a fault of the planner: please report it with the migration",
        )

    def proof(self, before: Catalog, after: Catalog, version: int) -> Proof:
        return Proof(
            touched(before, after),
            catalog_hash(before),
            catalog_hash(after),
            version,
            self._ran(),
            self.loses,
            tuple(self.may_fail),
            self.unfilled,
        )

    def _ran(self) -> tuple[Ran, ...]:
        if self.step.claim is None:
            return tuple(Ran(text, ()) for text in self.statements)
        return ran(self.step.claim.up)


def explains(plan: Plan, loss: Loss) -> bool:
    """Whether a hazard of the plan says that these values go or change.

    Of whole rows only that of a table which the plan drops can: elsewhere it is about columns.
    """
    paths = loss.paths
    if loss.column is None:
        paths &= {change.subject.id.path for change in plan.changes if change.after is None}
    wanted = {Hazard.DATA_LOSS} if loss.gone else {Hazard.DATA_LOSS, Hazard.LOSSY_CAST}
    return any(
        one.subject is not None and one.subject.path in paths and wanted & one.hazards
        for one in plan.statements
    )


def ran(plan: Plan) -> tuple[Ran, ...]:
    """The statements of a plan with their hazards."""
    return tuple(Ran(one.sql, tuple(sorted(one.hazards))) for one in plan.statements)


def touched(before: Catalog, after: Catalog) -> tuple[Touched, ...]:
    """The objects that differ, with their hashes."""
    return tuple(
        Touched(
            change.subject.kind,
            str(change.subject.id),
            object_hash(change.before) if change.before else None,
            object_hash(change.after) if change.after else None,
        )
        for change in diff(before, after)
    )


def _require(scratch: Scratch, have: Catalog, want: Catalog, who: str) -> None:
    if have == want:
        return
    changes = diff(canonical(scratch, have), canonical(scratch, want))
    if changes:
        names = ", ".join(
            f"{one.symbol}{one.subject.kind} {one.subject.id.shown}" for one in changes
        )
        raise ProofError(f"{who} does not lead where it should: {names}")
