"""The reader of pages believes what is printed, and nothing else."""

import os
from collections.abc import Generator
from pathlib import Path

import pytest

from docs.pages import URL, Reader, Shell, blocks, steps


@pytest.fixture
def reader(tmp_path: Path) -> Generator[Reader]:
    folder = tmp_path / "folder"
    folder.mkdir()
    shell = Shell(folder, os.environ)
    yield Reader(shell, folder, "postgresql://real@host/db")
    shell.close()


@pytest.fixture
def page(tmp_path: Path) -> Path:
    return tmp_path / "page.md"


def _console(page: Path, text: str) -> Path:
    page.write_text(f"# Words\n\n```console\n{text}```\n")
    return page


@pytest.mark.parametrize(
    "text",
    [
        "$ echo a b\na   b\n",
        "$ printf 'a\\n\\nb\\n'\na\nb\n",
        "$ echo certified in 17.5 s\ncertified in 0.3 s\n",
        "$ echo wrote 20261124_111111_x.py\nwrote 20261123_090000_x.py\n",
        "$ printf '1\\n2\\n3\\n'\n1\n…\n3\n",
        "$ printf '1\\n2\\n3\\n'\n…\n",
        "$ echo one two three\none … three\n",
        "$ echo test_1a on local socket as postgres\napp on localhost:5432 as me\n",
        f"$ echo {URL}\npostgresql://real@host/db\n",
        "$ false\n$ echo $?\n1\n",
        "$ cd /\n$ pwd\n/\n",
        "$ export A=b\n$ echo $A\nb\n",
        "$ echo a \\\n    b\na b\n",
        "$ cat\n",
        "$ echo wrong >&2\nwrong\n",
        "$ true\n",
    ],
)
def test_what_is_true(reader: Reader, page: Path, text: str) -> None:
    reader.read(_console(page, text))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("$ echo a\nb\n", "-b\n+a"),
        ("$ echo a\n", "+a"),
        ("$ true\na\n", "-a"),
        ("$ printf '1\\n2\\n'\n1\n", "+2"),
        ("$ printf '1\\n3\\n'\n1\n…\n2\n", "-2"),
        ("$ false\n", "exits with 1"),
        ("$ false\n$ true\n$ echo $?\n0\n", "exits with 1"),
        ("$ (exit 3)\n$ echo $?\n1\n", "-1\n+3"),
        ("$ echo certified in 17.5 hours\ncertified in 0.3 s\n", "hours"),
        ("$ echo 20261124_111111 20261124_222222\n20261123_090000 20261123_090000\n", "222222"),
        ("$ echo a.c\na.d\n", "+a.c"),
    ],
)
def test_what_is_not_true(reader: Reader, page: Path, text: str, words: str) -> None:
    with pytest.raises(AssertionError) as raised:
        reader.read(_console(page, text))
    assert words in str(raised.value)
    assert "page.md:4" in str(raised.value) or "page.md:5" in str(raised.value)


def test_a_version_stays_what_it_was(reader: Reader, page: Path) -> None:
    text = "$ echo 20261124_111111\n20261123_090000\n$ echo 20261123_090000\n20261123_090000\n"
    reader.read(_console(page, text))
    assert reader.ran[1] == "echo 20261124_111111"
    with pytest.raises(AssertionError):
        reader.read(_console(page, "$ echo 20261124_222222\n20261123_090000\n"))


def test_files_are_written_and_the_rest_is_left(reader: Reader, page: Path) -> None:
    page.write_text(
        f"```sql file=sub/a.sql\nSELECT '{URL}';\n```\n"
        "- listed:\n\n  ```sql append=sub/a.sql\n  SELECT 2;\n  ```\n"
        "```console not-run\n$ rm -r sub\n```\n```text\n$ rm -r sub\n```\n"
        "```console\n$ cat sub/a.sql\nSELECT 'postgresql://real@host/db';\nSELECT 2;\n```\n"
    )
    reader.read(page)
    assert reader.ran == ["cat sub/a.sql"]


def test_a_console_block_begins_with_a_command() -> None:
    (block,) = blocks("```console\nls\n```\n")
    with pytest.raises(AssertionError, match="line 2"):
        list(steps(block))
