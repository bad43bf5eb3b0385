"""Django's models: what its own migrations make is what psqlmigrate takes them for."""

import subprocess
from collections.abc import Callable

import pytest

from user_projects import Project

Open = Callable[[str, str], Project]


def manage(project: Project, *arguments: str) -> None:
    """Runs the project's manage.py in its own environment."""
    command = [str(project.root / ".venv" / "bin" / "python"), "manage.py", *arguments]
    done = subprocess.run(command, cwd=project.root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_database_of_djangos_own_migrations(open_project: Open) -> None:
    project = open_project("django_shop", "django")
    manage(project, "makemigrations", "store", "staff")
    manage(project, "migrate")
    assert project.succeed("validate") == "models and database agree\n"
    assert project.succeed("diff", "models", "database") == ""
    assert project.succeed("diff", "database", "models") == ""
    project.succeed("init")
    assert "table public.django_migrations" in project.succeed("status", "--full")


@pytest.mark.parametrize(
    "spec", ["django:staff", "django:staff.models", "django:staff/models.py", "django:./staff"]
)
def test_an_app_of_the_project_around(open_project: Open, spec: str) -> None:
    """The reader may be named for models as well: manage.py says which settings they need."""
    project = open_project("django_shop", "django")
    plain = project.succeed("diff", "empty", "models", "--models", spec.removeprefix("django:"))
    assert "CREATE TABLE public.staff_manager" in plain
    assert project.succeed("diff", "empty", "models", "--models", spec) == plain


@pytest.mark.parametrize("environment", ["former_django", "django"])
def test_generations_and_extensions(open_project: Open, environment: str) -> None:
    project = open_project("django_former", environment)
    if environment == "django":
        project.edit(
            "club/models.py",
            ("CITextField(db_index=True)", 'models.TextField(db_index=True, db_default="a")'),
            ("    CITextField,\n", ""),
            ('        index_together = [("email", "points")]\n', ""),
            ("CheckConstraint(check=", "CheckConstraint(condition="),
        )
    manage(project, "makemigrations", "club")
    manage(project, "migrate")
    code, out, _ = project.run("validate")
    assert (code, out) == (1, "-public.somebody_elses\n")  # it is of RunSQL's, no model's
    stated = project.succeed("diff", "empty", "models")
    assert stated.count("CREATE EXTENSION") == 4


def test_names_of_apps_and_specs(open_project: Open) -> None:
    project = open_project("django_shop", "django")
    whole = project.succeed("diff", "empty", "models")
    assert 'CREATE TABLE public."Fans of products"' in whole
    assert "public.legacy" not in whole
    assert "colleague" not in whole
    for spec in (".", "django:.", "django:manage.py", "django:mysite", "django:mysite.settings",
                 "mysite.settings"):  # fmt: skip
        assert project.succeed("diff", "empty", "models", "--models", spec) == whole, spec
    part = project.succeed("diff", "empty", "models", "--models", "django:mysite.settings:staff")
    assert "CREATE TABLE public.staff_manager" in part
    assert "CREATE TABLE public.auth_group" in part  # users refer to it
    assert "django_site" not in part
    assert "products" not in part
    for spec in ("staff.models", "staff/models.py", "django:mysite.settings:staff"):
        assert project.succeed("diff", "empty", "models", "--models", spec) == part, spec
    code, _, err = project.run("diff", "empty", "models", "--models", "django:mysite.settings:nope")
    assert code == 3
    assert "mysite.settings installs no app nope; it has admin, auth," in err


def test_a_settings_module_of_the_environment(
    open_project: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = open_project("django_shop", "django")
    (project.root / "manage.py").unlink()
    code, _, err = project.run("diff", "empty", "models", "--models", "django:.")
    assert code == 3
    assert "write django:mysite.settings" in err
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "mysite.settings")
    for spec in ("django:.", "staff.models", "staff/models.py"):
        out = project.succeed("diff", "empty", "models", "--models", spec)
        assert "CREATE TABLE public.staff_user" in out


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("shop/models.py", "import uuid\n", "import uuid, missing_one\n", "No module named 'missing_one'"),
        ("shop/models.py", "models.PROTECT)", "models.PROTECT, nonsense=1)", "TypeError"),
        ("mysite/settings.py", "import os\n", "import os\n1 / 0\n", "ZeroDivisionError"),
        ("mysite/settings.py", '"staff",', '"staff", "gone",', "No module named 'gone'"),
        ("mysite/settings.py", '"staff.User"', '"staff.Nobody"', "AUTH_USER_MODEL refers to model 'staff.Nobody'"),
        ("mysite/settings.py", '"shop.apps', '"shop.none', "No module named 'shop.none'"),
    ],
)  # fmt: skip
def test_errors_are_the_users_own(
    open_project: Open, file: str, old: str, new: str, message: str
) -> None:
    project = open_project("django_shop", "django")
    project.edit(file, (old, new))
    project.succeed("init")
    code, out, err = project.run("check")
    assert (code, out) == (3, "")
    assert message in err
    assert "Traceback" in err
    assert "psqlmigrate_readers" not in err
    assert "sources/readers" not in err


