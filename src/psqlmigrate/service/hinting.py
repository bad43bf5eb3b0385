"""Hints of former names in the source become the renames that are still to be made."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from psqlmigrate.errors import SourceError
from psqlmigrate.schema.catalog import Catalog
from psqlmigrate.schema.dbobject import DbObject, Naming
from psqlmigrate.schema.identity import ObjectId
from psqlmigrate.service.renameorder import Rename
from psqlmigrate.service.renametext import find, is_of, names_of, read_request, request_text, shown
from psqlmigrate.sources.renamehint import RenameHint

_DEFAULT_SCHEMA = "public"


def requests(
    hints: Sequence[RenameHint], base: Catalog, desired: Catalog, given: Sequence[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The renames (`old:new`) that the hints still ask for, and warnings.

    A hint asks for something while the old name is in the baseline and the new one is not; what
    `given` renames, on the command line, is not its business. Raises SourceError for two hints
    that contradict each other.
    """
    state = _State(base, desired)
    for text in given:
        state.take(text)
    ordered = sorted(hints, key=lambda one: (len(one.names), bool(one.label)))
    for hint in ordered:
        for present in _presents(desired, hint, state):
            state.consider(hint, present)
    return tuple(state.texts), tuple(dict.fromkeys(state.warnings))


@dataclass(slots=True)
class _State:
    base: Catalog
    desired: Catalog
    texts: list[str] = field(default_factory=list[str])
    warnings: list[str] = field(default_factory=list[str])
    moved: dict[ObjectId, ObjectId] = field(default_factory=dict[ObjectId, ObjectId])
    """New ids and those of the baseline."""
    taken: dict[tuple[ObjectId, str | None], tuple[str, str]] = field(
        default_factory=dict[tuple[ObjectId, str | None], tuple[str, str]]
    )
    """What is renamed: to what, and who says so."""

    def take(self, text: str) -> None:
        """A rename of the command line."""
        request = read_request(text)
        rename = find(request, self.base)
        if rename is not None:
            self._note(rename, "")

    def _note(self, rename: Rename, origin: str) -> None:
        self.taken[rename.one.id, rename.member] = (rename.name, origin)
        if rename.member is None:
            self.moved[rename.one.renamed(rename.name).id] = rename.one.id

    def consider(self, hint: RenameHint, present: DbObject) -> None:
        """Notes the rename, if there is one to be made."""
        rename = self._member(hint, present) if hint.label else self._object(hint, present)
        if rename is None:
            return
        key = (rename.one.id, rename.member)
        name, origin = self.taken.get(key, (rename.name, hint.origin))
        if not origin:
            return
        if name != rename.name:
            what = shown(rename.one, rename.member)
            raise SourceError(
                f"{what} cannot become both {name} and {rename.name}:"
                f" {origin} and {hint.origin} contradict each other"
            )
        if key not in self.taken:
            self.texts.append(request_text(self.base, rename))
        self._note(rename, hint.origin)

    def _object(self, hint: RenameHint, present: DbObject) -> Rename | None:
        if present.id in self.base.objects:
            return None
        before = self.moved.get(present.id)
        known = [one for one in self._former(hint, present) if one.id not in self.desired.objects]
        if not known:
            if before is None and self._is_news(present):
                self._warn(hint, shown(present), present.kind)
            return None
        if before is not None and before != known[0].id:
            raise SourceError(
                f"{shown(present)} was {before} and {known[0].id}: {hint.origin} contradicts"
                " another word of its former name"
            )
        return Rename(known[0], present.own_name)

    def _former(self, hint: RenameHint, present: DbObject) -> Iterator[DbObject]:
        """What the baseline has by a former name, in the same place."""
        names, arguments = names_of(present.id, present)
        place = names[:-1]
        if present.owners and (owner := self.moved.get(present.owners[0])):
            place = owner.path
        for former in hint.former:
            for one in self.base:
                if one.kind == present.kind and names_of(one.id, one) == (
                    (*place, former),
                    arguments,
                ):
                    yield one

    def _member(self, hint: RenameHint, present: DbObject) -> Rename | None:
        one = self.base.get(self.moved.get(present.id, present.id))
        if one is None:
            return None  # it is new as a whole
        members = [name for name, *_ in one.members]
        staying = {name for name, *_ in present.members}
        if hint.label in members:
            return None
        for former in hint.former:
            if former in members and former not in staying:
                return Rename(one, hint.label, former)
        self._warn(hint, f"{shown(present, hint.label)}", present.kind)
        return None

    def _is_news(self, present: DbObject) -> bool:
        """Whether it is made for something that the baseline has; in a new table all is new."""
        if present.owners:
            owner = present.owners[0]
            return owner in self.base.objects or owner in self.moved
        return any(one.kind == present.kind and not one.native for one in self.base)

    def _warn(self, hint: RenameHint, name: str, kind: str) -> None:
        former = " or ".join(hint.former)
        self.warnings.append(
            f"{hint.origin}: {kind} {name} was renamed from {former}, says its hint, and there is"
            " no such thing: it is made new"
        )


def _presents(desired: Catalog, hint: RenameHint, state: _State) -> Iterator[DbObject]:
    """What the hint is about: one thing, unless it is not in the schema in the end."""
    found = [
        one
        for one in desired
        if one.naming is not Naming.FIXED and _is_called(one, hint.names) and is_of(one, hint.kind)
    ]
    if hint.label:
        found = [one for one in found if any(name == hint.label for name, *_ in one.members)]
    if len(found) > 1:
        found = [one for one in found if one.schema_name in {_DEFAULT_SCHEMA, None}] or found
    if len(found) != 1:
        what = "several things are" if found else "nothing is"
        state.warnings.append(
            f"{hint.origin}: {what} called {'.'.join(hint.names)} that can have another name"
        )
        return
    yield found[0]


def _is_called(one: DbObject, names: tuple[str, ...]) -> bool:
    path, _ = names_of(one.id, one)
    return names in {path, path[1:]}
