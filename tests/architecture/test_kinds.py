"""A kind is one file, one line in the registry and one case."""

import re
from pathlib import Path

import pytest

from psqlmigrate.schema.dbobject import DbObject
from psqlmigrate.schema.kinds import KINDS

ROOT = Path(__file__).parent.parent.parent
SOURCE = ROOT / "src" / "psqlmigrate"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)
def test_every_kind_has_a_case(kind: type[DbObject]) -> None:
    assert (ROOT / "tests" / "corpus" / kind.kind.replace(" ", "_")).is_dir()


def test_kinds_never_import_each_other() -> None:
    for path in (SOURCE / "schema" / "kinds").glob("*.py"):
        if path.name != "__init__.py":
            assert "psqlmigrate.schema.kinds" not in path.read_text()


@pytest.mark.parametrize(
    "name",
    [
        "service/planning.py",
        "service/work.py",
        "service/steps.py",
        "service/linking.py",
        "service/circles.py",
        "service/ordering.py",
        "service/canonical.py",
        "service/renaming.py",
        "service/renameorder.py",
        "service/renamepairs.py",
        "service/renametext.py",
        "postgres/introspect.py",
        "schema/catalog.py",
    ],
)
def test_the_generic_parts_name_no_kind(name: str) -> None:
    text = (SOURCE / name).read_text()
    for kind in KINDS:
        assert not re.search(rf'["\']{kind.kind}["\']', text), kind.kind
