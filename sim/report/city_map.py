"""The city at one moment: who has water, which mains are burst or shut off, where the depots are.

Places and lines are drawn in the units of the network's own map, which need not be metres.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.record.curves import THRESHOLD, people, people_without_water, service_lost, worst_moment
from sim.record.eventlog import EventLog
from sim.record.incidents import incidents
from sim.record.kinds import Kind
from sim.record.steps import positions
from sim.report.crews import History, histories_of, hours, numbers_of
from sim.report.runs import Run
from sim.report.style import GREY, INK, ORANGE, PALE, SKY, VERMILLION, YELLOW, clock_text, new_figure

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]

LARGEST: Final = 650.0
"""The area of the marker of the place with most people, in square points; all others are in proportion."""
CROWD: Final = 150
"""Where there are more places, their markers shrink as their number grows, or nothing could be told apart."""
WIDTH: Final = 6.6
"""Of one map, in inches."""
NARROWEST: Final = 11.0
"""Of the whole figure, in inches: its title and its key need so much."""
SMALLEST: Final = 14.0
"""No marker is smaller, or it could not be seen."""


_REPAIRED: Final = "repaired"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Class:
    words: str
    low: float
    high: float
    colour: str
    marker: str


#: Classes of service, told apart by colour and shape.
_CLASSES: Final = (
    _Class(words="has water (95 % of demand or more)", low=0.95, high=np.inf, colour=SKY, marker="o"),
    _Class(words="gets less", low=THRESHOLD, high=0.95, colour=ORANGE, marker="D"),
    _Class(words="without water (below half)", low=-np.inf, high=THRESHOLD, colour=VERMILLION, marker="s"),
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CityState:
    """One policy's city at a time of the log.

    service : float64 (n_places,), delivered over demanded, as the table of places goes; 1 where never logged.
    shut : ids of the mains kept closed. bursts : number, place, status, is_known; those that have occurred.
    """

    policy: str
    log: EventLog
    time_s: float
    service: Floats
    shut: frozenset[int]
    bursts: pd.DataFrame

    @property
    def without(self) -> float:
        """People at places that get less than half of their demand."""
        return float(people(self.log)[self.service < THRESHOLD].sum())


def states_of(run: Run) -> list[CityState]:
    """The policies to look at closely in the typical replication, when most people lack water under the baseline."""
    histories = histories_of(run)
    time_s = moment_of(histories[0].log)
    return [state_at(history, time_s) for history in histories]


def moment_of(log: EventLog) -> float:
    """The worst moment; where nobody is ever without water, that of most service lost, else that of the last burst."""
    lost = service_lost(log)
    if people_without_water(log).max() > 0.0:
        return worst_moment(log)
    if lost.max() > 0.0:
        return float(lost.index.to_numpy()[lost.to_numpy().argmax()])
    return float(incidents(log)["occurred_s"].max()) if len(incidents(log)) else log.began_s


def state_at(history: History, time_s: float) -> CityState:
    """The city at a time, as the log tells it; of several rows at that very time the last counts."""
    log = history.log
    service = np.ones(len(log.places))
    rows = _until(log, time_s, Kind.SERVICE)
    place = positions(log.places["id"].to_numpy(), rows["place"])
    for position, value in zip(place, rows["value"], strict=True):
        service[position] = value
    closed = _until(log, time_s, Kind.LINK_CLOSED)
    last = dict(zip(closed["place"].tolist(), closed["value"].tolist(), strict=True))
    return CityState(
        policy=history.policy,
        log=log,
        time_s=time_s,
        service=service,
        shut=frozenset(link for link, value in last.items() if value > 0.0),
        bursts=_bursts(log, time_s),
    )


def _until(log: EventLog, time_s: float, *kinds: Kind) -> NDArray[Any]:
    rows = log.of(*kinds)
    until: NDArray[Any] = rows[rows["time_s"] <= time_s]
    return until


def _bursts(log: EventLog, time_s: float) -> pd.DataFrame:
    table = incidents(log)
    table = table[table["occurred_s"] <= time_s]
    handled = {int(row["incident"]) for row in _until(log, time_s, Kind.HANDLED)}
    handled -= {int(row["incident"]) for row in _until(log, time_s, Kind.REOPENED)}
    located = {int(row["incident"]): int(row["actor"]) for row in _until(log, time_s, Kind.LOCATED)}
    names = dict(zip(log.actors["id"].tolist(), log.actors["name"].tolist(), strict=True))

    def status(incident: int, reported_s: float) -> str:
        if incident in handled:
            return _REPAIRED
        if incident in located:
            return f"{names.get(located[incident], 'a crew')} is there"
        return "reported, not located" if reported_s <= time_s else "nobody knows yet"

    words = [status(int(i), r) for i, r in zip(table["incident"], table["reported_s"], strict=True)]
    known = (table["reported_s"] <= time_s) | table["incident"].isin(located)
    numbers = table["incident"].map(numbers_of(log))
    return table[["place"]].assign(number=numbers, status=words, is_known=known)


def draw(states: Sequence[CityState]) -> Figure:
    """One map per policy, side by side on the same scale."""
    first = states[0]
    figure = new_figure(max(WIDTH * len(states), NARROWEST), WIDTH * _aspect(first.log.places) + 2.1)
    figure.set_layout_engine("compressed")  # leaves no gaps around maps of fixed shape
    panels = figure.subplots(1, len(states), sharex=True, sharey=True, squeeze=False).ravel()
    for axes, state in zip(panels, states, strict=True):
        _draw_city(axes, state)
    _draw_scale(panels[0])
    figure.suptitle(_title(first))
    figure.legend(handles=_key(first), loc="outside lower center", ncols=3, frameon=False, fontsize=10.0)
    return figure


def _title(state: CityState) -> str:
    when = clock_text(hours(state.log, state.time_s))
    if state.without > 0.0:
        return f"{when}, the worst moment under {state.policy}: who has water, and what is done about each burst"
    return f"{when}, nobody is without water under {state.policy}: what is done about each burst"


def _aspect(places: pd.DataFrame) -> float:
    """Height over width of the map, kept to what fits a page."""
    spans = np.ptp(places[["x", "y"]].dropna().to_numpy(), axis=0)
    return float(np.clip(spans[1] / spans[0], 0.3, 1.3)) if spans[0] > 0.0 else 1.0


def _draw_city(axes: Axes, state: CityState) -> None:
    places = state.log.places
    _draw_pipes(axes, places, state.shut)
    _draw_people(axes, state)
    _draw_depots(axes, places)
    _draw_bursts(axes, state)
    axes.set_aspect("equal")
    axes.set_axis_off()
    axes.margins(0.06)
    axes.set_title(f"{state.policy}: {state.without:,.0f} people without water")
    axes.annotate(
        what_happens(state), (0.0, 0.0), (0.0, -4.0), xycoords="axes fraction", textcoords="offset points", va="top",
        fontsize=10.0, linespacing=1.4,
    )  # fmt: skip


def what_happens(state: CityState) -> str:
    """What is known and done about each burst, like statuses together, in lines that fit below a map."""
    said: dict[str, list[str]] = {}
    for number, status in zip(state.bursts["number"], state.bursts["status"], strict=True):
        said.setdefault(status, []).append(str(number))
    parts = [f"burst{'s' * (len(numbers) > 1)} {', '.join(numbers)}: {status};" for status, numbers in said.items()]
    # Lines are not broken within a part: textwrap leaves no-break spaces alone.
    text = " ".join(part.replace(" ", "\N{NO-BREAK SPACE}") for part in parts).removesuffix(";")
    return "\n".join([*textwrap.wrap(text, width=76, break_long_words=False), ""])


def links_of(places: pd.DataFrame) -> pd.DataFrame:
    """The places that are lines with two ends; none where the table does not name the ends."""
    if not {"tail", "head"} <= set(places):
        return places.iloc[:0]
    return places[(places["tail"] >= 0) & (places["head"] >= 0)]


def _draw_pipes(axes: Axes, places: pd.DataFrame, shut: frozenset[int]) -> None:
    from matplotlib.collections import LineCollection

    links = links_of(places)
    if links.empty:
        return
    at = places.set_index("id")[["x", "y"]]
    ends = np.stack([at.loc[links["tail"]].to_numpy(), at.loc[links["head"]].to_numpy()], axis=1)
    is_shut = links["id"].isin(shut).to_numpy()
    width = 1.1 if len(links) <= 1000 else 0.6
    axes.add_collection(LineCollection(list(ends[~is_shut]), colors=GREY, linewidths=width, zorder=1))
    axes.add_collection(LineCollection(list(ends[is_shut]), colors=INK, linewidths=4.0, zorder=2))


def areas(people: Floats) -> Floats:
    """The areas of markers in square points, in proportion to people but never below ``SMALLEST``; less in a crowd."""
    most, shrink = float(people.max(initial=0.0)), crowding(people)
    area = np.maximum(people / most * LARGEST, SMALLEST) if most > 0.0 else np.full(len(people), SMALLEST)
    return area * shrink


def crowding(people: Floats) -> float:
    """How much smaller the markers are than where there are few places, as a factor of their area."""
    return min(1.0, CROWD / max(int((people > 0.0).sum()), 1))


def _draw_people(axes: Axes, state: CityState) -> None:
    who = people(state.log)
    area, line = areas(who), 0.6 * crowding(who) ** 0.5
    xy = state.log.places[["x", "y"]].to_numpy()
    for look in _CLASSES:
        inside = np.flatnonzero((who > 0.0) & (state.service >= look.low) & (state.service < look.high))
        inside = inside[np.argsort(-area[inside], kind="stable")]  # the small ones in front
        # Few of a crowd lack water: they are drawn large enough to be found.
        size = area[inside] if look.low >= 0.95 else np.maximum(area[inside], SMALLEST)
        axes.scatter(
            xy[inside, 0], xy[inside, 1], s=size, marker=look.marker, facecolor=look.colour, edgecolor="white",
            linewidth=line, alpha=0.9, zorder=3, label=look.words,
        )  # fmt: skip


def depots_of(places: pd.DataFrame) -> pd.DataFrame:
    """The places after which districts are called: each is that district's depot."""
    links = links_of(places)
    nodes = places[~places["id"].isin(links["id"])]
    return nodes[nodes["name"].isin(set(places["district"]) - {""})]


