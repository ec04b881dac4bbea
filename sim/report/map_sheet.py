"""The sheet of a town map: its frame in metres, relief, scale bar, north arrow, title and legend."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from sim.city.terrain import Terrain
from sim.report.city_map import round_below
from sim.report.style import INK, new_figure

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = npt.NDArray[np.float64]

LEGEND_IN: Final = 2.9
"""Width of the legend beside a map, in inches."""
_EDGE_IN: Final = 0.3
_HEAD_IN: Final = 0.85
_SHADE_PX: Final = 1400
LAND: Final = "#EEF0E4"
"""The ground outside the town."""
WATER: Final = "#A8CDE4"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A figure, the axes of the map in it, and how many points a metre measures on paper."""

    figure: Figure
    axes: Axes
    points_per_m: float
    right_in: float

    def width(self, metres: float, *, least: float, most: float = 99.0) -> float:
        """What so many metres measure in points, within limits."""
        return float(np.clip(metres * self.points_per_m, least, most))


def frame_of(xy: Floats, within: Terrain | None = None) -> tuple[float, float, float, float]:
    """West, east, south and north of a map of points with a margin that the terrain, if any, covers; m."""
    low, high = xy.min(axis=0), xy.max(axis=0)
    extra = 0.04 * float((high - low).max()) + 40.0
    west, east, south, north = (-np.inf, np.inf, -np.inf, np.inf) if within is None else within.extent
    low, high = np.maximum(low - extra, (west, south)), np.minimum(high + extra, (east, north))
    return float(low[0]), float(high[0]), float(low[1]), float(high[1])


def sheets(frame: tuple[float, float, float, float], *, count: int = 1, longest_in: float = 11.5) -> list[Sheet]:
    """Maps side by side on one figure, each with room for a legend to its right."""
    width, height = frame[1] - frame[0], frame[3] - frame[2]
    scale = longest_in / max(width, height)
    wide, high = width * scale, height * scale
    total = count * (wide + LEGEND_IN + _EDGE_IN) + _EDGE_IN
    tall = high + _HEAD_IN + _EDGE_IN
    figure = new_figure(total, tall)
    figure.set_layout_engine("none")
    made = []
    for i in range(count):
        left = _EDGE_IN + i * (wide + LEGEND_IN + _EDGE_IN)
        axes = figure.add_axes((left / total, _EDGE_IN / tall, wide / total, high / tall))
        axes.set_xlim(frame[0], frame[1])
        axes.set_ylim(frame[2], frame[3])
        axes.set_xticks([])
        axes.set_yticks([])
        axes.set_facecolor(LAND)
        made.append(Sheet(figure=figure, axes=axes, points_per_m=scale * 72.0, right_in=left + wide))
    return made


def shade(axes: Axes, terrain: Terrain, *, strength: float = 0.18) -> None:
    """Lay the light and shadow of the relief over what is drawn, as lit from the north-west."""
    west, east, south, north = terrain.extent
    heights, cell = _coarse(terrain)
    row, column = np.gradient(heights, cell)
    # North-west light: ground that falls towards the north-west is bright; row 0 is the northernmost.
    light = (column + row) / np.sqrt(2.0)
    most = max(float(np.quantile(np.abs(light), 0.98)), 1e-9)
    tone = np.clip(light / most, -1.0, 1.0)
    image = np.zeros((*tone.shape, 4))
    image[..., :3] = np.where(tone > 0.0, 1.0, 0.15)[..., None]
    image[..., 3] = strength * np.abs(tone)
    axes.imshow(
        image, extent=(west, east, south, north), origin="upper", interpolation="bilinear", zorder=2.0, aspect="auto"
    )


def tint(axes: Axes, terrain: Terrain) -> None:
    """Colour the open ground by its height, low ground green and high ground brown, both pale."""
    from matplotlib.colors import LinearSegmentedColormap

    heights, _ = _coarse(terrain)
    colours = LinearSegmentedColormap.from_list("ground", ["#DDE8D0", "#EEF0DF", "#EFE6D2", "#E3D4BC"])
    west, east, south, north = terrain.extent
    axes.imshow(heights, cmap=colours, extent=(west, east, south, north), origin="upper", zorder=0.5, aspect="auto")


