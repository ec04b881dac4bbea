"""The course of a storm's mean rain: design storms, even rain, and what a gauge measured, as steps of constant rain.

Times count from the storm's begin. How a storm lies over a town is the matter of ``storm_cells``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
from scipy.interpolate import PchipInterpolator

from sim.city.storms import Formula, Hyetograph, chicago, formula_of
from sim.hazards.gauges import measured
from sim.scenario.rain import Block, Chicago, Rain, StormFormula

Floats = npt.NDArray[np.float64]

SCS_HOURS = (0, 2, 4, 6, 7, 8, 8.5, 9, 9.5, 9.75, 10, 10.5, 11, 11.5, 11.75, 12, 12.5, 13, 13.5, 14, 16, 20, 24)
SCS_PER_MILLE: Mapping[str, tuple[int, ...]] = MappingProxyType(
    {
        "I": (
            *(0, 35, 76, 125, 156, 194, 219, 254, 303, 362, 515, 583, 624, 654, 669, 682, 706, 727, 748, 767),
            *(830, 926, 1000),
        ),
        "IA": (
            *(0, 50, 116, 206, 268, 425, 480, 520, 550, 564, 577, 601, 624, 645, 655, 664, 683, 701, 719, 736),
            *(800, 906, 1000),
        ),
        "II": (
            *(0, 22, 48, 80, 98, 120, 133, 147, 163, 172, 181, 204, 235, 283, 357, 663, 735, 772, 799, 820),
            *(880, 952, 1000),
        ),
        "III": (
            *(0, 20, 43, 72, 89, 115, 130, 148, 167, 178, 189, 216, 250, 298, 339, 500, 702, 751, 785, 811),
            *(886, 957, 1000),
        ),
    }
)
"""Thousandths of the depth that have fallen at SCS_HOURS, by type: the 24-hour courses of the U.S. Soil Conservation
Service (1986), as tabulated in Chow, Maidment and Mays, Applied Hydrology (1988), table 14.3.2."""
SCS_S = 86_400.0


def hyetograph(rain: Rain, folder: Path = Path()) -> Hyetograph:
    """The mean rain of a scenario's storm from its begin, by steps of ``rain.step``, with the climate factor.

    folder : what the path of a measured storm is relative to
    Each step has the exact mean of the storm, so that as much falls as without steps; the last may be part dry.
    Raises CityOpsError for a table that cannot be read, and for a storm in which no rain falls.
    """
    storm, step = rain.storm, rain.step
    if storm.chicago is not None:
        whole = _chicago(storm.chicago, step)
    elif storm.scs is not None:
        whole = scs(storm.scs.type, storm.scs.depth, step_s=step)
    elif storm.block is not None:
        whole = _block(storm.block, rain.begins)
    else:
        assert storm.measured is not None, "the schema asks for one storm"
        whole = measured(storm.measured, folder)
    stepped = by_steps(whole, step)
    return Hyetograph(stepped.time_s, stepped.intensity_m_s * rain.climate_factor)


def by_steps(storm: Hyetograph, step_s: float) -> Hyetograph:
    """The same storm in steps of one length (s, above 0), each with its mean; as much falls, to rounding."""
    steps = max(math.ceil(storm.time_s[-1] / step_s * (1.0 - 1e-12)), 1)
    time: Floats = np.arange(steps + 1, dtype=np.float64) * step_s
    if len(time) == len(storm.time_s) and np.array_equal(time, storm.time_s):
        return storm
    fallen = np.concatenate(([0.0], np.cumsum(storm.intensity_m_s[:-1] * np.diff(storm.time_s))))
    mean: Floats = np.maximum(np.diff(np.interp(time, storm.time_s, fallen)) / step_s, 0.0)
    return Hyetograph(time, np.append(mean, 0.0))


def scs(type_: str, depth_m: float, *, step_s: float = 60.0) -> Hyetograph:
    """A storm of 24 hours by the course of a type: I, IA, II or III.

    Between the hours of the table the course is the monotone cubic of Fritsch and Carlson (1980), so that it has no
    corners and nowhere falls.
    """
    hours = np.append(np.arange(0.0, SCS_S, step_s), SCS_S) / 3600.0
    share = np.array(SCS_PER_MILLE[type_]) / 1000.0
    fallen = np.clip(PchipInterpolator(SCS_HOURS, share)(hours), 0.0, 1.0)
    mean: Floats = depth_m * np.maximum(np.diff(fallen), 0.0) / np.diff(hours * 3600.0)
    return Hyetograph(hours * 3600.0, np.append(mean, 0.0))


def block(depth_m: float, duration_s: float) -> Hyetograph:
    """Even rain."""
    return Hyetograph(np.array([0.0, duration_s]), np.array([depth_m / duration_s, 0.0]))


def _chicago(storm: Chicago, step_s: float) -> Hyetograph:
    formula = _formula(storm.formula) if storm.formula is not None else formula_of(storm.city or "")
    # The storm need not be a multiple of the step, so the curve is cut where it is, and then averaged again.
    pieces = max(math.ceil(storm.duration / step_s * (1.0 - 1e-12)), 1)
    fine = storm.duration / pieces
    return chicago(formula, storm.return_period, storm.duration, r=storm.peak_at, step_s=fine)


def _formula(own: StormFormula) -> Formula:
    return Formula(city="own", a=own.a, c=own.c, b=own.b, n=own.n, source="the scenario")


def _block(storm: Block, begins: float) -> Hyetograph:
    duration = storm.duration if storm.duration is not None else (storm.until or 0.0) - begins
    depth = storm.depth if storm.depth is not None else (storm.intensity or 0.0) * duration
    return block(depth, duration)
