"""All commands by name; the module of one is imported when somebody asks for it."""

from collections.abc import Iterator, MutableMapping
from typing import NamedTuple

import click


class Entry(NamedTuple):
    """Where a command is, and the sentence for it: --help needs no more."""

    module: str
    sentence: str


GROUPS: dict[str, dict[str, Entry]] = {
    "Core": {
        "init": Entry(
            "core",
            "Create the migrations directory, the configuration and the database's tables.",
        ),
        "status": Entry("core", "Show where migrations, models and database stand."),
        "autogenerate": Entry(
            "core",
            "Write a certified migration from the difference between models and migrations.",
        ),
        "upgrade": Entry(
            "core", "Apply pending migrations up to TARGET: head, heads, a version or +N."
        ),
        "downgrade": Entry(
            "core", "Revert migrations, newest first: -N, down to a version, or base."
        ),
        "history": Entry("core", "Show applied migrations, newest first."),
        "show": Entry(
            "core", "Show one migration: file, parents, state here, SQL, certificate, hazards."
        ),
        "validate": Entry(
            "core",
            "Compare models and database: +table new, -table removed, ~table modified.",
        ),
    },
    "Alembic-compatible": {
        "check": Entry("alembic", "Exit 1 when the models need a migration."),
        "current": Entry(
            "alembic",
            "Show the version the database is at; with --verbose how many are applied, since when.",
        ),
        "stamp": Entry(
            "alembic",
            "Mark exactly VERSION and what comes before it as applied; run nothing.",
        ),
        "sql": Entry("alembic", "Print the SQL of migrations, ready for psql; needs no database."),
    },
    "Advanced": {
        "heads": Entry("advanced", "Show the migrations that nothing comes after."),
        "diff": Entry("advanced", "Print the SQL that turns one schema into another."),
        "snapshot": Entry(
            "advanced",
            "Print a schema with the hash of every object as JSON, for review and for diff.",
        ),
        "verify": Entry(
            "advanced",
            "Check files, certificates and history; exit 1 when something does not fit.",
        ),
        "resolve": Entry(
            "advanced",
            "Say what the database has of a migration that was begun without a transaction and not"
            " finished.",
        ),
        "merge": Entry(
            "branches",
            "Join the heads in a migration, once the order of their branches is proven not to"
            " matter.",
        ),
        "squash": Entry(
            "branches",
            "Make one migration of several, proven to do the same; the originals go to archive/.",
        ),
        "dry-run": Entry(
            "previews",
            "Show what upgrade up to TARGET would run: SQL, order, hazards; run nothing.",
        ),
        "drift": Entry(
            "previews",
            "Print what was changed in the database by hand, and the SQL that undoes it.",
        ),
        "seed": Entry("seeding", "Load rows from a JSON or YAML file; twice is once."),
        "ci": Entry(
            "ci",
            "Print a ready file: a workflow for GitHub, a pipeline for GitLab, or a git hook.",
        ),
        "completion": Entry(
            "ci",
            "Print the script that lets a shell complete commands, options, versions and profiles.",
        ),
    },
    "Users": {
        "users": Entry("users", "Save, list and choose connection profiles."),
    },
}


class Commands(MutableMapping[str, click.Command]):
    """The commands of all groups, each loaded when it is taken."""

    def __init__(self) -> None:
        self._places = {
            name: entry for commands in GROUPS.values() for name, entry in commands.items()
        }
        self._taken: dict[str, click.Command] = {}

    def __getitem__(self, name: str) -> click.Command:
        """The command; a KeyError where there is none of that name."""
        if name not in self._taken:
            from importlib import import_module

            module = import_module(f"psqlmigrate.cli.{self._places[name].module}")
            self._taken[name] = getattr(module, name.replace("-", "_"))
        return self._taken[name]

    def __setitem__(self, name: str, command: click.Command) -> None:
        self._taken[name] = command

    def __delitem__(self, name: str) -> None:
        del self._taken[name]

    def __iter__(self) -> Iterator[str]:
        return iter({**self._places, **self._taken})

    def __len__(self) -> int:
        return len({**self._places, **self._taken})
