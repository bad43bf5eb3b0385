"""The one door by which names and text become SQL.

A template is a literal of this program; what is put into it is `Sql`, and `Sql` is made only
here: a quoted name, a quoted string, a number, or text that PostgreSQL itself printed. A plain
`str` in an argument is a type error, so that a catalog's or a user's text cannot slip in.
"""

import re
from collections.abc import Iterable
from typing import LiteralString

_NAME_BYTES = 63
"""The longest name (NAMEDATALEN - 1; manual, 4.1.1)."""

_PLAIN = re.compile(r"[a-z_][a-z0-9_$]*\Z")

# pg_get_keywords() with catcode <> 'U' of PostgreSQL 14 to 18, together: quote_ident quotes
# exactly these and what is not a plain lower-case name (manual, 4.1.1 and appendix C).
_KEYWORDS = frozenset(
    [
        "all",
        "analyse",
        "analyze",
        "and",
        "any",
        "array",
        "as",
        "asc",
        "asymmetric",
        "authorization",
        "between",
        "bigint",
        "binary",
        "bit",
        "boolean",
        "both",
        "case",
        "cast",
        "char",
        "character",
        "check",
        "coalesce",
        "collate",
        "collation",
        "column",
        "concurrently",
        "constraint",
        "create",
        "cross",
        "current_catalog",
        "current_date",
        "current_role",
        "current_schema",
        "current_time",
        "current_timestamp",
        "current_user",
        "dec",
        "decimal",
        "default",
        "deferrable",
        "desc",
        "distinct",
        "do",
        "else",
        "end",
        "except",
        "exists",
        "extract",
        "false",
        "fetch",
        "float",
        "for",
        "foreign",
        "freeze",
        "from",
        "full",
        "grant",
        "greatest",
        "group",
        "grouping",
        "having",
        "ilike",
        "in",
        "initially",
        "inner",
        "inout",
        "int",
        "integer",
        "intersect",
        "interval",
        "into",
        "is",
        "isnull",
        "join",
        "json",
        "json_array",
        "json_arrayagg",
        "json_exists",
        "json_object",
        "json_objectagg",
        "json_query",
        "json_scalar",
        "json_serialize",
        "json_table",
        "json_value",
        "lateral",
        "leading",
        "least",
        "left",
        "like",
        "limit",
        "localtime",
        "localtimestamp",
        "merge_action",
        "national",
        "natural",
        "nchar",
        "none",
        "normalize",
        "not",
        "notnull",
        "null",
        "nullif",
        "numeric",
        "offset",
        "on",
        "only",
        "or",
        "order",
        "out",
        "outer",
        "overlaps",
        "overlay",
        "placing",
        "position",
        "precision",
        "primary",
        "real",
        "references",
        "returning",
        "right",
        "row",
        "select",
        "session_user",
        "setof",
        "similar",
        "smallint",
        "some",
        "substring",
        "symmetric",
        "system_user",
        "table",
        "tablesample",
        "then",
        "time",
        "timestamp",
        "to",
        "trailing",
        "treat",
        "trim",
        "true",
        "union",
        "unique",
        "user",
        "using",
        "values",
        "varchar",
        "variadic",
        "verbose",
        "when",
        "where",
        "window",
        "with",
        "xmlattributes",
        "xmlconcat",
        "xmlelement",
        "xmlexists",
        "xmlforest",
        "xmlnamespaces",
        "xmlparse",
        "xmlpi",
        "xmlroot",
        "xmlserialize",
        "xmltable",
    ]
)


class Sql(str):
    """SQL text. Only the functions of this module make it."""

    __slots__ = ()


def away(name: str, end: str = "__old") -> str:
    """The name of something that is renamed away for the time of a plan, within 63 bytes."""
    return name.encode()[: _NAME_BYTES - len(end)].decode(errors="ignore") + end


def ident(*names: str) -> Sql:
    """A possibly qualified name, each part quoted where PostgreSQL needs it."""
    return Sql(".".join(_quoted(name) for name in names))


def _quoted(name: str) -> str:
    if _PLAIN.match(name) and name not in _KEYWORDS:
        return name
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> Sql:
    """A string constant (manual, 4.1.2.1), as quote_literal writes it."""
    quoted = "'" + text.replace("'", "''") + "'"
    return Sql(" E" + quoted.replace("\\", "\\\\") if "\\" in text else quoted)


def number(value: float) -> Sql:
    """A number."""
    return Sql(str(value))


def printed(text: str) -> Sql:
    """Text that PostgreSQL printed (an expression, a type, a view's body), taken as it is."""
    return Sql(text)


def sql(template: LiteralString, *args: Sql, **named: Sql) -> Sql:
    """The template with `{}` and `{name}` replaced."""
    return Sql(template.format(*args, **named))


def join(separator: LiteralString, parts: Iterable[Sql]) -> Sql:
    """The parts with the separator between them."""
    return Sql(separator.join(parts))


def idents(names: Iterable[str]) -> Sql:
    """Names separated by commas."""
    return join(", ", (ident(name) for name in names))


NOTHING = Sql("")
