"""What is sold."""

from psqlmodel import CheckConstraint, Column, Index, PSQLModel, UniqueConstraint, table
from psqlmodel.orm.types import array, boolean, integer, jsonb, numeric, serial, text, varchar


@table(
    name="categories",
    constraints=[UniqueConstraint("parent_id", "name", name="uq_categories_name")],
)
class Category(PSQLModel):
    id: serial = Column(primary_key=True)
    parent_id: integer = Column(foreign_key="categories.id", on_delete="CASCADE")
    name: varchar = Column(nullable=False, max_len=60)


@table(
    name="products",
    constraints=[
        CheckConstraint("price > 0"),
        CheckConstraint("stock >= 0"),
    ],
    indexes=[
        Index("category_id", "name"),
        Index("name", where="is_listed", name="idx_products_listed"),
        Index("attributes", method="gin"),
        Index("lower(sku)", unique=True),
    ],
)
class Product(PSQLModel):
    id: serial = Column(primary_key=True)
    category_id: integer = Column(nullable=False, foreign_key=Category.id, index=False)
    sku: varchar = Column(nullable=False, max_len=32)
    name: text = Column(nullable=False)
    price: numeric(12, 2) = Column(nullable=False)
    stock: integer = Column(nullable=False, default=0)
    is_listed: boolean = Column(nullable=False, default=False)
    attributes: jsonb = Column(nullable=False, default=dict)
    images: array(text) = Column()
