"""How much rain falls within periods: what warnings are issued by, and how much wetter single places are than the mean.

Sums are taken between times on a grid of about five minutes, between which rain is taken for even.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.hazards.rain_fields import RainField

Floats = npt.NDArray[np.float64]
Sums = npt.NDArray[np.float32]

EVERY_S = 300.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fallen:
    """What has fallen by places and times.

    mm : float32 (times, places), fallen until 0, every_s, 2 every_s, ... after the storm's begin
    """

    mm: Sums
    every_s: float

    @classmethod
    def in_places(cls, field: RainField) -> Fallen:
        """In all squares that count for the mean."""
        every = _every(field)
        return cls(mm=field.accumulated_mm(every), every_s=every)

    @classmethod
    def in_the_mean(cls, field: RainField) -> Fallen:
        """In one place that gets the mean."""
        every = _every(field)
        times = np.arange(-(-field.n_steps * field.step_s // every) + 1) * every
        course = np.concatenate(([0.0], np.cumsum(field.storm.intensity_m_s[:-1]) * (field.step_s * 1e3)))
        mm = np.interp(times, field.storm.time_s, course)
        return cls(mm=mm[:, None].astype(np.float32), every_s=every)

    def within(self, period_s: float) -> Sums:
        """float32 (times, places), mm: fallen in the period before each time."""
        lag = period_s / self.every_s
        whole = math.floor(lag)
        part = np.float32(lag - whole)
        sums = self.mm - (1 - part) * _shifted(self.mm, whole)
        if part > 0:
            sums -= part * _shifted(self.mm, whole + 1)
        return sums

    def passes_s(self, depth_mm: float, period_s: float) -> float:
        """Seconds after the begin when somewhere so much has first fallen within a period; infinity if never."""
        sums = self.within(period_s)
        passed = np.flatnonzero((sums >= depth_mm).any(axis=1))
        if not len(passed):
            return math.inf
        i = int(passed[0])  # above 0: nothing has fallen at the begin
        before, after = sums[i - 1].astype(np.float64), sums[i].astype(np.float64)
        there = after >= depth_mm
        share = np.min((depth_mm - before[there]) / (after[there] - before[there]))
        return float((i - 1 + share) * self.every_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wettest:
    """The period in which the most rain falls at one place.

    ends_s : after the storm's begin;  place_mm : what falls at that place;  mean_mm : on the mean at the same time
    """

    ends_s: float
    place_mm: float
    mean_mm: float

    @property
    def ratio(self) -> float:
        """How many times the mean falls at that place."""
        return self.place_mm / self.mean_mm


def wettest(field: RainField, period_s: float = 3600.0) -> Wettest:
    """The period of a length (s) in which the most falls at one place; one that rains evenly has the ratio 1."""
    places = Fallen.in_places(field)
    sums = places.within(period_s)
    i = int(np.argmax(sums.max(axis=1)))
    mean = Fallen.in_the_mean(field).within(period_s)
    return Wettest(ends_s=i * places.every_s, place_mm=float(sums[i].max()), mean_mm=float(mean[i, 0]))


def _every(field: RainField) -> float:
    return max(round(EVERY_S / field.step_s), 1) * field.step_s


def _shifted(mm: Sums, by: int) -> Sums:
    """The same ``by`` times later; 0 before."""
    shifted = np.zeros_like(mm)
    if by < len(mm):
        shifted[by:] = mm[: len(mm) - by]
    return shifted
