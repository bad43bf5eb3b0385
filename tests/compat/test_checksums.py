"""psqlmodel's checksums, against those that the real one computes for the same files."""

import hashlib
import inspect
import json
import linecache
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from psqlmigrate.migrations.file import MigrationFile, read_file
from psqlmigrate.migrations.psqlmodel_checksum import _of_methods, fits
from psqlmigrate.service.versions import is_edited
from user_projects import make_environment as make_environment  # noqa: PLC0414

HEAD = """\
from psqlmodel.migrations import Migration


class Migration_{version}(Migration):
    version = "{version}"
    message = "step"
    depends_on = None

"""
PLAIN = """\
    def up(self, engine):
        engine.execute_sql("CREATE TABLE edit_me (a int)")

    def down(self, engine):
        engine.execute_sql("DROP TABLE edit_me")
"""
BODIES = {
    "plain": PLAIN,
    "down_first": """\
    def down(self, engine):
        engine.execute_sql("DROP TABLE edit_me")

    def up(self, engine):
        engine.execute_sql("CREATE TABLE edit_me (a int)")
""",
    "no_last_line_end": PLAIN.rstrip("\n"),
    "blank_lines": PLAIN.replace("\n\n", "\n\n\n    \n\n") + "\n\n\n# the end\n",
    "comments": """\
    # before
    def up(self, engine):  # beside
        # inside
        engine.execute_sql("CREATE TABLE edit_me (a int)")
        # behind, as deep as the body
            # deeper
      # less deep
    # of the class
    def down(self, engine):
        engine.execute_sql("DROP TABLE edit_me")
        # behind
# of the module
""",
    "one_line": """\
    def up(self, engine): engine.execute_sql("CREATE TABLE edit_me (a int)")
    def down(self, engine): pass
    other = 1
""",
    "strings": '''\
    def up(self, engine):
        """Apply.

    Less deep than the code, def down(self, engine): in it.
"""
        engine.execute_sql("""
CREATE TABLE edit_me (
    a text DEFAULT 'x  y\\ty'
);
        """)
        engine.execute_sql(f"""COMMENT ON TABLE {'edit_me'} IS 'ä ☃  \\\\ ''quoted''  '""")

    def down(self, engine):
        engine.execute_sql("DROP TABLE "
            "edit_me")
''',
    "nested": """\
    def up(self, engine):
        def inner():
            def innermost():
                return "CREATE TABLE edit_me (a int)"
            return innermost()

        class Names:
            table = "edit_me"

        engine.execute_sql(inner())
        for _ in (lambda: 1, lambda: 2):
            pass

    def down(self, engine):
        if engine:
            engine.execute_sql("DROP TABLE edit_me")
        else:
            pass
""",
    "async_beside": PLAIN
    + """
    async def up_async(self, engine):
        await engine.execute_sql("CREATE TABLE other (a int)")

    async def down_async(self, engine):
        pass
""",
    "async_only": """\
    async def up(self, engine):
        await engine.execute_sql("CREATE TABLE edit_me (a int)")

    async def down(self, engine):
        await engine.execute_sql("DROP TABLE edit_me")
""",
    "redefined": """\
    def up(self, engine):
        engine.execute_sql("first")

"""
    + PLAIN,
    "alias": """\
    def _do(self, engine):
        engine.execute_sql("CREATE TABLE edit_me (a int)")

    up = down = _do
""",
    "lambda": """\
    up = lambda self, engine: engine.execute_sql("CREATE TABLE edit_me (a int)")
    down = lambda self, engine: None
""",
    "annotated": """\
    def up(
        self,
        engine: "Engine",
    ) -> None:
        engine.execute_sql("CREATE TABLE edit_me (a int)")

    def down(self, engine: "Engine") -> None:
        ...
""",
    "tabs": PLAIN.replace("    ", "\t").replace("\tdef", "    def").replace("\t\t", "    \t"),
    "static": """\
    @staticmethod
    def up(engine):
        engine.execute_sql("CREATE TABLE edit_me (a int)")

    @classmethod
    def down(cls, engine):
        pass
""",
    "continued": """\
    def up(self, engine):
        engine.execute_sql("CREATE TABLE edit_me " \\
            "(a int)"); x = 1

    def down(self, engine):
        pass; return
""",
}
WHOLE = {
    "decorated": """\
import functools
from psqlmodel.migrations import Migration


def logged(words="x"):
    def wrap(function):
        @functools.wraps(function)
        def inner(self, engine):
            return function(self, engine)
        return inner
    return wrap


def unnamed(function):
    def inner(self, engine):
        return function(self, engine)
    return inner


class Step(Migration):
    version = "{version}"
    message = "step"

    @logged(
        words="edit_me",
    )
    def up(self, engine):
        engine.execute_sql("CREATE TABLE t (a int)")

    @logged()
    @logged("y")
    def down(self, engine):
        pass
""",
    "wrapper_of_the_file": """\
from psqlmodel.migrations import Migration


def unnamed(function):
    def inner(self, engine):
        return function(self, engine)  # edit_me
    return inner


class Step(Migration):
    version = "{version}"

    @unnamed
    def up(self, engine):
        engine.execute_sql("CREATE TABLE t (a int)")

    def down(self, engine):
        pass
""",
    "base_in_the_file": """\
from psqlmodel.migrations import Migration


class ABase(Migration):
    def down(self, engine):
        engine.execute_sql("DROP TABLE edit_me")


def up_of_the_module(self, engine):
    pass


class AAStep(ABase):
    version: str = "{version}"
    message: str = "step"
    up = up_of_the_module
""",
    "data": """\
from psqlmodel.migrations.migration import DataMigration


class Step(DataMigration):
    version = "{version}"
    message = "ä"
    timeout_seconds = 30

    def up(self, engine):
        engine.execute_sql("UPDATE edit_me SET a = 1")

    def down(self, engine):
        pass
""",
}
TEXTS = {
    **{name: HEAD + body for name, body in BODIES.items()},
    **WHOLE,
    "crlf": (HEAD + PLAIN).replace("\n", "\r\n"),
    "bom": "\ufeff" + HEAD + PLAIN,
}
SCRIPT = """
import json, sys
from pathlib import Path
from psqlmodel.migrations.migration import MigrationLoader
found = {}
for path in sorted(Path(sys.argv[1]).glob("*.py")):
    one = MigrationLoader.load_from_file(path)
    found[path.name] = one and one.checksum
print(json.dumps(found))
"""


