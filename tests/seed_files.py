"""Seed files of tests, loaded through the service."""

from pathlib import Path
from typing import Any

from psqlmigrate.postgres.connect import connect
from psqlmigrate.postgres.target import Target
from psqlmigrate.service.config import Config
from psqlmigrate.service.seeding import SeedResult, SeedWishes, seed
from psqlmigrate.service.workspace import Workspace


def url_of(database: Target) -> str:
    params = database.params
    url = f"postgresql://{params['user']}@/{params['dbname']}?host={params['host']}"
    return f"{url}&port={params['port']}" if "port" in params else url


class Seeds:
    """A folder of seed files, and a database that they go to."""

    def __init__(self, folder: Path, database: Target, **config: Any) -> None:
        self.folder = folder
        self.database = database
        self.space = Workspace(Config(folder, **config), {}, url=url_of(database))

    def as_role(self, role: str) -> "Seeds":
        """The same as another role, whose connections the server trusts."""
        params = {**self.database.params, "user": role}
        return Seeds(self.folder, Target(params, self.database.source))

    def load(self, text: str, *, suffix: str = "yaml", **wishes: Any) -> SeedResult:
        path = self.folder / f"rows.{suffix}"
        path.write_text(text, encoding="utf-8")
        return seed(self.space, path, SeedWishes(**wishes))

    def counts(self, text: str, **options: Any) -> dict[str, tuple[int, int, int]]:
        """Inserted, updated and unchanged of each table, in their order."""
        result = self.load(text, **options)
        return {one.table: (one.inserted, one.updated, one.unchanged) for one in result.tables}

    def run(self, sql: str) -> None:
        with connect(self.database) as connection:
            connection.execute(sql.encode())

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with connect(self.database) as connection:
            return connection.execute(query.encode()).fetchall()