def _coarse(terrain: Terrain) -> tuple[Floats, float]:
    """The heights smoothed over kerbs and cuts, in at most ``_SHADE_PX`` cells a side, and their side, m."""
    every = max(1, -(-max(terrain.shape) // _SHADE_PX))
    smooth = ndimage.gaussian_filter(np.asarray(terrain.elevation_m, dtype=np.float32), max(4.0, every))
    return smooth[::every, ::every].astype(np.float64), terrain.cell_m * every


def furnish(sheet: Sheet, *, title: str, subtitle: str) -> None:
    """Give the map its title, its scale bar and its north arrow."""
    axes = sheet.axes
    axes.set_title(title, fontsize=16.0, weight="bold", pad=26.0)
    axes.annotate(subtitle, (0.0, 1.0), (0.0, 9.0), xycoords="axes fraction", textcoords="offset points", fontsize=10.5)
    _scale_bar(sheet)
    _north(axes)


def _scale_bar(sheet: Sheet) -> None:
    axes = sheet.axes
    west, east = axes.get_xlim()
    south, north = axes.get_ylim()
    length = round_below((east - west) / 4.0)
    x, y = west + 0.025 * (east - west), south + 0.025 * (north - south)
    thick = 5.0 / sheet.points_per_m
    pad = 9.0 / sheet.points_per_m
    _box(axes, (x - pad, y - pad, length + 5.0 * pad, thick + 4.0 * pad))
    for i in range(4):
        face = INK if i % 2 == 0 else "white"
        axes.add_patch(_rectangle((x + i * length / 4.0, y, length / 4.0, thick), face))
    for share in (0.0, 0.5, 1.0):
        axes.text(x + share * length, y + 1.6 * thick, length_text(share * length), ha="center" if share else "left",
                  va="bottom", fontsize=9.0, zorder=21)  # fmt: skip


def length_text(metres: float) -> str:
    """A length for a scale bar: metres below a kilometre, kilometres from there on."""
    return f"{metres / 1000.0:g} km" if metres >= 1000.0 else f"{metres:g}" + (" m" if metres else "")


def _box(axes: Axes, box: tuple[float, float, float, float]) -> None:
    patch = _rectangle(box, "white")
    patch.set_alpha(0.8)
    patch.set_linewidth(0.0)
    axes.add_patch(patch)


def _rectangle(box: tuple[float, float, float, float], face: str) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle(box[:2], box[2], box[3], facecolor=face, edgecolor=INK, linewidth=0.8, zorder=20)


def _north(axes: Axes) -> None:
    looks: dict[str, Any] = {"xycoords": "axes fraction", "zorder": 21, "annotation_clip": False}
    arrow = {"facecolor": INK, "edgecolor": "white", "width": 4.0, "headwidth": 13.0, "headlength": 14.0}
    axes.annotate("", (0.965, 0.975), (0.965, 0.905), arrowprops=arrow, **looks)
    axes.annotate("N", (0.965, 0.895), ha="center", va="top", fontsize=13.0, weight="bold", **looks)


def legend(sheet: Sheet, parts: dict[str, list[Artist]]) -> None:
    """The legend to the right of the map: a heading and its entries for each part."""
    from matplotlib.lines import Line2D

    width = sheet.figure.get_figwidth()
    handles: list[Artist] = []
    for heading, entries in parts.items():
        if entries:
            handles += [Line2D([], [], linestyle="none", label=heading), *entries]
    top = sheet.axes.get_position().y1
    made = sheet.figure.legend(
        handles=handles, loc="upper left", bbox_to_anchor=((sheet.right_in + 0.08) / width, top + 0.008), frameon=False,
        fontsize=9.5, labelspacing=0.55, handlelength=2.2, borderaxespad=0.0,
    )  # fmt: skip
    for text in made.get_texts():
        if text.get_text() in parts:
            text.set_fontweight("bold")
            text.set_x(-28.0)
