"""Values worth trying for a column: by its type, and from what its checks say.

They are texts that PostgreSQL reads as that type. Whether a value is valid, only PostgreSQL
knows: each list is sifted by it before use, so that a wrong guess costs nothing but itself.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from psqlmigrate.service.rows.patterns import examples

_LONGEST = 1000
_MANY = 24
_DEPTH = 4
_HEADER = 4
"""typmod of char, varchar and numeric counts a 4-byte header (pg_attribute.atttypmod)."""

_UNTYPED = ("a", "1", "", "0", "{}", "()", "2024-02-29", "a=>1", "1.0.0", "POINT(1 2)")

_BASIC: Mapping[str, tuple[str, ...]] = {
    "int2": ("1", "32767", "-32768", "0", "7", "42", "12"),
    "int4": ("1", "2147483647", "-2147483648", "0", "7", "42", "1999"),
    "int8": ("1", "9223372036854775807", "-9223372036854775808", "0", "7", "42"),
    "numeric": ("1.5", "98765432109876543210.123456789", "-0.001", "0", "7", "100", "12.5"),
    "float4": ("1.5", "3.4e+38", "-0.001", "0", "7", "100", "12.5"),
    "float8": ("1.5", "1.7976931348623157e+308", "-0.001", "0", "7", "100", "12.5"),
    "money": ("1.50", "92233720368547758.07", "-0.01", "0", "2.25"),
    "oid": ("1", "4294967295", "0", "7"),
    "bool": ("true", "false"),
    "date": ("2024-02-29", "9999-12-31", "0001-01-01", "2000-01-01", "2030-06-15"),
    "time": ("12:34:56.789012", "24:00:00", "00:00:00", "01:02:03.5"),
    "timetz": ("12:34:56.789012+02", "23:59:59.999999-12", "00:00:00+00", "01:02:03+00"),
    "timestamp": ("2024-02-29 12:34:56.789012", "9999-12-31 23:59:59.999999",
                  "0001-01-01 00:00:00", "2000-01-01 00:00:00", "2030-06-15 01:02:03.456"),
    "timestamptz": ("2024-02-29 12:34:56.789012+00", "9999-12-31 23:59:59.999999+00",
                    "0001-01-01 00:00:00+00", "2000-01-01 00:00:00+00", "2030-06-15 01:02:03.456+00"),
    "interval": ("1 day 02:03:04.567", "1000 years", "-1 mons -3 days", "00:00:00", "1 year", "1 mon 01:02:03.5"),
    "uuid": ("11111111-1111-4111-8111-111111111111", "ffffffff-ffff-ffff-ffff-ffffffffffff",
             "00000000-0000-0000-0000-000000000000", "22222222-2222-4222-8222-222222222222"),
    "bytea": ("\\x61", "\\x00ff10", "\\x", "\\xdeadbeef"),
    "json": ('{"a": 1}', '{"Ω": [1, null, {"b": "é"}]}', "{}", "[]", '"a"', "1", "null", '{"b": [true]}'),
    "jsonb": ('{"a": 1}', '{"Ω": [1, null, {"b": "é"}]}', "{}", "[]", '"a"', "1", "null", '{"b": [true]}'),
    "jsonpath": ("$.a", "$[*]", "$", "$.b"),
    "inet": ("192.0.2.1", "2001:db8::1/64", "0.0.0.0/0", "10.0.0.1"),
    "cidr": ("192.0.2.0/24", "2001:db8::/32", "0.0.0.0/0", "10.0.0.0/8"),
    "macaddr": ("08:00:2b:01:02:03", "ff:ff:ff:ff:ff:ff", "00:00:00:00:00:00", "08:00:2b:01:02:04"),
    "macaddr8": ("08:00:2b:01:02:03:04:05", "ff:ff:ff:ff:ff:ff:ff:ff", "00:00:00:00:00:00:00:00"),
    "point": ("(1,2)", "(1e+100,-3)", "(0,0)", "(5,5)"),
    "line": ("{1,2,3}", "{0,-1,5}"),
    "lseg": ("[(0,0),(1,1)]", "[(5,5),(6,7)]"),
    "box": ("(1,1),(0,0)", "(7,7),(5,5)"),
    "path": ("((0,0),(1,1),(2,0))", "[(0,0),(1,1)]"),
    "polygon": ("((0,0),(1,1),(2,0))", "((0,0),(9,9),(9,0))"),
    "circle": ("<(0,0),1>", "<(5,5),0>"),
    "tsvector": ("'a':1 'b':2", "'é'", "", "'c'"),
    "tsquery": ("'a' & 'b'", "!'é'", "", "'c'"),
    "xml": ("<a/>", "<a>é</a>", "text"),
    "pg_lsn": ("0/16B3748", "FFFFFFFF/FFFFFFFF", "0/0"),
    "hstore": ("a=>1", '"é"=>NULL', ""),
    "ltree": ("a.b", "x", "a"),
    "regclass": ("pg_catalog.pg_class", "pg_catalog.pg_type"),
    "regtype": ("integer", "text"),
}  # fmt: skip

_TEXTS = ("a", "", "Zoë Ω 漢字 \U0001f600", "b", "A", "1", "a b", "Ab1", "a@a.aa", "https://a.aa/")

_STRING = re.compile(r"E?'((?:[^']|'')*)'")
_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.])")
_SIGNED = re.compile(r"-?\d+(\.\d+)?\Z")
_REGEX = re.compile(r"~\*?\s*'((?:[^']|'')*)'|similar_to_escape\('((?:[^']|'')*)'")


@dataclass(frozen=True, slots=True)
class Type:
    """One row of pg_type and what belongs to it. `form`: typtype, and `a` for a true array."""

    name: str
    form: str
    category: str = ""
    base: int = 0
    base_typmod: int = -1
    delimiter: str = ","
    labels: tuple[str, ...] = ()
    fields: tuple[tuple[int, int], ...] = ()
    checks: tuple[str, ...] = ()


def hints(checks: Iterable[str]) -> tuple[str, ...]:
    """The constants that checks, domains and partition bounds mention, and their neighbours."""
    found: dict[str, None] = {}
    for text in checks:
        strings = [one.replace("''", "'") for one in _STRING.findall(text)]
        numbers = _NUMBER.findall(_STRING.sub(" ", text))
        for one in strings:
            found.update(dict.fromkeys(_neighbours(one) if _SIGNED.match(one) else _texts(one)))
        for one in numbers:
            found.update(dict.fromkeys(_neighbours(one)))
        for pair in _REGEX.findall(text):
            pattern = (pair[0] or pair[1]).replace("''", "'").replace("\\\\", "\\")
            found.update(dict.fromkeys(examples(pattern)))
        if "length(" in text:
            found.update(dict.fromkeys(_lengths(numbers)))
    return tuple(found)


def _neighbours(number: str) -> list[str]:
    if "." in number:
        return [number, str(float(number) + 1), str(float(number) - 1)]
    value = int(number)
    return [number, str(value + 1), str(value - 1)]


def _texts(one: str) -> list[str]:
    """A string constant may be a value, a part of one, or a pattern of LIKE."""
    if "%" in one or "_" in one:
        return [
            one.replace("%", "").replace("_", "a"),
            one.replace("%", "a").replace("_", "b"),
            one,
        ]
    return [one, f"a{one}a"]


def _lengths(numbers: list[str]) -> list[str]:
    sizes = [int(one) for one in numbers if one.isdigit() and int(one) <= _LONGEST]
    near = [size + step for size in sizes for step in (0, 1, -1) if size + step >= 0]
    return [letter * size for size in near for letter in "aA1"]


class Values:
    """Candidates by type; knows the types of one database by their oid."""

    def __init__(self, types: Mapping[int, Type]) -> None:
        self._types = types

    def of(self, oid: int, typmod: int, said: Sequence[str]) -> list[str]:
        """Candidates of a type, the most ordinary first after what checks have said."""
        return list(dict.fromkeys(self._any(oid, typmod, said, _DEPTH)))[:_MANY]

    def _any(self, oid: int, typmod: int, said: Sequence[str], depth: int) -> list[str]:
        one = self._types.get(oid)
        if one is None or depth == 0:
            return [""]
        if one.form == "d":
            inner = one.base_typmod if one.base_typmod >= 0 else typmod
            return self._any(one.base, inner, [*hints(one.checks), *said], depth - 1)
        return self._of_form(one, typmod, said, depth)

    def _of_form(self, one: Type, typmod: int, said: Sequence[str], depth: int) -> list[str]:
        if one.form == "e":
            return list(one.labels)
        if one.form == "a":
            return self._array(one, typmod, said, depth)
        if one.form == "c":
            return self._composite(one, said, depth)
        if one.form in {"r", "m"}:
            return self._range(one, said, depth)
        return self._scalar(one, typmod, said)

    def _scalar(self, one: Type, typmod: int, said: Sequence[str]) -> list[str]:
        if one.name in {"varchar", "bpchar", "text", "citext", "name"}:
            return _strings(63 if one.name == "name" else typmod - _HEADER, said)
        if one.name == "char":
            return [*(text for text in said if len(text) == 1), "a", "b", "", "c"]
        if one.name == "numeric" and typmod >= _HEADER:
            return [*said, *_numerics(typmod - _HEADER)]
        if one.name in {"bit", "varbit"}:
            return [text for text in said if set(text) <= set("01")] + _bits(one.name, typmod)
        if one.name in {"json", "jsonb"}:
            return [*_documents(said), *_BASIC[one.name]]
        basic = _BASIC.get(one.name, _TEXTS if one.category == "S" else _UNTYPED)
        return [*said, *basic]

    def _array(self, one: Type, typmod: int, said: Sequence[str], depth: int) -> list[str]:
        elements = self._any(one.base, typmod, said, depth - 1)
        quoted = [_quoted(text) for text in elements if text][:6] or ['""']
        sizes = [int(text) for text in said if text.isdigit() and int(text) <= _MANY]
        lists = [quoted[:1], quoted[:3], [], [*quoted[:1], "NULL"], quoted[1:2] or quoted[:1]]
        lists += [(quoted * size)[:size] for size in sizes]
        return ["{" + one.delimiter.join(members) + "}" for members in lists]

    def _composite(self, one: Type, said: Sequence[str], depth: int) -> list[str]:
        fields = [self._any(oid, typmod, said, depth - 1) for oid, typmod in one.fields]
        rows = [[_quoted(texts[min(i, len(texts) - 1)]) for texts in fields] for i in range(5)]
        return [f"({','.join(row)})" for row in rows] + [f"({',' * (len(fields) - 1)})"]

    def _range(self, one: Type, said: Sequence[str], depth: int) -> list[str]:
        bounds = [_quoted(text) for text in self._any(one.base, -1, said, depth - 1)[:6] if text]
        spans = [f"[{low},{high})" for low in bounds for high in bounds if low != high]
        texts = [f"[{bounds[0]},{bounds[0]}]" if bounds else "empty", *spans, "empty", "(,)"]
        if one.form == "r":
            return texts
        return ["{" + text.replace("empty", "") + "}" for text in texts]


def _strings(longest: int, said: Sequence[str]) -> list[str]:
    """Texts that fit; a cast would cut the longer ones, and they would not be what was meant."""
    room = longest if longest > 0 else _LONGEST
    size = min(room, _LONGEST)
    texts = [*said, _TEXTS[0], "é" * (size if longest > 0 else 200), *_TEXTS[1:], "c", "d"]
    return [text for text in texts if len(text) <= room]


def _numerics(packed: int) -> list[str]:
    """The smallest and largest of numeric(p, s), which a typmod holds as 16 and 11 bits."""
    precision, scale = packed >> 16, (packed & 0x7FF ^ 0x400) - 0x400
    if not 0 <= scale <= precision:
        return ["0", "1", "1000000"]
    point = "." if scale else ""
    most = ("9" * (precision - scale) or "0") + point + "9" * scale
    least = "-0" + point + ("0" * (scale - 1) + "1" if scale else "")
    return ["1", most, least, "0", "7", "-" + most, "2.5"]


def _bits(name: str, typmod: int) -> list[str]:
    size = min(typmod if typmod > 0 else (1 if name == "bit" else 8), _LONGEST)
    patterns = ["1" * size, "0" * size, ("10" * size)[:size], ("01" * size)[:size]]
    return patterns if name == "bit" else [*patterns, ""]


def _documents(said: Sequence[str]) -> list[str]:
    """JSON that has the keys a check may ask for."""
    keys = [_json_string(text) for text in said if not _SIGNED.match(text)][:12]
    values = ("1", '"a"', "[]", "{}")
    whole = ["{" + ", ".join(f"{key}: {value}" for key in keys) + "}" for value in values]
    return (whole if keys else []) + list(said)


def _json_string(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _quoted(text: str) -> str:
    """A member of an array, composite or range literal (manual, 8.15.6, 8.16.6, 8.17.5)."""
    return _json_string(text)
