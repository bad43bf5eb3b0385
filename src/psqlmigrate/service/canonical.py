"""The fixpoint of a schema: what PostgreSQL prints, read again until it prints the same.

Privileges and owners have no text: they are as they were, and no role has to be there for them.
"""

from dataclasses import replace

from psqlmigrate.errors import PlanRefusedError, ScratchError
from psqlmigrate.postgres.connect import Connection
from psqlmigrate.postgres.introspect import introspect
from psqlmigrate.postgres.loading import load_statements
from psqlmigrate.postgres.scratch import Scratch, born
from psqlmigrate.schema.catalog import Catalog, diff
from psqlmigrate.service.planning import plan

_ROUNDS = 8

# Each relation of a transaction is a lock until its end, and a server of somebody else's may have
# room for 6,400 (manual, 19.12: max_locks_per_transaction).
_AT_ONCE = 500


def canonical(scratch: Scratch, catalog: Catalog) -> Catalog:
    """The catalog as a copy of it prints once it prints the same twice.

    Raises ScratchError naming the objects that still change after eight rounds.
    """
    original, catalog = catalog, catalog.plain
    before = catalog
    for _ in range(_ROUNDS):
        again = _reread(scratch, catalog)
        if again == catalog:
            return _restored(again, original).with_concerns(original)
        before, catalog = catalog, again
    names = ", ".join(str(change.subject.id) for change in diff(before, catalog))
    raise ScratchError(f"PostgreSQL prints these objects anew each time they are read: {names}")


def completed(scratch: Scratch, base: Catalog, desired: Catalog) -> Catalog | None:
    """The fixpoint of a schema of which only a part was stated, as the plan from `base` makes it.

    PostgreSQL hands on to partitions that nobody stated what their parents get. None where there
    is no plan. Raises ScratchError, SourceError.
    """
    try:
        statements = plan(base.plain, desired.plain).statements
    except PlanRefusedError:
        return None
    # Before 17 a new value of an enum is not to be used in the transaction that adds it, also where
    # the type was made there.
    fits = len(base) <= _AT_ONCE and not any(one.commits for one in statements)
    with scratch.undone() if fits else scratch.database() as connection:
        build(connection, base.plain)
        load_statements(connection, statements)
        made = introspect(connection)
    made = replace(made.plain, unmodelled=desired.unmodelled, held=desired.held)
    return canonical(scratch, made.with_concerns(desired))


def _restored(catalog: Catalog, original: Catalog) -> Catalog:
    objects = {
        oid: one.restored(before) if (before := original.get(oid)) else one
        for oid, one in catalog.objects.items()
    }
    return replace(catalog, objects=objects, unmodelled=original.unmodelled, held=original.held)


def _reread(scratch: Scratch, catalog: Catalog) -> Catalog:
    with scratch.undone() if len(catalog) <= _AT_ONCE else scratch.database() as connection:
        build(connection, catalog)
        return introspect(connection).plain


def build(connection: Connection, catalog: Catalog) -> None:
    """Makes the schema in a new database, also of another major than that which printed it."""
    empty = replace(born(connection), server_major=0)
    load_statements(connection, plan(empty, catalog).statements)
