"""Whether models, migrations and database agree."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from psqlmigrate.schema.catalog import Catalog, Change, diff
from psqlmigrate.schema.hashing import sections
from psqlmigrate.schema.selection import merged
from psqlmigrate.service.baseline import DATABASE, Baseline, choose
from psqlmigrate.service.describing import Entry, entries
from psqlmigrate.service.live import live
from psqlmigrate.service.schemas import Schemas
from psqlmigrate.service.scratching import scratch_of
from psqlmigrate.service.workspace import Workspace


@dataclass(frozen=True, slots=True)
class CheckResult:
    """Whether the models need a migration; `models` and `baseline` say what was compared."""

    objects: tuple[Entry, ...]
    models: str
    baseline: str
    notes: tuple[str, ...]
    unmodelled: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A baseline and the schema that shall be, both fixpoints if they differ, and the changes."""

    base: Baseline
    desired: Catalog
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class ValidateResult:
    """Warnings with the reference's symbols: `+table` in models only, `-table`, `~table`."""

    warnings: tuple[str, ...]


def check(workspace: Workspace, wish: str | None = None) -> CheckResult:
    """What the models have and the baseline has not. Raises what reading models raises."""
    with scratch_of(workspace) as scratch:
        schemas = Schemas(workspace, scratch)
        found = against(schemas, choose(schemas, wish))
        words = model_words(schemas)
    base = found.base
    objects = entries(found.changes, base.catalog, found.desired)
    return CheckResult(objects, words, base.words, base.notes, found.desired.unmodelled)


def against(schemas: Schemas, base: Baseline) -> Comparison:
    """The models compared with a baseline. Raises PlanRefusedError where they exclude each other."""
    stated = schemas.models
    desired = merged(base.catalog, stated.catalog, stated.coverage, schemas.selection)
    if not diff(base.catalog, desired):
        return Comparison(base, desired, ())
    fixed = replace(base, catalog=schemas.fixpoint(base.catalog))
    desired = schemas.completed(fixed.catalog, stated)
    return Comparison(fixed, desired, diff(fixed.catalog, desired))


def model_words(schemas: Schemas) -> str:
    """`myapp.models (5 tables)`."""
    names = ", ".join(schemas.workspace.model_specs)
    count = schemas.models.tables
    return f"{names} ({count} table{'' if count == 1 else 's'})"


def validate(workspace: Workspace) -> ValidateResult:
    """The models compared with the database; what neither knows of the other is a warning."""
    with workspace.connection() as connection, scratch_of(workspace) as scratch:
        schemas = Schemas(workspace, scratch)
        found = against(schemas, Baseline(live(workspace, connection), DATABASE, ""))
    if not found.changes:
        return ValidateResult(())
    have, want = sections(found.base.catalog), sections(found.desired)
    return ValidateResult(tuple(_warnings(have, want)))


def _warnings(have: dict[str, dict[str, str]], want: dict[str, dict[str, str]]) -> Iterable[str]:
    for kind in sorted({*have, *want}):
        before, after = have.get(kind, {}), want.get(kind, {})
        for name in sorted({*before, *after}):
            if before.get(name) != after.get(name):
                symbol = "+" if name not in before else "-" if name not in after else "~"
                yield f"{symbol}{name}" if kind == "table" else f"{symbol}{kind} {name}"
