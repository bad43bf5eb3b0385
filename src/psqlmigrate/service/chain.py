"""Whether the certificates fit together: what one migration leaves, the next one finds."""

from collections.abc import Collection, Mapping
from functools import cache

from psqlmigrate.migrations.certificate import Certificate, ObjectHashes
from psqlmigrate.migrations.graph import Graph
from psqlmigrate.schema.identity import shown
from psqlmigrate.service.findings import Finding

_Object = tuple[str, str]
_Writers = dict[_Object, frozenset[str]]
"""For each object the migrations that touched it last: several where branches meet."""


def chain(graph: Graph, certificates: Mapping[str, Certificate]) -> tuple[Finding, ...]:
    """Findings about objects whose hash before is not the hash after of who touched them last.

    A migration without a certificate may have touched anything: after it the chain begins anew,
    and so it does between certificates of different majors, which print differently.
    """
    return _Chain(graph, certificates).findings()


class _Chain:
    def __init__(self, graph: Graph, certificates: Mapping[str, Certificate]) -> None:
        self._graph = graph
        self._certificates = certificates
        self._states: dict[str, _Writers] = {}
        self._found: dict[Finding, None] = {}
        self._left: dict[str, dict[_Object, str | None]] = {}
        self._ancestors = cache(graph.ancestors)

    def findings(self) -> tuple[Finding, ...]:
        for file in self._graph.order:
            state = self._state_before(file.version)
            known = self._certificates.get(file.version)
            if known is None:
                state = {}
            else:
                self._left[file.version] = {
                    (one.kind, one.name): one.after for one in known.objects
                }
                for one in known.objects:
                    self._look(file.version, known, one, state)
                    state[one.kind, one.name] = frozenset({file.version})
            self._states[file.version] = state
        self._merged([one.version for one in self._graph.heads])
        return tuple(self._found)

    def _state_before(self, version: str) -> _Writers:
        """The state after all parents; an only child goes on with its parent's own."""
        parents = self._graph.parents(version)
        if len(parents) == 1:
            state = self._states[parents[0]]
            return state if len(self._graph.children(parents[0])) == 1 else dict(state)
        known = self._certificates.get(version)
        objects = known.objects if known else ()
        settled = [(one.kind, one.name) for one in objects if one.before == one.after]
        return self._merged(parents, settled)

    def _merged(
        self, versions: tuple[str, ...] | list[str], settled: Collection[_Object] = ()
    ) -> _Writers:
        """`settled`: what a merge has in its certificate, where every order was proven."""
        merged: _Writers = {}
        for version in versions:
            for touched, writers in self._states[version].items():
                merged[touched] = merged.get(touched, frozenset()) | writers
        for touched, writers in merged.items():
            if len(writers) > 1 and touched not in settled:
                merged[touched] = self._latest(touched, writers)
        return merged

    def _latest(self, touched: _Object, writers: frozenset[str]) -> frozenset[str]:
        """Those that none of the others comes after; more than one is a finding."""
        older = frozenset[str]().union(*map(self._ancestors, writers))
        latest = writers - older
        if len(latest) > 1:
            names = sorted(latest)
            self._add(
                "branches_meet",
                f"{touched[0]} {shown(*touched)} is touched by parallel branches: {' and '.join(names)}",
                self._graph.files[names[-1]].name,
                f"make {names[-1]} depend on {names[0]} and certify it again:"
                f" psqlmigrate verify --certify {names[-1]}",
            )
        return latest

    def _look(self, version: str, known: Certificate, one: ObjectHashes, state: _Writers) -> None:
        if one.before == one.after:  # a merge says what its branches leave, it touches nothing
            return
        for writer in sorted(state.get((one.kind, one.name), ())):
            other = self._certificates[writer]
            if not _comparable(known, other):
                continue
            left = self._left[writer][one.kind, one.name]
            if left != one.before:
                self._add(
                    "chain_broken",
                    f"{one.kind} {shown(one.kind, one.name)} is not as {writer} left it",
                    self._graph.files[version].name,
                    f"psqlmigrate verify --certify {version} proves it again on what is there now",
                )

    def _add(self, code: str, what: str, where: str, way_out: str) -> None:
        self._found[Finding(code, what, where, way_out)] = None


def _comparable(one: Certificate, other: Certificate) -> bool:
    return (one.server_version, one.format_version, one.settings) == (
        other.server_version,
        other.format_version,
        other.settings,
    )
