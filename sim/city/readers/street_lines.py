"""Streets from GeoJSON: lines with the attributes that OSMnx and OpenStreetMap give to streets."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import cKDTree

from sim.city.readers.own_streets import OWN_KEY, checked_own, own_member
from sim.city.readers.street_places import in_degrees, metres, middle_of, paired
from sim.city.street_tags import Way, Ways
from sim.errors import CityOpsError, Mistake

Floats = npt.NDArray[np.float64]

SNAP_M = 0.5  # ends of lines so near to each other are one corner


def read_lines(path: Path) -> Ways:
    """The streets of a GeoJSON file: each LineString is a street, of a MultiLineString each part.

    Lines are cut where an inner point of one is a point of another, as lines of OpenStreetMap are not; lines that cross
    without a common point do not meet. Ends within SNAP_M of each other become one corner. Raises CityOpsError for what
    is no GeoJSON of lines.
    """
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise CityOpsError(Mistake(what="is no JSON", file=str(path), found=str(error))) from error
    if not isinstance(said, dict) or not isinstance(said.get("features"), list):
        accepted = "a FeatureCollection of LineStrings"
        raise CityOpsError(Mistake(what="is no GeoJSON of streets", file=str(path), accepted=accepted))
    lines = list(_lines(path, said["features"]))
    return _own(path, said[OWN_KEY], lines) if OWN_KEY in said else _foreign(path, said, lines)


Line = tuple[Floats, dict[str, Any], str]


def _lines(path: Path, features: list[Any]) -> Iterator[Line]:
    """The points, properties and place in the file of each line."""
    for number, feature in enumerate(features):
        place = f"feature {number}"
        try:
            shape, tags = feature["geometry"], feature.get("properties") or {}
            if not isinstance(tags, dict):
                raise TypeError(f"properties {tags!r}")
            kind = shape["type"]
            parts = {"LineString": [shape["coordinates"]], "MultiLineString": shape["coordinates"]}.get(kind, [])
            for part in parts:
                points = np.array([point[:2] for point in part], dtype=np.float64)
                if points.ndim != 2 or len(points) < 2 or not np.isfinite(points).all():
                    raise ValueError(f"{len(points)} points")
                yield points, tags, place
        except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError) as error:
            raise CityOpsError(Mistake(what=f"{place}: no line", file=str(path), found=repr(error))) from error


def _own(path: Path, said: Any, lines: list[Line]) -> Ways:
    xy, elevation_m, pace = own_member(str(path), said)
    ways = [
        Way(
            tail=tags.get("tail", -1),
            head=tags.get("head", -1),
            bends=points[1:-1],
            tags=tags,
            place=place,
            both_ways=not tags.get("oneway"),
        )
        for points, tags, place in lines
    ]
    return checked_own(Ways(file=str(path), xy=xy, elevation_m=elevation_m, ways=ways, pace=pace, is_own=True))


def _foreign(path: Path, said: dict[str, Any], lines: list[Line]) -> Ways:
    shared = _shared(lines)
    lines = [piece for line in lines for piece in _cut(line, shared)]
    points = np.concatenate([line[0] for line in lines] or [np.zeros((0, 2))])
    if in_degrees(points, _system(said), file=str(path)):
        middle = middle_of(points)
        lines = [(metres(line, middle), tags, place) for line, tags, place in lines]
    xy, ends = _corners(lines)
    arcs = [(int(tail), int(head), tags) for (tail, head), (_, tags, _) in zip(ends, lines, strict=True)]
    ways = []
    for i, both_ways in paired(arcs, directed=False):
        tail, head, tags = arcs[i]
        bends = lines[i][0][1:-1]
        if str(tags.get("oneway")) == "-1":
            tail, head, bends = head, tail, bends[::-1]
        one = Way(tail=tail, head=head, bends=bends, tags=tags, place=lines[i][2], both_ways=both_ways)
        ways.append(one)
    elevation = np.zeros(len(xy))
    return Ways(file=str(path), xy=xy, elevation_m=elevation, ways=ways, pace=np.ones((4, 24)), is_own=False)


def _system(said: Any) -> str | None:
    """The name of the system of coordinates, where one is said as GeoJSON once had it."""
    for key in ("crs", "properties", "name"):
        said = said.get(key) if isinstance(said, dict) else None
    return said if isinstance(said, str) else None


def _shared(lines: list[Line]) -> set[tuple[float, float]]:
    """The points that stand in more than one line, or more than once in one."""
    counts = Counter(tuple(point) for points, _, _ in lines for point in points.tolist())
    return {point for point, count in counts.items() if count > 1}


def _cut(line: Line, shared: set[tuple[float, float]]) -> Iterator[Line]:
    """A line in pieces between the points that it shares; the length said of the whole holds for no piece."""
    points, tags, place = line
    inner = [i for i, point in enumerate(points[1:-1].tolist(), 1) if tuple(point) in shared]
    if inner:
        tags = {key: value for key, value in tags.items() if key != "length"}
    for first, last in zip([0, *inner], [*inner, len(points) - 1], strict=True):
        yield points[first : last + 1], tags, place


def _corners(lines: list[Line]) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Where the corners are, and which of them are the ends of each line, (k, 2): ends that are near are one."""
    ends = np.array([(line[0], line[-1]) for line, _, _ in lines], dtype=np.float64).reshape(-1, 2)
    if len(ends) == 0:
        return ends, np.zeros((0, 2), dtype=np.int64)
    near = cKDTree(ends).query_pairs(SNAP_M, output_type="ndarray")
    graph = sparse.coo_array((np.ones(len(near)), (near[:, 0], near[:, 1])), shape=(len(ends), len(ends)))
    _, label = csgraph.connected_components(graph.tocsr(), directed=False)
    _, first, corner = np.unique(label, return_index=True, return_inverse=True)
    # Corners in the order in which the file names them, at the first of their ends.
    order = np.argsort(np.argsort(first))
    return ends[np.sort(first)], order[corner].reshape(-1, 2)
