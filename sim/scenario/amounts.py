"""Values that are more than one number: a count and its law, a hole, a difference that matters."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Annotated, Any, Literal

from pydantic import PlainSerializer, PlainValidator, ValidationInfo, WithJsonSchema

from sim import units
from sim.errors import nearest
from sim.scenario import catalog
from sim.scenario.parsing import NUMBER, InDimension, parsed, pattern_of, wrong


@dataclass(frozen=True, slots=True)
class Count:
    """How many: exactly ``mean``, or a Poisson number of that mean."""

    law: Literal["exactly", "poisson"]
    mean: float

    def __str__(self) -> str:
        return f"{self.law} {units.plain(self.mean)}"


def _count(value: Any) -> Count:
    if isinstance(value, Count):
        return value
    accepted = "'exactly 6', 'poisson 6' for a mean of 6, or a whole number"
    text = f"exactly {int(value)}" if isinstance(value, int) and not isinstance(value, bool) else value
    match = re.fullmatch(rf"(\w+)\s+({NUMBER})", text.strip()) if isinstance(text, str) else None
    if not match:
        raise wrong("is not a count", accepted=accepted)
    law, mean = match[1], float(match[2])
    if law not in ("exactly", "poisson"):
        raise wrong(f"begins with {law!r}", accepted=accepted, near=nearest(law, ["exactly", "poisson"]))
    if mean <= 0 or not isfinite(mean) or (law == "exactly" and not mean.is_integer()):
        raise wrong("is out of bounds", accepted=f"{accepted}, more than 0")
    return Count("exactly" if law == "exactly" else "poisson", mean)


CountOf = Annotated[
    Count,
    PlainValidator(_count),
    PlainSerializer(str),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": rf"^(exactly|poisson)\s+{NUMBER}$", "examples": ["exactly 6"]},
                {"type": "integer", "minimum": 1},
            ]
        }
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hole:
    """The opening of a burst: a ``share`` of the pipe's cross-section, or an area of ``m2``; one of them is None."""

    share: float | None = None
    m2: float | None = None

    def __str__(self) -> str:
        if self.share is not None:
            return _SHARE_OF_PIPE.write(self.share)
        assert self.m2 is not None, "a hole is a share or an area"
        return _AREA.write(self.m2)


_AREA = InDimension(dimension="area", example="50 cm2", above=0.0)
_SHARE_OF_PIPE = InDimension(
    dimension="share", example="10 % of the pipe", above=0.0, at_most=1.0, phrase="of the pipe"
)


def _hole(value: Any, info: ValidationInfo) -> Hole:
    if isinstance(value, Hole):
        return value
    if not isinstance(value, str):
        raise wrong("is not a hole", accepted=f"an area such as {_AREA.example!r}, or {_SHARE_OF_PIPE.example!r}")
    if "%" in value or "of the pipe" in value:
        return Hole(share=_SHARE_OF_PIPE.read(value, info))
    return Hole(m2=_AREA.read(value, info))


HoleSize = Annotated[
    Hole,
    PlainValidator(_hole),
    PlainSerializer(str),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": f"^({pattern_of('area')}|{pattern_of('share')}( of the pipe)?|{NUMBER}of the pipe)$",
            "examples": ["10 % of the pipe", "50 cm2"],
        }
    ),
]


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference that matters: a share of the baseline's mean if ``relative``, otherwise in the indicator's unit."""

    relative: bool
    value: float
    unit: str = ""
    """The indicator's unit, for writing the value back; empty for a share."""

    def __str__(self) -> str:
        if self.relative:
            return units.written(self.value, "share")
        number = self.value * 100.0 if self.unit == "share" else self.value
        return f"{units.plain(number)} {_unit_in_words(self.unit)}"


_IN_DIMENSION: Mapping[str, tuple[str, str]] = {
    "h": ("duration", "h"),
    "customer h": ("duration", "h"),
    "m3": ("volume", "m3"),
}
"""For an indicator's unit: the dimension that a difference is read in, and the unit of it that is meant."""
_RELATIVE = InDimension(dimension="share", example="10 %", above=0.0)


def _difference(value: Any, info: ValidationInfo) -> Difference:
    if isinstance(value, Difference):
        return value
    name = info.data.get("indicator")
    unit = catalog.INDICATORS[name].unit if isinstance(name, str) and name in catalog.INDICATORS else ""
    accepted = "a share such as '10 %'" + (f", or a quantity such as '5 {_unit_in_words(unit)}'" if unit else "")
    if not isinstance(value, str):
        raise wrong("has no unit", accepted=accepted)
    if value.rstrip().endswith("%") or re.fullmatch(r"0?\.\d+", value):
        return Difference(True, _RELATIVE.read(value, info))
    return Difference(False, _absolute(value, unit, accepted), unit)


def _unit_in_words(unit: str) -> str:
    """An absolute difference between shares is in percentage points, since ``2 %`` would be relative."""
    return "points" if unit == "share" else unit


def _absolute(text: str, unit: str, accepted: str) -> float:
    """The number of ``unit`` in ``text``: by the unit's own name, by its dimension, or percentage points of a share."""
    own = re.fullmatch(rf"({NUMBER}){re.escape(_unit_in_words(unit))}", text.strip())
    if own:
        value = float(own[1]) / (100.0 if unit == "share" else 1.0)
    elif unit in _IN_DIMENSION:
        dimension, si = _IN_DIMENSION[unit]
        value = parsed(text, lambda text: units.parse(text, dimension)) / float(units.DIMENSIONS[dimension].units[si])
    else:
        raise wrong("is not a difference of the indicator", accepted=accepted)
    if not value > 0.0 or not isfinite(value):
        raise wrong("is out of bounds", accepted="more than 0")
    return value


DifferenceThatMatters = Annotated[
    Difference,
    PlainValidator(_difference),
    PlainSerializer(str),
    WithJsonSchema({"type": "string", "pattern": rf"^{NUMBER}\S.*$", "examples": ["10 %"]}),
]
