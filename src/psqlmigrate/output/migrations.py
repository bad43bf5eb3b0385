"""How migrations look to people: those that would run, and one by itself."""

from collections.abc import Iterable

from rich.console import Console
from rich.text import Text

from psqlmigrate.output.console import console
from psqlmigrate.output.runs import one_line
from psqlmigrate.schema.identity import shown
from psqlmigrate.service.preview import PreviewMigration, PreviewResult, PreviewStatement
from psqlmigrate.service.showing import ShowResult


def print_preview(result: PreviewResult, *, no_color: bool) -> None:
    """The SQL that would run, in its order, with its hazards."""
    out = console(no_color=no_color)
    for one in result.migrations:
        _print_head(out, one, result.direction)
        _print_sql(out, one.statements, one.unknown)
        out.print()
    done = "applied" if result.direction == "up" else "reverted"
    count = len(result.migrations)
    left = f"{result.pending} left pending" if result.pending else "none left pending"
    out.print(f"{count} would be {done}, {left}; nothing was run" if count else "nothing to do")


def print_show(result: ShowResult, *, no_color: bool) -> None:
    """One migration, the most important first."""
    out = console(no_color=no_color)
    out.print(Text(f"{result.version}  {one_line(result.message)}", style="bold"))
    facts = [
        ("File", result.file),
        ("After", ", ".join(result.parents) or "nothing: it is the first"),
        ("State", result.state),
        ("Transaction", "one" if result.transactional else "none: each statement commits"),
        ("Certificate", result.certificate),
        ("Hazards", result.hazard_words),
        ("Checksum", result.checksum),
    ]
    for name, value in facts:
        out.print(Text(f"  {name:<14}{value}"))
    if result.touched:
        out.print("\nTouches")
        for touched in result.touched:
            out.print(
                Text(f" {touched.symbol} {shown(touched.kind, touched.name)}   {touched.kind}")
            )
    for direction, half in (("up", result.up), ("down", result.down)):
        out.print(f"\n-- psqlmigrate: {direction}")
        _print_sql(out, half.statements, half.unknown)


def _print_head(out: Console, one: PreviewMigration, direction: str) -> None:
    words = [f"hazards: {', '.join(one.hazards)}"] if one.hazards else []
    if direction == "down":
        words.append("hazards not known: certificates tell those of up")
    elif not one.certified:
        words.append("hazards not known: no certificate")
    words += ["older than what is applied"] if one.late else []
    words += [] if one.transactional else ["without a transaction"]
    head = f" {one.version}  {one_line(one.message)}"
    note = f"   {'; '.join(words)}" if words else ""
    out.print(Text(head) + Text(note, style="yellow"))


def _print_sql(out: Console, statements: Iterable[PreviewStatement], unknown: str) -> None:
    for one in statements:
        note = f"  -- {', '.join(one.hazards)}" if one.hazards else ""
        out.print(Text(one.sql) + Text(note, style="yellow"))
    if unknown:
        out.print(Text(f"-- what it runs is known only in the database: {unknown}", style="yellow"))