def _draw_depots(axes: Axes, places: pd.DataFrame) -> None:
    for _, depot in depots_of(places).iterrows():
        axes.plot(depot["x"], depot["y"], marker="^", color=INK, markersize=11.0, markeredgecolor="white", zorder=5)
        words = depot["name"] if str(depot["name"]).startswith("depot") else f"depot {depot['name']}"
        _label(axes, words, (depot["x"], depot["y"]), offset=(0.0, -20.0), ha="center")


def _draw_bursts(axes: Axes, state: CityState) -> None:
    at = state.log.places.set_index("id")[["x", "y"]]
    for _, burst in state.bursts.iterrows():
        x, y = at.loc[burst["place"]]
        face = PALE if burst["status"] == _REPAIRED else YELLOW if burst["is_known"] else "white"
        axes.plot(x, y, marker="*", markersize=17.0, color=face, markeredgecolor=INK, markeredgewidth=1.1, zorder=6)
        _label(axes, str(burst["number"]), (x, y), weight="bold")


def _label(
    axes: Axes, text: str, xy: tuple[float, float], *, offset: tuple[float, float] = (8.0, 6.0), **looks: Any
) -> None:
    from matplotlib.patheffects import withStroke

    outline = [withStroke(linewidth=3.0, foreground="white")]
    axes.annotate(text, xy, offset, textcoords="offset points", zorder=7, path_effects=outline, **looks)


