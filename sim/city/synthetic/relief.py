"""The lie of the land of a made town: a valley along its river, hills of many sizes, and no hollow yet.

Everything is made on a coarse lattice and then blown up to cells by smooth splines: hills are larger than streets.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage, sparse
from scipy.spatial import cKDTree

from sim.city.depressions import ways_out
from sim.city.synthetic.gentle import lowered
from sim.city.synthetic.outlines import reached, sampled
from sim.city.synthetic.plan import Course, Plan
from sim.draws import Draws
from sim.scenario.town import Town

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]

LATTICE_M = 50.0
RIVER_FALL = 0.0006  # m/m, of the water along the river; assumption: rivers of plains fall by 0.2 to 1 m in a kilometre
BANK_M = 2.0  # of the valley floor over the water; assumption
WAVELENGTHS_M = (2400.0, 1200.0, 600.0, 300.0)
ROUGHNESS = 0.15  # height of the longest waves as a share of the relief; the others in proportion to their length
STEEPEST = 0.06  # of the land, m/m, so that streets, kerbs and hollows on it stay below ``carriageways.STEEPEST``
TOLD_SHARE, LEAST_TOLD_M = 0.05, 0.1  # of the relief, m: land that is lowered by less is not worth a warning
LEAST_FALL = 0.00005  # m/m, of the filled ground of a natural hollow, towards its outlet


@dataclass(frozen=True, slots=True)
class Grid:
    """The cells of a raster to be: rows, columns, side and south-west corner, as ``Terrain`` has them."""

    rows: int
    columns: int
    cell_m: float
    origin: tuple[float, float]

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """West, east, south and north edge, m."""
        west, south = self.origin
        return west, west + self.columns * self.cell_m, south, south + self.rows * self.cell_m


@dataclass(frozen=True, slots=True)
class River:
    """A river, sampled: where it runs, until beyond the raster, and the level of its water.

    xy : float64 (k, 2), m, downstream, at steps of at most a cell;  level_m : float64 (k,), falling
    """

    xy: Floats
    level_m: Floats
    width_m: float

    def nearest(self, xy: Floats) -> tuple[Floats, Floats]:
        """How far each point (n, 2) is from the river's middle line, m, and the level of the water there."""
        away, at = cKDTree(self.xy).query(xy)
        return np.asarray(away), self.level_m[at]

    def floor(self, xy: Floats) -> Floats:
        """The level of the water abreast of each point (..., 2), seen along the valley: smooth everywhere."""
        valley = self.xy[-1] - self.xy[0]
        # Where the river turns back it counts as standing still.
        along = np.maximum.accumulate(self.xy @ valley)
        abreast: Floats = np.interp(xy @ valley, along, self.level_m)
        return abreast


def river_of(plan: Plan, grid: Grid) -> River | None:
    """The river of a plan with the level of its water, 0 where it leaves the ground; None without one on it."""
    if plan.river is None:
        return None
    xy = sampled(_beyond(plan.river, grid), step_m=min(grid.cell_m, plan.river.width_m / 4.0))
    west, east, south, north = grid.extent
    aside = 2.0 * LATTICE_M + plan.river.width_m
    near = np.flatnonzero(
        (np.abs(xy[:, 0] - (west + east) / 2.0) <= (east - west) / 2.0 + aside)
        & (np.abs(xy[:, 1] - (south + north) / 2.0) <= (north - south) / 2.0 + aside)
    )
    if near.size == 0:
        return None
    xy = xy[near[0] : near[-1] + 1]
    along = reached(xy)
    return River(xy, (along[-1] - along) * RIVER_FALL, plan.river.width_m)


def land(town: Town, plan: Plan, grid: Grid, river: River | None) -> Singles:
    """The height of every cell above the river's mouth, float32 (rows, columns), without river bed and streets."""
    step = LATTICE_M if grid.cell_m <= LATTICE_M / 2.0 else 2.0 * grid.cell_m
    west, east, south, north = grid.extent
    # One point more all round, for the splines.
    x = np.arange(west - step, east + 2.0 * step, step)
    y = np.arange(north + step, south - 2.0 * step, -step)
    height, outlets = _shape(town, plan, (x, y), river)
    height = _gentle(height, step, relief_m=town.relief)
    level, steps = ways_out(height, outlets)
    height = level + steps * (LEAST_FALL * step)
    cells_x = west + (np.arange(grid.columns) + 0.5) * grid.cell_m
    cells_y = north - (np.arange(grid.rows) + 0.5) * grid.cell_m
    return _blown_up(height, _splines((cells_y - y[0]) / -step, len(y)), _splines((cells_x - x[0]) / step, len(x)))


