"""Who buys; imported by the other module, and knows it only by name."""

from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, List, Optional

from sqlalchemy import CheckConstraint, Column, DateTime, Text, func
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, Relationship, SQLModel

if TYPE_CHECKING:
    from shop.goods import Order


class Tier(str, Enum):
    """What a customer is to us."""

    NONE = "none"
    GOLD = "gold"


class Named(SQLModel):
    """No table: what several have."""

    name: str = Field(max_length=80, index=True)


class Customer(Named, table=True):
    __tablename__ = "customers"
    __table_args__ = (
        CheckConstraint("email LIKE '%@%'", name="customers_email_check"),
        {"comment": "People who've bought something: 100%"},
    )

    id: Optional[int] = Field(default=None, primary_key=True)
    email: str = Field(unique=True, sa_column_kwargs={"comment": "one each"})
    tier: Tier = Field(default=Tier.NONE, sa_column_kwargs={"server_default": "NONE"})
    tags: List[str] = Field(
        default_factory=list, sa_column=Column(ARRAY(Text), nullable=False, server_default="{}")
    )
    preferences: dict = Field(default_factory=dict, sa_column=Column(JSONB, nullable=False))
    since: datetime = Field(
        sa_column=Column(DateTime(timezone=True), nullable=False, server_default=func.now())
    )
    orders: List["Order"] = Relationship(back_populates="customer")


class CustomerRead(Named):
    """What the API answers."""

    id: int
