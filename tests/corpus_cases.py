"""What a case of tests/corpus needs of its server, as its files say."""

import re
from collections.abc import Iterable

import pytest

from psqlmigrate.postgres.connect import server_major
from psqlmigrate.postgres.scratch import Scratch

_REQUIRES = re.compile(r"^-- requires: (\d+)", re.MULTILINE)
_ICU = re.compile(r"\bprovider\s*=\s*icu\b", re.IGNORECASE)


def skip_unless_offered(scratch: Scratch, texts: Iterable[str]) -> None:
    """Skips the test where the server is too old, or was built without ICU."""
    text = "\n".join(texts)
    needed = max(map(int, _REQUIRES.findall(text)), default=0)
    with scratch.database() as connection:
        if server_major(connection) < needed:
            pytest.skip(f"needs PostgreSQL {needed}")
        query = "SELECT EXISTS (SELECT FROM pg_collation WHERE collname = 'und-x-icu')"
        if _ICU.search(text) and connection.execute(query).fetchone() == (False,):
            pytest.skip("needs a PostgreSQL with ICU")
