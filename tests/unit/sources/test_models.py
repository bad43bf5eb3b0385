"""The projects' models as SQL in a real server, and models that cannot be read."""

import os
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from psqlmigrate.errors import ModelError
from psqlmigrate.postgres.connect import Connection
from psqlmigrate.sources.models import ModelSql, read_model_sql
from user_projects import PROJECTS, load


def read_project(name: str, spec: str, environment: Path) -> ModelSql:
    return read_model_sql([spec], root=PROJECTS / name, python=str(environment), env={})


def ask(connection: Connection, query: str) -> list[str]:
    return [str(row[0]) for row in connection.execute(query.encode()).fetchall()]


@pytest.mark.parametrize("spec", ["shop/models", "shop.models", "psqlmodel:shop/models"])
def test_the_psqlmodel_shop(any_environment: Path, connection: Connection, spec: str) -> None:
    found = read_project("psqlmodel_shop", spec, any_environment)
    names = ("categories", "customers", "order_lines", "orders", "products")
    assert found.tables == tuple(f"public.{name}" for name in names)
    assert found.warnings == ()
    assert "table without partition" in found.coverage
    assert not [entry for entry in found.coverage if "view" in entry]
    load(connection, found)
    assert ask(connection, "SELECT enumlabel FROM pg_enum ORDER BY enumsortorder") == [
        "open", "paid", "sent", "returned",
    ]  # fmt: skip
    assert ask(connection, "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal") == [
        "orders_order_changed_b66551"
    ]
    defaults = ask(
        connection,
        "SELECT column_name || ' ' || column_default FROM information_schema.columns"
        " WHERE table_schema = 'public' AND column_default NOT LIKE 'nextval%' ORDER BY 1",
    )
    assert defaults == [
        "attributes '{}'::jsonb",
        "created_at now()",
        "id gen_random_uuid()",
        "is_active true",
        "is_listed false",
        "note 'knows what''s in stock now()'::text",
        "placed_at now()",
        """preferences '{"newsletter": false}'::jsonb""",
        "quantity 1",
        "status 'open'::order_status",
        "stock 0",
        "tags '{}'::text[]",
    ]


def test_the_sqlalchemy_shop(any_environment: Path, connection: Connection) -> None:
    found = read_project("sqlalchemy_shop", "shop.models", any_environment)
    names = ("customers", "offers", "order_lines", "orders", "products")
    assert found.tables == ("billing.invoices", *(f"public.{name}" for name in names))
    assert found.warnings == ()
    load(connection, found)
    assert ask(connection, "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal") == [
        "touch_order"
    ]
    assert ask(
        connection,
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'ck_products_price'",
    ) == ["CHECK (((price > (0)::numeric) AND ((price % 0.01) = (0)::numeric)))"]


@pytest.mark.parametrize(
    ("name", "spec"), [("psqlmodel_shop", "shop/models"), ("sqlalchemy_shop", "shop.models")]
)
def test_every_run_gives_the_same_sql(environment: Path, name: str, spec: str) -> None:
    found = {
        read_model_sql(
            [spec], root=PROJECTS / name, python=str(environment), env={"PYTHONHASHSEED": seed}
        )
        for seed in ("1", "2", "3")
    }
    assert len(found) == 1


def test_both_orms_at_once(environment: Path) -> None:
    specs = ("psqlmodel:psqlmodel_shop/shop/models/customers.py", "sqlalchemy_cases/keys.py")
    found = read_model_sql(specs, root=PROJECTS, python=str(environment), env={})
    assert [part.origin for part in found.parts] == [specs[1], specs[0].partition(":")[2]]
    assert "public.customers" in found.tables
    assert {"trigger named .+_[0-9a-f]{6}", "identity of column"} <= found.coverage
    assert "table.row_security" in found.unstated
    assert "index.options" not in found.unstated  # SQLAlchemy's can say them


def test_a_table_of_two_orms(environment: Path) -> None:
    specs = ("psqlmodel:psqlmodel_shop/shop/models/customers.py", "sqlalchemy_shop/shop/models.py")
    with pytest.raises(ModelError) as caught:
        read_model_sql(specs, root=PROJECTS, python=str(environment), env={})
    assert caught.value.message == (
        "the table public.customers is stated twice: by sqlalchemy_shop/shop/models.py"
        " and by psqlmodel_shop/shop/models/customers.py"
    )


@pytest.fixture
def bare(make_environment: Callable[[str], Path]) -> Path:
    """The interpreter of an environment in which no ORM is installed."""
    return make_environment("bare") / "bin" / "python"


