"""The ground below a town: relief, river bed, hollows and carriageways as a raster, and the heights of the streets."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from sim.city.cells import carriageway_pairs, cells_of_lines, distinct, inside_polygon
from sim.city.given_streets import IN_DEGREES
from sim.city.streets import Streets
from sim.city.synthetic.carriageways import pave
from sim.city.synthetic.hollows import dig_hollows
from sim.city.synthetic.outlines import sampled
from sim.city.synthetic.plan import Course, Plan
from sim.city.synthetic.relief import BANK_M, Grid, River, land, river_of
from sim.city.terrain import Cover, Terrain
from sim.errors import CityOpsError, Mistake
from sim.scenario.town import Town

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Longs = npt.NDArray[np.int64]
Singles = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]

MARGIN_M = 200.0  # of the raster beyond the town
BED_M = 2.0  # of the river's bed below its water; assumption
EMBANKMENT_M = 0.3  # of the railway over the ground: its ballast; assumption
FINEST_KERBS_M = 5.0  # cells of a given raster up to this size show kerbs
ROWS_AT_ONCE = 512
MOST_CELLS = 2**31
SQUARES_PER_CORNER = 1.4  # of the raster, as wide as streets are long: so many at least (measured: 1.56 to 2.15)
MANNING = {Cover.GREEN: 0.04, Cover.BUILT: 0.10, Cover.STREET: 0.016, Cover.WATER: 0.03}
"""s/m^(1/3): open land and houses from the ranges of the HEC-RAS 2D manual, asphalt and streams from Chow (1959)."""


def raise_ground(town: Town, plan: Plan, given: Terrain | None = None) -> tuple[Terrain, Streets]:
    """The ground below a plan, and the plan's streets with their heights on it.

    given : real heights to take in place of made ones: no relief, hollows or river bed is made, and no street cut; only
        kerbs are, where cells are at most FINEST_KERBS_M wide, and underpasses where they are not low already
    Raises CityOpsError where the given raster does not cover the streets, or the places of corners are not known.
    """
    unknown = int(np.isnan(plan.streets.xy).any(axis=1).sum())
    if unknown:
        raise CityOpsError(f"{unknown} of the corners have no place: without x and y no ground can lie below them")
    if given is not None:
        return _on(given, town, plan)
    grid = grid_of(plan, town.cell)
    river = river_of(plan, grid)
    ground = land(town, plan, grid, river)
    cover = np.zeros(ground.shape, dtype=np.uint8)
    raster = Terrain(ground, grid.cell_m, cover=cover, origin=grid.origin)
    _build_up(cover, raster, plan)
    if plan.railway is not None:
        ground.reshape(-1)[course_cells(plan.railway, raster, aside_m=0.0)] += np.float32(EMBANKMENT_M)
    dig_hollows(town, plan, grid, ground=ground, river=river)
    if river is not None:
        _flood(river, raster, plan.streets, ground=ground, cover=cover)
    return _paved(raster, plan.streets, (ground, cover), kerb_m=town.kerb, gentle=True)


def grid_of(plan: Plan, cell_m: float) -> Grid:
    """The raster of a plan: over its boundary and streets with a margin around, its edges at whole cells."""
    points = np.vstack([plan.boundary, plan.streets.xy, plan.streets.bend_xy])
    low = np.floor((points.min(axis=0) - MARGIN_M) / cell_m)
    high = np.ceil((points.max(axis=0) + MARGIN_M) / cell_m)
    columns, rows = (high - low).astype(int).tolist()
    if rows * columns >= MOST_CELLS:
        raise _too_many(f"{rows} rows and {columns} columns")
    return Grid(rows, columns, cell_m, (float(low[0] * cell_m), float(low[1] * cell_m)))


def check_cells(town: Town) -> None:
    """Raise CityOpsError where a town will have too many cells, before any of its streets is laid."""
    cells = town.corners * SQUARES_PER_CORNER * (town.spacing / town.cell) ** 2
    if cells >= MOST_CELLS:
        raise _too_many(f"some {cells / 1e9:.1f} thousand million")


def _too_many(found: str) -> CityOpsError:
    return CityOpsError(Mistake(what="too many cells for one town", field="cell", found=found, accepted="wider cells"))


def _on(given: Terrain, town: Town, plan: Plan) -> tuple[Terrain, Streets]:
    """The streets on given ground."""
    _check_covers(given, plan.streets)
    ground = np.array(given.elevation_m)
    cover = np.zeros(ground.shape, dtype=np.uint8) if given.cover is None else np.array(given.cover)
    raster = Terrain(ground, given.cell_m, cover=cover, origin=given.origin)
    if given.cover is None:
        _build_up(cover, raster, plan)
        if plan.river is not None:
            cells = course_cells(plan.river, raster, aside_m=0.0)
            cover.reshape(-1)[cells[~_is_held(plan.streets, raster)[cells]]] = Cover.WATER
    kerb = town.kerb if given.cell_m <= FINEST_KERBS_M else 0.0
    return _paved(raster, plan.streets, (ground, cover), kerb_m=kerb, gentle=False)


def _check_covers(given: Terrain, streets: Streets) -> None:
    """Raise CityOpsError where a corner or a bend lies outside the raster."""
    xy = np.vstack([streets.xy, streets.bend_xy])
    outside = xy[given.cell_at(xy) < 0]
    if len(outside):
        west, east, south, north = given.extent
        raise CityOpsError(
            Mistake(
                what="the terrain does not cover the streets",
                found=f"{len(outside)} of {len(xy)} points of streets beyond it, such as x {outside[0, 0]:.1f} m, "
                f"y {outside[0, 1]:.1f} m",
                accepted=f"x from {west:.1f} to {east:.1f} m, y from {south:.1f} to {north:.1f} m ({IN_DEGREES})",
            )
        )


def _build_up(cover: Bytes, raster: Terrain, plan: Plan) -> None:
    """Mark as built, in place, what lies within the boundary."""
    for first in range(0, len(cover), ROWS_AT_ONCE):
        rows = slice(first, first + ROWS_AT_ONCE)
        cover[rows][inside_polygon(raster, plan.boundary, rows)] = Cover.BUILT


def course_cells(course: Course, raster: Terrain, *, aside_m: float) -> Longs:
    """The cells within half the width, and ``aside_m`` more, of a river or railway, ascending: int64 (k,)."""
    half = course.width_m / 2.0 + aside_m
    start, end = course.xy[:-1], course.xy[1:]
    along = (end - start) / np.maximum(np.hypot(*(end - start).T), 1e-9)[:, None]
    across = np.column_stack([-along[:, 1], along[:, 0]])
    offsets = np.linspace(-half, half, int(np.ceil(2.0 * half / raster.cell_m)) + 1)
    found = []
    for offset in offsets:
        # A little longer at both ends, so that no wedge is left open at bends.
        a, b = start + offset * across - half * along, end + offset * across + half * along
        found.append(distinct(cells_of_lines(np.arange(len(a)), a, b, terrain=raster)[1]))
    cells = distinct(np.concatenate(found))
    cells = cells[cells >= 0]
    away, _ = cKDTree(sampled(course.xy, step_m=raster.cell_m / 2.0)).query(raster.centre_of(cells))
    return cells[away <= half]


def _is_held(streets: Streets, raster: Terrain) -> Flags:
    """Whether each cell (cells,) stays land because a corner lies in it."""
    held = np.zeros(raster.elevation_m.size, dtype=np.bool_)
    held[raster.cell_at(streets.xy)] = True
    return held


def _flood(river: River, raster: Terrain, streets: Streets, *, ground: Singles, cover: Bytes) -> None:
    """Cut the bed of the river, in place, and raise its banks over the water; streets along it stay dry.

    Streets and corners may reach a little into the water where cells are wide: they are banked up.
    """
    course = Course(xy=river.xy, width_m=river.width_m)
    cells = course_cells(course, raster, aside_m=2.0 * raster.cell_m)
    away, level = river.nearest(raster.centre_of(cells))
    water = away <= river.width_m / 2.0
    shore = away > river.width_m / 2.0 - 1.5 * raster.cell_m
    is_land = _is_held(streets, raster)
    water &= ~is_land[cells]
    is_land[carriageway_pairs(streets, raster)[1]] = True
    water &= ~(shore & is_land[cells])
    heights = ground.reshape(-1)
    heights[cells] = np.where(water, level - BED_M, np.maximum(heights[cells], level + BANK_M / 2.0))
    cover.reshape(-1)[cells[water]] = Cover.WATER


def _paved(
    raster: Terrain, streets: Streets, arrays: tuple[Singles, Bytes], *, kerb_m: float, gentle: bool
) -> tuple[Terrain, Streets]:
    """The finished ground and the streets on it."""
    ground, cover = arrays
    elevation, lowest, paved = pave(streets, raster, ground.reshape(-1), kerb_m=kerb_m, gentle=gentle)
    cover.reshape(-1)[paved] = Cover.STREET
    roughness = np.zeros(len(Cover), dtype=np.float32)
    roughness[list(MANNING)] = list(MANNING.values())
    terrain = Terrain(ground, raster.cell_m, roughness[cover], cover, raster.origin)
    return terrain, dataclasses.replace(streets, elevation_m=elevation, lowest_m=lowest)
