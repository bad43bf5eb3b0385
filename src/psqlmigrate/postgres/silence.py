"""Tells a server that works in silence from one that cannot be heard any more.

Keepalives notice a machine that is gone. What stands in between (a proxy, a tunnel) may answer them
and pass nothing on: so whoever has heard nothing for long asks on a second connection.
"""

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar, cast

import psycopg
from psycopg.abc import PQGen
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow

Answer = TypeVar("Answer")

_CANCEL_S = 2.0
"""What an interrupted program gives the network to take the request to cancel, and then the server
to answer: whoever sent SIGTERM may send SIGKILL soon."""

_DOUBTS = 2
"""One may come from an answer that was on its way just then."""

# It is active from the first of a statement's messages on, and may wait for the others.
# Somebody else may have that number on another server, where names stand for several.
_ASKED = b"""
SELECT a.state IN ('idle', 'idle in transaction', 'idle in transaction (aborted)')
       OR a.pid IS NULL OR a.wait_event IN ('ClientRead', 'ClientWrite')
  FROM (SELECT 1) AS one LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = %(pid)s::pg_catalog.int4
 WHERE pg_catalog.pg_postmaster_start_time() = %(started)s::pg_catalog.timestamptz
    OR %(started)s::pg_catalog.timestamptz IS NULL
       AND a.application_name OPERATOR(pg_catalog.=) %(name)s"""


class Silence:
    """The limit for one connection; `works` asks whether the server is at work for it.

    `works` is called in a thread of its own, and may take as long as it likes.
    """

    def __init__(self, limit_s: float, works: Callable[[], bool]) -> None:
        self.limit_s = limit_s
        self.works = works

    def over(self, waiting: PQGen[Answer]) -> PQGen[Answer]:
        """The same waiting, which is sent what is ready, or 0. Raises Unheard when the connection is lost."""
        doubt = _Doubt(self)
        try:
            wanted = next(waiting)
            while True:
                ready = yield wanted
                if ready:
                    doubt = _Doubt(self)
                elif doubt.is_grave():
                    raise Unheard(
                        f"nothing was heard of the server for {self.limit_s:g} s (network_timeout)"
                    )
                wanted = waiting.send(ready)
        except StopIteration as end:
            answer: Answer = end.value
            return answer


class _Doubt:
    """What speaks against a connection since something was heard over it."""

    def __init__(self, silence: Silence) -> None:
        self._silence = silence
        self._share = silence.limit_s / (_DOUBTS + 1)
        self._since = time.monotonic()
        self._count = 0
        self._question: _Question | None = None

    def is_grave(self) -> bool:
        """Whether it is enough: the server was asked again and again, each time after a while."""
        silent = time.monotonic() - self._since
        asked = self._question
        if asked is None:
            if silent >= self._share * (self._count + 1):
                self._question = _Question(self._silence.works)
        elif asked.answer:
            self._since, self._count, self._question = time.monotonic(), 0, None
        elif asked.answer is False or asked.age >= self._share:
            self._count, self._question = self._count + 1, None
        return self._count >= _DOUBTS


class _Question:
    """It is asked meanwhile; the answer is None until there is one."""

    def __init__(self, works: Callable[[], bool]) -> None:
        self.answer: bool | None = None
        self._works = works
        self._asked = time.monotonic()
        threading.Thread(target=self._ask, daemon=True).start()

    @property
    def age(self) -> float:
        """How long ago it was asked."""
        return time.monotonic() - self._asked

    def _ask(self) -> None:
        self.answer = self._works()


# psycopg writes to stderr there what nobody can do anything about.
logging.getLogger("psycopg").addHandler(logging.NullHandler())


class Unheard(psycopg.OperationalError):
    """Nothing came over the connection any more."""


class Listening(psycopg.Connection[TupleRow]):
    """A connection that is lost when nothing is heard over it for too long."""

    silence: Silence | None = None

    def wait(self, gen: PQGen[Answer], *rest: Any, **named: Any) -> Answer:
        """What psycopg does whenever it needs an answer."""
        heard = self.silence.over(gen) if self.silence else gen
        try:
            return super().wait(self._ending(heard), *rest, **named)
        except Unheard:
            self.pgconn.finish()
            raise
        except KeyboardInterrupt:
            # It ended the generator itself: nobody can wait for the answer any more.
            if self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                self.pgconn.finish()
            raise

    def cancel_safe(self, *, timeout: float = _CANCEL_S) -> None:
        """psycopg's, with less patience."""
        super().cancel_safe(timeout=min(timeout, _CANCEL_S))

    def _ending(self, waiting: PQGen[Answer]) -> PQGen[Answer]:
        """The same waiting, which does not last any more once it was interrupted and cancelled."""
        end = float("inf")
        try:
            wanted = next(waiting)
            while True:
                ready = yield wanted
                # psycopg begins to wait anew, for what it has cancelled.
                if cast("int | None", ready) is None:
                    end = time.monotonic() + _CANCEL_S
                elif not ready and time.monotonic() > end:
                    self.pgconn.finish()
                    raise psycopg.errors.QueryCanceled("interrupted; the server did not answer")
                wanted = waiting.send(ready)
        except StopIteration as stop:
            answer: Answer = stop.value
            return answer


def works(
    conninfo: str, limit_s: float, name: str, pid: int, started: datetime | None = None
) -> bool:
    """Whether the server answers, and does not say that its session `pid` waits for us.

    `started` is when that server was. As long as that is not known, the number may be one that a
    pooler made up, so the session must have that application's name; and whoever lets us in has
    been heard, even if there is no session to give. Any refusal is an answer, too.
    """
    known = {"pid": pid, "started": started, "name": name}
    # Its answer has to come before the question itself is a doubt.
    patience = limit_s if started else limit_s / (2 * _DOUBTS + 2)
    try:
        with Listening.connect(conninfo, autocommit=True, prepare_threshold=None) as second:
            second.silence = Silence(patience, lambda: False)
            row = second.execute(_ASKED, known).fetchone()
    except Unheard:
        return started is None
    except psycopg.errors.ConnectionTimeout:
        return False
    except psycopg.Error:
        return True
    return not (row and row[0])
