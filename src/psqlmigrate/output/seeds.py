"""How what a seed file did looks to people."""

from rich.text import Text

from psqlmigrate.migrations.sent import shown
from psqlmigrate.output.console import console, rows
from psqlmigrate.output.printable import printable
from psqlmigrate.service.seeding import SeededTable, SeedResult


def print_seed(result: SeedResult, *, verbose: bool, no_color: bool) -> None:
    """A row for each table, then what it comes to; with `verbose` also the sequences."""
    out = console(no_color=no_color)
    if result.tables:
        kept_out = any(one.kept_out for one in result.tables)
        headings = ["Inserted", "Updated", "Unchanged", *(["Kept out"] if kept_out else [])]
        columns = [("Table", "left"), *((one, "right") for one in headings)]
        out.print(rows(columns, [_row(one, kept_out=kept_out) for one in result.tables]))
        out.print()
    for name in result.sequences if verbose else ():
        out.print(Text(f"advanced {printable(name)}"))
    out.print(Text(_summary(result)))
    if any(one.kept_out for one in result.tables):
        out.print(Text("kept out by a trigger, a rule or a policy of the table", style="yellow"))


def _row(one: SeededTable, *, kept_out: bool) -> list[str]:
    counts = [one.inserted, one.updated, one.unchanged, *([one.kept_out] if kept_out else [])]
    return [printable(one.table), *map(str, counts)]


def _summary(result: SeedResult) -> str:
    file = printable(shown(result.file))
    if not result.tables:
        return f"{file} names no tables: nothing to do"
    would = "would be " if result.dry_run else ""
    inserted = sum(one.inserted for one in result.tables)
    updated = sum(one.updated for one in result.tables)
    words = [f"tables {would}emptied first"] if result.truncated else []
    words += [f"{inserted} {would}inserted"] if inserted else []
    words += [f"{updated} {would}updated"] if updated else []
    words = words or ["nothing to change"]
    return f"{file}: {', '.join(words)}" + ("; nothing was changed" if result.dry_run else "")
