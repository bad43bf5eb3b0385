"""What merge and squash did, as lines."""

from psqlmigrate.migrations.sent import shown
from psqlmigrate.service.merging import MergeResult
from psqlmigrate.service.squashing import SquashResult


def merged(result: MergeResult) -> list[str]:
    """The heads, the proof, the file."""
    if result.file is None:
        heads = ", ".join(result.heads)
        return [f"nothing to merge: {heads} is the only head" if heads else "no migrations"]
    met = f"; all leave {', '.join(result.shared)} alike" if result.shared else ""
    rows = ", on sample rows" if result.rows else ""
    back = "" if result.notes else ", and back"
    proof = f"{result.orders} orders of the branches lead to the same schema{rows}{back}{met}"
    return [
        f"joins {', '.join(result.heads)}",
        f"certified in {result.seconds:.1f} s: {proof}",
        f"wrote {shown(result.file)}",
        *(f"note: {one}" for one in result.notes),
        *(
            ["hint: upgrade goes on well; put the downs right before you need them"]
            * bool(result.notes)
        ),
    ]


def squashed(result: SquashResult) -> list[str]:
    """What is in one migration now, the proof, where everything is."""
    count = len(result.replaced)
    if result.file is None or result.archive is None:
        return [f"nothing to squash: {count} migration{'' if count == 1 else 's'}"]
    words = f"{result.planned} as a plan" if result.planned else ""
    kept = count - result.planned
    words += f"{', ' if words and kept else ''}{f'{kept} word by word' if kept else ''}"
    rows = " and the same rows" if result.rows else ""
    return [
        f"squashed {count} migrations, {result.replaced[0]} to {result.replaced[-1]}: {words}",
        f"certified in {result.seconds:.1f} s: the same schema{rows} as the originals, up and down",
        f"wrote {shown(result.file)}",
        f"moved the originals to {shown(result.archive)}/, for databases that have only some of them",
    ]
