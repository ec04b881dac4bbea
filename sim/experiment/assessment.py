"""From the vitals of all replications to tables of comparisons: which policy is better on what, and how sure that is.

Pure functions of a table. Not for running anything, nor for sentences (``wording``).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import cast

import numpy as np
import pandas as pd

from sim.experiment.statistics import (
    Better,
    Floats,
    Interval,
    Paired,
    holm,
    paired,
    percentile,
    t_interval,
    verdict,
)

BASELINE = "baseline"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked, stated before the first run.

    ``relative`` is the difference that matters as a share of the baseline's mean, ``value`` the same in the indicator's
    unit; at most one is given.
    """

    baseline: str
    policies: tuple[str, ...]
    indicator: str
    confidence: float
    relative: float | None = None
    value: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One policy on one indicator; differences are against the baseline, positive where the policy is better.

    low, high : the t interval at the stated confidence; ``p`` is adjusted for the other rows (Holm). The shares are of
    the baseline's mean, NaN where that is 0.
    """

    indicator: str
    unit: str
    better: str
    policy: str
    mean: float
    mean_low: float
    mean_high: float
    p90: float
    pairs: int
    difference: float
    low: float
    high: float
    share: float
    share_low: float
    share_high: float
    bootstrap_low: float
    bootstrap_high: float
    variance_ratio: float
    skewness: float
    p: float
    verdict: str


def values_of(vitals: pd.DataFrame, indicator: str) -> dict[str, Floats]:
    """Per policy the values of an indicator, float64 (n_replications,), in the order of replications."""
    chosen = vitals[vitals["indicator"] == indicator]
    wide = chosen.pivot(index="replication", columns="policy", values="value")
    return {str(policy): wide[policy].to_numpy(dtype=np.float64) for policy in wide.columns}


def primary_table(vitals: pd.DataFrame, question: Question, *, delta: float | None) -> pd.DataFrame:
    """The rows of the indicator in question, all policies being one family; ``delta`` in its unit."""
    return _table([_Compared(vitals, question, question.indicator)], question, delta=delta)


def secondary_table(vitals: pd.DataFrame, question: Question) -> pd.DataFrame:
    """The rows of all other indicators; all their comparisons are one family, and no difference is stated to matter."""
    others = [str(name) for name in vitals["indicator"].unique() if name != question.indicator]
    return _table([_Compared(vitals, question, name) for name in others], question, delta=None)


class _Compared:
    """One indicator, with every policy compared with the baseline."""

    def __init__(self, vitals: pd.DataFrame, question: Question, indicator: str) -> None:
        first = vitals[vitals["indicator"] == indicator].iloc[0]
        self.indicator, self.unit, self.better = indicator, str(first["unit"]), cast("Better", first["better"])
        self.values = values_of(vitals, indicator)
        baseline = self.values[question.baseline]
        self.results: Mapping[str, Paired] = {
            policy: paired(self.values[policy], baseline, better=self.better, confidence=question.confidence)
            for policy in question.policies
            if policy != question.baseline
        }


def _table(compared: list[_Compared], question: Question, *, delta: float | None) -> pd.DataFrame:
    keys = [(c, policy) for c in compared for policy in c.results]
    adjusted = dict(zip(keys, holm([c.results[policy].p for c, policy in keys]), strict=True))
    rows = [
        _row(c, policy, question, p=adjusted.get((c, policy), math.nan), delta=delta)
        for c in compared
        for policy in question.policies
    ]
    return pd.DataFrame([asdict(row) for row in rows], columns=list(Row.__slots__))


def _row(c: _Compared, policy: str, question: Question, *, p: float, delta: float | None) -> Row:
    x = c.values[policy]
    known = x[np.isfinite(x)]
    mean = t_interval(known, confidence=question.confidence)
    base = c.values[question.baseline]
    base = base[np.isfinite(base)]
    whole = abs(float(np.mean(base))) if len(base) else math.nan
    r = c.results.get(policy, _NOTHING)
    word = BASELINE
    if policy in c.results:
        word = verdict(r, p=p, alpha=1.0 - question.confidence, better=c.better, delta=delta)
    return Row(
        indicator=c.indicator,
        unit=c.unit,
        better=c.better,
        policy=policy,
        mean=float(np.mean(known)) if len(known) else math.nan,
        mean_low=mean.low,
        mean_high=mean.high,
        p90=percentile(x, 0.9),
        pairs=r.pairs,
        difference=r.difference,
        low=r.t.low,
        high=r.t.high,
        share=_over(r.difference, whole),
        share_low=_over(r.t.low, whole),
        share_high=_over(r.t.high, whole),
        bootstrap_low=r.bootstrap.low,
        bootstrap_high=r.bootstrap.high,
        variance_ratio=r.variance_ratio,
        skewness=r.skewness,
        p=p,
        verdict=word,
    )


def _over(value: float, whole: float) -> float:
    return value / whole if whole > 0.0 else math.nan


_UNKNOWN = Interval(math.nan, math.nan)
_NOTHING = Paired(
    pairs=0,
    difference=math.nan,
    t=_UNKNOWN,
    narrow=_UNKNOWN,
    bootstrap=_UNKNOWN,
    p=math.nan,
    variance_ratio=math.nan,
    skewness=math.nan,
)
