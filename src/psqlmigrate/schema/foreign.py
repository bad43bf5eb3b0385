"""Options of foreign-data wrappers and what belongs to them (manual, CREATE FOREIGN TABLE)."""

from collections.abc import Iterable
from typing import TypeAlias

from psqlmigrate.schema.sqltext import NOTHING, Sql, ident, join, literal, sql

Options: TypeAlias = tuple[tuple[str, str], ...]


def options_of(texts: Iterable[str] | None) -> Options:
    """The pairs of an options array (`name=value`), by name: their order means nothing."""
    pairs = (text.partition("=") for text in texts or ())
    return tuple(sorted((name, value) for name, _, value in pairs))


def options_clause(options: Options) -> Sql:
    """` OPTIONS (…)` of a CREATE; nothing where there are none."""
    pairs = join(", ", (sql("{} {}", ident(name), literal(value)) for name, value in options))
    return sql(" OPTIONS ({})", pairs) if options else NOTHING


def options_change(old: Options, new: Options) -> Sql:
    """`OPTIONS (ADD …, SET …, DROP …)` of an ALTER; nothing where both are the same."""
    before, after = dict(old), dict(new)
    changes = [sql("DROP {}", ident(name)) for name in before if name not in after]
    for name, value in new:
        verb = sql("SET") if name in before else sql("ADD")
        if before.get(name) != value:
            changes.append(sql("{} {} {}", verb, ident(name), literal(value)))
    return sql("OPTIONS ({})", join(", ", changes)) if changes else NOTHING
