"""Projects of both ORMs from nothing to a migrated database, and on with rows in it."""

import dataclasses
from collections.abc import Callable

import pytest

from user_projects import Project

Open = Callable[[str, str], Project]
Rows = dict[str, list[dict[str, object]]]


@dataclasses.dataclass(frozen=True)
class Change:
    """A change of a project's models: texts of a file, and the column that is concerned."""

    file: str
    edits: tuple[tuple[str, str], ...]
    table: str
    column: str


@dataclasses.dataclass(frozen=True)
class Shop:
    """A project, its environment, and the ways in which its models change."""

    name: str
    environment: str
    tables: tuple[str, ...]
    add: Change
    retype: Change
    drop: Change
    rename: Change
    former: str


PSQLMODEL = Shop(
    "psqlmodel_shop",
    "psqlmodel",
    ("categories", "customers", "products", "orders", "order_lines"),
    add=Change(
        "shop/models/orders.py",
        (
            (
                "class Order(PSQLModel):\n",
                (
                    "class Order(PSQLModel):\n"
                    "    remark: varchar = Column(nullable=False, max_len=40, default='none')\n"
                ),
            ),
        ),
        "orders",
        "remark",
    ),
    retype=Change(
        "shop/models/catalogue.py",
        (("stock: integer", "stock: bigint"), ("import array,", "import bigint, array,")),
        "products",
        "stock",
    ),
    drop=Change(
        "shop/models/customers.py",
        (("    tags: array(text) = Column(nullable=False, default=[])\n", ""),),
        "customers",
        "tags",
    ),
    rename=Change(
        "shop/models/customers.py",
        (("first_name: varchar", "given_name: varchar"), ('"first_name"', '"given_name"')),
        "customers",
        "given_name",
    ),
    former="first_name",
)
SQLALCHEMY = Shop(
    "sqlalchemy_shop",
    "sqlalchemy",
    ("customers", "products", "orders", "order_lines", "billing.invoices", "offers"),
    add=Change(
        "shop/models.py",
        (
            (
                '    __tablename__ = "orders"\n',
                (
                    '    __tablename__ = "orders"\n'
                    "    remark = Column(String(40), nullable=False, server_default='none')\n"
                ),
            ),
        ),
        "orders",
        "remark",
    ),
    retype=Change(
        "shop/models.py",
        (
            ('Column("quantity", Integer', 'Column("quantity", BigInteger'),
            ("    DDL,\n", "    DDL,\n    BigInteger,\n"),
        ),
        "order_lines",
        "quantity",
    ),
    drop=Change(
        "shop/models.py",
        (("    delivery = Column(INTERVAL, server_default=text(\"'3 days'\"))\n", ""),),
        "products",
        "delivery",
    ),
    rename=Change(
        "shop/models.py",
        (
            ("    email = Column(", "    address = Column("),
            ('CheckConstraint("email LIKE', 'CheckConstraint("address LIKE'),
            ('text("email")', 'text("address")'),
        ),
        "customers",
        "address",
    ),
    former="email",
)


SQLMODEL = Shop(
    "sqlmodel_shop",
    "sqlmodel",
    ("customers", "billing.products", "orders", "lines"),
    add=Change(
        "shop/goods.py",
        (
            (
                '    __tablename__ = "orders"\n',
                (
                    '    __tablename__ = "orders"\n'
                    '    remark: str = Field("none", sa_column_kwargs={"server_default": "none"})\n'
                ),
            ),
        ),
        "orders",
        "remark",
    ),
    retype=Change(
        "shop/goods.py",
        (
            ("quantity: int = Field(default=1", "quantity: int = Field(sa_type=BigInteger"),
            ("from sqlmodel import", "from sqlalchemy import BigInteger\nfrom sqlmodel import"),
        ),
        "lines",
        "quantity",
    ),
    drop=Change("shop/goods.py", (("    note: Optional[str] = None\n", ""),), "orders", "note"),
    rename=Change(
        "shop/people.py",
        (
            ("    email: str = Field(", "    address: str = Field("),
            ('CheckConstraint("email LIKE', 'CheckConstraint("address LIKE'),
        ),
        "customers",
        "address",
    ),
    former="email",
)
DJANGO = Shop(
    "django_shop",
    "django",
    ("store_customer", "products", '"Orders"', "store_line"),
    add=Change(
        "shop/models.py",
        (
            (
                "class Order(models.Model):\n",
                (
                    "class Order(models.Model):\n"
                    '    remark = models.CharField(max_length=40, db_default="none")\n'
                ),
            ),
        ),
        '"Orders"',
        "remark",
    ),
    retype=Change(
        "shop/models.py",
        (
            (
                "quantity = models.PositiveSmallIntegerField",
                "quantity = models.PositiveBigIntegerField",
            ),
        ),
        "store_line",
        "quantity",
    ),
    drop=Change(
        "shop/models.py",
        (('    born = models.DateField(null=True, db_column="Birth Date")\n', ""),),
        "store_customer",
        "Birth Date",
    ),
    rename=Change(
        "shop/models.py",
        (("motto = models.TextField", "saying = models.TextField"), ('["motto"]', '["saying"]')),
        "store_customer",
        "saying",
    ),
    former="motto",
)


@pytest.fixture(params=[PSQLMODEL, SQLALCHEMY, SQLMODEL, DJANGO], ids=lambda shop: shop.name)
def shop(request: pytest.FixtureRequest) -> Shop:
    found: Shop = request.param
    return found


