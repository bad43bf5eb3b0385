"""Where scratch databases come from: scratch_url, a local target's own server, or a server of ours."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from typing import TypeVar

from psqlmigrate.errors import (
    ConnectionFailedError,
    MigrationError,
    NoTargetError,
    ScratchError,
    missing_role,
)
from psqlmigrate.postgres.binaries import available_binaries
from psqlmigrate.postgres.connect import (
    Connection,
    connect,
    server_major,
    telling_of_its_loss,
)
from psqlmigrate.postgres.embedded import scratch_server
from psqlmigrate.postgres.scratch import Scratch
from psqlmigrate.postgres.target import Target, parse_url
from psqlmigrate.service.workspace import Workspace
from psqlmigrate.sources.sql_files import read_sql

T = TypeVar("T")

_MOST_ROLES = 100
_HINT = (
    "roles are not made on a server of yours: create it there, or name a file with its CREATE ROLE"
    " in scratch_setup, or set scratch_url to a server that has it"
)
_MAY_CREATE = """
SELECT rolcreatedb OR rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user"""


@contextmanager
def scratch_of(workspace: Workspace) -> Generator[Scratch]:
    """Scratch databases for the workspace's target. Raises ScratchError naming the ways out."""
    make = _maker(workspace)
    if workspace.settings.scratch_url:
        target = parse_url(workspace.settings.scratch_url, "scratch_url")
        with make(target) as scratch:
            yield scratch
    elif _near(workspace):
        with workspace.target() as target, _home(target) as home:
            like = _name(target) if home is target else None
            with make(home, like=like) as scratch:
                yield scratch
    else:
        with scratch_server(_wanted_major(workspace)) as target, make(target) as scratch:
            yield scratch


@contextmanager
def scratch_apart(workspace: Workspace) -> Generator[Scratch]:
    """Scratch databases whatever the target is: by scratch_url, else a server of ours."""
    make = _maker(workspace)
    if workspace.settings.scratch_url:
        target = parse_url(workspace.settings.scratch_url, "scratch_url")
        with make(target) as scratch:
            yield scratch
        return
    with scratch_server() as target, make(target) as scratch:
        yield scratch


@contextmanager
def _home(target: Target) -> Generator[Target]:
    """The target's own server; one of ours if it does not answer, a pooler stands before it, or the
    role may not make databases there.
    """
    major, suits = _asked(target)
    if suits or not available_binaries():
        yield target
        return
    with scratch_server(_available(major)) as server:
        yield server


def _asked(target: Target) -> tuple[int | None, bool]:
    """The server's major, and whether we may make databases there."""
    try:
        with connect(target) as connection, telling_of_its_loss(connection):
            row = connection.execute(_MAY_CREATE).fetchone()
            may = bool(row and row[0]) and not connection.pooled
            return server_major(connection), may
    except ConnectionFailedError:
        return None, False


@contextmanager
def scratch_for(workspace: Workspace, *sources: str) -> Generator[Scratch]:
    """On the server of the first local URL among the sources, else where `scratch_of` has it."""
    targets = [parse_url(name, "the argument") for name in sources if "://" in name]
    near = [target for target in targets if target.local]
    make = _maker(workspace)
    if near and not workspace.settings.scratch_url:
        with _home(near[0]) as home:
            like = _name(near[0]) if home is near[0] else None
            with make(home, like=like) as scratch:
                yield scratch
    elif targets and not workspace.settings.scratch_url:
        with (
            scratch_server(_available(_asked(targets[0])[0])) as server,
            make(server) as scratch,
        ):
            yield scratch
    else:
        with scratch_of(workspace) as scratch:
            yield scratch


def in_scratch(scratch: Scratch, action: Callable[[Connection], T]) -> T:
    """What the action answers in a new scratch database.

    On a server of ours, roles that it names and that are missing are made, and it begins anew.
    """

    def act() -> T:
        with scratch.database() as connection:
            return action(connection)

    return with_roles(scratch, act)


def with_roles(scratch: Scratch, action: Callable[[], T]) -> T:
    """The same for an action that makes scratch databases by itself."""
    for _ in range(_MOST_ROLES):
        try:
            return action()
        except MigrationError as error:
            role = missing_role(error)
            if role is None:
                raise
            if not scratch.own:
                error.hint = error.hint or _HINT
                raise
            scratch.create_role(role)
    raise ScratchError(f"the schema names more than {_MOST_ROLES} roles that are not there")


def _maker(workspace: Workspace) -> Callable[..., Scratch]:
    """Makes a Scratch of a server, and maybe of what its databases should be like.

    Raises SourceError where the SQL that each of them gets first cannot be read.
    """
    paths = workspace.settings.setup_paths
    setup = tuple(pair for path in paths for pair in read_sql(path))
    return partial(Scratch, setup=setup, unread=workspace.unread)


def _name(target: Target) -> str:
    return target.params.get("dbname") or target.params.get("user") or "postgres"


def _near(workspace: Workspace) -> bool:
    """Whether the target's own server may be used for scratch databases."""
    try:
        chosen = workspace.chosen
    except NoTargetError:
        return False
    if chosen.embedded or workspace.settings.scratch_on_target:
        return True
    return chosen.local and any(chosen.params.values())


def _wanted_major(workspace: Workspace) -> int | None:
    """The target's major, if it can be asked and is at hand here."""
    if not workspace.has_target:
        return None
    return _available(_asked(workspace.chosen)[0])


def _available(major: int | None) -> int | None:
    """The major, unless no such server is installed: then any must do, for both sides alike."""
    found = {one.major for one in available_binaries()}
    return major if major in found else None
