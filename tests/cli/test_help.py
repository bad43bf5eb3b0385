"""--help is quick and complete."""

import subprocess
import sys

import click
import pytest

from psqlmigrate.cli.app import main, program
from psqlmigrate.cli.commands import GROUPS


def test_help_lists_every_command_in_its_group(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    assert [text.index(f"{title}:") for title in GROUPS] == sorted(
        text.index(f"{title}:") for title in GROUPS
    )
    for name in program.commands:
        assert f"  {name} " in text


@pytest.mark.parametrize("name", sorted(program.commands))
def test_each_command_has_an_example(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "--help"]) == 0
    assert f"psqlmigrate {name}" in capsys.readouterr().out.split("Usage:")[1].split("\n", 1)[1]


def test_help_imports_neither_driver_nor_tables() -> None:
    script = (
        "import sys; from psqlmigrate.cli.app import main; main(['--help']);"
        "print([n for n in ('psycopg', 'rich', 'yaml', 'tomllib') if n in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_every_option_is_documented() -> None:
    for command in program.commands.values():
        for option in command.params:
            if isinstance(option, click.Option):
                assert option.help, f"{command.name} {option.name}"


def test_the_sentence_of_a_command_is_that_of_its_own_help() -> None:
    for commands in GROUPS.values():
        for name, entry in commands.items():
            command = program.commands[name]
            assert command.name == name
            assert command.get_short_help_str(200) == entry.sentence
