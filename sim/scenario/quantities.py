"""The types of a scenario's values: text with a unit in the YAML, SI numbers inside."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, PlainSerializer, PlainValidator, ValidationInfo, WithJsonSchema

from sim import units
from sim.scenario import checks
from sim.scenario.parsing import InDimension, InWords, parsed, wrong

Duration = Annotated[float, InDimension(dimension="duration", example="6 h")]
"""Seconds, not negative, on the 2^-10 s grid."""
PositiveDuration = Annotated[float, InDimension(dimension="duration", example="5 min", above=0.0)]
"""Seconds, more than 0."""
WithoutWater = Annotated[
    float, InDimension(dimension="duration", example="30 min without water", phrase="without water")
]
"""Seconds that people wait without water."""
Length = Annotated[float, InDimension(dimension="length", example="300 m")]
"""Metres, not negative."""
Pressure = Annotated[float, InDimension(dimension="pressure", example="20 m")]
"""Metres of water, not negative."""
Speed = Annotated[float, InDimension(dimension="speed", example="30 km/h", above=0.0)]
"""Metres per second, more than 0."""
Share = Annotated[float, InDimension(dimension="share", example="10 %", at_most=1.0, bare=True)]
"""A fraction of 1; ``10 %`` or 0.1."""
PipeShare = Annotated[
    float,
    InDimension(dimension="share", example="10 % of the pipe", above=0.0, at_most=1.0, phrase="of the pipe", bare=True),
]
"""A fraction of a pipe's cross-section, more than 0."""
PerOutage = Annotated[int, InWords(example="3 per junction and outage", pattern="per junction and outage", whole=True)]
"""How many in one outage of one junction."""
PerBurst = Annotated[int, InWords(example="2 per burst", pattern="per burst", whole=True)]
"""How many for one burst."""
CallRate = Annotated[float, InWords(example="0.002 per person and hour", pattern="per person and hour", above=0.0)]
"""Calls per person and hour."""
SightingRate = Annotated[float, InWords(example="0.02 per hour and l/s", pattern="per hour and [lL]/s")]
"""Reports per hour and litre per second of leak."""


def _clock(value: Any, info: ValidationInfo) -> float:
    if isinstance(value, str):
        return parsed(value, units.clock)
    if isinstance(value, bool) or not isinstance(value, int | float) or info.context is not None:
        raise wrong("is not a clock time", accepted=units.CLOCK_ACCEPTED)
    return float(value)


ClockTime = Annotated[
    float,
    BeforeValidator(_clock),
    PlainSerializer(units.written_clock, when_used="json"),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^(day\s+\d+\s+)?\d{1,4}:[0-5]\d(:[0-5]\d(\.\d+)?)?$",
            "examples": ["05:00", "30:00"],
        }
    ),
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


NodeName = Annotated[
    str,
    BeforeValidator(_name),
    PlainSerializer(lambda name: f"node {name}", when_used="json"),
    WithJsonSchema({"type": ["string", "integer"], "examples": ["node 10"]}),
]
"""The name of a node of the water network."""
BY_PRESET = "by preset"
"""Where a made town's preset says how many, and they are spread over the town."""
EVERY_DEPOT = "every depot"
"""Instead of the name of one depot of a made town."""


def _places(value: Any) -> tuple[str, ...] | str:
    """The names of nodes, or ``by preset``."""
    if value == BY_PRESET:
        return BY_PRESET
    if isinstance(value, str) or not isinstance(value, Sequence) or not value:
        raise wrong("is not a list of nodes", accepted=f"names such as [node 10, node 15], or '{BY_PRESET}'")
    return checks.distinct(tuple(_name(one) for one in value))


NodeNames = Annotated[
    tuple[str, ...] | Literal["by preset"],
    PlainValidator(_places),
    PlainSerializer(
        lambda value: value if value == BY_PRESET else [f"node {name}" for name in value], when_used="json"
    ),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "array", "minItems": 1, "items": {"type": ["string", "integer"]}, "examples": [["node 10"]]},
                {"const": BY_PRESET},
            ]
        }
    ),
]
"""Names of nodes of the water network, each once; or ``by preset``."""


def _crew_count(value: Any) -> int | str:
    if value == BY_PRESET:
        return BY_PRESET
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 10_000:
        raise wrong("is not a number of crews", accepted=f"a whole number from 1 to 10000, or '{BY_PRESET}'")
    return int(value)


CrewCount = Annotated[
    int | Literal["by preset"],
    PlainValidator(_crew_count),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 1, "maximum": 10_000}, {"const": BY_PRESET}]}),
]
"""How many crews; or ``by preset``."""
PipeName = Annotated[
    str,
    BeforeValidator(_name),
    PlainSerializer(lambda name: f"pipe {name}", when_used="json"),
    WithJsonSchema({"type": ["string", "integer"], "examples": ["pipe 10"]}),
]
"""The name of a pipe of the water network."""
