"""All that was run on a database: the rows of its history, and what only the journal remembers."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from psqlmigrate.service.history import AppliedRow
from psqlmigrate.service.journal import Entry

APPLIED, ROLLED_BACK, FAILED = "applied", "rolled back", "failed"


@dataclass(frozen=True, slots=True)
class PastRun:
    """One migration's run. `state` is applied, rolled back or failed; then `at` is when.

    `direction` and `error` are of a failed one. `replaced_by`: a squashed migration counts instead.
    `role`, `host` and `tool` (psqlmigrate's version) did what happened last, as the journal has it.
    """

    version: str
    message: str | None
    applied_at: datetime | None
    checksum: str | None
    execution_time_ms: int | None
    rolled_back_at: datetime | None
    state: str
    at: datetime | None
    direction: str = ""
    error: str = ""
    replaced_by: str = ""
    role: str = ""
    host: str = ""
    tool: str = ""


def of_row(row: AppliedRow, replaced_by: str = "") -> PastRun:
    """The run that a row of the history is about."""
    done = row.is_applied
    return PastRun(
        row.version,
        row.message,
        row.applied_at,
        row.checksum,
        row.execution_time_ms,
        row.rolled_back_at,
        APPLIED if done else ROLLED_BACK,
        row.applied_at if done else row.rolled_back_at,
        replaced_by=replaced_by,
    )


def all_runs(
    rows: Iterable[AppliedRow],
    entries: Iterable[Entry],
    messages: Mapping[str, str],
    behind: Mapping[str, str],
) -> list[PastRun]:
    """Every run, newest first. A row has the last run of its version only: earlier ones that were
    rolled back, and failed ones, are in the journal.
    """
    known = {row.version: row for row in rows}
    words = {**messages, **{row.version: row.message or "" for row in known.values()}}
    reader = _Reader(words)
    for entry in entries:
        reader.read(entry)
    found = [
        _told(of_row(row, behind.get(row.version, "")), reader.last.get(row.version))
        for row in known.values()
    ]
    for version, closed in reader.closed.items():
        row = known.get(version)
        # The last that was rolled back is what the row says.
        found += closed[:-1] if row and not row.is_applied else closed
    return sorted([*found, *reader.failed], key=_moment, reverse=True)


class _Reader:
    """Goes through the journal, oldest entry first."""

    def __init__(self, messages: Mapping[str, str]) -> None:
        self._messages = messages
        self._open: dict[str, Entry] = {}
        self.closed: defaultdict[str, list[PastRun]] = defaultdict(list)
        self.failed: list[PastRun] = []
        self.last: dict[str, Entry] = {}

    def read(self, entry: Entry) -> None:
        version = entry.version or ""
        if entry.event in {"applied", "adopted"}:
            self._open[version] = self.last[version] = entry
        elif entry.event == "reverted":
            # What a squashed migration stood for is reverted with it.
            begun = self._open.get(version)
            for one in (version, *(begun.detail.get("replaces", ()) if begun else ())):
                self._close(one, entry)
        elif entry.event == "stamped":
            self.last.update(dict.fromkeys(entry.detail.get("marked", ()), entry))
            for one in entry.detail.get("unmarked", ()):
                self._close(one, entry)
        elif entry.event == "failed":
            self.failed.append(self._failed(version, entry))

    def _close(self, version: str, end: Entry) -> None:
        self.last[version] = end
        begun = self._open.pop(version, None)
        if begun is None:
            return
        run = PastRun(
            version,
            self._messages.get(version),
            begun.at,
            begun.detail.get("checksum"),
            begun.detail.get("took_ms"),
            end.at,
            ROLLED_BACK,
            end.at,
        )
        self.closed[version].append(_told(run, end))

    def _failed(self, version: str, entry: Entry) -> PastRun:
        detail = entry.detail
        run = PastRun(
            version,
            self._messages.get(version),
            None,
            None,
            detail.get("took_ms"),
            None,
            FAILED,
            entry.at,
            str(detail.get("direction", "")),
            str(detail.get("message", "")),
        )
        return _told(run, entry)


def _told(run: PastRun, entry: Entry | None) -> PastRun:
    """The run, with who did it; journals of scripts have no host."""
    if entry is None:
        return run
    detail = entry.detail
    role, host, tool = (str(detail.get(name) or "") for name in ("role", "host", "tool"))
    return replace(run, role=role, host=host, tool=tool)


def _moment(run: PastRun) -> tuple[float, str]:
    return (run.at.timestamp() if run.at else 0.0, run.version)
