"""How profiles look to people."""

from collections.abc import Sequence

from rich.text import Text

from psqlmigrate.output.console import console, rows
from psqlmigrate.output.printable import printable
from psqlmigrate.service.profiles import ProfileRow

_HEADINGS = ("", "Name", "Host", "Port", "Database", "User", "Password")


def print_profiles(profiles: Sequence[ProfileRow], *, no_color: bool) -> None:
    """One line each; a star marks the default."""
    lines = [
        (
            " *" if one.default else "",
            *(printable(text or "") for text in (one.name, one.host)),
            str(one.port or 5432),
            *(printable(text or "") for text in (one.database, one.username)),
            one.password,
        )
        for one in profiles
    ]
    columns = [(one, "right" if one == "Port" else "left") for one in _HEADINGS]
    console(no_color=no_color).print(rows(columns, lines))


def print_profile(profile: ProfileRow, *, no_color: bool) -> None:
    """One fact a line."""
    facts = {
        "Host": profile.host,
        "Port": str(profile.port or 5432),
        "Database": profile.database,
        "User": profile.username,
        "Password": profile.password,
        "sslmode": profile.sslmode,
        "Models": ", ".join(profile.models_path),
        "Migrations path": profile.migrations_path,
        "File": str(profile.file),
    }
    out = console(no_color=no_color)
    out.print(Text(printable(profile.name) + ("   (default)" if profile.default else "") + "\n"))
    for name, value in facts.items():
        if value:
            out.print(Text(f"  {name:<18}{printable(value)}"))
