"""Writes certified migrations from the difference between the models and the migrations."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from psqlmigrate.errors import MultipleHeadsError
from psqlmigrate.migrations.atomic import write_new
from psqlmigrate.migrations.directory import Directory, file_name, next_version
from psqlmigrate.migrations.file import MigrationFile, read_file
from psqlmigrate.migrations.graph import Graph
from psqlmigrate.migrations.render import render_python, render_sql
from psqlmigrate.postgres.scratch import Scratch
from psqlmigrate.schema.catalog import Catalog, Change
from psqlmigrate.service.certifying import write_certificate
from psqlmigrate.service.planning import Plan, plan
from psqlmigrate.service.proving import final_schema, prove
from psqlmigrate.service.rehearsal import Claim


@dataclass(frozen=True, slots=True)
class GenerateResult:
    """What autogenerate found and wrote; no files when nothing differs."""

    changes: tuple[Change, ...]
    files: tuple[Path, ...]
    hazards: tuple[str, ...]
    baseline: str
    unmodelled: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Draft:
    version: str
    message: str
    parents: tuple[str, ...]
    up: Plan
    down: Plan


def generate(
    directory: Directory, desired: Catalog, message: str, scratch: Scratch, *, as_sql: bool = False
) -> GenerateResult:
    """Writes what is missing between the migrations and `desired` (a fixpoint catalog).

    Nothing stays on disk unless up, down and up again were proven. Raises MultipleHeadsError,
    PlanRefusedError, ProofError.
    """
    graph = Graph(directory.files)
    parents = tuple(one.version for one in graph.heads)
    if len(parents) > 1:
        raise MultipleHeadsError(
            f"there are several heads: {', '.join(parents)}",
            hint='psqlmigrate merge "join the branches" makes one of them',
        )
    base = final_schema(scratch, graph.order)
    up = plan(base, desired)
    baseline = f"{len(graph.order)} migrations"
    if not up.statements:
        return GenerateResult(up.changes, (), (), baseline, desired.unmodelled)
    drafts = _drafts(directory, parents, message, _stages(base, desired))
    files = _write(directory.path, drafts, render_sql_file if as_sql else render_python_file)
    try:
        claims = [Claim(draft.up, draft.down) for draft in drafts]
        proofs = prove(scratch, graph.order, files, claims, desired)
        for file, proof in zip(files, proofs, strict=True):
            write_certificate(file, proof, baseline)
    except BaseException:
        for file in files:
            file.path.unlink(missing_ok=True)
        raise
    hazards = tuple(sorted({str(one) for draft in drafts for one in draft.up.hazards}))
    return GenerateResult(
        up.changes, tuple(one.path for one in files), hazards, baseline, desired.unmodelled
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
