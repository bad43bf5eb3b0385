"""How a value of one type becomes one of another (manual, CREATE CAST and ALTER TABLE)."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from psqlmigrate.schema.sqltext import Sql, printed, sql

_REG = (
    "regclass, regcollation, regconfig, regdictionary, regnamespace, regoper, regoperator,"
    " regproc, regprocedure, regrole, regtype"
)
_REGS = tuple(_REG.split(", "))


def _pairs(*maps: Mapping[str, str]) -> frozenset[tuple[str, str]]:
    found = ((old, new) for one in maps for old, names in one.items() for new in names.split(", "))
    return frozenset(found)


# pg_cast of PostgreSQL 14 to 18 without casts to the type itself and those that only some have.
_BINARY = _pairs(
    {
        "bit": "bit varying",
        "bit varying": "bit",
        "character varying": "text, character",
        "cidr": "inet",
        "integer": f"oid, {_REG}",
        "oid": f"integer, {_REG}",
        "regoper": "regoperator",
        "regoperator": "regoper",
        "regproc": "regprocedure",
        "regprocedure": "regproc",
        "text": "character varying, character",
        "xml": "text, character varying, character",
    },
    dict.fromkeys(_REGS, "integer, oid"),
)
_ON_ASSIGNMENT = _BINARY | _pairs(
    {
        "bigint": f"smallint, integer, numeric, real, double precision, money, oid, {_REG}",
        "box": "polygon",
        "character": '"char"',
        "character varying": '"char", regclass',
        "date": "timestamp without time zone, timestamp with time zone",
        "double precision": "smallint, integer, bigint, numeric, real",
        "inet": "cidr",
        "integer": "smallint, bigint, numeric, real, double precision, money",
        "interval": "time without time zone",
        "json": "jsonb",
        "jsonb": "json",
        "macaddr": "macaddr8",
        "macaddr8": "macaddr",
        "money": "numeric",
        "numeric": "smallint, integer, bigint, real, double precision, money",
        "oid": "bigint",
        "path": "polygon",
        "point": "box",
        "polygon": "path",
        "real": "smallint, integer, bigint, numeric, double precision",
        "smallint": f"integer, bigint, numeric, real, double precision, oid, {_REG}",
        "text": '"char", regclass',
        "time with time zone": "time without time zone",
        "time without time zone": "interval, time with time zone",
        "timestamp with time zone": "date, time with time zone, time without time zone,"
        " timestamp without time zone",
        "timestamp without time zone": "date, time without time zone, timestamp with time zone",
    },
    dict.fromkeys(_REGS, "bigint"),
)
_WHEN_ASKED = _pairs(
    {
        '"char"': "integer",
        "bigint": "bit",
        "bit": "integer, bigint",
        "boolean": "integer",
        "box": "circle, lseg, point",
        "circle": "box, point, polygon",
        "daterange": "datemultirange",
        "int4range": "int4multirange",
        "int8range": "int8multirange",
        "integer": '"char", bit, boolean',
        "jsonb": "boolean, smallint, integer, bigint, numeric, real, double precision",
        "lseg": "point",
        "numrange": "nummultirange",
        "polygon": "box, circle, point",
        "tsrange": "tsmultirange",
        "tstzrange": "tstzmultirange",
        "xid8": "xid",
    }
)
# Where PostgreSQL has no cast, but two in a row say what its text does not: t is no number.
_BY_WAY_OF = {
    **dict.fromkeys(_pairs({"boolean": "smallint, bigint", "bit": "smallint"}), "integer"),
    **dict.fromkeys(_pairs({"smallint": "boolean, bit, money", "bigint": "boolean"}), "integer"),
    **dict.fromkeys(
        _pairs(
            {
                "money": "smallint, integer, bigint, real, double precision",
                "real": "money",
                "double precision": "money",
            }
        ),
        "numeric",
    ),
}
_STRINGS = {"text", "character varying", "character", "name"}
"""Types of the category S, as is citext: anything casts to them on assignment, by text where by nothing else."""

# What has for each value another one, and the way back leads to it; no setting has a say.
_EXACT = (
    _pairs(
        {
            "smallint": "integer, bigint, real, double precision, numeric",
            "integer": "bigint, double precision, numeric",
            "bigint": "numeric",
            "real": "double precision",
            "oid": "bigint",
            "boolean": "smallint, integer, bigint",
            "character": "character varying",
            "jsonb": "json",
            "macaddr": "macaddr8",
        }
    )
    | _BINARY
) - _pairs({"bit varying": "bit", "text": "character"}, {"character varying": "character"})
_EXACT_AS_TEXT = {
    "bigint", "bit", "bit varying", "boolean", "character", "cidr", "inet", "integer", "json",
    "jsonb", "macaddr", "macaddr8", "name", "numeric", "oid", "smallint", "uuid", "xml",
}  # fmt: skip
_SORTED_ALIKE = ({"character varying", "text"}, {"cidr", "inet"}, {"oid", *_REGS})
_DIGITS = {"smallint": 5, "integer": 10, "bigint": 19}
_FULL_PRECISION = 6
_TEMPORAL = {
    "interval",
    "time without time zone",
    "time with time zone",
    "timestamp without time zone",
    "timestamp with time zone",
}
_FIELDS = ("second", "minute", "hour", "day", "month", "year")

_PRINTED = re.compile(r"""((?:"(?:[^"]|"")*"|[^"(])+) (?:\( ([^)]*) \))? ([a-z\ ]*)""", re.VERBOSE)
_INTERVAL = re.compile(r"interval(?: (?:year|month|day|hour|minute|second)(?: to ([a-z]+))?)?")


@dataclass(frozen=True, slots=True)
class _Type:
    """A type as format_type prints it; `least` is the place in _FIELDS of an interval's last."""

    name: str
    modifier: tuple[int, ...]
    array: bool
    least: int = 0
    words: str = ""

    @property
    def is_string(self) -> bool:
        return self.name in _STRINGS or self.name.endswith(".citext")


