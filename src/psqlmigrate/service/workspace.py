"""What one command works with: settings, target, migrations, scratch, models."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from psqlmigrate.errors import UsageError
from psqlmigrate.migrations.directory import Directory, read_directory
from psqlmigrate.migrations.file import MigrationFile
from psqlmigrate.migrations.graph import Graph
from psqlmigrate.postgres.connect import Connection, connect
from psqlmigrate.postgres.embedded import embedded_data_dir, project_server, scratch_server
from psqlmigrate.postgres.introspect import introspect
from psqlmigrate.postgres.loading import load_script
from psqlmigrate.postgres.scratch import Scratch
from psqlmigrate.postgres.target import Target, parse_url
from psqlmigrate.schema.catalog import Catalog
from psqlmigrate.service.bookkeeping import Tables
from psqlmigrate.service.canonical import canonical
from psqlmigrate.service.config import Config
from psqlmigrate.service.profiles import ProfileStore
from psqlmigrate.service.targets import resolve
from psqlmigrate.sources.migrations import replay
from psqlmigrate.sources.models import read_model_sql
from psqlmigrate.sources.sql_files import load_sql


@dataclass(frozen=True)
class Workspace:
    """A project and, where a command needs it, its database."""

    settings: Config
    env: Mapping[str, str]
    url: str | None = None
    profile: str | None = None
    connect_wait: float = 0.0

    @property
    def tables(self) -> Tables:
        """The bookkeeping tables' names."""
        one = self.settings
        return Tables(one.history_schema, one.history_table_name, one.state_table_name)

    @property
    def migrations_path(self) -> Path:
        """The directory of migrations."""
        return self.settings.migrations_path

    @cached_property
    def directory(self) -> Directory:
        """The migrations on disk."""
        return read_directory(self.migrations_path)

    @cached_property
    def graph(self) -> Graph:
        """The migrations' graph."""
        return Graph(self.directory.files)

    @cached_property
    def chosen(self) -> Target:
        """The target as it was named."""
        store = ProfileStore.of_user(self.env)
        return resolve(self.settings, store, self.env, url=self.url, profile=self.profile)

    @contextmanager
    def target(self) -> Generator[Target]:
        """The target with its server running."""
        if not self.chosen.embedded:
            yield self.chosen
            return
        with project_server(embedded_data_dir(self.settings.root)) as target:
            yield target

    @contextmanager
    def connection(self) -> Generator[Connection]:
        """A connection to the target."""
        with self.target() as target, connect(target, wait_s=self.connect_wait) as connection:
            yield connection

    @contextmanager
    def scratch(self) -> Generator[Scratch]:
        """Where scratch databases are made: scratch_url, a local target's server, or embedded."""
        with self._scratch_target() as server:
            yield Scratch(server, self._setup)

    @property
    def _setup(self) -> tuple[tuple[str, str], ...]:
        """The SQL that each scratch database gets first, with the names of its files."""
        return tuple(
            (str(path), path.read_text(encoding="utf-8")) for path in self.settings.setup_paths
        )

    @contextmanager
    def _scratch_target(self) -> Generator[Target]:
        near = self._near_target()
        if self.settings.scratch_url:
            yield parse_url(self.settings.scratch_url, "scratch_url")
        elif near:
            with self.target() as target:
                yield target
        else:
            with scratch_server() as target:
                yield target

    def _near_target(self) -> bool:
        """Whether the target's own server may be used for scratch databases."""
        try:
            chosen = self.chosen
        except UsageError:
            return False
        if chosen.embedded or self.settings.scratch_on_target:
            return True
        return chosen.local and any(chosen.params.values())

    @property
    def model_specs(self) -> tuple[str, ...]:
        """What states the desired schema. Raises UsageError when nothing does."""
        specs = self.settings.models
        if not specs:
            raise UsageError(
                "no models are named",
                hint='give --models schema.sql, or write models = ["schema.sql"] into psqlmigrate.toml',
            )
        return specs

    def desired(self, scratch: Scratch) -> Catalog:
        """The fixpoint of the schema that the models state."""
        specs = self.model_specs
        modules = tuple(one for one in specs if not self._is_sql(one))
        with scratch.database() as connection:
            for spec in specs:
                if spec not in modules:
                    load_sql(connection, self._model_path(spec))
            if modules:
                for text in self._statements(modules, connection.info.server_version):
                    load_script(connection, text, "models")
            catalog = introspect(connection)
        return canonical(scratch, catalog)

    def _statements(self, modules: tuple[str, ...], server_version: int) -> tuple[str, ...]:
        return read_model_sql(
            modules,
            root=self.settings.root,
            python=self.settings.python,
            env=self.env,
            server_version=server_version,
        ).statements

    def _is_sql(self, spec: str) -> bool:
        path = self._model_path(spec)
        return spec.endswith(".sql") or (path.is_dir() and not any(path.rglob("*.py")))

    def _model_path(self, spec: str) -> Path:
        return self.settings.root / spec

    def live(self, connection: Connection, *, edges: bool = True) -> Catalog:
        """The database's schema without the bookkeeping tables."""
        return self.without_bookkeeping(introspect(connection, edges=edges))

    def without_bookkeeping(self, catalog: Catalog) -> Catalog:
        """The catalog without our own tables."""
        own = {(self.tables.schema, name) for name in self.tables.names}
        return catalog.where(lambda one: one.id.path not in own)

    def replayed(self, scratch: Scratch, files: tuple[MigrationFile, ...]) -> Catalog:
        """The fixpoint of the schema that migrations build."""
        with scratch.database() as connection:
            replay(connection, files)
            catalog = introspect(connection)
        return canonical(scratch, catalog)

    def fixpoint(self, scratch: Scratch, catalog: Catalog) -> Catalog:
        """The catalog as a copy of it prints."""
        return canonical(scratch, catalog)

    def source(self, name: str, scratch: Scratch) -> Catalog:
        """The schema that a source of `diff` states. Raises UsageError for an unknown one."""
        if name == "empty":
            with scratch.database() as connection:
                return introspect(connection)
        if name == "database":
            with self.connection() as connection:
                return self.live(connection)
        if name == "models":
            return self.desired(scratch)
        if name == "migrations":
            return self.replayed(scratch, self.graph.order)
        if "://" in name:
            with connect(parse_url(name, "the argument")) as connection:
                return self.live(connection)
        with scratch.database() as connection:
            load_sql(connection, Path(name))
            return introspect(connection)

    @contextmanager
    def scratch_for(self, *names: str) -> Generator[Scratch]:
        """Scratch on the server of the first local URL among the sources, else the usual one."""
        targets = [parse_url(name, "the argument") for name in names if "://" in name]
        near = [target for target in targets if target.local]
        if near and not self.settings.scratch_url:
            yield Scratch(near[0], self._setup)
            return
        with self.scratch() as scratch:
            yield scratch
