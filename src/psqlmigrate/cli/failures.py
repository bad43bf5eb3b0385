"""How a failure is told: words on stderr, or the JSON document, and the exit code."""

from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import click

from psqlmigrate.cli.ending import INTERRUPTED, Terminated
from psqlmigrate.errors import FAILED, USAGE, MigrationError
from psqlmigrate.migrations.sent import shown
from psqlmigrate.output import github
from psqlmigrate.output.printable import printable_lines
from psqlmigrate.redaction import without_secrets

PIPE_CLOSED, BUG = 141, 70
_ENDED = frozenset({"interrupted", "terminated"})


class _Failure(NamedTuple):
    code: str
    exit_code: int
    message: str
    hint: str = ""
    details: str = ""
    version: str = ""
    sqlstate: str = ""
    file: str = ""
    line: int = 0
    column: int = 0


def report(given: list[str], error: BaseException) -> int:
    """Tells of the error; the answer is the exit code."""
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else FAILED if error.code else 0
    if isinstance(error, BrokenPipeError):
        return PIPE_CLOSED
    failure = _failure(given, error)
    told = False
    # Nobody may read it, or a disk may be full: the exit code tells all the same.
    with suppress(OSError):
        if "--json" in _words(given):
            _print_json(given, failure)
            told = True
    with suppress(OSError):
        if not told:
            _print_words(failure)
        if github.is_here() and failure.code not in _ENDED:
            _annotate(given, failure)
    return failure.exit_code


def _failure(given: list[str], error: BaseException) -> _Failure:
    if isinstance(error, MigrationError):
        return _of_error(error)
    if isinstance(error, click.ClickException):
        return _usage(error)
    if isinstance(error, Terminated):
        return _Failure("terminated", error.exit_code, error.word)
    if isinstance(error, (click.Abort, KeyboardInterrupt)):
        return _Failure("interrupted", INTERRUPTED, "interrupted")
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return _Failure("system", FAILED, f"{where}{error.strerror}")
    from psqlmigrate.cli.bugs import keep

    message, hint = keep(given, error)
    return _Failure("bug", BUG, message, hint)


def _of_error(error: MigrationError) -> _Failure:
    """With what only some errors know: the migration, PostgreSQL's code, the place in a file."""
    there = bool(error.file_path) and Path(error.file_path).exists()
    return _Failure(
        error.code,
        error.exit_code,
        error.message,
        error.hint,
        error.details,
        getattr(error, "version", ""),
        getattr(error, "sqlstate", ""),
        shown(Path(error.file_path)) if there else "",
        error.line if there else 0,
        error.column if there else 0,
    )


def _usage(error: click.ClickException) -> _Failure:
    context = getattr(error, "ctx", None)
    path = context.command_path if isinstance(context, click.Context) else "psqlmigrate"
    message, _, near = error.format_message().partition("Did you mean")
    names = near.strip(" .?)").removeprefix("one of: ").replace("'", "").replace(", ", " or ")
    message = message.rstrip(" .(\n")
    hint = f"did you mean {names}?" if names else f"{path} --help"
    return _Failure("usage", USAGE, message[:1].lower() + message[1:], hint)


def _words(given: list[str]) -> list[str]:
    return given[: given.index("--")] if "--" in given else given


def _print_json(given: list[str], failure: _Failure) -> None:
    import json

    error = {"code": failure.code, "message": failure.message}
    error |= {"hint": failure.hint, "details": failure.details}
    known: dict[str, str | int] = {key: _shown(value) for key, value in error.items()}
    for key in ("version", "sqlstate", "file", "line", "column"):
        if value := getattr(failure, key):
            known[key] = value
    document = {"version": 1, "command": _command(given), "ok": False, "error": known}
    click.echo(github.calm_json(json.dumps(document)))


def _command(given: list[str]) -> str:
    return next((one for one in given if not one.startswith("-")), "")


def _annotate(given: list[str], failure: _Failure) -> None:
    """Beside the words: what GitHub shows at the line of the file."""
    texts = [failure.message, failure.details, f"hint: {failure.hint}" if failure.hint else ""]
    text = _shown("\n".join(filter(None, texts)))
    click.echo(
        github.annotation(
            text, _command(given), file=failure.file, line=failure.line, column=failure.column
        ),
        err=True,
    )


def _print_words(failure: _Failure) -> None:
    said = failure.code in _ENDED
    lines = [failure.message if said else f"error: {failure.message}"]
    lines += [f"  {line}" for line in failure.details.rstrip().splitlines()]
    if failure.hint:
        lines += ["", f"hint: {failure.hint}"]
    click.echo(github.calm(printable_lines(_shown("\n".join(lines)))), err=True)


def _shown(text: str) -> str:
    """A user's code may have raised whatever its environment holds."""
    return without_secrets(text)
