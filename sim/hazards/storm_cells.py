"""Moving rain cells over a town: where and when they are, and how hard it rains below them.

After Cox and Isham (1988), "A simple spatial-temporal model of rainfall": cells are born in a Poisson process of space
and time, drift with one velocity, last for an exponential time, and their peaks are exponential. The shape is Gaussian
as in Rodriguez-Iturbe, Cox and Eagleson (1986) and Willems (2001). Amounts here are without a unit: 1 is what falls on
average; ``rain_fields`` scales them to a storm.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.draws import Draws
from sim.errors import CityOpsError, Mistake
from sim.scenario.rain import Cells

Floats = npt.NDArray[np.float64]

LONGEST = 4.0  # mean lifetimes; 1 cell in 55 would live longer
FAR = 4.0  # standard deviations of its shape, beyond which a cell has 0.03 % of its peak
MOST_CELLS = 2_000_000
COMPASS = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")
# A lifetime that is cut has a smaller mean; half a sine wave has the mean 2 / pi.
_CUT_SHARE = -math.expm1(-LONGEST)
_MEAN_LIFE = 1.0 - LONGEST * math.exp(-LONGEST) / _CUT_SHARE
_MEAN_OF_SINE = 2.0 / math.pi


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StormCells:
    """The cells of one replication, ordered by birth; arrays are float64 (n,).

    born_s, life_s : when a cell is born and how long it lives, s, in the time of the storm
    x_m, y_m : its middle in the middle of its life;  radius_m : the standard deviation of its shape;  peak : its most
    velocity_m_s : eastward and northward, of all cells
    """

    born_s: Floats
    life_s: Floats
    x_m: Floats
    y_m: Floats
    radius_m: Floats
    peak: Floats
    velocity_m_s: tuple[float, float]

    def at(self, time_s: float, *, x_m: Floats, y_m: Floats) -> Floats:
        """float64 (rows, columns): the sum of the cells at a time, at the crossings of x (columns,) and y (rows,).

        A cell rises and falls as half a sine wave over its life; one more than FAR radii from all of them is left out.
        Cells are added in their order, so that the bits do not depend on how many processors add.
        """
        total = np.zeros((len(y_m), len(x_m)))
        which, middle_x, middle_y, height = self._raining(time_s)
        reach = FAR * self.radius_m[which]
        near = (np.maximum(x_m.min() - middle_x, middle_x - x_m.max()) < reach) & (
            np.maximum(y_m.min() - middle_y, middle_y - y_m.max()) < reach
        )
        for i in np.flatnonzero(near):
            radius = self.radius_m[which[i]]
            # A Gaussian is the product of its profiles, so rows and columns are enough.
            north = height[i] * _profile(y_m - middle_y[i], radius)
            total += north[:, None] * _profile(x_m - middle_x[i], radius)
        return total

    def _raining(self, time_s: float) -> tuple[npt.NDArray[np.int64], Floats, Floats, Floats]:
        """The cells alive at a time, x and y of their middles, and how hard it rains there."""
        born = int(np.searchsorted(self.born_s, time_s, side="right"))
        age = time_s - self.born_s[:born]
        which = np.flatnonzero(age < self.life_s[:born])
        age, life = age[which], self.life_s[which]
        passed = age - 0.5 * life
        x = self.x_m[which] + passed * self.velocity_m_s[0]
        y = self.y_m[which] + passed * self.velocity_m_s[1]
        return which, x, y, self.peak[which] * np.sin(np.pi * age / life)


def _profile(distance_m: Floats, radius_m: float) -> Floats:
    profile: Floats = np.exp(-0.5 * (distance_m / radius_m) ** 2)
    return profile


def storm_cells(
    cells: Cells, draws: Draws, *, extent: tuple[float, float, float, float], duration_s: float, index: int = 0
) -> StormCells:
    """The cells that rain on an extent (west, east, south, north; m) within a duration from 0, and those around it.

    index : which storm of the scenario, so that each has its own luck
    Where they are at the middle of their lives is as good a Poisson process as where they are born, so the ground on
    which they are drawn is the extent and what a cell reaches from outside. Their mean at each place and time is 1, but
    for cells beyond the reach. Raises CityOpsError where that makes more cells than can be kept.
    """
    longest = LONGEST * cells.lifetime
    reach = FAR * cells.radius * math.exp(2.0 * cells.radius_spread) + 0.5 * longest * cells.speed
    west, east, south, north = extent[0] - reach, extent[1] + reach, extent[2] - reach, extent[3] + reach
    begin, end = -0.5 * longest, duration_s + 0.5 * longest
    rate = cells.rate / 1e8 / 3600.0  # per m2 and s
    mean = rate * (east - west) * (north - south) * (end - begin)
    if mean > MOST_CELLS:
        found = f"about {mean:.3g} cells of rain"
        raise CityOpsError(Mistake(what="there are too many rain cells", found=found, accepted=f"at most {MOST_CELLS}"))
    which = np.arange(draws.poisson("number of rain cells", 0, index, mean=mean), dtype=np.int64)
    middle = begin + (end - begin) * draws.uniforms("rain cell time", which, index)
    life = -np.log1p(-_CUT_SHARE * draws.uniforms("rain cell life", which, index)) * cells.lifetime
    born = middle - 0.5 * life
    order = np.argsort(born, kind="stable")
    return StormCells(
        born_s=born[order],
        life_s=life[order],
        x_m=(west + (east - west) * draws.uniforms("rain cell x", which, index))[order],
        y_m=(south + (north - south) * draws.uniforms("rain cell y", which, index))[order],
        radius_m=draws.lognormals("rain cell radius", which, index, median=cells.radius, sigma=cells.radius_spread)[
            order
        ],
        peak=draws.exponentials("rain cell peak", which, index, mean=_mean_peak(cells, rate))[order],
        velocity_m_s=_velocity(cells, draws, index),
    )


def _mean_peak(cells: Cells, rate: float) -> float:
    """The mean peak for which the cells' sum has the mean 1 (Campbell's theorem)."""
    area = 2.0 * math.pi * cells.radius**2 * math.exp(2.0 * cells.radius_spread**2)
    return 1.0 / (rate * area * cells.lifetime * _MEAN_LIFE * _MEAN_OF_SINE)


def _velocity(cells: Cells, draws: Draws, index: int) -> tuple[float, float]:
    """Eastward and northward, m/s."""
    if cells.towards == "any":
        bearing = 2.0 * math.pi * draws.uniform("rain cell direction", 0, index)
    else:
        bearing = 0.25 * math.pi * COMPASS.index(cells.towards)
    return cells.speed * math.sin(bearing), cells.speed * math.cos(bearing)
