"""Where each value of a scenario was written: YAML text to a tree whose nodes know their file, line and column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sim.errors import Mistake

Steps = tuple[str | int, ...]
"""The way to a value: keys in their YAML spelling and places in lists, from 0."""


def dotted(steps: Steps) -> str:
    """The path as it is written in ``--set``."""
    return ".".join(map(str, steps))


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in a file; without a line it is an override, or the file as a whole."""

    file: str
    line: int | None = None
    column: int | None = None

    def mistake(
        self,
        what: str,
        *,
        field: str | None = None,
        found: str | None = None,
        accepted: str | None = None,
        nearest: str | None = None,
    ) -> Mistake:
        """A mistake at this place."""
        return Mistake(
            what=what,
            file=self.file,
            line=self.line,
            column=self.column,
            field=field,
            found=found,
            accepted=accepted,
            nearest=nearest,
        )


@dataclass(frozen=True, slots=True)
class Tree:
    """A value with its place: text, number, truth value or nothing, a mapping of trees, or a sequence of them."""

    value: Any
    spot: Spot
    keys: Mapping[str, Spot] = field(default_factory=dict)
    """Where each key of a mapping stands."""

    @property
    def is_mapping(self) -> bool:
        """Whether the value is a mapping."""
        return isinstance(self.value, dict)

    def plain(self) -> Any:
        """The value without places, sequences as tuples."""
        if isinstance(self.value, dict):
            return {key: child.plain() for key, child in self.value.items()}
        if isinstance(self.value, tuple):
            return tuple(child.plain() for child in self.value)
        return self.value

    def walk(self, steps: Steps = ()) -> Iterator[tuple[Steps, Spot, Spot]]:
        """Each value below, and this one: its path, where its key stands (else the value), and where the value does."""
        if not steps:
            yield steps, self.spot, self.spot
        for key, child in _children(self.value):
            yield (*steps, key), self.keys.get(str(key), child.spot), child.spot
            yield from child.walk((*steps, key))


def _children(value: Any) -> Iterator[tuple[str | int, Tree]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, tuple):
        yield from enumerate(value)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a key and its value stand."""

    key: Spot
    value: Spot


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Source:
    """Where a scenario comes from; no part of what it says, so that all sources are equal."""

    name: str = "scenario"
    folder: Path = field(default_factory=Path)
    places: Mapping[Steps, Place] = field(default_factory=dict)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Source)

    def __hash__(self) -> int:
        return 0

    def place(self, path: str | Steps) -> Place | None:
        """Where the value at ``path`` was written, or its nearest ancestor that was; None if it came from Python."""
        steps = self._spelled(path)
        while steps and steps not in self.places:
            steps = steps[:-1]
        return self.places.get(steps)

    def mistake(
        self,
        path: str | Steps,
        what: str,
        *,
        found: str | None = None,
        accepted: str | None = None,
        nearest: str | None = None,
    ) -> Mistake:
        """A mistake at the value at ``path``."""
        place = self.place(path)
        field = dotted(self._spelled(path)) or None
        if place is None:
            return Mistake(what=what, field=field, found=found, accepted=accepted, nearest=nearest)
        return place.value.mistake(what, field=field, found=found, accepted=accepted, nearest=nearest)

    def _spelled(self, path: str | Steps) -> Steps:
        parts: Steps = tuple(path.split(".")) if isinstance(path, str) else path
        steps: Steps = ()
        for part in parts:
            steps = (*steps, self._step(steps, part))
        return steps

    def _step(self, before: Steps, part: str | int) -> str | int:
        """``part`` as the file spells it: with spaces for underscores, or as a place in a list."""
        if isinstance(part, int) or (*before, part) in self.places:
            return part
        if part.isdigit() and (*before, int(part)) in self.places:
            return int(part)
        return part.replace("_", " ")