@dataclass(frozen=True, slots=True)
class UserCast:
    """A cast that people or an extension made, with the letters of pg_cast."""

    source: str
    target: str
    context: str
    method: str


def _made(casts: Collection[UserCast], before: _Type, after: _Type) -> UserCast | None:
    pair = (before, after)
    bare = tuple(one.name + "[]" * one.array for one in pair)
    return next((one for one in casts if (one.source, one.target) == bare), None)


def conversion(name: Sql, old: str, new: str, casts: Collection[UserCast] = ()) -> Sql | None:
    """The expression for USING; None where PostgreSQL casts on assignment.

    Without USING it fails where a cast would cut values, and so it does for an expression whose
    type has no length.
    """
    before, after = _parsed(old), _parsed(new)
    if made := _made(casts, before, after):
        target = _of_any_length(before, after, new)
        return sql("{}::{}", name, target) if made.context == "e" else None
    if _assignable(before, after):
        return None
    target = _of_any_length(before, after, new)
    if before.array != after.array:
        # The text of an array has all of its elements.
        direct = not before.array and before.is_string
        return sql("{}::{}" if direct else "{}::text::{}", name, target)
    pair = (before.name, after.name)
    if before.is_string or pair in _WHEN_ASKED:
        return sql("{}::{}", name, target)
    middle = printed(_BY_WAY_OF.get(pair, "text") + "[]" * before.array)
    return sql("{}::{}::{}", name, middle, target)


def converted(value: Sql, old: str, new: str) -> Sql:
    """The value as one whose text the new type takes, or refuses where it is too long."""
    if of_users(old) or of_users(new):  # either may have been made anew itself
        return sql("{}::text", value)
    before, after = _parsed(old), _parsed(new)
    if (before.name, before.array) == (after.name, after.array):
        return value
    cast = sql("{}::{}", value, _of_any_length(before, after, new))
    return conversion(value, old, new) or cast


def of_users(type_name: str) -> bool:
    """Whether it is in a schema that people made; without a search path only these are printed."""
    return "." in type_name


