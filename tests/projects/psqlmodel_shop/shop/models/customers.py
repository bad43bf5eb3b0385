"""Who buys."""

from psqlmodel import CheckConstraint, Column, Index, PSQLModel, table
from psqlmodel.orm.types import array, boolean, jsonb, serial, text, timestamptz, varchar
from psqlmodel.utils import now


@table(
    name="customers",
    constraints=[CheckConstraint("email LIKE '%@%'", name="ck_customers_email")],
    indexes=[Index("last_name", "first_name")],
    comment="People who've bought something, or may",
)
class Customer(PSQLModel):
    id: serial = Column(primary_key=True)
    email: varchar = Column(nullable=False, unique=True, max_len=254)
    first_name: varchar = Column(nullable=False, max_len=80)
    last_name: varchar = Column(nullable=False, max_len=80)
    preferences: jsonb = Column(nullable=False, default={"newsletter": False})
    tags: array(text) = Column(nullable=False, default=[])
    is_active: boolean = Column(nullable=False, default=True)
    note: text = Column(default="knows what's in stock now()")
    created_at: timestamptz = Column(nullable=False, default=now)
