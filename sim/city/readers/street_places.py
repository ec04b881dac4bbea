"""Where the streets of a file lie: degrees to metres, lines in text, two ways of one street found again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.city.street_tags import amount, first, is_yes

Floats = npt.NDArray[np.float64]

EARTH_M = 6_371_008.8  # mean radius


def in_degrees(xy: Floats, system: str | None) -> bool:
    """Whether coordinates are longitude and latitude: as the system of the file says, else where all could be."""
    if system:
        return bool(re.search(r"4326|CRS84|4490|WGS ?84$", system, re.IGNORECASE))
    return len(xy) > 0 and bool((np.abs(xy) <= (180.0, 90.0)).all())


def middle_of(xy: Floats) -> Floats:
    """The middle of the box around points, in which ``metres`` is most exact."""
    middle: Floats = (xy.min(axis=0) + xy.max(axis=0)) / 2.0
    return middle


def metres(xy: Floats, middle: Floats) -> Floats:
    """Longitude and latitude (n, 2) in degrees as metres east and north of a middle, rounded to 1 cm.

    Equirectangular on a sphere: within 30 km of the middle, lengths are off by less than 1 %.
    """
    per_degree = np.pi / 180.0 * EARTH_M
    scale = np.array([per_degree * np.cos(np.radians(middle[1])), per_degree])
    flat: Floats = (xy - middle) * scale
    return flat.round(2)


def points_of_wkt(text: str) -> Floats:
    """The points of a ``LINESTRING (x y, x y)``; ValueError for anything else."""
    found = re.fullmatch(r"\s*LINESTRING\s*Z?\s*\((.*)\)\s*", text, re.IGNORECASE | re.DOTALL)
    if found is None:
        raise ValueError(f"no LINESTRING: {text[:60]!r}")
    points = np.array([part.split()[:2] for part in found[1].split(",")], dtype=np.float64)
    return points.reshape(-1, 2)


def oriented(points: Floats, tail: Floats) -> Floats:
    """A line that begins at the end nearer to the tail."""
    backward = np.hypot(*(points[-1] - tail)) < np.hypot(*(points[0] - tail))
    return points[::-1] if backward else points


def paired(arcs: Iterable[tuple[int, int, Mapping[str, Any]]], *, directed: bool) -> list[tuple[int, bool]]:
    """Which arcs make a street each, and whether it leads both ways: (index, both ways), in order.

    An arc and one back with the same ``osmid`` and length are one street unless they say ``oneway``. A lone arc leads
    both ways where it says that it is not ``oneway``, or where the graph is not directed.
    """
    waiting: dict[tuple[Any, ...], list[int]] = {}
    streets: list[tuple[int, bool]] = []
    for index, (tail, head, tags) in enumerate(arcs):
        said = tags.get("oneway")
        if is_yes(said):
            streets.append((index, False))
            continue
        length = amount(tags.get("length"))
        same = (str(first(tags.get("osmid"))), None if length is None else round(length, 2))
        back = waiting.get((head, tail, *same))
        if directed and back:
            earlier = back.pop()
            streets[earlier] = (streets[earlier][0], True)
            continue
        waiting.setdefault((tail, head, *same), []).append(len(streets))
        streets.append((index, said is not None or not directed))
    return streets
