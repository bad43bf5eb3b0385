"""What only SQLAlchemy 2 has."""

import datetime as dt
import decimal
import enum
import uuid
from typing import Annotated

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import (
    DOMAIN,
    INT4MULTIRANGE,
    JSONB,
    TSTZRANGE,
    ExcludeConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, mapped_column, relationship

Key = Annotated[int, mapped_column(primary_key=True)]
Short = Annotated[str, 30]


class Base(DeclarativeBase):
    type_annotation_map = {Short: String(30), dict: JSONB}


metadata = Base.metadata


class Level(enum.Enum):
    LOW = "low"
    HIGH = "high"


class Parent(MappedAsDataclass, Base):
    __tablename__ = "parents"
    id: Mapped[Key] = mapped_column(init=False)
    name: Mapped[Short]
    level: Mapped[Level | None]
    price: Mapped[decimal.Decimal] = mapped_column(default=decimal.Decimal(0))
    data: Mapped[dict] = mapped_column(default_factory=dict)
    reference: Mapped[uuid.UUID] = mapped_column(default_factory=uuid.uuid4)
    made_at: Mapped[dt.datetime] = mapped_column(server_default=func.now(), default=None)
    children: Mapped[list["Child"]] = relationship(init=False)


class Child(Base):
    __tablename__ = "children"
    __table_args__ = (
        UniqueConstraint("email", postgresql_nulls_not_distinct=True, name="uq_email"),
        CheckConstraint("size > 0", name="ck_size", comment="never 'none'"),
        ForeignKeyConstraint(["other_id"], ["children.id"], name="fk_other", comment="late"),
        Index("ix_size", "size", postgresql_nulls_not_distinct=True, unique=True),
        {"postgresql_using": "heap"},
    )
    id: Mapped[Key]
    parent_id: Mapped[int] = mapped_column(
        ForeignKey("parents.id", ondelete="SET NULL (parent_id)")
    )
    other_id: Mapped[int | None]
    size: Mapped[int]
    email: Mapped[str] = mapped_column(
        DOMAIN("email", String(254), check="VALUE LIKE '%@%'", not_null=False)
    )
    spans: Mapped[object] = mapped_column(INT4MULTIRANGE)


Table(
    "rooms",
    metadata,
    Column("room", Integer),
    Column("at", TSTZRANGE),
    ExcludeConstraint(
        (text("int4range(room, room, '[]')"), "&&"), ("at", "&&"), using="gist", name="ex_rooms"
    ),
)
