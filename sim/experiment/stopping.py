"""When a comparison has seen enough replications: a rule that looks at widths only, never at signs.

Looks happen at fixed ends of batches, so that the number of workers cannot matter. A rule that stopped as soon as an
interval leaves zero would find a difference between equal policies in 30 % of all comparisons instead of 5 %.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from sim.experiment.statistics import STRONG_SKEWNESS, Floats, differences, skewness, t_interval

#: A relative difference that matters is taken of the baseline's mean over this many replications, then frozen.
FROZEN_AFTER: Final = 20
#: The least number of replications where differences are strongly skewed.
LEAST_WHEN_SKEWED: Final = 40
BATCH: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What the rule saw at the end of a batch: ``expected`` replications in all is a forecast for showing progress."""

    stop: bool
    reason: str
    half_width: float
    wanted: float | None
    expected: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoppingRule:
    """Replications until every interval's half-width is at most half of the difference that matters.

    ``relative`` is that difference as a share of the baseline's mean, ``value`` the same in the indicator's unit; with
    neither, ``at_least`` replications are made.
    """

    baseline: str
    at_least: int
    at_most: int
    confidence: float
    relative: float | None = None
    value: float | None = None

    def ends(self) -> Iterator[int]:
        """The numbers of replications after which the rule is asked."""
        yield from range(self.at_least, self.at_most, BATCH)
        yield self.at_most

    def delta(self, baseline: Floats) -> float | None:
        """The difference that matters, in the indicator's unit; None where none is stated or nothing is known yet.

        baseline : float64 (n,), the baseline's values in the order of replications, NaN where there is none.
        """
        if self.relative is None:
            return self.value
        first = baseline[: min(FROZEN_AFTER, self.at_least)]
        first = first[np.isfinite(first)]
        return self.relative * abs(float(np.mean(first))) if len(first) else None

    def look(self, values: Mapping[str, Floats], *, replications: int) -> Look:
        """Whether to stop after ``replications``, those that failed included.

        values : per policy, the baseline included, float64 (n,): the primary indicator, replication by replication.
        """
        baseline = values[self.baseline]
        pairs = [differences(x, baseline, better="higher") for name, x in values.items() if name != self.baseline]
        widths = [t_interval(d, confidence=self.confidence).half_width for d in pairs]
        half_width = max((math.inf if math.isnan(width) else width for width in widths), default=0.0)
        delta = self.delta(baseline)
        wanted = None if delta is None else delta / 2.0
        is_skewed = any(abs(skewness(d)) > STRONG_SKEWNESS for d in pairs)
        reason = self._reason(half_width, wanted, least=LEAST_WHEN_SKEWED if is_skewed else 0, seen=replications)
        expected = replications if reason else self._forecast(half_width, wanted, replications)
        return Look(stop=bool(reason), reason=reason, half_width=half_width, wanted=wanted, expected=expected)

    def _reason(self, half_width: float, wanted: float | None, *, least: int, seen: int) -> str:
        if seen >= self.at_least and wanted is None and self.relative is None:
            return "no difference that matters is stated, so the least number of replications was made"
        if wanted is not None and half_width <= wanted and seen >= max(least, self.at_least):
            return "every interval is narrow enough for the difference that matters"
        if seen >= self.at_most:
            return "the most replications that the scenario allows were made"
        return ""

    def _forecast(self, half_width: float, wanted: float | None, seen: int) -> int:
        """The end of the batch at which the width should do, as it shrinks with the root of the number."""
        if not wanted or math.isinf(half_width):
            return self.at_most
        needed = max(seen + 1, math.ceil(min(seen * (half_width / wanted) ** 2, self.at_most)))
        return next(end for end in self.ends() if end >= min(needed, self.at_most))