@pytest.fixture
def project(shop: Shop, open_project: Open) -> Project:
    """The project, its first migration applied, with rows in all tables."""
    found = open_project(shop.name, shop.environment)
    found.succeed("init")
    found.succeed("autogenerate", "first")
    found.succeed("upgrade")
    found.execute((found.root / "rows.sql").read_text())
    assert all(contents(found, shop).values())
    return found


def contents(project: Project, shop: Shop) -> Rows:
    return {table: project.rows(table) for table in shop.tables}


def without(rows: Rows, change: Change) -> Rows:
    table = rows[change.table]
    kept = [{key: row[key] for key in row if key != change.column} for row in table]
    return {**rows, change.table: kept}


def values(rows: Rows, change: Change) -> list[object]:
    return [row[change.column] for row in rows[change.table]]


def migrate(project: Project, change: Change, message: str, *options: str) -> None:
    """Changes the models, and has the one migration that this takes written and applied."""
    project.edit(change.file, *change.edits)
    before = project.migrations
    assert project.run("check")[0] == 1
    project.succeed("autogenerate", message, *options)
    assert len(project.migrations) == len(before) + 1
    project.succeed("upgrade")
    project.succeed("check")
    project.succeed("status", "--exit-code")


def test_a_project_is_migrated_and_stays_clean(project: Project, shop: Shop) -> None:
    before = contents(project, shop)
    assert len(project.migrations) == 1
    project.succeed("check")
    assert "nothing to do" in project.succeed("autogenerate", "again")
    assert len(project.migrations) == 1
    project.succeed("status", "--exit-code")
    project.succeed("validate")
    assert contents(project, shop) == before
    project.succeed("downgrade", "base")
    assert project.succeed("diff", "database", "empty") == ""
    project.succeed("upgrade")
    project.succeed("check")
    project.execute((project.root / "rows.sql").read_text())


def _new_column(project: Project, shop: Shop) -> None:
    before = contents(project, shop)
    migrate(project, shop.add, "add a column")
    after = contents(project, shop)
    assert without(after, shop.add) == before
    assert values(after, shop.add) == ["none", "none"]
    project.succeed("downgrade", "-1")
    assert contents(project, shop) == before
    project.succeed("upgrade")
    assert contents(project, shop) == after


def _another_type(project: Project, shop: Shop) -> None:
    before = contents(project, shop)
    migrate(project, shop.retype, "change a type")
    assert contents(project, shop) == before
    project.succeed("downgrade", "-1")
    assert contents(project, shop) == before
    project.succeed("upgrade")
    assert contents(project, shop) == before


def _column_less(project: Project, shop: Shop) -> None:
    before = contents(project, shop)
    migrate(project, shop.drop, "drop a column")
    after = contents(project, shop)
    assert after == without(before, shop.drop)
    project.succeed("downgrade", "-1")
    assert without(contents(project, shop), shop.drop) == after
    project.succeed("upgrade")
    assert contents(project, shop) == after


def _another_name(project: Project, shop: Shop) -> None:
    before = contents(project, shop)
    change = shop.rename
    old = f"public.{change.table}.{shop.former}:{change.column}"
    migrate(project, change, "rename a column", "--rename", old)
    after = contents(project, shop)
    renamed = [
        {change.column if key == shop.former else key: value for key, value in row.items()}
        for row in before[change.table]
    ]
    assert after == {**before, change.table: renamed}
    project.succeed("downgrade", "-1")
    assert contents(project, shop) == before
    project.succeed("upgrade")
    assert contents(project, shop) == after


def test_its_models_change(project: Project, shop: Shop) -> None:
    for change in (_new_column, _another_type, _column_less, _another_name):
        change(project, shop)


def test_a_trigger_goes_with_its_function(open_project: Open) -> None:
    project = open_project("psqlmodel_shop", "psqlmodel")
    project.succeed("init")
    project.succeed("autogenerate", "first")
    project.succeed("upgrade")
    text = (project.root / "shop/models/orders.py").read_text()
    stated = text[text.index("trigger(\n") : text.index("__all__")]
    project.edit("shop/models/orders.py", (stated, ""))
    project.succeed("autogenerate", "no trigger")
    project.succeed("upgrade")
    project.succeed("check")
    query = "SELECT proname FROM pg_proc WHERE proname ~ 'order_changed' UNION ALL SELECT tgname FROM pg_trigger WHERE tgname ~ 'order_changed'"  # fmt: skip
    assert project.rows(f"({query})") == []
    project.succeed("downgrade", "-1")
    assert len(project.rows(f"({query})")) == 2


def test_a_label_more(open_project: Open) -> None:
    """PostgreSQL can use a new label only after a commit: it is a migration of its own."""
    project = open_project("psqlmodel_shop", "psqlmodel")
    project.succeed("init")
    project.succeed("autogenerate", "first")
    project.succeed("upgrade")
    project.execute((project.root / "rows.sql").read_text())
    before = project.rows("orders")
    project.edit(
        "shop/models/orders.py",
        ('    PAID = "paid"\n', '    PACKED = "packed"\n    PAID = "paid"\n'),
        ("default=OrderStatus.OPEN", "default=OrderStatus.PACKED"),
    )
    project.succeed("autogenerate", "packed orders")
    assert len(project.migrations) == 3
    project.succeed("upgrade")
    project.succeed("check")
    assert project.rows("orders") == before
    project.succeed("downgrade", "-2")
    assert project.rows("orders") == before
