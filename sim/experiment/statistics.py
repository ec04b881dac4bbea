"""Statistics of paired comparisons: pure functions of arrays, one number per replication.

A *difference* is policy against baseline in the same replication, signed so that positive is better. Not for deciding
when to stop (``stopping``), nor for the words of a verdict (``wording``).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from sim.draws import Draws

Floats = NDArray[np.float64]
Better = Literal["lower", "higher", ""]
Verdict = Literal["identical", "equivalent", "better", "worse", "different", "undecided"]

RESAMPLES: Final = 9999
#: Above it in size, a t interval from a few dozen differences covers visibly less than it claims.
STRONG_SKEWNESS: Final = 1.0
#: What keys the resampling; fixed, so that one set of differences always has one bootstrap interval.
_BOOTSTRAP = Draws(0x626F6F7473747261, 0)


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence interval; both ends are NaN where there are too few values for one."""

    low: float
    high: float

    @property
    def half_width(self) -> float:
        """Half the distance between the ends."""
        return (self.high - self.low) / 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Paired:
    """One policy against the baseline on one indicator.

    ``difference`` is the mean difference, ``t`` and ``bootstrap`` are its intervals at the stated confidence,
    ``narrow`` its t interval at twice the error (for equivalence), ``p`` the two-sided probability under no difference.
    """

    pairs: int
    difference: float
    t: Interval
    narrow: Interval
    bootstrap: Interval
    p: float
    variance_ratio: float
    skewness: float


def differences(policy: Floats, baseline: Floats, *, better: Better) -> Floats:
    """The paired differences, positive where the policy is better (where no direction is better: higher).

    policy, baseline : float64 (n,), replication by replication; pairs of which one side is NaN are left out.
    """
    both = np.isfinite(policy) & np.isfinite(baseline)
    raw: Floats = policy[both] - baseline[both]
    return -raw + 0.0 if better == "lower" else raw


def t_interval(x: Floats, *, confidence: float) -> Interval:
    """Student's interval for the mean of ``x`` (n,); NaN below two values, a point where all are equal."""
    if len(x) < 2:
        return Interval(math.nan, math.nan)
    mean = _mean(x)
    reach = float(stdtrit(len(x) - 1, (1.0 + confidence) / 2.0)) * _sd(x) / math.sqrt(len(x))
    return Interval(mean - reach, mean + reach)


def t_probability(x: Floats) -> float:
    """The two-sided probability of a mean at least this far from 0 if the truth is 0.

    Where all values are equal the mean is exact: 1 if it is 0, else 0. NaN below two values.
    """
    if len(x) < 2:
        return math.nan
    sd = _sd(x)
    if sd == 0.0:
        return 1.0 if x[0] == 0.0 else 0.0
    return min(1.0, 2.0 * float(stdtr(len(x) - 1, -abs(_mean(x)) * math.sqrt(len(x)) / sd)))


def bootstrap_interval(x: Floats, *, confidence: float) -> Interval:
    """The bias-corrected and accelerated bootstrap interval of the mean of ``x`` (n,) (Efron 1987).

    The resamples are keyed draws: the same values give the same ends, bit for bit. NaN below two values.
    """
    if len(x) < 2:
        return Interval(math.nan, math.nan)
    mean, sd = _mean(x), _sd(x)
    if sd == 0.0:
        return Interval(mean, mean)
    means: Floats = x[_resamples(len(x))].mean(axis=1)
    below = (np.count_nonzero(means < mean) + np.count_nonzero(means <= mean)) / (2.0 * RESAMPLES)
    bias = float(ndtri(below))
    deviation = x - mean
    acceleration = float(np.sum(deviation**3)) / (6.0 * float(np.sum(deviation**2)) ** 1.5)
    ends = [(1.0 - confidence) / 2.0, (1.0 + confidence) / 2.0]
    shifted = [bias + float(ndtri(end)) for end in ends]
    levels = [float(ndtr(bias + z / (1.0 - acceleration * z))) for z in shifted]
    low, high = np.quantile(means, levels)
    return Interval(float(low), float(high))


