"""The other files that a scenario names: the network, and rules in Python."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.errors import Mistake, nearest
from sim.scenario.merging import neighbours
from sim.scenario.positions import Source, Steps

WNTR = "wntr:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A file that a scenario names at ``steps``; the rest of the text, such as ``:closest``, is no part of its name."""

    steps: Steps
    file: str
    rest: str = ""

    def path(self, folder: Path) -> Path | None:
        """Where it is, if it is there; ``wntr:NAME`` is looked for inside an installed wntr, which is not imported."""
        path = _inside_wntr(self.file.removeprefix(WNTR)) if self.file.startswith(WNTR) else folder / self.file
        return path if path is not None and path.is_file() else None


def references(data: Mapping[str, Any]) -> Iterator[Reference]:
    """The files that are named in a scenario's plain data, which may be wrong anywhere."""
    for place in (("water", "inp"), ("roads", "file"), ("terrain", "file")):
        file = _at(data, "city", *place)
        if isinstance(file, str) and file:
            yield Reference(steps=("city", *place), file=file)
    hazards = _at(data, "hazards")
    for i, hazard in enumerate(hazards if isinstance(hazards, list) else ()):
        file = _at(hazard, "rain", "storm", "measured", "file")
        if isinstance(file, str) and file:
            yield Reference(steps=("hazards", i, "rain", "storm", "measured", "file"), file=file)
    policies = _at(data, "policies")
    for name, policy in policies.items() if isinstance(policies, Mapping) else ():
        levers = policy if isinstance(policy, Mapping) else {}
        for steps in [("python",), *((lever, "python") for lever in levers if lever != "python")]:
            text = _at(levers, *steps)
            file, colon, attribute = text.partition(":") if isinstance(text, str) else ("", "", "")
            if colon and file.endswith(".py"):
                yield Reference(steps=("policies", name, *steps), file=file, rest=colon + attribute)


def missing(data: Mapping[str, Any], source: Source) -> Iterator[Mistake]:
    """A mistake for each file that is named and not there.

    That wntr is not installed is told only when the network is read, with how to install it.
    """
    for reference in references(data):
        is_in_wntr = reference.file.startswith(WNTR)
        if reference.path(source.folder) is None and not (is_in_wntr and _wntr() is None):
            names = _wntr_names() if is_in_wntr else _beside(source.folder / reference.file, reference.file)
            yield source.mistake(
                reference.steps,
                "wntr has no such network" if is_in_wntr else _absent(source.folder / reference.file),
                found=repr(reference.file),
                accepted=", ".join(names) if is_in_wntr else None,
                nearest=nearest(reference.file, names),
            )


def _at(data: Any, *steps: str) -> Any:
    for step in steps:
        data = data.get(step) if isinstance(data, Mapping) else None
    return data


def _absent(path: Path) -> str:
    return "is a folder and no file" if path.is_dir() else "there is no such file"


def _beside(path: Path, written: str) -> list[str]:
    """The files beside ``path`` of the same kind, as they would be written."""
    ending = Path(written.removesuffix(".gz")).suffix
    files = [name for name in neighbours(path, f"*{ending}*" if ending else "*") if path.with_name(name).is_file()]
    return [str(Path(written).with_name(name)) for name in files]


def _wntr() -> Path | None:
    spec = importlib.util.find_spec("wntr")
    places = spec.submodule_search_locations if spec else None
    return Path(places[0]) / "library" / "networks" if places else None


def _wntr_names() -> list[str]:
    folder = _wntr()
    return sorted(WNTR + path.stem for path in folder.glob("*.inp")) if folder else []


def _inside_wntr(name: str) -> Path | None:
    folder = _wntr()
    return folder / f"{name.removesuffix('.inp')}.inp" if folder else None
