"""A file's values as the text that PostgreSQL reads for the type of their column."""

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

from psqlmigrate.service.seeds.content import Scalar, Value
from psqlmigrate.service.seeds.types import Type

_PLAIN_INT = re.compile(r"[-+]?(0|[1-9][0-9_]*)\Z")
_BASED_INT = re.compile(r"([-+]?)(0[xb])([0-9a-fA-F_]+)\Z")
_PLAIN_FLOAT = re.compile(r"[-+]?[0-9_]*(\.[0-9_]*)?([eE][-+]?[0-9]+)?\Z")
_JSON_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?\Z")
_NOT_FINITE = {".inf": "infinity", "+.inf": "infinity", "-.inf": "-infinity", ".nan": "NaN"}
_TRUE = {"true", "yes", "on"}
_HEX = re.compile(r"[0-9a-fA-F]+\Z")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_BINARY = "$base64"


class BadValueError(Exception):
    """Says what is wrong with a value, before PostgreSQL is asked."""


class Converter:
    """Writes values for types. Every method raises BadValueError."""

    def __init__(self, types: Mapping[int, Type]) -> None:
        self._types = types

    def basic(self, oid: int) -> Type:
        """What a domain stands for, else the type itself."""
        found = self._types[oid]
        return self.basic(found.base) if found.kind == "d" else found

    def text(self, value: Value, oid: int) -> str | None:
        """The value as the input of a type; None is NULL."""
        if value is None:
            return None
        text = self._text(value, self.basic(oid))
        if "\0" in text:
            raise BadValueError("a text of PostgreSQL's has no NUL character")
        if not text.isascii() and _SURROGATE.search(text):
            raise BadValueError("half of a surrogate pair is no character")
        return text

    def _text(self, value: Value, wanted: Type) -> str:
        if wanted.is_json:
            return _json(value)
        if wanted.name == "bytea":
            return _bytes(value)
        if isinstance(value, Scalar):
            return _scalar(value, wanted)
        if isinstance(value, str):
            return value
        if isinstance(value, dict):
            return self._object(value, wanted)
        return self._list(value or [], wanted)

    def _list(self, value: Sequence[Value], wanted: Type) -> str:
        if wanted.element:
            return self._array(value, wanted)
        if wanted.fields:
            if len(value) != len(wanted.fields):
                raise BadValueError(
                    f"{wanted.label} has {len(wanted.fields)} fields, not {len(value)}"
                )
            return self._record(
                dict(zip((one for one, _ in wanted.fields), value, strict=True)), wanted
            )
        raise BadValueError(f"a list, where {wanted.label} is wanted{_written(wanted)}")

    def _object(self, value: Mapping[str, Value], wanted: Type) -> str:
        if wanted.fields:
            return self._record(value, wanted)
        if wanted.name == "hstore":
            return ", ".join(f"{_quoted(key)}=>{_pair(one)}" for key, one in value.items())
        if "$ref" in value:
            raise BadValueError("a $ref can only be the whole value of a column")
        raise BadValueError(f"an object, where {wanted.label} is wanted{_written(wanted)}")

    def _array(self, value: Sequence[Value], wanted: Type) -> str:
        element = self.basic(wanted.element)
        # A list inside jsonb[] is an element; inside text[] it is another dimension.
        nested = not (element.is_json or element.fields or element.element)
        parts: list[str] = []
        for one in value:
            if isinstance(one, list) and nested:
                parts.append(self._array(one, wanted))
            else:
                text = self.text(one, wanted.element)
                parts.append("NULL" if text is None else _quoted(text))
        return "{" + wanted.delimiter.join(parts) + "}"

    def _record(self, value: Mapping[str, Value], wanted: Type) -> str:
        names = [name for name, _ in wanted.fields]
        unknown = [name for name in value if name not in names]
        if unknown:
            raise BadValueError(
                f'{wanted.label} has no field "{unknown[0]}", only {", ".join(names)}'
            )
        parts = [self.text(value.get(name), oid) for name, oid in wanted.fields]
        return "(" + ",".join("" if one is None else _quoted(one) for one in parts) + ")"


def _quoted(text: str) -> str:
    """A part of an array, a record or an hstore: all of them read a backslash as "take the next"."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _pair(value: Value) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, (str, Scalar)):
        return _quoted(value if isinstance(value, str) else value.text)
    raise BadValueError("the values of an hstore are texts")


def _written(wanted: Type) -> str:
    if wanted.kind in {"r", "m"}:
        return ': write it as a text, "[1,5)"'
    return ""


def _scalar(value: Scalar, wanted: Type) -> str:
    if value.tag == "binary":
        raise BadValueError(f"!!binary, where {wanted.label} is wanted")
    if wanted.is_number and value.tag in {"int", "float"}:
        return _number(value)
    if value.tag == "float" and wanted.category in {"D", "N"}:
        return _NOT_FINITE.get(value.text.lower(), value.text)
    return value.text


def _number(value: Scalar) -> str:
    """Digits as PostgreSQL reads them. What versions of YAML read differently is refused."""
    text = value.text
    if value.tag == "float":
        if found := _NOT_FINITE.get(text.lower()):
            return found
        if _PLAIN_FLOAT.match(text):
            return text.replace("_", "")
    elif _PLAIN_INT.match(text):
        return text.replace("_", "")
    elif based := _BASED_INT.match(text):
        try:
            return str(int(based[1] + based[3].replace("_", ""), 16 if based[2] == "0x" else 2))
        except ValueError:
            raise BadValueError(f"{text[:40]} is too long") from None
    raise BadValueError(
        f"{text[:40]} is not the same number in every YAML: write plain decimal digits, or quote it"
    )


def _json(value: Value) -> str:
    if value is None:
        return "null"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, dict):
        members = (
            f"{json.dumps(key, ensure_ascii=False)}: {_json(one)}" for key, one in value.items()
        )
        return "{" + ", ".join(members) + "}"
    if isinstance(value, Scalar):
        return _json_scalar(value)
    return "[" + ", ".join(map(_json, value)) + "]"


def _json_scalar(value: Scalar) -> str:
    if value.tag == "bool":
        return "true" if value.text.lower() in _TRUE else "false"
    if value.tag == "time":
        return json.dumps(value.text)
    if value.tag == "binary":
        raise BadValueError("JSON has no !!binary")
    text = _number(value)
    if _JSON_NUMBER.match(text):
        return text
    if text.lower().endswith(("infinity", "nan")):
        raise BadValueError(f"JSON has no {value.text}")
    return f"{Decimal(text):f}" if "e" not in text.lower() else str(Decimal(text))


def _bytes(value: Value) -> str:
    """Hex after a backslash and x, base64 otherwise; what could be either is refused."""
    stated = isinstance(value, Scalar) and value.tag == "binary"
    if isinstance(value, dict) and set(value) == {_BINARY}:
        value, stated = value[_BINARY], True
    if isinstance(value, Scalar):
        value = value.text
    if not isinstance(value, str):
        raise BadValueError(
            'bytea is written in base64, or as {"$base64": "…"}, or as "\\\\x…" in hex'
        )
    if value.startswith("\\x") and not stated:
        return value
    if _HEX.match(value) and not stated:
        raise BadValueError(
            f'"{value[:40]}" can be hex or base64: write "\\\\x{value[:20]}" or {{"$base64": "{value[:20]}"}}'
        )
    try:
        content = base64.b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError):
        raise BadValueError(
            'not base64: bytea is written in base64, or as "\\\\x…" in hex'
        ) from None
    return "\\x" + content.hex()
