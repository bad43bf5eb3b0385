"""What `manage.py migrate` makes differently from what the models alone would say."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any


def as_migrated(models: list[Any]) -> list[Any]:
    """The models as Django's migrations see them.

    The keys of the tables of many-to-many relations follow the project's DEFAULT_AUTO_FIELD there,
    and not that of the app.
    """
    state = importlib.import_module("django.db.migrations.state").ProjectState
    apps = importlib.import_module("django.apps").apps
    seen = state.from_apps(apps).apps
    return [seen.get_model(one._meta.app_label, one._meta.model_name) for one in models]


def operations(name: str) -> Iterator[Any]:
    """The operations of that class of contrib.postgres in the migrations of installed apps."""
    try:
        kinds = importlib.import_module("django.contrib.postgres.operations")
    except ImportError:
        return
    kind = getattr(kinds, name, None)
    for _, one in _all_operations():
        if kind is not None and isinstance(one, kind):
            yield one


def late_uniques() -> dict[str, set[str]]:
    """By model (app.model): the fields that a later migration made unique."""
    unique: dict[tuple[str, str], dict[str, bool]] = {}
    late: dict[tuple[str, str], set[str]] = {}
    for app, one in _all_operations():
        sort = type(one).__name__
        name = str(getattr(one, "model_name", None) or getattr(one, "name", ""))
        key = (app, name.lower())
        known, found = unique.setdefault(key, {}), late.setdefault(key, set())
        if sort == "CreateModel":
            known.update({field: _is_unique(value) for field, value in one.fields})
        elif sort == "AddField":
            known[one.name] = _is_unique(one.field)
        elif sort == "AlterField":
            is_unique = _is_unique(one.field)
            if not is_unique:
                found.discard(one.name)
            elif not known.get(one.name, is_unique):
                found.add(one.name)
            known[one.name] = is_unique
        elif sort == "RenameField" and one.old_name in known:
            known[one.new_name] = known.pop(one.old_name)
        elif sort == "RenameModel":
            unique[app, one.new_name.lower()] = unique.get((app, one.old_name.lower()), {})
    return {".".join(key): names for key, names in late.items() if names}


def _is_unique(field: Any) -> bool:
    return bool(getattr(field, "_unique", False))


def _all_operations() -> Iterator[tuple[str, Any]]:
    """The apps' labels with the operations of their migrations, by the order of their names.

    Without the graph, which a project that has moved over may no longer have.
    """
    loaders = importlib.import_module("django.db.migrations.loader")
    loader = loaders.MigrationLoader(None, load=False)
    loader.load_disk()
    for app, name in sorted(loader.disk_migrations):
        for one in loader.disk_migrations[app, name].operations:
            for inner in getattr(one, "database_operations", (one,)):
                yield app, inner
