"""What migration files derive from."""

from collections.abc import AsyncGenerator
from typing import Any, ClassVar


class Migration:
    """One step of a schema. `up` and `down` are given an engine with `execute(sql)`.

    `up_async` and `down_async` run only where the plain method does nothing. `head_id` is
    psqlmodel's; nothing here asks for it. The timeouts are milliseconds or texts such as "5 s"
    (None: the configuration's).
    """

    version: ClassVar[str] = ""
    message: ClassVar[str] = ""
    depends_on: ClassVar[str | list[str] | None] = None
    head_id: ClassVar[str] = ""
    transactional: ClassVar[bool] = True
    lock_timeout: ClassVar[int | str | None] = None
    statement_timeout: ClassVar[int | str | None] = None
    replaces: ClassVar[dict[str, str]] = {}
    is_data_migration: ClassVar[bool] = False

    def up(self, engine: Any) -> None:
        """Apply the migration."""
        raise NotImplementedError

    def down(self, engine: Any) -> None:
        """Revert the migration."""
        raise NotImplementedError

    async def up_async(self, engine: Any) -> None:
        """Apply the migration where `up` does nothing; the engine's methods are awaited."""

    async def down_async(self, engine: Any) -> None:
        """Revert the migration where `down` does nothing."""


class DataMigration(Migration):
    """A migration of rows; it touches no object of the schema.

    `timeout_seconds` is how long each of its statements may take (None: no limit), `batch_size`
    for its own code and `iter_batches`.
    """

    is_data_migration: ClassVar[bool] = True
    timeout_seconds: ClassVar[int | None] = None
    batch_size: ClassVar[int] = 1000

    async def iter_batches(
        self, context: Any, table: str, order_by: str = "id", batch_size: int | None = None
    ) -> AsyncGenerator[list[dict[str, Any]]]:
        """The rows of a table in lists of `batch_size`, for `up_async`; both names are SQL."""
        limit, offset = batch_size or self.batch_size, 0
        while True:
            query = ["SELECT * FROM", table, "ORDER BY", order_by, "LIMIT", str(limit)]
            rows = await context.fetch_all(" ".join([*query, "OFFSET", str(offset)]))
            if rows:
                yield rows
            if len(rows) < limit:
                return
            offset += limit
