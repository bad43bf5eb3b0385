"""Laws that hold for every input."""

import random
import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from psqlmigrate.migrations.file import read_file, statements
from psqlmigrate.migrations.loading import load_python
from psqlmigrate.migrations.render import render_python, render_sql
from psqlmigrate.schema.catalog import Catalog
from psqlmigrate.schema.hashing import catalog_hash
from psqlmigrate.schema.kinds.enum import Enum
from psqlmigrate.schema.script import split
from psqlmigrate.schema.sqltext import ident, literal, printed, sql
from psqlmigrate.schema.statement import Statement

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00\r"), max_size=40)
VERSION = "20260101_000000"


class Recorder:
    def __init__(self) -> None:
        self.seen: list[str] = []

    def execute(self, text: str) -> None:
        self.seen.extend(one.text for one in split(text))


@given(st.lists(TEXT, min_size=1, max_size=4), TEXT)
def test_a_python_migration_gives_back_its_statements(texts: list[str], message: str) -> None:
    wanted = [
        sql("COMMENT ON TABLE {} IS {}", ident(text or "x"), literal(text)) for text in texts
    ] + [
        printed("CREATE FUNCTION f() AS $$\n  a 'b\n$$"),
        printed("CREATE TABLE t (\n    a int\n)"),
    ]
    up = [Statement(text) for text in wanted]
    path = _folder() / f"{VERSION}_x.py"
    path.write_text(render_python(VERSION, message, None, up, ()), encoding="utf-8", newline="\n")
    file = read_file(path)
    assert file.message == message
    recorder = Recorder()
    load_python(file).up(recorder)
    assert [_squeezed(text) for text in recorder.seen] == [_squeezed(text) for text in wanted]
    assert recorder.seen[-2] == wanted[-2]


@given(st.lists(TEXT, min_size=1, max_size=4), TEXT)
def test_an_sql_migration_gives_back_its_statements(texts: list[str], message: str) -> None:
    wanted = [sql("SELECT {}", literal(text)) for text in texts if "psqlmigrate" not in text]
    up = [Statement(text) for text in wanted]
    path = _folder() / f"{VERSION}_x.sql"
    path.write_text(render_sql(message, None, up, ()), encoding="utf-8", newline="\n")
    file = read_file(path)
    assert file.message == message
    assert [one.text for one in statements(file, "up")] == wanted


@given(st.lists(st.builds(Enum, TEXT, TEXT, st.tuples(TEXT, TEXT)), max_size=6), st.randoms())
def test_the_hash_does_not_know_an_order(enums: list[Enum], chance: random.Random) -> None:
    other = list({one.id: one for one in enums}.values())
    first = catalog_hash(Catalog.of(other))
    chance.shuffle(other)
    assert catalog_hash(Catalog.of(other)) == first


def _squeezed(text: str) -> str:
    return "\n".join(line.strip() for line in text.splitlines()) if "CREATE TABLE" in text else text


_FOLDERS: list[Path] = []


def _folder() -> Path:
    if not _FOLDERS:
        _FOLDERS.append(Path(tempfile.mkdtemp()))
    return _FOLDERS[0]
