"""Runs that other processes make at the same time."""

import multiprocessing
from collections.abc import Mapping, Sequence
from pathlib import Path

from faults.project import Project
from psqlmigrate.postgres.connect import connect
from psqlmigrate.postgres.target import Target
from psqlmigrate.service.attempt import RunOptions


def upgrade(params: Mapping[str, str], path: str, options: RunOptions) -> list[str]:
    """The versions that this run applied itself."""
    with connect(Target(params, "test")) as connection:
        result = Project(Path(path)).runner(connection, options).upgrade()
    return [one.version for one in result.ran]


def race(target: Target, path: Path, options: Sequence[RunOptions]) -> list[list[str]]:
    """What each of the runs applied, all started at once."""
    context = multiprocessing.get_context("forkserver")
    # Modules that need the tests' path cannot be loaded ahead.
    context.set_forkserver_preload(["psqlmigrate.service.running"])
    with context.Pool(len(options)) as pool:
        arguments = [(dict(target.params), str(path), one) for one in options]
        return pool.starmap(upgrade, arguments, chunksize=1)
