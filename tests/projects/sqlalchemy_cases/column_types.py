"""Types: enums in schemas and shared, arrays, own decorators, domains of the dialect."""

import enum

from sqlalchemy import (
    CHAR,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Enum,
    Float,
    Integer,
    Interval,
    LargeBinary,
    MetaData,
    Numeric,
    SmallInteger,
    String,
    Table,
    Text,
    Time,
    Unicode,
)
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.types import TypeDecorator, UserDefinedType

metadata = MetaData()


class Colour(enum.Enum):
    RED = "red"
    DARK_BLUE = "dark blue"
    ITS = "it's"


class Money(TypeDecorator):
    impl = Numeric(14, 4)
    cache_ok = True


class Words(TypeDecorator):
    impl = pg.ARRAY(String(30))
    cache_ok = True


class Point(UserDefinedType):
    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "point"


shared = Enum("a", "b", name="shared", metadata=metadata)

Table(
    "types",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("colour", Enum(Colour)),
    Column(
        "by_value", Enum(Colour, name="by_value", values_callable=lambda e: [m.value for m in e])
    ),
    Column("in_schema", Enum("x", "y", name="axis", schema="geo")),
    Column("colours", pg.ARRAY(Enum(Colour, name="colour"))),
    Column("text_only", Enum(Colour, native_enum=False, length=20)),
    Column("checked", Enum("p", "q", native_enum=False, create_constraint=True, name="pq")),
    Column("shared", shared),
    Column("own", pg.ENUM("k", "l", name="own_enum", schema="geo")),
    Column("given", pg.ENUM("m", "n", name="late")),
    Column("money", Money),
    Column("words", Words),
    Column("point", Point),
    Column("matrix", pg.ARRAY(Integer, dimensions=2)),
    Column("json", pg.JSON),
    Column("jsonb", pg.JSONB(none_as_null=True)),
    Column("hstore_like", pg.JSONB),
    Column("small", SmallInteger),
    Column("real", Float(precision=24)),
    Column("double", Float(53)),
    Column("numeric", Numeric),
    Column("char", CHAR(3)),
    Column("varchar", String),
    Column("unicode", Unicode(10)),
    Column("collated", String(10, collation="C")),
    Column("text", Text(collation="POSIX")),
    Column("bytes", LargeBinary),
    Column("bool", Boolean),
    Column("bool_checked", Boolean(create_constraint=True, name="ck_bool")),
    Column("date", Date),
    Column("time", Time(timezone=True)),
    Column("precise", pg.TIMESTAMP(timezone=True, precision=3)),
    Column("stamp", DateTime),
    Column("interval", Interval),
    Column("days", pg.INTERVAL(fields="DAY TO SECOND", precision=2)),
    Column("inet", pg.INET),
    Column("cidr", pg.CIDR),
    Column("mac", pg.MACADDR),
    Column("bit", pg.BIT(4)),
    Column("varbit", pg.BIT(8, varying=True)),
    Column("range", pg.INT4RANGE),
    Column("oid", pg.OID),
    Column("regclass", pg.REGCLASS),
    Column("search", pg.TSVECTOR),
)

Table("others", metadata, Column("id", Integer, primary_key=True), Column("shared", shared),
      Column("colour", Enum(Colour)))  # fmt: skip
