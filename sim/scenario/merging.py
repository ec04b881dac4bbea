"""From one file to what is meant: included parts beneath, overrides on top, each value keeping its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sim.errors import CityOpsError, Mistake, nearest
from sim.scenario.positions import Spot, Tree
from sim.scenario.reading import read_file, read_value
from sim.scenario.shape import Shape

INCLUDE = "include"


def merged(base: Tree, over: Tree, shape: Shape) -> Tree:
    """``over`` laid on ``base``: mappings are joined key by key, all else is replaced.

    Where a mapping has a single key, its kind, another kind replaces it.
    """
    if not (base.is_mapping and over.is_mapping):
        return over
    if shape.chooses_one and set(base.value) != set(over.value):
        return over
    values = dict(base.value)
    for key, child in over.value.items():
        values[key] = merged(values[key], child, shape.below(key)) if key in values else child
    return Tree(values, over.spot, {**base.keys, **over.keys})


class Includes:
    """Reads the files that a scenario includes, all of which lie in its own folder or in the folder of scenarios."""

    def __init__(self, scenario: Path) -> None:
        self._folders = _allowed(scenario)
        self._open: list[Path] = [scenario.resolve()]
        self.mistakes: list[Mistake] = []

    def resolved(self, tree: Tree, shape: Shape, beside: Path) -> Tree:
        """``tree`` without its ``include`` keys; paths are relative to the folder ``beside``."""
        if isinstance(tree.value, tuple):
            children = (self.resolved(child, shape.below(i), beside) for i, child in enumerate(tree.value))
            return Tree(tuple(children), tree.spot)
        if not tree.is_mapping:
            return tree
        own = {
            key: self.resolved(child, shape.below(key), beside) for key, child in tree.value.items() if key != INCLUDE
        }
        result = Tree(own, tree.spot, {key: spot for key, spot in tree.keys.items() if key != INCLUDE})
        if INCLUDE in tree.value:
            base = Tree({}, tree.spot)
            for part in self._parts(tree.value[INCLUDE], shape, beside):
                base = merged(base, part, shape)
            result = merged(base, result, shape) if base.value else result
        return result

    def _parts(self, named: Tree, shape: Shape, beside: Path) -> list[Tree]:
        names = named.value if isinstance(named.value, tuple) else (named,)
        return [part for name in names if (part := self._part(name, shape, beside)) is not None]

    def _part(self, name: Tree, shape: Shape, beside: Path) -> Tree | None:
        if not isinstance(name.value, str) or not name.value:
            return self._refuse(name, "is not the path of a file", accepted="include: [parts/crews.yaml]")
        path = (beside / name.value).resolve()
        if not any(path.is_relative_to(folder) for folder in self._folders):
            accepted = "a file in " + " or ".join(str(folder) for folder in self._folders)
            return self._refuse(name, "lies outside the scenario's folder", accepted=accepted)
        if path in self._open:
            chain = " includes ".join(file.name for file in [*self._open[self._open.index(path) :], path])
            return self._refuse(name, f"includes itself: {chain}")
        if not path.is_file():
            siblings = [p.name for p in sorted(path.parent.glob("*.y*ml"))] if path.parent.is_dir() else []
            near = nearest(path.name, siblings)
            return self._refuse(name, "there is no such file", near=near and str(Path(name.value).with_name(near)))
        return self._read(path, name, shape)

    def _read(self, path: Path, name: Tree, shape: Shape) -> Tree | None:
        shown = str(Path(name.spot.file).parent / name.value)
        try:
            tree = read_file(path, shown)
        except CityOpsError as error:
            self.mistakes += error.mistakes
            return None
        if not tree.is_mapping:
            return self._refuse(
                tree, "is not a mapping", accepted="`key: value` lines, to be merged where it is included"
            )
        self._open.append(path)
        part = self.resolved(tree, shape, path.parent)
        self._open.pop()
        return part

    def _refuse(self, tree: Tree, what: str, *, accepted: str | None = None, near: str | None = None) -> None:
        spot, value = tree.spot, tree.value
        found = repr(value) if isinstance(value, str) else None
        self.mistakes.append(
            Mistake(what=what, file=spot.file, line=spot.line, column=spot.column, field=INCLUDE, found=found,
                    accepted=accepted, nearest=near)
        )  # fmt: skip


def _allowed(scenario: Path) -> list[Path]:
    folder = scenario.resolve().parent
    above = [parent for parent in (folder, *folder.parents) if parent.name == "scenarios"]
    return [folder, *(parent for parent in above[:1] if parent != folder)]


def assignments(texts: Sequence[str]) -> dict[str, Any]:
    """``["seed=7", "policies.a.order=first reported"]`` as overrides for ``load``, values read as YAML.

    Raises ``CityOpsError`` for each text that is no ``key=value`` or whose value is no YAML.
    """
    overrides: dict[str, Any] = {}
    mistakes: list[Mistake] = []
    for text in texts:
        key, equals, value = text.partition("=")
        spot = Spot(f"--set {text}")
        if not equals or not all(part.strip() for part in key.split(".")):
            mistakes.append(
                Mistake(what="is not an assignment", file=spot.file, accepted="--set key=value, --set a.b=value")
            )
            continue
        try:
            overrides[key.strip()] = read_value(value, spot)
        except CityOpsError as error:
            mistakes += error.mistakes
    if mistakes:
        raise CityOpsError(mistakes)
    return overrides


def overridden(tree: Tree, overrides: Mapping[str, Any], shape: Shape) -> Tree:
    """``tree`` with values replaced: keys are paths such as ``sensors.0.pressure.every``.

    Raises ``CityOpsError`` for every path that leads nowhere.
    """
    mistakes: list[Mistake] = []
    for path, value in overrides.items():
        given = value if isinstance(value, Tree) else _planted(value, Spot(f"--set {path}={value}"))
        try:
            tree = _set(tree, path.split("."), given, shape)
        except CityOpsError as error:
            mistakes += error.mistakes
    if mistakes:
        raise CityOpsError(mistakes)
    return tree


def _planted(value: Any, spot: Spot) -> Tree:
    """The tree of a value from Python; text stays text."""
    if isinstance(value, Mapping):
        keys = {str(key): spot for key in value}
        return Tree({str(key): _planted(child, spot) for key, child in value.items()}, spot, keys)
    if isinstance(value, (list, tuple)):
        return Tree(tuple(_planted(child, spot) for child in value), spot)
    return Tree(value, spot)


def _set(tree: Tree, path: list[str], given: Tree, shape: Shape) -> Tree:
    if not path:
        return given
    step, rest = path[0].strip(), path[1:]
    if isinstance(tree.value, tuple):
        return _set_in_list(tree, step, rest, given, shape)
    values = dict(tree.value) if tree.is_mapping else {}
    key = step if step in values else shape.spelled(step)
    child = values.get(key, Tree({} if rest else None, given.spot))
    if key not in values and rest and not shape.below(key).types:
        raise _nowhere(given.spot, step, shape.keys or tuple(values))
    new = _set(child, rest, given, shape.below(key))
    if shape.chooses_one and key not in values:
        values = {}
    kept = {name: spot for name, spot in tree.keys.items() if name in values}
    return Tree({**values, key: new}, tree.spot, {**kept, key: kept.get(key, given.spot) if rest else given.spot})


def _set_in_list(tree: Tree, step: str, rest: list[str], given: Tree, shape: Shape) -> Tree:
    if not step.isdecimal() or int(step) >= len(tree.value):
        raise _nowhere(given.spot, step, tuple(str(i) for i in range(len(tree.value))))
    place = int(step)
    values = list(tree.value)
    values[place] = _set(values[place], rest, given, shape.below(place))
    return Tree(tuple(values), tree.spot)


def _nowhere(spot: Spot, step: str, known: tuple[str, ...]) -> CityOpsError:
    what = "there is no such key" if not known or not known[0].isdigit() else "there is no such place in the list"
    return CityOpsError(
        Mistake(
            what=what, file=spot.file, found=repr(step), accepted=", ".join(known) or None, nearest=nearest(step, known)
        )
    )
