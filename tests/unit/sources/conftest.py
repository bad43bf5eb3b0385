"""Environments of the ORMs' generations, and a reader of small models in one."""

import secrets
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from psycopg import sql

from psqlmigrate.postgres.connect import connect
from psqlmigrate.postgres.target import Target
from psqlmigrate.sources.models import ModelSql, read_model_sql
from user_projects import make_environment as make_environment  # noqa: PLC0414

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
def make_database(server: Target) -> Generator[Callable[[], Target]]:
    """Makes further databases beside the test's own."""
    made: list[sql.Identifier] = []

    def make() -> Target:
        name = f"other_{secrets.token_hex(6)}"
        made.append(sql.Identifier(name))
        admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(made[-1]))
        return server.database(name)

    with connect(server) as admin:
        yield make
        for one in made:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(one))


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
