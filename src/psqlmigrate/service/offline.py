"""The SQL of migrations as one script for psql, made without a database."""

from collections.abc import Mapping, Sequence
from typing import LiteralString, NoReturn

from psycopg.sql import Composable, Literal

from psqlmigrate.errors import MigrationFileError
from psqlmigrate.migrations.control import refuse_control
from psqlmigrate.migrations.file import MigrationFile
from psqlmigrate.migrations.graph import Graph
from psqlmigrate.migrations.replaced import walk
from psqlmigrate.migrations.sent import Params, Sent, calling_line, sent, shown
from psqlmigrate.postgres.connect import pins
from psqlmigrate.postgres.engine import as_text, code
from psqlmigrate.schema.script import split
from psqlmigrate.schema.sqltext import Sql, ident, join, literal, number, printed, sql
from psqlmigrate.service import bookkeeping, history, state
from psqlmigrate.service.adoption import LATER
from psqlmigrate.service.bookkeeping import Tables
from psqlmigrate.service.journal import details
from psqlmigrate.service.locking import LockKey, key_of

# One attempt, no waiting: a waiting block would hold a snapshot that CREATE INDEX CONCURRENTLY
# of the other run waits for.
_LOCK = """
BEGIN
  IF NOT pg_catalog.pg_try_advisory_lock({key}) THEN
    RAISE EXCEPTION 'another run of psqlmigrate holds the lock';
  END IF;
END"""

# A run behind a pooler has the lock in its transactions only.
_LEASED = """
BEGIN
  IF pg_catalog.to_regclass({name}) IS NOT NULL THEN
    IF EXISTS (SELECT FROM {lease}
                WHERE history OPERATOR(pg_catalog.=) {own} AND holder IS NOT NULL
                  AND expires OPERATOR(pg_catalog.>) pg_catalog.clock_timestamp()) THEN
      RAISE EXCEPTION 'another run of psqlmigrate holds the lock, behind a pooler';
    END IF;
  END IF;
END"""

# Without a database nobody could see that psqlmodel keeps a history somewhere else.
_ELSEWHERE = """
DECLARE elsewhere pg_catalog.name := (
  SELECT n.nspname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relname = {history}::pg_catalog.name AND n.nspname <> {schema}::pg_catalog.name
     AND (n.nspname = {later}::pg_catalog.name OR NOT EXISTS (
           SELECT FROM pg_catalog.pg_class j
            WHERE j.relnamespace = n.oid AND j.relname = {journal}::pg_catalog.name))
   LIMIT 1);
BEGIN
  IF pg_catalog.to_regclass({ours}) IS NULL AND elsewhere IS NOT NULL THEN
    RAISE EXCEPTION 'psqlmodel has a history in schema %', elsewhere
      USING HINT = 'psqlmigrate init goes on with it; history_schema names where';
  END IF;
END"""

_CLAIM = """
BEGIN
  INSERT INTO {history} AS h (version, message, applied_at, checksum)
  VALUES ({version}, {message}, pg_catalog.clock_timestamp(), {checksum})
  ON CONFLICT (version) DO UPDATE
     SET message = EXCLUDED.message, applied_at = EXCLUDED.applied_at,
         checksum = EXCLUDED.checksum, execution_time_ms = NULL, rolled_back_at = NULL
   WHERE h.rolled_back_at IS NOT NULL;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'migration % is applied already', {version};
  END IF;
END"""

_REVERT = """
BEGIN
  UPDATE {history} SET rolled_back_at = pg_catalog.clock_timestamp()
   WHERE version OPERATOR(pg_catalog.=) {version} AND rolled_back_at IS NULL;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'migration % is not applied', {version};
  END IF;
END"""

# A database that has a part of a squashed migration must go on with the other parts.
_PARTED = """
BEGIN
  IF EXISTS (SELECT FROM {history}
              WHERE version::pg_catalog.text IN ({versions}) AND rolled_back_at IS NULL) THEN
    RAISE EXCEPTION 'a part of migration % is applied already', {version}
      USING HINT = 'psqlmigrate upgrade goes on from there';
  END IF;
END"""

