"""Where a database is: libpq's parameters and what chose them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from psqlmigrate.errors import UsageError


@dataclass(frozen=True, slots=True)
class Target:
    """A database to connect to; `source` says in words what chose it."""

    params: Mapping[str, str] = field(repr=False)
    source: str
    profile: str | None = None
    embedded: bool = False

    @property
    def label(self) -> str:
        """`app on db.internal:5432 as deploy`, without the password."""
        host = self.params.get("host", "localhost")
        where = "local socket" if host.startswith("/") else f"{host}:{self.params.get('port', '5432')}"
        where = "the embedded server" if self.embedded else where
        user = self.params.get("user")
        name = self.params.get("dbname", user or "the default database")
        return f"{name} on {where}" + (f" as {user}" if user and not self.embedded else "")

    @property
    def local(self) -> bool:
        """Whether the server is on this machine (loopback or socket)."""
        host = self.params.get("hostaddr") or self.params.get("host", "")
        return not host or host.startswith("/") or host in {"localhost", "127.0.0.1", "::1"}

    def database(self, name: str) -> "Target":
        """Another database of the same server."""
        return Target({**self.params, "dbname": name}, self.source, self.profile, self.embedded)

    def redacted(self, text: str) -> str:
        """The text without the password, however it is written."""
        secret = self.params.get("password")
        if not secret:
            return text
        for form in {secret, quote(secret, safe="")}:
            text = text.replace(form, "********")
        return text


def parse_url(url: str, source: str) -> Target:
    """The target of a `postgresql://` URL (manual, 34.1.1.2); a driver after `+` is ignored.

    Raises UsageError, which never repeats the URL.
    """
    parts = urlsplit(url)
    if parts.scheme.partition("+")[0] not in {"postgresql", "postgres"}:
        raise UsageError(
            f"the URL from {source} does not begin with postgresql://",
            hint="write postgresql://user@host:5432/database",
        )
    try:
        port = parts.port
    except ValueError:
        raise UsageError(f"the URL from {source} has no number as its port") from None
    params = {
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "host": unquote(parts.hostname or ""),
        "port": str(port) if port else "",
        "dbname": unquote(parts.path.removeprefix("/")),
        **dict(parse_qsl(parts.query)),
    }
    return Target({key: value for key, value in params.items() if value}, source)
