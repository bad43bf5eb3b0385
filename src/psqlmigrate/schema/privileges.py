"""Who may do what: a list of privileges as it differs from the one that objects are born with.

A kind whose objects have privileges says so by one line, `acl: ClassVar[Acl | None] = Acl.TABLE`
(the word of GRANT for them, and the class of default privileges that they fall under); grants,
default privileges and owners then work for it. The owner of an object is `OWNER` in such a list,
and its own privileges are the object's: a change of owner changes no list.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import LiteralString, NamedTuple, Self, TypeAlias

from psqlmigrate.schema.sqltext import NOTHING, Sql, ident, idents, join, printed, sql

PUBLIC = "public"
"""Everybody. No role can be called that (manual, CREATE ROLE)."""
OWNER = ""
"""Whoever owns the object, or is the role that default privileges are for."""

Entry: TypeAlias = tuple[str, ...]
"""A grantee and a privilege; of a column, its name after them."""

_ORDER = (
    "SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER", "MAINTAIN",
    "EXECUTE", "USAGE", "CREATE",
)  # fmt: skip


_MAINTAIN = "MAINTAIN"
_OF_TABLES = frozenset(_ORDER[: _ORDER.index(_MAINTAIN) + 1])
"""All that a table has. MAINTAIN came with 17: a statement that names it is none for a server
before that, but ALL is, and means there what there is.
"""


class Acl(Enum):
    """What PostgreSQL knows privileges for: the word in GRANT and that of default privileges."""

    TABLE = ("TABLE", "TABLES")
    SEQUENCE = ("SEQUENCE", "SEQUENCES")
    FUNCTION = ("FUNCTION", "FUNCTIONS")
    SCHEMA = ("SCHEMA", "SCHEMAS")
    TYPE = ("TYPE", "TYPES")
    LANGUAGE = ("LANGUAGE", "")
    FOREIGN_DATA_WRAPPER = ("FOREIGN DATA WRAPPER", "")
    FOREIGN_SERVER = ("FOREIGN SERVER", "")

    def named(self, sql_name: Sql) -> Sql:
        """An object as GRANT takes it, from its name as ALTER takes it (`VIEW public.v`)."""
        words, name = _split(sql_name)
        word = words if words == "PROCEDURE" else self.value[0]
        return sql("{} {}", printed(word), printed(name))


def _split(sql_name: Sql) -> tuple[str, str]:
    """The keywords before a name, and the name: where that has upper case it is quoted."""
    parts = sql_name.split(" ")
    count = next(i for i, part in enumerate(parts) if not (part.isalpha() and part.isupper()))
    return " ".join(parts[:count]), " ".join(parts[count:])


class Words(NamedTuple):
    """What stands around the privileges in a statement: `ALTER … `, and ` ON TABLE public.t`."""

    before: Sql
    on: Sql
    owner: Sql


@dataclass(frozen=True, slots=True)
class Privileges:
    """What was granted beyond the list at birth, which of that with grant option, and what of
    that list was revoked.
    """

    granted: tuple[Entry, ...] = ()
    grantable: tuple[Entry, ...] = ()
    revoked: tuple[Entry, ...] = ()

    @classmethod
    def read(cls, now: Sequence[Sequence[str]], born: Sequence[Sequence[str]]) -> Self:
        """From lists of (grantee, privilege, column, "yes" for grant option)."""
        have, had = ({_entry(*row[:3]) for row in rows} for rows in (now, born))
        granted = have - had
        grantable = {_entry(*row[:3]) for row in now if row[3]} & granted
        return cls(_sorted(granted), _sorted(grantable), _sorted(had - have))

    def __bool__(self) -> bool:
        return bool(self.granted or self.revoked)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that have privileges of their own."""
        return tuple(sorted({one[2] for one in self.granted if one[2:]}))

    def without_grantee(self, role: str) -> Self:
        """The list without what a role was granted: as an owner it has all that anyway."""
        granted = tuple(one for one in self.granted if one[0] != role)
        grantable = tuple(one for one in self.grantable if one[0] != role)
        return type(self)(granted, grantable, self.revoked)

    def without_columns(self, names: Iterable[str]) -> Self:
        """The same without those of columns that go."""
        gone = {*names}
        lists = (self.granted, self.grantable, self.revoked)
        return type(self)(*(tuple(it for it in one if not gone & {*it[2:]}) for one in lists))

    def joined(self, more: Self, there: Collection[Entry] = ()) -> Self:
        """With what `more` grants beside it, except what is there at birth."""
        granted = {*more.granted} - {*there}
        back = granted & {*self.revoked}
        grantable = {*more.grantable} & granted
        return type(self)(
            _sorted({*self.granted} | (granted - back)),
            _sorted({*self.grantable} | (grantable - back)),
            _sorted(({*self.revoked} | {*more.revoked}) - back),
        )

    def becoming(
        self, new: Self, words: Words, others: Collection[tuple[str, Entry]] = ()
    ) -> Iterator[Sql]:
        """The statements that lead to the other list, what is taken away first.

        `others` are entries that another than the owner has granted, with who did.
        """
        lost = {*self.granted} - {*new.granted} | ({*new.revoked} - {*self.revoked})
        options = ({*self.grantable} - {*new.grantable}) - lost
        # The owner cannot revoke what another has granted; but with the option it goes.
        options |= {(by, *one[1:]) for by, one in others if one in lost} & {*self.grantable} - lost
        fallen = _fallen(lost | options, others)
        # Revoking from a table revokes from its columns, too (manual, REVOKE).
        swept = {one for one in new.granted if one[2:] and one[:2] in lost}
        won = {*new.granted} - {*self.granted} | ({*self.revoked} - {*new.revoked})
        won |= swept | (fallen & {*new.granted})
        won |= {*new.grantable} - ({*self.grantable} - options - fallen)
        cascade = {by for by, _ in others}
        yield from _revokes(lost, NOTHING, words, cascade)
        yield from _revokes(options, sql("GRANT OPTION FOR "), words, cascade)
        plain, option = won - {*new.grantable}, won & {*new.grantable}
        if not others:  # what another granted would be granted a second time
            plain, option = _rounded(plain, new.granted), _rounded(option, new.grantable)
        yield from _grants(plain, NOTHING, words)
        yield from _grants(option, sql(" WITH GRANT OPTION"), words)


