"""The types of a scenario's values: text with a unit in the YAML, SI numbers and small frozen records inside.

Text is parsed always. A bare number is accepted from Python, where it is SI, but not from a file, where it would
leave the unit to luck; the loader says which by passing a ``Written`` as validation context.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, PlainSerializer, PlainValidator, ValidationInfo, WithJsonSchema
from pydantic_core import PydanticCustomError

from sim import units
from sim.errors import CityOpsError, nearest
from sim.scenario import catalog

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


def _parsed(value: str, parse: Callable[[str], Any]) -> Any:
    try:
        return parse(value)
    except CityOpsError as error:
        mistake = error.mistakes[0]
        raise wrong(mistake.what, accepted=mistake.accepted, near=mistake.nearest) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class _Number:
    """Reads a number of one dimension within bounds; ``phrase`` is what may follow it."""

    dimension: str
    above: float | None = None
    at_most: float = float("inf")
    phrase: str = ""
    bare: bool = False

    def __call__(self, value: Any, info: ValidationInfo) -> float:
        accepted = units.DIMENSIONS[self.dimension].accepted
        if isinstance(value, str):
            value = _parsed(re.sub(self.phrase, "", value), lambda text: units.parse(text, self.dimension))
        elif isinstance(value, bool) or not isinstance(value, (int, float)):
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


def _schema(pattern: str, example: str, *, number: bool = False) -> WithJsonSchema:
    text: dict[str, Any] = {"type": "string", "pattern": f"^{pattern}$", "examples": [example]}
    return WithJsonSchema({"anyOf": [text, {"type": "number", "minimum": 0, "maximum": 1}]} if number else text)


_NUMBER = r"\+?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*"


def _pattern(dimension: str) -> str:
    """A regular expression (ECMA, for editors) of what ``units.parse`` reads."""
    spellings = "|".join(sorted(map(re.escape, units.DIMENSIONS[dimension].units), key=lambda s: (-len(s), s)))
    one = f"{_NUMBER}({spellings})"
    return {"duration": f"({one}\\s*)+", "length": f"({one}|DN ?\\d+)", "diameter": f"({one}|DN ?\\d+)"}.get(
        dimension, one
    )


DURATION_PATTERN = f"^{_pattern('duration')}$"


def _written(dimension: str, suffix: str = "") -> PlainSerializer:
    return PlainSerializer(lambda value: units.written(value, dimension) + suffix, when_used="json")


Duration = Annotated[
    float, BeforeValidator(_Number(dimension="duration")), _written("duration"), _schema(_pattern("duration"), "6 h")
]
"""Seconds, not negative, on the 2^-10 s grid."""
PositiveDuration = Annotated[
    float,
    BeforeValidator(_Number(dimension="duration", above=0.0)),
    _written("duration"),
    _schema(_pattern("duration"), "5 min"),
]
"""Seconds, more than 0."""
Length = Annotated[
    float, BeforeValidator(_Number(dimension="length")), _written("length"), _schema(_pattern("length"), "300 m")
]
"""Metres, not negative."""
Pressure = Annotated[
    float, BeforeValidator(_Number(dimension="pressure")), _written("pressure"), _schema(_pattern("pressure"), "20 m")
]
"""Metres of water, not negative."""
Speed = Annotated[
    float,
    BeforeValidator(_Number(dimension="speed", above=0.0)),
    _written("speed"),
    _schema(_pattern("speed"), "30 km/h"),
]
"""Metres per second, more than 0."""
Share = Annotated[
    float,
    BeforeValidator(_Number(dimension="share", at_most=1.0, bare=True)),
    _written("share"),
    _schema(_pattern("share"), "10 %", number=True),
]
"""A fraction of 1; ``10 %`` or 0.1."""
PipeShare = Annotated[
    float,
    BeforeValidator(_Number(dimension="share", above=0.0, at_most=1.0, bare=True, phrase=r"\s+of the pipe\s*$")),
    _written("share", " of the pipe"),
    _schema(_pattern("share") + "( of the pipe)?", "10 % of the pipe", number=True),
]
"""A fraction of a pipe's cross-section, more than 0."""
WithoutWater = Annotated[
    float,
    BeforeValidator(_Number(dimension="duration", phrase=r"\s+without water\s*$")),
    _written("duration", " without water"),
    _schema(_pattern("duration") + "( without water)?", "30 min without water"),
]
"""Seconds that people wait without water."""


