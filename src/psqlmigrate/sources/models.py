"""Models in Python, read by the project's own interpreter, become SQL text."""

import dataclasses
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Any

from psqlmigrate.errors import ModelError
from psqlmigrate.redaction import without_secrets
from psqlmigrate.sources.interpreter import Interpreter, advice, find_interpreter
from psqlmigrate.sources.modelspec import ModelSpec, parse_specs
from psqlmigrate.sources.renamehint import RenameHint

_READER = Path(__file__).parent / "readers" / "models_to_sql.py"
_NOT_THE_USERS = (str(_READER.parent), "<frozen ", "importlib/__init__.py")
_PATIENCE_S = 120.0
_GRACE_S = 10.0
_START_S = 20.0
_ANSWER_S = 5.0
_LAST_WORDS_S = 1.0
_OLDEST = (3, 9)
_NEWEST = 180000
_FRAME = re.compile(r'^ *File "(.+)", line ([0-9]+)', re.MULTILINE)
_INSTALLED_AS = {
    "sqlalchemy": "sqlalchemy",
    "psqlmodel": "'psqlmodel[async]'",
    "asyncpg": "'psqlmodel[async]'",
    "sqlmodel": "sqlmodel",
    "django": "django",
    "psycopg": "'psycopg[binary]'",
    "psycopg2": "psycopg2-binary",
}
# macOS's framework builds tell a child by this which Python it is: ours, not the project's.
_NOT_INHERITED = ("__PYVENV_LAUNCHER__",)


@dataclasses.dataclass(frozen=True)
class ModelPart:
    """What one ORM states, in an order that works by itself; `origin` names its specs."""

    origin: str
    statements: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class ModelSql:
    """What models state: SQL that makes their schema in an empty database, by ORM.

    `foreign` are patterns of what belongs to the ORMs themselves. `tables` are schema.name. `coverage` says of which objects the models state all there are, so
    that an absent one is to be dropped (`sources.coverage.covered` reads it). `unstated` has the
    fields, as kind.field, for which the models have no words: the database's value stays.
    """

    parts: tuple[ModelPart, ...]
    tables: tuple[str, ...]
    coverage: frozenset[str]
    unstated: frozenset[str]
    warnings: tuple[str, ...]
    renames: tuple[RenameHint, ...] = ()
    foreign: tuple[str, ...] = ()

    @property
    def statements(self) -> tuple[str, ...]:
        """Of all ORMs, one after the other."""
        return tuple(text for part in self.parts for text in part.statements)


def read_model_sql(
    specs: Sequence[str],
    *,
    root: Path,
    python: str | None,
    env: Mapping[str, str],
    server_version: int = _NEWEST,
    patience_s: float = _PATIENCE_S,
) -> ModelSql:
    """Imports the models as their project would, with `root` as the working directory.

    `server_version` is the server's server_version_num: an ORM may write DDL by it.

    Raises ModelError with the user's own traceback: what cannot be read is never "no change".
    """
    chosen = find_interpreter(root, python, env)
    models = [one for one in parse_specs(specs, root) if not one.is_sql]
    specs_sent = [{**dataclasses.asdict(one), "form": one.form.value} for one in models]
    request = {"specs": specs_sent, "patience": patience_s, "server_version": server_version}
    answer = _ask(chosen, models, root, env, request)
    if "error" in answer:
        raise _as_error(answer["error"], chosen, root)
    return model_sql(answer)


def model_sql(answer: Mapping[str, Any]) -> ModelSql:
    """The readers' answer as a value."""
    return ModelSql(
        tuple(ModelPart(one["origin"], tuple(one["statements"])) for one in answer["parts"]),
        tuple(answer["tables"]),
        frozenset(answer["coverage"]),
        frozenset(answer["unstated"]),
        tuple(answer["warnings"]),
        tuple(_hint(one) for one in answer["renames"]),
        tuple(answer["foreign"]),
    )


def _hint(one: dict[str, Any]) -> RenameHint:
    former = tuple(one["former"])
    return RenameHint(one["kind"], tuple(one["names"]), former, one["origin"], one["label"])


def _ask(
    chosen: Interpreter,
    models: Sequence[ModelSpec],
    root: Path,
    env: Mapping[str, str],
    request: dict[str, Any],
) -> dict[str, Any]:
    """Runs the reader; it answers in a file, since models may print."""
    with tempfile.TemporaryDirectory(prefix="psqlmigrate-models-") as name:
        folder = Path(name)
        (folder / "request.json").write_text(json.dumps(request), encoding="utf-8")
        command = [str(chosen.path), str(_READER), name]
        status = _run(command, root, env, request["patience"], folder / "crash.txt")
        try:
            answer: dict[str, Any] = json.loads((folder / "answer.json").read_bytes())
        except FileNotFoundError:
            if not (folder / "crash.txt").exists():
                raise _no_python(chosen) from None
            raise _without_answer(models, chosen, status, folder / "crash.txt") from None
        return answer


