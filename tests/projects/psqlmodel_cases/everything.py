"""What psqlmodel's own engine can make without a mistake, so that both can be compared."""

import datetime as dt

from psqlmodel import (
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    New,
    Old,
    PrimaryKeyConstraint,
    PSQLModel,
    Trigger,
    UniqueConstraint,
    table,
    trigger,
)
from psqlmodel.orm.table import ExcludeConstraint, TableOptions
from psqlmodel.orm.types import (
    array,
    bigint,
    bigserial,
    bit,
    boolean,
    bytea,
    char,
    date,
    daterange,
    double,
    inet,
    int4range,
    integer,
    interval,
    json,
    jsonb,
    macaddr,
    money,
    numeric,
    point,
    real,
    smallint,
    smallserial,
    text,
    time,
    timestamp,
    timestamptz,
    tstzrange,
    tsvector,
    uuid,
    varbit,
    varchar,
    xml,
)
from psqlmodel.utils import current_date, gen_default_uuid, now


def checked() -> None:
    """Named by triggers."""


def counted() -> None:
    """Named by triggers."""


@table(name="kinds", schema="stock", comment="All types")
class Kind(PSQLModel):
    id: smallserial = Column(primary_key=True)
    small: smallint = Column(nullable=False, default=1)
    big: bigint = Column(default=-5)
    price: numeric(12, 3) = Column(default=9.99)
    plain: numeric = Column()
    ratio: real = Column()
    exact: double = Column()
    cost: money = Column()
    word: varchar = Column(max_len=20, default="now")
    endless: varchar = Column()
    code: char = Column(max_len=3)
    letter: char = Column()
    note: text = Column(default="100%")
    bytes: bytea = Column()
    day: date = Column(default=current_date)
    hour: time = Column(default=now)
    zoned: time(True) = Column()
    stamp: timestamp = Column()
    stamped: timestamp = Column(timez=True, default=now)
    moment: timestamptz = Column(nullable=False, default=now)
    span: interval = Column(default="3 days")
    yes: boolean = Column(nullable=False, default=True)
    key: uuid = Column(default=gen_default_uuid, unique=True)
    doc: json = Column()
    docs: jsonb = Column(default=dict)
    words: array(text) = Column(default="{}")
    names: array(varchar) = Column()
    host: inet = Column()
    mac: macaddr = Column()
    spot: point = Column()
    ints: int4range = Column()
    days: daterange = Column()
    search: tsvector = Column()
    markup: xml = Column()
    bits: bit = Column(max_len=8)
    more_bits: varbit = Column(max_len=8)
    any_int: int = Column()
    any_float: float = Column()
    any_text: str | None = Column()
    any_flag: bool = Column()
    any_dict: dict = Column()
    any_list: list = Column()
    any_words: list[str] = Column()
    any_moment: dt.datetime = Column()
    any_day: dt.date | None = Column()


@table(
    name="parts",
    schema="stock",
    constraints=[
        PrimaryKeyConstraint("kind_id", "number"),
        UniqueConstraint("number", "label"),
        CheckConstraint("number > 0", name="ck_number"),
        ForeignKeyConstraint(
            ["kind_id"], "stock.kinds.id", on_delete="CASCADE", on_update="CASCADE"
        ),
    ],
    indexes=[
        Index("label", unique=True, where="label <> ''", include=["number"]),
        Index("label", name="ix_label", method="hash"),
    ],
)
class Part(PSQLModel):
    kind_id: smallint = Column(nullable=False)
    number: integer = Column(nullable=False)
    label: varchar = Column(max_len=40, nullable=False)
    looked_at: timestamptz = Column(index=True, index_method="brin")


@table(
    name="bookings",
    constraints=[ExcludeConstraint("USING gist (during WITH &&)", name="no_overlap")],
    options=TableOptions(unlogged=True),
)
class Booking(PSQLModel):
    id: bigserial = Column(primary_key=True)
    kind_id: smallint = Column(foreign_key=Kind.id, on_delete="SET NULL")
    former_id: bigint = Column(foreign_key="bookings.id", index=False)
    during: tstzrange = Column()


@table(name="events", options=TableOptions(partition_by="RANGE (day)"))
class Event(PSQLModel):
    day: date = Column(nullable=False)
    title: text = Column()


trigger(
    Trigger(Kind).BeforeInsert().BeforeUpdate().ForEachRow().Language("plpgsql").Exec(checked),
    Trigger(Kind)
    .AfterUpdate(Kind.word)
    .ForEachRow()
    .Language("plpgsql")
    .When(Old.word)
    .IsDistinctFrom(New.word)
    .Exec(counted),
)(Kind)
trigger(
    Trigger(Booking)
    .AfterInsert()
    .Constraint()
    .Deferrable(initially_deferred=True)
    .ForEachRow()
    .Language("plpgsql")
    .Exec(checked),
    Trigger(Booking)
    .AfterUpdate()
    .Referencing(old_table="old_rows", new_table="new_rows")
    .ForEachStatement()
    .Language("plpgsql")
    .Exec(counted),
)(Booking)
