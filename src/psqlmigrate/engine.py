"""The engine of the Python API: a database, a connection to it, and the check for drift."""

import os
import threading
import warnings
import weakref
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Self, TypeVar

from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow
from psycopg.sql import Composable

from psqlmigrate.errors import MigrationFileError, SchemaDriftWarning, UsageError
from psqlmigrate.migrations.sent import Params, Sent
from psqlmigrate.postgres.connect import Connection
from psqlmigrate.postgres.engine import Cursor, MigrationEngine, perform
from psqlmigrate.postgres.target import Target
from psqlmigrate.service import startup
from psqlmigrate.service.loglines import Guarded, Log, configured, to_stderr
from psqlmigrate.service.workspace import Workspace
from psqlmigrate.settings import MigrationConfig, Specs, settings_of

__all__ = ["Engine", "create_engine"]

T = TypeVar("T")

_NO_FILE = Path("SQL")

# The rows of system catalogs have oids below 16384 (manual, 53.11 and transam.h).
_LOCKED = b"""
SELECT DISTINCT pg_catalog.format('%%I.%%I', n.nspname, c.relname)
  FROM pg_catalog.pg_locks k
  JOIN pg_catalog.pg_class c ON c.oid = k.relation
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE k.pid = %s AND k.granted AND k.relation >= '16384' AND c.relkind <> 'i'
   AND k.database = (SELECT d.oid FROM pg_catalog.pg_database d
                      WHERE d.datname = pg_catalog.current_database())
 ORDER BY 1"""


class Engine:
    """One database, by one autocommit connection that is opened when it is first needed.

    Its methods are those that a migration's engine has, with the same settings of the session
    (search_path public, times in UTC). Threads may share an engine: statements wait for each
    other, and a transaction begun by one is all others' as well. Managers work on connections of
    their own, so what is open here neither disturbs them nor is seen by them. A closed engine
    opens a new connection when it is used again.
    """

    def __init__(self, workspace: Workspace, config: MigrationConfig | None, folder: Path) -> None:
        self._workspace = workspace
        self._config = config
        self._folder = folder
        self._lock = threading.RLock()
        self._open: tuple[Connection, ExitStack] | None = None
        self._leaving: weakref.finalize[[], Engine] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Engine {self.target.label}>"

    @property
    def target(self) -> Target:
        """The database and what chose it."""
        return self._workspace.chosen

    @property
    def config(self) -> MigrationConfig | None:
        """The options that the engine was made with."""
        return self._config

    @property
    def connection(self) -> Connection:
        """The psycopg connection, in autocommit mode. Raises ConnectionFailedError."""
        with self._lock:
            if self._open and not self._open[0].closed:
                return self._open[0]
            self.close()
            with ExitStack() as stack:
                target = stack.enter_context(self._workspace.target())
                connection = self._workspace.connected(target)
                stack.callback(connection.close)
                kept = stack.pop_all()
            self._open = connection, kept
            # A server of the project's own is stopped by its last user, who may just end.
            self._leaving = weakref.finalize(self, kept.close)
            return connection

    def execute(self, sql: str | bytes | Composable, params: Params = None) -> Cursor | None:
        """Runs one or more statements; the cursor of the last one, None for an empty text.

        Without params `%` and `:` are data; with params one statement, `%s` or `%(name)s` stand for
        the values and `%%` for a percent sign. Several statements are several transactions, unless
        they begin one. Raises psycopg's errors, and UsageError for a text that ends in a quote.
        """
        return self._asking(lambda engine: engine.execute(sql, params))

    execute_sql = execute

    def fetch_all(self, sql: str | bytes | Composable, params: Params = None) -> list[TupleRow]:
        """All rows of a query."""
        return self._asking(lambda engine: engine.fetch_all(sql, params))

    def fetch_one(self, sql: str | bytes | Composable, params: Params = None) -> TupleRow | None:
        """The first row of a query; None without any."""
        return self._asking(lambda engine: engine.fetch_one(sql, params))

    def close(self) -> None:
        """Closes the connection; what was not committed is rolled back."""
        with self._lock:
            if self._leaving:
                self._leaving()
            self._open = self._leaving = None

    def workspace(self, config: MigrationConfig | None = None) -> Workspace:
        """The project around this database, with these options, else with the engine's own.

        Read anew at each call, as commands do. Raises ConfigError.
        """
        mine = self._workspace
        settings = settings_of(config or self._config, self._folder)
        whole = replace(mine, config=settings)
        return replace(whole, config=whole.settings, fixed=self.target)

    def refuse_own_locks(self) -> None:
        """Raises UsageError where this engine's open transaction has locks on tables.

        A run works on another connection and would wait for them, and nobody could end that.
        """
        with self._lock:
            connection = self._open[0] if self._open else None
            if connection is None or connection.closed:
                return
            status = connection.info.transaction_status
            if status == TransactionStatus.IDLE:
                return
            pid = connection.session
            if not pid and status == TransactionStatus.INTRANS:
                row = connection.execute(b"SELECT pg_catalog.pg_backend_pid()").fetchone()
                pid = row[0] if row else 0
            tables = self._locked_tables(pid)
        if tables:
            raise UsageError(
                f"this engine's connection is in a transaction that keeps {', '.join(tables)} locked",
                hint="engine.connection.commit() or rollback() ends it",
            )

    def _locked_tables(self, pid: int) -> list[str]:
        with self._workspace.connection() as other:
            return [name for (name,) in other.execute(_LOCKED, (pid,))]

    def _asking(self, ask: Callable[[MigrationEngine], T]) -> T:
        connection = self.connection

        def run(one: Sent) -> Cursor:
            return perform(connection, one)

        try:
            return ask(MigrationEngine(connection, _NO_FILE, run))
        except MigrationFileError as error:
            raise UsageError(error.message.removeprefix(f"{_NO_FILE}:0: ")) from None


