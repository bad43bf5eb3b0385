"""Writes certified migrations from the difference between the models and the migrations."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from psqlmigrate.errors import AppliedFileError, MultipleHeadsError
from psqlmigrate.migrations import statefile
from psqlmigrate.migrations.atomic import write_new
from psqlmigrate.migrations.directory import Directory, file_name, next_version, read_directory
from psqlmigrate.migrations.file import MigrationFile, read_file
from psqlmigrate.migrations.graph import Graph
from psqlmigrate.migrations.render import render_python, render_sql
from psqlmigrate.postgres.filelock import locked_directory
from psqlmigrate.schema.catalog import Catalog, diff
from psqlmigrate.schema.hashing import sections
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.schema.statement import Hazard, Statement
from psqlmigrate.service.baseline import Baseline, choose
from psqlmigrate.service.certifying import write_certificate
from psqlmigrate.service.checking import NOWHERE, Settled, model_words, rename_words, settled
from psqlmigrate.service.describing import Entry, entries
from psqlmigrate.service.planning import Plan, plan
from psqlmigrate.service.proving import prove
from psqlmigrate.service.rehearsal import Claim
from psqlmigrate.service.renamepairs import Candidate
from psqlmigrate.service.renaming import Renamed, back
from psqlmigrate.service.schemanames import refuse_strange
from psqlmigrate.service.schemas import Schemas
from psqlmigrate.service.scratching import scratch_of, with_roles
from psqlmigrate.service.workspace import Workspace
from psqlmigrate.service.writing import refuse_unfit


@dataclass(frozen=True, slots=True)
class GenerateWishes:
    """The options of autogenerate.

    `renames` are `old:new`. `orphans`: drop what no migration made and no model states. `concurrently`: build and drop
    indexes of existing tables in a migration of their own, outside of a transaction.
    """

    as_sql: bool = False
    empty: bool = False
    baseline: str | None = None
    orphans: bool = False
    concurrently: bool = False
    renames: tuple[str, ...] = ()


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
    may_fail: tuple[str, ...] = ()
    unfilled: tuple[str, ...] = ()
    renamed: tuple[str, ...] = ()
    offers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Draft:
    version: str
    message: str
    parents: tuple[str, ...]
    up: Plan
    down: Plan
    transactional: bool = True


Ask: TypeAlias = Callable[[str], bool]


def autogenerate(
    workspace: Workspace, message: str, wishes: GenerateWishes, ask: Ask | None = None
) -> GenerateResult:
    """Writes what the models have and the baseline has not, as certified migrations.

    `ask` answers the question whether something was renamed; without it these are only reported.

    Nothing stays on disk unless up, down and up again were proven. Raises MultipleHeadsError,
    PlanRefusedError, ProofError, and what reading the models raises.
    """
    refuse_unfit(message, 'autogenerate "add email to users"')
    parents = parents_of(workspace.graph)
    statefile.read(workspace.state_file)  # a damaged one is told before anything is done
    if wishes.empty:
        return _empty(workspace, message, parents, wishes)
    with scratch_of(workspace) as scratch:
        schemas = Schemas(workspace, scratch)
        found = _find(schemas, wishes, ask)
        result = GenerateResult(
            entries(found.changes, found.renamed.catalog, found.desired),
            (),
            (),
            model_words(schemas),
            found.base.words,
            (*found.base.notes, *schemas.models.warnings, *found.notes),
            found.desired.unmodelled,
            renamed=rename_words(found.renamed.names),
            offers=tuple(one.text for one in found.offers),
        )
        if not (found.changes or found.renamed.names):
            return result
        return _written(schemas, found, message, parents, wishes, result)


def write_certified(
    schemas: Schemas,
    base: Baseline,
    renamed: Renamed,
    desired: Catalog,
    message: str,
    *,
    as_sql: bool = False,
) -> GenerateResult:
    """Writes certified migrations from a baseline to any schema, both as scratch prints them.

    `renamed` is the baseline with its new names. Raises as `autogenerate` does.
    """
    parents = parents_of(schemas.workspace.graph)
    statefile.read(schemas.workspace.state_file)
    changes = diff(renamed.catalog, desired)
    found = Settled(base, renamed, desired, changes)
    objects = entries(changes, renamed.catalog, desired)
    words = rename_words(renamed.names)
    result = GenerateResult(objects, (), (), "", base.words, base.notes, (), renamed=words)
    return _written(schemas, found, message, parents, GenerateWishes(as_sql=as_sql), result)


def _find(schemas: Schemas, wishes: GenerateWishes, ask: Ask | None) -> Settled:
    def confirm(one: Candidate) -> bool:
        return bool(ask and ask(one.question))

    base = choose(schemas, wishes.baseline, orphans=wishes.orphans)
    refuse_strange(schemas.workspace, NOWHERE, base.catalog, schemas.models.catalog)
    return settled(schemas, base, wishes.renames, confirm if ask else None)


def parents_of(graph: Graph) -> tuple[str, ...]:
    """What a new migration comes after. Raises MultipleHeadsError."""
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
    version = next_version(directory.files, workspace.settings.version_format)
    draft = _Draft(version, message, parents, nothing, nothing)
    render = render_sql_file if wishes.as_sql else render_python_file
    files = _write(directory, [draft], render)
    return GenerateResult((), (files[0].path,), (), "", "", (), ())


def _written(
    schemas: Schemas,
    found: Settled,
    message: str,
    parents: tuple[str, ...],
    wishes: GenerateWishes,
    result: GenerateResult,
) -> GenerateResult:
    began = time.monotonic()
    workspace, scratch = schemas.workspace, schemas.scratch
    directory, earlier = workspace.directory, workspace.graph.order
    renamed = found.renamed
    stages = _stages(
        renamed.catalog,
        found.desired,
        concurrently=wishes.concurrently,
        apart=bool(renamed.names),
    )
    drafts = _drafts(directory, parents, message, stages, workspace.settings.version_format)
    if renamed.names:
        first = stages[0].after
        down = back(scratch, first, renamed).then(found.base.catalog)
        drafts[0] = replace(drafts[0], up=renamed.then(first), down=down)
    files = _write(directory, drafts, render_sql_file if wishes.as_sql else render_python_file)
    try:
        claims = [Claim(draft.up, draft.down) for draft in drafts]
        start = earlier if found.base.replayable else found.base.catalog
        proofs = with_roles(scratch, lambda: prove(scratch, start, files, claims, found.desired))
        for file, proof in zip(files, proofs, strict=True):
            write_certificate(file, proof, found.base.origin)
    except BaseException:
        for file in files:
            file.path.unlink(missing_ok=True)
        raise
    statefile.write(workspace.state_file, [files[-1].version], sections(found.desired))
    hazards = tuple(sorted({str(one) for draft in drafts for one in draft.up.hazards}))
    return replace(
        result,
        files=tuple(one.path for one in files),
        hazards=hazards,
        certified=True,
        seconds=time.monotonic() - began,
        loses=_merged(one.loses for one in proofs),
        may_fail=_merged(
            (f"{one.sql} ({one.words})" for one in proof.may_fail) for proof in proofs
        ),
        unfilled=_merged(
            (f"{one.table}: {one.reason}" for one in proof.unfilled) for proof in proofs
        ),
    )


@dataclass(frozen=True, slots=True)
class _Stage:
    """One migration's worth of change, and the words that tell it from the others."""

    before: Catalog
    after: Catalog
    words: str = ""
    concurrent: bool = False


