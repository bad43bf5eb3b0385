"""What was changed in a database by hand, as a script for psql that undoes it."""

from collections.abc import Iterator

from psqlmigrate.output.printable import printable
from psqlmigrate.output.runs import one_line
from psqlmigrate.schema.statement import Statement
from psqlmigrate.service.describing import Entry
from psqlmigrate.service.drifting import DriftResult


def script(result: DriftResult) -> Iterator[str]:
    """The lines: what differs as comments, then the SQL that restores it with its hazards.

    A script without SQL is a valid one, too: piped into psql it changes nothing.
    """
    made = f"what {_counted(result.applied, 'migration')} made"
    if not result.objects:
        yield _comment(f"no drift: {result.target} is {made}")
        return
    count = _counted(len(result.objects), "object")
    yield _comment(f"drift: {count} of {result.target} not as {made} there")
    for one in result.objects:
        yield from map(_comment, _told(one))
    for text in result.offers:
        yield _comment(f"perhaps a rename: {text}")
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
        yield f"note: {count} that no migration made left alone; status --full names them"
    if result.objects:
        keep = 'psqlmigrate drift --to-migration "…" keeps the change'
        undo = "" if result.refused else "psqlmigrate drift | psql … undoes it; "
        yield f"\nhint: {undo}{keep}"
    if result.offers:
        yield f"hint: if it was renamed, --to-migration … --rename {result.offers[0]!r} keeps the data"


def _statements(statements: tuple[Statement, ...]) -> Iterator[str]:
    together = all(one.transactional and not one.commits for one in statements)
    yield "SET check_function_bodies = off;"
    if together:
        yield "BEGIN;"
    for one in statements:
        if one.hazards:
            yield _comment(", ".join(sorted(one.hazards)))
        yield f"{one.sql};"
    if together:
        yield "COMMIT;"


def _told(one: Entry) -> Iterator[str]:
    words = one.summary or (one.kind if one.kind != "table" else "")
    yield f" {one.symbol} {one.name}   {words}".rstrip()
    for line in one.lines:
        yield f"     {line}"


def _comment(text: str) -> str:
    """One line whatever is in it: a name with a line end in it must not end the comment."""
    indent = len(text) - len(text.lstrip())
    return f"-- {' ' * indent}{one_line(text)}"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
