"""The roles of docs/howto/roles.md have what they need, and a hot standby is enough to look."""

import json
import os
import re
from collections.abc import Generator
from pathlib import Path

import pytest

from cli.conftest import Run, url_of
from docs.conftest import PAGES
from docs.pages import blocks
from faults.project import Project
from faults.servers import standby_of
from psqlmigrate.postgres.connect import connect
from psqlmigrate.postgres.embedded import scratch_server
from psqlmigrate.postgres.target import Target

PAGE = PAGES / "howto" / "roles.md"
MIGRATING, LOOKING = (one.text for one in blocks(PAGE.read_text()) if one.language == "sql")
VERSION = "20260101_000000"

READING: dict[str, tuple[str, ...]] = {
    "status": ("--full",),
    "current": ("-v",),
    "history": ("--all",),
    "check": (),
    "validate": (),
    "verify": ("--replay",),
    "diff": ("database", "models", "--prove"),
    "drift": (),
    "show": ("head",),
    "dry-run": (),
    "snapshot": (),
    "sql": (),
    "heads": (),
}
SOME = ("status", "history", "check", "drift", "dry-run")
EVERYTHING = "PSQLMIGRATE_ALL_SECURITY" in os.environ
WRITING: dict[str, tuple[str, ...]] = {
    "upgrade": (),
    "downgrade": (),
    "stamp": ("base",),
    "seed": ("-f", "rows.json"),
    "init": (),
    "resolve": (VERSION, "--applied"),
}


@pytest.fixture(scope="module")
def primary() -> Generator[Target]:
    """A server on which nobody may do anything but by a grant."""
    with scratch_server() as server:
        with connect(server) as admin:
            admin.execute("CREATE DATABASE app TEMPLATE template0")
            admin.execute("REVOKE ALL ON DATABASE app FROM PUBLIC")
        app = server.database("app")
        with connect(app) as admin:
            admin.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
            admin.execute(MIGRATING.encode())
        yield app


@pytest.fixture
def shop(
    call: Run, project: Path, primary: Target, server: Target, monkeypatch: pytest.MonkeyPatch
) -> Run:
    """A migration applied by `deploy`, and one that is pending."""
    as_role(monkeypatch, primary, "deploy")
    (project / "schema.sql").write_text("CREATE TABLE t (id int PRIMARY KEY);\n")
    (project / "rows.json").write_text(json.dumps({"t": [{"id": 1}]}))
    scratch = url_of(server.database("postgres"))
    (project / "psqlmigrate.toml").write_text(f"models = 'schema.sql'\nscratch_url = '{scratch}'\n")
    (project / "migrations").mkdir()
    files = Project(project / "migrations")
    files.sql(VERSION, "CREATE TABLE t (id int PRIMARY KEY);", "DROP TABLE t;")
    assert call("init")[0] == 0
    assert call("upgrade")[0] == 0
    with connect(primary) as admin:
        found = admin.execute("SELECT 1 FROM pg_roles WHERE rolname = 'watcher'").fetchone()
        if not found:
            admin.execute(LOOKING.encode())
    return call


def as_role(monkeypatch: pytest.MonkeyPatch, target: Target, role: str) -> None:
    url = url_of(Target({**target.params, "user": role, "port": "5432"}, "test"))
    monkeypatch.setenv("DATABASE_URL", url)


def look(call: Run) -> None:
    for command in READING if EVERYTHING else SOME:
        further = READING[command]
        code, out, err = call(command, *further)
        assert code == 0, (command, out, err)
        assert not re.search("is not known|permission|read-only", out + err), (command, out, err)


def refuse(call: Run, hint: str) -> None:
    """Every command that changes something says how it could; init of a project that is has none."""
    for command, further in WRITING.items():
        code, out, err = call(command, *further)
        if (command, code) == ("init", 0):
            continue
        assert code in {2, 3}, (command, out, err)
        words = "the role needs SELECT" if (command, "member" in hint) == ("seed", True) else hint
        assert command == "resolve" or words in err, (command, err)


def rows(target: Target) -> list[object]:
    with connect(target) as admin:
        names = admin.execute(
            "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        ).fetchall()
        return [*names, *admin.execute("SELECT j::text FROM public._psqlmigrate_journal j")]


def test_a_role_that_migrates(shop: Run, primary: Target) -> None:
    look(shop)
    for words in (("downgrade",), ("stamp", "head"), ("stamp", "base"), ("upgrade",)):
        code, _, err = shop(*words)
        assert code == 0, (words, err)
    with connect(primary) as admin:
        admin.execute("GRANT TEMPORARY ON DATABASE app TO app_owner")
        code, _, err = shop("seed", "-f", "rows.json")
        admin.execute("REVOKE TEMPORARY ON DATABASE app FROM app_owner")
    assert code == 0, err
    assert shop("seed", "-f", "rows.json")[0] == 3


def test_a_role_that_looks(
    shop: Run, primary: Target, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_role(monkeypatch, primary, "watcher")
    look(shop)
    Project(project / "migrations").sql("20260102_000000", "CREATE TABLE u (a int);", "")
    before = rows(primary)
    refuse(shop, "connect as a member of app_owner")
    assert rows(primary) == before


def test_a_hot_standby(
    shop: Run, primary: Target, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with standby_of(primary) as standby:
        as_role(monkeypatch, standby.database("app"), "deploy")
        look(shop)
        Project(project / "migrations").sql("20260102_000000", "CREATE TABLE u (a int);", "")
        before = rows(primary)
        refuse(shop, "name the primary")
        assert rows(primary) == before
