"""Finds a Django project's settings and sets Django up, as its manage.py would."""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import sys
from pathlib import Path
from typing import Any

from .model_source import ModelSource, UnusableModels

_VARIABLE = "DJANGO_SETTINGS_MODULE"
_MANAGE = "manage.py"
_STATED = re.compile(rf"""["']{_VARIABLE}["']\s*[,\]]\s*=?\s*["']([\w.]+)["']""")
_NOT_SET_UP = ("ImproperlyConfigured", "AppRegistryNotReady")


def is_meant(spec: dict[str, str]) -> bool:
    """Whether the spec is a Django project as a whole: by its reader, its folder of manage.py, or
    the settings that this names.
    """
    if spec["reader"]:
        return spec["reader"] == "django" and not _is_app(spec)
    if spec["form"] == "module":
        return spec["target"] == _stated_in(Path())
    folder = Path(spec["target"])
    return spec["form"] == "directory" and _stated_in(folder) is not None


def load(spec: dict[str, str]) -> ModelSource:
    """The models of all installed apps, or of the one app that is the spec's attribute."""
    settings = _settings_of(spec)
    set_up(settings)
    apps = importlib.import_module("django.apps").apps
    if not spec["attribute"]:
        return ModelSource(spec["target"], "django", list(apps.get_models()))
    found = [one for one in apps.get_app_configs() if one.label == spec["attribute"]]
    if not found:
        known = ", ".join(sorted(one.label for one in apps.get_app_configs()))
        raise UnusableModels(f"{settings} installs no app {spec['attribute']}; it has {known}")
    return ModelSource(spec["target"], "django", list(found[0].get_models()))


def set_up(settings: str) -> None:
    """Loads the installed apps; a second project in one run is refused."""
    conf = importlib.import_module("django.conf")
    django = importlib.import_module("django")
    if conf.settings.configured and os.environ.get(_VARIABLE) != settings:
        raise UnusableModels(
            f"{settings}: Django is set up with {os.environ.get(_VARIABLE)} already; two Django"
            " projects cannot be read in one run"
        )
    os.environ[_VARIABLE] = settings
    django.setup()


def set_up_if_there_is_one() -> None:
    """For models named by module or file in a project with a manage.py."""
    settings = _stated_in(Path())
    if settings and importlib.util.find_spec("django"):
        set_up(os.environ.get(_VARIABLE) or settings)


def set_up_after(error: BaseException) -> bool:
    """Whether the error says that Django was not set up, and it is now, by the environment."""
    settings = os.environ.get(_VARIABLE)
    if type(error).__name__ not in _NOT_SET_UP or not settings:
        return False
    if importlib.import_module("django.apps").apps.ready:
        return False
    set_up(settings)
    return True


def _is_app(spec: dict[str, str]) -> bool:
    """Whether it names models, and what is around it says which project's they are."""
    stated = _stated_in(Path())
    if not (os.environ.get(_VARIABLE) or stated):
        return False
    target = spec["target"]
    if spec["form"] == "file":
        return Path(target).name not in {_MANAGE, "settings.py"}
    if spec["form"] == "directory":
        folder = Path(target)
        has_models = any((folder / one).exists() for one in ("models.py", "models/__init__.py"))
        return has_models and not (_stated_in(folder) or _inside(folder))
    if "models" in target.split("."):
        return True
    return target != stated and _module(target) == target and _is_module(f"{target}.models")


def _settings_of(spec: dict[str, str]) -> str:
    """The name of the settings module."""
    target = spec["target"]
    if spec["form"] == "module":
        return _module(target)
    if spec["form"] == "file" and Path(target).name != _MANAGE:
        raise UnusableModels(f"{target} is no manage.py; name the settings with dots")
    folder = Path(target) if spec["form"] == "directory" else Path(target).parent
    place = str(folder.resolve())
    if place not in sys.path and not (folder / "__init__.py").exists():
        sys.path.insert(0, place)
    found = os.environ.get(_VARIABLE) or _stated_in(folder) or _inside(folder)
    if not found:
        raise UnusableModels(
            f"no {_MANAGE} in {folder} names a settings module, and {_VARIABLE} is not set;"
            " write django:mysite.settings"
        )
    return found


def _module(name: str) -> str:
    """The module itself; of a package that has settings inside, these."""
    inner = f"{name}.settings"
    return inner if _is_module(inner) else name


def _is_module(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:  # what is before the last dot is a module, or is missing
        return False


def _inside(folder: Path) -> str | None:
    """The settings of a package that is named by its directory."""
    names = ("settings.py", "settings/__init__.py")
    place, root = folder.resolve(), Path.cwd().resolve()
    if root not in place.parents or not any((place / name).exists() for name in names):
        return None
    return ".".join((*place.relative_to(root).parts, "settings"))


def _stated_in(folder: Path) -> str | None:
    try:
        text = (folder / _MANAGE).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    found = _STATED.search(text)
    return found[1] if found else None


def is_model(value: Any) -> bool:
    """Whether it is a class of Django's models."""
    models = sys.modules.get("django.db.models")
    return models is not None and isinstance(value, type) and issubclass(value, models.Model)
