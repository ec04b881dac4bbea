"""A scenario from its file: read, merge, override, validate; every mistake at once, each with its line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from sim.errors import CityOpsError, Mistake, nearest
from sim.scenario.files import missing
from sim.scenario.merging import Includes, neighbours
from sim.scenario.overrides import overridden
from sim.scenario.parsing import Written
from sim.scenario.positions import Place, Source, Tree
from sim.scenario.reading import read_file
from sim.scenario.resolved import resolved_yaml, scenario_hash
from sim.scenario.schema import Scenario
from sim.scenario.shape import Shape
from sim.scenario.wording import mistakes_of

__all__ = ["FILE", "load", "resolved_yaml", "scenario_hash"]

FILE = "scenario.yaml"
"""The scenario in a folder of its own."""


def load(path: str | Path, overrides: Mapping[str, Any] | None = None) -> Scenario:
    """The scenario in a file, or in ``scenario.yaml`` of a folder.

    ``overrides`` maps dotted paths to values, as in ``{"seed": 7, "compare.replications.at most": 40}``; keys may have
    underscores for spaces, places in lists are numbers from 0. Paths inside the scenario are relative to its folder.

    Raises ``CityOpsError`` with all the mistakes that can be found at once, by line.
    """
    file = _found(Path(path))
    mistakes: list[Mistake] = []
    root = Shape.of(Scenario)
    tree = read_file(file, str(file), mistakes)
    includes = Includes(file, mistakes)
    tree = overridden(includes.resolved(tree, root, file.parent), overrides or {}, root, mistakes)
    source = Source(
        name=file.parent.resolve().name if file.name == FILE else file.stem,
        folder=file.parent,
        places={steps: Place(key, value) for steps, key, value in tree.walk()},
    )
    return _validated(tree, source, mistakes, is_whole=not includes.failed)


def _found(path: Path) -> Path:
    if path.is_dir():
        if not (path / FILE).is_file():
            raise CityOpsError(Mistake(what=f"has no {FILE}", file=str(path), accepted="a file, or a folder with one"))
        return path / FILE
    if not path.exists():
        near = nearest(path.name, neighbours(path, "*.y*ml"))
        raise CityOpsError(
            Mistake(what="there is no such file", file=str(path), nearest=near and str(path.with_name(near)))
        )
    return path


def _validated(tree: Tree, source: Source, mistakes: list[Mistake], *, is_whole: bool) -> Scenario:
    data = tree.plain()
    mistakes += missing(data, source)
    policies = data.get("policies")
    context = Written(policies=tuple(policies) if isinstance(policies, dict) else ())
    try:
        scenario = Scenario.model_validate(data, context=context, by_alias=True, by_name=False)
    except ValidationError as error:
        told = {(mistake.file, mistake.line, mistake.column) for mistake in mistakes}
        new = mistakes_of(error, tree, Shape.of(Scenario), is_whole=is_whole)
        mistakes += [mistake for mistake in new if (mistake.file, mistake.line, mistake.column) not in told]
        raise CityOpsError(in_order(mistakes)) from error
    scenario._source = source
    if mistakes:
        raise CityOpsError(in_order(mistakes))
    return scenario


def in_order(mistakes: list[Mistake]) -> list[Mistake]:
    """``mistakes`` without repetitions, by file, line and column."""
    return sorted(dict.fromkeys(mistakes), key=lambda one: (one.file or "", one.line or 0, one.column or 0))