def _merged(lists: Iterable[Iterable[str]]) -> tuple[str, ...]:
    """Each text once, in order."""
    return tuple(dict.fromkeys(one for texts in lists for one in texts))


def _stages(
    base: Catalog, desired: Catalog, *, concurrently: bool, apart: bool = False
) -> list[_Stage]:
    """What can be used only after a commit (values of an enum) comes first and by itself; indexes
    that are built while others write come last; `apart`: something else goes before them.
    """
    stages: list[_Stage] = []
    statements = plan(base, desired).statements
    early = {one.subject for one in statements if one.commits and one.subject}
    if early:
        changed = {oid: desired.objects[oid] for oid in early}
        middle = replace(base, objects={**base.objects, **changed})
        if middle != desired:
            stages.append(_Stage(base, middle, "new values"))
            base = middle
    if concurrently and (last := _without_indexes(base, desired)):
        stages += [_Stage(base, last)] if last != base or apart else []
        return [*stages, _Stage(last, desired, "indexes" if stages else "", concurrent=True)]
    return [*stages, _Stage(base, desired)]


def _without_indexes(base: Catalog, desired: Catalog) -> Catalog | None:
    """The desired schema before what can be made or dropped concurrently is; None without any."""
    wanted = [one.subject for one in plan(base, desired).statements if one.concurrent]
    calm = {oid for oid in wanted if oid and _stands_on(oid, base, desired)}
    if not calm:
        return None
    rest = desired.where(lambda one: one.id not in calm)
    others = base.where(lambda one: one.id not in calm)
    kept = {oid: one for oid, one in base.objects.items() if oid not in others.objects}
    edges = {**rest.edges, **{oid: base.edges.get(oid, frozenset()) for oid in kept}}
    return replace(rest, objects={**rest.objects, **kept}, edges=edges)


