"""Subscriptions (manual, CREATE SUBSCRIPTION), as far as they can be made without a publisher."""

import re
from dataclasses import dataclass, field, replace
from typing import ClassVar, LiteralString, Self

from psqlmigrate.schema.dbobject import (
    Alteration,
    DbObject,
    Impossible,
    Naming,
    Resolve,
    Row,
    Statements,
)
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.sqltext import Sql, ident, idents, join, literal, printed, sql
from psqlmigrate.schema.statement import Hazard, Statement

_NAMES = r"(?:(?:ssl)?password|oauth_client_secret|scram_(?:client|server)_key)"
_PAIR = re.compile(r"(\w+)\s*=\s*('(?:[^'\\]|\\.)*'|(?:[^\s\\]|\\.)*)", re.DOTALL)
_IN_ADDRESS = re.compile(r"(?<=://)([^:@/?]*):[^@/]*@")
_IN_QUERY = re.compile(rf"(?<=[?&]){_NAMES}=[^&]*&?")
# PostgreSQL takes these in ALTER SUBSCRIPTION … SET; the others only when it is made.
_SETTABLE = frozenset(
    {"synchronous_commit", "binary", "streaming", "disable_on_error", "password_required",
     "run_as_owner", "origin"}
)  # fmt: skip
# The default of streaming is another one since 18.
_USUAL = frozenset(
    {("synchronous_commit", "off"), ("binary", "false"), ("two_phase", "false"),
     ("disable_on_error", "false"), ("password_required", "true"), ("run_as_owner", "false"),
     ("origin", "any"), ("failover", "false")}
)  # fmt: skip
_OFFLINE = sql("connect = false, enabled = false, slot_name = NONE")
_STREAMING: LiteralString = (
    "CASE s.substream::text WHEN 'p' THEN 'parallel' WHEN 't' THEN 'true' WHEN 'true' THEN 'true'"
    " ELSE 'false' END"
)
_SINCE: dict[LiteralString, tuple[int, LiteralString]] = {
    "synchronous_commit": (10, "s.subsynccommit"),
    "binary": (14, "s.subbinary::text"),
    "streaming": (14, _STREAMING),
    "two_phase": (15, "CASE s.subtwophasestate WHEN 'd' THEN 'false' ELSE 'true' END"),
    "disable_on_error": (15, "s.subdisableonerr::text"),
    "password_required": (16, "s.subpasswordrequired::text"),
    "run_as_owner": (16, "s.subrunasowner::text"),
    "origin": (16, "s.suborigin"),
    "failover": (17, "s.subfailover::text"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Subscription(DbObject):
    """A subscription. Whether it runs, and by which slot, is its state and not compared.

    A plan makes it disabled and without a slot, and nothing connects to the publisher. The
    connection is kept without its secrets.
    """

    kind: ClassVar[str] = "subscription"
    catalog: ClassVar[LiteralString] = "pg_subscription"
    rare: ClassVar[LiteralString] = "pg_catalog.pg_subscription WHERE oid >= 16384"
    rank: ClassVar[int] = 190
    naming: ClassVar[Naming] = Naming.QUIET
    guarded: ClassVar[bool] = True

    name: str
    connection: str
    publications: tuple[str, ...]
    settings: tuple[tuple[str, str], ...]
    secret: bool = field(compare=False, default=False)
    slot: bool = field(compare=False, default=False)
    """Whether it has a slot at the publisher, which a plan leaves there."""

    @classmethod
    def query(cls, version: int) -> LiteralString:
        text: LiteralString = """
SELECT s.oid, s.subname::text, s.subconninfo, s.subpublications, s.subslotname IS NOT NULL,
       ARRAY[@settings]
  FROM pg_catalog.pg_subscription s
  JOIN pg_catalog.pg_database d ON d.oid = s.subdbid
 WHERE d.datname = pg_catalog.current_database()"""
        settings: LiteralString = ", ".join(
            "ARRAY['" + name + "', " + value + "]"
            for name, (since, value) in _SINCE.items()
            if since <= version
        )
        return text.replace("@settings", settings)

    @classmethod
    def from_row(cls, row: Row, resolve: Resolve) -> "Subscription":
        name, full, publications, slot, settings = row
        bare = _without_secrets(full)
        pairs = tuple((option, value) for option, value in settings)
        return cls(name, bare, tuple(publications), pairs, bare != full, slot)

    @property
    def id(self) -> ObjectId:
        return ObjectId(self.kind, (self.name,))

    @property
    def schema_name(self) -> None:
        return None

    @property
    def carries_data(self) -> bool:
        # How far it has come is lost with it.
        return True

    @property
    def sql_name(self) -> Sql:
        return sql("SUBSCRIPTION {}", ident(self.name))

    def restored(self, original: Self) -> Self:
        return replace(self, secret=original.secret, slot=original.slot)

    def create(self, parts: tuple[DbObject, ...]) -> Statements:
        text = sql(
            "CREATE {}\n    CONNECTION {}\n    PUBLICATION {}\n    WITH ({})",
            self.sql_name,
            literal(self.connection),
            idents(self.publications),
            join(", ", (_OFFLINE, *(_setting(*one) for one in self.settings if one not in _USUAL))),
        )
        made = Statement(text, self.id, frozenset({Hazard.NEEDS_PRIVILEGE}))
        return (made.without_password(),) if self.secret else (made,)

    def drop(self) -> Statements:
        texts = [sql("DROP {}", self.sql_name)]
        if self.slot:
            off = sql("ALTER {} DISABLE", self.sql_name)
            texts = [off, sql("ALTER {} SET (slot_name = NONE)", self.sql_name), *texts]
        return tuple(Statement(text, self.id, frozenset({Hazard.IRREVERSIBLE})) for text in texts)

    def alter(self, new: Self) -> Alteration | Impossible:
        changed = [one for one in new.settings if one not in self.settings]
        if fixed := [name for name, _ in changed if name not in _SETTABLE]:
            return Impossible(f"{fixed[0]} can only be said when it is made")
        if self.connection != new.connection and (self.secret or new.secret):
            return Impossible("its connection has a password, which psqlmigrate does not keep")
        texts: list[Sql] = []
        if self.connection != new.connection:
            texts.append(sql("CONNECTION {}", literal(new.connection)))
        if self.publications != new.publications:
            names = idents(new.publications)
            texts.append(sql("SET PUBLICATION {} WITH (refresh = false)", names))
        if changed:
            texts.append(sql("SET ({})", join(", ", (_setting(*one) for one in changed))))
        return Alteration(
            tuple(Statement(sql("ALTER {} {}", self.sql_name, text), self.id) for text in texts)
        )

    def summary(self) -> str:
        return f"subscription to {', '.join(self.publications)}"


def _setting(name: str, value: str) -> Sql:
    return sql("{} = {}", printed(name), literal(value))


def _without_secrets(connection: str) -> str:
    """A connection string of either form (manual, 32.1.1) without the values of secrets."""
    if "://" in connection.partition("=")[0]:
        return _IN_QUERY.sub("", _IN_ADDRESS.sub(r"\1@", connection))
    pairs = tuple(_PAIR.finditer(connection))
    kept = tuple(one[0] for one in pairs if not re.fullmatch(_NAMES, one[1]))
    return connection if len(kept) == len(pairs) else " ".join(kept)
