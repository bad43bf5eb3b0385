"""A change of type that would cut values fails, whatever it goes through."""

import pytest

from psqlmigrate.errors import SourceError
from psqlmigrate.postgres.introspect import introspect
from psqlmigrate.postgres.loading import load_statements
from psqlmigrate.postgres.scratch import Scratch
from psqlmigrate.schema.catalog import Catalog
from psqlmigrate.service.planning import plan


def _table(scratch: Scratch, kind: str) -> Catalog:
    with scratch.database() as connection:
        connection.execute(f"CREATE TABLE t (a {kind})".encode())
        return introspect(connection)


@pytest.mark.parametrize("kind", ["varchar(2)[]", "char(2)[]"])
def test_arrays_are_not_cut(scratch: Scratch, kind: str) -> None:
    statements = plan(_table(scratch, "text[]"), _table(scratch, kind)).statements
    for value, fits in (("ab", True), ("abc", False)):
        with scratch.database() as connection:
            connection.execute("CREATE TABLE t (a text[])")
            connection.execute("INSERT INTO t VALUES (ARRAY[%s])", (value,))
            if fits:
                load_statements(connection, statements)
            else:
                with pytest.raises(SourceError, match="too long"):
                    load_statements(connection, statements)
