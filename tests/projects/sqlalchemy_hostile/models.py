"""Names and texts with %, quotes, dots and colons wherever SQLAlchemy lets them through."""

import enum

from sqlalchemy import (
    DDL,
    BigInteger,
    CheckConstraint,
    Column,
    Computed,
    Date,
    DateTime,
    Enum,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    Sequence,
    String,
    Table,
    Text,
    UniqueConstraint,
    event,
    func,
    text,
)
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import DDLElement
from sqlalchemy.sql.elements import quoted_name

metadata = MetaData(schema="My-App")


class Choice(enum.Enum):
    a = 1
    b = 2


inherited = Enum("x", "y'z", name="inherits", inherit_schema=True)
of_metadata = Enum("m", "n%", name="Of Meta", metadata=metadata)
numbers = Sequence("Sq", metadata=metadata)
others = Sequence("s2", schema="other", metadata=metadata, data_type=BigInteger)
lower = Table(
    quoted_name("lower", True),
    metadata,
    Column("id", BigInteger, Identity(start=5, increment=2, maxvalue=1000, cycle=True, cache=4),
           primary_key=True),
    Column("e", inherited),
    Column("m", of_metadata, server_default="n%"),
    Column("ea", pg.ARRAY(inherited)),
    Column("u", Text, unique=True, index=True),
    Column("s", Integer, numbers),
    Column("s2", BigInteger, server_default=others.next_value()),
    Column("v", Integer, Computed("(id % 3)::int", persisted=True)),
    Column("c", String(10, collation="ucs_basic")),
    Column("d", Date, server_default=text("CURRENT_DATE + 1")),
    Column("bits", pg.BIT(3), server_default=text("B'101'")),
    Column("iv", pg.INTERVAL, server_default=text("interval '1 day 02:00'")),
    Column("tz", DateTime(timezone=True), server_default=text("timezone('utc', now())")),
    Column("lower(x)", Text),
    Column("a.b", Text),
    Column('q"q', Text, index=True),
    Column("%(x)s", Text),
    CheckConstraint("u ~ '^[a-z%]+$' AND u != 'a:b'", name="ck%odd"),
    CheckConstraint(text("id in (1,2,3)")),
    UniqueConstraint("s", "s2", name="Uq Mixed", deferrable=True),
    comment="%d %% 'x'",
)  # fmt: skip
Index("Ix%odd", lower.c.u, postgresql_where=lower.c.u.like("50%"))
Index("ix expr", func.coalesce(lower.c.u, "50%"), lower.c.c.collate("C"))
Index("ix_coll", lower.c.c.collate("POSIX").desc())
Table(
    "child",
    metadata,
    Column("id", Integer, primary_key=True),
    Column(
        "lid", ForeignKey("My-App.lower.id", name="fk-%", deferrable=True, initially="DEFERRED")
    ),
)
part = Table(
    "part",
    metadata,
    Column("k", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    postgresql_partition_by="RANGE (day)",
)
Index("ix_part", part.c.k)
Table(
    "x" * 63,
    metadata,
    Column("y" * 63, Integer, index=True),
    Column("z" * 60, ForeignKey("My-App.child.id"), unique=True),
)


class CreateThing(DDLElement):
    inherit_cache = False


@compiles(CreateThing)
def create_thing(element, compiler, **options):
    return "CREATE TYPE public.thing AS (a int, b text)"


view = """CREATE VIEW "My-App".v AS SELECT id, u FROM %(fullname)s WHERE u LIKE '50%%'"""
event.listen(lower, "after_create", DDL(view))
function = "CREATE FUNCTION public.f(a int) RETURNS int LANGUAGE sql AS $$ SELECT a %% 2 $$"
event.listen(metadata, "after_create", DDL(function))
event.listen(metadata, "after_create", CreateThing().execute_if(dialect="postgresql"))


@event.listens_for(metadata, "after_create")
def more(target, connection, **options):
    connection.execute(text("CREATE TABLE public.by_text (x text DEFAULT ':a 50%')"))
    connection.execute(DDL("COMMENT ON TABLE public.by_text IS '100%%'"))
