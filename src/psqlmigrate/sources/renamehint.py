"""A word in the source that something had another name."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RenameHint:
    """The source's word that something had another name, the latest of `former` first.

    `names` are the present ones from the schema inwards (it may be missing), `kind` is a word of
    PostgreSQL's or empty, `label` a member's present name (of an enum), `origin` the place.
    """

    kind: str
    names: tuple[str, ...]
    former: tuple[str, ...]
    origin: str
    label: str = ""