@pytest.fixture
def fail(tmp_path: Path, bare: Path) -> Callable[..., ModelError]:
    """Reads models.py of the given text, without any ORM, and expects the error."""

    def failing(text: str, *specs: str, patience_s: float = 60) -> ModelError:
        (tmp_path / "models.py").write_text(textwrap.dedent(text))
        with pytest.raises(ModelError) as caught:
            read_model_sql(
                specs or ("models",), root=tmp_path, python=str(bare), env={}, patience_s=patience_s
            )
        assert caught.value.exit_code == 3
        assert "readers" not in caught.value.details
        assert "importlib" not in caught.value.details
        return caught.value

    return failing


Fail = Callable[..., ModelError]


def test_an_import_error_is_the_users_own_traceback(fail: Fail, bare: Path, tmp_path: Path) -> None:
    error = fail("\nimport no_such_package\n")
    assert error.message == (
        "cannot import models: ModuleNotFoundError: No module named 'no_such_package'"
    )
    assert error.details.splitlines() == [
        "Traceback (most recent call last):",
        f'  File "{tmp_path}/models.py", line 2, in <module>',
        "    import no_such_package",
        "ModuleNotFoundError: No module named 'no_such_package'",
    ]
    assert str(bare) in error.hint
    assert "the setting python" in error.hint


@pytest.mark.parametrize("orm", ["psqlmodel", "sqlalchemy"])
@pytest.mark.parametrize("spec", ["models", "{orm}:models"])
def test_a_missing_orm_names_the_interpreter(fail: Fail, bare: Path, orm: str, spec: str) -> None:
    text = f"import {orm}.orm" if spec == "models" else ""
    error = fail(text, spec.replace("{orm}", orm))
    assert f"No module named '{orm}" in error.message
    assert f"{orm} is not installed for {bare} (the setting python)" in error.hint


def test_a_module_that_is_not_there(fail: Fail) -> None:
    error = fail("", "app.models")
    assert error.message == "cannot import app.models: ModuleNotFoundError: No module named 'app'"
    assert error.details == ""


def test_a_syntax_error_shows_the_line(fail: Fail) -> None:
    error = fail("class User(:\n    pass\n")
    assert "cannot import models: SyntaxError" in error.message
    assert 'models.py", line 1' in error.details
    assert "class User(:" in error.details


def test_an_exception_at_import(fail: Fail) -> None:
    error = fail("""
        def setting():
            try:
                return {}["DATABASE_URL"]
            except KeyError as error:
                raise RuntimeError("no database configured") from error

        setting()
        """)
    assert error.message == "cannot import models: RuntimeError: no database configured"
    assert "in setting" in error.details
    assert "KeyError: 'DATABASE_URL'" in error.details


def test_sys_exit_at_import(fail: Fail) -> None:
    error = fail("import sys\nsys.exit(0)\n")
    assert "the models called sys.exit(0)" in error.message
    assert "line 2" in error.details


def test_an_interpreter_that_is_gone(fail: Fail) -> None:
    assert "ended with status 7" in fail("import os\nos._exit(7)\n").message
    error = fail("import os\nos.abort()\n")
    assert "ended with status -6" in error.message
    assert 'models.py", line 2' in error.details


def test_models_that_hang_say_where(fail: Fail) -> None:
    error = fail("import time\ntime.sleep(60)\n", patience_s=1)
    assert "took too long" in error.message
    assert 'models.py", line 2' in error.details


@pytest.mark.parametrize("spec", ["models", "models.py", "."])
def test_no_models_is_an_error(fail: Fail, spec: str) -> None:
    assert f"no models in {spec}: " in fail("x = 1\n", spec).message


def test_an_attribute_that_is_not_there(fail: Fail) -> None:
    assert fail("x = 1\n", "models:Base").message == "models has no attribute Base"


def test_an_interpreter_that_cannot_run(tmp_path: Path) -> None:
    (tmp_path / "python").touch(0o644)
    with pytest.raises(ModelError, match=r"cannot run .*/python: Permission denied"):
        read_model_sql(["models"], root=tmp_path, python="./python", env={})


def test_what_models_print_goes_to_stderr(
    environment: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "models.py").write_text(
        "import os\nimport threading\nimport time\nprint('hello')\nos.system('echo from a child')\n"
        "threading.Thread(target=time.sleep, args=(600,)).start()\n"
        "from sqlalchemy import Column, Integer, MetaData, Table\n"
        "t = Table('t', MetaData(), Column('id', Integer, primary_key=True))\n"
    )
    found = read_model_sql(["models"], root=tmp_path, python=str(environment), env=os.environ)
    assert len(found.statements) == 1
    out, err = capfd.readouterr()
    assert out == ""
    assert "hello" in err
    assert "from a child" in err
