"""What merge and squash did, as lines."""

from psqlmigrate.migrations.sent import shown
from psqlmigrate.service.merging import MergeResult


def merged(result: MergeResult) -> list[str]:
    """The heads, the proof, the file."""
    if result.file is None:
        heads = ", ".join(result.heads)
        return [f"nothing to merge: {heads} is the only head" if heads else "no migrations"]
    met = f"; all leave {', '.join(result.shared)} alike" if result.shared else ""
    rows = ", on sample rows" if result.rows else ""
    proof = f"{result.orders} orders of the branches lead to the same schema{rows}{met}"
    return [
        f"joins {', '.join(result.heads)}",
        f"certified in {result.seconds:.1f} s: {proof}",
        f"wrote {shown(result.file)}",
    ]
