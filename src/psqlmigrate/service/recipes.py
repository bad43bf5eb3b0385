"""The ready files for continuous integration, and where each of them belongs."""

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from psqlmigrate.errors import UsageError
from psqlmigrate.migrations.atomic import write_new

_FILES: Mapping[str, tuple[str, str]] = {
    "github": ("github.yml", ".github/workflows/migrations.yml"),
    "gitlab": ("gitlab.yml", ".gitlab-ci.yml"),
    "pre-commit": ("pre-commit.sh", ""),
}


@dataclass(frozen=True, slots=True)
class Recipe:
    """A file as it is copied; `executable` where its place asks for that."""

    name: str
    text: str
    executable: bool


def recipe(name: str) -> Recipe:
    """The file for `github`, `gitlab` or `pre-commit`."""
    source = _FILES[name][0]
    text = (files("psqlmigrate") / "recipes" / source).read_text(encoding="utf-8")
    return Recipe(name, text, text.startswith("#!"))


def place_of(name: str) -> Path:
    """Where the file belongs in the repository of the current folder.

    Raises UsageError for a hook where there is no repository.
    """
    root = Path(_git("rev-parse", "--show-toplevel"))
    if place := _FILES[name][1]:
        return root / place
    # A worktree's hooks, and core.hooksPath, are elsewhere than .git/hooks.
    return Path(_git("rev-parse", "--path-format=absolute", "--git-path", "hooks/pre-commit"))


def put(one: Recipe, path: Path) -> None:
    """Writes the file, never over another. Raises UsageError where one is there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        write_new(path, one.text.encode())
    except FileExistsError:
        raise UsageError(
            f"{path} is there already: it is left as it is",
            hint=f"psqlmigrate ci {one.name} prints what to take over by hand",
        ) from None
    if one.executable:
        path.chmod(path.stat().st_mode | 0o111)


def _git(*words: str) -> str:
    try:
        done = subprocess.run(
            ["git", *words],  # noqa: S607 - whichever git the user has
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        raise UsageError(
            "there is no git repository here, so the file has no place",
            hint="--output FILE names one",
        ) from None
    return done.stdout.rstrip("\n")