def _clock(value: Any, info: ValidationInfo) -> float:
    if isinstance(value, str):
        return float(_parsed(value, units.clock))
    if isinstance(value, bool) or not isinstance(value, (int, float)) or info.context is not None:
        raise wrong("is not a clock time", accepted=units.CLOCK_ACCEPTED)
    return float(value)


ClockTime = Annotated[
    float,
    BeforeValidator(_clock),
    PlainSerializer(units.written_clock, when_used="json"),
    _schema(r"(day\s+\d+\s+)?\d{1,4}:[0-5]\d(:[0-5]\d(\.\d+)?)?", "05:00"),
]
"""Seconds after midnight of the first day."""


def _name(value: Any) -> str:
    """The plain name: ``node 10``, ``pipe 10`` and the number 10 as written all become ``"10"``."""
    text = getattr(value, "text", value if isinstance(value, str) or type(value) is int else None)
    if text is None:
        raise wrong("is not a name", accepted="text such as 'node 10'; a name that YAML reads otherwise needs quotes")
    name = re.sub(r"^(node|pipe|junction|link)\s+(?=\S)", "", str(text).strip())
    if not name:
        raise wrong("is empty", accepted="the name of a node or pipe, such as 'node 10'")
    return name


def _name_schema(kind: str) -> WithJsonSchema:
    return WithJsonSchema({"type": ["string", "integer"], "examples": [f"{kind} 10"]})


NodeName = Annotated[
    str,
    BeforeValidator(_name),
    PlainSerializer(lambda name: f"node {name}", when_used="json"),
    _name_schema("node"),
]
"""The name of a node of the water network."""
PipeName = Annotated[
    str,
    BeforeValidator(_name),
    PlainSerializer(lambda name: f"pipe {name}", when_used="json"),
    _name_schema("pipe"),
]
"""The name of a pipe of the water network."""


@dataclass(frozen=True, slots=True)
class _Phrase:
    """Reads ``NUMBER PHRASE``, or from Python (or where ``bare``) the number alone."""

    phrase: str
    example: str
    whole: bool = False
    above: float = -1.0

    def __call__(self, value: Any, info: ValidationInfo) -> float:
        accepted = f"text such as {self.example!r}"
        if isinstance(value, str):
            match = re.fullmatch(rf"{_NUMBER}({self.phrase})", value.strip())
            if not match:
                raise wrong("is not understood", accepted=accepted, near=_likely_phrase(value, self.example))
            value = float(match[0][: match.start(4)])
        elif isinstance(value, bool) or not isinstance(value, (int, float)) or not (self.whole or info.context is None):
            raise wrong("has no unit", accepted=accepted)
        if not isfinite(value) or value <= self.above or (self.whole and value != int(value)):
            raise wrong("is out of bounds", accepted=self._bounds)
        return int(value) if self.whole else float(value)

    @property
    def _bounds(self) -> str:
        return ("a whole number, " if self.whole else "") + (
            "at least 0" if self.above < 0 else f"more than {self.above:g}"
        )

    def write(self, value: float) -> str:
        return f"{value!r} {self.example.split(maxsplit=1)[1]}"


def _likely_phrase(value: str, example: str) -> str | None:
    return example if nearest(value, [example]) else None


PER_OUTAGE = _Phrase("per junction and outage", "3 per junction and outage", whole=True)
PER_BURST = _Phrase("per burst", "2 per burst", whole=True)
CALL_RATE = _Phrase("per person and hour", "0.002 per person and hour", above=0.0)
SIGHTING_RATE = _Phrase("per hour and [lL]/s", "0.02 per hour and l/s")

