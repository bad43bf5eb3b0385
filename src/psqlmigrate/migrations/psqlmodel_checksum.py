"""The checksums that psqlmodel has left in a history, computed without importing the file.

Its later form (0.7 on): of the sources of `up` and `down`, with each run of white space as one
blank, the first 16 hex digits of the SHA-256. Its earlier form (0.5 and 0.6): 64 hex digits, of the
whole file by intent; but its loader never lets `inspect` find the file, and then psqlmodel hashes
the version alone. The later form, too, falls back, to version and message. Such checksums say
nothing of the file, so they fit whatever is in it.
"""

import ast
import hashlib
import inspect
import io
import itertools
import re
from functools import lru_cache

from psqlmigrate.migrations.file import MigrationFile
from psqlmigrate.migrations.methods import Function, method, migration_class, wrappers

_SHORT = 16
_HEX = re.compile(r"[0-9a-f]{16}(?:[0-9a-f]{48})?\Z")


def is_checksum(text: str) -> bool:
    """Whether it has the form of a checksum; psqlmodel also writes "" and "stamped" for one."""
    return _HEX.match(text) is not None


def is_of_version(version: str, recorded: str) -> bool:
    """Whether psqlmodel hashed the version alone, having found no file."""
    return recorded == _sha256(version)


def fits(file: MigrationFile, recorded: str) -> bool:
    """Whether psqlmodel would record this for the file as it is now."""
    if len(recorded) == _SHORT:
        fallback = f"{file.version}:{file.message}"
        known: frozenset[str] = frozenset() if file.is_sql else _of_methods(file.text, file.version)
        return recorded in {_short(fallback), *known}
    wholes = (mark + text for mark in ("", "\ufeff") for text in _line_ends(file.text))
    return recorded in {_sha256(one) for one in (file.version, *wholes)}


def _line_ends(text: str) -> tuple[str, str]:
    return text, text.replace("\n", "\r\n")


@lru_cache(maxsize=1024)
def _of_methods(text: str, version: str) -> frozenset[str]:
    """More than one where a decorator may stand for the method itself."""
    tree = ast.parse(text)
    node = migration_class(tree, version)
    if node is None:
        return frozenset()
    lines = io.StringIO(text).readlines()
    up, down = (_sources(tree, lines, method(tree, node, name)) for name in ("up", "down"))
    contents = ((one + other).strip() for one, other in itertools.product(up, down))
    return frozenset(_short(re.sub(r"\s+", " ", content)) for content in contents)


def _sources(tree: ast.Module, lines: list[str], function: Function | None) -> list[str]:
    if function is None:
        return []
    return [_source(lines, one) for one in (function, *wrappers(tree, function))]


def _source(lines: list[str], function: Function) -> str:
    """As `inspect.getsource` has it: with decorators, and comments as deep as the body."""
    first = function.lineno
    if not isinstance(function, ast.Lambda):
        first = min([first, *(one.lineno for one in function.decorator_list)])
    return "".join(inspect.getblock(lines[first - 1 :]))


def _short(text: str) -> str:
    return _sha256(text)[:_SHORT]


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