def rewrites(
    old: str, new: str, casts: Collection[UserCast] = (), *, of_domain: bool = False
) -> bool:
    """Whether all rows are written anew (manual, ALTER TABLE, Notes).

    `of_domain`: `old` is what a domain is made of, of whose length PostgreSQL knows nothing then.
    """
    before, after = _parsed(old), _parsed(new)
    if of_domain:
        before = replace(before, modifier=(), least=0)
    if made := _made(casts, before, after):
        return made.method != "b" or bool(after.modifier)
    bare = not (after.modifier or after.least)
    if before.array or after.array:
        # Elements are cast one by one, even where the cast of each does nothing.
        return not (before.array == after.array and before.name == after.name and bare)
    if before.name == after.name:
        return not _widens(before, after)
    return (before.name, after.name) not in _BINARY or bool(after.modifier)


def reorders(old: str, new: str) -> bool:
    """Whether indexes take other operators, so that one of the old type is none of the new."""
    names = {_parsed(old).name, _parsed(new).name}
    return len(names) > 1 and not any(names <= alike for alike in _SORTED_ALIKE)


def keeps_values(old: str, new: str) -> bool:
    """Whether each value has a counterpart from which it can be had again."""
    before, after = _parsed(old), _parsed(new)
    if before.array != after.array:
        return False
    if before.name == after.name:
        return _widens(before, after) or _has_room(before, after)
    if after.name in {"text", "character varying"} and not after.modifier:
        return before.name in _EXACT_AS_TEXT or (before.name, after.name) in _EXACT
    return (before.name, after.name) in _EXACT and _has_room(before, after)


def _parsed(type_name: str) -> _Type:
    array = type_name.endswith("[]")
    found = _PRINTED.fullmatch(type_name.removesuffix("[]"))
    if found is None:
        return _Type(type_name.removesuffix("[]"), (), array)
    name, modifier = (found[1] + found[3]).strip(), found[2] or ""
    numbers = tuple(int(one) for one in re.findall(r"-?\d+", modifier))
    # A type of an extension may have words there.
    return _unaliased(_Type(name, numbers or (0,) * bool(modifier), array, words=modifier))


def _unaliased(one: _Type) -> _Type:
    if found := _INTERVAL.fullmatch(one.name):
        last = found[1] or one.name.removeprefix("interval").strip() or "second"
        return replace(one, name="interval", least=_FIELDS.index(last))
    # These have no length, while the names that the standard has for them mean the length 1.
    name = {"bpchar": "character", '"bit"': "bit"}.get(one.name, one.name)
    return replace(one, name=name)


def _of_any_length(before: _Type, after: _Type, new: str) -> Sql:
    if after.name == "bit":
        # A number becomes as many bits as it is asked for.
        if before.name in {"smallint", "integer", "bigint"}:
            return printed(new)
        name = "bit varying"
    else:
        name = {"character": "bpchar"}.get(after.name, after.name)
    return printed(name + "[]" * after.array)


def _assignable(before: _Type, after: _Type) -> bool:
    if after.is_string and not after.array:
        return True
    if before.array != after.array:
        return False
    pair = (before.name, after.name)
    return before.name == after.name or after.is_string or pair in _ON_ASSIGNMENT


def _widens(before: _Type, after: _Type) -> bool:
    """Whether PostgreSQL knows of two forms of a type that the values need not be looked at."""
    if before == after or not (after.modifier or after.least):
        return True
    if before.name in _TEMPORAL:
        return _measures_more(before, after)
    if before.name in {"character varying", "bit varying"}:
        return bool(before.modifier) and before.modifier <= after.modifier
    if before.name == "numeric" and before.modifier:
        (old, old_scale), (new, new_scale) = before.modifier, after.modifier
        return old_scale == new_scale and old <= new
    return False


def _measures_more(before: _Type, after: _Type) -> bool:
    old, new = (one.modifier[0] if one.modifier else _FULL_PRECISION for one in (before, after))
    return after.least <= before.least and (before.least > 0 or old <= new)


def _has_room(before: _Type, after: _Type) -> bool:
    """Whether the new length or precision holds whatever the old one did."""
    if not after.modifier:
        return not after.least
    if after.name == "numeric":
        precision, scale = after.modifier
        if before.name in _DIGITS:
            return scale >= 0 and precision - scale >= _DIGITS[before.name]
        if not before.modifier:
            return False
        old, old_scale = before.modifier
        return old_scale <= scale and old - old_scale <= precision - scale
    if after.name in {"character", "character varying", "bit varying"}:
        return bool(before.modifier) and before.modifier <= after.modifier
    return False
