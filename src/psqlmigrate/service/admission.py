"""Hazards that a run refuses to take."""

import difflib
from collections.abc import Iterable, Sequence

from psqlmigrate.errors import HazardError, UsageError
from psqlmigrate.migrations.file import MigrationFile
from psqlmigrate.schema.statement import Hazard
from psqlmigrate.service import certificates

_LONGEST = 200


def hazards(names: Iterable[str]) -> frozenset[str]:
    """The hazards by name (`data loss`, also `data-loss`). Raises UsageError with the list."""
    return frozenset(_hazard(name) for name in names)


def refuse(files: Sequence[MigrationFile], direction: str, forbidden: frozenset[str]) -> None:
    """Raises HazardError for the first migration that has, or may have, a forbidden hazard.

    Certificates tell the hazards of `up`: what is reverted, or has no certificate for its present
    text, is refused because nothing is known of it.
    """
    for file in files if forbidden else ():
        certified = certificates.read(file) if direction == "up" else None
        if certified is None:
            raise _not_known(file, direction)
        for statement in certified.statements:
            found = sorted(forbidden.intersection(statement.hazards))
            if found:
                raise HazardError(
                    f"{file.name} has a forbidden hazard: {', '.join(found)}",
                    hint="nothing was run",
                    details=_shortened(statement.sql),
                    version=file.version,
                )


def needs_session(what: str) -> UsageError:
    """The error for what cannot be done behind a pooler that shares sessions."""
    return UsageError(
        f"{what} needs a session of its own: a pooler in transaction mode has none",
        hint='name the server itself in --url, or set pooler = "session" for a pooler that keeps'
        " sessions; nothing was run",
    )


def _not_known(file: MigrationFile, direction: str) -> HazardError:
    if direction == "up":
        message = f"the hazards of {file.name} are not known: no certificate fits it as it is now"
        hint = f"psqlmigrate verify --certify {file.version} writes one; nothing was run"
    else:
        message = f"the hazards of reverting {file.name} are not known"
        hint = "certificates tell those of applying it only; nothing was run"
    return HazardError(message, hint=hint, version=file.version)


def _hazard(name: str) -> str:
    known = [str(one) for one in Hazard]
    plain = name.strip().lower().replace("-", " ").replace("_", " ")
    if plain in known:
        return plain
    near = difflib.get_close_matches(plain, known, 1)
    suggestion = f'did you mean "{near[0]}"? ' if near else ""
    raise UsageError(
        f'"{name}" is no hazard', hint=f"{suggestion}There are: {', '.join(sorted(known))}"
    )


def _shortened(sql: str) -> str:
    return sql if len(sql) <= _LONGEST else sql[:_LONGEST] + " …"
