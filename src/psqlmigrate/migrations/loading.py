"""Runs the code of a Python migration file; psqlmodel's files run as they are."""

import importlib.util
import traceback
import types

from psqlmigrate.errors import MigrationFileError
from psqlmigrate.migrations import base, raised
from psqlmigrate.migrations.file import MigrationFile
from psqlmigrate.migrations.hosting import hosted
from psqlmigrate.migrations.standins import standing_in


def load_python(file: MigrationFile) -> base.Migration:
    """The migration object of a Python file.

    Raises MigrationFileError with the traceback of the file's own code.
    """
    try:
        module = _module(file)
        for value in vars(module).values():
            if isinstance(value, type) and getattr(value, "version", None) == file.version:
                with hosted():
                    made: base.Migration = value()
                return made
    except Exception as error:  # noqa: BLE001 - whatever the file does, it is named
        frames = raised.frames(file, error)
        lines = [*traceback.format_list(frames), *traceback.format_exception_only(error)]
        own = [one.lineno for one in frames if one.filename == str(file.path) and one.lineno]
        raise MigrationFileError(
            f"{file.path} cannot be loaded: {raised.words(error)}",
            hint=_hint(error),
            details="".join(lines),
        ).at(file.path, own[-1] if own else 0) from None
    raise MigrationFileError(f"{file.path}: no class has its version", file_path=str(file.path))


def _module(file: MigrationFile) -> types.ModuleType:
    """The file's module, with psqlmodel's stand-ins; where they lack something, with the real one."""
    if not file.of_psqlmodel:
        return _run(file)
    try:
        with standing_in():
            return _run(file)
    except ImportError as error:
        if not _is_psqlmodels(error) or importlib.util.find_spec("psqlmodel") is None:
            raise
    return _run(file)


def _run(file: MigrationFile) -> types.ModuleType:
    module = types.ModuleType(f"psqlmigrate_migration_{file.version}")
    module.__file__ = str(file.path)
    code = compile(file.text, str(file.path), "exec")
    with hosted():
        exec(code, module.__dict__)  # noqa: S102 - running the user's migration is the point
    return module


def _is_psqlmodels(error: ImportError) -> bool:
    return (error.name or "").partition(".")[0] == "psqlmodel"


def _hint(error: Exception) -> str:
    if not isinstance(error, ImportError):
        return ""
    if _is_psqlmodels(error):
        return (
            "migrations have Migration and DataMigration without psqlmodel; for more of it, "
            "install it beside the tool: pipx inject psqlmigrate 'psqlmodel[async]'"
        )
    return f"install {error.name} beside the tool: pipx inject psqlmigrate …" if error.name else ""