def _draw_scale(axes: Axes) -> None:
    """A bar of a round length, about a fifth of the map's width."""
    axes.autoscale_view()
    left, right = axes.get_xlim()
    length = round_below((right - left) / 4.0)
    transform = axes.get_xaxis_transform()
    axes.plot([right - length, right], [0.0, 0.0], color=INK, linewidth=3.0, transform=transform, clip_on=False)
    axes.text(right - length / 2.0, 0.012, f"{length:g} map units", ha="center", va="bottom", transform=transform)


def round_below(value: float) -> float:
    """The largest of 1, 2, 5 times a power of ten that is not above a positive value."""
    power = 10.0 ** np.floor(np.log10(value))
    return float(max(step * power for step in (1.0, 2.0, 5.0) if step * power <= value * (1.0 + 1e-12)))


def _key(state: CityState) -> list[Artist]:
    from matplotlib.lines import Line2D

    def mark(label: str, **looks: Any) -> Artist:
        return Line2D([], [], label=label, **{"linestyle": "none", **looks})

    most = float(people(state.log).max(initial=0.0))
    size = round_below(most / 4.0) if most > 0.0 else 0.0
    side = float(np.sqrt(areas(np.array([size, most]))[0]))
    classes = [mark(look.words, marker=look.marker, color=look.colour, markersize=9.0) for look in _CLASSES]
    stars = {"burst that the city knows of": YELLOW, "burst nobody has reported": "white", "burst repaired": PALE}
    looks: dict[str, Any] = {"marker": "*", "markeredgecolor": INK, "markersize": 16.0}
    others = [
        mark("depot", marker="^", color=INK, markersize=10.0),
        mark("main shut off by a crew", color=INK, linestyle="-", linewidth=4.0),
    ]
    if crowding(people(state.log)) == 1.0:  # else the markers are too small to be measured by eye
        looks_of_size: dict[str, Any] = {"marker": "o", "markerfacecolor": "none", "markeredgecolor": INK}
        others.append(mark(f"{size:,.0f} people", markersize=side, **looks_of_size))
    return [*classes, *(mark(words, color=colour, **looks) for words, colour in stars.items()), *others]
