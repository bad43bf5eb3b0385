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
    found = [(hint, present) for hint in hints for present in _presents(desired, hint, state)]
    for hint, present in sorted(found, key=lambda one: (len(one[1].id.path), bool(one[0].label))):
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
    """What is renamed: to what, and who says so (nobody: the command line)."""

    def take(self, text: str) -> None:
        """A rename of the command line."""
        request = read_request(text)
        rename = find(request, self.base)
        if rename is not None:
            self._note(rename, rename.one.renamed(rename.name).id, "")

    def _note(self, rename: Rename, present: ObjectId, origin: str) -> None:
        self.taken[rename.one.id, rename.member] = (rename.name, origin)
        if rename.member is None:
            self.moved[present] = rename.one.id

    def _was(self, oid: ObjectId) -> ObjectId:
        """What the baseline calls it, as far as is known by now."""
        if oid in self.moved:
            return self.moved[oid]
        for new, old in self.moved.items():
            if len(new.path) == 1 and new.path[0] == oid.path[0]:  # the schema
                return oid._replace(path=(old.path[0], *oid.path[1:]))
        return oid

    def consider(self, hint: RenameHint, present: DbObject) -> None:
        """Notes the rename, if there is one to be made."""
        rename = self._member(hint, present) if hint.label else self._object(hint, present)
        if rename is None:
            return
        key = (rename.one.id, rename.member)
        name, origin = self.taken.get(key, (rename.name, hint.origin))
        if name != rename.name:
            what = shown(rename.one, rename.member)
            raise SourceError(
                f"{what} cannot become both {name} and {rename.name}:"
                f" {origin} and {hint.origin} contradict each other"
            )
        if key not in self.taken:
            self.texts.append(request_text(self.base, rename))
        self._note(rename, present.id, hint.origin)

    def _object(self, hint: RenameHint, present: DbObject) -> Rename | None:
        before = self.moved.get(present.id)
        if self._was(present.id) in self.base.objects and before is None:
            return None
        known = [one for one in self._former(hint, present) if one.id not in self.desired.objects]
        if self._is_given(before) or any(self._is_given(one.id) for one in known):
            return None
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

    def _is_given(self, oid: ObjectId | None, member: str | None = None) -> bool:
        """Whether the command line renames it."""
        return oid is not None and self.taken.get((oid, member), ("", "-"))[1] == ""

    def _former(self, hint: RenameHint, present: DbObject) -> Iterator[DbObject]:
        """What the baseline has by a former name, in the same place."""
        was = self._was(present.id)
        if present.owners:
            owner = self._was(present.owners[0]).path
            was = was._replace(path=(*owner, *present.id.path[len(owner) :]))
        names, arguments = names_of(was, present)
        for former in hint.former:
            wanted = ((*names[:-1], former), arguments)
            for one in self.base:
                if one.kind == present.kind and names_of(one.id, one) == wanted:
                    yield one

    def _member(self, hint: RenameHint, present: DbObject) -> Rename | None:
        one = self.base.get(self._was(present.id))
        if one is None:
            return None  # it is new as a whole
        members = [name for name, *_ in one.members]
        staying = {name for name, *_ in present.members}
        if hint.label in members:
            return None
        for former in hint.former:
            if former in members and former not in staying:
                given = self._is_given(one.id, former)
                return None if given else Rename(one, hint.label, former)
        self._warn(hint, f"{shown(present, hint.label)}", present.kind)
        return None

    def _is_news(self, present: DbObject) -> bool:
        """Whether it is made for something that the baseline has; in a new table all is new."""
        if present.owners:
            return self._was(present.owners[0]) in self.base.objects
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
