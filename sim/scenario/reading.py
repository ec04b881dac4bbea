"""YAML 1.2 text to a ``Tree``: only mappings, lists, text, numbers, truth values; every mistake with its line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode
from ruamel.yaml.reader import ReaderError

from sim.errors import CityOpsError, Mistake
from sim.scenario.parsing import WrittenFloat, WrittenInt
from sim.scenario.positions import Spot, Tree

_INTEGER = re.compile(r"[-+]?\d{1,300}")
_FLOAT = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?")
_WORDS: dict[str, Any] = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_NOTHING = ("", "~", "null", "Null", "NULL")
_CORE = "tag:yaml.org,2002:"


def read_file(path: Path, shown: str, mistakes: list[Mistake]) -> Tree:
    """The tree of a YAML file, which messages call ``shown``.

    Where only a key or a value is wrong, such as a key that stands twice, the rest is read and ``mistakes`` grows.
    Raises ``CityOpsError`` if the file cannot be read, is not UTF-8, is empty, or has wrong syntax.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CityOpsError(Mistake(what=f"cannot be read ({error.strerror})", file=shown)) from error
    node = _composed(_decoded(content, shown), shown)
    if node is None:
        raise CityOpsError(Mistake(what="is empty", file=shown, accepted="a scenario; `cityops new` makes one"))
    tree = _Walk(shown, mistakes).tree(node)
    if not tree.is_mapping:
        raise CityOpsError(tree.spot.mistake("is not a mapping", accepted="lines with `key: value`"))
    return tree


