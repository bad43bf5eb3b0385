"""Starts a background job: a process of its own, which is told everything by a pipe."""

import dataclasses
import json
import os
import select
import subprocess
import sys
import uuid
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from psqlmigrate.errors import JobError
from psqlmigrate.postgres.connect import Connection, telling_of_its_loss
from psqlmigrate.postgres.target import Target
from psqlmigrate.service import admission, history, versions
from psqlmigrate.service.config import Config
from psqlmigrate.service.executing import Wishes
from psqlmigrate.service.workspace import Workspace

# It imports what this process would, whatever folder it is in; -P keeps that out until then.
_PROGRAM = """
import json, sys
sys.path[:] = json.loads(sys.argv[1])
from psqlmigrate.service.jobprocess import main
main()
"""
_LISTS = ("models", "schemas", "ignore", "scratch_setup")
_PATIENCE_S = 60.0
_READY = b"ready\n"


def start(workspace: Workspace, target: str, wishes: Wishes) -> str:
    """Starts a process that upgrades to the target, and answers with the job's id.

    The process lives on when this one ends. When this returns, the job is in the database. Raises
    what upgrade raises before it runs anything, and JobError for a process that did not begin.
    """
    job = str(uuid.uuid4())
    with workspace.target() as at:  # a server of the project's own must not stop in between
        with workspace.connected(at) as connection, telling_of_its_loss(connection):
            _refuse(workspace, connection, target, wishes)
        _spawn(packed(workspace, target, wishes, job), workspace.chosen)
    return job


def _refuse(workspace: Workspace, connection: Connection, target: str, wishes: Wishes) -> None:
    """Raises what would end the job at once."""
    if connection.shared:
        raise admission.needs_session("a background job")
    rows = history.read(connection, workspace.tables) or ()
    checksums = {row.version: row.checksum for row in rows if row.is_applied}
    versions.refuse_edited(workspace.directory, checksums)
    now = workspace.lineage(history.applied(rows), target)
    if now.trouble:
        raise now.trouble
    files = versions.to_apply(now.directory, now.graph, now.applied, target)
    admission.refuse(files, "up", admission.hazards(wishes.forbid_hazard))


def packed(workspace: Workspace, target: str, wishes: Wishes, job: str) -> str:
    """The order for the process, as one line of JSON; with the password, so for pipes only."""
    settings = workspace.settings
    at = workspace.chosen
    order = {
        "job": job,
        "to": target,
        "config": _plain(settings),
        "params": dict(at.params),
        "source": at.source,
        "embedded": at.embedded,
        "connect_wait": workspace.connect_wait,
        "wishes": dataclasses.asdict(wishes),
    }
    return json.dumps(order)


def unpacked(text: str) -> tuple[dict[str, Any], Workspace, Wishes]:
    """What the process does with its order."""
    order: dict[str, Any] = json.loads(text)
    fields: dict[str, Any] = order["config"]
    for name in _LISTS:
        fields[name] = tuple(fields[name])
    fields["root"] = Path(fields["root"])
    fields["file"] = Path(fields["file"]) if fields["file"] else None
    fields["given"] = frozenset(fields["given"])
    wishes = dict(order["wishes"])
    wishes["forbid_hazard"] = tuple(wishes["forbid_hazard"])
    at = Target(order["params"], order["source"], embedded=order["embedded"])
    workspace = Workspace(
        Config(**fields), os.environ, connect_wait=order["connect_wait"], fixed=at
    )
    return order, workspace, Wishes(**wishes)


def _plain(settings: Config) -> dict[str, Any]:
    values = {one.name: getattr(settings, one.name) for one in dataclasses.fields(settings)}
    values["root"] = str(settings.root.absolute())
    values["file"] = str(settings.file) if settings.file else None
    values["given"] = sorted(settings.given)
    return values


def _spawn(order: str, at: Target) -> None:
    """The process leaves by a fork of its own: it is nobody's child, and in no terminal."""
    try:
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", _PROGRAM, json.dumps(sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        raise JobError(f"the background job cannot run {sys.executable}: {error}") from None
    with process:
        told, said, errors = process.stdin, process.stdout, process.stderr
        if told is None or said is None or errors is None:
            raise JobError("the background job's process has no pipes")
        with suppress(BrokenPipeError):  # the reason is read from the other pipes
            told.write(order.encode())
            told.close()
        answer = _answer(said)
        if answer == _READY:
            return
        words = "" if answer is None else errors.read().decode(errors="replace")
        raise _failed(answer, at.redacted(words).strip())


def _answer(pipe: IO[bytes]) -> bytes | None:
    """The line it says, empty when it ended without one; None after too long a time."""
    if not select.select([pipe], [], [], _PATIENCE_S)[0]:
        return None
    return pipe.readline()


def _failed(answer: bytes | None, words: str) -> JobError:
    if answer is None:
        return JobError(
            f"the background job did not begin within {_PATIENCE_S:.0f} s, and will not",
            hint="psqlmigrate upgrade runs in the foreground and shows what it waits for",
        )
    try:
        told: dict[str, str] = json.loads(answer)
        return JobError(
            f"the background job did not begin: {told['message']}",
            hint=told["hint"],
            details=told["details"],
        )
    except (ValueError, KeyError, TypeError):  # it ended, or something else spoke in its place
        words = "\n".join(filter(None, (answer.decode(errors="replace").strip(), words)))
    return JobError("the background job's process ended before it began", details=words)
