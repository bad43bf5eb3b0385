"""Puts a squashed migration into its place, and dies or fails at its nth change of a file."""

import os
import sys
from pathlib import Path

from psqlmigrate.migrations import certificate
from psqlmigrate.migrations.file import read_file
from psqlmigrate.service import archiving

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_CHANGES = ("os.rename", "os.mkdir", "os.remove", "os.chmod", "tempfile.mkstemp")
DIED, UNHURT = 9, 8


def main(how: str, number: int, folder: Path, file: Path, proof: Path) -> None:
    made, known = read_file(file), certificate.read(proof)
    left = number

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal left
        writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITING
        if not (writes or event in _CHANGES) or str(folder) not in str(arguments[0]):
            return
        left -= 1
        if left == 0:
            if how == "dies":
                os._exit(DIED)
            raise OSError(28, "No space left on device", str(arguments[0]))

    sys.addaudithook(hook)
    archiving.put(folder, folder / ".schema_state.json", made, known)
    sys.exit(UNHURT if left > 0 else 0)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), *map(Path, sys.argv[3:]))
