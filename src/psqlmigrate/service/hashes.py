"""Hashes of whole schemas as one document, in the reference's sections, and of single tables."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from psqlmigrate.errors import ModelError, SourceError
from psqlmigrate.postgres.introspect import introspect
from psqlmigrate.schema.catalog import Catalog
from psqlmigrate.schema.coverage import kinds_of
from psqlmigrate.schema.dbobject import DbObject
from psqlmigrate.schema.hashing import FORMAT_VERSION, section_of, sections
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.kinds import KINDS
from psqlmigrate.schema.selection import only
from psqlmigrate.service.config import absolute_spec
from psqlmigrate.service.live import live, selection_of
from psqlmigrate.service.schemas import Schemas
from psqlmigrate.service.scratching import in_scratch, scratch_apart
from psqlmigrate.service.workspace import Workspace
from psqlmigrate.sources.inprocess import model_sql_of, related, table_of
from psqlmigrate.sources.models import ModelSql

_TABLE, _INDEX, _TRIGGER = "table", "index", "trigger"
_NAMED = (_TABLE, _TRIGGER, _INDEX)
_IRREGULAR = {_INDEX: "indexes"}


class Hashes:
    """The hashes of one project's models and databases, all printed by one scratch server."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._built: dict[tuple[str, ...], Catalog] = {}
        self._version = 0

    def of_table(self, model: object) -> str:
        """`sha256:` and 64 digits of one model. Raises ModelError for what is no single table."""
        wanted = _single(model)
        catalog, _, _ = self._of_objects([model])
        found = sections(catalog).get(_TABLE, {}).get(str(wanted))
        if found is None:
            raise ModelError(f"the models make no table {wanted}")
        return found

    def of_models(self, models: object) -> dict[str, Any]:
        """The document of models; None stands for those that are configured.

        They are classes and the like, or specs as `--models` takes them. Of a list of classes
        only their tables are in the document, and what these need. Raises ModelError, SourceError.
        """
        if models is None:
            return self._of_specs(None)
        models = _several(models)
        if models and all(isinstance(one, (str, Path)) for one in models):
            return self._of_specs(models)
        built, stated, version = self._of_objects(models)
        catalog = self._chosen(built)
        names = [table_of(one) for one in models]
        if all(names):
            chosen = {ObjectId(_TABLE, name) for name in names if name}
            if others := {one.id for one in catalog if one.kind == _TABLE} - chosen:
                return _document(_without(catalog, chosen, others), stated, version)
        return _document(_hashed(catalog), stated, version)

    def of_database(self, workspace: Workspace) -> dict[str, Any]:
        """The document of a database, bookkeeping tables left out."""
        with workspace.connection() as connection:
            found = live(workspace, connection)
        with scratch_apart(self._workspace) as scratch:
            schemas = Schemas(workspace, scratch)
            fixed = schemas.fixpoint(found)
            version = schemas.server_version
        return _document(_hashed(self._chosen(fixed)), KINDS_OF_ALL, version)

    def _chosen(self, catalog: Catalog) -> Catalog:
        return only(catalog, selection_of(self._workspace))

    def _of_specs(self, models: Sequence[object] | None) -> dict[str, Any]:
        workspace = self._workspace
        if models is not None:
            specs = tuple(absolute_spec(str(one)) for one in models)
            settings = replace(workspace.settings, models=specs)
            workspace = replace(workspace, config=settings)
        with scratch_apart(workspace) as scratch:
            schemas = Schemas(workspace, scratch)
            found, version = schemas.models, schemas.server_version
        entries = found.coverage.entries
        return _document(
            _hashed(self._chosen(found.catalog)),
            KINDS_OF_ALL if entries is None else kinds_of(entries),
            version,
        )

    def _of_objects(self, models: Sequence[object]) -> tuple[Catalog, frozenset[str], int]:
        """The schema that models and those around them make, the kinds that they state, and the
        version of the server that printed it.
        """
        wrong = [one for one in models if isinstance(one, (str, Path))]
        if wrong:
            raise ModelError(f"{wrong[0]!r} is a spec among objects: give either")
        if self._version and models:
            found = model_sql_of(models, self._version)
            if found.statements in self._built:  # no server has to be started
                return self._built[found.statements], kinds_of(found.coverage), self._version
        with scratch_apart(self._workspace) as scratch:
            schemas = Schemas(self._workspace, scratch)
            self._version = schemas.server_version
            if not models:
                return in_scratch(scratch, introspect), KINDS_OF_ALL, self._version
            found = model_sql_of(models, self._version)
            self._built[found.statements] = self._loaded(schemas, models, found)
        return self._built[found.statements], kinds_of(found.coverage), self._version

    def _loaded(self, schemas: Schemas, models: Sequence[object], found: ModelSql) -> Catalog:
        """Where they refer to models that are not among them, these are loaded, too."""
        try:
            return schemas.loaded(_texts(found))
        except SourceError:
            everything = list(_with_others(models))
            if len(everything) == len(models):
                raise
        return schemas.loaded(_texts(model_sql_of(everything, self._version)))