def _written(folder: Path) -> dict[str, MigrationFile]:
    made: dict[str, MigrationFile] = {}
    for number, (name, text) in enumerate(TEXTS.items()):
        path = folder / f"2024010{number // 10}_00000{number % 10}_{name}.py"
        path.write_bytes(text.replace("{version}", path.name[:15]).encode())
        made[name] = read_file(path)
    return made


def test_as_the_real_one_computes_them(
    tmp_path: Path, make_environment: Callable[[str], Path]
) -> None:
    files = _written(tmp_path)
    python = make_environment("psqlmodel") / "bin" / "python"
    done = subprocess.run(
        [str(python), "-c", SCRIPT, str(tmp_path)], capture_output=True, text=True, check=True
    )
    real = json.loads(done.stdout)
    wrong = [name for name, one in files.items() if not fits(one, real[one.name] or "")]
    assert wrong == []
    assert len(real) == len(files)
    for name, file in files.items():
        edited = file.path.read_bytes().replace(b"edit_me", b"edited")
        file.path.write_bytes(edited)
        assert is_edited(read_file(file.path), real[file.name]), name


def test_white_space_and_what_is_around_the_methods_do_not_count(tmp_path: Path) -> None:
    path = tmp_path / "20240101_000000_x.py"
    text = (HEAD + PLAIN).replace("{version}", "20240101_000000")
    path.write_text(text)
    recorded = _short_of(path)
    path.write_text(
        "# a new comment\n"
        + text.replace("message = ", "message  =  ").replace("(a int)", "(a   int)")
    )
    assert fits(read_file(path), recorded)
    path.write_text(text.replace("(a int)", "(a bigint)"))
    assert not fits(read_file(path), recorded)


