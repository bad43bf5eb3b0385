"""Run by the project's own interpreter: its models become SQL text.

`models_to_sql.py FOLDER` reads FOLDER/request.json, {"specs": [...], "patience": seconds,
"server_version": 180000}, and writes FOLDER/answer.json: what `model_source.joined` returns, or
{"error": {...}}.
Works on Python 3.9, imports the standard library only; the ORMs are the user's.
"""

from __future__ import annotations

import faulthandler
import importlib
import json
import os
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

_OLDEST = (3, 9)
_HERE = Path(__file__).parent
_PACKAGE = "psqlmigrate_readers"
_PARTS = ("load_models", "model_source", "read_psqlmodel", "read_sqlalchemy", "read_django")


def main() -> None:
    """Answers the request, whatever the models do."""
    if sys.version_info[:2] < _OLDEST:
        sys.exit(1)  # with no sign of life: psqlmigrate then asks for the version
    folder = Path(sys.argv[1])
    request = json.loads((folder / "request.json").read_text(encoding="utf-8"))
    with (folder / "crash.txt").open("w", encoding="utf-8") as crash:
        faulthandler.enable(crash)
        faulthandler.dump_traceback_later(request["patience"], exit=True, file=crash)
        text = json.dumps(_answer(request["specs"], request["server_version"]))
        faulthandler.cancel_dump_traceback_later()
        faulthandler.disable()
    (folder / "answer.part").write_text(text, encoding="utf-8")
    (folder / "answer.part").replace(folder / "answer.json")
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # threads that the models have started would keep the interpreter alive


def _answer(specs: list[dict[str, str]], server_version: int) -> dict[str, Any]:
    load_models, model_source, psqlmodel, sqlalchemy, django = _own_parts()
    stage = "run"
    try:
        sources = []
        for spec in specs:
            stage = f"import {spec['target']}"
            sources.append(load_models.load(spec))
        stage = "read " + ", ".join(spec["target"] for spec in specs)
        readings = [
            sqlalchemy.read(sources, server_version),
            psqlmodel.read(sources),
            django.read(sources, server_version),
        ]
        answer: dict[str, Any] = model_source.joined(readings, sources)
    except model_source.UnusableModels as error:
        return {"error": {"message": str(error), "traceback": "", "missing": ""}}
    except BaseException as error:  # sys.exit() in a model is an error of the model, too
        return {"error": _described(error, stage)}
    return answer


def _own_parts() -> list[Any]:
    """The files beside this one, as a package that the models' own imports cannot meet."""
    sys.path[:] = [place for place in sys.path if place != str(_HERE)]
    package = ModuleType(_PACKAGE)
    package.__path__ = [str(_HERE)]
    sys.modules[_PACKAGE] = package
    return [importlib.import_module(f"{_PACKAGE}.{name}") for name in _PARTS]


def _described(error: BaseException, stage: str) -> dict[str, str]:
    """The user's own traceback: without our frames and the import system's."""
    report = traceback.TracebackException.from_exception(error)
    _cut(report, set())
    kind = type(error).__name__
    text = str(error)
    if isinstance(error, SystemExit):
        kind, text = "SystemExit", f"the models called sys.exit({error.code!r})"
    empty = not (report.stack or report.__cause__ or report.__context__)
    told = empty and not isinstance(error, SyntaxError)  # the message says it all
    return {
        "message": f"cannot {stage}: {kind}: {text}".rstrip(": "),
        "traceback": "" if told else "".join(report.format()).rstrip(),
        "missing": _missing(error),
    }


def _missing(error: BaseException) -> str:
    """The module whose absence is behind the error, however often that was wrapped."""
    seen: list[BaseException] = []
    one: BaseException | None = error
    while one is not None and one not in seen:
        if isinstance(one, ModuleNotFoundError):
            return one.name or ""
        seen.append(one)
        one = one.__cause__ or one.__context__
    return ""


def _cut(report: traceback.TracebackException, seen: set[int]) -> None:
    seen.add(id(report))
    kept = [frame for frame in report.stack if not _is_ours(frame.filename)]
    report.stack = traceback.StackSummary.from_list(kept)
    for other in (report.__cause__, report.__context__):
        if other is not None and id(other) not in seen:
            _cut(other, seen)


def _is_ours(filename: str) -> bool:
    return (
        filename.startswith("<frozen ")
        or filename == importlib.__file__
        or Path(filename).parent == _HERE
    )


if __name__ == "__main__":
    main()
