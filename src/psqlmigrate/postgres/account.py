"""The account that a server of ours runs under: PostgreSQL refuses to run as root."""

import os
import pwd
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

from psqlmigrate.errors import ScratchError


@dataclass(frozen=True)
class Account:
    """Who runs initdb and postgres; no ids mean the user we are ourselves."""

    uid: int | None = None
    gid: int | None = None

    @property
    def foreign(self) -> bool:
        """Whether it is another user than we are."""
        return self.uid is not None

    @property
    def groups(self) -> list[int] | None:
        """The further groups of its processes: none of ours."""
        return [] if self.foreign else None

    @property
    def owner(self) -> int:
        """The id of whom its files belong to."""
        return os.geteuid() if self.uid is None else self.uid

    def reaches(self, directory: Path) -> bool:
        """Whether the account can enter the directory."""
        return not self.foreign or all(
            _allows(path, stat.S_IXOTH) for path in (directory, *directory.parents)
        )

    def runs(self, program: Path) -> bool:
        """Whether the account can run the program."""
        wanted = stat.S_IROTH | stat.S_IXOTH
        return not self.foreign or (_allows(program, wanted) and self.reaches(program.parent))

    def new_directory(self, path: Path) -> None:
        """Makes a directory that belongs to the account alone."""
        path.mkdir(mode=0o700)
        self.take(path)

    def take(self, tree: Path) -> None:
        """Gives the account the tree; its top comes last, so that nobody reaches in meanwhile."""
        if self.uid is not None and self.gid is not None:
            for path in (*tree.rglob("*"), tree):
                os.lchown(path, self.uid, self.gid)

    def give_back(self, tree: Path) -> None:
        """Takes the tree away from the account, so that it cannot change what others copy."""
        if self.foreign:
            os.lchown(tree, os.geteuid(), os.getegid())
            for path in tree.rglob("*"):
                os.lchown(path, os.geteuid(), os.getegid())


def server_account() -> Account:
    """Ourselves, or `nobody` for root."""
    if os.geteuid() != 0:
        return Account()
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        raise ScratchError(
            "PostgreSQL does not run as root, and there is no user nobody to run it",
            hint="run psqlmigrate as an ordinary user, or set scratch_url",
        ) from None
    return Account(entry.pw_uid, entry.pw_gid)


def copy_for_all(source: Path, target: Path) -> None:
    """Copies a tree of programs so that every account can read and run them."""
    shutil.copytree(source, target, ignore_dangling_symlinks=True)
    for path in (target, *target.rglob("*")):
        mode = stat.S_IMODE(path.stat().st_mode)
        runnable = path.is_dir() or mode & stat.S_IXUSR
        path.chmod(mode | (0o555 if runnable else 0o444))


def _allows(path: Path, wanted: int) -> bool:
    return path.stat().st_mode & wanted == wanted
