"""Models in Python, read by the user's own interpreter."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from psqlmigrate.errors import ModelError

_READER = Path(__file__).parent / "readers" / "models_to_sql.py"
_PATIENCE_S = 120


def interpreter(root: Path, python: str | None, env: Mapping[str, str]) -> Path:
    """The setting, the active virtual environment, the project's own, else ours."""
    if python:
        return Path(python) if Path(python).is_absolute() else root / python
    places = [Path(env["VIRTUAL_ENV"])] if env.get("VIRTUAL_ENV") else []
    for folder in (*places, root / ".venv", root / "venv"):
        for name in ("bin/python", "Scripts/python.exe"):
            if (folder / name).exists():
                return folder / name
    return Path(sys.executable)


def read_models(
    specs: Sequence[str], root: Path, python: str | None, env: Mapping[str, str]
) -> tuple[str, ...]:
    """The SQL that makes the models' schema.

    Raises ModelError with the user's own traceback: what cannot be read is never "no change".
    """
    chosen = interpreter(root, python, env)
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "answer.json"
        command = [str(chosen), str(_READER), str(answer), *specs]
        try:
            done = subprocess.run(
                command, cwd=root, capture_output=True, text=True, timeout=_PATIENCE_S, check=False,
                env={**env, "PYTHONDONTWRITEBYTECODE": "1"},
            )  # fmt: skip
        except OSError as error:
            raise ModelError(
                f"cannot run {chosen}: {error.strerror}", hint="check the setting python"
            ) from None
        except subprocess.TimeoutExpired:
            raise ModelError(f"reading the models took more than {_PATIENCE_S} s") from None
        if not answer.exists():
            raise ModelError(
                f"the models ended their interpreter (exit {done.returncode})", details=done.stderr
            )
        content = json.loads(answer.read_text(encoding="utf-8"))
    if "error" in content:
        raise ModelError(
            f"cannot read the models {', '.join(specs)}: {content['error']}",
            details=content["traceback"],
            hint=f"they were read with {chosen}; the setting python names another interpreter",
        )
    return tuple(content["sql"])
