"""A password is looked for in everything that any command says, writes, starts and records."""

import json
import os
import sys
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import TypeAlias
from urllib.parse import quote

import pytest
from psycopg import sql

from cli.test_commands import PLAIN
from psqlmigrate.cli.app import main
from psqlmigrate.cli.failures import BUG
from psqlmigrate.postgres.connect import connect
from psqlmigrate.postgres.embedded import scratch_server
from psqlmigrate.postgres.target import Target

CANARY = "c4nary/Ü @'%\\b"
SPELLINGS = ["c4nary", quote("c4nary/Ü")]
KEEPER = "keeper"
EVERYTHING = "PSQLMIGRATE_ALL_SECURITY" in os.environ

SCHEMA = """
CREATE TABLE shops (id int PRIMARY KEY, name text);
CREATE FOREIGN DATA WRAPPER w;
CREATE SERVER s FOREIGN DATA WRAPPER w;
CREATE USER MAPPING FOR public SERVER s OPTIONS ("user" 'me', password {0});
"""


@dataclass
class Way:
    """One way in which a password comes to psqlmigrate."""

    env: dict[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    files: dict[str, str] = field(default_factory=dict)


Ways: TypeAlias = dict[str, Callable[[Target, Path], Way]]


def _url(target: Target) -> str:
    params = target.params
    host = quote(params["host"], safe="")
    return f"postgresql://{KEEPER}:{quote(CANARY, safe='')}@/{params['dbname']}?host={host}"


def _settings(target: Target) -> dict[str, str]:
    return {
        "PSQL_USER": KEEPER,
        "PSQL_HOST": target.params["host"],
        "PSQL_DB": target.params["dbname"],
    }


def _profile(target: Target, **further: object) -> dict[str, str]:
    entry = {"username": KEEPER, "host": target.params["host"]}
    entry |= {"database": target.params["dbname"]}
    content = {"profiles": {"dev": {**entry, **further}}, "default": "dev"}
    return {"config/config.json": json.dumps(content)}


def _escaped(text: str, special: str) -> str:
    return "".join(f"\\{char}" if char in special else char for char in text)


def _passfile(target: Target, folder: Path) -> Way:
    secret = _escaped(CANARY, ":\\")
    line = f"*:*:*:{KEEPER}:{secret}\n"
    env = {"PGPASSFILE": str(folder / "passfile"), **_settings(target)}
    return Way(env, files={"passfile": line})


def _service(target: Target, folder: Path) -> Way:
    params = {"host": target.params["host"], "dbname": target.params["dbname"], "user": KEEPER}
    lines = [f"{key}={value}\n" for key, value in {**params, "password": CANARY}.items()]
    env = {"PGSERVICEFILE": str(folder / "services"), "PGSERVICE": "app"}
    return Way(env, files={"services": "[app]\n" + "".join(lines)})


WAYS: Ways = {
    "url of the environment": lambda target, _: Way({"DATABASE_URL": _url(target)}),
    "a family of the environment": lambda target, _: Way(
        {**_settings(target), "PSQL_PASSWORD": CANARY}
    ),
    "PGPASSWORD": lambda target, _: Way({**_settings(target), "PGPASSWORD": CANARY}),
    "--url": lambda target, _: Way(options=("--url", _url(target))),
    "a profile": lambda target, _: Way(files=_profile(target, password=CANARY)),
    "a command": lambda target, folder: Way(
        files={
            **_profile(target, password_command=f"cat {folder}/secret"),
            "secret": f"{CANARY}\n",
        }
    ),
    "the keyring": lambda target, _: Way(files=_profile(target, keyring=True)),
    "the configuration": lambda target, _: Way(
        files={"project/psqlmigrate.toml": f"url = '{_url(target)}'\nmodels = 'schema.sql'\n"}
    ),
    "a password file": _passfile,
    "a service file": _service,
}
USUAL = "url of the environment"

PY = (
    "import os\nfrom psqlmigrate import Migration\nclass M(Migration):\n"
    "    version = '20990101_000000'\n    message = 'x'\n"
    "    def up(self, engine):\n        {0}\n    def down(self, engine):\n        {0}\n"
)
UP = "-- psqlmigrate: up\n{0}\n-- psqlmigrate: down\n{0}\n"
OPEN = "-- transactional: false\n" + UP
SAYING = f"no {CANARY} {quote(CANARY, safe='')} postgresql://u:{quote(CANARY, safe='')}@h/d"
_IN_SQL = SAYING.replace("'", "''")

FAILURES = {
    "raise.py": PY.format(f"raise ValueError({SAYING!r})"),
    "environment.py": PY.format("raise RuntimeError(str(dict(os.environ)))"),
    "chained.py": PY.format(f"raise ValueError('x') from KeyError({SAYING!r})"),
    "exit.py": PY.format(f"raise SystemExit({SAYING!r})"),
    "import.py": f"raise ImportError({SAYING!r})\n",
    "syntax.py": f"x = {SAYING!r} )(\n",
    "raise.sql": UP.format(
        f"DO $$ BEGIN RAISE EXCEPTION USING MESSAGE = '{_IN_SQL}', DETAIL = '{_IN_SQL}',"
        f" HINT = '{_IN_SQL}'; END $$;"
    ),
    "syntax.sql": UP.format(f"SELECT FROM '{_IN_SQL}' WHERE;"),
    "value.sql": UP.format(f"SELECT '{_IN_SQL}'::int;"),
    "role.sql": UP.format(f"CREATE ROLE postgres PASSWORD '{_IN_SQL}';"),
    "open.sql": OPEN.format(f"CREATE TABLE made (a int);\nSELECT '{_IN_SQL}'::int;"),
    "killed.sql": UP.format("SELECT pg_terminate_backend(pg_backend_pid());"),
    "directive.sql": f"-- psqlmigrate: {SAYING}\n",
}

_STARTED: list[str] = []
"""What this process was asked to start: words, and variables that are not its own."""


def _hear(event: str, details: tuple[object, ...]) -> None:
    if event == "subprocess.Popen":
        _, words, _, env = details
        own = set(os.environ.items())
        given = env.items() if isinstance(env, dict) else ()
        _STARTED.extend([str(words), str([pair for pair in given if pair not in own])])


sys.addaudithook(_hear)


@pytest.fixture(scope="module")
def closed() -> Generator[Target]:
    """A server that asks the keeper for the password."""
    with scratch_server() as server:
        with connect(server) as admin:
            make = sql.SQL("CREATE ROLE {} SUPERUSER LOGIN PASSWORD {}")
            admin.execute("SET password_encryption = 'scram-sha-256'")
            admin.execute(make.format(sql.Identifier(KEEPER), CANARY))
            row = admin.execute("SELECT current_setting('hba_file')").fetchone()
            assert row
            lines = [f"local all {KEEPER} scram-sha-256", "local all all trust"]
            copy = sql.SQL("COPY (SELECT unnest({}::text[])) TO {}")
            admin.execute(copy.format(lines, row[0]))
            admin.execute("SELECT pg_reload_conf()")
        yield server


class Watched:
    """Runs commands, and looks for the password."""

    def __init__(self, home: Path, way: Way, capture: pytest.CaptureFixture[str]) -> None:
        self._home = home
        self._way = way
        self.options = way.options
        self._capture = capture

    def __call__(self, *words: str) -> int:
        code = main([*words, *self.options])
        captured = self._capture.readouterr()
        assert _leaks(captured.out + captured.err) == [], words
        assert _leaks("\n".join(_STARTED)) == [], words
        _STARTED.clear()
        return code

    def look_into_files(self, *but: str) -> None:
        known = {*self._way.files, *but}
        for path in self._home.rglob("*"):
            if path.is_file() and str(path.relative_to(self._home)) not in known:
                assert _leaks(path.read_bytes().decode(errors="replace")) == [], path

    @staticmethod
    def look_into_database(database: Target) -> None:
        with connect(database) as connection:
            tables = connection.execute(
                "SELECT n.nspname::text, c.relname::text FROM pg_class c"
                " JOIN pg_namespace n ON n.oid = c.relnamespace"
                " WHERE c.relkind = 'r' AND c.oid >= '16384'"
            ).fetchall()
            assert len(tables) > 2
            for name in [*tables, ("pg_catalog", "pg_stat_activity")]:
                query = sql.SQL("SELECT t::text FROM {} t").format(sql.Identifier(*name))
                assert _leaks(str(connection.execute(query).fetchall())) == [], name


def _leaks(text: str) -> list[str]:
    return [text[max(0, text.find(one) - 200) :][:400] for one in SPELLINGS if one in text]


@pytest.fixture
def watched(
    way: str,
    closed: Target,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Generator[tuple[Watched, Target]]:
    database = closed.database(f"canary_{tmp_path.name[-20:]}")
    with connect(closed) as admin:
        name = sql.Identifier(database.params["dbname"])
        admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(name))
    chosen = WAYS[way](database, tmp_path)
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    for name_ in ("DATABASE_URL", "PSQLMIGRATE_URL", "PGHOST", "PGUSER", "PGPORT", "PGDATABASE"):
        monkeypatch.delenv(name_, raising=False)
    for path, text in chosen.files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
        (tmp_path / path).chmod(0o600)
    homes = {"HOME": "home", "XDG_DATA_HOME": "data", "XDG_STATE_HOME": "state"}
    homes |= {"XDG_CACHE_HOME": "cache", "PSQLMIGRATE_CONFIG_DIR": "config"}
    env = {key: str(tmp_path / value) for key, value in homes.items()}
    for key, value in {**env, **chosen.env}.items():
        monkeypatch.setenv(key, value)
    keyring = SimpleNamespace(get_password=lambda _service, _name: CANARY)
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    yield Watched(tmp_path, chosen, capfd), database
    with connect(closed) as admin:
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


@pytest.mark.parametrize("way", WAYS if EVERYTHING else ["the keyring"])
def test_no_command_tells(watched: tuple[Watched, Target]) -> None:
    run, database = watched
    literal = "'" + CANARY.replace("'", "''") + "'"
    Path("schema.sql").write_text(SCHEMA.format(literal))
    Path("rows.json").write_text(json.dumps({"shops": [{"id": 1, "name": "a"}]}))
    if not Path("psqlmigrate.toml").exists():
        assert run("init", "--models", "schema.sql") == 0
    for words in (("autogenerate", "first"), ("upgrade",), ("seed", "-f", "rows.json")):
        assert run(*words) == 0, words
    for option in ("--json", "-v") if EVERYTHING else ("-v",):
        for command in PLAIN if EVERYTHING else SOME:
            further = PLAIN[command]
            assert run(command, *further, option) in KNOWN
    if EVERYTHING:
        assert run("verify", "--replay") in KNOWN
        assert run("diff", "empty", "models", "--prove") in KNOWN
    run.look_into_files("project/schema.sql")
    run.look_into_database(database)


@pytest.mark.parametrize("way", [USUAL])
@pytest.mark.parametrize("name", FAILURES if EVERYTHING else ["open.sql"])
def test_no_failure_tells(watched: tuple[Watched, Target], name: str) -> None:
    run, database = watched
    assert run("init") == 0
    bad = Path("migrations") / f"20990101_000000_{name}"
    bad.write_text(FAILURES[name])
    for words in FAILING if EVERYTHING else FAILING[:4]:
        for further in ((), ("--json",)) if EVERYTHING else ((),):
            assert run(*words, *further) in KNOWN
    run.look_into_files(f"project/{bad}")
    run.look_into_database(database)


SOME = ("status", "current", "check", "snapshot", "history", "users")
KNOWN = {0, 1, 2, 3, 4, 5}
FAILING = (
    ("upgrade",),
    ("status",),
    ("history", "--all"),
    ("verify", "--replay"),
    ("verify", "--certify", "20990101_000000"),
    ("show", "20990101_000000"),
    ("dry-run",),
    ("upgrade", "--background"),
    ("resolve", "20990101_000000", "--applied"),
    ("downgrade", "base"),
    ("stamp", "head"),
    ("downgrade", "base"),
    ("squash", "all"),
)

_WRITTEN = quote(CANARY, safe="")
URLS = {
    "a wrong password": "postgresql://keeper:wrong" + _WRITTEN + "@/postgres?host={host}",
    "no server": f"postgresql://keeper:{_WRITTEN}@127.0.0.1:1/d",
    "no host": f"postgresql://keeper:{_WRITTEN}@no.such.host.invalid/d",
    "no port": f"postgresql://keeper:{_WRITTEN}@127.0.0.1:x/d",
    "unescaped": f"postgresql://keeper:{CANARY}@127.0.0.1:1/d",
    "an unknown parameter": f"postgresql://127.0.0.1:1/d?passwrd={_WRITTEN}",
    "another scheme": f"mysql://keeper:{_WRITTEN}@127.0.0.1/d",
    "settings": f"host=127.0.0.1 port=1 password='{_escaped(CANARY, chr(39) + chr(92))}'",
    "broken settings": f"host=127.0.0.1 password={CANARY}",
}
DAMAGED = {
    "psqlmigrate.toml": f"url = 'postgresql://u:{_WRITTEN}@h/d'\n[broken",
    "migrations/.schema_state.json": json.dumps({"version": CANARY}),
    "../config/config.json": f'{{"profiles": {{"dev": {{"password": "{_WRITTEN}" }}}}',
}


@pytest.mark.parametrize("way", ["--url"])
def test_no_broken_url_or_file_tells(watched: tuple[Watched, Target]) -> None:
    run, database = watched
    assert run("init") == 0
    for url in URLS.values():
        run.options = ("--url", url.format(host=quote(database.params["host"], safe="")))
        for words in (("status",), ("upgrade", "--json"), ("current", "-v")):
            assert run(*words) in {2, 3}, url
    run.options = ()
    for path, text in DAMAGED.items():
        Path(path).parent.mkdir(exist_ok=True)
        Path(path).write_text(text)
        for words in (("status",), ("users", "--list"), ("upgrade", "--json")):
            assert run(*words) in KNOWN


def test_no_bug_tells(
    closed: Target,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Anything may be in the error that nobody foresaw, and in the frames of its traceback."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)

    def fail(_self: object) -> None:
        raise RuntimeError(f"{CANARY!r} {_url(closed)}")

    monkeypatch.setattr("psqlmigrate.service.workspace.Workspace.directory", property(fail))
    for words in (("heads",), ("heads", "-v"), ("heads", "--json")):
        assert main([*words, "--url", _url(closed)]) == BUG
        captured = capfd.readouterr()
        assert _leaks(captured.out + captured.err) == []
    logs = [*tmp_path.rglob("bug-*.log")]
    assert logs
    assert [_leaks(one.read_text()) for one in logs] == [[]] * len(logs)
