"""What was changed in a database by hand, as a script for psql that undoes it."""

from collections.abc import Iterator

from rich.text import Text

from psqlmigrate.output.console import console
from psqlmigrate.output.plans import script_lines
from psqlmigrate.output.printable import printable
from psqlmigrate.output.reports import print_entries, print_generated
from psqlmigrate.schema.identity import shown
from psqlmigrate.schema.statement import Statement
from psqlmigrate.service.describing import Entry
from psqlmigrate.service.drifting import DriftResult
from psqlmigrate.service.generating import GenerateResult


def script(result: DriftResult) -> Iterator[str]:
    """The lines: what differs as comments, then the SQL that restores it with its hazards.

    A script without SQL is a valid one, too: piped into psql it changes nothing.
    """
    made = f"as {_counted(result.applied, 'migration')} made"
    if not result.objects:
        yield _comment(f"no drift: {result.target} is {made} it")
        return
    count = _counted(len(result.objects), "object")
    verb = "is" if len(result.objects) == 1 else "are"
    them = "it" if len(result.objects) == 1 else "them"
    yield _comment(f"drift: {count} in {result.target} {verb} not {made} {them}")
    for one in result.objects:
        yield from map(_comment, _told(one))
    for text in result.offers:
        yield _comment(f"perhaps a rename: {text}")
    if result.untried:
        yield _comment(f"not tried out, since no copy can be made: {result.untried}")
    if result.refused:
        yield _comment(f"no SQL undoes it: {result.refused}")
        return
    yield ""
    yield from _statements(result.statements)


def notes(result: DriftResult, *, quiet: bool) -> Iterator[str]:
    """What was not compared, what no way out touches, and the ways out."""
    for name in result.unmodelled:
        yield f"not compared: {printable(name)}"
    if quiet:
        return
    if result.unmanaged:
        count = _counted(len(result.unmanaged), "object")
        yield f"note: {count} that no migration made: left alone, status --full names them"
    if result.objects:
        keep = 'psqlmigrate drift --to-migration "…" keeps the change'
        undo = "" if result.refused else "psqlmigrate drift | psql … undoes it; "
        yield f"\nhint: {undo}{keep}"
    if result.offers:
        yield f"hint: if it was renamed, --to-migration … --rename {result.offers[0]!r} keeps the data"


def print_kept(written: GenerateResult, *, no_color: bool) -> None:
    """What the migration takes over, what was proven of it, and where it is."""
    out = console(no_color=no_color)
    for words in written.renamed:
        out.print(Text(f" ~ {words}", style="yellow"))
    print_entries(out, written.objects)
    out.print()
    print_generated(written, no_color=no_color)
    out.print("recorded as applied: the database has it already")
    out.print("\nhint: psqlmigrate check says whether the models have it, too")


def _statements(statements: tuple[Statement, ...]) -> Iterator[str]:
    together = all(one.transactional and not one.commits for one in statements)
    yield "SET check_function_bodies = off;"
    if together:
        yield "BEGIN;"
    yield from script_lines(statements)
    if together:
        yield "COMMIT;"


def _told(one: Entry) -> Iterator[str]:
    words = one.summary or (one.kind if one.kind != "table" else "")
    yield f" {one.symbol} {shown(one.kind, one.name)}   {words}".rstrip()
    for line in one.lines:
        yield f"     {line}"


def _comment(text: str) -> str:
    """One line whatever is in it: a name with a line end in it must not end the comment."""
    return "-- " + "".join(one if one.isprintable() else " " for one in text)


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
