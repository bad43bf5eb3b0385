"""Where a database is: libpq's parameters and what chose them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import unquote

from psqlmigrate.errors import UsageError
from psqlmigrate.redaction import SECRETS, redact

_HIGHEST_PORT = 65535
_EXAMPLE = "write postgresql://user@host:5432/database"

_SETTING = r"(?s)\s*(\w+)\s*=\s*('(?:\\.|[^'\\])*'|(?:\\.|[^\s'\\])*)(?=\s|\Z)"


@dataclass(frozen=True, slots=True)
class Target:
    """A database to connect to; `source` says in words what chose it.

    A parameter that is empty stands for libpq's built-in default, whatever `PG*` says.
    """

    params: Mapping[str, str] = field(repr=False)
    source: str
    profile: str | None = None
    embedded: bool = False
    role: str = ""

    @property
    def label(self) -> str:
        """`app on db.internal:5432 as deploy`, without the password."""
        user = self.params.get("user")
        name = self.params.get("dbname") or user or "the default database"
        if self.embedded:
            return f"{self.params.get('dbname') or 'postgres'} on the embedded server"
        return f"{name} on {self._where}" + (f" as {user}" if user else "")

    @property
    def _where(self) -> str:
        host = self.params.get("host") or self.params.get("hostaddr") or ""
        if not host and "service" in self.params:
            return f"service {self.params['service']}"
        if not host or host.startswith(("/", "@")):
            return "local socket"
        hosts = host.split(",")
        ports = (self.params.get("port") or "5432").split(",")
        if len(ports) != len(hosts):
            ports = ports[:1] * len(hosts)
        return ",".join(f"{one}:{port or '5432'}" for one, port in zip(hosts, ports, strict=True))

    @property
    def local(self) -> bool:
        """Whether the server is on this machine (loopback or socket)."""
        hosts = (self.params.get("hostaddr") or self.params.get("host") or "").split(",")
        if hosts == [""]:
            return "service" not in self.params
        return all(
            not host or host.startswith(("/", "@")) or host in {"localhost", "127.0.0.1", "::1"}
            for host in hosts
        )

    def advice(self, sslmode: str | None = None) -> str:
        """What is to be said of libpq's `sslmode` there; "" where the server proves who it is.

        On this machine nobody is in between (manual, 34.19.1: Client Verification).
        """
        mode = sslmode or "prefer"
        if self.local or mode.startswith("verify-"):
            return ""
        return f"sslmode {mode} does not prove who the server is; verify-full does"

    def database(self, name: str) -> "Target":
        """Another database of the same server."""
        return replace(self, params={**self.params, "dbname": name})

    def acting_as(self, role: str) -> "Target":
        """The same with another current role in each session (manual, SET ROLE)."""
        return replace(self, role=role)

    @property
    def options(self) -> dict[str, str]:
        """What the start of a session says of the role, so that RESET ROLE leads back to it."""
        if not self.role:
            return {}
        setting = re.sub(r"([\\\s])", r"\\\1", self.role)
        return {"options": f"{self.params.get('options', '')} -c role={setting}"}

    def redacted(self, text: str) -> str:
        """The text without the passwords, however they are written."""
        return redact(text, *(self.params.get(name, "") for name in SECRETS))


def parse_url(url: str, source: str) -> Target:
    """The target of a URL or of `key=value` settings (manual, 34.1.1); of several hosts as well.

    A driver after `+` is ignored. Raises UsageError, which never repeats the text.
    """
    text = url.strip()
    scheme, separator, rest = text.partition("://")
    if scheme.partition("+")[0].lower() in {"postgresql", "postgres"} and separator:
        params = _of_url(rest, source)
    elif "=" in text and not separator:
        params = _of_settings(text, source)
    else:
        raise UsageError(f"the URL from {source} does not begin with postgresql://", hint=_EXAMPLE)
    _refuse_unknown(params, source, tell=bool(separator))
    if any("\0" in value for value in params.values()):
        raise UsageError(f"the URL from {source} has a zero byte")
    return Target({key: value for key, value in params.items() if value}, source)


def port_of(text: str) -> bool:
    """Whether it is a port, or one for each of several hosts."""
    return all(
        not one or (one.isascii() and one.isdigit() and 0 < int(one) <= _HIGHEST_PORT)
        for one in text.split(",")
    )


def _refuse_unknown(params: Mapping[str, str], source: str, *, tell: bool) -> None:
    """What libpq does not know is no reason to look for a server.

    A name is only told (`tell`) where it cannot be a piece of a password.
    """
    from psycopg import pq  # noqa: PLC0415 - start-up time

    known = [one.keyword.decode() for one in pq.Conninfo.get_defaults()]
    unknown = next((one for one in params if one not in known), None)
    if unknown is not None:
        import difflib  # noqa: PLC0415 - only needed for this error

        near = difflib.get_close_matches(unknown, known, 2, 0.6)
        name = f' "{unknown}"' if tell or near else ""
        raise UsageError(
            f"the URL from {source} has a parameter{name} that libpq does not know",
            hint=f"did you mean {' or '.join(near)}?" if near else _EXAMPLE,
        )
    if not port_of(params.get("port", "")):
        raise UsageError(f"the URL from {source} has no valid host or port", hint=_EXAMPLE)


def _of_url(rest: str, source: str) -> dict[str, str]:
    path_at = re.search(r"[/?]", rest)
    authority, tail = (rest[: path_at.start()], rest[path_at.start() :]) if path_at else (rest, "")
    if "@" not in authority and ":" in authority and "@" in tail:
        raise UsageError(
            f"the URL from {source} has an @ behind the host",
            hint="in a user name or password write %2F for /, %3F for ? and %40 for @",
        )
    account, _, hosts = authority.rpartition("@")
    user, _, password = account.partition(":")
    path, _, query = tail.partition("?")
    pairs = {"user": user, "password": password, "dbname": path.removeprefix("/")}
    params = {key: _decoded(value, source) for key, value in pairs.items()}
    return {**params, **_hosts(hosts, source), **_of_query(query, source)}


def _hosts(text: str, source: str) -> dict[str, str]:
    hosts: list[str] = []
    ports: list[str] = []
    for one in text.split(","):
        parts = re.fullmatch(r"(?:\[([^\]]*)\]|([^:\[\]]*))(?::(\d*))?", one)
        if not parts or int(parts[3] or 0) > _HIGHEST_PORT:
            raise UsageError(f"the URL from {source} has no valid host or port", hint=_EXAMPLE)
        hosts.append(_decoded(parts[1] or parts[2] or "", source))
        ports.append(parts[3] or "")
    return {"host": ",".join(hosts).strip(","), "port": ",".join(ports) if any(ports) else ""}


def _of_query(query: str, source: str) -> dict[str, str]:
    params: dict[str, str] = {}
    for pair in filter(None, query.split("&")):
        key, separator, value = pair.partition("=")
        if not separator or not re.fullmatch(r"\w+", key):
            raise UsageError(f"the URL from {source} has a parameter that is not key=value")
        params[key] = _decoded(value, source)
    if params.pop("ssl", "") == "true":
        params.setdefault("sslmode", "require")
    return params


def _of_settings(text: str, source: str) -> dict[str, str]:
    params: dict[str, str] = {}
    at = 0
    while at < len(text):
        found = re.compile(_SETTING).match(text, at)
        if not found:
            raise UsageError(
                f"the settings from {source} are not key=value",
                hint="put a value with blanks into single quotes, or " + _EXAMPLE,
            )
        params[found[1]] = re.sub(
            r"\\(.)", r"\1", re.sub(r"\A'(.*)'\Z", r"\1", found[2], flags=re.DOTALL)
        )
        at = found.end()
    return params


def _decoded(text: str, source: str) -> str:
    if re.search(r"%(?![0-9A-Fa-f]{2})", text):
        raise UsageError(
            f"the URL from {source} has a % that is no percent-encoding",
            hint="write %25 for a percent sign",
        )
    return unquote(text, errors="surrogateescape")
