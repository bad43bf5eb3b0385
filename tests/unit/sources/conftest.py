"""Environments of the ORMs' generations, and a reader of small models in one."""

from collections.abc import Callable
from pathlib import Path

import pytest
from user_projects import make_environment as make_environment  # noqa: PLC0414

from psqlmigrate.sources.models import ModelSql, read_model_sql

Read = Callable[..., ModelSql]


@pytest.fixture(params=["current", "former"])
def any_environment(
    request: pytest.FixtureRequest, make_environment: Callable[[str], Path]
) -> Path:
    return make_environment(request.param)


@pytest.fixture
def environment(make_environment: Callable[[str], Path]) -> Path:
    return make_environment("current")


@pytest.fixture
def read(tmp_path: Path, environment: Path) -> Read:
    """Reads `models.py` of the given text in an environment that has both ORMs."""

    def reading(text: str, *specs: str, **options: int) -> ModelSql:
        (tmp_path / "models.py").write_text(text)
        root = tmp_path
        return read_model_sql(
            specs or ("models",), root=root, python=str(environment), env={}, **options
        )

    return reading
