"""Names that others chose, made harmless for a terminal."""


def printable(text: str) -> str:
    """The text with escapes for what a terminal would obey or cannot show."""
    return "".join(
        one if one.isprintable() else one.encode("unicode_escape").decode() for one in text
    )
