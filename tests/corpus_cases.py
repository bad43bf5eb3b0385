"""What a case of tests/corpus needs of its server, as its files say."""

import re
from collections.abc import Iterable
from functools import cache

import pytest

from label_provider import provide_labels
from psqlmigrate.postgres.connect import server_major
from psqlmigrate.postgres.scratch import Scratch

_REQUIRES = re.compile(r"^-- requires: (\d+)", re.MULTILINE)
_ICU = re.compile(r"\bprovider\s*=\s*icu\b", re.IGNORECASE)


_LABELS = re.compile(r"^-- labels$", re.MULTILINE)
_ROLES = re.compile(r"^-- roles: (.+)", re.MULTILINE)


def provide(scratch: Scratch, texts: Iterable[str]) -> None:
    """Makes the roles; skips the test where the server is too old, or was built without ICU."""
    text = "\n".join(texts)
    major, has_icu = _able(scratch)
    if major < (needed := max(map(int, _REQUIRES.findall(text)), default=0)):
        pytest.skip(f"needs PostgreSQL {needed}")
    if _ICU.search(text) and not has_icu:
        pytest.skip("needs a PostgreSQL with ICU")
    if _LABELS.search(text):
        with scratch.database() as connection:
            provide_labels(connection)
        scratch.close()  # sessions that are open do not get them
    for role in sorted({role for found in _ROLES.findall(text) for role in found.split()}):
        scratch.create_role(role)


@cache
def _able(scratch: Scratch) -> tuple[int, bool]:
    """The server's major, and whether it was built with ICU."""
    with scratch.database() as connection:
        query = "SELECT EXISTS (SELECT FROM pg_collation WHERE collname = 'und-x-icu')"
        return server_major(connection), connection.execute(query).fetchone() == (True,)
