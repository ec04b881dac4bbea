"""Design storms: how hard it rains once in so many years, by the intensity formulas of Chinese cities.

q = A (1 + C lg P) / (t + b)^n: q in L/(s ha) for a duration of t minutes and a return period of P years. GB 50014 asks
cities to state such a formula. Not for measured rain.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from sim.errors import CityOpsError, Mistake, nearest

Floats = npt.NDArray[np.float64]

LITRES_PER_SECOND_HECTARE = 1e-7  # 1 L/(s ha) in m/s
LEAST_YEARS, MOST_YEARS = 0.25, 200.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Formula:
    """A city's formula of storm intensity: a is A in L/(s ha), c is C, b is in minutes, n is the exponent."""

    city: str
    a: float
    c: float
    b: float
    n: float
    source: str


_COPIED = "as copied in the rainfall data of YYer-ai/swmm-copilot; the official text was not opened"

FORMULAS: Mapping[str, Formula] = MappingProxyType(
    {
        "Beijing": Formula(
            city="Beijing",
            a=2001.0,
            c=0.811,
            b=8.0,
            n=0.711,
            source=f"classic formula of the handbooks, superseded by the revision of 2018; {_COPIED}",
        ),
        "Guangzhou": Formula(
            city="Guangzhou",
            a=13290.6,
            c=0.607,
            b=39.12,
            n=0.956,
            source=f"city centre, 2021, Guangzhou Municipal Water Affairs Bureau; {_COPIED}",
        ),
        "Nanning": Formula(city="Nanning", a=1750.0, c=0.74, b=10.4, n=0.73, source=f"classic formula; {_COPIED}"),
        "Haikou": Formula(city="Haikou", a=1330.0, c=0.78, b=7.5, n=0.68, source=f"classic formula; {_COPIED}"),
    }
)
"""The formulas by city. All four come from a secondary source, which each names."""


@dataclass(frozen=True, slots=True, eq=False)
class Hyetograph:
    """Rain by steps: intensity_m_s[i] holds from time_s[i] to time_s[i + 1], and the last one is 0.

    time_s, intensity_m_s : float64 (steps + 1,), seconds since the start and m/s
    """

    time_s: Floats
    intensity_m_s: Floats

    @property
    def total_m(self) -> float:
        """How much falls in all, m."""
        return float(np.sum(self.intensity_m_s[:-1] * np.diff(self.time_s)))


def formula_of(city: str) -> Formula:
    """The formula of a city; CityOpsError where there is none with a source."""
    if city not in FORMULAS:
        accepted = ", ".join(FORMULAS)
        what = "there is no formula of storm intensity for this city"
        raise CityOpsError(Mistake(what=what, found=repr(city), accepted=accepted, nearest=nearest(city, FORMULAS)))
    return FORMULAS[city]


def intensity_m_s(formula: Formula, return_period_years: float | Floats, minutes: float | Floats) -> Floats:
    """Mean intensity, m/s, of the storm of a duration (minutes) that comes once in so many years; broadcasts.

    Raises CityOpsError for return periods outside 0.25 to 200 years, where no formula was fitted, or a negative time.
    """
    years, duration = np.asarray(return_period_years, dtype=np.float64), np.asarray(minutes, dtype=np.float64)
    _check(years, "a return period", low=LEAST_YEARS, high=MOST_YEARS, unit="years")
    _check(duration, "a duration", low=0.0, high=math.inf, unit="minutes")
    strength = formula.a * (1.0 + formula.c * np.log10(years))
    intensity: Floats = strength / (duration + formula.b) ** formula.n * LITRES_PER_SECOND_HECTARE
    return intensity


def chicago(
    formula: Formula, return_period: float, duration_s: float = 7200.0, *, r: float = 0.4, step_s: float = 60.0
) -> Hyetograph:
    """The Chicago hyetograph (Keifer and Chu 1957): each duration around the peak has its mean intensity.

    r : share of the storm before its peak, 0 .. 1. Each step has the exact mean of the curve, so that the total is
        that of the formula, whatever the step.
    Raises CityOpsError where the duration is no positive multiple of the step, or r is outside 0 .. 1.
    """
    _check(np.asarray(r), "the share before the peak", low=0.0, high=1.0, unit="of the storm")
    steps = round(duration_s / step_s) if step_s > 0.0 else 0
    if steps < 1 or not math.isclose(steps * step_s, duration_s):
        raise CityOpsError(Mistake(what="a storm lasts a whole number of steps", found=f"{duration_s} s in {step_s} s"))
    time: Floats = np.arange(steps + 1, dtype=np.float64) * step_s
    fallen = _fallen_m(formula, return_period, time - r * duration_s, r=r)
    mean: Floats = np.maximum(np.diff(fallen) / step_s, 0.0)
    return Hyetograph(time, np.append(mean, 0.0))


def _fallen_m(formula: Formula, years: float, from_peak_s: Floats, *, r: float) -> Floats:
    """Depth fallen between the peak and a time, negative before it; the integral of the Chicago curve."""
    share = np.where(from_peak_s < 0.0, r, 1.0 - r)
    minutes = np.abs(from_peak_s) / 60.0 / np.where(share > 0.0, share, 1.0)  # the duration that ends or begins here
    depth: Floats = share * intensity_m_s(formula, years, minutes) * minutes * 60.0
    return np.copysign(depth, from_peak_s)


def _check(values: Floats, what: str, *, low: float, high: float, unit: str) -> None:
    wrong = ~((values >= low) & (values <= high))
    if wrong.any():
        found = f"{np.atleast_1d(values)[np.atleast_1d(wrong)][0]:g}"
        raise CityOpsError(Mistake(what=f"{what} is out of range", found=found, accepted=f"{low:g} to {high:g} {unit}"))