def refuse_other_engine(engine: object, taker: str) -> None:
    """Raises UsageError for what is no engine of psqlmigrate's, such as psqlmodel's or a URL."""
    if not isinstance(engine, Engine):
        raise UsageError(
            f"{taker} takes psqlmigrate's engine",
            hint='psqlmigrate.create_engine("postgresql://…") makes one',
        )


def create_engine(
    url: str | None = None,
    check_schema_drift: bool = True,
    *,
    config: MigrationConfig | None = None,
    models: Specs = None,
    fail_on_drift: bool | None = None,
    debug: bool | None = None,
    logger: Log | None = None,
    connect_wait: float = 0.0,
) -> Engine:
    """An engine for the database of a URL; without one, for that which the command line would take.

    The URL is what `--url` takes: postgresql://… (a driver after + is ignored), key=value settings
    of libpq's, or "embedded". Managers take the options from the engine, unless they have their
    own; `models` to `logger` are those of `config`, for short. `connect_wait` seconds are given to a server that starts. Nothing is
    connected before it is needed; but where models are configured, they are compared with the
    database now, and a difference is a SchemaDriftWarning, with `fail_on_drift` a SchemaDriftError.
    Models that cannot be read are a warning as well, with `fail_on_drift` their error.

    Raises UsageError for what is no URL, NoTargetError where no database is named.
    """
    if url is not None and not isinstance(url, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise UsageError(
            "the URL of create_engine is no text", hint="write postgresql://user@host:5432/database"
        )
    if url is not None and not url.strip():
        raise UsageError(
            "the URL of create_engine is empty",
            hint="write postgresql://user@host:5432/database; without an argument it is looked up as"
            " the command line does",
        )
    folder = Path.cwd()
    short = {"models": models, "fail_on_drift": fail_on_drift, "debug": debug, "logger": logger}
    if given := {name: value for name, value in short.items() if value is not None}:
        config = (config or MigrationConfig()).changed(**given)
    settings = settings_of(config, folder)
    workspace = Workspace(
        settings, os.environ, url, connect_wait=connect_wait, url_source="create_engine"
    )
    engine = Engine(workspace, config, folder)
    engine.target  # noqa: B018 - a URL that is none is told here
    if check_schema_drift:
        warn_of_drift(engine.workspace(), config, stacklevel=3)
    return engine


def log_of(workspace: Workspace, config: MigrationConfig | None) -> Log | None:
    """Who is told in lines of text: the given logger; with `debug` and without any, stderr."""
    if config and config.logger:
        return config.logger
    settings = workspace.settings
    return to_stderr if settings.debug and not settings.logger else None


def warn_of_drift(workspace: Workspace, config: MigrationConfig | None, *, stacklevel: int) -> None:
    """Compares models and database: a warning, a line for the logger, or an error."""
    found = startup.drift(workspace, fail=workspace.settings.fail_on_drift)
    if found is None:
        return
    given = config.logger if config else None
    if log := given or configured(workspace.settings):
        Guarded(log)(found)
    warnings.warn(found, SchemaDriftWarning, stacklevel=stacklevel)
