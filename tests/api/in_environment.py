"""Programs that use psqlmigrate beside an ORM, in the environment of that ORM."""

import os
import subprocess
import sysconfig
from pathlib import Path

import psqlmigrate


def run(environment: Path, program: str, folder: Path) -> str:
    """What the program prints, with psqlmigrate and what it needs importable."""
    places = [str(Path(psqlmigrate.__file__).parent.parent), sysconfig.get_paths()["purelib"]]
    done = subprocess.run(
        [str(environment / "bin" / "python"), "-c", program],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(places), "PYTHONWARNINGS": "default"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
