"""How sure a comparison is: every paired difference as a dot, their mean with its interval, and what matters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from sim.experiment.statistics import t_interval
from sim.report.style import PALE, line_of, new_figure, plain_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]

#: The golden ratio spreads the dots of a row so that neighbours do not hide each other, the same way each time.
_SPREAD: Final = 0.6180339887


def draw(
    differences: Mapping[str, Floats],
    policies: Sequence[str],
    *,
    unit: str,
    confidence: float,
    delta: float | None = None,
) -> Figure:
    """One row per policy but the baseline, which comes first in ``policies``.

    differences : per policy float64 (n,), positive where it is better than the baseline. delta : what matters.
    """
    names = [policy for policy in policies[1:] if policy in differences]
    figure = new_figure(9.0, 1.6 + 0.9 * len(names))
    axes = figure.subplots()
    if delta is not None:
        axes.axvspan(-delta, delta, color=PALE, alpha=0.6, linewidth=0.0, zorder=0)
    axes.axvline(0.0, color="black", linewidth=1.0, zorder=1)
    for row, name in enumerate(names):
        _draw_row(axes, row, differences[name], colour=line_of(name, policies)[0], confidence=confidence)
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.set_xlabel(f"saved against {policies[0]}, {unit} per replication (right of 0 is better)")
    plain_axes(axes, grid="x")
    within = ", grey: less than matters" if delta is not None else ""
    axes.set_title(f"Dots: replications; bar: mean and {100.0 * confidence:g} % interval{within}", fontsize=11.0)
    return figure


def _draw_row(axes: Axes, row: int, values: Floats, *, colour: str, confidence: float) -> None:
    spread = (np.arange(len(values)) * _SPREAD) % 1.0
    axes.scatter(values, row + 0.1 + 0.25 * spread, s=18.0, color=colour, alpha=0.5, linewidth=0.0, zorder=2)
    interval = t_interval(values, confidence=confidence)
    axes.plot([interval.low, interval.high], [row - 0.12] * 2, color=colour, linewidth=5.0, alpha=0.6, zorder=3)
    axes.plot(values.mean(), row - 0.12, marker="D", color=colour, markeredgecolor="white", markersize=9.0, zorder=4)
