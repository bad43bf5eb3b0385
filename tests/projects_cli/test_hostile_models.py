"""What is hard to say is said once: a second look finds nothing more."""

from collections.abc import Callable

import pytest

from user_projects import Project

Open = Callable[[str, str], Project]


@pytest.mark.parametrize(
    "environment", ["former", "sqlmodel"]
)  # 1.4, and the newest without driver
def test_nothing_is_left_to_do(open_project: Open, environment: str) -> None:
    project = open_project("sqlalchemy_hostile", environment)
    project.succeed("init")
    project.succeed("autogenerate", "first")
    project.succeed("upgrade")
    project.succeed("check")
    assert project.succeed("validate") == "models and database agree\n"
    assert "nothing to do" in project.succeed("autogenerate", "again")
    project.succeed("downgrade", "base")
    assert project.succeed("diff", "database", "empty") == ""


@pytest.mark.parametrize(
    "spec", ["shop", "shop/", "sqlmodel:shop", "sqlmodel:shop.goods", "sqlalchemy:shop.goods"]
)
def test_specs_of_sqlmodel(open_project: Open, spec: str) -> None:
    project = open_project("sqlmodel_shop", "sqlmodel")
    plan = project.succeed("diff", "empty", "models", "--models", spec)
    for table in ("customers", "lines", "orders"):
        assert f"CREATE TABLE public.{table} (" in plan
    assert "CREATE TABLE billing.products (" in plan
    assert plan.count("CREATE TABLE") == 4  # what is no table=True is none
