"""How what a run did looks to people."""

from collections.abc import Iterable

from rich.text import Text

from psqlmigrate.output.console import console
from psqlmigrate.service.running import RunResult

_SECONDS_FROM_MS = 10_000


def one_line(text: str) -> str:
    """The text on one line, without what a terminal would obey."""
    line = " ".join(text.split())
    return line if line.isprintable() else "".join(map(_printable, line))


def _printable(one: str) -> str:
    return one if one.isprintable() else " "


def row(version: str, message: str, width: int, ms: int) -> str:
    """`20261123_101500  add email to users   12 ms`."""
    return f" {version}  {one_line(message):<{width}}  {took(ms):>9}"


def took(ms: int) -> str:
    """A duration for people."""
    return f"{ms} ms" if ms < _SECONDS_FROM_MS else f"{ms / 1000:.1f} s"


def print_run(result: RunResult, *, strict: bool, no_color: bool) -> None:
    """What the rows that were shown while it ran do not say."""
    out = console(no_color=no_color)
    done = "applied" if result.direction == "up" else "reverted"
    for version in result.by_others:
        out.print(Text(f" {version}  {done} by another run"))
    for version in result.adopted if result.direction == "up" else ():
        out.print(Text(f" {version}  counts as applied: all that it replaces is"))
    left = f"{result.pending} pending" if result.pending else "none pending"
    out.print(f"{len(result.ran)} {done}, {left}" if result.ran else f"nothing to do, {left}")
    _warn(_warnings(result, strict=strict), no_color=no_color)


def _warnings(result: RunResult, *, strict: bool) -> list[str]:
    words = [f"{version} is older than what was applied before" for version in result.late]
    words += [
        f"{one.kind} {one.name} is not as the certificate of {one.version} says"
        + (f" (proven on PostgreSQL {one.major})" if one.major else "")
        for one in result.differing
    ]
    if strict:
        words += [
            f"{version} has no certificate for its present text: it was not compared"
            for version in result.uncertified
        ]
    return words


def _warn(words: Iterable[str], *, no_color: bool) -> None:
    err = console(no_color=no_color, stderr=True)
    for one in words:
        err.print(Text(f"warning: {one}", style="yellow"), soft_wrap=True)
