"""How the results of the commands look to people."""

from collections.abc import Iterable

from rich.console import Console
from rich.text import Text

from psqlmigrate.migrations.sent import shown as shown_path
from psqlmigrate.output.console import console, rows
from psqlmigrate.output.runs import one_line, took
from psqlmigrate.schema.identity import shown
from psqlmigrate.service.applied import HistoryResult
from psqlmigrate.service.checking import CheckResult
from psqlmigrate.service.describing import Entry
from psqlmigrate.service.generating import GenerateResult
from psqlmigrate.service.pastruns import FAILED, ROLLED_BACK, PastRun

_UNFOLDED = 1000
"""Columns where no person looks: a line stays one line."""
_COLOURS = {"+": "green", "-": "red", "~": "yellow"}


def print_entries(out: Console, entries: Iterable[Entry]) -> None:
    """One line an object: `+ public.users   table, 4 columns`; what changed in it below."""
    for one in entries:
        words = one.summary or (one.kind if one.kind != "table" else "")
        name = shown(one.kind, one.name)
        out.print(Text(f" {one.symbol} {name}   {words}".rstrip(), style=_COLOURS[one.symbol]))
        for line in one.lines:
            out.print(Text(f"     {line}", style=_COLOURS.get(line[0], "yellow")))


def print_check(result: CheckResult, *, no_color: bool) -> None:
    """What a migration is missing for."""
    out = console(no_color=no_color)
    count = len(result.objects) + len(result.renamed)
    for note in result.notes:
        out.print(Text(f"note: {note}", style="yellow"))
    if not count:
        out.print(Text(f"models and migrations agree: {result.models}, {result.baseline}"))
        return
    out.print(f"models and migrations differ: {count} {'object' if count == 1 else 'objects'}\n")
    for words in result.renamed:
        out.print(Text(f" ~ {words}", style="yellow"))
    print_entries(out, result.objects)
    out.print('\nhint: psqlmigrate autogenerate "…" writes the migration')


def print_generated(result: GenerateResult, *, no_color: bool) -> None:
    """What autogenerate did."""
    out = console(no_color=no_color)
    if result.models:
        out.print(Text(f"models: {result.models}   baseline: {result.baseline}"))
    for note in (*result.notes, *(f"not in any migration: {one}" for one in result.unmodelled)):
        out.print(Text(f"note: {note}", style="yellow"))
    if not result.files:
        out.print("nothing to do: models and migrations agree")
        return
    if result.models:
        out.print()
        for words in result.renamed:
            out.print(Text(f" ~ {words}", style="yellow"))
        print_entries(out, result.objects)
        out.print()
    _print_proof(out, result)
    for path in result.files:
        out.print(Text(f"wrote {shown_path(path)}"))
    for text in result.offers:
        out.print(Text(f"hint: if it was renamed, --rename {text!r} keeps the data"))


def _print_proof(out: Console, result: GenerateResult) -> None:
    if result.certified:
        losses = f"; down loses {', '.join(result.loses)}" if result.loses else ""
        out.print(Text(f"certified in {result.seconds:.1f} s: up, down, up{losses}"))
    if result.hazards:
        out.print(Text(f"hazards: {', '.join(result.hazards)}", style="yellow"))
    for words in result.may_fail:
        out.print(Text(f"may fail: {words}", style="yellow"))
    for words in result.unfilled:
        out.print(Text(f"no sample rows: {words}"))


def print_history(result: HistoryResult, *, verbose: bool, no_color: bool) -> None:
    """What was run, newest first; `verbose` says who did it."""
    out = console(no_color=no_color)
    if not result.rows:
        out.print("no migration is applied")
        return
    lines = [
        (
            run.version,
            one_line(run.message or ""),
            f"{moment:%Y-%m-%d %H:%M}" if (moment := run.applied_at or run.at) else "",
            "" if run.execution_time_ms is None else took(run.execution_time_ms),
            *((_who(run),) if verbose else ()),
            _state(run),
        )
        for run in result.rows
    ]
    columns = (
        ("Version", "left"),
        ("Message", "left"),
        ("When (UTC)", "left"),
        ("Took", "right"),
        *((("By", "left"),) if verbose else ()),
        ("State", "left"),
    )
    if not out.is_terminal:
        out.width = _UNFOLDED
    out.print(rows(columns, lines))


def _who(run: PastRun) -> str:
    return f"{run.role} on {run.host}, {run.tool}" if run.role else ""


def _state(run: PastRun) -> str:
    if run.state == FAILED:
        down = " to go back" if run.direction == "down" else ""
        return f"failed{down}: {one_line(run.error.partition(chr(10))[0])}"
    if run.state == ROLLED_BACK and run.rolled_back_at:
        return f"rolled back {run.rolled_back_at:%Y-%m-%d %H:%M}"
    return f"{run.state}, part of {run.replaced_by}" if run.replaced_by else run.state
