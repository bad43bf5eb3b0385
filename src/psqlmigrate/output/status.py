"""How the state of a project looks to people."""

from datetime import UTC, datetime

from rich.console import Console
from rich.text import Text

from psqlmigrate.output.console import console, rows
from psqlmigrate.output.reports import print_entries
from psqlmigrate.output.runs import one_line
from psqlmigrate.schema.identity import shown_whole
from psqlmigrate.service.halfrun import Begun, way_out
from psqlmigrate.service.locking import spoken
from psqlmigrate.service.status import BY_HAND, NOT_MIGRATED, StatusResult


def print_status(
    result: StatusResult, *, full: bool, no_color: bool, verbose: bool = False
) -> None:
    """The most important first; `full` lists the objects that differ.

    `verbose` says which interpreter reads the models.
    """
    out = console(no_color=no_color)
    out.print(Text(f"{result.target}   ({result.source})\n"))
    for one in result.begun:
        out.print(Text(f"  {_begun(one)}\n", style="bold red" if one.dirty else "bold"))
    python = [("Models read by", result.python)] if verbose and result.python else []
    for name, value in (*_facts(result), *python):
        out.print(Text(f"  {name:<18}{value}"))
    _print_pending(out, result)
    if full:
        _print_drift(out, result)
    for name in result.unmanaged if full else ():
        out.print(Text(f" ? {shown_whole(name)}   unmanaged: no migration made it"))
    for name in result.unmodelled:
        out.print(Text(f"not compared: {name}"))
    for note in result.notes:
        out.print(Text(f"note: {note}"))
    if hint := _hint(result, full=full):
        out.print(Text(f"\nhint: {hint}"))


def _begun(one: Begun) -> str:
    if one.dirty:
        return f"Dirty: {one.dirty}\n  {way_out(one.version)}"
    verb, command = ("applied", "upgrade") if one.direction == "up" else ("reverted", "downgrade")
    statements = "statement" if one.done == 1 else "statements"
    return (
        f"Half {verb}: {one.version}, {one.done} {statements} done; "
        f"psqlmigrate {command} goes on from there"
    )


def _facts(result: StatusResult) -> list[tuple[str, str]]:
    facts = [
        ("Initialized", "yes" if result.initialized else "no"),
        ("Migrations path", result.migrations_path),
        ("Current version", _current(result)),
        ("Applied", str(result.applied)),
        ("Pending", str(len(result.pending))),
    ]
    if result.unknown:
        facts.append(("Without a file", ", ".join(result.unknown)))
    facts.append(("Schema drift", _drift(result)))
    if result.unmanaged:
        count = len(result.unmanaged)
        facts.append(("Unmanaged", f"{count} {'object' if count == 1 else 'objects'}"))
    return facts


def _current(result: StatusResult) -> str:
    if not result.current:
        return "none"
    words = [", ".join(result.current), one_line(result.current_message)]
    if result.current_since:
        words.append(f"{spoken(datetime.now(UTC) - result.current_since)} ago")
    return "   ".join(filter(None, words))


def _drift(result: StatusResult) -> str:
    if result.drift is None:
        return "not known" if result.initialized else "not looked at"
    if not result.drift:
        return "no"
    counts = [
        (sum(one.found != NOT_MIGRATED for one in result.drift), "changed in the database by hand"),
        (sum(one.found == NOT_MIGRATED for one in result.drift), "of the models in no migration"),
    ]
    parts = [
        f"{count} {'object' if count == 1 else 'objects'} {words}"
        for count, words in counts
        if count
    ]
    return f"yes: {'; '.join(parts)}"


def _print_pending(out: Console, result: StatusResult) -> None:
    if not result.pending:
        return
    out.print()
    lines = [
        (
            one.version,
            one.message,
            "" if one.statements is None else str(one.statements),
            ", ".join(one.hazards),
        )
        for one in result.pending
    ]
    columns = (
        (" Pending", "left"),
        ("Message", "left"),
        ("Statements", "right"),
        ("Hazards", "left"),
    )
    out.print(rows(columns, [(f" {first}", *rest) for first, *rest in lines]))


def _print_drift(out: Console, result: StatusResult) -> None:
    for found in sorted({one.found for one in result.drift or ()}):
        out.print(Text(f"\n Drift: {found}", style="bold"))
        print_entries(out, [one.object for one in result.drift or () if one.found == found])


def _hint(result: StatusResult, *, full: bool) -> str:
    if not result.initialized:
        return "psqlmigrate init creates the tables that keep the history"
    if result.drift and not full:
        return "psqlmigrate status --full shows what differs"
    kinds = {one.found for one in result.drift or ()}
    if kinds == {NOT_MIGRATED}:
        return 'psqlmigrate autogenerate "…" writes the migration'
    if BY_HAND in kinds:
        return "psqlmigrate drift shows the change and both ways out"
    return ""
