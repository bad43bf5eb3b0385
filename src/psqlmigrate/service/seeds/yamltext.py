"""Reads the YAML of a seed file: from its nodes, so that nothing is built and nothing is lost."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from psqlmigrate.service.seeds.content import Scalar, Value, refusal
from psqlmigrate.service.seeds.shape import Entry, Located

_TAG = "tag:yaml.org,2002:"
_SCALARS = {"int": "int", "float": "float", "bool": "bool", "timestamp": "time", "binary": "binary"}
_TEXTS = {"str", "value", "merge"}
_MOST_COPIES = 1_000_000


class YamlReader:
    """Reads one document. An alias is the node it names: what is shared is read once."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._text = text
        self._known: dict[int, Value] = {}
        self._sizes: dict[int, int] = {}
        self._open: set[int] = set()
        self._written = 1

    def read(self) -> list[Entry]:
        """The tables of the file. Raises SeedError with the line."""
        root = self._composed()
        if root is None:
            return [Entry(None, 1, Located(1, None))]
        try:
            self._refuse_bombs(root)
            if not isinstance(root, MappingNode):
                return [Entry(None, _line(root), Located(_line(root), self._value(root)))]
            return [self._entry(key, node) for key, node in self._members(root)]
        except RecursionError:
            raise refusal(self._path, None, "nested too deeply") from None

    def _composed(self) -> Node | None:
        loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(self._text)
        try:
            node: Node | None = loader.get_single_node()
        except yaml.YAMLError as error:
            raise self._not_yaml(error) from None
        except RecursionError:
            raise refusal(self._path, None, "nested too deeply") from None
        finally:
            loader.dispose()
        return node

    def _not_yaml(self, error: yaml.YAMLError) -> Exception:
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or str(error).splitlines()[0]
        if getattr(error, "context", "") == "expected a single document in the stream":
            reason = "a second document begins: one file, one document"
        return refusal(self._path, mark.line + 1 if mark else None, f"not YAML: {reason}")

    def _entry(self, key: ScalarNode, node: Node) -> Entry:
        return Entry(key.value, _line(key), self._content(node))

    def _content(self, node: Node) -> Located:
        if isinstance(node, MappingNode):
            members = {key.value: self._list(one) for key, one in self._members(node)}
            return Located(_line(node), members)
        return self._list(node)

    def _list(self, node: Node) -> Located:
        if not isinstance(node, SequenceNode):
            return Located(_line(node), self._value(node))
        self._tagged(node, "seq")
        rows = [Located(_line(one), self._value(one)) for one in node.value]
        return Located(_line(node), rows)

    def _value(self, node: Node) -> Value:
        if isinstance(node, ScalarNode):
            return self._scalar(node)
        if id(node) not in self._known:
            self._known[id(node)] = self._collection(node)
        return self._known[id(node)]

    def _collection(self, node: Node) -> Value:
        if isinstance(node, SequenceNode):
            self._tagged(node, "seq")
            return [self._value(one) for one in node.value]
        members = self._members(node)
        return {key.value: self._value(one) for key, one in members}

    def _scalar(self, node: ScalarNode) -> Value:
        tag = node.tag.removeprefix(_TAG)
        if tag == "null":
            return None
        if tag in _TEXTS:
            return str(node.value)
        if tag not in _SCALARS:
            raise self._foreign(node)
        return Scalar(str(node.value), _SCALARS[tag])

    def _members(self, node: Node) -> list[tuple[ScalarNode, Node]]:
        """The members of a mapping; those that it merges (`<<`) come where it has none itself."""
        self._tagged(node, "map")
        own: dict[str, tuple[ScalarNode, Node]] = {}
        merged: dict[str, tuple[ScalarNode, Node]] = {}
        for key, value in node.value:
            if not isinstance(key, ScalarNode):
                raise refusal(self._path, _line(key), "a name must be a text")
            if key.tag == _TAG + "merge":
                for name, member in self._merged(value):
                    merged.setdefault(name, member)
                continue
            if key.value in own:
                raise refusal(self._path, _line(key), f'"{key.value}" is there twice')
            own[key.value] = (key, value)
        return list({**merged, **own}.values())

    def _merged(self, node: Node) -> Iterator[tuple[str, tuple[ScalarNode, Node]]]:
        sources = node.value if isinstance(node, SequenceNode) else [node]
        for one in sources:
            if not isinstance(one, MappingNode):
                raise refusal(self._path, _line(one), "<< takes a mapping or a list of them")
            if id(one) in self._open:
                raise refusal(self._path, _line(one), "an alias stands inside what it names")
            self._open.add(id(one))
            for key, value in self._members(one):
                yield key.value, (key, value)
            self._open.discard(id(one))

    def _tagged(self, node: Node, wanted: str) -> None:
        if node.tag != _TAG + wanted:
            raise self._foreign(node)

    def _foreign(self, node: Node) -> Exception:
        tag = node.tag.replace(_TAG, "!!")
        return refusal(
            self._path, _line(node), f"the tag {tag} is not known here",
            hint="a seed file is data: texts, numbers, dates, lists and mappings",
        )  # fmt: skip

    def _refuse_bombs(self, root: Node) -> None:
        copies = self._size(root) - self._written
        if copies > _MOST_COPIES:
            raise refusal(self._path, None, "its aliases stand for more than a million values")

    def _size(self, node: Node) -> int:
        """How many values it stands for when each alias is written out."""
        if isinstance(node, ScalarNode):
            return 1
        if id(node) in self._open:
            raise refusal(self._path, _line(node), "an alias stands inside what it names")
        if id(node) not in self._sizes:
            self._open.add(id(node))
            parts = (
                [one for pair in node.value for one in pair]
                if isinstance(node, MappingNode)
                else node.value
            )
            self._written += 1 + sum(isinstance(one, ScalarNode) for one in parts)
            self._sizes[id(node)] = 1 + sum(map(self._size, parts))
            self._open.discard(id(node))
        return self._sizes[id(node)]


def _line(node: Node) -> int:
    return int(node.start_mark.line) + 1
