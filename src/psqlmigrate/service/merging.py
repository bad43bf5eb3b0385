"""Joins heads, after it was proven that the order of their branches does not matter."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from psqlmigrate.errors import MergeConflictError, ProofError
from psqlmigrate.migrations import certificate as certificates
from psqlmigrate.migrations.certificate import Certificate, ObjectHashes
from psqlmigrate.migrations.directory import Directory, file_name, next_version, version_after
from psqlmigrate.migrations.file import MigrationFile
from psqlmigrate.migrations.graph import Graph
from psqlmigrate.migrations.render import render_python, render_sql
from psqlmigrate.postgres.scratch import Scratch
from psqlmigrate.schema.catalog import Change, diff
from psqlmigrate.schema.hashing import object_hash
from psqlmigrate.service.branching import (
    Branches,
    Order,
    Outcome,
    Rehearsals,
    Touched,
    branches_of,
    orders,
)
from psqlmigrate.service.canonical import canonical
from psqlmigrate.service.certificates import by_name
from psqlmigrate.service.certifying import certificate_of
from psqlmigrate.service.proving import prove
from psqlmigrate.service.rows.contents import differing, table_of
from psqlmigrate.service.scratching import scratch_of, with_roles
from psqlmigrate.service.wayback import WayBack
from psqlmigrate.service.workspace import Workspace
from psqlmigrate.service.writing import refuse_unfit, written


@dataclass(frozen=True, slots=True)
class MergeResult:
    """What merge did; no file where there was one head only.

    `orders` were run, `shared` are objects that several branches touch and leave alike; `rows`
    says whether sample rows took part. `notes` say what stands in the way when all is reverted.
    """

    heads: tuple[str, ...]
    file: Path | None = None
    version: str = ""
    orders: int = 0
    shared: tuple[str, ...] = ()
    rows: bool = False
    seconds: float = 0.0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Conflict:
    """Something that is not the same in every order, and the versions that touch it."""

    what: str
    versions: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.what}: {', '.join(self.versions)}" if self.versions else self.what


def merge(workspace: Workspace, message: str, *, as_sql: bool = False) -> MergeResult:
    """Writes a migration after all heads.

    With nothing written it raises MergeConflictError where the order of the branches matters, and
    ProofError where a migration fails whatever comes before it.
    """
    graph, directory = workspace.graph, workspace.directory
    heads = tuple(one.version for one in graph.heads)
    if len(heads) < 2:  # noqa: PLR2004 - one head is joined already
        return MergeResult(heads)
    refuse_unfit(message, 'merge "join the branches"')
    began = time.monotonic()
    branches = branches_of(graph)
    with scratch_of(workspace) as scratch:
        proven = with_roles(scratch, lambda: _Merging(scratch, graph, branches).proven())
        made = _draft(directory, message, heads, as_sql=as_sql)
        file = written(directory, *made, "merge")
        try:
            [proof] = with_roles(scratch, lambda: prove(scratch, graph.order, [file]))
            certificate = certificate_of(file, proof, f"{len(graph.order)} migrations")
            certificates.write(certificates.path_of(file), _with_shared(certificate, proven))
        except BaseException:
            file.path.unlink(missing_ok=True)
            raise
    return MergeResult(
        heads,
        file.path,
        file.version,
        proven.orders,
        tuple(f"{one.kind} {one.name}" for one in proven.shared),
        proven.rows,
        time.monotonic() - began,
        proven.notes,
    )


def _draft(
    directory: Directory, message: str, heads: Sequence[str], *, as_sql: bool
) -> tuple[str, str]:
    """The name and the text of the file; its version is after that of every head."""
    version, last = next_version(directory.files), max(heads)
    if version <= last:
        version = version_after(last, {one.version for one in directory.files}) or version
    if as_sql:
        return file_name(version, message, ".sql"), render_sql(message, heads, (), ())
    return file_name(version, message, ".py"), render_python(version, message, heads, (), ())


def _with_shared(certificate: Certificate, proven: "_Proven") -> Certificate:
    """What branches meet in is in the certificate, as they leave it: `verify` goes by that."""
    return replace(certificate, objects=proven.shared)


@dataclass(frozen=True, slots=True)
class _Proven:
    orders: int
    shared: tuple[ObjectHashes, ...]
    rows: bool
    notes: tuple[str, ...]


class _Merging:
    """Runs the orders, there and back, and says what is not the same after all of them."""

    def __init__(self, scratch: Scratch, graph: Graph, branches: Branches) -> None:
        self._scratch = scratch
        self._graph = graph
        self._branches = branches
        self._runs = Rehearsals(scratch, branches, rows=True)

    def proven(self) -> _Proven:
        """Raises MergeConflictError and ProofError."""
        ways = orders(self._graph, self._branches)
        rows = True
        outcomes = [self._runs.run(order) for order in ways]
        if any(self._fails_alone(one) for one in outcomes):
            # Rows that a migration fails on by itself say nothing of the order.
            rows = False
            self._runs = Rehearsals(self._scratch, self._branches, rows=False)
            outcomes = [self._runs.run(order) for order in ways]
        for one in outcomes:
            if one.failed and self._fails_alone(one):
                raise _by_itself(one.failed, one)
        self._refuse([*self._failures(outcomes), *self._differences(outcomes)])
        notes = WayBack(self._scratch, self._branches, self._runs).notes(ways)
        return _Proven(len(ways), self._shared(outcomes[0]), rows, notes)

    def _fails_alone(self, outcome: Outcome) -> bool:
        return outcome.failed is not None and not self._strangers(outcome.order, outcome.failed)

    def _strangers(self, order: Order, file: MigrationFile) -> list[str]:
        """What ran before the file and is not behind it in the graph."""
        before = [one.version for one in order[: order.index(file)]]
        behind = self._graph.ancestors(file.version)
        return [version for version in before if version not in behind]

    def _failures(self, outcomes: Iterable[Outcome]) -> list[Conflict]:
        found: dict[Conflict, None] = {}
        for outcome in outcomes:
            if outcome.failed is None:
                continue
            file = outcome.failed
            strangers = self._strangers(outcome.order, file)
            mine = self._runs.touched.get(file.version, set())
            meet = [one for one in strangers if mine & self._runs.touched.get(one, set())]
            for name in sorted(mine.intersection(*[self._touched_by(strangers)])):
                found[self._conflict(name, [file.version, *meet])] = None
            after = f" after {', '.join(meet or strangers)}" if strangers else ""
            found[Conflict(f"{file.name} fails{after}: {outcome.reason}", ())] = None
        return list(found)

    def _touched_by(self, versions: Iterable[str]) -> set[Touched]:
        return set[Touched]().union(*(self._runs.touched.get(one, set()) for one in versions))

    def _differences(self, outcomes: Sequence[Outcome]) -> list[Conflict]:
        done = [one for one in outcomes if one.failed is None]
        found: dict[Conflict, None] = {}
        for other in done[1:]:
            for change in self._changes(done[0], other):
                name = change.subject.kind, str(change.subject.id)
                found[self._conflict(name)] = None
            for place in self._rows(done[0], other):
                table = table_of(place, other.rows)
                word = "rows of" if place == table else "values of"
                versions = self._versions(("rows of", table))
                found[Conflict(f"{word} {place}", versions)] = None
        return list(found)

    def _changes(self, one: Outcome, other: Outcome) -> tuple[Change, ...]:
        if one.catalog == other.catalog:
            return ()
        sides = (canonical(self._scratch, side.catalog) for side in (one, other))
        return diff(*sides)

    def _rows(self, one: Outcome, other: Outcome) -> tuple[str, ...]:
        """Numbers that sequences gave, and what no two runs have alike, are no conflict."""
        ignored = one.numbered | other.numbered
        found = differing(one.rows, other.rows, ignored)
        if not found:
            return ()
        again = self._runs.run(one.order)
        return differing(one.rows, other.rows, {*ignored, *differing(one.rows, again.rows)})

    def _conflict(self, name: Touched, versions: Sequence[str] = ()) -> Conflict:
        return Conflict(" ".join(name), tuple(sorted(versions)) or self._versions(name))

    def _versions(self, name: Touched) -> tuple[str, ...]:
        return tuple(sorted(one for one, seen in self._runs.touched.items() if name in seen))

    def _refuse(self, conflicts: Sequence[Conflict]) -> None:
        if not conflicts:
            return
        count = len(conflicts)
        raise MergeConflictError(
            f"the order of the branches matters: {count} conflict{'' if count == 1 else 's'}",
            details="\n".join(map(str, conflicts)),
            hint="nothing was written; make one branch depend on the other (depends_on), correct "
            "it, and psqlmigrate verify --certify proves it on what it finds then",
        )

    def _shared(self, outcome: Outcome) -> tuple[ObjectHashes, ...]:
        """What several branches touch, with the hash that all orders leave it with."""
        by_branch: dict[Touched, set[str]] = {}
        for version, names in self._runs.touched.items():
            for name in names:
                by_branch.setdefault(name, set()).add(self._branches.branch_of(version))
        objects = by_name(outcome.catalog)
        met = sorted(
            name for name, heads in by_branch.items() if len(heads) > 1 and name[0] != "rows of"
        )
        return tuple(
            ObjectHashes(*name, *(2 * [object_hash(objects[name]) if name in objects else None]))
            for name in met
        )


def _by_itself(file: MigrationFile, outcome: Outcome) -> ProofError:
    return ProofError(
        f"{file.name} fails, and no other branch has to do with it: {outcome.reason}",
        details=outcome.details,
        hint="nothing was written; correct it, then merge",
    ).at(file.path)
