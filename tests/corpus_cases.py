"""What a case of tests/corpus needs of its server, as its files say."""

import re
from collections.abc import Iterable

import pytest

from psqlmigrate.postgres.connect import server_major
from psqlmigrate.postgres.scratch import Scratch

_REQUIRES = re.compile(r"^-- requires: (\d+)", re.MULTILINE)
_ICU = re.compile(r"\bprovider\s*=\s*icu\b", re.IGNORECASE)


_ROLES = re.compile(r"^-- roles: (.+)", re.MULTILINE)


def provide(scratch: Scratch, texts: Iterable[str]) -> None:
    """Makes the roles; skips the test where the server is too old, or was built without ICU."""
    text = "\n".join(texts)
    needed = max(map(int, _REQUIRES.findall(text)), default=0)
    with scratch.database() as connection:
        if server_major(connection) < needed:
            pytest.skip(f"needs PostgreSQL {needed}")
        query = "SELECT EXISTS (SELECT FROM pg_collation WHERE collname = 'und-x-icu')"
        if _ICU.search(text) and connection.execute(query).fetchone() == (False,):
            pytest.skip("needs a PostgreSQL with ICU")
    for role in sorted({role for found in _ROLES.findall(text) for role in found.split()}):
        scratch.create_role(role)
