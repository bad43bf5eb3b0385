"""Clauses that several kinds share: storage parameters and sequence options."""

from typing import NamedTuple, TypeAlias

from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.sqltext import NOTHING, Sql, ident, join, literal, number, printed, sql

_STORAGE = {"p": sql("PLAIN"), "e": sql("EXTERNAL"), "m": sql("MAIN"), "x": sql("EXTENDED")}
COMPRESSION = {"": sql("default"), "p": sql("pglz"), "l": sql("lz4")}


class Settings(NamedTuple):
    """How a column is stored and sampled; `storage` is empty where it is the type's own."""

    storage: str = ""
    compression: str = ""
    statistics: int = -1
    options: tuple[str, ...] = ()
    type_storage: str = "x"


def settings(old: Settings, new: Settings) -> tuple[Sql, ...]:
    """`SET STORAGE …` and so on, each for one ALTER COLUMN."""
    changes: list[Sql] = []
    if old.storage != new.storage:
        changes.append(sql("SET STORAGE {}", _STORAGE[new.storage or new.type_storage]))
    if old.compression != new.compression:
        changes.append(sql("SET COMPRESSION {}", COMPRESSION[new.compression]))
    if old.statistics != new.statistics:
        changes.append(sql("SET STATISTICS {}", number(new.statistics)))
    changes.extend(set_options(old.options, new.options))
    return tuple(changes)


def options_sql(options: tuple[str, ...]) -> Sql:
    """`name='value', …` of a reloptions array."""
    return join(", ", map(option_sql, options))


def option_sql(option: str) -> Sql:
    """`name=value` of a reloptions array as SQL takes it."""
    from_name, _, value = option.partition("=")
    prefix, dot, name = from_name.rpartition(".")
    names = (prefix, name) if dot else (name,)
    return sql("{}={}", ident(*names), quoted_value(value))


def quoted_value(value: str) -> Sql:
    """A value of an option: a string constant is taken for every type."""
    return sql("'{}'", printed(value.replace("'", "''")))


def set_options(old: tuple[str, ...], new: tuple[str, ...]) -> tuple[Sql, ...]:
    """`SET (…)` and `RESET (…)` that turn one reloptions array into the other."""
    names = {option.partition("=")[0] for option in new}
    gone = [name for name in (one.partition("=")[0] for one in old) if name not in names]
    changed = [option for option in new if option not in old]
    changes: list[Sql] = []
    if gone:
        changes.append(sql("RESET ({})", join(", ", (ident(*name.split(".")) for name in gone))))
    if changed:
        changes.append(sql("SET ({})", options_sql(tuple(changed))))
    return tuple(changes)


def cluster(table: Sql, index: Sql, *, on: bool) -> Sql:
    """Which index CLUSTER takes next time (manual, ALTER TABLE); no row is moved."""
    if on:
        return sql("ALTER TABLE {} CLUSTER ON {}", table, index)
    return sql("ALTER TABLE {} SET WITHOUT CLUSTER", table)


def sequence_options(
    start: int, increment: int, minimum: int, maximum: int, cache: int, *, cycle: bool
) -> Sql:
    """INCREMENT BY … CYCLE, all of them, so that nothing is left to a default."""
    return join(
        " ",
        (
            sql("INCREMENT BY {}", number(increment)),
            sql("MINVALUE {}", number(minimum)),
            sql("MAXVALUE {}", number(maximum)),
            sql("START WITH {}", number(start)),
            sql("CACHE {}", number(cache)),
            sql("CYCLE") if cycle else sql("NO CYCLE"),
        ),
    )


def replica_identity(table: Sql, index: Sql) -> Sql:
    """Rows are told apart by that index in logical replication (manual, ALTER TABLE)."""
    return sql("ALTER TABLE {} REPLICA IDENTITY USING INDEX {}", table, index)


Links: TypeAlias = tuple[tuple[ObjectId, ObjectId], ...]


def linked(table: ObjectId, parents: tuple[ObjectId, ...], *, partition: bool) -> Links:
    """What a table gets from its parents: the link to each, and the object there."""
    if partition:
        return tuple((ObjectId("partition", table.path), parent) for parent in parents)
    return tuple(
        (ObjectId("inheritance", (*table.path, *parent.path[:2])), parent) for parent in parents
    )


Range: TypeAlias = tuple[int, int]


def into_range(sequence: Sql, old: Range, new: Range) -> tuple[Sql, ...]:
    """What must happen before a sequence gets other bounds: its position has to be inside them.

    A value that was handed out is not handed out again: below the range it goes on at the lower
    bound, above the range it is used up.
    """
    texts: list[Sql] = []
    if old[0] < new[0] <= old[1]:
        low = number(new[0])
        text = sql(
            "SELECT pg_catalog.setval({}, {}, false) FROM {} WHERE last_value < {}",
            literal(sequence), low, sequence, low,
        )  # fmt: skip
        texts.append(text)
    if old[0] <= new[1] < old[1]:
        high = number(new[1])
        text = sql(
            "SELECT pg_catalog.setval({}, {}) FROM {} WHERE last_value > {}",
            literal(sequence), high, sequence, high,
        )  # fmt: skip
        texts.append(text)
    return tuple(texts)


def restart(old: Range, new: Range) -> Sql:
    """` RESTART` where no value of the new bounds can have been handed out."""
    return sql(" RESTART") if new[0] > old[1] or new[1] < old[0] else NOTHING