def _run(
    command: list[str], root: Path, env: Mapping[str, str], patience_s: float, sign: Path
) -> int | None:
    """The exit status; None when even the reader's own alarm did not end it.

    `sign` is the file that the reader makes first: what makes none is no Python.
    """
    inherited = {key: value for key, value in env.items() if key not in _NOT_INHERITED}
    said, said_by_models = os.pipe()
    try:
        process = subprocess.Popen(
            command,
            cwd=root,
            env={**inherited, "PYTHONDONTWRITEBYTECODE": "1"},
            stdin=subprocess.DEVNULL,
            stdout=said_by_models,
            stderr=said_by_models,
        )
    except OSError as error:
        os.close(said)
        raise ModelError(
            f"cannot run {command[0]}: {error.strerror}",
            hint="name the project's interpreter with the setting python",
        ) from None
    finally:
        os.close(said_by_models)
    telling = Thread(target=_tell, args=(said,), daemon=True)
    telling.start()
    with process:
        status = _wait(process, _START_S)
        if status is None and sign.exists():
            status = _wait(process, patience_s + _GRACE_S)
        if status is None:
            process.kill()
    telling.join(_LAST_WORDS_S)  # what the models have started may keep the pipe open
    return status


def _tell(said: int) -> None:
    """Shows what models print, which is nobody's data, on stderr and without passwords."""
    with suppress(OSError), os.fdopen(said, "rb") as lines:
        for line in lines:
            sys.stderr.write(without_secrets(line.decode("utf-8", "backslashreplace")))
            sys.stderr.flush()


def _wait(process: subprocess.Popen[bytes], patience_s: float) -> int | None:
    """The exit status; None while it still runs."""
    try:
        return process.wait(patience_s)
    except subprocess.TimeoutExpired:
        return None
    except BaseException:
        process.kill()
        raise


def _no_python(chosen: Interpreter) -> ModelError:
    """What was run has not even begun to read: it is too old, or no Python at all."""
    where = f"{chosen.path} ({chosen.origin})"
    version = _version(chosen.path)
    if version is None:
        message = f"{where} is no Python interpreter"
    elif tuple(map(int, version.split("."))) < _OLDEST:
        message = f"{where} is Python {version}; models are read with 3.9 or newer"
    else:
        message = f"{where} does not start"
    return ModelError(message, hint="name the project's interpreter with the setting python")


def _version(path: Path) -> str | None:
    """What Python it says it is; None when it is not heard of, or answers otherwise."""
    code = "import sys; sys.stdout.write('psqlmigrate %d.%d' % sys.version_info[:2])"
    try:
        done = subprocess.run(
            [str(path), "-c", code],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_ANSWER_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.fullmatch(rb"psqlmigrate (\d+\.\d+)", done.stdout)
    return found[1].decode() if found else None


def _without_answer(
    models: Sequence[ModelSpec], chosen: Interpreter, status: int | None, crash: Path
) -> ModelError:
    """The interpreter is gone and has said nothing, except where it was."""
    report = crash.read_text(encoding="utf-8", errors="replace") if crash.exists() else ""
    names = ", ".join(map(str, models))
    if status is None or report.startswith("Timeout"):
        message = f"reading the models {names} took too long and was stopped"
        hint = "models must not wait for a server or for input when they are imported"
    else:
        message = f"the interpreter ended with status {status} while it read the models {names}"
        hint = f"it was {chosen.path} ({chosen.origin})"
    frames = "\n".join(
        line for line in report.splitlines() if not any(part in line for part in _NOT_THE_USERS)
    )
    return ModelError(message, details=frames, hint=hint)


def _as_error(error: dict[str, str], chosen: Interpreter, root: Path) -> ModelError:
    """The reader's report, with what to do about it."""
    where = f"{chosen.path} ({chosen.origin})"
    missing = error["missing"].partition(".")[0]
    if missing in _INSTALLED_AS:
        hint = (
            f"{missing} is not installed for {where}: run"
            f" `{chosen.path} -m pip install {_INSTALLED_AS[missing]}`, or name the project's own"
            f" interpreter with the setting python{advice(root)}"
        )
    elif missing:
        hint = (
            f"{missing} was looked for in {root} and with {where}; the setting python names another"
            f"{advice(root)}"
        )
    else:
        hint = f"the models were read with {where}; the setting python names another"
    frames = _FRAME.findall(error["traceback"])
    path, line = frames[-1] if frames else ("", "0")
    return ModelError(error["message"], details=error["traceback"], hint=hint).at(path, int(line))
