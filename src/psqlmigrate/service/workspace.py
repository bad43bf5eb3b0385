"""What one command works with: settings, target, migrations.

It imports neither planner nor scratch databases: `current` and its like shall answer at once.
"""

from collections.abc import Collection, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from psqlmigrate.errors import NoTargetError, UsageError
from psqlmigrate.migrations.directory import Directory, read_directory
from psqlmigrate.migrations.graph import Graph
from psqlmigrate.postgres.connect import Connection, connect, telling_of_its_loss
from psqlmigrate.postgres.target import Target
from psqlmigrate.service.adoption import locate
from psqlmigrate.service.bookkeeping import Tables
from psqlmigrate.service.config import Config
from psqlmigrate.service.lineage import Lineage, lineage
from psqlmigrate.service.targets import profile_in_force, resolve

if TYPE_CHECKING:
    from psqlmigrate.service.profiles import Profile, ProfileStore


@dataclass(frozen=True)
class Workspace:
    """A project and, where a command needs it, its database."""

    config: Config
    env: Mapping[str, str]
    url: str | None = None
    profile: str | None = None
    connect_wait: float = 0.0
    fixed: Target | None = None
    """The target where it was chosen before: nothing else is asked then."""
    url_source: str = "option --url"

    @cached_property
    def settings(self) -> Config:
        """The configuration; what it leaves open, the profile in force may say.

        After it comes PSQL_MODELS_PATH, where psqlmodel looks, too.
        """
        if self.fixed:
            return self.config
        found = self._profile
        models = self.config.models or (found.models_path if found else ())
        if not models and (path := self.env.get("PSQL_MODELS_PATH")):
            models = (path,)
        told = found.text("migrations_path") if found else None
        migrations = None if "migrations" in self.config.given else told
        return replace(self.config, models=models, migrations=migrations or self.config.migrations)

    @cached_property
    def _profile(self) -> "Profile | None":
        return profile_in_force(
            self.config, self._store, self.env, url=self.url, profile=self.profile
        )

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is to be known of the files of profiles, where one names the database."""
        return self._store().warnings() if not self.fixed and self._profile else ()

    @property
    def seeing_all(self) -> "Workspace":
        """The same, managing grants, owners and labels whatever the configuration says."""
        config = replace(self.config, manage_grants=True, manage_owners=True, manage_labels=True)
        return replace(self, config=config)

    @property
    def unread(self) -> frozenset[str]:
        """Concerns of objects that the configuration does not manage (see `DbObject.concern`)."""
        one = self.settings
        managed = {
            "grants": one.manage_grants,
            "owners": one.manage_owners,
            "labels": one.manage_labels,
        }
        return frozenset(name for name, is_managed in managed.items() if not is_managed)

    def _store(self) -> "ProfileStore":
        from psqlmigrate.service.profiles import ProfileStore  # noqa: PLC0415 - start-up time

        return ProfileStore.of_user(self.env)

    @cached_property
    def tables(self) -> Tables:
        """The bookkeeping tables' names; with a connection to the target, where it has them."""
        one = self.settings
        return Tables(one.history_schema, one.history_table_name, one.state_table_name)

    @property
    def migrations_path(self) -> Path:
        """The directory of migrations."""
        return self.settings.migrations_path

    @property
    def state_file(self) -> Path:
        """The local state file."""
        return self.migrations_path / self.settings.state_file_name

    @cached_property
    def directory(self) -> Directory:
        """The migrations on disk."""
        found = read_directory(self.migrations_path)
        if any(one.replaces for one in found.files):
            from psqlmigrate.service.archiving import finish  # noqa: PLC0415 - start-up time

            finish(found, self.state_file)
        return found

    @cached_property
    def graph(self) -> Graph:
        """The migrations' graph."""
        return Graph(self.directory.files)

    def lineage(self, recorded: Collection[str], *targets: str) -> Lineage:
        """The migrations as a database with this history has to see them."""
        return lineage(self.directory, recorded, *targets)

    @cached_property
    def chosen(self) -> Target:
        """The target as it was named. Raises UsageError when none is."""
        if self.fixed:
            return self.fixed
        return resolve(
            self.config,
            self._store,
            self.env,
            url=self.url,
            profile=self.profile,
            url_source=self.url_source,
        )

    @property
    def has_target(self) -> bool:
        """Whether a database is named."""
        try:
            return bool(self.chosen)
        except NoTargetError:
            return False

    @contextmanager
    def target(self) -> Generator[Target]:
        """The target with its server running, and the role that is to act there."""
        role = self.settings.role
        with self._running() as target:
            yield target.acting_as(role) if role else target

    @contextmanager
    def _running(self) -> Generator[Target]:
        if not self.chosen.embedded:
            yield self.chosen
            return
        # Only a project with a server of its own pays for what runs servers.
        from psqlmigrate.postgres.embedded import (  # noqa: PLC0415
            embedded_data_dir,
            project_server,
        )

        with project_server(embedded_data_dir(self.settings.root)) as target:
            yield target

    @contextmanager
    def connection(self) -> Generator[Connection]:
        """A connection to the target."""
        with (
            self.target() as target,
            self.connected(target) as connection,
            telling_of_its_loss(connection),
        ):
            yield connection

    def connected(self, target: Target) -> Connection:
        """A connection to the target, which runs."""
        silence = self.settings.network_timeout
        pooler = "auto" if target.embedded else self.settings.pooler
        connection = connect(target, wait_s=self.connect_wait, silence_s=silence, pooler=pooler)
        connection.unread = self.unread
        self._locate(connection)
        return connection

    def _locate(self, connection: Connection) -> None:
        try:
            with telling_of_its_loss(connection):
                fixed = "history_schema" in self.settings.given
                vars(self)["tables"] = locate(connection, self.tables, fixed=fixed)
        except BaseException:
            connection.close()
            raise

    @property
    def model_specs(self) -> tuple[str, ...]:
        """What states the desired schema. Raises UsageError when nothing does."""
        if not self.settings.models:
            raise UsageError(
                "no models are named",
                hint='give --models schema.sql, or write models = ["schema.sql"] into psqlmigrate.toml',
            )
        return self.settings.models
