"""Migrations as text; messages and SQL are data and can never become code."""

import json
import keyword
import re
from collections.abc import Mapping, Sequence

from psqlmigrate.schema.statement import Statement

_PLAIN_SQL = re.compile(r"\A[^\\\x00-\x09\x0b-\x1f\x7f]*\Z")


def render_python(
    version: str,
    message: str,
    depends_on: Sequence[str] | None,
    up: Sequence[Statement],
    down: Sequence[Statement],
    *,
    transactional: bool = True,
    replaces: Mapping[str, str] | None = None,
) -> str:
    """A Python migration; each statement comes back exactly as it was given."""
    parents = list(depends_on) if depends_on is not None and len(depends_on) > 1 else None
    parent = parents or (depends_on[0] if depends_on else None)
    lines = [
        "from psqlmigrate import Migration",
        "",
        "",
        f"class {_class_name(message)}(Migration):",
        f"    version = {_string(version)}",
        f"    message = {_string(message)}",
        f"    depends_on = {json.dumps(parent) if parent else None}",
        *_replaces(replaces or {}),
        *([] if transactional else ["    transactional = False"]),
        "",
        "    def up(self, engine):",
        *_body("Apply the migration.", up),
        "",
        "    def down(self, engine):",
        *_body("Revert the migration.", down),
    ]
    return "\n".join(lines) + "\n"


def _replaces(replaces: Mapping[str, str]) -> list[str]:
    if not replaces:
        return []
    lines = [f"        {_string(key)}: {_string(value)}," for key, value in replaces.items()]
    return ["    replaces = {", *lines, "    }"]


def _body(doc: str, statements: Sequence[Statement]) -> list[str]:
    lines = [f'        """{doc}"""']
    for statement in statements:
        lines.extend(
            f"        # {hazard}" for hazard in sorted(statement.hazards) if _shown(hazard)
        )
        lines.append(f"        engine.execute({_sql_literal(statement.sql)})")
    return lines


def _shown(hazard: str) -> bool:
    return hazard in {"data loss", "lossy cast", "may fail on existing rows", "table rewrite"}


def _sql_literal(text: str) -> str:
    """A triple-quoted string where that is exact, else an escaped one."""
    if "\n" not in text or _has_rows(text):
        return _string(text)
    safe = _PLAIN_SQL.match(text) and '"""' not in text and not text.endswith('"')
    if not safe or text != text.strip():
        return _string(text)
    if re.search(r"['$]", _quoted_newlines(text)):
        return f'"""{text}"""'
    inner = text.replace("\n", "\n            ")
    return f'"""\n            {inner}\n        """'


def _quoted_newlines(text: str) -> str:
    """Something with a quote in it when a quoted part of the text spans lines."""
    if "$" in text or "/*" in text:
        return "$"
    return (
        "'" if any(line.count("'") % 2 or line.count('"') % 2 for line in text.splitlines()) else ""
    )


def _string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False) if text.isprintable() else repr(text)


def _class_name(message: str) -> str:
    words = re.findall(r"[A-Za-z0-9]+", message)
    name = "".join(word[0].upper() + word[1:] for word in words)[:60]
    if not name or not name[0].isalpha() or keyword.iskeyword(name) or name == "Migration":
        return f"Migration{name}"
    return name


def _has_rows(text: str) -> bool:
    """Whether it is a COPY with its rows, which no character may follow."""
    return text.endswith("\n\\.")


def render_sql(
    message: str,
    depends_on: Sequence[str] | None,
    up: Sequence[Statement],
    down: Sequence[Statement],
    *,
    transactional: bool = True,
    replaces: Mapping[str, str] | None = None,
) -> str:
    """An SQL migration with its header."""
    plain = message.isprintable() and not message.startswith('"') and message == message.strip()
    lines = [f"-- message: {message if plain else json.dumps(message)}"]
    if depends_on:
        lines.append(f"-- depends_on: {', '.join(depends_on)}")
    if not transactional:
        lines.append("-- transactional: false")
    lines.extend(f"-- replaces: {version} {known}" for version, known in (replaces or {}).items())
    for mark, statements in (("up", up), ("down", down)):
        lines.extend(("", f"-- psqlmigrate: {mark}"))
        lines.extend(one.sql if _has_rows(one.sql) else f"{one.sql};" for one in statements)
    return "\n".join(lines) + "\n"
