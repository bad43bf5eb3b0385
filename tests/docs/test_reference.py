"""The pages that list things list all of them."""

import re
import shlex
from collections.abc import Iterator

import click
import pytest

from docs import reference
from docs.conftest import PAGES
from docs.pages import blocks
from psqlmigrate.cli import ending, failures
from psqlmigrate.cli.app import program
from psqlmigrate.errors import MigrationError
from psqlmigrate.postgres.connect import Connection
from psqlmigrate.schema.statement import Hazard
from psqlmigrate.service import bookkeeping, config
from psqlmigrate.service.bookkeeping import Tables

_ROW = re.compile(r"^\| (?P<first>[^|]+?) \|(?P<rest>.*)\|$", re.MULTILINE)


def _rows(page: str, before: str | None = None) -> dict[str, list[str]]:
    """The rows of a page's tables by their first cell, without back quotes."""
    text = (PAGES / page).read_text().partition(before or "\0")[0]
    return {
        row["first"].replace("`", ""): [cell.strip(" `") for cell in row["rest"].split("|")]
        for row in _ROW.finditer(text)
    }


def _errors(base: type[MigrationError]) -> Iterator[type[MigrationError]]:
    yield base
    for one in base.__subclasses__():
        yield from _errors(one)


def test_the_reference_is_that_of_the_commands() -> None:
    made = reference.PAGE.read_text()
    assert made == reference.page(), "run `python tests/docs/reference.py` and commit the page"


def test_every_error_is_listed_with_its_codes() -> None:
    rows = _rows("exit-codes.md")
    for one in set(_errors(MigrationError)):
        assert rows[one.__name__][:2] == [one.code, str(one.exit_code)], one.__name__


def test_every_exit_code_is_explained() -> None:
    rows = _rows("exit-codes.md")
    ended = (ending.HUNG_UP, ending.INTERRUPTED, ending.TERMINATED)
    beyond = (*ended, failures.PIPE_CLOSED, failures.BUG)
    used = {one.exit_code for one in _errors(MigrationError)}
    for code in {0, 1, *used, *beyond}:
        assert str(code) in rows


def test_every_hazard_is_explained() -> None:
    assert set(_rows("hazards.md", before="\n## ")) - {"hazard", "---"} == {
        str(one) for one in Hazard
    }


def test_every_key_of_the_configuration_is_explained() -> None:
    rows = _rows("configuration.md")
    assert set(config.KEYS) <= set(rows)


def test_every_column_of_the_tables_is_explained(connection: Connection) -> None:
    tables = Tables()
    bookkeeping.create_jobs(connection, tables)
    bookkeeping.create_lease(connection, tables)
    text = (PAGES / "files.md").read_text()
    found = connection.execute(
        "SELECT table_name, column_name FROM information_schema.columns"
        " WHERE table_name LIKE '\\_psqlm%'"
    ).fetchall()
    assert {table for table, _ in found} == set(tables.names)
    for table, column in found:
        section = text.split(f"### `{table}`", 1)[1].split("\n#", 1)[0]
        assert f"| `{column}` |" in section, f"{table}.{column}"


@pytest.mark.parametrize("name", sorted(program.commands))
def test_the_examples_of_help_can_be_typed(name: str) -> None:
    """They are parsed as they stand; nothing is run."""
    command = program.commands[name]
    lines = [line.strip() for line in (command.help or "").splitlines()]
    examples = [line for line in lines if line.split()[:2] == ["psqlmigrate", name]]
    assert examples
    for line in examples:
        words = shlex.split(re.split(r" [|>]", line)[0])
        command.make_context(name, words[2:])


def test_commands_of_the_documentation_exist() -> None:
    """Also where a block is not run, and within sentences: no command or option is made up."""
    for page in [*PAGES.rglob("*.md"), PAGES.parent / "README.md"]:
        text = page.read_text()
        for block in blocks(text):
            for line in block.text.splitlines():
                _parse(f"{page.name}:{block.line}", line.removeprefix("$ "))
        for span in re.findall(r"`(psqlmigrate [^`]+)`", text):
            _parse(page.name, span.replace("\\|", "|"))


_LIKE_COMMANDS = ("COMMAND", "--version", "[OPTIONS]")


def _parse(where: str, line: str) -> None:
    if not line.startswith("psqlmigrate "):
        return
    words = shlex.split(re.split(r" (?:[|>;]|&&)", line)[0].rstrip("\\"), comments=True)
    if set(words) & set(_LIKE_COMMANDS):
        return
    assert words[1] in program.commands, f"{where}: {line}"
    try:
        program.commands[words[1]].make_context(words[1], words[2:])
    except click.ClickException as error:
        raise AssertionError(f"{where}: {line}: {error.format_message()}") from None


def test_each_promise_names_a_test_that_is_there() -> None:
    page = PAGES / "reliability.md"
    named = re.findall(r"\]\((\.\./tests/[^)]+)\)", page.read_text(encoding="utf-8"))
    assert len(named) > 20
    assert [one for one in named if not (page.parent / one).resolve().is_file()] == []
