"""Models are imported as their project imports them, whatever its layout is."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from psqlmigrate.errors import ModelError
from psqlmigrate.sources.models import ModelSql, read_model_sql

Lay = Callable[..., ModelSql]
TABLE = "from sqlalchemy import Column, Integer, MetaData, Table\n"


def table(name: str, metadata: str = "MetaData()") -> str:
    return f"{name} = Table({name!r}, {metadata}, Column('id', Integer, primary_key=True))\n"


@pytest.fixture
def lay(tmp_path: Path, environment: Path) -> Lay:
    """Lays files out as a project and reads its models."""

    def laying(files: Mapping[str, str], *specs: str, **env: str) -> ModelSql:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return read_model_sql(specs, root=tmp_path, python=str(environment), env=env)

    return laying


PACKAGE = {
    "app/__init__.py": "",
    "app/base.py": TABLE + "metadata = MetaData()\n",
    "app/models/__init__.py": "",
    "app/models/people.py": TABLE + "from ..base import metadata\n" + table("people", "metadata"),
    "app/models/places.py": (
        TABLE + "from app.base import metadata\nfrom .people import people\n"
        "assert 'people' in metadata.tables\n" + table("places", "metadata")
    ),
    "app/models/_private.py": "raise RuntimeError('a name with _ in front is not a model')\n",
    "app/models/migrations/old.py": "raise RuntimeError('migrations are no models')\n",
}


@pytest.mark.parametrize("prefix", ["", "src/"])
@pytest.mark.parametrize(
    "specs",
    [
        ("app.models",),
        ("app.models.people", "app.models.places"),
        ("app.models.places:metadata",),
        ("app.base:metadata", "app.models"),
        ("sqlalchemy:app.models",),
    ],
    ids=" ".join,
)
def test_a_package_by_its_name(lay: Lay, prefix: str, specs: tuple[str, ...]) -> None:
    files = {prefix + name: text for name, text in PACKAGE.items()}
    assert lay(files, *specs).tables == ("public.people", "public.places")


@pytest.mark.parametrize("prefix", ["", "src/"])
@pytest.mark.parametrize(
    "specs",
    [
        ("app/models",),
        ("app/models/",),
        ("app/models/people.py", "./app/models/places.py"),
        ("app/models/places.py:metadata",),
        ("sqlalchemy:app/models",),
        ("app",),
    ],
    ids=" ".join,
)
def test_a_package_by_its_path(lay: Lay, prefix: str, specs: tuple[str, ...]) -> None:
    files = {prefix + name: text for name, text in PACKAGE.items()}
    paths = [spec.replace("app", f"{prefix}app", 1) for spec in specs]
    assert lay(files, *paths).tables == ("public.people", "public.places")


def test_a_module_is_loaded_once_by_whatever_name(lay: Lay) -> None:
    files = {
        **PACKAGE,
        "app/models/places.py": PACKAGE["app/models/places.py"]
        + "import sys\nassert not hasattr(sys, 'loaded')\nsys.loaded = True\n",
    }
    specs = ("app.models", "app/models", "app/models/places.py", "app.models.places")
    assert len(lay(files, *specs).statements) == 2


def test_packages_without_init(lay: Lay) -> None:
    files = {name: text for name, text in PACKAGE.items() if not name.endswith("__init__.py")}
    assert len(lay(files, "app.models").tables) == 2


def test_a_directory_whose_files_import_each_other_by_bare_names(lay: Lay) -> None:
    files = {
        "models/base.py": TABLE + "metadata = MetaData()\n",
        "models/zebra.py": TABLE + "from base import metadata\n" + table("zebra", "metadata"),
        "models/ant.py": TABLE + "import base, zebra\n" + table("ant", "base.metadata"),
    }
    found = lay(files, "models")
    assert found.tables == ("public.ant", "public.zebra")
    assert len(found.statements) == 2


def test_a_file_named_like_a_module_of_pythons(lay: Lay) -> None:
    assert lay({"types.py": TABLE + table("t")}, "types.py").tables == ("public.t",)
    assert lay({"db/calendar.py": TABLE + table("u")}, "db").tables == ("public.u",)


def test_attributes(lay: Lay) -> None:
    text = (
        TABLE
        + "class Holder:\n    metadata = MetaData()\n"
        + table("one", "Holder.metadata")
        + table("two")
        + table("three")
        + "every = [two, three]\n"
    )
    assert lay({"models.py": text}, "models:Holder.metadata").tables == ("public.one",)
    assert lay({"models.py": text}, "models:two").tables == ("public.two",)
    assert lay({"models.py": text}, "models:every").tables == ("public.three", "public.two")
    assert len(lay({"models.py": text}, "models").tables) == 3


def test_the_reader_that_is_asked_for_is_the_only_one(lay: Lay) -> None:
    text = (
        TABLE
        + table("one")
        + "from psqlmodel import Column as C, PSQLModel, table\n"
        + "from psqlmodel.orm.types import serial\n"
        + "@table(name='two')\nclass Two(PSQLModel):\n    id: serial = C(primary_key=True)\n"
    )
    assert lay({"models.py": text}, "sqlalchemy:models").tables == ("public.one",)
    assert lay({"models.py": text}, "psqlmodel:models").tables == ("public.two",)
    assert lay({"models.py": text}, "models").tables == ("public.one", "public.two")


def test_the_environment_is_the_callers(lay: Lay) -> None:
    text = "import os\n" + TABLE + table("t").replace("'t'", "os.environ['TABLE']")
    assert lay({"models.py": text}, "models", TABLE="named").tables == ("public.named",)


def test_nothing_is_written_beside_the_models(lay: Lay, tmp_path: Path) -> None:
    lay(PACKAGE, "app.models")
    assert not list(tmp_path.rglob("__pycache__"))


@pytest.mark.parametrize("broken", ["app/base.py", "app/models/people.py"])
def test_an_error_far_down_is_the_users_own(lay: Lay, tmp_path: Path, broken: str) -> None:
    files = {**PACKAGE, broken: "import missing_package\n"}
    with pytest.raises(ModelError, match="missing_package") as caught:
        lay(files, "app.models")
    files_named = [line for line in caught.value.details.splitlines() if "File" in line]
    assert f"{tmp_path}/{broken}" in files_named[-1]
    assert all(str(tmp_path) in line for line in files_named)


def test_an_error_in_one_of_several_specs_is_no_smaller_answer(lay: Lay) -> None:
    files = {"good.py": TABLE + table("t"), "bad.py": "1 / 0\n"}
    with pytest.raises(ModelError, match="cannot import bad: ZeroDivisionError"):
        lay(files, "good", "bad")


def test_models_may_use_the_names_of_the_readers_own_files(lay: Lay) -> None:
    files = {
        "model_source.py": "x = 1\n",
        "models.py": TABLE + "import model_source\nassert model_source.x == 1\n" + table("t"),
    }
    assert lay(files, "models", PATH=os.environ["PATH"]).tables == ("public.t",)
