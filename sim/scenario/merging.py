"""One tree from several: mappings laid on each other, and files that a scenario includes."""

from __future__ import annotations

from pathlib import Path

from sim.errors import CityOpsError, Mistake, nearest
from sim.scenario.positions import Tree
from sim.scenario.reading import read_file
from sim.scenario.shape import Shape

INCLUDE = "include"
"""The key whose files are merged beneath the mapping in which it stands."""


def merged(base: Tree, over: Tree, shape: Shape) -> Tree:
    """``over`` laid on ``base``: mappings are joined key by key, all else is replaced.

    Where a mapping has a single key, its kind, another kind replaces it.
    """
    if not (base.is_mapping and over.is_mapping) or (shape.chooses_one and set(base.value) != set(over.value)):
        return over
    values = dict(base.value)
    for key, child in over.value.items():
        values[key] = merged(values[key], child, shape.below(key)) if key in values else child
    return Tree(values, over.spot, {**base.keys, **over.keys})


class Includes:
    """Reads the files that a scenario includes, all of which lie in its own folder or in the folder of scenarios.

    What is wrong is added to ``mistakes``, and the file is left out.
    """

    def __init__(self, scenario: Path, mistakes: list[Mistake]) -> None:
        self._folders = _allowed(scenario)
        self._open: list[Path] = [scenario.resolve()]
        self._mistakes = mistakes
        self.failed = False

    def resolved(self, tree: Tree, shape: Shape, beside: Path) -> Tree:
        """``tree`` without its ``include`` keys; the paths there are relative to the folder ``beside``."""
        if isinstance(tree.value, tuple):
            items = (self.resolved(child, shape.below(i), beside) for i, child in enumerate(tree.value))
            return Tree(tuple(items), tree.spot)
        if not tree.is_mapping:
            return tree
        values = {
            key: self.resolved(child, shape.below(key), beside) for key, child in tree.value.items() if key != INCLUDE
        }
        result = Tree(values, tree.spot, {key: spot for key, spot in tree.keys.items() if key != INCLUDE})
        return self._on_parts(result, tree.value[INCLUDE], shape, beside) if INCLUDE in tree.value else result

    def _on_parts(self, own: Tree, named: Tree, shape: Shape, beside: Path) -> Tree:
        base = Tree({}, own.spot)
        for name in named.value if isinstance(named.value, tuple) else (named,):
            try:
                base = merged(base, self._part(name, shape, beside), shape)
            except CityOpsError as error:
                self._mistakes += error.mistakes
                self.failed = True
        return (
            merged(base, own, shape)
            if base.value and own.value
            else Tree({**base.value, **own.value}, own.spot, {**base.keys, **own.keys})
        )

    def _part(self, name: Tree, shape: Shape, beside: Path) -> Tree:
        path = self._path(name, beside)
        tree = read_file(path, str(Path(name.spot.file).parent / name.value), self._mistakes)
        self._open.append(path)
        part = self.resolved(tree, shape, path.parent)
        self._open.pop()
        return part

    def _path(self, name: Tree, beside: Path) -> Path:
        if not isinstance(name.value, str) or not name.value:
            raise _refusal(name, "is not the path of a file", accepted="include: [parts/crews.yaml]")
        path = (beside / name.value).resolve()
        if not any(path.is_relative_to(folder) for folder in self._folders):
            accepted = "a file below " + " or ".join(map(str, self._folders))
            raise _refusal(name, "lies outside the scenario's folder", accepted=accepted)
        if path in self._open:
            chain = " includes ".join(file.name for file in [*self._open[self._open.index(path) :], path])
            raise _refusal(name, f"goes round in a circle: {chain}")
        if not path.is_file():
            near = nearest(path.name, neighbours(path, "*.y*ml"))
            raise _refusal(name, "there is no such file", near=near and str(Path(name.value).with_name(near)))
        return path


def _refusal(name: Tree, what: str, *, accepted: str | None = None, near: str | None = None) -> CityOpsError:
    found = repr(name.value) if isinstance(name.value, str) else None
    return CityOpsError(name.spot.mistake(what, field=INCLUDE, found=found, accepted=accepted, nearest=near))


def neighbours(path: Path, pattern: str) -> list[str]:
    """The names of the files beside ``path`` that match ``pattern``."""
    return sorted(file.name for file in path.parent.glob(pattern)) if path.parent.is_dir() else []


def _allowed(scenario: Path) -> list[Path]:
    """The scenario's own folder and, if it lies in one, the folder called ``scenarios``."""
    folder = scenario.resolve().parent
    above = [parent for parent in folder.parents if parent.name == "scenarios"]
    return [folder, *above[:1]]
