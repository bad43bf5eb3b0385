"""What a migration's object does in one direction, also where only its async method does it."""

import ast
import asyncio
import inspect
import re
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from typing import Any, Protocol, TypeAlias, TypeVar

from psqlmigrate.errors import MigrationFileError
from psqlmigrate.migrations import limits
from psqlmigrate.migrations.base import Migration
from psqlmigrate.migrations.file import MigrationFile
from psqlmigrate.migrations.hosting import hosted
from psqlmigrate.migrations.methods import does_nothing, method, migration_class
from psqlmigrate.migrations.sent import Params, shown
from psqlmigrate.migrations.standins import standing_in

Later: TypeAlias = Callable[[Any], Coroutine[Any, Any, None]]
Named: TypeAlias = dict[str, Any]
T = TypeVar("T")

# What may hold a `$1` that is no parameter: strings, quoted names, dollar quotes, comments.
_TOKEN = re.compile(
    r"[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\""
    r"|\$(?P<tag>[^\W\d]\w*)?\$.*?\$(?(tag)(?P=tag))\$|--[^\r\n]*|/\*.*?\*/"
    r"|(?<![\w$])\$(?P<number>[1-9]\d*)|%",
    re.DOTALL,
)


class Asked(Protocol):
    """What an async migration needs of the engine."""

    @property
    def connection(self) -> Any:
        """The connection."""

    def execute(self, sql: str, params: Params = None) -> object:
        """Run one or more statements."""

    def fetch_named(self, sql: str, params: Params = None) -> list[Named]:
        """All rows of a query by the names of their columns."""
        ...


class AsyncEngine:
    """The engine as psqlmodel's async migrations have it: awaited, with `$1` for parameters."""

    def __init__(self, engine: Asked) -> None:
        self._engine = engine
        self.unawaited = 0
        """How many calls were made that nobody has awaited: nothing of them was run."""

    @property
    def connection(self) -> Any:
        """The psycopg connection that the migration runs on; it is not async."""
        return self._engine.connection

    def execute(self, sql: str, *args: Any) -> Coroutine[Any, Any, None]:
        """Run one or more statements, or one with arguments."""

        def execute() -> None:
            self._engine.execute(*_of_psycopg(sql, args))

        return self._later(execute)

    execute_sql = execute

    def fetch_all(self, sql: str, *args: Any) -> Coroutine[Any, Any, list[Named]]:
        """All rows of a query by the names of their columns."""
        return self._later(lambda: self._engine.fetch_named(*_of_psycopg(sql, args)))

    def fetch_one(self, sql: str, *args: Any) -> Coroutine[Any, Any, Named | None]:
        """The first row of a query by the names of its columns."""
        query = _of_psycopg(sql, args)
        return self._later(lambda: next(iter(self._engine.fetch_named(*query)), None))

    def _later(self, call: Callable[[], T]) -> Coroutine[Any, Any, T]:
        async def awaited() -> T:
            self.unawaited -= 1
            return call()

        self.unawaited += 1
        return awaited()


def body(file: MigrationFile, migration: Migration, direction: str) -> Callable[[Any], None]:
    """What `up` or `down` does, ready for an engine.

    A plain method that does something is what runs, as in psqlmodel's own command line. The async
    one runs where the plain one is missing or empty, since else the migration would be recorded
    and not done.
    """
    plain: Callable[[Any], Any] = getattr(migration, direction)
    later: Later | None = getattr(migration, f"{direction}_async", None)
    if inspect.iscoroutinefunction(plain):
        return _ready(file, plain)
    if later and _is_own(migration, f"{direction}_async") and _is_idle(file, migration, direction):
        return _ready(file, later)
    return _inside(file, plain)


def is_written(migration: Migration, direction: str) -> bool:
    """Whether the class has the method itself, plain or async."""
    return _is_own(migration, direction) or _is_own(migration, f"{direction}_async")


def timeout_of(file: MigrationFile, migration: Migration) -> float:
    """The seconds that each of its statements may take; 0 for no limit."""
    stated: object = getattr(migration, "timeout_seconds", None)
    found = limits.seconds(stated or 0, "s")
    if found is None:
        raise MigrationFileError(
            f"{shown(file.path)}: timeout_seconds is {limits.EXPECTED.format('s')}",
            file_path=str(file.path),
        )
    return found


def _is_own(migration: Migration, name: str) -> bool:
    base = getattr(Migration, name)
    return getattr(type(migration), name, base) is not base


def _is_idle(file: MigrationFile, migration: Migration, name: str) -> bool:
    """Whether a method does nothing; one that the file does not show does something."""
    if not _is_own(migration, name):
        return True
    tree = ast.parse(file.text)
    node = migration_class(tree, file.version)
    function = method(tree, node, name) if node else None
    return function is not None and does_nothing(function)


def _ready(file: MigrationFile, later: Later) -> Callable[[Any], None]:
    def run(engine: Any) -> None:
        asked = AsyncEngine(engine)
        _wait(later(asked))
        if asked.unawaited:
            raise _undone(file, "calls the engine without await", "write await before each call")

    return _inside(file, run)


def _inside(file: MigrationFile, run: Callable[[Any], Any]) -> Callable[[Any], None]:
    """The same, able to import what the file could import when it was loaded.

    Raises MigrationFileError for code that only promises to do something.
    """

    def running(engine: Any) -> None:
        with standing_in() if file.of_psqlmodel else nullcontext(), hosted():
            made = run(engine)
        if inspect.iscoroutine(made):
            made.close()
            raise _undone(file, "makes a coroutine and does not await it")
        if inspect.isgenerator(made) or inspect.isasyncgen(made):
            raise _undone(file, "is a generator, because it has a yield")

    return running


def _undone(file: MigrationFile, why: str, hint: str = "") -> MigrationFileError:
    return MigrationFileError(
        f"{file.name} {why}: what it promises to do is not done",
        file_path=str(file.path),
        hint=hint,
    )


def _wait(coroutine: Coroutine[Any, Any, None]) -> None:
    """Runs it to its end. asyncio.run() would take SIGINT away from psycopg, which cancels by it."""
    if asyncio._get_running_loop() is None:
        _run(coroutine)
        return
    with ThreadPoolExecutor(1) as other:  # a program's own loop is running in this thread
        other.submit(_run, coroutine).result()


def _run(coroutine: Coroutine[Any, Any, None]) -> None:
    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(coroutine)
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


def _of_psycopg(sql: str, args: Sequence[Any]) -> tuple[str, Mapping[str, Any] | None]:
    """A query with `$1` as psycopg takes it; without arguments everything is data."""
    if not args:
        return sql, None

    def rewritten(token: re.Match[str]) -> str:
        if token["number"]:
            return f"%({token['number']})s"
        return token[0].replace("%", "%%")

    return _TOKEN.sub(rewritten, sql), {str(i): value for i, value in enumerate(args, 1)}
