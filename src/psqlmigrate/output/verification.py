"""What verify found, and what was certified, as lines."""

from collections.abc import Sequence

from psqlmigrate.migrations.certificate import Certificate
from psqlmigrate.output.runs import one_line
from psqlmigrate.service.proving import Proof
from psqlmigrate.service.verifying import VerifyResult


def verified(result: VerifyResult, *, offline: bool = False) -> list[str]:
    """Findings, then what was looked at; `offline` was the database's history not meant to be."""
    lines = [str(finding) for finding in result.findings]
    lines += [f"note: {note}" for note in result.notes]
    if one := result.replay:
        lines.append(
            f"replayed on PostgreSQL {one.server_version}: {one.ran} up, {one.reverted} down and up"
            f" again, {one.compared} compared with their certificates"
        )
    alone = "files only" if offline else "files only: no database is named"
    where = "files and history" if result.database else alone
    certified = f"{result.certified} certified, {result.files - result.certified} not"
    count = f"{result.files} migration{'' if result.files == 1 else 's'}"
    found = f"{len(result.findings)} finding{'' if len(result.findings) == 1 else 's'}"
    lines.append(f"{count} ({certified}), {found} ({where})")
    return lines


def certified(made: Sequence[Certificate]) -> list[str]:
    """Each certificate that was written, with what it says of values."""
    if not made:
        return ["every pending migration is certified"]
    lines: list[str] = []
    for one in made:
        lines.append(f"{one.version}  certified")
        lines += [f"  down cannot bring back {loss}" for loss in one.loses]
        lines += [
            f"  {failure.direction} may fail on existing rows: {failure.reason}"
            for failure in one.may_fail
        ]
        lines += [
            f"  no sample rows for {table.table}: {table.reason}" for table in one.without_rows
        ]
    return lines


def proven(proof: Proof) -> list[str]:
    """What a plan did to sample rows, on its way there and back."""
    server = proof.server_version // 10000
    lines = [f"proven on PostgreSQL {server} with sample rows: there, back, there again"]
    lines += [f"  the way back does not restore {loss}" for loss in proof.loses]
    lines += [
        f"  may fail on existing rows{' on the way back' if one.direction == 'down' else ''}:"
        f" {one_line(one.sql)} ({one.words})"
        for one in proof.may_fail
    ]
    return lines + [f"  no sample rows for {one.table}: {one.reason}" for one in proof.unfilled]
