"""Streets under water: how deep it stands on each, and how fast one still drives through it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.city.crosswalk import Crosswalk
from sim.city.streets import Streets, Structure

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]

_SAFE_M = 0.3
"""Depth at which the curve of Pregnolato et al. ends."""


def wet_speed_m_s(depth_m: Floats) -> Floats:
    """The speed at which one still drives through water of a depth: float64 of the same shape, m/s.

    v = 0.0009 w^2 - 0.5529 w + 86.9448 km/h, w in mm, up to 300 mm, where it is 2 km/h; the same beyond (Pregnolato,
    Ford, Wilkinson & Dawson 2017, Transportation Research Part D 55, fitted to observations and experiments, R2 0.95).
    """
    w = np.minimum(depth_m, _SAFE_M) * 1000.0
    speed: Floats = (0.0009 * w**2 - 0.5529 * w + 86.9448) / 3.6
    return speed


class WetStreets:
    """The streets of a town over the cells of its ground.

    Bridges lie above the water, tunnels below the ground: no cell counts for them.
    """

    def __init__(self, streets: Streets, crosswalk: Crosswalk) -> None:
        self._streets = streets
        self._arc = streets.street_of_arc
        index = crosswalk.cells
        street = np.repeat(np.arange(streets.n_streets, dtype=np.int32), np.diff(index.first))
        counts = np.isin(streets.structure, (Structure.SURFACE, Structure.UNDERPASS))[street]
        self._cell = index.element[counts]
        self._wet, self._first = np.unique(street[counts], return_index=True)

    def depth_m(self, ground_m: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """The deepest water on each street: float32 (n_streets,), m, from the depth in each cell (rows, columns).

        The deepest place decides whether one gets through.
        """
        depth = np.zeros(self._streets.n_streets, dtype=np.float32)
        if len(self._cell):
            depth[self._wet] = np.maximum.reduceat(ground_m.ravel()[self._cell], self._first)
        return depth

    def times_s(self, hour: int, depth_m: npt.NDArray[np.float32], *, wading_m: float) -> Floats:
        """Travel time of each arc in an hour of the day, s; infinite where the water is deeper than one can wade.

        depth_m : float32 (n_streets,), as ``depth_m`` gives it
        wading_m : the depth that stops the vehicle
        """
        speed = self._streets.speed_m_s * self._streets.pace[self._streets.street_class, hour]
        wet = depth_m > 0.0
        slow = np.where(wet, np.minimum(speed, wet_speed_m_s(depth_m.astype(np.float64))), speed)
        time = np.where(depth_m > wading_m, np.inf, self._streets.length_m / slow)
        return time[self._arc]
