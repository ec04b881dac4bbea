"""What the crews did: bursts and crews as rows over clock time, one replication under one or two policies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from sim.record.curves import crew_busy
from sim.record.eventlog import EventLog
from sim.record.incidents import incidents
from sim.record.kinds import CrewState, Kind
from sim.record.vitals import customer_hours_without_water
from sim.report.runs import Run
from sim.report.style import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PALE,
    SKY,
    VERMILLION,
    YELLOW,
    clock_axis,
    clock_text,
    new_figure,
    plain_axes,
)

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_ROWS: Final = 12
"""More bursts, or more crews, than this are not drawn; the picture says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    words: str
    colour: str
    hatch: str = ""


_LOOKS: Final = {
    CrewState.OFF: _Look(words="off shift", colour="white", hatch="xxx"),
    CrewState.TURNOUT: _Look(words="turns out", colour=YELLOW),
    CrewState.DRIVING: _Look(words="drives", colour=SKY),
    CrewState.ON_SITE: _Look(words="searches", colour=ORANGE, hatch="///"),
    CrewState.WORKING: _Look(words="repairs", colour=GREEN),
    CrewState.RETURNING: _Look(words="returns", colour=PALE),
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class History:
    """One replication under one policy."""

    policy: str
    log: EventLog


@dataclass(frozen=True, slots=True, kw_only=True)
class Stint:
    """A crew was in one state from one time to another, in hours since the first midnight; burst 0: none is known."""

    crew: int
    state: CrewState
    began_h: float
    ended_h: float
    burst: int


def histories_of(run: Run) -> list[History]:
    """The typical replication under the policies to look at closely."""
    return [History(policy=policy, log=run.log(policy, run.typical)) for policy in run.shown]


def stints_of(log: EventLog) -> list[Stint]:
    """What every crew did when, but for idling, in the order of time."""
    rows = log.of(Kind.CREW_STATE)
    located = log.of(Kind.LOCATED)
    numbers = numbers_of(log)
    found = {int(row["case"]): numbers[int(row["incident"])] for row in located}
    stints = []
    for actor in np.unique(rows["actor"]):
        own = rows[rows["actor"] == actor]
        ends = [*own["time_s"].tolist(), log.ended_s][1:]
        for row, end_s in zip(own, ends, strict=True):
            state = CrewState(int(row["value"]))
            if state is CrewState.IDLE or end_s <= row["time_s"]:
                continue
            burst = found.get(int(row["case"]), 0) if state is CrewState.WORKING else 0
            began_h, ended_h = hours(log, float(row["time_s"])), hours(log, end_s)
            stints.append(Stint(crew=int(actor), state=state, began_h=began_h, ended_h=ended_h, burst=burst))
    return sorted(stints, key=lambda stint: (stint.began_h, stint.crew))


def numbers_of(log: EventLog) -> dict[int, int]:
    """The number that the pictures give to each incident: 1 for the first to occur, and so on."""
    return {int(incident): i + 1 for i, incident in enumerate(incidents(log)["incident"])}


def hours(log: EventLog, time_s: float) -> float:
    """A time of the log in hours since the first midnight."""
    return (float(log.run.get("start_s", 0.0)) + time_s) / 3600.0


def draw(histories: Sequence[History]) -> Figure:
    """One panel per policy, the same bursts and clock in each."""
    heights = [sum(_shown(history.log)) + 1.2 for history in histories]
    figure = new_figure(12.0, 1.6 + 0.32 * sum(heights) + 0.5 * len(histories))
    panels = figure.subplots(len(histories), 1, sharex=True, squeeze=False, height_ratios=heights).ravel()
    began_h, ended_h = _window([history.log for history in histories])
    clock_axis(panels[-1], began_h, ended_h, most=12)
    for axes, history in zip(panels, histories, strict=True):
        _draw_panel(axes, history, ended_h)
    run = histories[0].log.run
    figure.suptitle("How long each burst waits for a crew, and what the crews do meanwhile")
    figure.legend(handles=_key(), loc="outside lower center", ncols=5, frameon=False, fontsize=10.0)
    why = ", whose difference comes nearest to the mean" if len(histories) > 1 else ""
    panels[-1].set_xlabel(f"clock time (replication {run.get('replication', 0)} of seed {run.get('seed', 0)}{why})")
    return figure


def _shown(log: EventLog) -> tuple[int, int]:
    """How many bursts and how many crews are drawn."""
    return min(len(incidents(log)), MOST_ROWS), min(len(crew_busy(log)), MOST_ROWS)


def _window(logs: Sequence[EventLog]) -> tuple[float, float]:
    """From an hour before the first burst to an hour after the last closure or work, in whole hours."""
    first = min((hours(log, float(t)) for log in logs for t in incidents(log)["occurred_s"]), default=None)
    last = [stint.ended_h for log in logs for stint in stints_of(log) if stint.state is not CrewState.OFF]
    last += [hours(log, float(t)) for log in logs for t in incidents(log)["closed_s"].dropna()]
    end = hours(logs[0], logs[0].ended_s)
    if first is None or not last:
        return hours(logs[0], logs[0].began_s), end
    return float(np.floor(first - 1.0)), min(float(np.ceil(max(last) + 1.0)), end)


def _draw_panel(axes: Axes, history: History, ended_h: float) -> None:
    log = history.log
    table = incidents(log)
    n_bursts, n_crews = _shown(log)
    for row in range(n_bursts):
        _draw_burst(axes, log, table.iloc[row], row, ended_h)
    crews = crew_busy(log).head(n_crews)
    places = {int(crew): n_bursts + 0.4 + row for row, crew in enumerate(crews["id"])}
    for y in places.values():
        axes.plot([0.0, ended_h], [y, y], color=PALE, linewidth=1.0, zorder=1)
    for stint in stints_of(log):
        if stint.crew in places:
            _draw_stint(axes, stint, places[stint.crew], ended_h)
    names = [f"burst {row + 1}" for row in range(n_bursts)]
    axes.set_yticks([*range(n_bursts), *places.values()], [*names, *crews["name"]])
    axes.set_ylim(n_bursts + n_crews + 0.1, -0.7)
    axes.tick_params(axis="y", length=0)
    plain_axes(axes, grid="x")
    axes.spines["left"].set_visible(False)
    axes.set_title(_summary(history, table), fontsize=11.0)


def _draw_burst(axes: Axes, log: EventLog, burst: pd.Series[float], row: int, ended_h: float) -> None:
    """From its occurrence, dashed until it is located and solid until it is closed."""
    occurred, located, closed = (hours(log, float(burst[name])) for name in ("occurred_s", "located_s", "closed_s"))
    until = ended_h if np.isnan(closed) else closed
    turn = until if np.isnan(located) else located
    for began, ended in isolations_of(log, int(burst["incident"])):
        axes.barh(row, ended - began, left=began, height=0.62, color=SKY, alpha=0.45, linewidth=0.0, zorder=1)
    axes.plot([occurred, turn], [row, row], color=VERMILLION, linewidth=2.0, linestyle=(0, (2, 1)), zorder=2)
    axes.plot([turn, until], [row, row], color=BLUE, linewidth=3.0, zorder=2, solid_capstyle="butt")
    axes.plot(occurred, row, marker="X", color=VERMILLION, markersize=9.0, zorder=4, linestyle="none")
    if not np.isnan(burst["reported_s"]):
        reported = hours(log, float(burst["reported_s"]))
        axes.plot(reported, row, marker="|", color=INK, markersize=15.0, markeredgewidth=2.0, zorder=3)
    if not np.isnan(closed):
        axes.plot(closed, row, marker="D", color=INK, markersize=6.0, zorder=4)


def isolations_of(log: EventLog, incident: int) -> list[tuple[float, float]]:
    """The hours between which crews kept the burst's main closed."""
    rows = log.of(Kind.LINK_CLOSED)
    rows = rows[rows["incident"] == incident]
    ends = [*rows["time_s"].tolist(), log.ended_s][1:]
    pairs = zip(rows, ends, strict=True)
    return [(hours(log, float(row["time_s"])), hours(log, end)) for row, end in pairs if row["value"] > 0.0]


def _draw_stint(axes: Axes, stint: Stint, y: float, ended_h: float) -> None:
    look = _LOOKS[stint.state]
    end = min(stint.ended_h, ended_h)
    edge = GREY if look.hatch == "xxx" else INK
    axes.barh(
        y, end - stint.began_h, left=stint.began_h, height=0.68, color=look.colour, hatch=look.hatch,
        edgecolor=edge, linewidth=0.5, zorder=2,
    )  # fmt: skip
    left, right = axes.get_xlim()
    if stint.burst > 0 and end - stint.began_h > 0.015 * (right - left):
        middle = (stint.began_h + end) / 2.0
        axes.text(middle, y, f"{stint.burst}", ha="center", va="center", color="white", weight="bold", zorder=3)


def _summary(history: History, table: pd.DataFrame) -> str:
    """What a panel shows, in words."""
    lost = customer_hours_without_water(history.log)
    closed = table["closed_s"].dropna()
    last = f", the last at {clock_text(hours(history.log, float(closed.max())))}" if len(closed) else ""
    n_bursts, n_crews = _shown(history.log)
    cut = [f"{n} of {total} {what} shown" for n, total, what in (
        (n_bursts, len(table), "bursts"), (n_crews, len(crew_busy(history.log)), "crews")) if n < total]  # fmt: skip
    what = (
        f"{history.policy}: {lost:,.0f} customer hours without water; {len(closed)} of {len(table)} bursts closed{last}"
    )
    return "; ".join([what, *cut])


def _key() -> list[Artist]:
    """What the marks mean: of bursts first, then of crews."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    def line(label: str, **looks: Any) -> Artist:
        return Line2D([], [], label=label, **looks)

    marks = [
        line("occurs, then not located", color=VERMILLION, linestyle=(0, (2, 1)), marker="X", markersize=9.0),
        line("first report", marker="|", color=INK, markersize=13.0, markeredgewidth=2.0, linestyle="none"),
        line("located", color=BLUE, linewidth=3.0),
        Patch(label="main shut off", color=SKY, alpha=0.45),
        line("closed", marker="D", color=INK, linestyle="none"),
    ]
    states = [Patch(label=f"crew {look.words}", facecolor=look.colour, hatch=look.hatch, edgecolor=INK, linewidth=0.5)
              for state, look in _LOOKS.items() if state is not CrewState.OFF]  # fmt: skip
    # A legend fills its columns one after the other: each gets one mark and one state.
    return [entry for pair in zip(marks, states, strict=True) for entry in pair]
