"""The look at models and database with which a program begins."""

from psqlmigrate.errors import MigrationError, SchemaDriftError
from psqlmigrate.service.checking import validate
from psqlmigrate.service.loglines import MARK
from psqlmigrate.service.workspace import Workspace

_WAY_OUT = "Run 'psqlmigrate status --full' to see what differs."


def drift(workspace: Workspace, *, fail: bool) -> str | None:
    """A warning that models and database differ; None where they agree or no models are named.

    What cannot be compared is a warning, too: it is never "no change". With `fail` both are
    errors: SchemaDriftError, and whatever hinders the comparison.
    """
    if not workspace.settings.models:
        return None
    try:
        warnings = validate(workspace).warnings
    except MigrationError as error:
        if fail:
            raise
        details = f"\n{error.details}" if error.details else ""
        return f"{MARK} Models and database were not compared: {error.message}{details}"
    if not warnings:
        return None
    if fail:
        raise drifted(warnings)
    return f"{MARK} Schema drift detected: {', '.join(warnings)}. {_WAY_OUT}"


def drifted(warnings: tuple[str, ...]) -> SchemaDriftError:
    """The error that models and database differ."""
    return SchemaDriftError(
        f"Schema drift detected: {', '.join(warnings)}",
        warnings=warnings,
        hint="psqlmigrate autogenerate writes the migration that is missing, upgrade applies it",
    )
