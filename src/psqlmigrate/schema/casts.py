"""How a value of one type becomes one of another (manual, CREATE CAST)."""

from psqlmigrate.schema.sqltext import Sql, printed, sql

_FAMILIES = (
    {"smallint", "integer", "bigint", "numeric", "real", "double precision"},
    {"date", "timestamp without time zone", "timestamp with time zone"},
    {"time without time zone", "time with time zone"},
    {"json", "jsonb"},
    {"inet", "cidr"},
    {"bit", "bit varying"},
)
_STRINGS = {"text", "character varying", "character", "name"}


def conversion(name: Sql, old: str, new: str) -> Sql | None:
    """The expression for USING; None where PostgreSQL casts on assignment.

    Without USING it fails where a cast would cut values, and so it does for an expression whose
    type has no length.
    """
    if _assignable(old, new):
        return None
    target = printed(_of_any_length(_base(new)))
    direct = _base(old) in _STRINGS or {old, new} == {"boolean", "integer"}
    if direct:
        return sql("{}::{}", name, target)
    return sql("{}::text::{}", name, target)


def keeps_bytes(old: str, new: str) -> bool:
    """Whether the stored values stay as they are: no rewrite, and nothing can be lost."""
    return _base(old) in _STRINGS - {"character", "name"} and new in {"text", "character varying"}


def _base(type_name: str) -> str:
    name, paren, rest = type_name.partition("(")
    return (name + rest.partition(")")[2]).strip() if paren else type_name


def _of_any_length(base: str) -> str:
    """Without a length two types have the length 1 (manual, 8.3 and 8.10)."""
    element, array, _ = base.partition("[]")
    return {"bit": "bit varying", "character": "bpchar"}.get(element, element) + array


def _assignable(old: str, new: str) -> bool:
    before, after = _base(old), _base(new)
    if before == after or after in _STRINGS:
        return True
    return any({before, after} <= family for family in _FAMILIES)