_TIME = """\
UPDATE {history} SET execution_time_ms =
       extract(epoch FROM pg_catalog.clock_timestamp() - applied_at) * 1000
 WHERE version OPERATOR(pg_catalog.=) {version}"""

_ENTRY = """\
INSERT INTO {journal} (event, version, detail)
VALUES ({event}, {version},
        pg_catalog.jsonb_build_object('role', session_user) || {detail}::pg_catalog.jsonb)"""


class RecordingEngine:
    """Keeps what a migration would run; what asks the database is an error."""

    def __init__(self, file: MigrationFile) -> None:
        self._file = file
        self.statements: list[Sent] = []

    @property
    def connection(self) -> NoReturn:
        """There is none."""
        self._refuse("uses the connection")

    _conn = connection

    def execute(self, sql: str | bytes | Composable, params: Params = None) -> None:
        """Keep the statements of a text."""
        for one in sent(as_text(sql, None), params, self._file.path):
            self.send(one)

    execute_sql = execute

    def fetch_all(self, sql: str | bytes | Composable, params: Params = None) -> NoReturn:
        """Cannot be answered."""
        self._refuse("reads rows", sql, params)

    def fetch_one(self, sql: str | bytes | Composable, params: Params = None) -> NoReturn:
        """Cannot be answered."""
        self._refuse("reads a row", sql, params)

    def fetch_named(self, sql: str, params: Params = None) -> NoReturn:
        """Cannot be answered."""
        self._refuse("reads rows", sql, params)

    def send(self, statement: Sent) -> None:
        """Keep one statement."""
        if self._file.transactional:
            refuse_control(statement)
        self.statements.append(statement)

    def _refuse(self, what: str, *_given: object) -> NoReturn:
        line = calling_line(self._file.path)
        raise MigrationFileError(
            f"{shown(self._file.path)}:{line}: {what}, which needs a database",
            file_path=str(self._file.path),
            hint="run psqlmigrate upgrade against the database itself",
        )


def script(
    files: Sequence[MigrationFile],
    direction: str,
    graph: Graph,
    tables: Tables,
    search_path: str = "public",
) -> str:
    """Everything that `upgrade` (`up`) or `downgrade` (`down`) of these would run, for psql."""
    word = "upgrade" if direction == "up" else "downgrade"
    parts = [
        f"-- psqlmigrate {word}: {len(files)} migration{'' if len(files) == 1 else 's'}.",
        "-- Run it with psql -X -f; nobody else should migrate this database meanwhile.",
        "\\set ON_ERROR_STOP on",
        "",
        *_settings(search_path),
        _block(sql(_LOCK, key=_number(key_of(tables)))),
        _block(
            tables.text(
                _LEASED,
                name=literal(ident(tables.schema, tables.lease)),
                own=literal(tables.history),
            )
        ),
        _not_elsewhere(tables),
        *(_ended(one) for one in bookkeeping.script(tables)),
        "-- What is managed is not followed here: status finds it out anew.",
        _ended(tables.text(state.UNMARK)),
    ]
    for file in files:
        parts += ["", *_one(file, direction, graph, tables, search_path)]
    unlock = sql("SELECT pg_catalog.pg_advisory_unlock({})", _number(key_of(tables)))
    return "\n".join([*parts, "", _ended(unlock), ""])


def _not_elsewhere(tables: Tables) -> str:
    names = {"history": tables.history, "schema": tables.schema, "journal": tables.journal}
    names |= {"later": LATER, "ours": ident(tables.schema, tables.journal)}
    return _block(sql(_ELSEWHERE, **{key: literal(value) for key, value in names.items()}))


