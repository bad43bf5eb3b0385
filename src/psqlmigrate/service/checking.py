"""Whether models, migrations and database agree."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from psqlmigrate.schema.catalog import Catalog, Change, diff
from psqlmigrate.schema.hashing import section_of, sections
from psqlmigrate.schema.selection import merged
from psqlmigrate.service.baseline import DATABASE, Baseline, choose
from psqlmigrate.service.describing import Entry, entries
from psqlmigrate.service.hinting import requests
from psqlmigrate.service.live import live
from psqlmigrate.service.renamepairs import Candidate
from psqlmigrate.service.renaming import NewName, Renamed, settle
from psqlmigrate.service.schemanames import refuse_strange
from psqlmigrate.service.schemas import Schemas
from psqlmigrate.service.scratching import scratch_of, with_roles
from psqlmigrate.service.workspace import Workspace

NOWHERE = "in the models, nor in what they are compared with"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """Whether the models need a migration; `models` and `baseline` say what was compared.

    `renamed` are new names by the models' own word.
    """

    objects: tuple[Entry, ...]
    models: str
    baseline: str
    notes: tuple[str, ...]
    unmodelled: tuple[str, ...]
    renamed: tuple[str, ...] = ()

    @property
    def differs(self) -> bool:
        """Whether there is something to migrate."""
        return bool(self.objects or self.renamed)


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
        chosen = choose(schemas, wish)
        refuse_strange(workspace, NOWHERE, chosen.catalog, schemas.models.catalog)
        found = settled(schemas, chosen)
        words, warnings = model_words(schemas), schemas.models.warnings
    base, renamed = found.base, found.renamed
    return CheckResult(
        entries(found.changes, renamed.catalog, found.desired),
        words,
        base.words,
        (*base.notes, *warnings, *found.notes),
        found.desired.unmodelled,
        rename_words(renamed.names),
    )


@dataclass(frozen=True, slots=True)
class Settled:
    """What the models ask for, once things have their new names; `offers` may be renames, too."""

    base: Baseline
    renamed: Renamed
    desired: Catalog
    changes: tuple[Change, ...]
    offers: tuple[Candidate, ...] = ()
    notes: tuple[str, ...] = ()


def settled(
    schemas: Schemas,
    base: Baseline,
    renames: tuple[str, ...] = (),
    ask: Callable[[Candidate], bool] | None = None,
) -> Settled:
    """The models compared with a baseline whose things were renamed first.

    By `renames` (`old:new`), by hints of the models, and by what `ask` says yes to. Raises what
    `against`, `requests` and `settle` raise.
    """
    found = against(schemas, base)
    fixed, scratch = found.base, schemas.scratch
    if not (found.changes or renames):
        return Settled(fixed, Renamed(fixed.catalog), found.desired, ())
    hinted, notes = requests(schemas.models.renames, fixed.catalog, found.desired, renames)
    renamed, offers = with_roles(
        scratch,
        lambda: settle(scratch, fixed.catalog, found.desired, (*renames, *hinted), ask),
    )
    if renamed.names:
        # What the models do not state goes by the new names, too.
        found = against(schemas, replace(fixed, catalog=renamed.catalog))
    changes = diff(renamed.catalog, found.desired)
    notes = (*notes, *renamed.warnings)
    return Settled(fixed, renamed, found.desired, changes, offers, notes)


def rename_words(names: Iterable[NewName]) -> tuple[str, ...]:
    """What got another name, in words."""
    return tuple(
        f"{one.old.shown} is {one.new.shown} now"
        if one.member is None
        else f"{one.old.shown} '{one.member}' is '{one.new_member}' now"
        for one in names
    )


def against(schemas: Schemas, base: Baseline) -> Comparison:
    """The models compared with a baseline. Raises PlanRefusedError where they exclude each other."""
    stated = schemas.models
    spared = {
        *(base.needed - stated.catalog.objects.keys()),
        *(schemas.given - base.catalog.objects.keys()),
    }
    selection = schemas.compared.without(spared)
    desired = merged(base.catalog, stated.catalog, stated.coverage, selection)
    if not diff(base.catalog, desired):
        return Comparison(base, desired, ())
    fixed = replace(base, catalog=schemas.fixpoint(base.catalog))
    desired = schemas.completed(fixed.catalog, stated, selection)
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
        base = Baseline(live(workspace, connection), DATABASE, "")
        refuse_strange(workspace, NOWHERE, base.catalog, schemas.models.catalog)
        found = settled(schemas, base)
    return ValidateResult(tuple(_warnings(found)))


def _warnings(found: Settled) -> Iterable[str]:
    """A thing that shall have another name is modified, and says so in its line."""
    have, want = sections(found.renamed.catalog), sections(found.desired)
    renamed = _renamed(found)
    for kind in sorted({*have, *want}):
        before, after = have.get(kind, {}), want.get(kind, {})
        for name in sorted({*before, *after}):
            words = renamed.get((kind, name), "")
            if words or before.get(name) != after.get(name):
                symbol = "+" if name not in before else "-" if name not in after else "~"
                shown = f"{symbol}{name}" if kind == "table" else f"{symbol}{kind} {name}"
                yield f"{shown} ({words})" if words else shown


def _renamed(found: Settled) -> dict[tuple[str, str], str]:
    """Words of new names, by kind and name of the whole that has them."""
    words: dict[tuple[str, str], str] = {}
    catalog = found.renamed.catalog
    for one, text in zip(found.renamed.names, rename_words(found.renamed.names), strict=True):
        subject = catalog.get(one.new)
        whole = section_of(catalog, subject) if subject else one.new
        key = whole.kind, str(whole)
        words[key] = f"{words[key]}, {text}" if key in words else text
    return words
