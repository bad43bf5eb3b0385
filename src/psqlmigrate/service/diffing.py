"""The difference of two schemas as a plan that was written from fixpoint text."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from psqlmigrate.redaction import redact
from psqlmigrate.schema.catalog import Catalog
from psqlmigrate.schema.dbobject import Statements
from psqlmigrate.schema.selection import ALL_CONCERNS, GRANTS, merged, only
from psqlmigrate.schema.serial import dump
from psqlmigrate.schema.statement import Statement
from psqlmigrate.service.describing import Entry, entries
from psqlmigrate.service.hinting import requests
from psqlmigrate.service.planning import Plan, plan
from psqlmigrate.service.proving import Proof, prove_difference
from psqlmigrate.service.renaming import Renamed, settle
from psqlmigrate.service.schemanames import refuse_strange
from psqlmigrate.service.schemas import Schemas, Stated
from psqlmigrate.service.scratching import scratch_for, with_roles
from psqlmigrate.service.surroundings import is_settled
from psqlmigrate.service.workspace import Workspace


@dataclass(frozen=True, slots=True)
class DiffResult:
    """The statements that turn one schema into another, and what was found but not compared.

    `proof` says what they do to sample rows, where that was asked for.
    """

    statements: tuple[Statement, ...]
    objects: tuple[Entry, ...]
    unmodelled: tuple[str, ...]
    proof: Proof | None = None


def difference(
    workspace: Workspace,
    old: str,
    new: str,
    *,
    concerns: Collection[str] = (GRANTS,),
    prove: bool = False,
) -> DiffResult:
    """The plan from one source to another: URL, `.sql`, `.json`, database, models, migrations, empty.

    Of grants and owners only those in `concerns` are compared; others stay as they are, also where
    what has them is made anew. They are read of both sides with the eyes of one role.

    With `prove` it is run in scratch on sample rows, there, back and there again. Raises ProofError
    and StatementError where it does not do what it should, PlanRefusedError where no plan leads
    there, or back.
    """
    workspace = workspace.seeing_all
    with scratch_for(workspace, old, new) as scratch:
        schemas = Schemas(workspace, scratch)
        before, after = schemas.named(old), schemas.named(new)
        refuse_strange(workspace, f"in {redact(old)}, nor in {redact(new)}", before, after)
        unmodelled = tuple(sorted({*before.unmodelled, *after.unmodelled}))
        coverage = replace(schemas.coverage_of(new), apart=ALL_CONCERNS - {*concerns})
        selection = schemas.compared if "models" in {old, new} else schemas.selection
        first: Statements = ()
        if new == "models":
            renamed = _renamed(schemas, before)
            before, first = renamed.catalog, renamed.statements
        stated, after = after, merged(before, after, coverage, selection)
        found = Plan((), ())
        if before != after:  # only then are they read again in scratch
            # A proof makes all of it, and compares.
            if after != stated:
                before = schemas.fixpoint(before)
                after = schemas.completed(before, Stated(stated, coverage), selection)
            elif prove or not is_settled(before, after, schemas.fixpoint):
                before, after = schemas.fixpoint(before), schemas.fixpoint(after)
            found = plan(before, after)
        proof = None
        if prove and found.statements:
            proof = with_roles(scratch, lambda: prove_difference(scratch, before, after))
    objects = entries(found.changes, before, after)
    return DiffResult((*first, *found.statements), objects, unmodelled, proof)


def _renamed(schemas: Schemas, before: Catalog) -> Renamed:
    """What it starts from, with the new names that the models tell of."""
    stated = schemas.models
    if not stated.renames:
        return Renamed(before)
    fixed = schemas.fixpoint(before)
    desired = merged(fixed, stated.catalog, stated.coverage, schemas.compared)
    texts, _ = requests(stated.renames, fixed, desired, ())
    if not texts:
        return Renamed(before)
    scratch = schemas.scratch
    return with_roles(scratch, lambda: settle(scratch, fixed, desired, texts)[0])


def snapshot(workspace: Workspace, source: str) -> str:
    """The fixpoint of a source as JSON, with a hash for each object."""
    with scratch_for(workspace, source) as scratch:
        schemas = Schemas(workspace, scratch)
        found = schemas.named(source)
        refuse_strange(workspace, f"in {redact(source)}", found)
        return dump(only(schemas.fixpoint(found), schemas.selection))
