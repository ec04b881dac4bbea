"""What lies under a town: the water mains with works, pumps and tanks, and the storm sewers with pumps and outfalls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from sim.city.drainage import Drainage, DrainLinkKind, DrainNodeKind
from sim.city.register import Register
from sim.city.streets import Streets
from sim.city.synthetic.plan import Course
from sim.city.terrain import Terrain
from sim.city.water import LinkKind, NodeKind, WaterNetwork
from sim.report.map_shapes import band, link_lines, street_lines
from sim.report.map_sheet import WATER, Sheet, frame_of, furnish, legend, shade, sheets
from sim.report.style import INK, ORANGE, PURPLE, VERMILLION, YELLOW

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.figure import Figure

    from sim.city.layers import Layers

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Width:
    """Pipes of up to a diameter: words, colour, and the width of their lines in points."""

    most_m: float
    words: str
    colour: str
    points: float


_MAINS: Final = (
    _Width(most_m=0.155, words="up to 150 mm", colour="#8FC3E8", points=0.6),
    _Width(most_m=0.305, words="200 to 300 mm", colour="#3D93D0", points=1.0),
    _Width(most_m=0.605, words="350 to 600 mm", colour="#0A5A9C", points=1.8),
    _Width(most_m=np.inf, words="above 600 mm", colour="#062B57", points=3.0),
)
_SEWERS: Final = (
    _Width(most_m=0.405, words="up to 400 mm", colour="#A8C79A", points=0.6),
    _Width(most_m=0.805, words="500 to 800 mm", colour="#5E9E52", points=1.0),
    _Width(most_m=1.505, words="900 to 1,500 mm", colour="#2C6E2B", points=1.8),
    _Width(most_m=np.inf, words="above 1,500 mm", colour="#123D16", points=3.0),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mark:
    """A symbol and the points at which it stands."""

    words: str
    marker: str
    colour: str
    size: float
    xy: Floats


def draw_underground(layers: Layers, title: str) -> Figure:
    """The maps of the water mains and of the storm sewers of a town, side by side."""
    return pipes_map(
        layers.streets, terrain=layers.terrain, river=layers.river, water=layers.water, register=layers.register,
        drainage=layers.drainage, street_of_sewer=layers.street_of_sewer, title=title,
    )  # fmt: skip


def pipes_map(
    streets: Streets,
    *,
    terrain: Terrain | None,
    river: Course | None,
    water: WaterNetwork,
    register: Register,
    drainage: Drainage,
    street_of_sewer: Ints,
    title: str,
) -> Figure:
    """The two maps from the single layers; without terrain there is no relief."""
    left, right = sheets(frame_of(streets.xy, within=terrain), count=2, longest_in=9.0)
    for sheet in (left, right):
        _draw_ground(sheet, streets, terrain, river)
    _draw_mains(left, streets, water, register, title)
    _draw_sewers(right, streets, drainage, street_of_sewer, title)
    return left.figure


def _draw_ground(sheet: Sheet, streets: Streets, terrain: Terrain | None, river: Course | None) -> None:
    from matplotlib.collections import LineCollection
    from matplotlib.patches import Polygon

    sheet.axes.set_facecolor("#F7F6F1")
    if terrain is not None:
        shade(sheet.axes, terrain, strength=0.12)
    if river is not None:
        sheet.axes.add_patch(Polygon(band(river), facecolor=WATER, edgecolor="none", zorder=2.5))
    lines = street_lines(streets, np.arange(streets.n_streets))
    sheet.axes.add_collection(LineCollection(lines, colors="#D9D5CA", linewidths=0.5, zorder=3.0), autolim=False)


def _draw_mains(sheet: Sheet, streets: Streets, water: WaterNetwork, register: Register, title: str) -> None:
    pipe = np.flatnonzero(water.link_kind <= LinkKind.CHECK_VALVE)
    ends = np.column_stack([water.tail, water.head])
    entries = _draw_pipes(
        sheet, _MAINS, water.diameter_m[pipe], link_lines(water.xy, ends[pipe], streets, register.street[pipe])
    )
    pump = np.flatnonzero(water.link_kind == LinkKind.PUMP)
    marks = (
        _Mark(words="pump", marker="h", colour=YELLOW, size=8.0, xy=water.xy[water.head[pump]]),
        _Mark(words="tank", marker="o", colour=ORANGE, size=9.0, xy=water.xy[water.node_kind == NodeKind.TANK]),
        _Mark(
            words="works", marker="s", colour=VERMILLION, size=9.0, xy=water.xy[water.node_kind == NodeKind.RESERVOIR]
        ),
    )
    length = float(water.length_m[pipe].sum()) / 1000.0
    furnish(sheet, title=f"{title}: water mains", subtitle=f"{length:,.0f} km of mains, {water.n_nodes:,} nodes")
    legend(sheet, {"Water mains": entries, "Works": _draw_marks(sheet, marks)})


def _draw_sewers(sheet: Sheet, streets: Streets, drainage: Drainage, street: Ints, title: str) -> None:
    conduit = np.flatnonzero(drainage.link_kind == DrainLinkKind.CONDUIT)
    ends = np.column_stack([drainage.tail, drainage.head])
    entries = _draw_pipes(
        sheet, _SEWERS, drainage.geometry[conduit, 0], link_lines(drainage.xy, ends[conduit], streets, street[conduit])
    )
    pump = np.flatnonzero(drainage.link_kind == DrainLinkKind.PUMP)
    outfall = np.flatnonzero(drainage.node_kind == DrainNodeKind.OUTFALL)
    marks = (
        _Mark(words="outfall", marker="v", colour=PURPLE, size=6.0, xy=drainage.xy[outfall]),
        _Mark(words="pump", marker="h", colour=YELLOW, size=8.0, xy=drainage.xy[drainage.tail[pump]]),
    )
    length = float(drainage.length_m[conduit].sum()) / 1000.0
    furnish(sheet, title=f"{title}: storm sewers", subtitle=f"{length:,.0f} km of sewers, {drainage.n_nodes:,} nodes")
    legend(sheet, {"Storm sewers": entries, "Ends and pumps": _draw_marks(sheet, marks)})


def _draw_pipes(sheet: Sheet, widths: tuple[_Width, ...], diameter_m: Floats, lines: list[Floats]) -> list[Artist]:
    """Draw pipes by diameter, the widest last, and give the entries of the legend, with lengths."""
    from matplotlib.collections import LineCollection
    from matplotlib.lines import Line2D

    thin = float(np.clip((sheet.points_per_m / 0.1) ** 0.5, 0.3, 1.6))
    kind = np.searchsorted([width.most_m for width in widths], diameter_m)
    entries: list[Artist] = []
    for i, width in enumerate(widths):
        chosen = np.flatnonzero(kind == i)
        if len(chosen):
            drawn = LineCollection([lines[j] for j in chosen.tolist()], colors=width.colour,
                                   linewidths=thin * width.points, capstyle="round", zorder=4.0 + 0.1 * i)  # fmt: skip
            sheet.axes.add_collection(drawn, autolim=False)
            entries.append(Line2D([], [], color=width.colour, linewidth=1.2 * width.points, label=width.words))
    return entries


def _draw_marks(sheet: Sheet, marks: tuple[_Mark, ...]) -> list[Artist]:
    from matplotlib.lines import Line2D

    entries: list[Artist] = []
    for depth, mark in enumerate(marks):
        if len(mark.xy):
            shrink = float(np.clip(14.0 / np.sqrt(len(mark.xy) + 1.0), 0.35, 1.0))
            looks: dict[str, Any] = {"marker": mark.marker, "color": mark.colour}
            x, y = mark.xy.T
            sheet.axes.scatter(
                x, y, (mark.size * shrink) ** 2, edgecolors=INK, linewidths=0.6, zorder=6.0 + 0.1 * depth, **looks
            )
            entries.append(Line2D([], [], linestyle="none", markersize=mark.size, markeredgecolor=INK,
                                  label=f"{mark.words} ({len(mark.xy):,})", **looks))  # fmt: skip
    return entries
