"""Imports what a spec names, as the project itself would import it."""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import sys
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

from . import django_project
from .model_source import ModelSource, UnusableModels

_NOT_MODELS = {"node_modules", "site-packages", "build", "dist", "migrations"}


def load(spec: dict[str, str]) -> ModelSource:
    """The objects of a spec."""
    _extend_path()
    # psqlmodel's word about types that the reader knows; what it does not know is an error there.
    warnings.filterwarnings("ignore", "Unrecognized type annotation", UserWarning)
    if django_project.is_meant(spec):
        return django_project.load(spec)
    if spec["reader"] in {"", "django"}:
        django_project.set_up_if_there_is_one()
    try:
        modules = _load_modules(spec)
    except Exception as error:
        if not django_project.set_up_after(error):
            raise
        modules = _load_modules(spec)
    attribute = spec["attribute"]
    objects: list[Any] = modules
    if attribute:
        objects = [value for module in modules for value in _values(module, attribute)]
    return ModelSource(spec["target"], spec["reader"], objects)


def _load_modules(spec: dict[str, str]) -> list[ModuleType]:
    loaders = {"module": _load_module, "file": _load_file, "directory": _load_directory}
    return loaders[spec["form"]](spec)


def _extend_path() -> None:
    """The project's directory first, as `python -m` has it; src/ for projects not installed."""
    root = Path.cwd()
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    if (root / "src").is_dir() and str(root / "src") not in sys.path:
        sys.path.append(str(root / "src"))


def _values(module: ModuleType, attribute: str) -> list[Any]:
    value: Any = module
    for name in attribute.split("."):
        if not hasattr(value, name):
            raise UnusableModels(f"{module.__name__} has no attribute {attribute}")
        value = getattr(value, name)
    return list(value) if isinstance(value, (list, tuple, set)) else [value]


def _load_module(spec: dict[str, str]) -> list[ModuleType]:
    """The module; of a package all its modules, unless an attribute says what is meant."""
    module = importlib.import_module(spec["target"])
    if spec["attribute"]:
        return [module]
    folders = [Path(folder) for folder in getattr(module, "__path__", ())]
    return [module, *(_import_file(path) for folder in folders for path in _files(folder))]


def _load_file(spec: dict[str, str]) -> list[ModuleType]:
    return [_import_file(Path(spec["target"]).resolve())]


def _load_directory(spec: dict[str, str]) -> list[ModuleType]:
    folder = Path(spec["target"]).resolve()
    if not (folder / "__init__.py").exists() and str(folder) not in sys.path:
        sys.path.append(str(folder))  # its files may import each other by their bare names
    return [_import_file(path) for path in _files(folder)]


def _files(folder: Path) -> list[Path]:
    """The modules below a directory; `_*` and `.*`, environments and migrations left out."""
    found: list[Path] = []
    for place, folders, names in os.walk(folder):
        here = Path(place)
        folders[:] = sorted(name for name in folders if _may_hold_models(here / name))
        found.extend(here / name for name in names if name.endswith(".py") and name[0] not in "_.")
    return sorted(found)


def _may_hold_models(folder: Path) -> bool:
    name = folder.name
    return not (name[0] in "_." or name in _NOT_MODELS or (folder / "pyvenv.cfg").exists())


def _import_file(path: Path) -> ModuleType:
    """The file under the name by which its project imports it, so that it is loaded once."""
    for module in list(sys.modules.values()):
        if _same_file(getattr(module, "__file__", None), path) and module.__name__ != "__main__":
            return module
    base, name = _module_name(path)
    if base not in (Path(place).resolve() for place in sys.path):
        sys.path.append(str(base))
    found = _is_found_as(path, name)
    module = importlib.import_module(name) if found else _import_under(path, _free_name(path))
    if _is_found_as(path, path.stem):
        sys.modules.setdefault(path.stem, module)
    return module


def _is_found_as(path: Path, name: str) -> bool:
    """Whether an import of that name gives this file."""
    if not all(part.isidentifier() for part in name.split(".")):
        return False
    found = importlib.util.find_spec(name)
    return found is not None and _same_file(found.origin, path)


def _import_under(path: Path, name: str) -> ModuleType:
    """A file that no import finds, such as one shadowed by another package's name."""
    found = importlib.util.spec_from_file_location(name, path)
    if found is None or found.loader is None:
        raise UnusableModels(f"{path} is no Python module")
    module = importlib.util.module_from_spec(found)
    sys.modules[name] = module  # the module's own look-ups need it there while it runs
    found.loader.exec_module(module)
    return module


def _free_name(path: Path) -> str:
    name = re.sub(r"\W", "_", path.stem)
    while name in sys.modules:
        name += "_"
    return name


def _module_name(path: Path) -> tuple[Path, str]:
    """The directory that must be on sys.path, and the dotted name from there."""
    base = path.parent
    while (base / "__init__.py").exists():
        base = base.parent
    root = Path.cwd().resolve()
    if base == path.parent and root in base.parents and base.name != "src":
        base = root  # a directory without __init__.py is a package, too, from the project's root
    parts = path.relative_to(base).with_suffix("").parts
    return base, ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _same_file(file: str | None, path: Path) -> bool:
    return bool(file) and os.path.realpath(file or "") == str(path)
