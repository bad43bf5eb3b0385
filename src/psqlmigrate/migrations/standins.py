"""What files written for psqlmodel import, without psqlmodel."""

import sys
import types
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from psqlmigrate import errors
from psqlmigrate.migrations import base

_OURS = {
    one.__name__: one
    for one in (
        base.Migration,
        base.DataMigration,
        errors.MigrationError,
        errors.SchemaDriftError,
        errors.MigrationNotFoundError,
        errors.MigrationAlreadyAppliedError,
        errors.MigrationDependencyError,
        errors.RollbackError,
        errors.StateCorruptionError,
    )
}
_MODULES = ("config", "ddl_generator", "diff", "differ", "exceptions", "hasher", "manager", "migration", "state", "status")  # fmt: skip
_PACKAGE = "psqlmodel.migrations"


class _StandIn(types.ModuleType):
    """A module of psqlmodel's that has what migrations are made of."""

    def __getattr__(self, name: str) -> object:
        if name in _OURS:
            return _OURS[name]
        if name.startswith("__"):
            raise AttributeError(name)
        raise ImportError(
            f"{self.__name__} has no {name} here: psqlmodel itself is not loaded",
            name=self.__name__,
        )


@contextmanager
def standing_in() -> Generator[None]:
    """While a file is loaded, psqlmodel's migrations are ours, unless the program has psqlmodel's.

    The working directory can be imported from, last: `python -m psqlmodel` had it first.
    """
    made = {} if "psqlmodel" in sys.modules else _stand_ins()
    here = str(Path.cwd())
    sys.modules.update(made)
    sys.path.append(here)
    try:
        yield
    finally:
        if here in sys.path:
            del sys.path[-1 - sys.path[::-1].index(here)]
        for name in made:
            sys.modules.pop(name, None)


def _stand_ins() -> dict[str, types.ModuleType]:
    root, package = _StandIn("psqlmodel"), _StandIn(_PACKAGE)
    vars(root)["migrations"] = package
    vars(package).update(__path__=[], __all__=sorted(_OURS))
    made: dict[str, types.ModuleType] = {"psqlmodel": root, _PACKAGE: package}
    for name in _MODULES:
        one = _StandIn(f"{_PACKAGE}.{name}")
        vars(one)["__all__"] = sorted(_OURS)
        vars(package)[name] = one
        made[one.__name__] = one
    return made
