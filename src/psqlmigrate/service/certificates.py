"""What the certificates beside the migrations say, and whether a database agrees."""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from psqlmigrate.migrations.file import MigrationFile
from psqlmigrate.schema.catalog import Catalog
from psqlmigrate.schema.dbobject import DbObject
from psqlmigrate.schema.hashing import FORMAT_VERSION, object_hash
from psqlmigrate.schema.statement import Hazard

_FULL_VERSION = 10000

Name: TypeAlias = tuple[str, str]
"""An object's kind and its name as people write it."""


@dataclass(frozen=True, slots=True)
class Touched:
    """An object that a migration touches; a hash is None where the object is not there."""

    kind: str
    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class HazardousStatement:
    """A statement of `up` and the hazards it has."""

    sql: str
    hazards: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Certified:
    """The certificate of a migration as its file is now; `major` is the server that proved it."""

    version: str
    major: int
    objects: tuple[Touched, ...]
    statements: tuple[HazardousStatement, ...]

    def expected(self, direction: str) -> dict[Name, str | None]:
        """The hash of each touched object when the migration is done."""
        up = direction == "up"
        return {(one.kind, one.name): one.after if up else one.before for one in self.objects}


def read(file: MigrationFile) -> Certified | None:
    """The certificate; None where there is none, or not for the text that the file has now."""
    try:
        content = json.loads(path_of(file).read_text(encoding="utf-8"))
        if (content["checksum"], content["format_version"]) != (file.checksum, FORMAT_VERSION):
            return None
        return _certified(file.version, content)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None  # verify names what is wrong with it


def path_of(file: MigrationFile) -> Path:
    """Where the certificate is, or would be."""
    return file.path.parent / "certificates" / f"{file.version}.json"


def _certified(version: str, content: Mapping[str, Any]) -> Certified:
    objects = (
        Touched(str(one["kind"]), str(one["name"]), one["before"], one["after"])
        for one in content["objects"]
    )
    failing = {
        str(one["sql"]) for one in content.get("may_fail", ()) if one.get("direction") == "up"
    }
    statements = (
        _statement(str(one["sql"]), one["hazards"], failing) for one in content["statements"]
    )
    server = int(content.get("server_version", 0))
    major = server // _FULL_VERSION if server >= _FULL_VERSION else server
    return Certified(version, major, tuple(objects), tuple(statements))


def _statement(sql: str, hazards: Iterable[str], failing: Collection[str]) -> HazardousStatement:
    """What sample rows made fail has that hazard, whoever wrote the statement."""
    seen = {str(Hazard.MAY_FAIL)} if sql in failing else set[str]()
    return HazardousStatement(sql, tuple(sorted({*map(str, hazards), *seen})))


def left_by(files: Iterable[MigrationFile]) -> dict[Name, str] | None:
    """What applied migrations, in their order, leave existing; None if one has no certificate."""
    exists: dict[Name, str] = {}
    for file in files:
        certified = read(file)
        if certified is None:
            return None
        for name, after in certified.expected("up").items():
            if after is None:
                exists.pop(name, None)
            else:
                exists[name] = after
    return exists


def differing(expected: Mapping[Name, str | None], live: Catalog) -> tuple[Name, ...]:
    """The objects that are not in the database as they are expected; None expects none."""
    objects = by_name(live)
    hashes = {name: object_hash(objects[name]) for name in expected if name in objects}
    return tuple(sorted(name for name, want in expected.items() if hashes.get(name) != want))


def by_name(catalog: Catalog) -> dict[Name, DbObject]:
    """The objects as certificates name them."""
    return {(one.kind, str(one.id)): one for one in catalog}
