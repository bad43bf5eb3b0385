"""What a migration's `up` and `down` are given."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from psqlmigrate.postgres.connect import Connection
from psqlmigrate.postgres.loading import run_statement
from psqlmigrate.schema.script import split

Params: TypeAlias = Sequence[Any] | Mapping[str, Any] | None


class Engine:
    """Runs SQL on the connection of the run; without params `%` and `:` are data."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def execute(self, sql: str, params: Params = None) -> None:
        """Runs one statement, or several without params, each on its own."""
        if params is not None:
            self.connection.execute(sql.encode(), params)
            return
        for statement in split(sql):
            run_statement(self.connection, statement)

    execute_sql = execute

    def fetch_all(self, sql: str, params: Params = None) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        return self.connection.execute(sql.encode(), params).fetchall()

    def fetch_one(self, sql: str, params: Params = None) -> tuple[Any, ...] | None:
        """The first row of a query, or None."""
        return self.connection.execute(sql.encode(), params).fetchone()
