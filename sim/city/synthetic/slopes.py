"""Steep ground beside a street, from the raster of the terrain."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from sim.city.streets import Streets, Structure
from sim.city.terrain import Terrain

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]

STEEP: Final = 0.25
"""Ground steeper than one in four beside a street is a slope to be watched (assumption, 0.2 to 0.5)."""
_REACH_M: Final = 20.0
"""How far from the edge of the carriageway the ground is looked at (assumption)."""
STREETS_PER_SLOPE: Final = 150
"""No more slopes are watched than one for so many streets, the steepest (assumption)."""


def street_middles(streets: Streets) -> Floats:
    """A point about half way along each street, float64 (n_streets, 2), m: its middle bend, else between its ends."""
    middle = 0.5 * (streets.xy[streets.tail] + streets.xy[streets.head])
    bends = np.diff(streets.bend_first)
    has_bends = bends > 0
    at = streets.bend_first[:-1] + bends // 2
    middle[has_bends] = streets.bend_xy[at[has_bends]]
    return np.round(middle, 2)


def steep_streets(streets: Streets, terrain: Terrain) -> tuple[Ints, Floats]:
    """Streets beside which the ground is steep, int32 (k,) ascending, and how high it rises or falls there, m.

    The ground is compared over ``_REACH_M`` from the edge of the carriageway, to both sides of the street's middle;
    only streets on the surface count, and ground that the raster does not cover is level.
    """
    along = streets.xy[streets.head] - streets.xy[streets.tail]
    across = np.column_stack([-along[:, 1], along[:, 0]]) / np.maximum(np.hypot(*along.T), 1e-9)[:, None]
    middle, edge = street_middles(streets), streets.width_m[:, None] / 2.0
    height = np.zeros(streets.n_streets)
    for side in (1.0, -1.0):
        near = _ground(terrain, middle + side * edge * across)
        far = _ground(terrain, middle + side * (edge + _REACH_M) * across)
        height = np.fmax(height, np.abs(far - near))
    height = np.round(height, 2)
    steep = np.flatnonzero((height >= STEEP * _REACH_M) & (streets.structure == Structure.SURFACE))
    steepest = steep[np.argsort(-height[steep], kind="stable")[: -(-streets.n_streets // STREETS_PER_SLOPE)]]
    street = np.sort(steepest).astype(np.int32)
    return street, height[street]


def _ground(terrain: Terrain, xy: Floats) -> Floats:
    """The height of the cell that covers each point, m; NaN outside the raster."""
    cell = terrain.cell_at(xy)
    height: Floats = np.where(cell >= 0, terrain.elevation_m.ravel()[np.maximum(cell, 0)].astype(np.float64), np.nan)
    return height
