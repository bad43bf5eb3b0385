"""A session, or what a pooler gives in place of one: another session for each transaction."""

import re
from collections.abc import Generator, Hashable, Iterable
from contextlib import contextmanager
from typing import Any, LiteralString, Protocol

import psycopg
from psycopg.abc import Params
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow, tuple_row
from psycopg.sql import SQL, Composable, Identifier

from psqlmigrate.postgres.silence import Listening

_BEGINS = re.compile(rb"\s*(BEGIN|START)\b", re.IGNORECASE)

# Written out: the session's own default is not known, and may not be what is pinned.
_BEGIN, _BEGIN_SHARED = b"BEGIN", b"BEGIN ISOLATION LEVEL READ COMMITTED"


class Fence(Protocol):
    """What must be true in each transaction of a run."""

    @property
    def opening(self) -> tuple[bytes, ...]:
        """They fail where it is not; nobody can change it before the transaction ends."""
        ...

    @property
    def closing(self) -> tuple[bytes, ...]:
        """They fail where it is so no more."""
        ...

    def explained(self, error: psycopg.Error) -> Exception | None:
        """The error in words, if it is these statements'."""
        ...


class Connection(Listening):
    """An autocommit connection, and what a look at its schema does not see.

    A shared one (see `shared`) has everything that our sessions have in each of its transactions,
    and leaves nothing of it behind: each statement outside of a transaction is given one.
    """

    unread: frozenset[str] = frozenset()
    """Concerns (see `DbObject.concern`) that are left out."""
    reader: str = ""
    """The role whose look it is, if that is another than the session's."""
    pooled: bool = False
    """Whether something stands in between that makes up what it says of the session."""
    shared: bool = False
    """Whether each of its transactions may be in another session, which others get as well."""
    session: int = 0
    """The process of the server that is its session; 0 where it is shared."""
    role: str = ""
    """The role that it acts as where the start of a session could not name it."""
    opening: bytes = b""
    """What each transaction of a shared connection begins with."""
    fence: Fence | None = None
    """What each transaction of a shared connection looks after, at its begin and at its end."""
    birth: Hashable = None
    """What the content of a scratch database was made from: one like it was born the same."""

    plans: dict[str, Composable] | None = None
    """What runs each query of `ask` that is planned once for the session; None: none is."""

    def ask(self, query: LiteralString) -> psycopg.Cursor[TupleRow]:
        """Runs a query without parameters that may be asked again and again."""
        if self.plans is None:
            return self.execute(query)
        # psycopg's own prepared statements are forgotten with each ALTER, DROP and ROLLBACK.
        if query not in self.plans:
            name = Identifier(f"psqlmigrate_{len(self.plans)}")
            self.execute(SQL("PREPARE {} AS {}").format(name, SQL(query)))
            self.plans[query] = SQL("EXECUTE {}").format(name)
        return self.execute(self.plans[query])

    def forget(self) -> None:
        """Sets back what a migration's code may have set on it: how rows are read, and statements
        sent.
        """
        self.row_factory = tuple_row
        self.cursor_factory = psycopg.Cursor
        self.server_cursor_factory = psycopg.ServerCursor
        self.prepare_threshold = None

    @contextmanager
    def ours(self) -> Generator[None]:
        """For statements of our own between those of a migration's code, whose settings come back."""
        found = (self.row_factory, self.cursor_factory, self.server_cursor_factory)
        threshold = self.prepare_threshold
        self.forget()
        try:
            yield
        finally:
            self.row_factory, self.cursor_factory, self.server_cursor_factory = found
            self.prepare_threshold = threshold

    @property
    def is_idle(self) -> bool:
        """Whether no transaction is open."""
        return self.info.transaction_status == TransactionStatus.IDLE

    def execute(
        self, query: Any, params: Params | None = None, **further: Any
    ) -> psycopg.Cursor[TupleRow]:
        """psycopg's; in a transaction with our settings where the connection is shared."""
        if not self.shared or not self.is_idle:
            return super().execute(query, params, **further)
        if _BEGINS.match(_text(query, self)):
            cursor = super().execute(query, params, **further)
            self.open_up()
            return cursor
        try:
            with self.transaction():
                return super().execute(query, params, **further)
        except psycopg.errors.ActiveSqlTransaction:
            if self.fence:
                raise
            return super().execute(query, params, **further)

    @contextmanager
    def transaction(
        self, savepoint_name: str | None = None, force_rollback: bool = False
    ) -> Generator[psycopg.Transaction]:
        """psycopg's; with our settings where the connection is shared."""
        opens = self.shared and self.is_idle
        with super().transaction(savepoint_name, force_rollback) as one:
            if opens:
                self.open_up()
            yield one
            if opens and self.info.transaction_status == TransactionStatus.INTRANS:
                self.close_up()

    def begin(self, *statements: bytes) -> psycopg.Cursor[TupleRow]:
        """Begins a transaction, unless one is open, and runs these in it, all in one message.

        In a shared connection the settings and the fence come before them.
        """
        first = [] if not self.is_idle else [_BEGIN_SHARED if self.shared else _BEGIN]
        return self._fenced([*first, *self._openings, *statements])

    def begin_plainly(self, query: bytes) -> psycopg.Cursor[TupleRow]:
        """Begins a transaction of a shared connection that has no settings yet, with a query."""
        cursor = super().execute(b"; ".join([_BEGIN_SHARED, query]))
        cursor.nextset()
        return cursor

    def open_up(self) -> None:
        """What a transaction begins with that has just begun."""
        self._fenced(self._openings)

    def close_up(self) -> None:
        """What a transaction ends with."""
        self._fenced(self.closing)

    @property
    def closing(self) -> tuple[bytes, ...]:
        """The statements that each transaction ends with."""
        return self.fence.closing if self.fence else ()

    @property
    def _openings(self) -> tuple[bytes, ...]:
        return (self.opening, *(self.fence.opening if self.fence else ()))

    def _fenced(self, statements: Iterable[bytes]) -> psycopg.Cursor[TupleRow]:
        try:
            return super().execute(b"; ".join(filter(None, statements)))
        except psycopg.Error as error:
            told = self.fence.explained(error) if self.fence else None
            if told is None:
                raise
            raise told from None


def _text(query: str | bytes | Composable, connection: psycopg.Connection[TupleRow]) -> bytes:
    if isinstance(query, Composable):
        return query.as_bytes(connection)
    return query.encode() if isinstance(query, str) else query
