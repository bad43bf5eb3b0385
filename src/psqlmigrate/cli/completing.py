"""What a shell completes beyond commands and options; it never asks a database, nor complains."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeAlias

import click

if TYPE_CHECKING:  # a shell waits for what is imported
    from click.shell_completion import CompletionItem

    from psqlmigrate.service.workspace import Workspace

Complete: TypeAlias = "Callable[[click.Context, click.Parameter, str], list[CompletionItem]]"


def versions(*words: str) -> Complete:
    """The versions of the project's migrations, and words that may stand for one."""

    def complete(
        context: click.Context, _parameter: click.Parameter, begun: str
    ) -> "list[CompletionItem]":
        return _matching(begun, [*((word, "") for word in words), *_versions(context)])

    return complete


def sources(
    context: click.Context, _parameter: click.Parameter, begun: str
) -> "list[CompletionItem]":
    """What diff and snapshot take: words, migrations@VERSION, files."""
    words = ["database", "models", "migrations", "empty"]
    named = [(word, "") for word in words]
    if "@" in begun:
        named = [(f"migrations@{version}", text) for version, text in _versions(context)]
    return [*paths(context, _parameter, begun), *_matching(begun, named)]


def hazards(
    _context: click.Context, _parameter: click.Parameter, begun: str
) -> "list[CompletionItem]":
    """The hazards, written without blanks."""
    from psqlmigrate.schema.statement import Hazard

    return _matching(begun, [(str(one).replace(" ", "-"), "") for one in Hazard])


def profiles(
    _context: click.Context, _parameter: click.Parameter, begun: str
) -> "list[CompletionItem]":
    """The names of the saved profiles."""
    import os

    from psqlmigrate.service.profiles import ProfileStore

    try:
        names = sorted(ProfileStore.of_user(os.environ).profiles())
    except Exception:  # noqa: BLE001 - an error in the middle of a typed line helps nobody
        return []
    return _matching(begun, [(name, "") for name in names])


def environments(
    context: click.Context, _parameter: click.Parameter, begun: str
) -> "list[CompletionItem]":
    """The names of the seed files."""
    from psqlmigrate.service.seeding import environments as known

    try:
        names = known(_project(context))
    except Exception:  # noqa: BLE001 - an error in the middle of a typed line helps nobody
        return []
    return _matching(begun, [(name, "") for name in names])


def paths(
    _context: click.Context, _parameter: click.Parameter, begun: str
) -> "list[CompletionItem]":
    """Files, which the shell itself knows."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(begun, type="file")]


def _versions(context: click.Context) -> list[tuple[str, str]]:
    """Newest first, with the words of the file's name; broken files are named like any other."""
    from psqlmigrate.migrations.file import version_of

    try:
        names = sorted(one.name for one in _project(context).migrations_path.iterdir())[::-1]
    except Exception:  # noqa: BLE001 - an error in the middle of a typed line helps nobody
        return []
    found = [(version_of(name), name) for name in names]
    return [(version, name[len(version) + 1 :]) for version, name in found if version]


def _project(context: click.Context) -> "Workspace":
    """The project as the options of the typed line have it. Raises what reading it raises."""
    from psqlmigrate.cli.context import workspace
    from psqlmigrate.cli.options import Options

    given = {name: context.params.get(name) for name in Options._fields}
    lists = {name: given[name] or () for name in ("models", "schemas")}
    return workspace(Options(**{**given, **lists, "connect_wait": 0.0}))  # type: ignore[arg-type]  # Click's own values


def _matching(begun: str, items: Iterable[tuple[str, str]]) -> "list[CompletionItem]":
    from click.shell_completion import CompletionItem

    return [CompletionItem(value, help=text) for value, text in items if value.startswith(begun)]
