"""Two providers of security labels, compiled for a server; PostgreSQL itself installs none."""

import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import pytest
from psycopg import sql

from psqlmigrate.postgres.binaries import available_binaries
from psqlmigrate.postgres.connect import Connection, server_major

_SOURCE = """
#include "postgres.h"
#include "commands/seclabel.h"
#include "fmgr.h"

PG_MODULE_MAGIC;
extern PGDLLEXPORT void _PG_init(void);

static void
accept(const ObjectAddress *object, const char *label)
{
}

void
_PG_init(void)
{
    register_label_provider("first", accept);
    register_label_provider("the \\"second\\"", accept);
}
"""


def provide_labels(connection: Connection) -> None:
    """Gives all later sessions of the server the providers; skips where they cannot be built."""
    library = _built(server_major(connection))
    name = sql.Literal(str(library))
    connection.execute(sql.SQL("ALTER SYSTEM SET session_preload_libraries = {}").format(name))
    connection.execute("SELECT pg_catalog.pg_reload_conf()")


@cache
def _built(major: int) -> Path:
    headers = [path for path in map(_headers, _bindirs(major)) if (path / "fmgr.h").exists()]
    if not headers or not shutil.which("gcc"):
        pytest.skip(f"needs gcc and the server's headers of PostgreSQL {major}")
    directory = Path(tempfile.mkdtemp(prefix="labels"))
    directory.chmod(0o755)
    source, library = directory / "labels.c", directory / "labels.so"
    source.write_text(_SOURCE)
    command = ["gcc", "-shared", "-fPIC", "-I", str(headers[0]), "-o", str(library), str(source)]
    subprocess.run(command, check=True, capture_output=True)
    return library


def _bindirs(major: int) -> list[Path]:
    return [one.bindir for one in available_binaries() if one.major == major]


def _headers(bindir: Path) -> Path:
    program = bindir / "pg_config"
    if not program.exists():
        return bindir
    command = [str(program), "--includedir-server"]
    return Path(subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip())
