"""Results as JSON; without rich, so that scripts do not pay for it."""

import dataclasses
import json
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any

from psqlmigrate.output import github


def to_json(value: Any) -> Any:
    """Dataclasses, enums, paths and times as JSON has them; what repr hides stays hidden."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        shown = [one.name for one in dataclasses.fields(value) if one.repr]
        return {name: to_json(getattr(value, name)) for name in shown}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (Path, datetime)):
        return value.isoformat() if isinstance(value, datetime) else str(value)
    if isinstance(value, dict):
        return {str(key): to_json(one) for key, one in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if isinstance(value, (list, tuple, set, frozenset)):
        items = [to_json(one) for one in value]  # pyright: ignore[reportUnknownVariableType]
        return sorted(items, key=str) if isinstance(value, (set, frozenset)) else items
    return value


def envelope(command: str, result: object) -> str:
    """The JSON document of a command that went well."""
    content = {"version": 1, "command": command, "ok": True, "result": to_json(result)}
    return github.calm_json(json.dumps(content, ensure_ascii=False))
