"""The ground that drains into each manhole of a made town, and for which storm its drains were built.

Rules and sources are in ``docs/town/sewers.md``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.city.blocks import Lots, People
from sim.city.streets import Streets, Structure
from sim.city.synthetic.sewer_forest import Forest, nearest_of
from sim.draws import Draws
from sim.scenario.town import Town

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]

RUNOFF_PAVED, RUNOFF_GREEN = 0.9, 0.15
"""Share of the rain that runs off (GB 50014: roofs and asphalt 0.85 to 0.95, parks and lawns 0.10 to 0.20)."""
PAVED_UNDERPASS = 0.95
"""Share of an underpass and its ramps that is paved (assumption)."""
RAMP_WIDTH = 1.5
"""Width of the ground that drains into an underpass, over its carriageway's (assumption, 1 to 3)."""
NEW_STANDARD = 2014
"""The year in which GB 50014 raised its return periods."""
UNDERPASS_YEARS_NEW, UNDERPASS_YEARS_OLD = 20.0, 3.0
"""Return period of underpass pumps, years (GB 50014-2021: 10 to 50 by the size of the city; older ones assumed)."""
LEAST_AREA_M2 = 100.0
"""What drains into a manhole beside no block: its streets (assumption)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ground:
    """What drains where.

    area_m2, impervious, slope : float64 (n_corners,), of the ground that drains into the manhole of each corner; the
        area is 0 where there is none
    return_period : float64 (n_streets,), years, for which drains under each street were built
    underpass : int32 (u,), the streets that are underpasses;  sag_area_m2, sag_return_period : float64 (u,)
    sag_manhole : int32 (u,), the corner to whose manhole each is pumped
    """

    area_m2: Floats
    impervious: Floats
    slope: Floats
    return_period: Floats
    underpass: Ints
    sag_area_m2: Floats
    sag_return_period: Floats
    sag_manhole: Ints

    @property
    def running_off_m2(self) -> Floats:
        """float64 (n_corners,): area times the coefficient of runoff, underpasses with the manhole they end in."""
        own: Floats = self.area_m2 * runoff(self.impervious)
        sag = self.sag_area_m2 * runoff(np.full(len(self.underpass), PAVED_UNDERPASS))
        return own + np.bincount(self.sag_manhole, weights=sag, minlength=len(own))


def runoff(impervious: Floats) -> Floats:
    """The coefficient of runoff of the rational method, by the share of the ground that is paved or roofed."""
    share: Floats = RUNOFF_GREEN + (RUNOFF_PAVED - RUNOFF_GREEN) * impervious
    return share


def drained_ground(town: Town, streets: Streets, lots: Lots, people: People, *, forest: Forest) -> Ground:
    """Share the blocks out to the manholes, and give each street its standard."""
    years = return_periods(town, lots, people)
    underpass = np.flatnonzero(streets.structure == Structure.UNDERPASS).astype(np.int32)
    has_manhole = forest.level >= 0
    manhole = _nearest_manhole(streets.xy, has_manhole)
    sag_area = streets.length_m[underpass] * streets.width_m[underpass] * RAMP_WIDTH
    area, paved = _by_corner(streets, lots, people)
    _take_from_ends(area, paved, streets, underpass, sag_area)
    n = streets.n_corners
    total = np.bincount(manhole, weights=area, minlength=n)
    impervious = np.bincount(manhole, weights=paved, minlength=n) / np.maximum(total, 1e-9)
    bare = has_manhole & (total < LEAST_AREA_M2)
    return Ground(
        area_m2=np.where(bare, LEAST_AREA_M2, np.where(has_manhole, total, 0.0)),
        impervious=np.clip(np.where(bare, PAVED_UNDERPASS, impervious), 0.0, 1.0),
        slope=_slopes(streets),
        return_period=years,
        underpass=underpass,
        sag_area_m2=sag_area,
        sag_return_period=np.where(
            years[underpass] >= town.new_drains_return_period, UNDERPASS_YEARS_NEW, UNDERPASS_YEARS_OLD
        ),
        sag_manhole=_nearer_end(streets, underpass, manhole),
    )


def return_periods(town: Town, lots: Lots, people: People) -> Floats:
    """float64 (n_streets,): years, by the older block beside each street; renewed drains follow the new standard."""
    none = np.iinfo(np.int16).max
    built = np.append(people.built_year, none)  # the last stands for no block
    year = np.where(lots.beside < 0, none, built[lots.beside]).min(axis=1)
    year = np.where(year == none, town.present, year)
    renewed = Draws(town.seed, 0).uniforms("town drains renewed", np.arange(len(year))) < town.renewed
    is_new = (year >= NEW_STANDARD) | (renewed & (town.present >= NEW_STANDARD))
    return np.where(is_new, town.new_drains_return_period, town.old_drains_return_period)


def _by_corner(streets: Streets, lots: Lots, people: People) -> tuple[Floats, Floats]:
    """Area and paved area by corner: each block is shared out by the lengths of the sides that meet at its corners."""
    count = np.diff(lots.corner_first)
    block = np.repeat(np.arange(lots.n_blocks), count)
    here = np.arange(len(lots.corner))
    following = here + 1
    ends = lots.corner_first[1:][count > 0] - 1
    following[ends] = lots.corner_first[:-1][count > 0]
    side = np.hypot(*(streets.xy[lots.corner] - streets.xy[lots.corner[following]]).T)
    weight = side.copy()
    weight[following] += side
    around = np.bincount(block, weights=weight, minlength=lots.n_blocks)
    area = weight / np.maximum(around, 1e-9)[block] * lots.area_m2[block]
    n = streets.n_corners
    paved = area * people.impervious[block]
    total: Floats = np.bincount(lots.corner, weights=area, minlength=n).astype(np.float64)
    return total, np.bincount(lots.corner, weights=paved, minlength=n).astype(np.float64)


def _take_from_ends(area: Floats, paved: Floats, streets: Streets, underpass: Ints, sag_area: Floats) -> None:
    """What drains into a sag does not drain into the corners at its ends; at most half of theirs is taken."""
    ends = np.concatenate([streets.tail[underpass], streets.head[underpass]])
    taken = np.bincount(ends, weights=np.tile(sag_area / 2.0, 2), minlength=len(area))
    left = 1.0 - np.minimum(taken / np.maximum(area, 1e-9), 0.5)
    area *= left
    paved *= left


def _nearest_manhole(xy: Floats, has_manhole: npt.NDArray[np.bool_]) -> Ints:
    """The corner to whose manhole each corner's ground drains: its own, or the nearest one."""
    with_one = np.flatnonzero(has_manhole).astype(np.int32)
    nearest = np.arange(len(xy), dtype=np.int32)
    without = ~has_manhole
    if without.any():
        nearest[without] = with_one[nearest_of(xy[with_one], xy[without])[1]]
    return nearest


def _nearer_end(streets: Streets, underpass: Ints, manhole: Ints) -> Ints:
    """The manhole at the lower end of each underpass."""
    tail, head = streets.tail[underpass], streets.head[underpass]
    return manhole[np.where(streets.elevation_m[tail] <= streets.elevation_m[head], tail, head)]


def _slopes(streets: Streets) -> Floats:
    """float64 (n_corners,): the mean slope of the streets at each corner, within 0.3 and 10 %."""
    fall = np.abs(streets.elevation_m[streets.tail] - streets.elevation_m[streets.head])
    slope = np.tile(fall / np.maximum(streets.length_m, 1.0), 2)
    corner = np.concatenate([streets.tail, streets.head])
    total = np.bincount(corner, weights=slope, minlength=streets.n_corners)
    count = np.bincount(corner, minlength=streets.n_corners)
    mean: Floats = np.clip(total / np.maximum(count, 1), 0.003, 0.10)
    return mean
