"""Writes certified migrations from the difference between the models and the migrations."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from psqlmigrate.errors import MultipleHeadsError
from psqlmigrate.migrations.atomic import write_atomic, write_new
from psqlmigrate.migrations.directory import Directory, file_name, next_version
from psqlmigrate.migrations.file import MigrationFile, read_file
from psqlmigrate.migrations.graph import Graph
from psqlmigrate.migrations.render import render_python, render_sql
from psqlmigrate.schema.catalog import Catalog
from psqlmigrate.schema.hashing import FORMAT_VERSION
from psqlmigrate.service.baseline import choose
from psqlmigrate.service.checking import Comparison, against, model_words
from psqlmigrate.service.describing import Entry, entries
from psqlmigrate.service.planning import Plan, plan
from psqlmigrate.service.proving import Proof, prove
from psqlmigrate.service.schemas import Schemas
from psqlmigrate.service.scratching import scratch_of
from psqlmigrate.service.workspace import Workspace


@dataclass(frozen=True, slots=True)
class GenerateWishes:
    """The options of autogenerate.

    `orphans`: drop what no migration made and no model states. `concurrently`: build and drop
    indexes of existing tables in a migration of their own, outside of a transaction.
    """

    as_sql: bool = False
    empty: bool = False
    baseline: str | None = None
    orphans: bool = False
    concurrently: bool = False


@dataclass(frozen=True, slots=True)
class GenerateResult:
    """What autogenerate found and wrote; no files when nothing differs."""

    objects: tuple[Entry, ...]
    files: tuple[Path, ...]
    hazards: tuple[str, ...]
    models: str
    baseline: str
    notes: tuple[str, ...]
    unmodelled: tuple[str, ...]
    certified: bool = False
    seconds: float = 0.0
    loses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Draft:
    version: str
    message: str
    parents: tuple[str, ...]
    up: Plan
    down: Plan
    transactional: bool = True


def autogenerate(workspace: Workspace, message: str, wishes: GenerateWishes) -> GenerateResult:
    """Writes what the models have and the baseline has not, as certified migrations.

    Nothing stays on disk unless up, down and up again were proven. Raises MultipleHeadsError,
    PlanRefusedError, ProofError, and what reading the models raises.
    """
    parents = _parents(workspace.graph)
    if wishes.empty:
        return _empty(workspace, message, parents, wishes)
    with scratch_of(workspace) as scratch:
        schemas = Schemas(workspace, scratch)
        found = against(schemas, choose(schemas, wishes.baseline, orphans=wishes.orphans))
        result = GenerateResult(
            entries(found.changes, found.base.catalog, found.desired),
            (),
            (),
            model_words(schemas),
            found.base.words,
            (*found.base.notes, *schemas.models.warnings),
            found.desired.unmodelled,
        )
        if not found.changes:
            return result
        return _written(schemas, found, message, parents, wishes, result)


def _parents(graph: Graph) -> tuple[str, ...]:
    parents = tuple(one.version for one in graph.heads)
    if len(parents) > 1:
        raise MultipleHeadsError(
            f"there are several heads: {', '.join(parents)}",
            hint='psqlmigrate merge "join the branches" makes one of them',
        )
    return parents


def _empty(
    workspace: Workspace, message: str, parents: tuple[str, ...], wishes: GenerateWishes
) -> GenerateResult:
    """A migration to be filled in by hand."""
    directory = workspace.directory
    nothing = Plan((), ())
    draft = _Draft(next_version(directory.files), message, parents, nothing, nothing)
    render = render_sql_file if wishes.as_sql else render_python_file
    files = _write(directory.path, [draft], render)
    return GenerateResult((), (files[0].path,), (), "", "", (), ())


def _written(
    schemas: Schemas,
    found: Comparison,
    message: str,
    parents: tuple[str, ...],
    wishes: GenerateWishes,
    result: GenerateResult,
) -> GenerateResult:
    start = time.monotonic()
    workspace, scratch = schemas.workspace, schemas.scratch
    directory, earlier = workspace.directory, workspace.graph.order
    drafts = _drafts(directory, parents, message, _stages(found.base.catalog, found.desired))
    files = _write(directory.path, drafts, render_sql_file if wishes.as_sql else render_python_file)
    try:
        proofs = prove(scratch, earlier, files)
        for file, draft, proof in zip(files, drafts, proofs, strict=True):
            write_certificate(file, draft.up, proof)
    except BaseException:
        for file in files:
            file.path.unlink(missing_ok=True)
        raise
    hazards = tuple(sorted({str(one) for draft in drafts for one in draft.up.hazards}))
    return replace(
        result,
        files=tuple(one.path for one in files),
        hazards=hazards,
        certified=True,
        seconds=time.monotonic() - start,
    )


def _stages(base: Catalog, desired: Catalog) -> list[Catalog]:
    """What can be used only after a commit (values of an enum) is a stage of its own."""
    early = {one.subject for one in plan(base, desired).statements if one.commits and one.subject}
    changed = {oid: desired.objects[oid] for oid in early}
    middle = Catalog({**base.objects, **changed}, base.edges)
    return [base, desired] if not early or middle == desired else [base, middle, desired]


def _drafts(
    directory: Directory, parents: tuple[str, ...], message: str, stages: list[Catalog]
) -> list[_Draft]:
    drafts: list[_Draft] = []
    files = directory.files
    for position, (before, after) in enumerate(pairwise(stages)):
        version = next_version(files)
        words = f"{message} (new values)" if position < len(stages) - 2 else message
        drafts.append(_Draft(version, words, parents, plan(before, after), plan(after, before)))
        parents = (version,)
        files = (*files, MigrationFile(version, words, None, Path(), ""))
    return drafts


def render_python_file(draft: _Draft) -> tuple[str, str]:
    """The text of a Python migration and its suffix."""
    up, down = draft.up.statements, draft.down.statements
    return render_python(draft.version, draft.message, draft.parents or None, up, down), ".py"


def render_sql_file(draft: _Draft) -> tuple[str, str]:
    """The text of an SQL migration and its suffix."""
    up, down = draft.up.statements, draft.down.statements
    return render_sql(draft.message, draft.parents or None, up, down), ".sql"


def _write(
    folder: Path, drafts: list[_Draft], render: Callable[[_Draft], tuple[str, str]]
) -> tuple[MigrationFile, ...]:
    folder.mkdir(parents=True, exist_ok=True)
    written: list[MigrationFile] = []
    for draft in drafts:
        text, suffix = render(draft)
        path = folder / file_name(draft.version, draft.message, suffix)
        write_new(path, text.encode())
        written.append(read_file(path))
    return tuple(written)


def write_certificate(file: MigrationFile, up: Plan, proof: Proof) -> None:
    """Writes `certificates/<version>.json` beside the migration."""
    content = {
        "version": file.version,
        "checksum": file.checksum,
        "format_version": FORMAT_VERSION,
        "server_version": proof.server_version,
        "schema_before": proof.before,
        "schema_after": proof.after,
        "objects": [
            {"kind": kind, "name": name, "before": before, "after": after}
            for kind, name, before, after in proof.touched
        ],
        "statements": [{"sql": one.sql, "hazards": sorted(one.hazards)} for one in up.statements],
    }
    folder = file.path.parent / "certificates"
    folder.mkdir(exist_ok=True)
    text = json.dumps(content, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
    write_atomic(folder / f"{file.version}.json", text.encode())