PerOutage = Annotated[
    int,
    BeforeValidator(PER_OUTAGE),
    PlainSerializer(PER_OUTAGE.write, when_used="json"),
    WithJsonSchema({"type": ["string", "integer"], "pattern": r"^\d+ per junction and outage$", "minimum": 0}),
]
"""How many in one outage of one junction."""
PerBurst = Annotated[
    int,
    BeforeValidator(PER_BURST),
    PlainSerializer(PER_BURST.write, when_used="json"),
    WithJsonSchema({"type": ["string", "integer"], "pattern": r"^\d+ per burst$", "minimum": 0}),
]
"""How many for one burst."""
CallRate = Annotated[
    float,
    BeforeValidator(CALL_RATE),
    PlainSerializer(CALL_RATE.write, when_used="json"),
    _schema(_NUMBER + "per person and hour", CALL_RATE.example),
]
"""Calls per person and hour."""
SightingRate = Annotated[
    float,
    BeforeValidator(SIGHTING_RATE),
    PlainSerializer(SIGHTING_RATE.write, when_used="json"),
    _schema(_NUMBER + "per hour and [lL]/s", SIGHTING_RATE.example),
]
"""Reports per hour and litre per second of leak."""


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
    text = f"exactly {value}" if isinstance(value, int) and not isinstance(value, bool) else value
    match = re.fullmatch(rf"(\w+)\s+({_NUMBER})", text.strip()) if isinstance(text, str) else None
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
    PlainSerializer(str, when_used="json"),
    WithJsonSchema({"type": ["string", "integer"], "pattern": f"^(exactly|poisson) {_NUMBER}$", "minimum": 1}),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hole:
    """The opening of a burst: a ``share`` of the pipe's cross-section, or an area of ``m2``; one of them is None."""

    share: float | None = None
    m2: float | None = None

    def __str__(self) -> str:
        if self.share is not None:
            return units.written(self.share, "share") + " of the pipe"
        assert self.m2 is not None, "a hole is a share or an area"
        return units.written(self.m2, "area")


_HOLE = "an area such as '50 cm2', or '10 % of the pipe'"
_AREA_OF_HOLE = _Number(dimension="area", above=0.0)
_SHARE_OF_PIPE = _Number(dimension="share", above=0.0, at_most=1.0, phrase=r"\s+of the pipe\s*$")


def _hole(value: Any, info: ValidationInfo) -> Hole:
    if isinstance(value, Hole):
        return value
    if not isinstance(value, str):
        raise wrong("is not a hole", accepted=_HOLE)
    if "%" in value or "of the pipe" in value:
        return Hole(share=_SHARE_OF_PIPE(value, info))
    return Hole(m2=_AREA_OF_HOLE(value, info))


HoleSize = Annotated[
    Hole,
    PlainValidator(_hole),
    PlainSerializer(str, when_used="json"),
    _schema(f"({_pattern('area')}|{_pattern('share')}( of the pipe)?)", "10 % of the pipe"),
]


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference that matters: a share of the baseline's mean if ``relative``, otherwise in the indicator's unit."""

    relative: bool
    value: float
    unit: str = ""
    """The indicator's unit, for writing the value back; empty for a share."""

    def __str__(self) -> str:
        return (
            units.written(self.value, "share") if self.relative else f"{units.plain(self.value)} {self.unit}".rstrip()
        )


_IN_DIMENSION: Mapping[str, tuple[str, str]] = {
    "h": ("duration", "h"),
    "customer h": ("duration", "h"),
    "m3": ("volume", "m3"),
}
"""For an indicator's unit: the dimension that a difference is read in, and the unit of it that is meant."""


def _difference(value: Any, info: ValidationInfo) -> Difference:
    if isinstance(value, Difference):
        return value
    name = info.data.get("indicator")
    unit = catalog.INDICATORS[name].unit if isinstance(name, str) and name in catalog.INDICATORS else ""
    accepted = "a share such as '10 %'" + (f", or a quantity such as '5 {_absolute_unit(unit)}'" if unit else "")
    if not isinstance(value, str):
        raise wrong("has no unit", accepted=accepted)
    if value.rstrip().endswith("%"):
        return Difference(True, _SHARE(value, info))
    return Difference(False, _absolute(value, unit, accepted), unit)


_SHARE = _Number(dimension="share", above=0.0)


def _absolute_unit(unit: str) -> str:
    return "points" if unit == "share" else unit


def _absolute(text: str, unit: str, accepted: str) -> float:
    """The number of ``unit`` in ``text``: by the unit's own name, by its dimension, or percentage points of a share."""
    own = re.fullmatch(rf"({_NUMBER}){re.escape(_absolute_unit(unit))}", text.strip())
    if own:
        value = float(own[1]) * (0.01 if unit == "share" else 1.0)
    elif unit in _IN_DIMENSION:
        dimension, si = _IN_DIMENSION[unit]
        value = _parsed(text, lambda text: units.parse(text, dimension) / units.DIMENSIONS[dimension].units[si])
    else:
        raise wrong("is not a difference of the indicator", accepted=accepted)
    if not value > 0.0 or not isfinite(value):
        raise wrong("is out of bounds", accepted="more than 0")
    return value


DifferenceThatMatters = Annotated[
    Difference,
    PlainValidator(_difference),
    PlainSerializer(str, when_used="json"),
    _schema(rf"{_NUMBER}\S.*", "10 %"),
]
