"""Keys between tables: circles, deferred ones, several columns, other schemas, conventions."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Table(
    "teams",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("leader_id", ForeignKey("staff.people.id", use_alter=True, ondelete="SET NULL")),
    Column("name", Text, unique=True),
    CheckConstraint("name <> ''", name="name"),
)
Table(
    "people",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("team_id", ForeignKey("teams.id", deferrable=True, initially="DEFERRED"), index=True),
    Column("boss_id", ForeignKey("staff.people.id", onupdate="CASCADE")),
    Column("first", Text),
    Column("last", Text),
    UniqueConstraint("first", "last"),
    Index(None, "first"),
    schema="staff",
)
Table("left", metadata, Column("id", Integer, primary_key=True),
      Column("right_id", ForeignKey("right.id")))  # fmt: skip
Table("right", metadata, Column("id", Integer, primary_key=True),
      Column("left_id", ForeignKey("left.id")))  # fmt: skip
Table(
    "badges",
    metadata,
    Column("first", Text),
    Column("last", Text),
    Column(
        "a_very_long_column_name_that_needs_to_be_cut_because_of_sixty_three", Integer, index=True
    ),
    ForeignKeyConstraint(
        ["first", "last"], ["staff.people.first", "staff.people.last"], match="FULL"
    ),
    schema="Odd Schema",
)
Table("base", metadata, Column("id", Integer, primary_key=True))
Table("derived", metadata, Column("more", Text), postgresql_inherits="base")
