"""Runs the code of a Python migration file; psqlmodel's files run as they are."""

import sys
import traceback
import types
from collections.abc import Generator
from contextlib import contextmanager

from psqlmigrate.errors import MigrationFileError
from psqlmigrate.migrations import base
from psqlmigrate.migrations.file import MigrationFile


def load_python(file: MigrationFile) -> base.Migration:
    """The migration object of a Python file.

    Raises MigrationFileError with the traceback of the file's own code.
    """
    module = types.ModuleType(f"psqlmigrate_migration_{file.version}")
    module.__file__ = str(file.path)
    try:
        code = compile(file.text, str(file.path), "exec")
        with _stand_ins():
            exec(code, module.__dict__)  # noqa: S102 - running the user's migration is the point
    except Exception as error:  # noqa: BLE001 - whatever the file does, it is named
        lines = traceback.format_exception(error)
        frames = traceback.extract_tb(error.__traceback__)
        own = [one.lineno for one in frames if one.filename == str(file.path) and one.lineno]
        raise MigrationFileError(
            f"{file.path} cannot be loaded: {type(error).__name__}: {error}",
            details="".join(lines),
        ).at(file.path, own[-1] if own else 0) from None
    for value in vars(module).values():
        if isinstance(value, type) and getattr(value, "version", None) == file.version:
            made: base.Migration = value()
            return made
    raise MigrationFileError(f"{file.path}: no class has its version", file_path=str(file.path))


@contextmanager
def _stand_ins() -> Generator[None]:
    """While a file is loaded, `psqlmodel.migrations` is ours."""
    names = ("psqlmodel", "psqlmodel.migrations")
    kept = {name: sys.modules.get(name) for name in names}
    for name in names:
        stand_in = types.ModuleType(name)
        stand_in.__dict__.update(Migration=base.Migration, DataMigration=base.DataMigration)
        sys.modules[name] = stand_in
    try:
        yield
    finally:
        for name, module in kept.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module