KINDS_OF_ALL = frozenset(kind.kind for kind in KINDS)


def _several(models: object) -> list[object]:
    """What can be gone through as a list; what is one thing, a spec, a class or MetaData, alone."""
    if isinstance(models, (str, Path, type)) or not isinstance(models, Iterable):
        return [models]
    return list(cast("Iterable[object]", models))


def _single(model: object) -> ObjectId:
    name = table_of(model)
    if name is None:
        raise ModelError(
            f"{model!r} is no model of one table",
            hint="give a class with a table, or a Table; hash_models takes several and MetaData",
        )
    return ObjectId(_TABLE, name)


def _texts(found: ModelSql) -> list[tuple[str, str]]:
    return [(f"{one};", "the models") for one in found.statements]


def _with_others(models: Sequence[object]) -> Iterator[object]:
    """The models, and further ones of the process whose tables are not among theirs."""
    seen = {table_of(one) for one in models}
    yield from models
    for one in related(models):
        if (name := table_of(one)) not in seen:
            seen.add(name)
            yield one


def _hashed(catalog: Catalog) -> dict[ObjectId, str]:
    """The hash of every object that people see as a whole, those of PostgreSQL itself left out."""
    by_kind = sections(catalog)
    whole = {section_of(catalog, one) for one in catalog}
    found = (one for oid in whole if (one := catalog.get(oid)) and not one.native)
    return {_named(one): by_kind[one.kind][str(one.id)] for one in found}


def _named(one: DbObject) -> ObjectId:
    """Indexes by their table, too, as the reference has them: `public.users.idx_email`."""
    if one.kind != _INDEX or not one.owners:
        return one.id
    return ObjectId(_INDEX, (*one.owners[0].path, one.own_name))


def _without(
    catalog: Catalog, chosen: Collection[ObjectId], others: Collection[ObjectId]
) -> dict[ObjectId, str]:
    """The hashes of these tables, of what belongs to them, and of what those need."""

    def root(one: DbObject) -> ObjectId:
        while one.owners and (owner := catalog.get(one.owners[0])):
            one = owner
        return one.id

    wanted = {one.id for one in catalog if root(one) in chosen}
    todo = list(wanted)
    while todo:
        for target in catalog.edges.get(todo.pop(), frozenset()):
            one = catalog.get(target)
            if target not in wanted and one and root(one) not in others:
                wanted.add(target)
                todo.append(target)
    names = {_named(one) for oid in wanted if (one := catalog.get(oid))}
    return {oid: value for oid, value in _hashed(catalog).items() if oid in names}


def _document(hashes: dict[ObjectId, str], stated: Collection[str], version: int) -> dict[str, Any]:
    """The reference's document; `meta` tells the kinds that the source has no words for.

    `version` is the server_version_num of the PostgreSQL that printed what was hashed.
    """
    found: dict[str, Any] = {_section(kind): {} for kind in _NAMED}
    for oid in sorted(hashes):
        found.setdefault(_section(oid.kind), {})[str(oid)] = hashes[oid]
    now = datetime.now(UTC).replace(tzinfo=None)
    found["meta"] = {
        "version": f"{FORMAT_VERSION}.0",
        "computed_at": now.isoformat(timespec="seconds"),
        "postgresql": version // 10000,
        "not_stated": sorted(map(_section, KINDS_OF_ALL.difference(stated))),
    }
    return found


def _section(kind: str) -> str:
    """`materialized_views`, `policies`, `operator_classes`, `statistics`."""
    name = kind.replace(" ", "_")
    if kind in _IRREGULAR:
        return _IRREGULAR[kind]
    for ending, plural in (("y", "ies"), ("ss", "sses"), ("s", "s")):
        if name.endswith(ending):
            return name.removesuffix(ending) + plural
    return f"{name}s"
