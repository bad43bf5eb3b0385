"""The shop's tables: declarative classes, and plain tables where no class is needed."""

import enum
import uuid

from sqlalchemy import (
    DDL,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    DateTime,
    Enum,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    Numeric,
    Sequence,
    String,
    Table,
    Text,
    UniqueConstraint,
    event,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import (
    ARRAY,
    INTERVAL,
    JSONB,
    TSTZRANGE,
    TSVECTOR,
    UUID,
    ExcludeConstraint,
)
from sqlalchemy.orm import declarative_base

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_N_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)
Base = declarative_base(metadata=metadata)
invoice_numbers = Sequence("invoice_numbers", start=1000, metadata=metadata, schema="billing")


class OrderStatus(enum.Enum):
    """How far an order has come."""

    open = 1
    paid = 2
    sent = 3


class Customer(Base):
    __tablename__ = "customers"
    __table_args__ = (
        CheckConstraint("email LIKE '%@%'", name="email"),
        Index("ix_customers_email_lower", func.lower(text("email")), unique=True),
        {"comment": "People who've bought something, or may"},
    )

    id = Column(Integer, Identity(always=True), primary_key=True)
    email = Column(String(254), nullable=False)
    name = Column(Text, nullable=False, comment="as it is written on parcels")
    preferences = Column(JSONB, nullable=False, server_default=text("'{}'::jsonb"))
    tags = Column(ARRAY(Text), nullable=False, server_default="{}")
    is_active = Column(Boolean, nullable=False, server_default=text("true"), default=lambda: True)
    created_at = Column(DateTime(timezone=True), nullable=False, server_default=func.now())
    favourite_id = Column(ForeignKey("products.id", use_alter=True, ondelete="SET NULL"))


class Product(Base):
    __tablename__ = "products"
    __table_args__ = (
        CheckConstraint("price > 0 AND price % 0.01 = 0", name="price"),
        Index(
            "ix_products_listed",
            "name",
            postgresql_where=text("is_listed"),
            postgresql_include=["price"],
        ),
        Index("ix_products_search", "search", postgresql_using="gin"),
        Index("ix_products_sku", "sku", postgresql_ops={"sku": "varchar_pattern_ops"}),
        Index("ix_products_name_fill", "name", postgresql_with={"fillfactor": 70}),
    )

    id = Column(Integer, primary_key=True)
    added_by = Column(ForeignKey("customers.id"))
    sku = Column(String(32), nullable=False, unique=True)
    name = Column(Text, nullable=False)
    price = Column(Numeric(12, 2), nullable=False)
    is_listed = Column(Boolean, nullable=False, server_default=text("false"))
    delivery = Column(INTERVAL, server_default=text("'3 days'"))
    search = Column(TSVECTOR, Computed("to_tsvector('simple'::regconfig, name)", persisted=True))


class Order(Base):
    __tablename__ = "orders"

    id = Column(UUID(as_uuid=True), primary_key=True, default=uuid.uuid4)
    customer_id = Column(
        ForeignKey("customers.id", ondelete="RESTRICT"), nullable=False, index=True
    )
    status = Column(Enum(OrderStatus, name="order_status"), nullable=False, server_default="open")
    payment = Column(
        Enum("card", "transfer", native_enum=False, create_constraint=True, name="payment")
    )
    placed_at = Column(DateTime(timezone=True), nullable=False, server_default=func.now())


class Invoice(Base):
    __tablename__ = "invoices"
    __table_args__ = ({"schema": "billing"},)

    number = Column(
        Integer, invoice_numbers, server_default=invoice_numbers.next_value(), primary_key=True
    )
    order_id = Column(ForeignKey("orders.id"), nullable=False, unique=True)
    former_status = Column(Enum(OrderStatus, name="order_status"))


order_lines = Table(
    "order_lines",
    metadata,
    Column("order_id", ForeignKey("orders.id", ondelete="CASCADE"), primary_key=True),
    Column("product_id", ForeignKey("products.id"), primary_key=True),
    Column("quantity", Integer, nullable=False, server_default="1"),
    CheckConstraint("quantity BETWEEN 1 AND 1000", name="quantity"),
)

offers = Table(
    "offers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("product_id", ForeignKey("products.id"), nullable=False),
    Column("valid", TSTZRANGE, nullable=False),
    UniqueConstraint("product_id", "valid"),
    ExcludeConstraint(("valid", "&&"), using="gist", name="ex_offers_valid"),
)

event.listen(
    order_lines,
    "after_create",
    DDL(
        """
        CREATE FUNCTION touch_order() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            UPDATE orders SET placed_at = now() WHERE id = NEW.order_id AND 7 %% 2 = 1;
            RETURN NEW;
        END $$;
        CREATE TRIGGER touch_order AFTER INSERT ON order_lines
            FOR EACH ROW EXECUTE FUNCTION touch_order();
        """
    ),
)
