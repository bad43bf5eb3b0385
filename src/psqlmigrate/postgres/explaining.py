"""The words for a migration's error: the same wherever it was run."""

import traceback
from pathlib import Path

import psycopg

from psqlmigrate.errors import RollbackError, StatementError
from psqlmigrate.migrations import raised
from psqlmigrate.migrations.file import MigrationFile
from psqlmigrate.migrations.sent import Sent, shown
from psqlmigrate.redaction import beginning

_LONGEST = 200


def from_server(
    file: MigrationFile, direction: str, sent: Sent | None, error: psycopg.Error, hint: str
) -> StatementError:
    """PostgreSQL refused a statement: its message, the place in the file, the statement."""
    detail = error.diag.message_detail or ""
    last = "  ".join(part for part in (detail, error.sqlstate or "") if part)
    path, line, text = _place(file, sent, error)
    place = f"{shown(path)}:{line}" if line else shown(path)
    lines = [place, f"  {text}" if text else "", error.diag.context or "", last]
    server_hint = (error.diag.message_hint or "").rstrip(".")
    made = error_class(direction)(
        error.diag.message_primary or str(error).strip() or type(error).__name__,
        version=file.version,
        sqlstate=error.sqlstate or "",
        details="\n".join(line for line in lines if line),
        hint="; ".join(filter(None, (server_hint, hint))),
    )
    made.original_error = error
    return made.at(path, line)


def is_own(file: MigrationFile, error: Exception) -> bool:
    """Whether the error came through the migration's own Python; else it is a bug of ours."""
    return bool(raised.frames(file, error))


def from_code(file: MigrationFile, direction: str, error: Exception, hint: str) -> StatementError:
    """The migration's own Python raised (`is_own`): its traceback, from the file on."""
    frames = raised.frames(file, error)
    lines = [*traceback.format_list(frames), *traceback.format_exception_only(error)]
    line = frames[0].lineno or 0
    place = f"{shown(file.path)}:{line}"
    made = error_class(direction)(
        f"{place}: {raised.words(error)}",
        version=file.version,
        details="".join(lines).rstrip(),
        hint=hint,
    )
    made.original_error = error
    return made.at(file.path, line)


def meddled(file: MigrationFile, direction: str) -> StatementError:
    """The migration's code ended the transaction that is the runner's to end."""
    done = "applied" if direction == "up" else "reverted"
    return error_class(direction)(
        f"{file.name} ended its transaction by itself: it is not recorded as {done}",
        version=file.version,
        hint="what it did before that may be in the database: put it right by hand; then take the "
        "commit or rollback out of the migration, or set transactional = False in it",
    )


def error_class(direction: str) -> type[StatementError]:
    """RollbackError for what fails while it is reverted."""
    return StatementError if direction == "up" else RollbackError


def _place(file: MigrationFile, sent: Sent | None, error: psycopg.Error) -> tuple[Path, int, str]:
    """The file, its line (0: not known), and the line of the SQL."""
    if sent is None:
        return file.path, next(iter(_lines(file, error)), 0), ""
    line, text = _at(sent, error)
    return sent.path, line, beginning(text, _LONGEST)


def _lines(file: MigrationFile, error: psycopg.Error) -> list[int]:
    frames = traceback.extract_tb(error.__traceback__)
    return [one.lineno for one in frames if one.filename == str(file.path) and one.lineno]


def _at(sent: Sent, error: psycopg.Error) -> tuple[int, str]:
    """The line of the file and of the SQL at which PostgreSQL points.

    A Python file's statement stands somewhere in the call: there the call's line must do.
    """
    position = int(error.diag.statement_position or 1) - 1
    before = sent.sql.count("\n", 0, position)
    lines = sent.sql.splitlines() or [""]
    text = lines[min(before, len(lines) - 1)].strip()
    if not text:
        text = sent.sql.strip().split("\n", 1)[0]
    return (sent.line + before if sent.path.suffix == ".sql" else sent.line), text
