"""From a proof to a certificate."""

import hashlib
import json

from psqlmigrate.migrations import certificate as certificates
from psqlmigrate.migrations.certificate import (
    Certificate,
    CertifiedStatement,
    Failure,
    ObjectHashes,
    WithoutRows,
)
from psqlmigrate.migrations.file import MigrationFile
from psqlmigrate.postgres.connect import PINNED
from psqlmigrate.schema.hashing import FORMAT_VERSION
from psqlmigrate.service.proving import Proof


def settings_digest() -> str:
    """The SHA-256 of the pinned settings: other settings can print other text."""
    text = json.dumps(PINNED, sort_keys=True, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def certificate_of(file: MigrationFile, proof: Proof, baseline: str) -> Certificate:
    """The certificate of a file that was proven."""
    return Certificate(
        file.version,
        file.checksum,
        FORMAT_VERSION,
        proof.server_version // 10000,
        settings_digest(),
        baseline,
        proof.before,
        proof.after,
        tuple(ObjectHashes(*one) for one in proof.touched),
        tuple(CertifiedStatement(*one) for one in proof.statements),
        proof.loses,
        tuple(Failure(one.direction, one.sql, one.table, one.reason) for one in proof.may_fail),
        tuple(WithoutRows(one.table, one.reason) for one in proof.unfilled),
    )


def write_certificate(file: MigrationFile, proof: Proof, baseline: str) -> Certificate:
    """Writes `certificates/<version>.json` beside the migration."""
    made = certificate_of(file, proof, baseline)
    certificates.write(certificates.path_of(file), made)
    return made