def _short_of(path: Path) -> str:
    file = read_file(path)
    return next(iter(_of_methods(file.text, file.version)))


@pytest.mark.parametrize("start", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_whole_file(tmp_path: Path, start: str, end: str) -> None:
    """What the earlier generation means to hash, as bytes and as text."""
    path = tmp_path / "20240101_000000_x.py"
    text = (HEAD + PLAIN).replace("{version}", "20240101_000000")
    content = (start + text).replace("\n", end).encode()
    path.write_bytes(content)
    file = read_file(path)
    for form in (content, (start + text).encode()):
        recorded = hashlib.sha256(form).hexdigest()
        assert not is_edited(file, recorded)
        path.write_bytes(content.replace(b"edit_me", b"edited"))
        assert is_edited(read_file(path), recorded)
        path.write_bytes(content)


def test_what_says_nothing_of_the_file(tmp_path: Path) -> None:
    """The version's own hash, and what psqlmodel's stamp writes."""
    path = tmp_path / "20240101_000000_x.py"
    path.write_text((HEAD + PLAIN).replace("{version}", "20240101_000000"))
    file = read_file(path)
    for recorded in (
        hashlib.sha256(b"20240101_000000").hexdigest(),
        hashlib.sha256(b"20240101_000000:step").hexdigest()[:16],
        "",
        None,
        "stamped",
    ):
        assert not is_edited(file, recorded)
    for other in (
        hashlib.sha256(b"20240101_000001").hexdigest(),
        hashlib.sha256(b"20240101_000000:steps").hexdigest()[:16],
        hashlib.sha256(b"20240101_000000").hexdigest()[:16],
    ):
        assert is_edited(file, other)


LINES = st.sampled_from(
    [
        'engine.execute_sql("SELECT 1")',
        "# a comment, def up(self, engine):",
        "",
        "   ",
        "x = [",
        "if engine:",
        "def inner(): return 1",
        "lambda_ = lambda: 2",
        'y = """',
        "class Inner: pass",
        "@property",
        "pass; pass",
        "z = 1 + \\",
        "return",
        "await_ = 1  # beside",
    ]
)
BODY = " " * 8
INDENTS = st.sampled_from(["", "  ", "    ", "      ", BODY, BODY, BODY, BODY, " " * 12, "\t"])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(
    st.lists(st.tuples(INDENTS, LINES), max_size=6),
    st.lists(st.tuples(INDENTS, LINES), max_size=4),
    st.sampled_from(["\n", "\r\n"]),
)
def test_as_inspect_sees_any_file_that_can_be_read(
    tmp_path_factory: pytest.TempPathFactory,
    up: list[tuple[str, str]],
    down: list[tuple[str, str]],
    end: str,
) -> None:
    """psqlmodel's formula, with Python's own `inspect` on the loaded class."""
    lines = [
        "class M:",
        '    version = "20240101_000000"',
        "    def up(self, engine):",
        "        first = 1",
        *(f"{indent}{text}" for indent, text in up),
        "    def down(self, engine):",
        "        last = 1",
        *(f"{indent}{text}" for indent, text in down),
    ]
    text = "\n".join(lines)
    path = tmp_path_factory.mktemp("m") / "20240101_000000_x.py"
    path.write_bytes(text.replace("\n", end).encode())
    try:
        names: dict[str, type] = {}
        exec(compile(text, str(path), "exec"), names)  # noqa: S102 - made above
        made = names["M"]()
        sources = [inspect.getsource(getattr(made, name)) for name in ("up", "down")]
    except Exception:  # noqa: BLE001 - not every mixture is a program
        reject()
    finally:
        linecache.clearcache()
    content = re.sub(r"\s+", " ", "".join(sources).strip())
    assert fits(read_file(path), hashlib.sha256(content.encode()).hexdigest()[:16])
