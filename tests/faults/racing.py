"""Runs that other processes make at the same time."""

import multiprocessing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from faults.project import Project
from psqlmigrate.postgres.connect import connect
from psqlmigrate.postgres.target import Target
from psqlmigrate.service.attempt import RunOptions


@dataclass(frozen=True, slots=True)
class Way:
    """How a run gets to the database."""

    target: Target
    pooler: str = "auto"
    options: RunOptions = field(default_factory=RunOptions)


def upgrade(params: Mapping[str, str], path: str, pooler: str, options: RunOptions) -> list[str]:
    """The versions that this run applied itself."""
    with connect(Target(params, "test"), pooler=pooler) as connection:
        result = Project(Path(path)).runner(connection, options).upgrade()
    return [one.version for one in result.ran]


def race(target: Target, path: Path, options: Sequence[RunOptions]) -> list[list[str]]:
    """What each of the runs applied, all started at once."""
    return race_by([Way(target, options=one) for one in options], path)


def race_by(ways: Sequence[Way], path: Path) -> list[list[str]]:
    """The same for runs that come by several ways."""
    context = multiprocessing.get_context("forkserver")
    # Modules that need the tests' path cannot be loaded ahead.
    context.set_forkserver_preload(["psqlmigrate.service.running"])
    with context.Pool(len(ways)) as pool:
        arguments = [(dict(one.target.params), str(path), one.pooler, one.options) for one in ways]
        return pool.starmap(upgrade, arguments, chunksize=1)
