"""What stands after DEFAULT: text, functions, constants, and what Python computes itself."""

import datetime as dt
import uuid

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    Sequence,
    String,
    Table,
    Text,
    func,
    literal_column,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, INTERVAL, JSONB, UUID

metadata = MetaData()

numbers = Sequence("numbers", start=10, increment=5, minvalue=5, maxvalue=1000, cycle=True, cache=3)

Table(
    "defaults",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("number", Integer, numbers, server_default=numbers.next_value()),
    Column("python_only", UUID(as_uuid=True), default=uuid.uuid4),
    Column("python_value", Integer, default=7),
    Column("python_update", DateTime, onupdate=dt.datetime.now),
    Column("random", UUID(as_uuid=True), server_default=func.gen_random_uuid()),
    Column("made_at", DateTime(timezone=True), server_default=func.now()),
    Column("made_on", Date, server_default=func.current_date()),
    Column("ten_minutes", INTERVAL, server_default=text("'10 minutes'::interval")),
    Column("yes", Boolean, server_default=text("true")),
    Column("word", String(20), server_default="now"),
    Column("quoted", Text, server_default="it's 100% \\ :colon %(x)s 'now'"),
    Column("number_text", Integer, server_default="42"),
    Column("price", Numeric(12, 3), server_default=text("0.5")),
    Column("ratio", Float, server_default=literal_column("1 / 3.0")),
    Column("percent", Integer, server_default=text("7 % 4")),
    Column("colon", JSONB, server_default=text("""'{"a": [1, 2], "b": null}'""")),
    Column("casted", JSONB, server_default=text("'{}'::jsonb")),
    Column("array", ARRAY(Text), server_default="{}"),
    Column("bytes", LargeBinary, server_default=text("'\\x00ff'")),
    Column("nested", Text, server_default=func.lower(func.concat("A", "B%"))),
)
