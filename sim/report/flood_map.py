"""A flooded town: the deepest water on each street, the cars caught in it, and what was done about each underpass.

All but the ground, the river and the courses of the streets is read from the logs; these come from the town's seed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
from ruamel.yaml import YAML

from sim.city.assets import AssetKind
from sim.city.streets import StreetClass, Structure
from sim.city.synthetic.making import made
from sim.experiment.folder import SCENARIO
from sim.record.eventlog import EventLog
from sim.record.flood_vitals import knows_streets
from sim.record.kinds import Kind
from sim.report.crews import History, hours
from sim.report.map_shapes import band, street_lines
from sim.report.map_sheet import LAND, WATER, Sheet, frame_of, furnish, legend, shade, sheets
from sim.report.runs import Run
from sim.report.style import INK, ORANGE, VERMILLION, YELLOW, clock_text
from sim.report.town_map import draw_railway, thinner
from sim.scenario.town import Town

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.figure import Figure

    from sim.city.layers import Layers

Floats = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]

MOST_LISTED: Final = 12
"""Of more underpasses only those in which something happened are told of, and at most so many."""
_STREET: Final = "#C9C3B6"
_BANK: Final = "#7FB0CF"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Depth:
    words: str
    from_m: float
    colour: str
    width: float


#: The classes by which depths are logged; the deeper, the darker and the broader.
_DEPTHS: Final = (
    _Depth(words="5 to 15 cm: wet", from_m=0.05, colour="#A9CDE6", width=1.3),
    _Depth(words="15 to 30 cm: cars crawl", from_m=0.15, colour="#2E86C8", width=2.0),
    _Depth(words="30 to 50 cm: no car passes", from_m=0.3, colour="#0B4A94", width=3.0),
    _Depth(words="50 cm and more", from_m=0.5, colour="#3B0A6B", width=3.8),
)


def town_of(run: Run) -> Layers | None:
    """The made town of a run, from the scenario in its folder; None where parts of it come from files."""
    text = (run.folder / SCENARIO).read_text(encoding="utf-8")
    city = (YAML(typ="safe").load(text) or {}).get("city", {})
    files = [
        (city.get(part) or {}).get(key) for part, key in (("roads", "file"), ("terrain", "file"), ("water", "inp"))
    ]
    if city.get("synthetic") is None or any(file is not None for file in files):
        return None
    return made(Town.model_validate(city["synthetic"], by_alias=True))


def draw(histories: Sequence[History], layers: Layers) -> Figure:
    """The flood as the first history tells it, and what became of the underpasses under all of them."""
    log, streets = histories[0].log, layers.streets
    (sheet,) = sheets(frame_of(streets.xy, within=layers.terrain))
    sheet.axes.set_facecolor(LAND)
    shade(sheet.axes, layers.terrain, strength=0.12)
    _draw_ground(sheet, layers)
    deepest = deepest_m(log, streets.n_streets)
    _draw_depths(sheet, layers, deepest)
    caught = caught_on(log, streets.n_streets)
    _draw_cars(sheet, layers, caught)
    _draw_depots(sheet, layers)
    told = _draw_underpasses(sheet, histories, layers)
    furnish(sheet, title="The flood: the deepest water on each street", subtitle=_subtitle(histories[0], caught))
    legend(sheet, _key(layers, deepest, caught, policy=histories[0].policy))
    _list(sheet, told)
    return sheet.figure


def deepest_m(log: EventLog, n_streets: int) -> Floats:
    """The deepest logged water on each street: float64 (n_streets,), m; right to its class."""
    rows = log.of(Kind.ROAD_DEPTH)
    deepest: Floats = np.zeros(n_streets)
    np.maximum.at(deepest, rows["place"] - first_street(log), rows["value"])
    return deepest


def caught_on(log: EventLog, n_streets: int) -> Longs:
    """How many cars stalled on each street: int64 (n_streets,)."""
    return np.bincount(log.of(Kind.CAUGHT)["place"] - first_street(log), minlength=n_streets)


def first_street(log: EventLog) -> int:
    """The place that is the first street; streets follow each other."""
    assert knows_streets(log), "a flood is drawn of logs with streets"
    return int(log.places["id"][log.places["network"] == "street"].min())


def closures_h(log: EventLog, street: int) -> list[tuple[float, float]]:
    """From when to when a street was closed, in hours since the first midnight."""
    rows = log.of(Kind.ROAD_CLOSED)
    rows = rows[rows["place"] == first_street(log) + street]
    ends = [*rows["time_s"].tolist(), log.ended_s][1:]
    pairs = zip(rows, ends, strict=True)
    return [(hours(log, float(row["time_s"])), hours(log, end)) for row, end in pairs if row["value"] > 0.0]


def _subtitle(history: History, caught: Longs) -> str:
    run = history.log.run
    which = f"Replication {run.get('replication', 0)}, policy {history.policy}"
    return f"{which}: {caught.sum():,} cars caught in the water, on {(caught > 0).sum():,} streets"


def _lines(sheet: Sheet, lines: list[Floats], **looks: Any) -> None:
    from matplotlib.collections import LineCollection

    sheet.axes.add_collection(LineCollection(lines, **{"capstyle": "round", **looks}), autolim=False)


def _draw_ground(sheet: Sheet, layers: Layers) -> None:
    if layers.river is not None:
        from matplotlib.patches import Polygon

        river = Polygon(band(layers.river), facecolor=WATER, edgecolor=_BANK, linewidth=0.8, zorder=1.5)
        sheet.axes.add_patch(river)
    streets, thin = layers.streets, thinner(sheet)
    for kind in StreetClass:
        chosen = np.flatnonzero(streets.street_class == kind)
        _lines(sheet, street_lines(streets, chosen), color=_STREET, linewidths=thin * (0.6 + 0.35 * kind), zorder=3.0)
    draw_railway(sheet, layers.railway)


def _draw_depths(sheet: Sheet, layers: Layers, deepest: Floats) -> None:
    thin = thinner(sheet)
    for i, (depth, chosen) in enumerate(_by_depth(deepest)):
        lines = street_lines(layers.streets, chosen)
        _lines(sheet, lines, color=depth.colour, linewidths=thin * depth.width, zorder=5.0 + 0.1 * i)


def _by_depth(deepest: Floats) -> list[tuple[_Depth, Longs]]:
    bounds = [*(depth.from_m for depth in _DEPTHS), np.inf]
    return [
        (depth, np.flatnonzero((deepest >= low) & (deepest < high)))
        for depth, low, high in zip(_DEPTHS, bounds, bounds[1:], strict=False)
    ]


def _middles(layers: Layers, chosen: npt.NDArray[np.integer]) -> Floats:
    """The point half along each of some streets, float64 (n, 2), m; of bent ones the bend nearest to it."""
    points = [
        line[len(line) // 2] if len(line) > 2 else line.mean(axis=0) for line in street_lines(layers.streets, chosen)
    ]
    return np.array(points).reshape(-1, 2)


def _draw_cars(sheet: Sheet, layers: Layers, caught: Longs) -> None:
    chosen = np.flatnonzero(caught)
    x, y = _middles(layers, chosen).T
    sheet.axes.scatter(x, y, 16.0 * thinner(sheet) * caught[chosen], marker="o", color=YELLOW, edgecolors=INK,
                       linewidths=0.7, zorder=6.0)  # fmt: skip


def _draw_depots(sheet: Sheet, layers: Layers) -> None:
    x, y = layers.assets.xy[layers.assets.of_kind(AssetKind.DEPOT)].T
    sheet.axes.scatter(x, y, 110.0, marker="^", color=INK, edgecolors="white", linewidths=0.8, zorder=7.0)


def _draw_underpasses(sheet: Sheet, histories: Sequence[History], layers: Layers) -> list[str]:
    """Number the underpasses, red where a policy closed them; and what to tell of each."""
    under = np.flatnonzero(layers.streets.structure == Structure.UNDERPASS)
    is_full = len(under) <= MOST_LISTED
    told: list[str] = []
    for street, (x, y) in zip(under.tolist(), _middles(layers, under), strict=True):
        fates = [_fate(history, street, layers.streets.n_streets) for history in histories]
        was_shut = any(closures_h(history.log, street) for history in histories)
        happened = was_shut or any(caught_on(one.log, layers.streets.n_streets)[street] for one in histories)
        number = ""
        if (is_full or happened) and len(told) < MOST_LISTED:
            number = str(len(told) + 1)
            told.append("\n".join([f"{number}  {layers.streets.names[street] or 'no name'}", *fates]))
        face = VERMILLION if was_shut else ORANGE
        sheet.axes.scatter(x, y, 170.0 if number else 40.0, marker="s", color=face, edgecolors="white", linewidths=1.0,
                           zorder=8.0)  # fmt: skip
        sheet.axes.text(x, y, number, ha="center", va="center_baseline", color="white", weight="bold", fontsize=9.0,
                        zorder=8.1)  # fmt: skip
    return told


def _fate(history: History, street: int, n_streets: int) -> str:
    """What became of an underpass under a policy, in words."""
    cars = int(caught_on(history.log, n_streets)[street])
    shut = closures_h(history.log, street)
    spans = ", ".join(f"{clock_text(began)} to {clock_text(ended)}" for began, ended in shut[:2])
    more = f" and {len(shut) - 2} times more" if len(shut) > 2 else ""
    caught = f"{cars} car{'s' * (cars != 1)} caught" if cars else "nobody caught"
    return f"    {history.policy}: {caught}" + (f",\n      shut {spans}{more}" if shut else "")


def _key(layers: Layers, deepest: Floats, caught: Longs, *, policy: str) -> dict[str, list[Artist]]:
    from matplotlib.lines import Line2D

    def mark(label: str, **looks: Any) -> Artist:
        return Line2D([], [], label=label, **{"linestyle": "none", "markeredgecolor": "white", **looks})

    length_km = layers.streets.length_m / 1000.0
    water: list[Artist] = [
        Line2D([], [], color=depth.colour, linewidth=depth.width + 0.8,
               label=f"{depth.words} ({length_km[chosen].sum():,.1f} km)")
        for depth, chosen in _by_depth(deepest)
    ]  # fmt: skip
    dry_km = length_km[deepest < _DEPTHS[0].from_m].sum()
    water.append(Line2D([], [], color=_STREET, linewidth=2.0, label=f"less than 5 cm ({dry_km:,.1f} km)"))
    marks = [
        mark(f"cars caught under {policy} ({caught.sum():,})", marker="o", color=YELLOW, markeredgecolor=INK),
        mark("underpass that a policy shut", marker="s", color=VERMILLION, markersize=10.0),
        mark("underpass never shut", marker="s", color=ORANGE, markersize=10.0),
        mark("depot of the crews", marker="^", color=INK, markersize=10.0),
    ]
    return {"Deepest water": water, "What happened": marks}


def _list(sheet: Sheet, told: list[str]) -> None:
    """Tell of each underpass, below the legend."""
    if not told:
        return
    figure = sheet.figure
    width, height = figure.get_size_inches()
    x, top = (sheet.right_in + 0.12) / width, sheet.axes.get_position().y1
    figure.text(x, top - 2.75 / height, "The underpasses", fontsize=9.5, weight="bold", va="top")
    figure.text(x, top - 3.02 / height, "\n\n".join(told), fontsize=8.6, va="top", linespacing=1.3)
