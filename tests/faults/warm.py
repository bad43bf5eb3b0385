"""A process that has imported the program, and forks itself for each command it is told."""

import codecs
import gc
import importlib
import json
import os
import pkgutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self


class Warm:
    """That process; one command at a time."""

    def __enter__(self) -> Self:
        tests = str(Path(__file__).parent.parent)
        paths = [tests, os.environ.get("PYTHONPATH", "")]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "faults.warm"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.communicate(timeout=10)

    def start(self, words: Sequence[str], folder: Path, url: str) -> int:
        """Runs `psqlmigrate WORDS` in a process of its own; its id."""
        assert self._process.stdin
        print(json.dumps([list(words), str(folder), url]), file=self._process.stdin, flush=True)
        return self._answer()

    def ended(self) -> int:
        """Waits for its end: the exit code, or the number of the signal, negative."""
        return self._answer()

    def _answer(self) -> int:
        assert self._process.stdout
        return int(self._process.stdout.readline())


def said(folder: Path) -> str:
    """What a command wrote."""
    return (folder / "output").read_text(errors="replace")


def _serve() -> None:
    for line in sys.stdin:
        words, folder, url = json.loads(line)
        if (pid := os.fork()) == 0:
            _command(words, folder, url)
        _answer(pid)
        _answer(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


def _answer(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def _command(words: list[str], folder: str, url: str) -> None:
    from psqlmigrate.cli.app import main  # noqa: PLC0415 - only the process itself needs it

    os.chdir(folder)
    os.environ.update(DATABASE_URL=url, HOME=folder, PSQLMIGRATE_CONFIG_DIR=folder)
    output = os.open("output", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(output, 1)
    os.dup2(output, 2)
    code = 70
    try:
        code = main(words)
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def _import_all() -> None:
    import psqlmigrate  # noqa: PLC0415

    for one in pkgutil.walk_packages(psqlmigrate.__path__, "psqlmigrate."):
        if not any(part in one.name for part in ("__main__", "readers", "jobprocess")):
            importlib.import_module(one.name)
    codecs.lookup("utf-8-sig")
    gc.freeze()


if __name__ == "__main__":
    _import_all()
    _serve()
