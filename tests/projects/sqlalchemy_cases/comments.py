"""Comments, options of tables, and names that must be quoted."""

from sqlalchemy import (
    Column,
    Computed,
    ForeignKey,
    Identity,
    Integer,
    MetaData,
    Sequence,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(schema="shop")
Sequence("alone", metadata=metadata)

Table(
    "Order",
    metadata,
    Column("select", Integer, Identity(always=True, start=100, increment=10), primary_key=True),
    Column("user", Text, comment="Who's it: 100% \\ sure"),
    Column("doubled", Integer, Computed('"select" * 2', persisted=True)),
    Column("per%cent", Text),
    UniqueConstraint("user", name="uq_order_user"),
    comment="Orders; 50% of them 'real'",
)
Table(
    "events",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("day", Integer, primary_key=True),
    Column("order", ForeignKey("shop.Order.select")),
    postgresql_partition_by="RANGE (day)",
)
Table("cache", metadata, Column("id", Integer, Identity(), primary_key=True),
      prefixes=["UNLOGGED"])  # fmt: skip
