"""What the documentation says is typed, and must be true."""

from pathlib import Path
from urllib.parse import quote

import pytest

from docs.conftest import PAGES, Read
from docs.pages import URL, blocks
from psqlmigrate.postgres.target import Target

_HOWTO = sorted(PAGES.glob("howto/*.md")) + sorted(PAGES.glob("coming-from-*.md"))
_EVERY = [*sorted(PAGES.rglob("*.md")), PAGES.parent / "README.md"]


def test_the_tutorial(read: Read) -> None:
    """With the embedded server: a newcomer has no other."""
    read(PAGES / "tutorial.md", URL)


@pytest.mark.parametrize("page", _HOWTO, ids=lambda page: page.stem)
def test_a_page(read: Read, page: Path, database: Target) -> None:
    params = database.params
    host = quote(params["host"], safe="")
    port = f":{params['port']}" if "port" in params else ""
    # Without ? and &, which a shell would take for its own.
    read(page, f"postgresql://{params['user']}@{host}{port}/{params['dbname']}")


@pytest.mark.parametrize("page", _EVERY, ids=lambda page: page.stem)
def test_blocks_are_run_or_say_that_they_are_not(page: Path) -> None:
    """Only `console` is run; what looks like a shell's block would be skipped in silence."""
    for block in blocks(page.read_text()):
        assert block.language not in {"sh", "bash", "shell"}, f"{page.name}:{block.line}"
        if page not in _HOWTO and page.stem != "tutorial" and block.language == "console":
            assert "not-run" in block.words, f"{page.name}:{block.line}"


@pytest.mark.parametrize("page", _EVERY, ids=lambda page: page.stem)
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text()
    for part in text.split("](")[1:]:
        target = part.split(")", 1)[0].split("#", 1)[0]
        if target and "://" not in target:
            assert (page.parent / target).exists(), f"{page.name}: {target}"
