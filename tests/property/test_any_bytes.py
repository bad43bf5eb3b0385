"""Whatever stands in a file: a right result or a clear error, and the file stays as it is."""

import json
from collections.abc import Callable, Generator
from contextlib import redirect_stderr, redirect_stdout
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import TypeAlias

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from psqlmigrate.cli.app import main
from psqlmigrate.postgres.connect import connect
from psqlmigrate.postgres.target import Target

Damaged: TypeAlias = tuple[Callable[[bytes], None], bytes]

KNOWN = {0, 1, 2, 3, 5}
LAW = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

# By file: the commands that read it.
READERS: dict[str, tuple[tuple[str, ...], ...]] = {
    "migrations/*_sql.sql": (("heads",), ("verify", "--offline"), ("upgrade",)),
    "migrations/*_python.py": (("heads",), ("history",), ("sql", "upgrade")),
    "migrations/certificates/*.json": (("verify", "--offline"), ("show", "head")),
    "migrations/.schema_state.json": (("status", "--no-models"), ("check",)),
    "psqlmigrate.toml": (("heads",), ("current",)),
    "config/config.json": (("users", "--list"), ("current", "--profile", "x")),
    "schema.sql": (("check",), ("autogenerate", "more", "--baseline", "migrations")),
    "seeds/rows.json": (("seed", "--file", "seeds/rows.json"),),
    "seeds/rows.yaml": (("seed", "--file", "seeds/rows.yaml"),),
    "snapshot.json": (("diff", "snapshot.json", "empty"),),
    "others.json": (("users", "--import", "others.json"),),
    "setup.sql": (("diff", "schema.sql", "empty", "--config", "other.toml"),),
    "other.toml": (("heads", "--config", "other.toml"),),
}


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


CHANGES = st.lists(
    st.tuples(
        st.floats(0, 1), st.integers(0, 9), st.binary(max_size=6) | st.text(max_size=4).map(_utf8)
    ),
    min_size=1,
    max_size=4,
)


def _call(*words: str) -> tuple[int, str]:
    kept = BytesIO()
    both = TextIOWrapper(kept, encoding="utf-8", errors="backslashreplace", write_through=True)
    with redirect_stdout(both), redirect_stderr(both):
        code = main(list(words))
    return code, kept.getvalue().decode()


@pytest.fixture(scope="module")
def whole(server: Target, tmp_path_factory: pytest.TempPathFactory) -> Generator[Path]:
    """The folder of a project, and its database."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "schema.sql").write_text("CREATE TABLE a (id int PRIMARY KEY, t text);\n")
    (folder / "seeds").mkdir()
    (folder / "seeds" / "rows.json").write_text('{"a": [{"id": 1, "t": "x"}, {"id": 2}]}\n')
    (folder / "setup.sql").write_text("CREATE SCHEMA before;\n")
    (folder / "other.toml").write_text("scratch_setup = 'setup.sql'\nlock_wait = '3 s'\n")
    (folder / "others.json").write_text('{"profiles": {"y": {"host": "h", "port": 1}}}')
    (folder / "seeds" / "rows.yaml").write_text("a:\n  - id: 1\n    t: 'x'\n  - {id: 2}\n")
    with connect(server) as admin:
        admin.execute("CREATE DATABASE any_bytes TEMPLATE template0")
    yield folder
    with connect(server) as admin:
        admin.execute("DROP DATABASE any_bytes WITH (FORCE)")


@pytest.fixture
def project(whole: Path, server: Target, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project, in order."""
    params = server.params
    monkeypatch.chdir(whole)
    monkeypatch.setenv("PSQLMIGRATE_CONFIG_DIR", str(whole / "config"))
    url = f"postgresql://{params['user']}@/any_bytes?host={params['host']}"
    monkeypatch.setenv("DATABASE_URL", url)
    if not (whole / "migrations").exists():
        where = ("--host", params["host"], "--username", params["user"], "--database", "any_bytes")
        for words in (
            ("init", "--models", "schema.sql"),
            ("users", "--save", "x", *where),
            ("autogenerate", "sql", "--sql"),
            ("upgrade",),
            ("autogenerate", "python", "--empty"),
            ("upgrade",),
            ("seed", "--file", "seeds/rows.json"),
        ):
            code, said = _call(*words)
            assert code == 0, said
        code, said = _call("snapshot")
        assert code == 0, said
        (whole / "snapshot.json").write_text(said)
    return whole


@pytest.fixture(params=READERS)
def damaged(request: pytest.FixtureRequest, project: Path) -> Damaged:
    """Puts something into one of the files, runs what reads it, and puts everything back."""
    *_, file = sorted(project.glob(request.param))
    good = {one: one.read_bytes() for one in project.rglob("*") if one.is_file()}

    def damaging(content: bytes) -> None:
        file.write_bytes(content)
        try:
            for words in READERS[request.param]:
                code, said = _call(*words)
                assert code in KNOWN, said
                assert "Traceback" not in said
                assert said.strip() or not code
                assert file.read_bytes() == content, words
        finally:
            for one in [one for one in project.rglob("*") if one.is_file() and one not in good]:
                one.unlink()
            for one, bytes_ in good.items():
                one.write_bytes(bytes_)

    return damaging, good[file]


@LAW
@given(changes=CHANGES)
def test_a_file_that_is_a_little_wrong(
    damaged: Damaged, changes: list[tuple[float, int, bytes]]
) -> None:
    damage, content = damaged
    for where, length, put in changes:
        at = round(where * len(content))
        content = content[:at] + put + content[at + length :]
    damage(content)


@LAW
@given(content=st.binary(max_size=200) | st.text(max_size=100).map(_utf8))
@example(content=b"")
@example(content=b"\xff\xfe{\x00}\x00")
@example(content=b"\xef\xbb\xbf")
def test_a_file_that_is_anything(damaged: Damaged, content: bytes) -> None:
    damaged[0](content)


@LAW
@given(message=st.text(max_size=350).filter(lambda one: "\0" not in one))
@example(message='"""\nimport os; os.abort()\n"""')
@example(message="{version} %s :name \\N{DASH} \\x00 '''")
@example(message="-- psqlmigrate: down\nDROP TABLE a;")
def test_a_message_is_data(project: Path, message: str) -> None:
    before = {*(project / "migrations").rglob("*")}
    for kind in ([], ["--sql"]):
        code, said = _call("autogenerate", "--empty", *kind, "--", message)
        assert code in {0, 2}, said
        try:
            made = _call("show", "head", "--json")[1] if code == 0 else ""
            assert code or json.loads(made)["result"]["message"].strip() == message.strip(), made
        finally:
            for one in {*(project / "migrations").rglob("*")} - before:
                one.unlink()
