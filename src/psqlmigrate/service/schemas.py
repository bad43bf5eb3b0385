"""Every source of a schema as a Catalog: models, migrations, databases, files, snapshots."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from psqlmigrate.errors import PlanRefusedError, SourceError, UsageError, missing_role
from psqlmigrate.migrations.control import repeatable
from psqlmigrate.migrations.file import MigrationFile
from psqlmigrate.postgres.connect import (
    Connection,
    connect,
    current_role,
    telling_of_its_loss,
)
from psqlmigrate.postgres.interleaving import Script, load_scripts
from psqlmigrate.postgres.introspect import introspect
from psqlmigrate.postgres.scratch import Scratch
from psqlmigrate.postgres.target import parse_url
from psqlmigrate.schema.catalog import Catalog, diff
from psqlmigrate.schema.hashing import sections
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.selection import EVERYTHING, EXACTLY, Coverage, Selection, merged
from psqlmigrate.schema.serial import load
from psqlmigrate.service import frozen
from psqlmigrate.service.canonical import canonical, completed
from psqlmigrate.service.keeping import kept, server_identity
from psqlmigrate.service.live import live, selection_of
from psqlmigrate.service.scratching import in_scratch, with_roles
from psqlmigrate.service.shares import Shares
from psqlmigrate.service.workspace import Workspace
from psqlmigrate.sources.longnames import long_names
from psqlmigrate.sources.migrations import replay
from psqlmigrate.sources.models import read_model_sql
from psqlmigrate.sources.modelspec import parse_specs
from psqlmigrate.sources.renamehint import RenameHint
from psqlmigrate.sources.sql_files import read_sql
from psqlmigrate.sources.sql_hints import hints_of

_FEW = 3
_VERSION = re.compile(r"migrations@(.+)\Z")


@dataclass(frozen=True, slots=True)
class Stated:
    """The fixpoint of what the models state, and of what they state all there is.

    `renames` are their words of former names, `foreign` patterns of what is the ORMs' own business.
    """

    catalog: Catalog
    coverage: Coverage
    tables: int = 0
    warnings: tuple[str, ...] = ()
    renames: tuple[RenameHint, ...] = ()
    foreign: tuple[str, ...] = ()


class Schemas:
    """The schemas of one workspace, read with the help of scratch databases."""

    def __init__(self, workspace: Workspace, scratch: Scratch) -> None:
        self.workspace = workspace
        self.scratch = scratch
        self._reader: str | None = None

    @cached_property
    def selection(self) -> Selection:
        """What the configuration and --schema leave of each schema."""
        return selection_of(self.workspace)

    @cached_property
    def _asked(self) -> tuple[str, int]:
        with self.scratch.undone() as connection:
            return server_identity(connection), connection.info.server_version

    @property
    def _server(self) -> str:
        return self._asked[0]

    @property
    def server_version(self) -> int:
        """The scratch server's server_version_num."""
        return self._asked[1]

    @cached_property
    def models(self) -> Stated:
        """What the models state. Raises UsageError, ModelError and SourceError."""
        root = self.workspace.settings.root
        specs = parse_specs(self.workspace.model_specs, root)
        files = [
            Script(text, origin)
            for spec in specs
            if spec.is_sql
            for origin, text in read_sql(root / spec.target, empty=len(specs) > 1)
        ]
        hints = tuple(hint for one in files for hint in hints_of(one.sql, one.origin))
        long = tuple(text for one in files for text in long_names(one.sql, one.origin))
        modules = [str(spec) for spec in specs if not spec.is_sql]
        if not modules:
            catalog = self._loaded(files)
            return Stated(catalog, EVERYTHING, _tables(catalog), long, renames=hints)
        settings = self.workspace.settings
        found = read_model_sql(
            modules,
            root=root,
            python=settings.python,
            env=self.workspace.env,
            server_version=self.server_version,
        )
        parts = [
            Script("".join(f"{text}\n;\n" for text in one.statements), one.origin, by_models=True)
            for one in found.parts
        ]
        long += tuple(text for one in parts for text in long_names(one.sql, one.origin))
        catalog = self._loaded([*parts, *files])
        coverage = Coverage(found.coverage, found.unstated)
        if any(spec.is_sql for spec in specs):
            own = self._own([*parts, *files]).objects if files else None
            coverage = replace(coverage, completed=True, own=own)
        return Stated(
            catalog,
            coverage,
            _tables(catalog),
            (*found.warnings, *long),
            (*found.renames, *hints),
            found.foreign,
        )

    @cached_property
    def given(self) -> frozenset[ObjectId]:
        """What scratch_setup makes: other people's, not the project's."""
        if not self.scratch.setup:
            return frozenset()
        found = in_scratch(self.scratch, introspect)
        return frozenset(one.id for one in found if not (one.native or one.owners))

    @property
    def compared(self) -> Selection:
        """What is compared with models: the selection without the ORMs' own bookkeeping."""
        foreign = self.models.foreign
        return replace(self.selection, ignore=(*self.selection.ignore, *foreign))

    def _own(self, scripts: Sequence[Script]) -> Catalog:
        """What the models' part of the scripts states by itself, as it is before files add to it."""

        def act(connection: Connection) -> Catalog:
            shares = Shares(connection)
            load_scripts(connection, scripts, shares.watch)
            return shares.catalog

        def make() -> Catalog:
            return in_scratch(self.scratch, act)

        return kept(self._server, ["own", *self._setup, *(one.sql for one in scripts)], make)

    def replayed(self, files: Sequence[MigrationFile]) -> Catalog:
        """The fixpoint of the schema that migrations build, from the first on."""

        def act(connection: Connection) -> Catalog:
            replay(connection, files)
            return introspect(connection)

        def make() -> Catalog:
            return self._fixpoint(act)

        if not all(map(repeatable, files)):
            return make()
        return kept(self._server, ["migrations", *self._setup, *(one.text for one in files)], make)

    def loaded(self, texts: Sequence[tuple[str, str]]) -> Catalog:
        """The fixpoint of the schema that scripts build, each with its origin. Raises SourceError."""
        return self._loaded([Script(text, origin) for text, origin in texts])

    def fixpoint(self, catalog: Catalog) -> Catalog:
        """The catalog as a copy of it prints; a copy lacks what is not modelled.

        Raises PlanRefusedError where it cannot be made without that.
        """
        try:
            fixed = with_roles(self.scratch, lambda: canonical(self.scratch, catalog))
        except SourceError as error:
            if not catalog.unmodelled or missing_role(error):
                raise
            raise _not_without(catalog.unmodelled, error) from None
        return replace(fixed, unmodelled=catalog.unmodelled)

    def completed(self, base: Catalog, stated: Stated, selection: Selection) -> Catalog:
        """What shall be, as PostgreSQL prints it: what is stated, on top of a base, a fixpoint.

        Raises PlanRefusedError when something that stays needs something that goes.
        """
        desired = merged(base, stated.catalog, stated.coverage, selection)
        if desired == stated.catalog or not diff(base, desired):
            return desired
        made = with_roles(self.scratch, lambda: completed(self.scratch, base, desired))
        # The plan that made it must not be the judge of itself.
        if made is None or diff(made, merged(made, stated.catalog, stated.coverage, selection)):
            return self.fixpoint(desired)
        return made

    def named(self, name: str) -> Catalog:
        """The schema that a source of `diff` states. Raises UsageError for an unknown one."""
        words: dict[str, Callable[[], Catalog]] = {
            "empty": lambda: in_scratch(self.scratch, introspect),
            "database": self._database,
            "models": lambda: self.models.catalog,
            "migrations": lambda: self.replayed(self.workspace.graph.order),
        }
        if name in words:
            return words[name]()
        if version := _VERSION.match(name):
            return self._until(version[1])
        if "://" in name:
            at = parse_url(name, "the argument")
            with connect(at) as connection, telling_of_its_loss(connection):
                connection.reader = self._eyes(connection)
                return live(self.workspace, connection)
        return self._of_path(Path(name))

    def coverage_of(self, name: str) -> Coverage:
        """What a source of `diff` can state: files are silent on grants that they do not name."""
        if name == "models":
            return self.models.coverage
        is_whole = name in {"empty", "database"} or "://" in name or name.endswith(".json")
        return EXACTLY if is_whole or name.startswith("migrations") else EVERYTHING

    def _eyes(self, connection: Connection) -> str:
        """The role that looks at every database: the one of the first that is looked at."""
        if self._reader is None:
            self._reader = current_role(connection)
        return self._reader

    def _database(self) -> Catalog:
        with self.workspace.connection() as connection:
            connection.reader = self._eyes(connection)
            return live(self.workspace, connection)

    def _until(self, version: str) -> Catalog:
        directory = self.workspace.directory
        part = directory.replaced_version(version)
        view = self.workspace.lineage({part} if part else ())
        if view.trouble:
            raise view.trouble
        graph, last = view.graph, part or directory.find(version).version
        wanted = graph.ancestors(last) | {last}
        return self.replayed([one for one in graph.order if one.version in wanted])

    def _of_path(self, path: Path) -> Catalog:
        if path.suffix == ".json":
            try:
                return load(path.read_text(encoding="utf-8"), str(path))
            except (OSError, UnicodeDecodeError) as error:
                raise SourceError(f"cannot read {path}: {error}") from None
        if path.suffix != ".sql" and not path.is_dir():
            raise UsageError(
                f'"{path}" is no source of a schema',
                hint="a URL, an .sql file or directory, a .json snapshot, database, models,"
                " migrations, migrations@VERSION or empty",
            )
        return self._loaded([Script(text, origin) for origin, text in read_sql(path)])

    @property
    def _setup(self) -> list[str]:
        return [text for _, text in self.scratch.setup]

    def _loaded(self, texts: Sequence[Script]) -> Catalog:
        """The fixpoint of scripts. Raises SourceError with file and line."""

        def act(connection: Connection) -> Catalog:
            load_scripts(connection, texts)
            return introspect(connection)

        def make() -> Catalog:
            found = in_scratch(self.scratch, act)
            frozen.refuse(found, lambda: in_scratch(self.scratch, act), [one.sql for one in texts])
            return self.fixpoint(found)

        return kept(self._server, [*self._setup, *(one.sql for one in texts)], make)

    def _fixpoint(self, act: Callable[[Connection], Catalog]) -> Catalog:
        return self.fixpoint(in_scratch(self.scratch, act))


def _not_without(unmodelled: Sequence[str], error: SourceError) -> PlanRefusedError:
    some = ", ".join(unmodelled[:_FEW])
    more = len(unmodelled) - _FEW
    return PlanRefusedError(
        f"the schema cannot be made anew: {error.message.removeprefix('the plan: ')}",
        details=error.details,
        hint=f"psqlmigrate cannot make {some}{f' and {more} more' if more > 0 else ''};"
        " ignore in the configuration leaves out what needs that",
    )


def _tables(catalog: Catalog) -> int:
    return len(sections(catalog).get("table", {}))
