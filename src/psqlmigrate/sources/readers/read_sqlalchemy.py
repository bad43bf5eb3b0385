"""SQLAlchemy's MetaData as SQL: what create_all() would run on an empty PostgreSQL database."""

from __future__ import annotations

import importlib
import inspect
import re
import sys
import warnings
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from .model_source import ModelSource, Reading, UnusableModels, literal, renames_of

# Without DDL of its own a project has no words for partitions, for what belongs to views, and for
# comments on anything else; a schema is there for the tables in it.
COVERAGE = (
    "enum", "sequence", "sequence owner", "table without partition", "column of table",
    "default of column", "identity of column", "constraint of table", "index of table",
    "comment of table", "comment of column",
)  # fmt: skip
_COMMENT_OF_CONSTRAINT = "comment of constraint"  # from SQLAlchemy 2.0 on

# What DDL of a listener or a type of the project's may say all the same.
_CLUSTER = r"\bCLUSTER\s+ON\b|\ACLUSTER\b"
UNSTATED: dict[str, str | None] = {
    "column.storage": r"\bSTORAGE\s+(PLAIN|EXTERNAL|EXTENDED|MAIN|DEFAULT)\b",
    "column.compression": r"\bCOMPRESSION\s+(pglz|lz4|default)\b",
    "column.statistics": r"\bALTER\s+TABLE\b.*\bSET\s+STATISTICS\b",
    "column.options": r"\bALTER\s+(COLUMN\s+)?\S+\s+SET\s*\(",
    "constraint.options": r"\bALTER\s+TABLE\b.*\b(UNIQUE|KEY|EXCLUDE)\b.*\bWITH\s*\(\s*\w+\s*=",
    "constraint.clustered": _CLUSTER,
    "identity.sequence_schema": None,
    "identity.sequence_name": None,
    "index.statistics": r"\bALTER\s+INDEX\b.*\bSET\s+STATISTICS\b",
    "index.clustered": _CLUSTER,
    "table.access_method": r"\bSET\s+ACCESS\s+METHOD\b",
    "table.options": r"\bALTER\s+TABLE\s+\S+\s+SET\s*\(",
    "table.row_security": r"\b(ENABLE|DISABLE)\s+ROW\s+LEVEL\s+SECURITY\b",
    "table.force_row_security": r"\bFORCE\s+ROW\s+LEVEL\s+SECURITY\b",
    "trigger.enabled": r"\b(ENABLE|DISABLE)\s+((ALWAYS|REPLICA)\s+)?TRIGGER\b",
}
_OPTIONS_OF_TABLES = {"using": "table.access_method", "with": "table.options"}

# SQLAlchemy keeps indexes and late foreign keys in sets, whose order differs from run to run.
_IN_SETS = ("CreateIndex", "AddConstraint")
_LATE = "SetConstraintComment"  # may be about a foreign key that comes last
_DATA = ("insert", "update", "delete", "select")
_SHARED = re.compile(r"CREATE (TYPE|DOMAIN|SEQUENCE)\b", re.IGNORECASE)
_CONCURRENTLY = re.compile(r"\A(CREATE (?:UNIQUE )?INDEX) CONCURRENTLY ")
_BOOKKEEPING = "table:*.alembic_version"
_CREATE_SCHEMA = re.compile(r'\s*CREATE SCHEMA\s+(IF NOT EXISTS\s+)?"?([^\s";]+)', re.IGNORECASE)


def read(sources: list[ModelSource], server_version: int) -> Reading | None:
    """The DDL of every MetaData that the sources name; None where SQLAlchemy has no part.

    `server_version` is the server's server_version_num.
    """
    for name in {source.reader for source in sources} & {"sqlalchemy", "sqlmodel"}:
        importlib.import_module(name)
    if "sqlalchemy" not in sys.modules:
        return None
    named = [(one, name) for one, name in _metadatas(sources) if one.tables]
    if not named:
        return None
    _refuse_doubles(named)
    metadatas = [one for one, _ in named]
    dialect = _dialect(server_version)
    ddl = _Ddl(dialect)
    for metadata in _in_order(metadatas):
        ddl.create(metadata)
    tables = [_qualified(table) for one in metadatas for table in _tables(one)]
    origin = ", ".join(dict.fromkeys(name for _, name in named))
    return Reading(
        ddl.statements(),
        tables,
        _coverage(),
        _unstated(dialect),
        ddl.warnings,
        origin=origin,
        renames=[hint for one in metadatas for hint in _renames(one, origin)],
        foreign=[] if any(_is_bookkeeping(table) for table in tables) else [_BOOKKEEPING],
    )


