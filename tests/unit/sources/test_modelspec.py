from pathlib import Path

import pytest

from psqlmigrate.errors import UsageError
from psqlmigrate.sources.modelspec import ModelSpec, SpecForm, parse_spec, parse_specs


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("app/models.py", "app/schema/users.sql", "schema.sql", "weird:name.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("app.models", ModelSpec(SpecForm.MODULE, "app.models")),
        ("models", ModelSpec(SpecForm.MODULE, "models")),
        ("app.models:Base", ModelSpec(SpecForm.MODULE, "app.models", "", "Base")),
        ("app.db:db.metadata", ModelSpec(SpecForm.MODULE, "app.db", "", "db.metadata")),
        ("sqlalchemy:app.models", ModelSpec(SpecForm.MODULE, "app.models", "sqlalchemy")),
        ("psqlmodel:app.m:User", ModelSpec(SpecForm.MODULE, "app.m", "psqlmodel", "User")),
        ("app/models.py", ModelSpec(SpecForm.FILE, "app/models.py")),
        ("./app/models.py", ModelSpec(SpecForm.FILE, "./app/models.py")),
        ("app/models.py:meta", ModelSpec(SpecForm.FILE, "app/models.py", "", "meta")),
        ("psqlmodel:app", ModelSpec(SpecForm.DIRECTORY, "app", "psqlmodel")),
        ("app", ModelSpec(SpecForm.DIRECTORY, "app")),
        (".", ModelSpec(SpecForm.DIRECTORY, ".")),
        ("schema.sql", ModelSpec(SpecForm.SQL, "schema.sql")),
        ("app/schema", ModelSpec(SpecForm.SQL, "app/schema")),
        ("weird:name.py", ModelSpec(SpecForm.FILE, "weird:name.py")),
    ],
)
def test_forms(root: Path, text: str, expected: ModelSpec) -> None:
    assert parse_spec(text, root) == expected
    assert parse_spec(str(expected), root) == expected


def test_each_spec_once_in_order(root: Path) -> None:
    specs = parse_specs(["schema.sql", "app.models", "schema.sql"], root)
    assert [str(one) for one in specs] == ["schema.sql", "app.models"]
    assert [one.is_sql for one in specs] == [True, False]


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "app/missing.py",
        "missing.sql",
        "./missing",
        "app models",
        "a..b",
        "sqlalchemy:",
        "django",
    ],
)
def test_nonsense_is_wrong_use(root: Path, text: str) -> None:
    with pytest.raises(UsageError):
        parse_spec(text, root)


def test_a_file_that_is_neither_python_nor_sql(root: Path) -> None:
    (root / "models.txt").touch()
    with pytest.raises(UsageError, match=r"ends in \.py or \.sql"):
        parse_spec("models.txt", root)
