"""Names that others chose, made harmless for a terminal."""


def printable(text: str, kept: str = "") -> str:
    """The text with escapes for what a terminal would obey or cannot show, but for what is kept."""
    if text.isprintable():
        return text
    return "".join(
        one if one.isprintable() or one in kept else one.encode("unicode_escape").decode()
        for one in text
    )


def printable_lines(text: str) -> str:
    """The same for a text of several lines."""
    return printable(text, "\n\t")