def _one(
    file: MigrationFile, direction: str, graph: Graph, tables: Tables, search_path: str
) -> list[str]:
    own = statements(file, direction)
    claim, after = _rows(file, direction, graph, tables)
    before = "\n".join([*_parts(file, direction, tables), claim])
    # Its settings end with it, as in a run.
    again = ["RESET ROLE;", "RESET ALL;", *_settings(search_path)]
    head = f"-- {file.version} {' '.join(file.message.split())}".rstrip()
    if file.transactional:
        return [head, "BEGIN;", before, *own, *again, *after, "COMMIT;"]
    return [head, *own, *again, "BEGIN;", before, *after, "COMMIT;"]


def statements(file: MigrationFile, direction: str) -> list[str]:
    """What a migration would run, each statement with its semicolon.

    Raises MigrationFileError naming file and line where it asks the database something.
    """
    engine = RecordingEngine(file)
    body, _ = code(file, direction)
    try:
        body(engine)
    except MigrationFileError:
        raise
    except Exception as error:
        raise MigrationFileError(
            f"{shown(file.path)}: {type(error).__name__}: {error}", file_path=str(file.path)
        ) from error
    return [text for one in engine.statements for text in _texts(one)]


def _texts(statement: Sent) -> list[str]:
    if statement.copy_data is not None:
        return [f"{statement.sql};\n{statement.copy_data}\\."]
    text = _filled(statement)
    return [_ended(printed(one.text)) for one in split(text)]


def _filled(statement: Sent) -> str:
    """The statement with its params as constants."""
    if statement.params is None:
        return statement.sql
    try:
        if isinstance(statement.params, Mapping):
            named = {key: _constant(value) for key, value in statement.params.items()}
            return statement.sql % named
        return statement.sql % tuple(_constant(value) for value in statement.params)
    except (KeyError, TypeError, ValueError) as error:
        raise MigrationFileError(
            f"{statement.place}: the params do not fit: {error}", file_path=str(statement.path)
        ) from None


def _constant(value: object) -> str:
    return Literal(value).as_string(None)


def _rows(
    file: MigrationFile, direction: str, graph: Graph, tables: Tables
) -> tuple[str, list[str]]:
    """The block that claims the history's row, and what follows the migration's own statements."""
    up = direction == "up"
    version = literal(file.version)

    def text(template: LiteralString, **further: Sql) -> Sql:
        return tables.text(template, version=version, **further)

    if up:
        claim = text(_CLAIM, message=literal(file.message), checksum=literal(file.checksum))
    else:
        claim = text(_REVERT)
    parents = sorted(graph.parents(file.version))
    detail = details(host=None, script=True, checksum=file.checksum, parents=parents)
    event = literal("applied" if up else "reverted")
    entry = text(_ENTRY, event=event, detail=literal(detail))
    return _block(claim), [_ended(one) for one in ([text(_TIME), entry] if up else [entry])]


def _parts(file: MigrationFile, direction: str, tables: Tables) -> list[str]:
    """What becomes of the rows of what a squashed migration replaces."""
    if not file.replaces:
        return []
    versions = join(", ", (literal(one.version) for one in walk(file.replaces)))
    if direction == "up":
        own = literal(file.version)
        return [_block(tables.text(_PARTED, versions=versions, version=own))]
    marked = history.replaced(tables, file)
    return [_ended(marked)] if marked else []


def _settings(search_path: str) -> list[str]:
    call = "SET {} = {}"
    shown_settings = {
        name: value for name, value in pins(search_path).items() if name != "search_path"
    }
    lines = [sql(call, printed(name), literal(value)) for name, value in shown_settings.items()]
    path = sql(
        "SELECT pg_catalog.set_config('search_path', {}, false) AS search_path",
        literal(search_path),
    )
    return [_ended(one) for one in (*lines, path)]


def _block(body: Sql) -> str:
    """A DO statement; its dollar quote is one that the body cannot end."""
    tag = "$psqlmigrate$"
    while tag in body:
        tag = f"{tag[:-1]}_$"
    return f"DO {tag}{body}\n{tag};"


def _ended(statement: Sql) -> str:
    return f"{statement.strip()};"


def _number(key: LockKey) -> Sql:
    return number(key.number)
