"""The entry point, and the one place where errors become messages and exit codes."""

import codecs
import gc
import io
import os
import sys

import click

from psqlmigrate.cli.commands import GROUPS, Commands
from psqlmigrate.cli.ending import ignore, listen, undisturbed
from psqlmigrate.errors import FAILED, USAGE

_COLUMNS = 80
_PLAIN = {"…": "...", "→": "->", "·": "-"}
_GARBAGE_THRESHOLD = 100_000
_SHOWN = "psqlmigrate_shown"


class Program(click.Group):
    """The root command; `--help` lists the commands under their groups."""

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002 - Click gives it
        formatter: click.HelpFormatter,
    ) -> None:
        """Writes each group with its commands."""
        for title, commands in GROUPS.items():
            with formatter.section(title):
                formatter.write_dl([(name, entry.sentence) for name, entry in commands.items()])


@click.group(
    cls=Program, commands=Commands(), context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(package_name="psqlmigrate", message="psqlmigrate %(version)s")
def program() -> None:
    """Bring PostgreSQL schemas from one version to the next, and prove it first.

    \b
    Exit codes: 0 done · 1 found something · 2 wrong use · 3 database, model or
    migration failed · 4 lock not obtained · 5 refused · 129/130/143 interrupted
    """


def main(arguments: list[str] | None = None) -> int:
    """Runs the program and answers with its exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    listen()
    try:
        return _run(given)
    except click.exceptions.Exit as end:  # --help and --version come by here, and shall be quick
        return end.exit_code
    except BaseException as error:  # noqa: BLE001 - the one place
        from psqlmigrate.cli import failures

        with undisturbed():
            return failures.report(given, error)


def run() -> None:
    """The console entry point."""
    _understand_utf8()
    # A command makes many small values that live as long as it does: looking through them for
    # garbage again and again costs a tenth of the time and finds none.
    gc.set_threshold(_GARBAGE_THRESHOLD)
    codecs.register_error("psqlmigrate", _legible)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            shown = sys._xoptions.get(_SHOWN)  # pyright: ignore[reportPrivateUsage]
            stream.reconfigure(encoding=shown, errors="psqlmigrate")
    code = main()
    ignore()
    lost = _lost_output()
    sys.exit(code or (FAILED if lost else 0))


def _understand_utf8() -> None:
    """Begins again in UTF-8 where the locale has ASCII alone: arguments and names of files are UTF-8
    always. What is shown stays in the locale's.
    """
    if sys.getfilesystemencoding() == "ascii":
        shown = f"{_SHOWN}={getattr(sys.stdout, 'encoding', 'ascii')}"
        words = [sys.executable, "-X", "utf8", "-X", shown, *sys.orig_argv[1:]]
        os.execv(sys.executable, words)  # noqa: S606 - itself


def _lost_output() -> bool:
    """Leaves closed pipes and full disks, since the interpreter flushes once more at its end and
    would complain. Whether results that nobody refused to read could not be written.
    """
    lost = False
    for stream in filter(None, (sys.stdout, sys.stderr)):
        try:
            stream.flush()
        except OSError as error:
            lost |= stream is sys.stdout and not isinstance(error, BrokenPipeError)
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    return lost


def _legible(error: UnicodeError) -> tuple[str | bytes, int]:
    """What a stream of another encoding shows of a character that it does not have."""
    if isinstance(error, UnicodeEncodeError) and error.object[error.start] in _PLAIN:
        return _PLAIN[error.object[error.start]], error.start + 1
    return codecs.backslashreplace_errors(error)


def _run(given: list[str]) -> int:
    if "_PSQLMIGRATE_COMPLETE" in os.environ:
        program.main(given, prog_name="psqlmigrate")
    if not given:
        click.echo(program.get_help(click.Context(program, info_name="psqlmigrate")), err=True)
        return USAGE
    with program.make_context("psqlmigrate", list(given), terminal_width=_width()) as context:
        outcome = program.invoke(context)
    return outcome if isinstance(outcome, int) else 0


def _width() -> int:
    """As wide as Click writes; it would import shutil to find out."""
    try:
        columns = int(os.environ.get("COLUMNS", "0")) or os.get_terminal_size(1).columns
    except (OSError, ValueError):
        columns = _COLUMNS
    return max(min(columns, _COLUMNS) - 2, 50)
