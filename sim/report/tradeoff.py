"""The trade-off of closing underpasses: cars caught in them against hours in which they were closed in vain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sim.experiment.statistics import Interval, t_interval
from sim.report.runs import Run
from sim.report.style import GREY, POLICY_LINES, line_of, new_figure, plain_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CAUGHT: Final = "cars caught in underpasses"
IN_VAIN: Final = "needless closure hours"
_LETTER: Final = 0.0115
"""How wide a letter of a name is, as a share of the axes."""
_ROW: Final = 0.045
"""How high a line of text is, as a share of the axes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A policy's means over all replications, with their intervals."""

    in_vain_h: Interval
    caught: Interval
    means: tuple[float, float]


def points_of(run: Run, *, confidence: float = 0.95) -> dict[str, Point]:
    """The point of each policy; none where nothing was measured or one replication gives no interval."""
    found: dict[str, Point] = {}
    for policy in run.policies:
        own = run.vitals[run.vitals["policy"] == policy]
        values = [own[own["indicator"] == name]["value"].dropna().to_numpy(dtype=float) for name in (IN_VAIN, CAUGHT)]
        if min(len(one) for one in values) >= 2:
            intervals = [t_interval(one, confidence=confidence) for one in values]
            means = (float(values[0].mean()), float(values[1].mean()))
            found[policy] = Point(in_vain_h=intervals[0], caught=intervals[1], means=means)
    return found


def draw(points: Mapping[str, Point], policies: Sequence[str], *, confidence: float, replications: int) -> Figure:
    """One point per policy; the lower and the further to the left, the better."""
    figure = new_figure(9.5, 6.0)
    axes = figure.subplots()
    _frame(axes, points)
    for policy, point in points.items():
        x, y = point.means
        colour = _colour(policy, policies)
        axes.plot([point.in_vain_h.low, point.in_vain_h.high], [y, y], color=colour, linewidth=1.8, zorder=3)
        axes.plot([x, x], [point.caught.low, point.caught.high], color=colour, linewidth=1.8, zorder=3)
        axes.plot(x, y, marker="o", color=colour, markersize=9.0, markeredgecolor="white", zorder=4)
    _name(axes, points, policies)
    front = [points[policy].means for policy in front_of(points)]
    dashes = (0, (4, 3))
    axes.plot([x for x, _ in front], [y for _, y in front], color=GREY, linewidth=1.0, linestyle=dashes, zorder=2)
    axes.set_xlabel("hours in which underpasses were shut with less than 30 cm of water in them, per storm")
    axes.set_ylabel("cars caught in underpasses, per storm")
    plain_axes(axes, grid="both")
    axes.set_title(
        f"Means of {replications} storms with {100.0 * confidence:g} % intervals; below and to the left is better.\n"
        "Dashed: the policies that no other one beats on both counts",
        fontsize=11.0,
    )
    return figure


def _frame(axes: Axes, points: Mapping[str, Point]) -> None:
    """Axes from 0, where the intervals are cut: neither count can be less."""
    right = max(point.in_vain_h.high for point in points.values())
    top = max(point.caught.high for point in points.values())
    axes.set_xlim(-0.02 * max(right, 1.0), 1.25 * max(right, 1.0))
    axes.set_ylim(-0.03 * max(top, 1.0), 1.08 * max(top, 1.0))


def _colour(policy: str, policies: Sequence[str]) -> str:
    """The colour of a policy in all pictures; grey for those beyond the palette, which would look like the first."""
    return str(line_of(policy, policies)[0]) if policies.index(policy) < len(POLICY_LINES) else GREY


def _name(axes: Axes, points: Mapping[str, Point], policies: Sequence[str]) -> None:
    """Write each policy's name above its point, higher where another name is in the way."""
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    taken: list[tuple[float, float, float]] = []
    for policy in sorted(points, key=lambda name: points[name].means):
        x, y = points[policy].means
        at, wide = (x - left) / (right - left), _LETTER * (len(policy) + 2)
        row = (y - bottom) / (top - bottom) + _ROW
        while any(abs(row - other) < _ROW and at < end and at + wide > begin for begin, end, other in taken):
            row += _ROW
        taken.append((at, at + wide, row))
        colour = _colour(policy, policies)
        axes.annotate(
            policy, (x, y), (at + 0.012, row), textcoords="axes fraction", color=colour, weight="bold", zorder=5,
            arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 0.6, "shrinkB": 4.0},
        )  # fmt: skip


def front_of(points: Mapping[str, Point]) -> list[str]:
    """The policies than which no other has both fewer cars caught and fewer hours in vain, from left to right."""
    best: list[str] = []
    for policy in sorted(points, key=lambda name: points[name].means):
        if not best or points[policy].means[1] < points[best[-1]].means[1]:
            best.append(policy)
    return best
