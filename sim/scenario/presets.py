"""The numbers of a made town that its size and its preset set, unless the scenario sets them itself.

East, central and west stand for cities of unequal means. *Sourced* figures name their source; the others are
assumptions, each with the range that the schema states.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

Size = Literal["hamlet", "town", "city", "metropolis"]
Preset = Literal["east", "central", "west"]

SIZES: Mapping[str, Mapping[str, Any]] = {
    "hamlet": {"corners": 500, "railway": False},
    "town": {"corners": 5_000},
    "city": {"corners": 50_000},
    "metropolis": {"corners": 200_000},
}
"""How many corners; a hamlet has no railway."""

PRESETS: Mapping[str, Mapping[str, Any]] = {
    "east": {
        "character": "grid",
        "spacing": "105 m",
        "people per km2": 9000.0,
        "founded": 1950,
        "renewed": "50 %",
        "litres per day": 240.0,
        "new drains return period": 5.0,
        "old drains return period": 1.0,
        "crews per 100000": 4.0,
        "sensors per 100000": 8.0,
        "data sharing": "80 %",
    },
    "central": {
        "character": "ring-radial",
        "spacing": "115 m",
        "people per km2": 8000.0,
        "founded": 1940,
        "renewed": "30 %",
        "litres per day": 200.0,
        "new drains return period": 3.0,
        "old drains return period": 1.0,
        "crews per 100000": 3.0,
        "sensors per 100000": 4.0,
        "data sharing": "50 %",
    },
    "west": {
        "character": "organic",
        "spacing": "125 m",
        "people per km2": 6500.0,
        "founded": 1930,
        "renewed": "10 %",
        "litres per day": 170.0,
        "new drains return period": 2.0,
        "old drains return period": 0.5,
        "crews per 100000": 2.0,
        "sensors per 100000": 1.5,
        "data sharing": "20 %",
    },
}
"""Return periods, years: GB 50014-2021 asks 3 to 5 in the centres of large cities and 2 to 3 elsewhere for new drains;
older ones were built for 0.5 to 1. All else is an assumption."""


def filled(data: Mapping[str, Any]) -> dict[str, Any]:
    """``data`` of a town, with what its size and preset set where it sets nothing itself."""
    # A name that is none is told as a mistake of its own, and not also as all that it leaves unset.
    preset = PRESETS.get(str(data.get("preset")), PRESETS["central"])
    size = SIZES.get(str(data.get("size")), SIZES["town"])
    return {**preset, **size, **data}
