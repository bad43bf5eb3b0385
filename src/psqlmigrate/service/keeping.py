"""Catalogs that were loaded in scratch before are kept, and found again by what they came from."""

import hashlib
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path

from psqlmigrate.errors import StateCorruptionError
from psqlmigrate.migrations.atomic import write_atomic
from psqlmigrate.postgres.cache import cache_home, open_directory
from psqlmigrate.postgres.connect import PINNED, Connection
from psqlmigrate.schema.catalog import Catalog
from psqlmigrate.schema.serial import dump, load

_MOST = 64

# What a script can see of a server before it has made anything.
_SERVER = """
SELECT pg_catalog.version(), current_user,
       (SELECT pg_catalog.array_agg(e.name::text || ' ' || e.default_version ORDER BY e.name)
          FROM pg_catalog.pg_available_extensions e),
       (SELECT pg_catalog.array_agg(r.rolname::text ORDER BY r.rolname)
          FROM pg_catalog.pg_roles r),
       (SELECT pg_catalog.concat_ws(' ', d.datcollate, d.datctype, d.encoding)
          FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())"""


def server_identity(connection: Connection) -> str:
    """What changes when the same script may build another schema there."""
    found = connection.execute(_SERVER).fetchone()
    return json.dumps([found, sorted(connection.unread)])


def kept(identity: str, texts: Sequence[str], make: Callable[[], Catalog]) -> Catalog:
    """The catalog that these texts build on that server: from the cache, or made now."""
    key = json.dumps([_tool(), PINNED, identity, list(texts)])
    shelf = cache_home() / "catalogs"
    path = shelf / f"{hashlib.sha256(key.encode()).hexdigest()}.json"
    try:
        return load(path.read_text(encoding="utf-8"), str(path))
    except (OSError, StateCorruptionError, UnicodeDecodeError):
        catalog = make()
    # A cache that cannot be written costs time, nothing else.
    with suppress(OSError):
        open_directory(shelf)
        write_atomic(path, dump(catalog).encode(), mode=0o600)
        _forget_oldest(shelf)
    return catalog


def _forget_oldest(shelf: Path) -> None:
    files = sorted(shelf.glob("*.json"), key=lambda one: one.stat().st_mtime, reverse=True)
    for old in files[_MOST:]:
        old.unlink(missing_ok=True)


@cache
def _tool() -> str:
    """Changes with the code that reads and prints catalogs, also in a checkout."""
    package = Path(__file__).parent.parent
    parts = sorted(package.rglob("*.py"))
    facts = [(one.name, one.stat().st_size, one.stat().st_mtime_ns) for one in parts]
    return json.dumps([str(package), facts])
