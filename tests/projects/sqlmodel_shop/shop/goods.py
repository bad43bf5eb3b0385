"""What is bought."""

import uuid
from decimal import Decimal
from typing import List, Optional

from sqlmodel import Field, Relationship, SQLModel

from shop.people import Customer


class Line(SQLModel, table=True):
    __tablename__ = "lines"

    order_id: uuid.UUID = Field(foreign_key="orders.id", primary_key=True, ondelete="CASCADE")
    product_id: int = Field(foreign_key="billing.products.id", primary_key=True)
    quantity: int = Field(default=1, ge=1)


class Product(SQLModel, table=True):
    __tablename__ = "products"
    __table_args__ = {"schema": "billing"}

    id: Optional[int] = Field(default=None, primary_key=True)
    title: str
    price: Decimal = Field(max_digits=12, decimal_places=2)
    orders: List["Order"] = Relationship(back_populates="products", link_model=Line)


class Order(SQLModel, table=True):
    __tablename__ = "orders"

    id: uuid.UUID = Field(default_factory=uuid.uuid4, primary_key=True)
    customer_id: int = Field(foreign_key="customers.id", index=True)
    note: Optional[str] = None
    customer: Customer = Relationship(back_populates="orders")
    products: List[Product] = Relationship(back_populates="orders", link_model=Line)
