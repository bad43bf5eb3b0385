"""Migrations without a transaction that were begun and not finished, as the journal tells."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from psqlmigrate.errors import DirtyError
from psqlmigrate.postgres.connect import Connection
from psqlmigrate.service.bookkeeping import Tables
from psqlmigrate.service.lineage import Lineage

# Whoever stamps says of all versions what is true.
_READ = """
WITH closed AS (
  SELECT version, pg_catalog.max(id) AS id FROM {journal}
   WHERE event IN ('applied', 'reverted', 'adopted', 'resolved') GROUP BY version),
stamped AS (SELECT pg_catalog.max(id) AS id FROM {journal} WHERE event = 'stamped')
SELECT j.event, j.version, j.detail
  FROM {journal} j CROSS JOIN stamped s LEFT JOIN closed c ON c.version = j.version
 WHERE (j.event = 'statement'
        OR j.event = 'failed'
           AND pg_catalog.jsonb_extract_path_text(j.detail, 'code') = 'dirty')
   AND j.version IS NOT NULL AND j.id > GREATEST(c.id, s.id, 0)
 ORDER BY j.id"""


@dataclass(frozen=True, slots=True)
class Noted:
    """What the journal says of one statement: `running`, `done`, or `failed` in parts."""

    digest: str
    outcome: str
    rows: bool
    count: int
    look: Mapping[str, Any] | None
    line: int = 0


@dataclass(slots=True)
class HalfRun:
    """A migration that was begun and not finished; `dirty` says why nobody can go on with it."""

    version: str
    direction: str
    checksum: str = ""
    noted: dict[int, Noted] = field(default_factory=dict[int, Noted])
    dirty: str = ""

    @property
    def done(self) -> int:
        """How many statements are done."""
        return sum(one.outcome == "done" for one in self.noted.values())


@dataclass(frozen=True, slots=True)
class Begun:
    """The same for whoever asks where a database stands."""

    version: str
    direction: str
    done: int
    dirty: str


def read(connection: Connection, tables: Tables) -> dict[str, HalfRun]:
    """All of them by version; the journal's table is there."""
    found: dict[str, HalfRun] = {}
    for event, version, detail in tables.run(connection, _READ):
        half = found.setdefault(version, HalfRun(version, str(detail.get("direction", "up"))))
        if event == "failed":
            half.dirty = str(detail.get("message", ""))
        else:
            _take(half, detail)
    for half in found.values():
        half.dirty = half.dirty or _undecided(half)
    return {version: half for version, half in found.items() if half.noted or half.dirty}


def begun(half: HalfRun) -> Begun:
    """What `status` tells of it."""
    return Begun(half.version, half.direction, half.done, half.dirty)


def refuse(
    halves: Mapping[str, HalfRun], direction: str, todo: Collection[str], now: Lineage
) -> None:
    """Raises DirtyError where one is dirty, or is not what this run would finish.

    Whoever upgrades has not asked for what the rest of a `down` drops, nor does anybody know the
    way up from its middle: the command that finishes it is named instead.
    """
    for half in halves.values():
        if half.dirty:
            raise DirtyError(half.dirty, version=half.version, hint=way_out(half.version))
        finishes = half.direction == direction and half.version in todo
        waits = half.direction == direction == "up" and half.version in now.graph.files
        if not (finishes or waits):
            raise _half(half, direction, now)


def _half(half: HalfRun, direction: str, now: Lineage) -> DirtyError:
    finishing = f"psqlmigrate {_finishing(half, now)} finishes it"
    if half.version not in now.graph.files:
        finishing = f"bring back its file, and {finishing}"
    if direction == "up" != half.direction:
        finishing += ", then upgrade applies it again"
    return DirtyError(
        f"{half.version} is half {_PARTICIPLE[half.direction]}: {_count(half.done)} of it",
        version=half.version,
        hint=f"{finishing}; or {way_out(half.version)}",
    )


def _finishing(half: HalfRun, now: Lineage) -> str:
    """The command that runs the rest of it, and nothing else where there is such a one."""
    graph, version = now.graph, half.version
    if half.direction == "up":
        return "upgrade" if len(graph.heads) == 1 else f"upgrade {version}"
    newest = [one.version for one in reversed(graph.order) if one.version in now.applied]
    if version not in newest or newest[0] == version:
        return "downgrade"
    # Only a downgrade to its parent can have begun with it while another branch has a newer one.
    return f"downgrade {next(iter(graph.parents(version)), 'base')}"


def statement(number: int, version: str, line: int) -> str:
    """Which statement it is, in words; the line is of the file, 0 where it is not known."""
    place = f", line {line}," if line else ""
    return f"statement {number} of {version}{place}"


def way_out(version: str) -> str:
    """How to go on with a dirty migration."""
    return (
        f"put the database right by hand, then say what it has: psqlmigrate resolve --applied "
        f"{version}, or --rolled-back {version}"
    )


_PARTICIPLE = {"up": "applied", "down": "reverted"}


def _count(done: int) -> str:
    return f"{done} {'statement' if done == 1 else 'statements'}"


def _take(half: HalfRun, detail: Mapping[str, Any]) -> None:
    number, outcome = int(detail["number"]), str(detail["outcome"])
    half.direction = str(detail.get("direction", half.direction))
    half.checksum = str(detail.get("checksum", ""))
    if outcome == "undone":
        half.noted.pop(number, None)
        return
    half.noted[number] = Noted(
        str(detail.get("digest", "")),
        outcome,
        bool(detail.get("rows", False)),
        int(detail.get("count", -1)),
        detail.get("look"),
        int(detail.get("line", 0)),
    )


def _undecided(half: HalfRun) -> str:
    if 0 in half.noted:
        return (
            f"{half.version} used the connection by itself and did not finish: "
            "what it did is not known"
        )
    for number, one in half.noted.items():
        if one.outcome != "done" and one.look is None:
            which = statement(number, half.version, one.line)
            return f"{which} was begun, and nobody can tell whether it was done"
    return ""
