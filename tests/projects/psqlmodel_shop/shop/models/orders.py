"""What was bought."""

import enum
import uuid as ids
from datetime import UTC, datetime

from psqlmodel import (
    CheckConstraint,
    Column,
    Index,
    New,
    Old,
    PSQLModel,
    Trigger,
    UniqueConstraint,
    table,
    trigger,
)
from psqlmodel.orm.types import bigserial, integer, numeric, timestamptz, uuid, varchar
from psqlmodel.utils import gen_default_uuid, now

from shop.models._codes import new_reference
from shop.models.catalogue import Product
from shop.models.customers import Customer


class OrderStatus(enum.StrEnum):
    """How far an order has come."""

    OPEN = "open"
    PAID = "paid"
    SENT = "sent"
    RETURNED = "returned"


def order_changed() -> None:
    """Named by the trigger; what happens then is PL/pgSQL's."""


@table(
    name="orders",
    indexes=[Index("customer_id", "placed_at"), Index("status", where="status <> 'sent'")],
)
class Order(PSQLModel):
    id: uuid = Column(primary_key=True, default=gen_default_uuid)
    token: uuid = Column(nullable=False, unique=True, default=ids.uuid4)
    reference: varchar = Column(nullable=False, max_len=8, default=new_reference)
    customer_id: integer = Column(
        nullable=False, foreign_key="customers.id", on_delete="RESTRICT", index=False
    )
    status: OrderStatus = Column(nullable=False, default=OrderStatus.OPEN)
    placed_at: timestamptz = Column(nullable=False, default=now)
    due_at: timestamptz = Column(default=lambda: datetime.now(UTC))


@table(
    name="order_lines",
    constraints=[
        UniqueConstraint("order_id", "product_id"),
        CheckConstraint("quantity BETWEEN 1 AND 1000", name="ck_order_lines_quantity"),
    ],
)
class OrderLine(PSQLModel):
    id: bigserial = Column(primary_key=True)
    order_id: uuid = Column(nullable=False, foreign_key=Order.id, on_delete="CASCADE")
    product_id: integer = Column(nullable=False, foreign_key=Product.id)
    quantity: integer = Column(nullable=False, default=1)
    unit_price: numeric(12, 2) = Column(nullable=False)


trigger(
    Trigger(Order)
    .AfterUpdate(Order.status)
    .ForEachRow()
    .Language("plpgsql")
    .When(Old.status)
    .IsDistinctFrom(New.status)
    .Exec(order_changed)
)(Order)

__all__ = ["Customer", "Order", "OrderLine", "OrderStatus", "Product"]
