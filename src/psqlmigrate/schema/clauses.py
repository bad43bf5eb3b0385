"""Clauses that several kinds share: storage parameters and sequence options."""

from psqlmigrate.schema.sqltext import Sql, ident, join, number, printed, sql


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
