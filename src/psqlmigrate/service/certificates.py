"""What the certificates beside the migrations say, and whether a database agrees."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from psqlmigrate.errors import StateCorruptionError
from psqlmigrate.migrations import certificate
from psqlmigrate.migrations.certificate import CertifiedStatement, ObjectHashes
from psqlmigrate.migrations.file import MigrationFile
from psqlmigrate.schema.catalog import Catalog
from psqlmigrate.schema.dbobject import DbObject
from psqlmigrate.schema.hashing import FORMAT_VERSION, object_hash
from psqlmigrate.schema.statement import Hazard

Name: TypeAlias = tuple[str, str]
"""An object's kind and its name as people write it."""


@dataclass(frozen=True, slots=True)
class Certified:
    """The certificate of a migration as its file is now; `major` is the server that proved it."""

    version: str
    major: int
    objects: tuple[ObjectHashes, ...]
    statements: tuple[CertifiedStatement, ...]

    def expected(self, direction: str) -> dict[Name, str | None]:
        """The hash of each touched object when the migration is done."""
        up = direction == "up"
        return {(one.kind, one.name): one.after if up else one.before for one in self.objects}


def read(file: MigrationFile) -> Certified | None:
    """The certificate; None where there is none, or not for the text that the file has now."""
    path = certificate.path_of(file)
    if not path.is_file():
        return None
    try:
        found = certificate.read(path)
    except StateCorruptionError:
        return None  # verify names what is wrong with it
    if (found.checksum, found.format_version) != (file.checksum, FORMAT_VERSION):
        return None
    failing = {one.sql for one in found.may_fail if one.direction == "up"}
    statements = tuple(_statement(one, failing) for one in found.statements)
    return Certified(found.version, found.server_version, found.objects, statements)


def _statement(one: CertifiedStatement, failing: Collection[str]) -> CertifiedStatement:
    """What sample rows made fail has that hazard, whoever wrote the statement."""
    seen = {str(Hazard.MAY_FAIL)} if one.sql in failing else set[str]()
    return CertifiedStatement(one.sql, tuple(sorted({*one.hazards, *seen})))


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
