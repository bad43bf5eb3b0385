"""All migrations up, down and up again in scratch, against their certificates, in one pass."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from psqlmigrate.errors import MigrationError
from psqlmigrate.migrations.certificate import Certificate
from psqlmigrate.migrations.file import MigrationFile
from psqlmigrate.postgres.connect import Connection, repin, server_major
from psqlmigrate.postgres.introspect import introspect
from psqlmigrate.postgres.scratch import Scratch
from psqlmigrate.schema.catalog import diff
from psqlmigrate.schema.dbobject import DbObject
from psqlmigrate.schema.hashing import FORMAT_VERSION, object_hash
from psqlmigrate.schema.identity import ObjectId, shown
from psqlmigrate.service.canonical import canonical
from psqlmigrate.service.certifying import settings_digest
from psqlmigrate.service.findings import Finding
from psqlmigrate.sources.migrations import replay, run

_Hashes = dict[ObjectId, str]
_Delta = dict[ObjectId, tuple[str | None, str | None]]


@dataclass(frozen=True, slots=True)
class ReplayResult:
    """`compared`: certificates whose hashes could be compared, being of this server's major.

    `reverted`: how many migrations went down and up again; the first ones do not when a
    migration without a certificate cannot be reverted. `finding`: the first difference.
    """

    server_version: int
    ran: int
    compared: int
    reverted: int
    finding: Finding | None = None


def replay_all(
    scratch: Scratch, files: Sequence[MigrationFile], certificates: Mapping[str, Certificate]
) -> ReplayResult:
    """Runs all the files; stops at the first that does not do what its certificate says."""
    with scratch.database() as connection:
        return _Replay(scratch, connection, files, certificates).result()


class _DiffersError(Exception):
    """The first difference was found."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.what)
        self.finding = finding


class _Replay:
    """Remembers per migration what it changed, so that one state is in memory, not all."""

    def __init__(
        self,
        scratch: Scratch,
        connection: Connection,
        files: Sequence[MigrationFile],
        certificates: Mapping[str, Certificate],
    ) -> None:
        self._scratch = scratch
        self._connection = connection
        self._files = files
        self._certificates = certificates
        self._known: dict[DbObject, str] = {}
        self._deltas: list[_Delta] = []
        self._compared = 0
        self._reverted = 0

    def result(self) -> ReplayResult:
        finding = None
        try:
            self._up()
            state = self._down(self._look())
            self._up_again(state)
        except _DiffersError as error:
            finding = error.finding
        major = server_major(self._connection)
        return ReplayResult(major, len(self._deltas), self._compared, self._reverted, finding)

    def _up(self) -> None:
        before = self._look()
        for file in self._files:
            self._run(file, "up")
            after = self._look()
            delta = _delta(before, after)
            self._compare(file, delta)
            self._deltas.append(delta)
            before = after

    def _compare(self, file: MigrationFile, delta: _Delta) -> None:
        known = self._certificates.get(file.version)
        if known is None or not self._comparable(known):
            return
        self._compared += 1
        stated = {
            (one.kind, one.name): (one.before, one.after)
            for one in known.objects
            if one.before != one.after
        }
        seen = {(oid.kind, str(oid)): sides for oid, sides in delta.items()}
        wrong = sorted(key for key in {*stated, *seen} if stated.get(key) != seen.get(key))
        if wrong:
            names = ", ".join(f"{kind} {shown(kind, name)}" for kind, name in wrong)
            raise _DiffersError(
                self._finding(file, f"up does not do what its certificate says: {names}")
            )

    def _comparable(self, known: Certificate) -> bool:
        here = (server_major(self._connection), FORMAT_VERSION, settings_digest())
        return (known.server_version, known.format_version, known.settings) == here

    def _down(self, state: _Hashes) -> _Hashes:
        for position in range(len(self._files) - 1, -1, -1):
            file = self._files[position]
            try:
                self._run(file, "down")
            except _DiffersError:
                if file.version in self._certificates:
                    raise
                break
            state = _applied(state, self._deltas[position], back=True)
            self._require(file, state, "down", self._files[:position])
            self._reverted += 1
        return state

    def _up_again(self, state: _Hashes) -> None:
        for position in range(len(self._files) - self._reverted, len(self._files)):
            file = self._files[position]
            self._run(file, "up")
            state = _applied(state, self._deltas[position], back=False)
            self._require(file, state, "the second up", self._files[: position + 1])

    def _require(
        self, file: MigrationFile, wanted: _Hashes, who: str, files: Sequence[MigrationFile]
    ) -> None:
        """The state has to be what it was; where it only prints differently, its fixpoint has to."""
        if self._look() == wanted:
            return
        with self._scratch.database() as other:
            replay(other, files)
            want = canonical(self._scratch, introspect(other))
        have = canonical(self._scratch, introspect(self._connection))
        if changes := diff(have, want):
            names = ", ".join(
                f"{one.symbol}{one.subject.kind} {one.subject.id.shown}" for one in changes
            )
            raise _DiffersError(
                self._finding(file, f"{who} does not lead where it should: {names}")
            )

    def _run(self, file: MigrationFile, direction: str) -> None:
        try:
            run(self._connection, file, direction)
        except MigrationError as error:
            raise _DiffersError(
                self._finding(file, f"{direction} fails: {error.message}", error.hint)
            ) from None
        finally:
            if not self._connection.broken:
                repin(self._connection)

    def _look(self) -> _Hashes:
        return {one.id: self._hash(one) for one in introspect(self._connection, edges=False)}

    def _hash(self, one: DbObject) -> str:
        found = self._known.get(one)
        if found is None:
            found = self._known[one] = object_hash(one)
        return found

    def _finding(self, file: MigrationFile, what: str, hint: str = "") -> Finding:
        known = file.version in self._certificates
        way_out = f"psqlmigrate verify --certify {file.version} proves a pending migration again"
        ways = (way_out if known else "correct the file", hint)
        return Finding("replay", what, file.name, "; ".join(filter(None, ways)))


def _delta(before: _Hashes, after: _Hashes) -> _Delta:
    return {
        oid: (before.get(oid), after.get(oid))
        for oid in before.keys() | after.keys()
        if before.get(oid) != after.get(oid)
    }


def _applied(state: _Hashes, delta: _Delta, *, back: bool) -> _Hashes:
    after = dict(state)
    for oid, sides in delta.items():
        value = sides[0] if back else sides[1]
        if value is None:
            after.pop(oid, None)
        else:
            after[oid] = value
    return after
