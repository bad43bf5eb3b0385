"""The signals that end the program.

A handler may be called in the middle of an import: it imports nothing itself.
"""

import os
import signal
from collections.abc import Generator
from contextlib import contextmanager, suppress
from types import FrameType

HUNG_UP, INTERRUPTED, TERMINATED = 129, 130, 143
_ENDING = (signal.SIGTERM, signal.SIGHUP)


class Terminated(KeyboardInterrupt):
    """SIGTERM or SIGHUP came; what a driver does for SIGINT, it does for these as well."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        gone = number == signal.SIGHUP
        self.exit_code, self.word = (HUNG_UP, "hung up") if gone else (TERMINATED, "terminated")


def be_quick() -> None:
    """From now on each of them ends the program where it is: there is nothing to put in order yet."""
    for number in (signal.SIGINT, *_ENDING):
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup has it ignored: so it stays
            signal.signal(number, _leave)


def listen() -> None:
    """From now on the first of them raises where the program is: KeyboardInterrupt, Terminated."""
    for number in _ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _terminate)
    if signal.getsignal(signal.SIGINT) in {signal.default_int_handler, _leave}:
        signal.signal(signal.SIGINT, _interrupt)


def ignore() -> None:
    """From now on none of them is of any effect: it is decided how the program ends.

    The interpreter, at its own end, would be killed by one.
    """
    for number in (signal.SIGINT, *_ENDING):
        signal.signal(number, signal.SIG_IGN)


@contextmanager
def undisturbed() -> Generator[None]:
    """None of them is of any effect inside: how the program ends is being told."""
    before = {one: signal.getsignal(one) for one in (signal.SIGINT, *_ENDING)}
    ignore()
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)


def _leave(number: int, _frame: FrameType | None) -> None:
    word = "interrupted" if number == signal.SIGINT else Terminated(number).word
    with suppress(OSError):
        os.write(2, f"{word}\n".encode())
    os._exit(128 + number)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    # Who is in a hurry may cut short what the first one began.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    _hear_only()
    raise KeyboardInterrupt


def _terminate(number: int, _frame: FrameType | None) -> None:
    _hear_only()
    raise Terminated(number)


def _hear_only() -> None:
    """A terminal that goes sends it more than once; what is put in order is put in order once."""
    for further in _ENDING:
        if signal.getsignal(further) is _terminate:
            signal.signal(further, _heard)


def _heard(_number: int, _frame: FrameType | None) -> None:
    """The program is ending already."""