def _stands_on(oid: ObjectId, base: Catalog, desired: Catalog) -> bool:
    """Whether what the object is of is there before and after, so that it has time."""
    sides = (base, desired)
    needs = {owner for side in sides if (one := side.get(oid)) for owner in one.owners}
    needs |= base.edges.get(oid, frozenset()) if oid in base.objects else frozenset()
    return all(need in side.objects for need in needs for side in sides)


def _drafts(
    directory: Directory,
    parents: tuple[str, ...],
    message: str,
    stages: list[_Stage],
    version_format: str,
) -> list[_Draft]:
    drafts: list[_Draft] = []
    files = directory.files
    for stage in stages:
        version = next_version(files, version_format)
        words = f"{message} ({stage.words})" if stage.words else message
        up, down = plan(stage.before, stage.after), plan(stage.after, stage.before)
        if stage.concurrent:
            up, down = _calm(up), _calm(down)
        drafts.append(_Draft(version, words, parents, up, down, not stage.concurrent))
        parents = (version,)
        files = (*files, MigrationFile(version, words, None, Path(), ""))
    return drafts


def _calm(made: Plan) -> Plan:
    """The plan with concurrent statements where there are such."""
    return Plan(
        tuple(
            replace(one, sql=one.concurrent, transactional=False, hazards=_watched(one))
            if one.concurrent
            else one
            for one in made.statements
        ),
        made.changes,
    )


def _watched(one: Statement) -> frozenset[Hazard]:
    return (one.hazards - {Hazard.LONG_LOCK}) | {Hazard.NO_TRANSACTION}


def render_python_file(draft: _Draft) -> tuple[str, str]:
    """The text of a Python migration and its suffix."""
    up, down = draft.up.statements, draft.down.statements
    text = render_python(
        draft.version,
        draft.message,
        draft.parents or None,
        up,
        down,
        transactional=draft.transactional,
    )
    return text, ".py"


def render_sql_file(draft: _Draft) -> tuple[str, str]:
    """The text of an SQL migration and its suffix."""
    up, down = draft.up.statements, draft.down.statements
    text = render_sql(
        draft.message, draft.parents or None, up, down, transactional=draft.transactional
    )
    return text, ".sql"


def _write(
    directory: Directory, drafts: list[_Draft], render: Callable[[_Draft], tuple[str, str]]
) -> tuple[MigrationFile, ...]:
    folder = directory.path
    folder.mkdir(parents=True, exist_ok=True)
    written: list[MigrationFile] = []
    with locked_directory(folder):
        if read_directory(folder).files != directory.files:
            raise AppliedFileError(
                f"another run has changed {folder} meanwhile", hint="run autogenerate again"
            )
        for draft in drafts:
            text, suffix = render(draft)
            path = folder / file_name(draft.version, draft.message, suffix)
            write_new(path, text.encode())
            written.append(read_file(path))
    return tuple(written)