def _fallen(taken: set[Entry], others: Collection[tuple[str, Entry]]) -> set[Entry]:
    """What falls along with what is taken: those have it from whom it is taken."""
    found: set[Entry] = set()
    while more := {
        one
        for by, one in others
        if one not in found and any(it[:2] == (by, one[1]) for it in taken | found)
    }:
        found |= more
    return found


def _rounded(won: set[Entry], held: Collection[Entry]) -> set[Entry]:
    """With all that a grantee has by then of a table, where that is everything."""
    for grantee, *what in sorted(won):
        every = {(grantee, one) for one in _OF_TABLES}
        if what == [_MAINTAIN] and every <= {*held}:
            won = won | every
    return won


def _entry(grantee: str, privilege: str, column: str) -> Entry:
    return (grantee, privilege, column) if column else (grantee, privilege)


def _sorted(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    return tuple(sorted(entries, key=lambda one: (one[0], _place(one[1]), one[2:])))


def _place(privilege: str) -> int:
    return _ORDER.index(privilege) if privilege in _ORDER else len(_ORDER)


def _revokes(
    entries: Iterable[Entry], option: Sql, words: Words, cascade: set[str]
) -> Iterator[Sql]:
    for grantee, what in _grouped(entries):
        end = sql(" CASCADE") if grantee in cascade else NOTHING
        whom = _role(grantee, words)
        yield sql("{}REVOKE {}{} ON {} FROM {}{}", words.before, option, what, words.on, whom, end)


def _grants(entries: Iterable[Entry], option: Sql, words: Words) -> Iterator[Sql]:
    for grantee, what in _grouped(entries):
        whom = _role(grantee, words)
        yield sql("{}GRANT {} ON {} TO {}{}", words.before, what, words.on, whom, option)


def _grouped(entries: Iterable[Entry]) -> Iterator[tuple[str, Sql]]:
    """Each grantee with its privileges: `SELECT, UPDATE (a, b)`."""
    found: defaultdict[str, defaultdict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for grantee, privilege, *column in _sorted(entries):
        # With the table's privilege at hand, that of a column is a list item of its own.
        found[grantee][f"{privilege} ()" if column else privilege].extend(column)
    for grantee, privileges in found.items():
        if privileges.keys() >= _OF_TABLES:
            yield grantee, sql("ALL")
            for word in _OF_TABLES:
                del privileges[word]
        if not privileges:
            continue
        parts = (_privilege(word, columns) for word, columns in privileges.items())
        yield grantee, join(", ", parts)


def _privilege(word: str, columns: list[str]) -> Sql:
    if not columns:
        return printed(word)
    return sql("{} ({})", printed(word.removesuffix(" ()")), idents(columns))


def _role(grantee: str, words: Words) -> Sql:
    if grantee == PUBLIC:
        return sql("PUBLIC")
    return words.owner if grantee == OWNER else ident(grantee)


ITEMS: LiteralString = """
       (SELECT pg_catalog.array_agg(ARRAY[
                 CASE x.grantee WHEN 0 THEN 'public' WHEN h.owner THEN ''
                      ELSE pg_catalog.pg_get_userbyid(x.grantee)::text END,
                 x.privilege_type, x.attname,
                 CASE WHEN x.is_grantable AND x.grantee <> h.owner THEN 'yes' ELSE '' END,
                 CASE x.grantor WHEN h.owner THEN ''
                      ELSE pg_catalog.pg_get_userbyid(x.grantor)::text END])
          FROM """
"""Items of an access list `x` of something that `h.owner` owns, as `Privileges.read` takes them."""

ME: LiteralString = """
(SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname = coalesce(
   nullif(pg_catalog.current_setting('psqlmigrate.me', true), ''), current_user))"""
"""The role whose look it is: that what it makes belongs to it goes without saying."""
