"""Values given beside the file: ``--set compare.replications.at most=40``, or a dictionary from Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sim.errors import CityOpsError, Mistake, nearest
from sim.scenario.positions import Spot, Tree
from sim.scenario.reading import read_value
from sim.scenario.shape import Shape


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
            mistakes.append(spot.mistake("is not an assignment", accepted="--set key=value or --set a.b=value"))
            continue
        try:
            overrides[key] = read_value(value, spot)
        except CityOpsError as error:
            mistakes += error.mistakes
    if mistakes:
        raise CityOpsError(mistakes)
    return overrides


def overridden(tree: Tree, overrides: Mapping[str, Any], shape: Shape, mistakes: list[Mistake]) -> Tree:
    """``tree`` with values replaced; paths that lead nowhere are added to ``mistakes``.

    A path goes through keys, with spaces or underscores, and places in lists, from 0.
    """
    for path, value in overrides.items():
        given = value if isinstance(value, Tree) else _planted(value, Spot(f"--set {path}={value}"))
        try:
            tree = _replaced(tree, path.split("."), given, shape)
        except CityOpsError as error:
            mistakes += error.mistakes
    return tree


def _planted(value: Any, spot: Spot) -> Tree:
    """The tree of a value from Python; text stays text."""
    if isinstance(value, Mapping):
        values = {str(key): _planted(child, spot) for key, child in value.items()}
        return Tree(values, spot, dict.fromkeys(values, spot))
    if isinstance(value, list | tuple):
        return Tree(tuple(_planted(child, spot) for child in value), spot)
    return Tree(value, spot)


def _replaced(tree: Tree, path: list[str], given: Tree, shape: Shape) -> Tree:
    if not path:
        return given
    step, rest = path[0].strip(), path[1:]
    if isinstance(tree.value, tuple):
        return _replaced_in_list(tree, step, rest, given, shape)
    values = tree.value if tree.is_mapping else {}
    key = step if step in values else shape.spelled(step)
    below = shape.below(key)
    if key not in values and (not below.types or shape.is_list):
        raise _nowhere(given.spot, step, shape.keys or tuple(values))
    child = _replaced(values.get(key, Tree({}, given.spot)), rest, given, below)
    if shape.chooses_one and key not in values:
        values = {}
    spots = {name: spot for name, spot in tree.keys.items() if name in values}
    spot = spots[key] if rest and key in spots else given.spot
    return Tree({**values, key: child}, tree.spot, {**spots, key: spot})


def _replaced_in_list(tree: Tree, step: str, rest: list[str], given: Tree, shape: Shape) -> Tree:
    places = [str(place) for place in range(len(tree.value))]
    if step not in places:
        raise _nowhere(given.spot, step, tuple(places))
    values = list(tree.value)
    values[int(step)] = _replaced(values[int(step)], rest, given, shape.below(int(step)))
    return Tree(tuple(values), tree.spot)


def _nowhere(spot: Spot, step: str, known: Sequence[str]) -> CityOpsError:
    accepted = ", ".join(known) or "nothing: there is no mapping or list at this place"
    return CityOpsError(
        spot.mistake("leads nowhere", found=repr(step), accepted=accepted, nearest=nearest(step, known))
    )
