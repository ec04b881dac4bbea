"""How the text of a value is read, by its dimension or by a phrase, and how a validator says no.

A bare number is accepted from Python, where it is SI, but not from a file, where it would leave the unit to luck; the
loader says which by passing a ``Written`` as validation context.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from typing import Any, TypeVar

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from sim import units
from sim.errors import CityOpsError, nearest

T = TypeVar("T")

MISTAKE = "cityops"
"""The type of our own pydantic errors; their context holds the fields of ``sim.errors.Mistake``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """The validation context of text from a file: ``policies`` are the names that the whole file gives."""

    policies: tuple[str, ...] = ()


class WrittenInt(int):
    """An integer that remembers how it was written, since ``010`` may be a name."""

    text: str


class WrittenFloat(float):
    """A number that remembers how it was written."""

    text: str


def wrong(what: str, *, accepted: str | None = None, near: str | None = None, key: str | None = None) -> Exception:
    """The error to raise in a validator; ``key`` names the key of the mapping at fault instead of its value."""
    return PydanticCustomError(MISTAKE, "{what}", {"what": what, "accepted": accepted, "nearest": near, "key": key})


def parsed(text: str, parse: Callable[[str], T]) -> T:
    """``parse(text)``, whose ``CityOpsError`` becomes an error of a validator."""
    try:
        return parse(text)
    except CityOpsError as error:
        mistake = error.mistakes[0]
        raise wrong(mistake.what, accepted=mistake.accepted, near=mistake.nearest) from error


NUMBER = r"\+?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*"
"""A number that is not negative, as editors know regular expressions (ECMA); three groups."""


def pattern_of(dimension: str) -> str:
    """A regular expression of what ``units.parse`` reads."""
    spellings = "|".join(sorted(map(re.escape, units.DIMENSIONS[dimension].units), key=lambda s: (-len(s), s)))
    one = f"{NUMBER}({spellings})"
    return {"duration": f"({one}\\s*)+", "length": f"({one}|DN ?\\d+)"}.get(dimension, one)


@dataclass(frozen=True, slots=True, kw_only=True)
class InDimension:
    """Annotates a number of one dimension, not negative: read from text with a unit, and written as such.

    ``phrase`` may follow it; ``bare`` says that from 0 to 1 a file may leave the unit out.
    """

    dimension: str
    example: str
    above: float | None = None
    at_most: float = float("inf")
    phrase: str = ""
    bare: bool = False

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """The number's own schema, after reading; as JSON it is text."""
        to_json = core_schema.plain_serializer_function_ser_schema(self.write, when_used="json")
        return core_schema.with_info_before_validator_function(self.read, handler(source), serialization=to_json)

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Text that matches a pattern."""
        pattern = pattern_of(self.dimension) + (f"( {self.phrase})?" if self.phrase else "")
        text: JsonSchemaValue = {"type": "string", "pattern": f"^{pattern}$", "examples": [self.example]}
        return {"anyOf": [text, {"type": "number", "minimum": 0, "maximum": 1}]} if self.bare else text

    def write(self, value: float) -> str:
        """The text that is read back as ``value``."""
        return f"{units.written(value, self.dimension)} {self.phrase}".rstrip()

    def read(self, value: Any, info: ValidationInfo) -> float:
        """``value`` in SI; raises a validator's error."""
        accepted = units.DIMENSIONS[self.dimension].accepted
        if isinstance(value, str):
            text = re.sub(rf"\s+{self.phrase}\s*$", "", value) if self.phrase else value
            value = parsed(text, lambda text: units.parse(text, self.dimension))
        elif isinstance(value, bool) or not isinstance(value, int | float):
            raise wrong("is not text with a unit", accepted=accepted)
        elif info.context is not None and not (self.bare and 0.0 <= value <= 1.0):
            raise wrong("has no unit", accepted=accepted)
        return self._within(float(value))

    def _within(self, value: float) -> float:
        bounds = "at least 0" if self.above is None else f"more than {units.written(self.above, self.dimension)}"
        bounds += f", at most {units.written(self.at_most, self.dimension)}" if isfinite(self.at_most) else ""
        if not isfinite(value):
            raise wrong("is not finite", accepted=bounds)
        if value < 0.0:
            raise wrong("is negative", accepted=bounds)
        if value > self.at_most or (self.above is not None and value <= self.above):
            raise wrong("is out of bounds", accepted=bounds)
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class InWords:
    """Annotates a number that is followed by words, such as ``3 per junction and outage``.

    ``pattern`` is a regular expression of the words; of a ``whole`` number a file may leave them out.
    """

    example: str
    pattern: str
    whole: bool = False
    above: float = -1.0

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """The number's own schema, after reading; as JSON it is text."""
        to_json = core_schema.plain_serializer_function_ser_schema(self.write, when_used="json")
        return core_schema.with_info_before_validator_function(self.read, handler(source), serialization=to_json)

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Text that matches the pattern, or a whole number."""
        text = {"type": "string", "pattern": f"^{NUMBER}({self.pattern})$", "examples": [self.example]}
        return {"anyOf": [text, {"type": "integer", "minimum": 0}]} if self.whole else text

    def write(self, value: float) -> str:
        """The text that is read back as ``value``."""
        return f"{units.plain(value)} {self.example.partition(' ')[2]}"

    def read(self, value: Any, info: ValidationInfo) -> float:
        """The number; raises a validator's error."""
        accepted = f"text such as {self.example!r}"
        if isinstance(value, str):
            match = re.fullmatch(rf"({NUMBER})({self.pattern})", value.strip())
            if not match:
                raise wrong("is not understood", accepted=accepted, near=nearest(value, [self.example]))
            value = float(match[1])
        elif isinstance(value, bool) or not isinstance(value, int | float) or not (self.whole or info.context is None):
            raise wrong("has no unit", accepted=accepted)
        if not isfinite(value) or value <= self.above or (self.whole and value != int(value)):
            bounds = "at least 0" if self.above < 0 else f"more than {units.plain(self.above)}"
            raise wrong("is out of bounds", accepted=("a whole number, " if self.whole else "") + bounds)
        return int(value) if self.whole else float(value)
