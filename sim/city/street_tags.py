"""What files say of streets, in the words of OpenStreetMap and OSMnx, and what holds where they say nothing.

Also the words for what OpenStreetMap cannot say, so that our own files lose nothing: ``OWN``.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.city.streets import StreetClass, Streets, Structure
from sim.city.synthetic.classes import SPEED_M_S, WIDTH_M
from sim.errors import CityOpsError, Mistake

Floats = npt.NDArray[np.float64]

HIGHWAYS = {
    "motorway": StreetClass.EXPRESSWAY,
    "trunk": StreetClass.EXPRESSWAY,
    "primary": StreetClass.ARTERIAL,
    "secondary": StreetClass.ARTERIAL,
    "tertiary": StreetClass.COLLECTOR,
}
"""Class by OpenStreetMap's ``highway``, their ``_link`` too; all others are local streets."""
WRITTEN = {
    StreetClass.EXPRESSWAY: "trunk",
    StreetClass.ARTERIAL: "primary",
    StreetClass.COLLECTOR: "tertiary",
    StreetClass.LOCAL: "residential",
}
OWN = ("street", "structure", "width_m", "speed_m_s", "lowest_m")
"""Attributes of streets that only our own files have; ``street`` is the number of the street."""
LONGEST_UNDERPASS_M = 120.0  # of what is a tunnel to OpenStreetMap; a longer one is a tunnel to us (assumption)
_KM_H = 3.6
_MPH = 0.44704


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One street as a file has it: its corners, its bends (k, 2), m, what is said of it, and where that stands."""

    tail: int
    head: int
    bends: Floats
    tags: Mapping[str, Any]
    place: str
    both_ways: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """Everything that a file of streets says, before it is checked.

    xy : float64 (n, 2), m;  elevation_m : float64 (n,), 0 where nothing is said
    pace : float64 (4, 24);  is_own : whether the file is one of ours and says all of every street
    """

    file: str
    xy: Floats
    elevation_m: Floats
    ways: list[Way] = field(default_factory=list)
    pace: Floats
    is_own: bool


def tags_of(streets: Streets, street: int) -> dict[str, Any]:
    """What is written of a street: attributes of OSMnx, and ours for the rest."""
    structure = Structure(int(streets.structure[street]))
    return {
        "street": street,
        "name": streets.names[street],
        "highway": WRITTEN[StreetClass(int(streets.street_class[street]))],
        "oneway": bool(streets.is_one_way[street]),
        "length": float(streets.length_m[street]),
        "maxspeed": f"{float(streets.speed_m_s[street]) * _KM_H:.0f}",
        "bridge": "yes" if structure is Structure.BRIDGE else "no",
        "tunnel": "yes" if structure in (Structure.UNDERPASS, Structure.TUNNEL) else "no",
        "structure": structure.name.lower(),
        "width_m": float(streets.width_m[street]),
        "speed_m_s": float(streets.speed_m_s[street]),
        "lowest_m": float(streets.lowest_m[street]),
    }


def street_class(tags: Mapping[str, Any]) -> StreetClass:
    """The class of a street by its ``highway``; of several the first."""
    word = str(first(tags.get("highway")) or "").removesuffix("_link")
    return HIGHWAYS.get(word, StreetClass.LOCAL)


def structure(tags: Mapping[str, Any], length_m: float) -> Structure:
    """How a street lies: as ``structure`` says, else by ``bridge`` and ``tunnel``."""
    word = str(tags.get("structure") or "").upper()
    if word in Structure.__members__:
        return Structure[word]
    if is_yes(tags.get("bridge")):
        return Structure.BRIDGE
    if is_yes(tags.get("tunnel")) and first(tags.get("tunnel")) != "building_passage":
        return Structure.UNDERPASS if length_m <= LONGEST_UNDERPASS_M else Structure.TUNNEL
    return Structure.SURFACE


def speed_m_s(tags: Mapping[str, Any]) -> float:
    """Free flow, m/s: ``speed_m_s``, else ``maxspeed`` in km/h or ``mph``, else what the class has."""
    if (exact := amount(tags.get("speed_m_s"))) is not None:
        return exact
    said = first(tags.get("maxspeed"))
    limit = amount(said)
    if limit is None or limit <= 0.0:
        return float(SPEED_M_S[street_class(tags)])
    return limit * _MPH if "mph" in str(said) else limit / _KM_H


def width_m(tags: Mapping[str, Any]) -> float:
    """The carriageway's width, m: ``width_m``, else ``width``, else what the class has."""
    for key in ("width_m", "width"):
        width = amount(first(tags.get(key)))
        if width is not None and width > 0.0:
            return width
    return float(WIDTH_M[street_class(tags)])


