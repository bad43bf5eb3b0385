"""What only SQLAlchemy 2.1 has: options of tables, views, generated columns by the server."""

from sqlalchemy import Column, Computed, Integer, MetaData, Table, Text, select
from sqlalchemy.sql.ddl import CreateView

metadata = MetaData()

people = Table(
    "people",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text),
    Column("twice", Integer, Computed("id * 2")),
    postgresql_with={"fillfactor": 70},
)
CreateView(select(people.c.id).where(people.c.name == "it's 5%"), "its", metadata=metadata)
CreateView(select(people.c.name), "names", metadata=metadata, materialized=True)
