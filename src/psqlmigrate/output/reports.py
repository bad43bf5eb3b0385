"""How the results of the commands look to people."""

from collections.abc import Iterable

from rich.text import Text

from psqlmigrate.output.console import console, rows
from psqlmigrate.schema.catalog import Change
from psqlmigrate.service.generating import GenerateResult
from psqlmigrate.service.reporting import CheckResult, HistoryResult, StatusResult

_COLOURS = {"+": "green", "-": "red", "~": "yellow"}


def print_status(result: StatusResult, *, full: bool, no_color: bool) -> None:
    """The state of a project, the most important first."""
    out = console(no_color=no_color)
    out.print(f"{result.target}   ({result.source})\n")
    facts = [
        ("Initialized", "yes" if result.initialized else "no"),
        ("Migrations path", result.migrations_path),
        ("Current version", ", ".join(result.current) or "none"),
        ("Applied", str(result.applied)),
        ("Pending", str(len(result.pending))),
        ("Schema drift", _drift_words(result)),
    ]
    for name, value in facts:
        out.print(Text(f"  {name:<18}{value}"))
    if result.pending:
        out.print()
        lines = [(one.version, one.message) for one in result.pending]
        out.print(rows((("Pending", "left"), ("Message", "left")), lines))
    if result.drift and full:
        out.print()
        for symbol, kind, name in result.drift:
            out.print(Text(f" {symbol} {name}   {kind}", style=_COLOURS[symbol]))
    if not result.initialized:
        out.print("\nhint: psqlmigrate init creates the tables that keep the history")
    for name in result.unmodelled:
        out.print(Text(f"not looked at: {name}"))


def _drift_words(result: StatusResult) -> str:
    if result.drift is None:
        return "not looked at"
    if not result.drift:
        return f"no ({result.drift_of} agree)"
    count = len(result.drift)
    return (
        f"yes: {count} {'object differs' if count == 1 else 'objects differ'} ({result.drift_of})"
    )


def print_changes(changes: Iterable[tuple[str, str, str, str]], *, no_color: bool) -> None:
    """One line an object: `+ public.users  table`."""
    out = console(no_color=no_color)
    for symbol, kind, name, summary in changes:
        words = kind if summary == kind else f"{kind}  {summary}"
        out.print(Text(f" {symbol} {name}   {words}", style=_COLOURS[symbol]))


def change_lines(changes: Iterable[Change]) -> list[tuple[str, str, str, str]]:
    """Changes as `print_changes` takes them; what goes with a new or gone owner is not repeated."""
    found = {one.subject.id: one.symbol for one in changes}
    lines: list[tuple[str, str, str, str]] = []
    for change in changes:
        one = change.subject
        if one.is_part and one.owners and found.get(one.owners[0]) == change.symbol != "~":
            continue
        lines.append((change.symbol, one.kind, str(one.id), one.summary()))
    return lines


def print_check(result: CheckResult, *, no_color: bool) -> None:
    """What a migration is missing for."""
    out = console(no_color=no_color)
    count = len(result.changes)
    if not count:
        out.print(f"models and migrations agree ({result.baseline})")
        return
    out.print(f"models and migrations differ: {count} {'object' if count == 1 else 'objects'}\n")
    print_changes(result.changes, no_color=no_color)
    out.print('\nhint: psqlmigrate autogenerate "…" writes the migration')


def print_generated(result: GenerateResult, *, no_color: bool) -> None:
    """What autogenerate did."""
    out = console(no_color=no_color)
    for name in result.unmodelled:
        out.print(Text(f"not in any migration: {name}", style="yellow"))
    if not result.files:
        out.print(f"nothing to do: models and migrations agree ({result.baseline})")
        return
    print_changes(change_lines(result.changes), no_color=no_color)
    hazards = f"; hazards: {', '.join(result.hazards)}" if result.hazards else ""
    out.print(f"\ncertified: up, down, up{hazards}")
    for path in result.files:
        out.print(Text(f"wrote {path}"))


def print_history(result: HistoryResult, *, no_color: bool) -> None:
    """Applied migrations, newest first."""
    out = console(no_color=no_color)
    if not result.rows:
        out.print("no migration is applied")
        return
    lines = [
        (
            row.version,
            row.message or "",
            f"{row.applied_at:%Y-%m-%d %H:%M}" if row.applied_at else "",
            "" if row.execution_time_ms is None else f"{row.execution_time_ms} ms",
            "applied" if row.is_applied else "rolled back",
        )
        for row in result.rows
    ]
    columns = (
        ("Version", "left"),
        ("Message", "left"),
        ("When (UTC)", "left"),
        ("Took", "right"),
        ("State", "left"),
    )
    out.print(rows(columns, lines))