def test_a_project_whose_own_database_is_another(open_project: Open) -> None:
    project = open_project("django_shop", "django")
    whole = project.succeed("diff", "empty", "models")
    project.edit(
        "mysite/settings.py", ('"django.db.backends.postgresql"', '"django.db.backends.sqlite3"')
    )
    assert project.succeed("diff", "empty", "models") == whole
    settings = project.root / "mysite" / "settings.py"
    settings.write_text(settings.read_text() + (
        'DEFAULT_TABLESPACE = "fast"\nDEFAULT_INDEX_TABLESPACE = "faster"\n'
        "class Router:\n    def allow_migrate(self, db, app_label, model_name=None, **_):\n"
        '        return model_name not in ("offer", "remark")\n'
        'DATABASE_ROUTERS = ["mysite.settings.Router"]\n'
    ))  # fmt: skip
    routed = project.succeed("diff", "empty", "models")
    assert "TABLESPACE" not in routed
    assert "store_offer" in whole
    assert "store_offer" not in routed
    assert "store_line" in routed


def test_without_a_driver(open_project: Open) -> None:
    project = open_project("django_shop", "django")
    project.edit(
        "mysite/settings.py",
        (
            "import os\n",
            "import os, sys\nsys.modules['psycopg'] = sys.modules['psycopg2'] = None\n",
        ),
    )
    code, _, err = project.run("diff", "empty", "models")
    assert code == 3
    assert "psycopg2 is not installed for" in err


def test_models_that_are_imported_before_django_is_set_up(open_project: Open) -> None:
    project = open_project("django_shop", "django")
    (project.root / "manage.py").unlink()
    code, _, err = project.run("diff", "empty", "models", "--models", "shop.models")
    assert code == 3
    assert "ImproperlyConfigured" in err


MODEL = """
from django.db import models


class Thing(models.Model):
    {field}

    class Meta:
        db_table = {table}
        app_label = "staff"
        db_table_comment = "50% of them, isn't it \\\\ \\u00fc"
"""


def test_names_and_texts_that_django_itself_trips_over(open_project: Open) -> None:
    project = open_project("django_shop", "django")
    field = "note = models.TextField(db_column='a B', db_comment='7 % 2', db_default='%s \\\\')"
    text = MODEL.format(field=field, table="'Odd Name'")
    (project.root / "staff" / "more.py").write_text(text)
    with (project.root / "staff" / "models.py").open("a") as file:
        file.write("\n\nfrom staff.more import Thing\n")
    out = project.succeed("diff", "empty", "models", "--models", "staff/more.py")
    assert 'CREATE TABLE public."Odd Name"' in out
    assert '"a B" text DEFAULT' in out
    assert "IS '7 % 2'" in out
    project.succeed("init")
    for command in (("autogenerate", "first"), ("upgrade",), ("check",)):
        project.succeed(*command, "--models", "staff/more.py")


def test_tables_in_schemas(open_project: Open) -> None:
    project = open_project("django_shop", "django")
    project.edit("shop/models.py", ('db_table = "products"', 'db_table = \'"store"."products"\''))
    out = project.succeed("diff", "empty", "models")
    assert "CREATE SCHEMA store" in out
    assert "CREATE TABLE store.products" in out
    project.edit(
        "mysite/settings.py",
        (
            '        "USER"',
            '        "OPTIONS": {"options": "-c search_path=tenant,public"},\n        "USER"',
        ),
    )
    out = project.succeed("diff", "empty", "models")
    assert "CREATE TABLE tenant.staff_user" in out
    assert "CREATE TABLE store.products" in out


def test_hints_of_renames(open_project: Open) -> None:
    project = open_project("django_shop", "django")
    project.succeed("init")
    project.succeed("autogenerate", "first")
    project.succeed("upgrade")
    project.execute((project.root / "rows.sql").read_text())
    before = project.rows("products")
    project.edit(
        "shop/models.py",
        ('db_table = "products"', 'db_table = "goods"'),
        ("class Product(Stamped):\n", 'class Product(Stamped):\n    __renamed_from__ = "products"\n'),
        ("    stock = models.IntegerField(default=0, db_default=7)\n",
         "    held = models.IntegerField(default=0, db_default=7)\n    held.renamed_from = 'stock'\n"),
        ('fields=["stock"]', 'fields=["held"]'),
    )  # fmt: skip
    code, out, _ = project.run("check")
    assert code == 1
    assert "public.products is public.goods now" in out
    project.succeed("autogenerate", "goods")
    project.succeed("upgrade")
    after = [{("stock" if key == "held" else key): value for key, value in row.items()}
             for row in project.rows("goods")]  # fmt: skip
    assert after == before
    project.succeed("check")
    assert "nothing to do" in project.succeed("autogenerate", "again")
    project.succeed("downgrade")
    assert project.rows("products") == before
