"""How much water is used where and at which hour."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.city.blocks import Lots, People
from sim.city.streets import Streets
from sim.city.synthetic.main_streets import demand_at_corners
from sim.errors import CityOpsError, Mistake
from sim.scenario.town import Town

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

WORK_SHARE = 0.25  # of all consumption (assumption)
# Share of a day's consumption of a town by hour, %, for a greatest hour of 1.5 times the mean: the table of the
# design textbooks that follow Abramov. It stands for housing.
_HOUSING = (
    *(1.5, 1.5, 1.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.25, 6.25, 6.25, 6.25),
    *(5.0, 5.0, 5.5, 6.0, 6.0, 5.5, 5.0, 4.5, 4.0, 3.0, 2.0, 1.5),
)
# Work: the day shift, with a tenth of its draught at night (assumption).
_WORK = (*(0.2,) * 6, 0.5, 1.2, 2.0, 2.2, 2.2, 2.0, 1.8, 2.0, 2.2, 2.2, 2.0, 1.5, 0.8, 0.5, *(0.2,) * 4)
_MOST_PEAKED = 40.0
NIGHT = 0.1  # of the mean flows at every hour: leaks and what runs by night (assumption)


def blocks_served(people: People) -> Flags:
    """Which blocks have anybody to serve: bool (n_blocks,)."""
    served: Flags = (people.population > 0.0) | (people.jobs > 0.0)
    return served


def mean_demand(town: Town, streets: Streets, lots: Lots, people: People, has_main: Flags) -> Floats:
    """Mean demand of housing and of work at each corner: float64 (2, n_corners), m3/s.

    People use ``town.litres_per_day`` each, of which a quarter at work, spread over the jobs. CityOpsError where nobody
    lives in the town, or all use so little that it rounds to nothing.
    """
    inhabitants, jobs = float(people.population.sum()), float(people.jobs.sum())
    if inhabitants <= 0.0:
        raise CityOpsError("nobody lives in the town, so no water supply can be laid out for it")
    total = inhabitants * town.litres_per_day / 1000.0 / 86400.0
    at_work = WORK_SHARE * total if jobs > 0.0 else 0.0
    by_block = np.stack([people.population / inhabitants * (total - at_work), people.jobs / max(jobs, 1.0) * at_work])
    demand: Floats = np.round(demand_at_corners(streets, lots, has_main, by_block), 9)
    if not demand.any():
        found = f"{1000.0 * 86400.0 * total:.3g} litres a day in all"
        accepted = "more `people per km2` or more `litres per day`"
        raise CityOpsError(
            Mistake(what="the town uses next to no water", field="synthetic", found=found, accepted=accepted)
        )
    return demand


def day_patterns(peak_factor: float, work_share: float) -> tuple[Floats, Floats]:
    """Hourly factors of housing and of work, each with mean 1: float64 (24,), to 4 decimals.

    Over a tenth that always flows, both shapes are raised to one power, so that the greatest hour of the whole town is
    ``peak_factor`` times the mean.
    """
    low, high = 0.0, _MOST_PEAKED
    for _ in range(60):
        power = (low + high) / 2.0
        if _of_town(power, work_share).max() < peak_factor:
            low = power
        else:
            high = power
    return np.round(_shape(_HOUSING, low), 4), np.round(_shape(_WORK, low), 4)


def _shape(hours: tuple[float, ...], power: float) -> Floats:
    raised = (np.array(hours) / max(hours)) ** power
    shape: Floats = NIGHT + (1.0 - NIGHT) * raised / raised.mean()
    return shape


def _of_town(power: float, work_share: float) -> Floats:
    return (1.0 - work_share) * _shape(_HOUSING, power) + work_share * _shape(_WORK, power)