def _metadatas(sources: list[ModelSource]) -> list[tuple[Any, str]]:
    """Each MetaData once with the name of its source, in the order in which the modules name them."""
    found: list[tuple[Any, str]] = []
    for source in sources:
        for value in source.candidates("sqlalchemy"):
            one = _metadata_of(value)
            if one is not None and not any(one is other for other, _ in found):
                found.append((one, source.name))
    return found


def _metadata_of(value: Any) -> Any:
    """The MetaData that an object is or has. Other objects are not asked: proxies may fail."""
    sqlalchemy = importlib.import_module("sqlalchemy")
    orm = importlib.import_module("sqlalchemy.orm")
    if isinstance(value, type):
        value = inspect.getattr_static(value, "metadata", None)
    elif isinstance(value, (sqlalchemy.Table, orm.registry)) or _is_flask(value):
        value = value.metadata
    return value if isinstance(value, sqlalchemy.MetaData) else None


def _is_flask(value: Any) -> bool:
    return type(value).__module__.startswith("flask_sqlalchemy")


def _refuse_doubles(metadatas: list[tuple[Any, str]]) -> None:
    seen: dict[str, str] = {}
    for metadata, source in metadatas:
        for table in metadata.tables.values():
            name = _qualified(table)
            if name in seen:
                where = "" if seen[name] == source else f": of {seen[name]} and of {source}"
                raise UnusableModels(
                    f"the table {name} is stated by two MetaData objects{where or f' of {source}'}"
                )
            seen[name] = source


def _renames(metadata: Any, origin: str) -> Iterator[dict[str, Any]]:
    """Hints: `info={"renamed_from": "…"}` of tables, columns, indexes and constraints."""
    for table in _tables(metadata):
        place = (table.schema or "public", str(table.name))
        for kind, one, names in (
            ("table", table, place),
            *(("column", one, (*place, str(one.name))) for one in table.columns),
            *(("constraint", one, (*place, str(one.name))) for one in table.constraints),
            *(("index", one, (place[0], str(one.name))) for one in table.indexes),
        ):
            yield from renames_of(kind, names, one.info.get("renamed_from"), origin)
    for one in _types(metadata):
        labels = getattr(one, "enums", None)
        if labels and getattr(one, "native_enum", True) and getattr(one, "name", None):
            place = (getattr(one, "schema", None) or "public", str(one.name))
            yield from _renames_of_enum(one, place, origin)


def _renames_of_enum(one: Any, place: tuple[str, str], origin: str) -> Iterator[dict[str, Any]]:
    """Hints in the Python class: `__renamed_from__`, `__renamed_labels__ = {"new": "old"}`."""
    kind = getattr(one, "enum_class", None)
    stated = vars(kind) if kind else {}
    yield from renames_of("type", place, stated.get("__renamed_from__"), origin)
    for label, former in (stated.get("__renamed_labels__") or {}).items():
        yield from renames_of("type", place, former, origin, label)


def _tables(metadata: Any) -> list[Any]:
    return [one for one in metadata.tables.values() if not getattr(one, "is_view", False)]


def _qualified(table: Any) -> str:
    return f"{table.schema or 'public'}.{table.name}"


def _is_bookkeeping(name: str) -> bool:
    return name.rpartition(".")[2] == _BOOKKEEPING.rpartition(".")[2]


def _in_order(metadatas: list[Any]) -> list[Any]:
    """Those first whose tables others refer to by foreign keys."""
    done: list[Any] = []

    def visit(metadata: Any, above: list[Any]) -> None:
        if not any(metadata is other for other in (*done, *above)):
            for other in metadatas:
                if other is not metadata and _refers(metadata, other):
                    visit(other, [*above, metadata])
            done.append(metadata)

    for metadata in metadatas:
        visit(metadata, [])
    return done


def _refers(metadata: Any, other: Any) -> bool:
    keys = (key for table in metadata.tables.values() for key in table.foreign_keys)
    names = {key.target_fullname.rpartition(".")[0] for key in keys}
    return bool((names - set(metadata.tables)) & set(other.tables))


def _dialect(server_version: int) -> Any:
    """PostgreSQL's, without a driver; the named style of parameters leaves % as it is."""
    found = importlib.import_module("sqlalchemy.dialects.postgresql").dialect(paramstyle="named")
    # What SQLAlchemy asks a server for at its first connection.
    major, minor = divmod(server_version, 10000)
    found.server_version_info = (major, minor)
    found.default_schema_name = "public"
    found.supports_virtual_generated_columns = major >= 18  # noqa: PLR2004 - PostgreSQL 18 has them
    # SQLAlchemy 1.4 and 2.0 would double backslashes before they have asked.
    found._backslash_escapes = False
    return found


