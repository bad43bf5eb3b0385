"""Names of schemas that people ask for: one that nobody has would select nothing, in silence."""

import difflib
from collections.abc import Collection, Iterable

from psqlmigrate.errors import UsageError
from psqlmigrate.schema.catalog import Catalog
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.service.certificates import Name
from psqlmigrate.service.workspace import Workspace


def refuse_strange(workspace: Workspace, words: str, *sides: Catalog) -> None:
    """Raises UsageError where none of the compared sides (`words` say where) has a schema that was asked for.

    The configuration is about more than one moment: it may name schemas that do not exist yet,
    unless there is none at all.
    """
    asked = workspace.settings.schemas
    there = {one.schema_name for side in sides for one in side} - {None}
    _refuse(workspace, words, [one for one in asked if one not in there], there)


def refuse_strange_here(
    workspace: Workspace, words: str, recorded: Iterable[Name], *sides: Catalog
) -> None:
    """The same for --schema alone, and with the names of what is recorded as migrated."""
    asked = workspace.settings.schemas
    if not asked or "schemas" in workspace.settings.given:
        return
    there = {one.schema_name for side in sides for one in side} - {None}
    names = [name for _, name in recorded]
    strange = [one for one in asked if one not in there and not _is_in(names, one)]
    _refuse(workspace, words, strange, there)


def _is_in(names: Iterable[str], schema: str) -> bool:
    shown = str(ObjectId("", (schema,)))
    return any(name == shown or name.startswith(f"{shown}.") for name in names)


def _refuse(
    workspace: Workspace, words: str, strange: list[str], there: Collection[str | None]
) -> None:
    settings = workspace.settings
    if not strange or ("schemas" in settings.given and len(strange) < len(settings.schemas)):
        return
    near = difflib.get_close_matches(strange[0], [one for one in there if one], 3, 0.6)
    known = ", ".join(sorted(one for one in there if one)) or "none"
    raise UsageError(
        f'there is no schema "{strange[0]}" {words}',
        hint=f"did you mean {' or '.join(near)}?" if near else f"schemas that are there: {known}",
    )