def variance_ratio(policy: Floats, baseline: Floats) -> float:
    """How many times fewer replications pairing needs: (s_policy^2 + s_baseline^2) / s_difference^2.

    Infinite where the difference is the same in every pair, NaN where nothing varies at all or pairs are missing.
    """
    both = np.isfinite(policy) & np.isfinite(baseline)
    if np.count_nonzero(both) < 2:
        return math.nan
    apart = _sd(policy[both]) ** 2 + _sd(baseline[both]) ** 2
    together = _sd(policy[both] - baseline[both]) ** 2
    if together == 0.0:
        return math.inf if apart > 0.0 else math.nan
    return apart / together


def skewness(x: Floats) -> float:
    """The adjusted Fisher-Pearson skewness of ``x`` (n,); 0 where nothing varies, NaN below three values."""
    n = len(x)
    if n < 3:
        return math.nan
    if _sd(x) == 0.0:
        return 0.0
    deviation = x - _mean(x)
    g1 = float(np.mean(deviation**3)) / float(np.mean(deviation**2)) ** 1.5
    return float(g1 * math.sqrt(n * (n - 1)) / (n - 2))


def percentile(x: Floats, share: float) -> float:
    """The value below which ``share`` of ``x`` lie, interpolated; NaNs are left out, NaN if nothing is left."""
    known = x[np.isfinite(x)]
    return float(np.quantile(known, share)) if len(known) else math.nan


def holm(p: Sequence[float]) -> list[float]:
    """Probabilities adjusted for their number (Holm 1979), in the given order; NaN stays and does not count."""
    known = sorted((value, i) for i, value in enumerate(p) if not math.isnan(value))
    adjusted, reached = [math.nan] * len(p), 0.0
    for rank, (value, i) in enumerate(known):
        reached = max(reached, min(1.0, (len(known) - rank) * value))
        adjusted[i] = reached
    return adjusted


def paired(policy: Floats, baseline: Floats, *, better: Better, confidence: float) -> Paired:
    """Everything that one comparison of two policies says about one indicator.

    policy, baseline : float64 (n,), replication by replication, NaN where there is no value.
    """
    d = differences(policy, baseline, better=better)
    return Paired(
        pairs=len(d),
        difference=_mean(d) if len(d) else math.nan,
        t=t_interval(d, confidence=confidence),
        narrow=t_interval(d, confidence=2.0 * confidence - 1.0),
        bootstrap=bootstrap_interval(d, confidence=confidence),
        p=t_probability(d),
        variance_ratio=variance_ratio(policy, baseline),
        skewness=skewness(d),
    )


def verdict(result: Paired, *, p: float, alpha: float, better: Better, delta: float | None) -> Verdict:
    """The word for one comparison, the first that holds.

    *identical*: no pair differs; *equivalent*: the interval at twice the error lies within what matters (``delta``,
    in the indicator's unit; None: not stated); *better*, *worse*: ``p``, adjusted, is below ``alpha`` (*different*
    where neither direction is good); else *undecided*.
    """
    if result.difference == 0.0 and result.t == Interval(0.0, 0.0):
        return "identical"
    if delta is not None and -delta < result.narrow.low and result.narrow.high < delta:
        return "equivalent"
    if not p < alpha:
        return "undecided"
    if better == "":
        return "different"
    return "better" if result.difference > 0.0 else "worse"


@lru_cache(maxsize=2)
def _resamples(n: int) -> NDArray[np.int32]:
    """Indices (RESAMPLES, n) into n values, drawn with replacement."""
    drawn = _BOOTSTRAP.integers("bootstrap", np.arange(RESAMPLES)[:, None], np.arange(n), low=0, high=n)
    return drawn.astype(np.int32)


def _mean(x: Floats) -> float:
    """The mean; exactly the value where all are equal, which a rounded sum divided by n need not be."""
    return float(x[0]) if np.ptp(x) == 0.0 else float(np.mean(x))


def _sd(x: Floats) -> float:
    """The standard deviation with n - 1; exactly 0 where all are equal."""
    return 0.0 if np.ptp(x) == 0.0 else float(np.std(x, ddof=1))
