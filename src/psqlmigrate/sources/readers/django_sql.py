"""Django's PostgreSQL backend without a server: its schema editor collects SQL."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Collection, Iterator
from typing import Any

from .django_history import operations
from .model_source import literal, quoted

_OPCLASSES = {"gin_trgm_ops": "pg_trgm", "gist_trgm_ops": "pg_trgm"}
_TYPES = {"hstore": "hstore", "citext": "citext"}
_UNMARKED = r"'\\'"
_CONSTANT = re.compile(r"'(?:[^']|'')*'")
_BUILT_IN_GIST = ("range", "point", "box", "circle", "polygon", "inet", "cidr", "tsvector")


def offline(server_version: int) -> Any:
    """The backend of the project's database, or Django's own, which never connects.

    `server_version` is the server's server_version_num.
    """
    db = importlib.import_module("django.db")
    utils = importlib.import_module("django.db.utils")
    alias = utils.DEFAULT_DB_ALIAS
    stated = db.connections[alias]
    if getattr(stated, "vendor", "") == "postgresql":
        kind = type(stated)
    else:
        kind = importlib.import_module("django.db.backends.postgresql.base").DatabaseWrapper
    connection = kind(dict(stated.settings_dict), alias)
    connection.pg_version = server_version
    connection.ensure_connection = _refuse_connection
    connection.connect = _refuse_connection
    # Tablespaces are the servers' own; a scratch server has none of theirs.
    connection.ops.tablespace_sql = _no_tablespace
    # Fields and constraints ask for connections by their alias.
    db.connections[alias] = connection
    return connection


def _refuse_connection(*_: Any, **__: Any) -> None:
    raise RuntimeError("a model asks the database something while its SQL is written")


def _no_tablespace(*_: Any, **__: Any) -> str:
    return ""


class Editor:
    """Collects what the schema editor would execute for new tables; foreign keys come last."""

    def __init__(self, connection: Any) -> None:
        base = connection.SchemaEditorClass
        collations = dict(_collations())

        class Collecting(base):  # type: ignore[misc,valid-type]
            """The project's editor, where it would ask the server."""

            def execute(self, sql: Any, params: Any = ()) -> None:
                self.collected_sql.append(_filled_in(self, str(sql), params))

            def quote_value(self, value: Any) -> str:
                text = str(super().quote_value(value))
                return _marked(text) if super().quote_value("\\") == _UNMARKED else text

            def _is_collation_deterministic(self, collation_name: str) -> bool:
                return collations.get(collation_name, True)

        connection.SchemaEditorClass = Collecting
        self._editor = Collecting(connection, collect_sql=True, atomic=False)
        self._editor.deferred_sql = []
        self._editor.__enter__()

    def create_model(self, model: Any, late: Collection[str] = ()) -> None:
        """The table of a model, with those of its many-to-many relations.

        `late` are fields that migrations made unique after they had made them: Django has
        another name for that constraint than PostgreSQL gives it within CREATE TABLE.
        """
        fields = [one for one in model._meta.local_fields if one.name in late and one._unique]
        indexed = {one: one.db_index for one in fields if not one.primary_key}
        for one in indexed:
            _set_unique(one, unique=False, index=False)
        self._editor.create_model(model)
        for one, index in indexed.items():
            _set_unique(one, unique=True, index=index)
            self._editor.execute(self._editor._create_unique_sql(model, self._columns(one)), None)
            like = self._editor._create_like_index_sql(model, one)
            if like is not None:
                self._editor.execute(like, None)

    def _columns(self, field: Any) -> list[Any]:
        names = inspect.signature(self._editor._create_unique_sql).parameters
        return [field] if "fields" in names else [field.column]  # before 4.0: columns

    def statements(self) -> list[str]:
        """All statements, without semicolons."""
        found = [*self._editor.collected_sql, *map(str, self._editor.deferred_sql)]
        return [text.strip().rstrip(";") for text in found if text.strip()]


def _marked(text: str) -> str:
    """Constants with backslashes as what they are; psycopg2 does not say so without a connection."""
    return _CONSTANT.sub(lambda one: f" E{one[0]}" if "\\" in one[0] else one[0], text)


def _set_unique(field: Any, *, unique: bool, index: bool) -> None:
    field._unique, field.db_index = unique, index
    vars(field).pop("unique", None)  # newer versions of Django remember it


def _filled_in(editor: Any, text: str, params: Any) -> str:
    """The text as the driver would send it; it would need a connection to say so."""
    if params is None:
        return text
    if not params:
        return text.replace("%%", "%")
    return text % tuple(_literal(editor, one) for one in params)


def _literal(editor: Any, value: Any) -> str:
    """A parameter as a constant; before 4.2 the editor doubles %, for texts to be filled in."""
    text = str(editor.quote_value(value))
    return text.replace("%%", "%") if editor.quote_value("%") == "'%%'" else text


def extensions(models: list[Any], connection: Any) -> Iterator[str]:
    """What the project's migrations or the models' own fields and indexes need of extensions."""
    names = {str(one.name) for one in operations("CreateExtension")}
    for model in models:
        for field in model._meta.local_fields:
            names.update(_of_type(str(field.db_type(connection) or "")))
        for index in model._meta.indexes:
            names.update(_OPCLASSES[one] for one in index.opclasses if one in _OPCLASSES)
            names.update(_of_expressions(getattr(index, "expressions", ())))
            if getattr(index, "suffix", "") == "bloom":
                names.add("bloom")
        for one in model._meta.constraints:
            if _needs_gist(model, one, connection):
                names.add("btree_gist")
    for name in sorted(names):
        yield f"CREATE EXTENSION IF NOT EXISTS {quoted(name)}"
    for one in operations("CreateCollation"):
        options = [f"locale = {literal(one.locale)}"]
        options += [f"provider = {one.provider}"] if one.provider != "libc" else []
        options += [] if one.deterministic else ["deterministic = false"]
        yield f"CREATE COLLATION IF NOT EXISTS {quoted(one.name)} ({', '.join(options)})"


def _of_type(text: str) -> set[str]:
    return {name for word, name in _TYPES.items() if text.partition("[")[0] == word}


def _of_expressions(expressions: Any) -> set[str]:
    """The extensions of `OpClass(…, name="gin_trgm_ops")`."""
    found = {getattr(one, "name", None) for one in expressions}
    return {_OPCLASSES[one] for one in found if one in _OPCLASSES}


def _needs_gist(model: Any, constraint: Any, connection: Any) -> bool:
    """Whether it excludes equal values of a type for which GiST has no operators by itself."""
    if type(constraint).__name__ != "ExclusionConstraint":
        return False
    if str(constraint.index_type).lower() != "gist":
        return False
    for expression, operator in constraint.expressions:
        name = expression if isinstance(expression, str) else getattr(expression, "name", "")
        fields = [one for one in model._meta.local_fields if name in {one.name, one.attname}]
        kind = str(fields[0].db_type(connection)) if fields else ""
        if operator in {"=", "<>"} and not any(word in kind for word in _BUILT_IN_GIST):
            return True
    return False


def _collations() -> Iterator[tuple[str, bool]]:
    for one in operations("CreateCollation"):
        yield one.name, one.deterministic
