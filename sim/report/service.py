"""People without water over time: every policy against the baseline, means and bands over all replications."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.experiment.result import Comparison
from sim.experiment.wording import sentence
from sim.record.curves import people_without_water
from sim.report.runs import Run
from sim.report.style import clock_axis, line_of, new_figure, plain_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]

STEP_S: Final = 600.0
"""The curves are read off every ten minutes; no indicator is computed from them."""
BAND: Final = (0.1, 0.9)
"""The band holds the middle 80 % of the replications at each time."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Curves:
    """People without water, read off at equal steps.

    hours : float64 (n,), since the first midnight. people : per policy float64 (n_replications, n).
    """

    hours: Floats
    people: Mapping[str, Floats]

    def mean(self, policy: str) -> Floats:
        """The mean over the replications, float64 (n,)."""
        return np.asarray(self.people[policy].mean(axis=0), dtype=np.float64)

    def band(self, policy: str) -> tuple[Floats, Floats]:
        """The quantiles ``BAND`` over the replications, float64 (n,) each."""
        low, high = (np.asarray(q, dtype=np.float64) for q in np.quantile(self.people[policy], BAND, axis=0))
        return low, high

    def recovered_h(self) -> float:
        """When every policy has for the last time fallen below a hundredth of the highest mean; the end if never."""
        means = np.array([self.mean(policy) for policy in self.people])
        above = np.flatnonzero((means > 0.01 * means.max()).any(axis=0))
        last = min(int(above[-1]) + 1, len(self.hours) - 1) if len(above) else len(self.hours) - 1
        return float(self.hours[last])


def curves_of(run: Run) -> Curves:
    """The curves of all policies and replications of a run."""
    people: dict[str, Floats] = {}
    for policy in run.policies:
        logs = [run.log(policy, k) for k in run.replications]
        times = np.arange(logs[0].began_s, logs[0].ended_s + 0.5, STEP_S)
        people[policy] = np.array([read_off(people_without_water(log), times) for log in logs])
    start_s = float(logs[0].run.get("start_s", 0.0))
    return Curves(hours=(start_s + times) / 3600.0, people=people)


def read_off(steps: pd.Series[float], times: Floats) -> Floats:
    """The values of steps at these times (s), at a jump the value after it."""
    position = np.searchsorted(steps.index.to_numpy(), times, side="right") - 1
    return np.asarray(steps.to_numpy(), dtype=np.float64)[position]


def draw(curves: Curves, run: Run) -> Figure:
    """One panel per policy that is compared with the baseline, all on the same scales."""
    others = run.policies[1:] or run.policies
    columns = 1 if len(others) <= 3 else 2
    rows = math.ceil(len(others) / columns)
    figure = new_figure(10.5 * (1.0 if columns == 1 else 1.6), 1.4 + 2.5 * rows)
    panels = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
    for axes, policy in zip(panels, others, strict=False):
        _draw_panel(axes, curves, policy, run)
    for axes in panels[len(others) :]:
        axes.set_visible(False)
    ended_h = _axis_end(curves)
    clock_axis(panels[0], float(curves.hours[0]), ended_h)
    panels[0].set_ylim(bottom=0.0)
    panels[0].yaxis.set_major_formatter("{x:,.0f}")
    figure.supylabel("people without water", fontsize=11.0)
    figure.suptitle(run.comparison.question if run.comparison is not None else "Who is without water, and how long?")
    figure.supxlabel(_note(run, curves, ended_h), fontsize=10.0, x=0.01, ha="left", linespacing=1.4)
    return figure


def _draw_panel(axes: Axes, curves: Curves, policy: str, run: Run) -> None:
    for name in dict.fromkeys((run.baseline, policy)):
        colour, dashes = line_of(name, run.policies)
        label = f"{name} (baseline)" if name == run.baseline and len(run.policies) > 1 else name
        low, high = curves.band(name)
        axes.fill_between(curves.hours, low, high, step="post", color=colour, alpha=0.16, linewidth=0.0)
        axes.step(
            curves.hours, curves.mean(name), where="post", color=colour, linestyle=dashes, linewidth=2.0, label=label
        )
    plain_axes(axes)
    axes.legend(loc="upper right", frameon=False, labelcolor="linecolor", handlelength=3.0)
    if run.comparison is not None and policy != run.baseline:
        axes.set_title(_answer(run.comparison, policy), fontsize=11.0)


def _answer(comparison: Comparison, policy: str) -> str:
    """The comparison's own sentence on one policy, without what all panels share."""
    table = comparison.table
    alone = table[table["policy"] == policy]
    text = sentence(alone, comparison.asked, replications=comparison.replications)
    return textwrap.fill(text.partition(", ")[2].removesuffix("."), 118)


def _axis_end(curves: Curves) -> float:
    """A quarter of a day's multiple after recovery, at most the end of the run."""
    return min(6.0 * math.ceil((curves.recovered_h() + 1.0) / 6.0), float(curves.hours[-1]))


def _note(run: Run, curves: Curves, ended_h: float) -> str:
    n = len(run.replications)
    what = f"Lines: mean of {n} replications; bands: the middle 80 % of them" if n > 1 else "One replication"
    left = (float(curves.hours[-1]) - ended_h) / 24.0
    cut = f"The last {left:.3g} days of the run are not shown: hardly anybody is without water." if left > 0.0 else ""
    return f"{what} (seed {run.seed}). The area under a line is customer hours without water.\n{cut}".strip()