def first(value: Any) -> Any:
    """The first of several values, also where OSMnx has written them as text: ``['50', '30']``."""
    if isinstance(value, (list, tuple)):
        return value[0] if value else None
    if isinstance(value, str) and (several := re.match(r"\[\s*'?([^',\]]*)", value)):
        return several[1]
    return value


def amount(value: Any) -> float | None:
    """The number with which a value begins, such as 50 of ``50 mph``; None where there is none."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    begins = re.match(r"\s*([-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?)", value) if isinstance(value, str) else None
    return float(begins[1]) if begins else None


def is_yes(value: Any) -> bool:
    """Whether a tag says so: not absent, and neither no, nor false, nor 0."""
    return value is not None and str(first(value)).strip().lower() not in {"", "no", "false", "0", "none", "nan"}


def line_length(xy: Floats) -> float:
    """The length of a line (k, 2), m."""
    step = np.diff(xy, axis=0)
    return float(np.hypot(step[:, 0], step[:, 1]).sum())


def streets_of(read: Ways) -> Streets:
    """The streets that a file tells of, with what it does not say set by their class.

    Raises CityOpsError for a file without streets and for lengths, speeds and widths that are none, all at once.
    """
    ways = sorted(read.ways, key=lambda way: int(way.tags["street"])) if read.is_own else _without_loops(read)
    if not ways:
        raise CityOpsError(Mistake(what="there are no streets in it", file=read.file))
    length = np.array([_length(read, way) for way in ways])
    speed = np.array([speed_m_s(way.tags) for way in ways])
    width = np.array([width_m(way.tags) for way in ways])
    _check(read.file, ways, {"length": length, "speed": speed, "width": width})
    tail, head = (np.array([getattr(way, end) for way in ways], dtype=np.int32) for end in ("tail", "head"))
    low = np.minimum(read.elevation_m[tail], read.elevation_m[head])
    said = [amount(way.tags.get("lowest_m")) for way in ways]
    counts = [len(way.bends) for way in ways]
    return Streets(
        xy=read.xy,
        elevation_m=read.elevation_m,
        tail=tail,
        head=head,
        length_m=length,
        bend_first=np.append(0, np.cumsum(counts)).astype(np.int32),
        bend_xy=np.concatenate([way.bends for way in ways]).reshape(-1, 2),
        street_class=np.array([street_class(way.tags) for way in ways], dtype=np.int8),
        structure=np.array([structure(way.tags, m) for way, m in zip(ways, length, strict=True)], dtype=np.int8),
        is_one_way=np.array([not way.both_ways for way in ways]),
        width_m=width,
        speed_m_s=speed,
        lowest_m=np.array([z if m is None else m for m, z in zip(said, low.tolist(), strict=True)]),
        names=tuple(str(way.tags["name"]) for way in ways) if read.is_own else _names(ways),
        pace=read.pace,
    )


def _without_loops(read: Ways) -> list[Way]:
    """The ways without those that lead back to where they begin: no trip takes them, and they bound no block."""
    kept = [way for way in read.ways if way.tail != way.head]
    if len(kept) < len(read.ways):
        logging.getLogger("cityops").warning(
            "%s: %d streets that end where they begin are left out", read.file, len(read.ways) - len(kept)
        )
    return kept


def _length(read: Ways, way: Way) -> float:
    said = amount(way.tags.get("length"))
    if said is not None:
        return said
    return line_length(np.vstack([read.xy[way.tail], way.bends, read.xy[way.head]]))


def _check(file: str, ways: list[Way], values: Mapping[str, Floats]) -> None:
    mistakes = []
    for what, value in values.items():
        for wrong in np.flatnonzero(~((value > 0.0) & (value < np.inf)))[:10].tolist():
            place = ways[wrong].place
            mistakes.append(Mistake(what=f"{place}: a {what} must be above 0", file=file, found=str(value[wrong])))
    if mistakes:
        raise CityOpsError(mistakes)


def _names(ways: list[Way]) -> tuple[str, ...]:
    """A name for each street, unique: what it is called, numbered where several are called so."""
    counts: dict[str, int] = {}
    names = []
    taken = {str(first(way.tags.get("name"))) for way in ways}
    for number, way in enumerate(ways):
        word = first(way.tags.get("name"))
        name = f"street {number}" if word in (None, "", "nan") else str(word)
        counts[name] = counts.get(name, 0) + 1
        unique = name if counts[name] == 1 else f"{name}, part {counts[name]}"
        while counts[name] > 1 and unique in taken:
            counts[name] += 1
            unique = f"{name}, part {counts[name]}"
        taken.add(unique)
        names.append(unique)
    return tuple(names)
