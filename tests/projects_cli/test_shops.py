"""Projects of both ORMs from nothing to a migrated database, and on with rows in it."""

import dataclasses
from collections.abc import Callable

import pytest

from user_projects import Project

Open = Callable[[str, str], Project]
Change = tuple[str, tuple[tuple[str, str], ...]]


@dataclasses.dataclass(frozen=True)
class Shop:
    """A project, rows for it, and the ways in which its models change."""

    name: str
    environment: str
    rows: tuple[str, ...]
    tables: tuple[str, ...]
    add: Change
    retype: Change
    drop: Change
    added: tuple[str, str]
    retyped: tuple[str, str]
    dropped: tuple[str, str]


PSQLMODEL = Shop(
    "psqlmodel_shop",
    "psqlmodel",
    (
        "INSERT INTO categories (name) VALUES ('Tea')",
        "INSERT INTO categories (parent_id, name) VALUES (1, 'Green')",
        "INSERT INTO customers (email, first_name, last_name, tags, preferences, note) VALUES"
        " ('a@b', 'A', 'B', '{x,y}', '{\"newsletter\": true}', 'n'), ('c@d', 'C', 'D', '{}', '{}', NULL)",
        "INSERT INTO products (category_id, sku, name, price, attributes, images) VALUES"
        " (2, 'S-1', 'Sencha', 12.50, '{\"leaf\": 1}', '{a.png}'), (2, 'S-2', 'Bancha', 8, '{}', NULL)",
        "INSERT INTO orders (token, reference, customer_id, status) VALUES"
        " ('00000000-0000-0000-0000-000000000001', 'REF1', 1, 'paid'),"
        " ('00000000-0000-0000-0000-000000000002', 'REF2', 2, 'open')",
        "INSERT INTO order_lines (order_id, product_id, quantity, unit_price)"
        " SELECT id, 1, 3, 12.50 FROM orders",
        "UPDATE orders SET status = 'sent' WHERE reference = 'REF2'",
    ),
    ("categories", "customers", "products", "orders", "order_lines"),
    add=(
        "shop/models/orders.py",
        (
            (
                "    due_at: timestamptz",
                "    remark: varchar = Column(nullable=False, max_len=40, default='none')\n"
                "    due_at: timestamptz",
            ),
        ),
    ),
    retype=(
        "shop/models/catalogue.py",
        (
            ("    stock: integer", "    stock: bigint"),
            ("import array, boolean", "import array, bigint, boolean"),
        ),
    ),
    drop=("shop/models/customers.py", (("    tags: array(text) = Column(nullable=False, default=[])\n", ""),)),
    added=("orders", "remark"),
    retyped=("products", "stock"),
    dropped=("customers", "tags"),
)
SQLALCHEMY = Shop(
    "sqlalchemy_shop",
    "sqlalchemy",
    (
        "INSERT INTO customers (email, name, tags) VALUES ('a@b', 'A', '{x,y}'), ('c@d', 'C', '{}')",
        "INSERT INTO products (added_by, sku, name, price) VALUES"
        " (1, 'S-1', 'Sencha', 12.50), (NULL, 'S-2', 'Bancha', 8)",
        "INSERT INTO orders (id, customer_id, status, payment) VALUES"
        " ('00000000-0000-0000-0000-000000000001', 1, 'paid', 'card'),"
        " ('00000000-0000-0000-0000-000000000002', 2, 'open', NULL)",
        "INSERT INTO order_lines (order_id, product_id, quantity) SELECT id, 1, 3 FROM orders",
        "INSERT INTO billing.invoices (order_id) SELECT id FROM orders",
        "INSERT INTO offers (product_id, valid) VALUES (1, '[2026-01-01, 2026-02-01)')",
    ),
    ("customers", "products", "orders", "order_lines", "billing.invoices", "offers"),
    add=(
        "shop/models.py",
        (
            (
                "    placed_at = ",
                '    remark = Column(String(40), nullable=False, server_default="none")\n'
                "    placed_at = ",
            ),
        ),
    ),
    retype=(
        "shop/models.py",
        (
            ('    Column("quantity", Integer', '    Column("quantity", BigInteger'),
            ("    DDL,\n", "    DDL,\n    BigInteger,\n"),
        ),
    ),
    drop=("shop/models.py", (("    delivery = Column(INTERVAL, server_default=text(\"'3 days'\"))\n", ""),)),
    added=("orders", "remark"),
    retyped=("order_lines", "quantity"),
    dropped=("products", "delivery"),
)
SHOPS = [PSQLMODEL, SQLALCHEMY]


@pytest.fixture(params=SHOPS, ids=lambda shop: shop.name)
def shop(request: pytest.FixtureRequest) -> Shop:
    found: Shop = request.param
    return found


@pytest.fixture
def project(shop: Shop, open_project: Open) -> Project:
    """The project, its first migration applied."""
    found = open_project(shop.name, shop.environment)
    found.succeed("init")
    found.succeed("autogenerate", "first")
    found.succeed("upgrade")
    return found


def test_a_project_is_migrated_and_stays_clean(project: Project) -> None:
    assert len(project.migrations) == 1
    project.succeed("check")
    assert "nothing to do" in project.succeed("autogenerate", "again")
    assert len(project.migrations) == 1
    project.succeed("status", "--exit-code")
    project.succeed("validate")
    project.succeed("downgrade", "base")
    assert project.succeed("diff", "database", "empty") == ""
    project.succeed("upgrade")
    project.succeed("check")


Rows = dict[str, list[dict[str, object]]]


def contents(project: Project, shop: Shop) -> Rows:
    return {table: project.rows(table) for table in shop.tables}


def without(rows: Rows, table: str, column: str) -> Rows:
    kept = [{key: value for key, value in row.items() if key != column} for row in rows[table]]
    return {**rows, table: kept}


def migrate(project: Project, change: Change, message: str) -> None:
    file, edits = change
    project.edit(file, *edits)
    assert project.run("check")[0] == 1
    before = len(project.migrations)
    project.succeed("autogenerate", message)
    assert len(project.migrations) == before + 1
    project.succeed("upgrade")
    project.succeed("check")


def test_a_new_column(project: Project, shop: Shop) -> None:
    project.execute(*shop.rows)
    before = contents(project, shop)
    migrate(project, shop.add, "add a column")
    after = contents(project, shop)
    assert without(after, *shop.added) == before
    table, column = shop.added
    assert {str(row[column]) for row in after[table]} == {"none"}
    project.succeed("downgrade", "-1")
    assert contents(project, shop) == before
    project.succeed("upgrade")
    assert contents(project, shop) == after


def test_another_type(project: Project, shop: Shop) -> None:
    project.execute(*shop.rows)
    before = contents(project, shop)
    migrate(project, shop.retype, "change a type")
    after = contents(project, shop)
    table, column = shop.retyped
    assert without(after, table, column) == without(before, table, column)
    assert [row[column] for row in after[table]] == [row[column] for row in before[table]]
    project.succeed("downgrade", "-1")
    assert contents(project, shop) == before
    project.succeed("upgrade")
    assert contents(project, shop) == after


def test_a_column_less(project: Project, shop: Shop) -> None:
    project.execute(*shop.rows)
    before = contents(project, shop)
    migrate(project, shop.drop, "drop a column")
    after = contents(project, shop)
    assert after == without(before, *shop.dropped)
    project.succeed("downgrade", "-1")
    assert without(contents(project, shop), *shop.dropped) == after
    project.succeed("upgrade")
    assert contents(project, shop) == after
