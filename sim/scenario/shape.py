"""What the schema expects at a place of a scenario: which keys a mapping may have, and which exclude each other."""

from __future__ import annotations

import types
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from sim.scenario.model import Model


@dataclass(frozen=True, slots=True)
class Shape:
    """The types that a value may have: the members of a union, without annotations."""

    types: tuple[Any, ...]

    @classmethod
    def of(cls, annotation: Any) -> Shape:
        """The shape of an annotated, optional or plain type."""
        return cls(tuple(_members(annotation)))

    @property
    def models(self) -> tuple[type[Model], ...]:
        """Those of its types that are models."""
        return tuple(kind for kind in self.types if isinstance(kind, type) and issubclass(kind, Model))

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys that a mapping of this shape may have; none if they are free, as the names of policies are."""
        named = [field.alias or name for model in self.models for name, field in model.model_fields.items()]
        listed = [key for kind in self.types if get_origin(kind) is dict for key in get_args(get_args(kind)[0])]
        return tuple(dict.fromkeys([*named, *listed]))

    @property
    def is_list(self) -> bool:
        """Whether the value must be a list."""
        return bool(self.types) and all(get_origin(kind) is tuple for kind in self.types)

    @property
    def names(self) -> tuple[str, ...]:
        """The words of which a value of this shape may be one."""
        return tuple(name for kind in self.types if get_origin(kind) is Literal for name in get_args(kind))

    @property
    def chooses_one(self) -> bool:
        """Whether a mapping of this shape has a single key."""
        return any(model.chooses_one for model in self.models)

    def spelled(self, key: str) -> str:
        """``key`` as this mapping spells it: with spaces for underscores where it is no free name."""
        spaced = key.replace("_", " ")
        return spaced if spaced in self.keys else key

    def below(self, step: str | int) -> Shape:
        """The shape of the value at a key or at a place in a list; an empty one where there can be none."""
        return Shape(tuple(member for kind in self.types for inner in _inner(kind, step) for member in _members(inner)))


def _members(annotation: Any) -> Iterator[Any]:
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _members(get_args(annotation)[0])
    elif origin in (Union, types.UnionType):
        for member in get_args(annotation):
            yield from _members(member)
    else:
        yield annotation


def _inner(kind: Any, step: str | int) -> Iterator[Any]:
    if isinstance(kind, type) and issubclass(kind, Model):
        yield from (field.annotation for name, field in kind.model_fields.items() if step in (field.alias, name))
    elif get_origin(kind) is dict:
        yield get_args(kind)[1]
    elif get_origin(kind) is tuple and isinstance(step, int):
        yield get_args(kind)[0]