def _coverage() -> tuple[str, ...]:
    ddl = importlib.import_module("sqlalchemy.sql.ddl")
    return (*COVERAGE, _COMMENT_OF_CONSTRAINT) if hasattr(ddl, "SetConstraintComment") else COVERAGE


def _unstated(dialect: Any) -> dict[str, str | None]:
    """What this SQLAlchemy cannot say: options of tables came with 2.0 and 2.1."""
    table = importlib.import_module("sqlalchemy").Table
    known = dict(dialect.construct_arguments)[table]
    stated = {field for word, field in _OPTIONS_OF_TABLES.items() if word in known}
    return {field: words for field, words in UNSTATED.items() if field not in stated}


def _types(metadata: Any) -> Iterator[Any]:
    """The types of all columns, and those within arrays and the project's own types."""
    for table in metadata.tables.values():
        for column in table.columns:
            waiting = [column.type]
            while waiting:
                one = waiting.pop()
                yield one
                inner = (vars(one).get(name) for name in ("item_type", "impl"))
                waiting.extend(kind for kind in inner if hasattr(kind, "__visit_name__"))


def _schemas(metadata: Any) -> set[str]:
    """The schemas that tables, sequences and named types are in."""
    owners = [*metadata.tables.values(), *getattr(metadata, "_sequences", {}).values()]
    owners.extend(_types(metadata))
    return {getattr(one, "schema", None) or "public" for one in owners} - {"public"}


class _Ddl:
    """Collects what create_all() executes, DDL that listeners add included."""

    def __init__(self, dialect: Any) -> None:
        self.warnings: list[str] = []
        self._dialect = dialect
        self._schemas: set[str] = set()
        self._found: list[tuple[str, str]] = []

    def create(self, metadata: Any) -> None:
        """Runs create_all() on a connection that only listens."""
        self._schemas |= _schemas(metadata)
        for one in _types(metadata):
            if getattr(one, "create_type", True) is False and getattr(one, "enums", None):
                self._keep("guarded", self._made_elsewhere(one))
        base = importlib.import_module("sqlalchemy.engine.mock").MockConnection

        def exec_driver_sql(_: Any, text: str, *__: Any) -> None:
            self._keep("text", text)

        listening = type("ListeningConnection", (base,), {"exec_driver_sql": exec_driver_sql})
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            metadata.create_all(listening(self._dialect, self._run), checkfirst=False)
        sort = importlib.import_module("sqlalchemy.exc").SAWarning
        self.warnings.extend(str(one.message) for one in caught if issubclass(one.category, sort))

    def _made_elsewhere(self, one: Any) -> str:
        """An enum with create_type=False: a migration or an .sql file of the project makes it."""
        name = self._dialect.identifier_preparer.format_type(one)
        labels = ", ".join(literal(label) for label in one.enums)
        return (
            f"DO $psqlmigrate$ BEGIN\nCREATE TYPE {name} AS ENUM ({labels});\n"
            "EXCEPTION WHEN duplicate_object THEN NULL;\nEND $psqlmigrate$"
        )

    def statements(self) -> list[str]:
        """Schemas first, then everything in SQLAlchemy's order, where it has one."""
        quote = self._dialect.identifier_preparer.quote
        found = [f"CREATE SCHEMA IF NOT EXISTS {quote(name)}" for name in sorted(self._schemas)]
        for sort, run in groupby(self._found, key=lambda one: one[0]):
            texts = [text for _, text in run]
            found.extend(sorted(texts) if sort in _IN_SETS else texts if sort != _LATE else ())
        found.extend(sorted(text for sort, text in self._found if sort == _LATE))
        return _without_repeated(found)

    def _run(self, statement: Any, *parameters: Any, **_: Any) -> None:
        sort = type(statement).__name__
        if isinstance(statement, str):
            self._keep(sort, statement)
        elif statement.__visit_name__ in _DATA or any(parameters):
            self.warnings.append(f"{sort} of a listener is left out: only DDL states a schema")
        else:
            self._keep(sort, str(statement.compile(dialect=self._dialect)))

    def _keep(self, sort: str, text: str) -> None:
        schema = _CREATE_SCHEMA.match(text)
        if not (schema and schema[2] in self._schemas):
            self._found.append((sort, _CONCURRENTLY.sub(r"\1 ", text.strip())))


def _without_repeated(statements: list[str]) -> list[str]:
    """Types and sequences that several MetaData share are made once."""
    found: list[str] = []
    for text in statements:
        if not (_SHARED.match(text) and text in found):
            found.append(text)
    return found
