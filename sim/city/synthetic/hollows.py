"""Hollows without an outlet in the ground of a made town, where water will stand after heavy rain."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.spatial import cKDTree

from sim.city.synthetic.outlines import is_inside, polygon_area, sampled
from sim.city.synthetic.plan import Plan
from sim.city.synthetic.relief import Grid, River
from sim.draws import Draws
from sim.scenario.town import Town

Floats = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Singles = npt.NDArray[np.float32]

SHALLOWEST_M = 0.4  # below the least height around
DEEPEST_M = 1.5  # with the kerbs
CANDIDATES = 12  # places drawn for each hollow
MOST_TILT = 3.0  # m, fall of the ground over the radius of a hollow; steeper ground has no room for one


@dataclass(frozen=True, slots=True)
class Hollows:
    """Where the hollows are: middles, float64 (n, 2), m; radii and depths below the rim, float64 (n,), m."""

    xy: Floats
    radius_m: Floats
    depth_m: Floats


def dig_hollows(town: Town, plan: Plan, grid: Grid, *, ground: Singles, river: River | None) -> Hollows:
    """Dig hollows into the ground, in place, and say where.

    As many as ``hollows_per_km2`` asks for within the boundary, or as many as there is room for, with a warning. Each
    is a bowl whose rim is not lowered: all water in it below the least height of the rim stays.
    """
    wanted = round(town.hollows_per_km2 * polygon_area(plan.boundary) / 1e6)
    some = _candidates(town, plan, grid, wanted)
    some = _kept(some, _is_free(some, plan, grid, river=river))
    rim, tilt = _rims(some, grid, ground)
    level = tilt <= MOST_TILT
    some, rim = _kept(some, level), rim[level]
    chosen = _apart(some, grid.cell_m, wanted)
    for i in chosen:
        _dig(some.xy[i], float(some.radius_m[i]), float(rim[i] - some.depth_m[i]), grid=grid, ground=ground)
    if len(chosen) < wanted:
        logging.getLogger("cityops").warning("there is room for %d hollows of %d only", len(chosen), wanted)
    return _kept(some, chosen)


def _candidates(town: Town, plan: Plan, grid: Grid, wanted: int) -> Hollows:
    """Places by chance within the box around the boundary; of hollows close together the radii are less."""
    draws, entity = Draws(town.seed, 0), np.arange(CANDIDATES * wanted)
    low, high = plan.boundary.min(axis=0), plan.boundary.max(axis=0)
    share = np.column_stack([draws.uniforms("town hollows", entity, k) for k in (0, 1)])
    deepest = max(DEEPEST_M - 2.0 * town.kerb, SHALLOWEST_M + 0.1)
    depth = SHALLOWEST_M + (deepest - SHALLOWEST_M) * draws.uniforms("town hollows", entity, 2)
    most = 330.0 / np.sqrt(max(town.hollows_per_km2, 1.0))
    radius = np.clip(40.0 + 60.0 * depth, 4.0 * grid.cell_m, max(most, 4.0 * grid.cell_m))
    return Hollows(low + share * (high - low), radius, depth + town.kerb)


def _kept(some: Hollows, chosen: Flags | Longs) -> Hollows:
    return Hollows(some.xy[chosen], some.radius_m[chosen], some.depth_m[chosen])


def _is_free(some: Hollows, plan: Plan, grid: Grid, *, river: River | None) -> Flags:
    """Whether a hollow would lie within the town, and clear of the river, the railway and the raster's edge."""
    room = some.radius_m + 2.0 * grid.cell_m
    west, east, south, north = grid.extent
    x, y = some.xy.T
    free: Flags = (np.minimum(x - west, east - x) > room) & (np.minimum(y - south, north - y) > room)
    free &= is_inside(some.xy, plan.boundary)
    if river is not None and len(x):
        free &= river.nearest(some.xy)[0] > room + river.width_m
    if plan.railway is not None and len(x):
        away, _ = cKDTree(sampled(plan.railway.xy, step_m=20.0)).query(some.xy)
        free &= away > room + plan.railway.width_m + 10.0
    return free


def _rims(some: Hollows, grid: Grid, ground: Singles) -> tuple[Floats, Floats]:
    """The least height of the ring around each place, and how far its middle lies above it, m."""
    angle = 2.0 * np.pi * np.arange(64) / 64.0
    ring = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    rim = np.full(len(some.xy), np.inf)
    for share in (0.0, 1.0):
        xy = some.xy[:, None, :] + ring * (some.radius_m + share * grid.cell_m)[:, None, None]
        rim = np.minimum(rim, _heights(xy, grid, ground).min(axis=1, initial=np.inf))
    return rim, np.abs(_heights(some.xy, grid, ground) - rim)


def _heights(xy: Floats, grid: Grid, ground: Singles) -> Floats:
    west, _, _, north = grid.extent
    places = np.stack([(north - xy[..., 1]) / grid.cell_m - 0.5, (xy[..., 0] - west) / grid.cell_m - 0.5])
    heights: Floats = ndimage.map_coordinates(ground, places, order=1, mode="nearest", output=np.float64)
    return heights


def _apart(some: Hollows, cell_m: float, wanted: int) -> Longs:
    """The first candidates, in order, none of which touches an earlier one."""
    chosen: list[int] = []
    if wanted == 0 or len(some.xy) == 0:
        return np.zeros(0, dtype=np.int64)
    near = cKDTree(some.xy).query_ball_point(some.xy, 2.0 * (some.radius_m.max() + cell_m))
    taken = np.zeros(len(some.xy), dtype=bool)
    for i, around in enumerate(near):
        others = np.array([j for j in around if taken[j]], dtype=np.int64)
        gap = np.hypot(*(some.xy[others] - some.xy[i]).T)
        if (gap > some.radius_m[others] + some.radius_m[i] + 2.0 * cell_m).all():
            taken[i] = True
            chosen.append(i)
            if len(chosen) == wanted:
                break
    return np.array(chosen, dtype=np.int64)


def _dig(middle: Floats, radius_m: float, floor_m: float, *, grid: Grid, ground: Singles) -> None:
    """Blend the ground towards the floor, wholly in the middle and not at all at the radius."""
    west, _, _, north = grid.extent
    column, row = (middle[0] - west) / grid.cell_m, (north - middle[1]) / grid.cell_m
    reach = radius_m / grid.cell_m
    rows = slice(int(row - reach), int(row + reach) + 1)
    columns = slice(int(column - reach), int(column + reach) + 1)
    down = np.arange(rows.start, rows.stop)[:, None] + 0.5 - row
    right = np.arange(columns.start, columns.stop) + 0.5 - column
    # A floor two cells wide, so that a street across it does not fill the deepest place.
    share = np.clip((np.hypot(down, right) - 1.0) / (reach - 1.0), 0.0, 1.0)
    weight = 1.0 - share * share * (3.0 - 2.0 * share)
    part = ground[rows, columns]
    part += (weight * (floor_m - part)).astype(np.float32)
