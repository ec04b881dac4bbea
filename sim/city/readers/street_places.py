"""Where the streets of a file lie: degrees to metres, lines in text, two ways of one street found again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.city.street_tags import amount, first, is_yes
from sim.errors import CityOpsError, Mistake

Floats = npt.NDArray[np.float64]

EARTH_M = 6_371_008.8  # mean radius
GEOGRAPHIC = frozenset({4326, 4979, 4490, 4214, 4555, 4610, 4258, 4230, 4267, 4269, 6318, 6668, 7844})
"""EPSG's numbers of systems in degrees that are often met; of others the coordinates themselves must tell."""
PLANE = ((2000, 3999), (20000, 32767))
"""EPSG's ranges of systems in metres or feet; between 4000 and 9999 both kinds are mixed."""


def in_degrees(xy: Floats, system: str | None, *, file: str) -> bool:
    """Whether coordinates are longitude and latitude: where all could be, unless the file's system is one of metres.

    A town in metres with such coordinates would be no larger than 360 m by 180 m: degrees are by far the likelier.
    Raises CityOpsError for a system in degrees with coordinates that are none.
    """
    could_be = len(xy) > 0 and bool((np.abs(xy) <= (180.0, 90.0)).all())
    code = _code(system)
    if code in GEOGRAPHIC or (system and re.search(r"CRS ?84|WGS ?84$", system, re.IGNORECASE)):
        if len(xy) and not could_be:
            wrong = xy[(np.abs(xy) > (180.0, 90.0)).any(axis=1)][0].tolist()
            found = f"x {wrong[0]:g}, y {wrong[1]:g}"
            accepted = "longitudes within 180 and latitudes within 90 degrees, or a system in metres"
            raise CityOpsError(
                Mistake(what=f"{system} is a system in degrees", file=file, found=found, accepted=accepted)
            )
        return could_be
    return could_be and not _in_metres(system, code)


def _code(system: str | None) -> int | None:
    """The number of a system by EPSG; of text that names several, such as WKT, the last is that of the whole."""
    codes = re.findall(r"EPSG\D{0,12}(?:[\d.]+:)?(\d+)", system or "", re.IGNORECASE)
    return int(codes[-1]) if codes else None


def _in_metres(system: str | None, code: int | None) -> bool:
    """Whether a system is surely one of metres: by EPSG's ranges for plane systems, or by its words."""
    if code is not None:
        return any(first <= code <= last for first, last in PLANE)
    return bool(re.search(r"met(re|er)s?\b|UTM|PROJC|Mercator|Gauss", system or "", re.IGNORECASE))


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
    if points.ndim != 2 or points.shape[1] != 2 or not np.isfinite(points).all():
        raise ValueError(f"a point without x and y: {text[:60]!r}")
    return points


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
