"""Virtual environments with the ORMs that projects use, made once for all tests."""

import functools
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from psqlmigrate.sources.models import ModelSql, read_model_sql

PROJECTS = Path(__file__).parents[2] / "projects"
GENERATIONS: Mapping[str, tuple[str, ...]] = {
    "current": ("sqlalchemy", "psqlmodel[async]"),
    "former": ("sqlalchemy==1.4.*", "psqlmodel[async]==0.7.*"),
}
Read = Callable[..., ModelSql]


@pytest.fixture(scope="session")
def make_environment(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    @functools.cache
    def make(generation: str) -> Path | None:
        folder = tmp_path_factory.mktemp(f"project-{generation}") / ".venv"
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet"]
        done = subprocess.run([*pip, *GENERATIONS[generation]], check=False)
        return folder if done.returncode == 0 else None

    def made(generation: str) -> Path:
        folder = make(generation)
        if folder is None:
            pytest.skip("no package registry to install SQLAlchemy and psqlmodel from")
        return folder

    return made


@pytest.fixture(params=GENERATIONS)
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

    def reading(text: str, *specs: str) -> ModelSql:
        (tmp_path / "models.py").write_text(text)
        return read_model_sql(specs or ("models",), root=tmp_path, python=str(environment), env={})

    return reading