def _decoded(content: bytes, shown: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        spot = Spot(shown, before.count(b"\n") + 1, error.start - (before.rfind(b"\n") + 1) + 1)
        what = "is not UTF-8 text: save the file in that encoding"
        raise CityOpsError(spot.mistake(what, found=f"the byte 0x{content[error.start]:02x}")) from error


def read_value(text: str, spot: Spot) -> Tree:
    """The tree of a value given on the command line, all of it at ``spot``; a list or a mapping may be in brackets.

    Raises ``CityOpsError`` if it is no YAML.
    """
    node = _composed(text, spot.file)
    mistakes: list[Mistake] = []
    tree = _Walk(spot.file, mistakes, fixed=spot).tree(node) if node else Tree(None, spot)
    if mistakes:
        raise CityOpsError(mistakes)
    return tree


def _composed(text: str, shown: str) -> Node | None:
    try:
        node: Node | None = YAML(typ="safe", pure=True).compose(StringIO(text))
    except MarkedYAMLError as error:
        raise CityOpsError(_syntax(error, text, shown)) from error
    except ReaderError as error:
        before = text[: error.position]
        spot = Spot(shown, before.count("\n") + 1, len(before) - before.rfind("\n"))
        raise CityOpsError(spot.mistake(f"has the control character U+{ord(text[error.position]):04X}")) from error
    except (YAMLError, RecursionError) as error:
        what = "is nested too deeply" if isinstance(error, RecursionError) else f"is not YAML ({error})"
        raise CityOpsError(Mistake(what=what, file=shown)) from error
    return node


_PLAIN_WORDS = (
    ("cannot start any token", "has a character that cannot begin a value: put the text in quotes"),
    (
        "mapping values are not allowed",
        "has a second colon, or is indented unlike its neighbours: put the text in quotes",
    ),
    ("but found another document", "begins a second document: one file is one scenario"),
    ("found undefined alias", "refers to an anchor that is not defined"),
    ("did not find expected", "does not continue the list or mapping above: check the indentation and the brackets"),
    ("expected <block end>", "does not continue the list or mapping above: check the indentation"),
    ("expected ',' or", "lacks a comma or the closing bracket"),
    ("found unexpected end of stream", "has an opening quote without its end"),
    ("could not find expected ':'", "lacks a colon after the key"),
)


def _syntax(error: MarkedYAMLError, text: str, shown: str) -> Mistake:
    mark = error.problem_mark or error.context_mark
    assert mark is not None, "the library marks what it objects to"
    spot = Spot(shown, mark.line + 1, mark.column + 1)
    problem = str(error.problem or error.context)
    here = "".join(text.splitlines()[mark.line : mark.line + 1])
    if "\t" in here[: len(here) - len(here.lstrip())] or "found character '\\t'" in problem:
        return spot.mistake("has a tab: indent with spaces")
    what = next((words for part, words in _PLAIN_WORDS if part in problem), f"is not YAML: {problem}")
    return spot.mistake(what, found=repr(here.strip()) if here.strip() else None)


class _Walk:
    """From the nodes of the YAML library to a tree, collecting mistakes."""

    def __init__(self, file: str, mistakes: list[Mistake], *, fixed: Spot | None = None) -> None:
        self._file = file
        self._mistakes = mistakes
        self._fixed = fixed
        self._open: list[Node] = []

    def tree(self, node: Node) -> Tree:
        """The tree of a node; where something is wrong, nothing stands in its place."""
        spot = self._spot(node)
        if node in self._open:
            return self._refuse(spot, "contains itself")
        if not (node.tag or "").startswith(_CORE):
            return self._refuse(spot, f"has the tag {node.tag}, which means nothing here")
        if isinstance(node, ScalarNode):
            return Tree(_scalar(node), spot)
        self._open.append(node)
        tree = self._mapping(node) if isinstance(node, MappingNode) else self._sequence(node, spot)
        self._open.pop()
        return tree

    def _spot(self, node: Node) -> Spot:
        return self._fixed or Spot(self._file, node.start_mark.line + 1, node.start_mark.column + 1)

    def _refuse(self, spot: Spot, what: str, *, found: str | None = None) -> Tree:
        self._mistakes.append(spot.mistake(what, found=found))
        return Tree(None, spot)

    def _sequence(self, node: Node, spot: Spot) -> Tree:
        return Tree(tuple(self.tree(child) for child in node.value), spot)

    def _mapping(self, node: MappingNode) -> Tree:
        merged: list[Tree] = []
        values: dict[str, Tree] = {}
        keys: dict[str, Spot] = {}
        for key, child in node.value:
            spot = self._spot(key)
            if not isinstance(key, ScalarNode) or (key.style is None and key.value in _NOTHING):
                self._refuse(spot, "is not a key: keys are text")
            elif key.value in values:
                self._refuse(spot, f"this key stands in line {keys[key.value].line} already", found=repr(key.value))
            elif key.tag == _CORE + "merge":
                merged += self._merged(self.tree(child))
            else:
                # The library puts a value that is left out at the beginning of what comes next.
                is_left_out = isinstance(child, ScalarNode) and child.start_mark.index == child.end_mark.index
                values[key.value] = Tree(None, spot) if is_left_out else self.tree(child)
                keys[key.value] = spot
        for base in merged:
            values = {**base.value, **values}
            keys = {**base.keys, **keys}
        return Tree(values, self._spot(node), keys)

    def _merged(self, tree: Tree) -> Iterator[Tree]:
        for one in tree.value if isinstance(tree.value, tuple) else (tree,):
            if one.is_mapping:
                yield one
            else:
                self._refuse(one.spot, "only a mapping can be merged with `<<`")


def _scalar(node: ScalarNode) -> Any:
    """What a scalar means: plain words and numbers of YAML 1.2, all else as text (dates and ``0x1F`` too)."""
    text: str = node.value
    kind = (node.tag or "").removeprefix(_CORE)
    if kind == "null" and text in _NOTHING:
        return None
    if kind == "bool":
        return _WORDS.get(text, text)
    number: WrittenInt | WrittenFloat
    if kind == "int" and _INTEGER.fullmatch(text):
        number = WrittenInt(text)
    elif kind in ("int", "float") and _FLOAT.fullmatch(text):
        number = WrittenFloat(text)
    else:
        return text
    number.text = text
    return number