def _shape(
    town: Town, plan: Plan, axes: tuple[Floats, Floats], river: River | None
) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Valley and hills over a lattice, and where water leaves it: at its edge and into the river."""
    x, y = axes
    xy = np.stack(np.meshgrid(x, y), axis=-1)
    outlets = np.ones(xy.shape[:2], dtype=bool)
    outlets[1:-1, 1:-1] = False
    hills = _hills(town, axes)
    if river is None:
        return _slope(town, plan, xy) + hills, outlets
    away = _away(river, xy, x[1] - x[0])
    level = river.floor(xy)
    edge, _ = river.nearest(plan.boundary)
    reach = max(float(np.quantile(edge, 0.9)), 2.0 * river.width_m)
    share = away / reach
    # Beyond the edge of the town it rises half as fast.
    valley = level + BANK_M + town.relief * np.where(share < 1.0, share**1.5, 0.25 + 0.75 * share)
    outlets |= away <= max(river.width_m / 2.0, x[1] - x[0])
    return valley + hills * np.clip((away - river.width_m) / (0.3 * reach), 0.0, 1.0), outlets


def _away(river: River, xy: Floats, step: float) -> Floats:
    """How far each point of a lattice (rows, columns, 2) is from the river, m: exact near it, to half a step afar."""
    place = np.round((river.xy - xy[0, 0]) / (step, -step)).astype(np.int64)
    column, row = place[:, 0], place[:, 1]
    dry = np.ones((len(xy), xy[0].shape[0]), dtype=bool)
    within = (row >= 0) & (row < dry.shape[0]) & (column >= 0) & (column < dry.shape[1])
    dry[row[within], column[within]] = False
    away: Floats = ndimage.distance_transform_edt(dry) * step
    near = away <= 8.0 * step
    away[near], _ = river.nearest(xy[near])
    return away


def _slope(town: Town, plan: Plan, xy: Floats) -> Floats:
    """A plane that falls by the relief from one side of the town to the other, in a direction by chance."""
    angle = 2.0 * np.pi * Draws(town.seed, 0).uniform("town slope", 0)
    down = np.array([np.cos(angle), np.sin(angle)])
    along = plan.boundary @ down
    plane: Floats = BANK_M + town.relief * (along.max() - xy @ down) / (along.max() - along.min())
    return plane


def _hills(town: Town, axes: tuple[Floats, Floats]) -> Floats:
    """Value noise of several wavelengths, m: draws at the points of square lattices, blended smoothly."""
    draws = Draws(town.seed, 0)
    x, y = axes
    total = np.zeros((len(y), len(x)))
    for octave, wavelength in enumerate(WAVELENGTHS_M):
        knots = wavelength / 2.0
        first = np.floor(np.array([x[0], y[-1]]) / knots).astype(np.int64)
        last = np.floor(np.array([x[-1], y[0]]) / knots).astype(np.int64) + 3
        column, row = np.arange(first[0] - 1, last[0]), np.arange(first[1] - 1, last[1])
        entity = ((row[:, None] + 2**15) % 2**16) * 2**16 + (column + 2**15) % 2**16
        values = 2.0 * draws.uniforms("town hills", entity, octave) - 1.0
        height = ROUGHNESS * town.relief * wavelength / WAVELENGTHS_M[0]
        along_y, along_x = _splines(y / knots - row[0], len(row)), _splines(x / knots - column[0], len(column))
        total += height * (along_y @ (along_x @ values.T).T)
    return total


def _gentle(height: Floats, step: float, *, relief_m: float) -> Floats:
    """The land without what is steeper than STEEPEST: the highest that lies nowhere above what was.

    It is told where more is lost than TOLD_SHARE of the relief that was asked for, and LEAST_TOLD_M.
    """
    south_east, south_west = height[1:, 1:] - height[:-1, :-1], height[1:, :-1] - height[:-1, 1:]
    # The square root of half the sum of both squares is the slope, whichever way it falls.
    if np.sqrt((south_east**2 + south_west**2).max() / 2.0) <= STEEPEST * step:
        return height
    ids = np.arange(height.size).reshape(height.shape)
    pairs = [(ids[:, :-1], ids[:, 1:]), (ids[:-1], ids[1:]), (ids[:-1, :-1], ids[1:, 1:]), (ids[:-1, 1:], ids[1:, :-1])]
    one, other = (np.concatenate([pair[end].ravel() for pair in pairs]) for end in (0, 1))
    straight = pairs[0][0].size + pairs[1][0].size
    climb = STEEPEST * step * np.where(np.arange(len(one)) < straight, 1.0, np.sqrt(2.0))
    gentle = lowered(height.ravel(), one, other, climb=climb).reshape(height.shape)
    lost = float((height - gentle).max())
    if lost > max(LEAST_TOLD_M, TOLD_SHARE * relief_m):
        logging.getLogger("cityops").warning(
            "the land was made gentler, %.0f %% at most: up to %.1f m lower than asked for", 100.0 * STEEPEST, lost
        )
    return gentle


def _splines(at: Floats, n: int) -> Any:
    """Weights of n knots in uniform cubic B-splines at places counted in knots: they blend and never overshoot."""
    knot = np.clip(np.floor(at), 1, n - 3).astype(np.int64)
    t = at - knot
    weights = np.stack(
        [(1.0 - t) ** 3, 3.0 * t**3 - 6.0 * t**2 + 4.0, -3.0 * t**3 + 3.0 * t**2 + 3.0 * t + 1.0, t**3], axis=1
    )
    column = knot[:, None] + np.arange(-1, 3)
    row = np.repeat(np.arange(len(at)), 4)
    return sparse.csr_array((weights.ravel() / 6.0, (row, column.ravel())), shape=(len(at), n))


def _blown_up(height: Floats, along_y: Any, along_x: Any) -> Singles:
    """The lattice at the cells, some rows at a time, so that no second raster is needed."""
    wide = (along_x @ height.T).T
    cells = np.empty((along_y.shape[0], along_x.shape[0]), dtype=np.float32)
    for first in range(0, len(cells), 256):
        cells[first : first + 256] = along_y[first : first + 256] @ wide
    return cells


def _beyond(course: Course, grid: Grid) -> Floats:
    """A course led straight on at both ends until it is outside the raster."""
    west, east, south, north = grid.extent
    far = (east - west) + (north - south)
    xy = course.xy
    ends = [xy[0] - xy[1], xy[-1] - xy[-2]]
    out = [end * (far / max(float(np.hypot(*end)), 1e-9)) for end in ends]
    return np.vstack([xy[0] + out[0], xy, xy[-1] + out[1]])
