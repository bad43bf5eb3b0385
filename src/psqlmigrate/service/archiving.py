"""Moves what a squashed migration replaces into the archive; can be broken off and gone on with.

The squashed file is written first and by one rename: from then on it counts, and what it replaces
is left over wherever it lies (see `directory.without_replaced`). Moving that is tidying up, which
each command goes on with that finds it not done.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from psqlmigrate.errors import SquashRefusedError, StateCorruptionError
from psqlmigrate.migrations import certificate, statefile
from psqlmigrate.migrations.archive import FOLDER
from psqlmigrate.migrations.atomic import write_atomic
from psqlmigrate.migrations.certificate import Certificate
from psqlmigrate.migrations.directory import Directory, read_directory
from psqlmigrate.migrations.file import MigrationFile
from psqlmigrate.migrations.replaced import walk
from psqlmigrate.postgres.filelock import locked_directory

_PREPARED = ".{}.json.squashed"


def prepared(folder: Path, version: str) -> Path:
    """Where the certificate of a squashed migration is until its file is there."""
    return folder / certificate.FOLDER / _PREPARED.format(version)


def refuse_others(folder: Path, files: Iterable[MigrationFile]) -> None:
    """Raises SquashRefusedError where the archive has another file in the place of an original."""
    for file in files:
        for source in (file.path, certificate.path_of(file)):
            target = folder / FOLDER / source.relative_to(folder)
            if not source.is_file() or not os.path.lexists(target):
                continue
            if not target.is_file() or target.read_bytes() != source.read_bytes():
                raise SquashRefusedError(
                    f"{target} is there already, and is another file",
                    file_path=str(target),
                    hint="move it away: the original comes there",
                )


def put(folder: Path, state_file: Path, file: MigrationFile, proof: Certificate) -> None:
    """Puts a squashed migration into its place; the caller holds the directory's lock.

    Whatever interrupts it, either all originals count or the squashed migration does.
    """
    ready = prepared(folder, file.version)
    (folder / FOLDER / certificate.FOLDER).mkdir(parents=True, exist_ok=True)
    certificate.write(ready, proof)
    try:
        write_atomic(folder / file.name, file.text.encode())
    except BaseException:
        ready.unlink(missing_ok=True)
        raise
    point_state_file(state_file, file)
    tidy(read_directory(folder))


def finish(directory: Directory, state_file: Path) -> None:
    """Goes on with a squash that was broken off; a folder that cannot be written to stays as it is."""
    if not any(_left(directory)):
        return
    with suppress(OSError), locked_directory(directory.path):
        for file in directory.files:
            point_state_file(state_file, file)
        tidy(read_directory(directory.path))


def tidy(directory: Directory) -> None:
    """Moves everything that is left over. Raises OSError; the caller holds the directory's lock."""
    for source, target in list(_left(directory)):
        target.parent.mkdir(parents=True, exist_ok=True)
        source.replace(target)
        _sync(target.parent)
        _sync(source.parent)


def point_state_file(path: Path, file: MigrationFile) -> None:
    """The state file names the squashed migration where it named the last one it replaces."""
    with suppress(StateCorruptionError):
        statefile.rename_head(path, {one.version: file.version for one in walk(file.replaces)})


def _left(directory: Directory) -> Iterator[tuple[Path, Path]]:
    """Each file that is not where it belongs, and where that is."""
    folder, archive = directory.path, directory.path / FOLDER
    for file in directory.files:
        if not file.replaces:
            continue
        ready = prepared(folder, file.version)
        if ready.is_file():
            yield ready, certificate.path_of(file)
        for one in walk(file.replaces):
            proof = folder / certificate.FOLDER / f"{one.version}.json"
            if proof.is_file():
                yield proof, archive / certificate.FOLDER / proof.name
    for file in directory.leftovers:
        yield file.path, archive / file.name


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
