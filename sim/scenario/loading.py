"""A scenario from its file: read, merge, override, validate; every mistake at once, each with its line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from sim.errors import CityOpsError, Mistake, nearest
from sim.scenario.merging import Includes, overridden
from sim.scenario.positions import Place, Source, Tree
from sim.scenario.quantities import Written
from sim.scenario.reading import read_file
from sim.scenario.schema import Scenario
from sim.scenario.shape import Shape
from sim.scenario.wording import in_order, mistakes_of

FILE = "scenario.yaml"
"""The scenario in a folder of its own."""


def load(path: str | Path, overrides: Mapping[str, Any] | None = None) -> Scenario:
    """The scenario in a file, or in ``scenario.yaml`` of a folder.

    ``overrides`` maps dotted paths to values, as in ``{"seed": 7, "compare.replications.at most": 40}``; keys may have
    underscores for spaces, places in lists are numbers from 0. Paths inside the scenario are relative to its folder.

    Raises ``CityOpsError`` with all the mistakes that can be found at once, by line.
    """
    file = _found(Path(path))
    tree = _tree(file, overrides or {})
    source = Source(
        name=file.parent.resolve().name if file.name == FILE else file.stem,
        folder=file.parent,
        places={steps: Place(key, value) for steps, key, value in tree.walk()},
    )
    scenario = _validated(tree)
    scenario._source = source
    return scenario


def _found(path: Path) -> Path:
    if path.is_dir():
        if not (path / FILE).is_file():
            raise CityOpsError(Mistake(what=f"has no {FILE}", file=str(path), accepted="a file, or a folder with one"))
        return path / FILE
    if not path.exists():
        siblings = [p.name for p in sorted(path.parent.glob("*.y*ml"))] if path.parent.is_dir() else []
        near = nearest(path.name, siblings)
        raise CityOpsError(
            Mistake(what="there is no such file", file=str(path), nearest=near and str(path.with_name(near)))
        )
    return path


def _tree(file: Path, overrides: Mapping[str, Any]) -> Tree:
    """What the file means, with its parts beneath and the overrides on top."""
    root = Shape.of(Scenario)
    tree = read_file(file, str(file))
    if not tree.is_mapping:
        spot = tree.spot
        what = "is not a mapping"
        raise CityOpsError(
            Mistake(what=what, file=spot.file, line=spot.line, column=spot.column, accepted="`key: value` lines")
        )
    includes = Includes(file)
    tree = includes.resolved(tree, root, file.parent)
    if includes.mistakes:
        raise CityOpsError(in_order(includes.mistakes))
    return overridden(tree, overrides, root)


def _validated(tree: Tree) -> Scenario:
    data = tree.plain()
    policies = data.get("policies")
    context = Written(policies=tuple(policies) if isinstance(policies, dict) else ())
    try:
        return Scenario.model_validate(data, context=context, by_alias=True, by_name=False)
    except ValidationError as error:
        raise CityOpsError(mistakes_of(error, tree, Shape.of(Scenario))) from error
