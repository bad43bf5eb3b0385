"""Passwords that nothing may repeat: no message, journal, certificate, log or job.

A migration's own code can put whatever it knows into its exception. So errors are cleaned when
they are made (`errors.MigrationError`), wherever they are told or kept then.
"""

import os
import re
from collections.abc import Mapping

_HIDDEN = "********"
_SHORTEST = 4
_NAMES = ("USER", "HOST", "PORT", "DATABASE", "DB", "NAME")
SECRETS = ("password", "sslpassword")
"""The parameters of a connection that are secret."""

# Texts, not compiled: most runs never look for a secret, and compiling all is felt at start-up.
_URL_PASSWORD = r"\w://[^\s/:@?#'\"]*:([^\s'\"@/]+)@"  # noqa: S105
_URL_SECRET = r"(\w://[^\s/:@?#'\"]*):[^\s'\"]+@"  # noqa: S105
# 'it''s', U&'…', E'it\'s' and $tag$…$tag$ (manual, 4.1.2).
_SQL_SECRET = r"(?is)(\bPASSWORD\s+)(?:E'(?:\\.|''|[^'\\])*'|(?:U&)?'(?:''|[^'])*'|(\$\w*\$).*?\2)"  # noqa: S105
_NAMED_SECRET = r"(?i)(password=)('(?:\\.|[^'\\])*'|[^\s&'\"]+)"  # noqa: S105

_kept: set[str] = set()


def keep_secret(params: Mapping[str, str]) -> None:
    """From now on this process repeats none of a connection's passwords.

    One that is also a name there would only blind messages.
    """
    names = {value for name, value in params.items() if name not in SECRETS}
    found = {params.get(name, "") for name in SECRETS} - names
    _kept.update(one for one in found if len(one) >= _SHORTEST)


def without_secrets(text: str) -> str:
    """The text without the passwords of connections and of the environment."""
    return redact(text, *_kept, *secrets_of(os.environ)) if text else text


def beginning(text: str, most: int) -> str:
    """The text's first characters; what is cut off after it is cleaned is no part of a password."""
    clean = without_secrets(text)
    return clean if len(clean) <= most else f"{clean[:most]} …"


def redact(text: str, *secrets: str) -> str:
    """The text without the secrets, and without what stands as a password in a URL, setting or SQL.

    A secret is found percent-encoded, escaped and as a literal of SQL or JSON, too.
    """
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = re.sub("".join(map(_spellings, secret)), _HIDDEN, text)
    text = re.sub(_URL_SECRET, rf"\1:{_HIDDEN}@", text)
    text = re.sub(_SQL_SECRET, rf"\1'{_HIDDEN}'", text)
    return re.sub(_NAMED_SECRET, rf"\1{_HIDDEN}", text)


def secrets_of(env: Mapping[str, str]) -> list[str]:
    """The passwords that an environment holds, by themselves or in URLs.

    One that is also a name there (`postgres` as user and password) would only blind messages.
    """
    from urllib.parse import unquote  # noqa: PLC0415 - start-up time; only errors need it

    found = {value for name, value in env.items() if name.upper().endswith("PASSWORD")}
    for value in env.values():
        found |= {unquote(one) for one in re.findall(_URL_PASSWORD, value)}
    names = {value for name, value in env.items() if name.upper().endswith(_NAMES)}
    return [one for one in found - names if len(one) >= _SHORTEST]


def _spellings(char: str) -> str:
    encoded = "".join(f"%{byte:02x}" for byte in char.encode("utf-8", "surrogateescape"))
    plus = r"|\+" if char == " " else ""
    twice = re.escape(char) + "?" if char in "'\"" else ""
    units = char.encode("utf-16-be", "surrogatepass")
    escaped = "".join(rf"\\+u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
    return rf"(?:(?i:{encoded}|{escaped})|\\*{re.escape(char)}{twice}{plus})"
