"""Carriageways on the ground of a town: below the kerbs, nowhere too steep, and deep down below railways."""

from __future__ import annotations

import logging

import numpy as np
import numpy.typing as npt

from sim.city.cells import carriageway_pairs, cells_of_lines, distances_along, distinct, underpass_cells
from sim.city.streets import Streets, Structure
from sim.city.synthetic.gentle import lowered
from sim.city.terrain import Terrain

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Singles = npt.NDArray[np.float32]

STEEPEST = 0.08  # m/m; CJJ 37: the limit for 20 to 30 km/h
ACROSS = 0.01  # m/m, between the two ends of an underpass, so that both its ramps can be made
DIP_M = 3.6  # of the sag of an underpass below the ground at its lower end; assumption, see docs
DEEPEST_END_M = 1.5  # so far the ends of short underpasses are lowered, for ramps that begin in the streets before
BOTTOM = 0.1  # of an underpass to each side of its middle lies level, as a share of its length, and
BOTTOM_M = 12.0  # at most so much


def pave(
    streets: Streets, terrain: Terrain, heights: Singles, *, kerb_m: float, gentle: bool
) -> tuple[Floats, Floats, Longs]:
    """Lower the carriageways in the ground, in place: below the kerbs, and at underpasses to their sags.

    terrain : the raster, whose cover says where water is;  heights : float32 (cells,), its elevations, changed
    gentle : whether streets steeper than STEEPEST are cut into the ground
    Returns the elevation of the corners and of the lowest point of each street, float64, m, and the cells covered.
    """
    street, cell = carriageway_pairs(streets, terrain)
    paved = distinct(cell.astype(np.int64))
    heights[paved] -= np.float32(kerb_m)
    at = terrain.cell_at(streets.xy)
    if gentle:
        _cut(streets, at, terrain, heights=heights)
    np.round(heights, 3, out=heights)
    elevation = _to_mm(heights[at])
    sags = _dip(streets, terrain, elevation, heights=heights, corners=at)
    return elevation, _lowest(streets, elevation, sags, pairs=(street, cell), heights=heights), paved


def _to_mm(heights: Singles) -> Floats:
    """Single precision as the decimal number it stands for, m."""
    exact: Floats = heights.astype(np.float64)
    return exact.round(3)


def _cut(streets: Streets, at: Ints, terrain: Terrain, *, heights: Singles) -> None:
    """Lower the corners until no street is too steep, and the carriageways between them with them.

    Corners in one cell have one height, so the heights are those of cells: the highest that are nowhere above the
    ground and differ by no more than each street may climb (shortest ways from a point outside, as long as the ground
    is high).
    """
    cells, corner = np.unique(at, return_inverse=True)
    ground = heights[cells].astype(np.float64)
    limit = np.where(streets.structure == Structure.UNDERPASS, ACROSS, STEEPEST) * streets.length_m
    tail, head = corner[streets.tail], corner[streets.head]
    deeper = _ends_lowered(streets, ground, (tail, head))
    if (np.abs(deeper[tail] - deeper[head]) <= limit).all() and (deeper == ground).all():
        return
    gentle = lowered(deeper, tail, head, climb=limit)
    heights[cells] = gentle
    is_cut, is_held = gentle < ground - 0.0005, np.zeros(len(heights), dtype=bool)
    is_held[cells] = True
    touched = (is_cut[tail] | is_cut[head]) & (streets.structure == Structure.SURFACE)
    for one in np.flatnonzero(touched).tolist():
        cell, along = _middle_line(streets, one, terrain)
        rest = streets.length_m[one] - along
        most = np.minimum(gentle[tail[one]] + STEEPEST * along, gentle[head[one]] + STEEPEST * rest)
        kept = ~is_held[cell]
        heights[cell[kept]] = np.minimum(heights[cell[kept]], most[kept])


def _ends_lowered(streets: Streets, ground: Floats, ends: tuple[Longs, Longs]) -> Floats:
    """The heights of the cells of corners, those of underpasses too short for their sags lowered."""
    under = streets.structure == Structure.UNDERPASS
    tail, head = ends[0][under], ends[1][under]
    low = np.minimum(ground[tail], ground[head])
    length = streets.length_m[under]
    most = low - np.clip(DIP_M - STEEPEST * (length / 2.0 - _bottom(length)), 0.0, DEEPEST_END_M)
    deeper = ground.copy()
    np.minimum.at(deeper, tail, most)
    np.minimum.at(deeper, head, most)
    return deeper


def _bottom(length_m: Floats) -> Floats:
    return np.minimum(BOTTOM * length_m, BOTTOM_M)


def _middle_line(streets: Streets, street: int, terrain: Terrain) -> tuple[Longs, Floats]:
    """The cells through which the middle of a street runs, and how far along it each lies, m."""
    line = streets.line(street)
    _, cell = cells_of_lines(np.zeros(len(line) - 1, dtype=np.int64), line[:-1], line[1:], terrain=terrain)
    cell = distinct(cell[cell >= 0])
    return cell, distances_along(line, terrain.centre_of(cell.astype(np.int32)))


def _dip(streets: Streets, terrain: Terrain, elevation: Floats, *, heights: Singles, corners: Ints) -> dict[int, float]:
    """Lower the cells of each underpass to its sag and ramps; the elevation of each sag by street."""
    under = np.flatnonzero(streets.structure == Structure.UNDERPASS)
    sag = sags_between(elevation[streets.tail[under]], elevation[streets.head[under]], length_m=streets.length_m[under])
    unseen, is_held = 0, np.zeros(len(heights), dtype=bool)
    is_held[corners] = True
    for one, low, length in zip(under.tolist(), sag.tolist(), streets.length_m[under].tolist(), strict=True):
        cell, share = underpass_cells(streets, one, terrain)
        free = ~is_held[cell]
        cell, away = cell[free], np.abs(share[free] - 0.5) * length
        level = min(BOTTOM * length, BOTTOM_M)
        heights[cell] = np.minimum(heights[cell], np.round(low + STEEPEST * np.maximum(away - level, 0.0), 3))
        # However wide the cells, the one around the sag lies as low.
        middle = cell[away <= max(level, away.min(initial=np.inf))]
        heights[middle] = low
        unseen += not len(middle)
    if unseen:
        logging.getLogger("cityops").warning("%d underpasses are too short to be seen in the cells", unseen)
    return dict(zip(under.tolist(), sag.tolist(), strict=True))


def sags_between(tail_m: Floats, head_m: Floats, *, length_m: Floats) -> Floats:
    """The elevation of the sags of underpasses between ends of these elevations: float64 (n,), m.

    As deep as both ramps allow, DIP_M below the lower end at most, and in any case a fiftieth of the length below it.
    """
    low, high = np.minimum(tail_m, head_m), np.maximum(tail_m, head_m)
    reached = high - STEEPEST * (length_m / 2.0 - _bottom(length_m))
    sags: Floats = np.minimum(np.maximum(low - DIP_M, reached), low - 0.02 * length_m)
    return sags.round(3)


def _lowest(
    streets: Streets, elevation: Floats, sags: dict[int, float], *, pairs: tuple[Ints, Ints], heights: Singles
) -> Floats:
    """The lowest point of each street: of the cells it covers, of its ends, or its sag."""
    street, cell = pairs
    lowest = np.minimum(elevation[streets.tail], elevation[streets.head])
    surface = streets.structure[street] == Structure.SURFACE
    np.minimum.at(lowest, street[surface], _to_mm(heights[cell[surface]]))
    lowest[list(sags)] = list(sags.values())
    return lowest
