"""Symbols of what stands in a town: one look for each kind of asset, smaller and fewer on maps of large towns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from sim.city.assets import AssetKind, Assets
from sim.report.map_sheet import Sheet
from sim.report.style import BLUE, GREEN, INK, ORANGE, SKY, VERMILLION, YELLOW

if TYPE_CHECKING:
    from matplotlib.artist import Artist


@dataclass(frozen=True, slots=True, kw_only=True)
class _Symbol:
    """A marker, and over it a smaller one in white."""

    words: str
    marker: str
    colour: str
    size: float
    inner: str = ""
    inner_colour: str = "white"


SYMBOLS: Final = {
    AssetKind.SLOPE: _Symbol(words="steep ground", marker="^", colour="#9C6B3F", size=4.0),
    AssetKind.BRIDGE: _Symbol(words="bridge", marker="D", colour="white", size=4.0),
    AssetKind.UNDERPASS: _Symbol(words="underpass", marker="v", colour="white", size=7.0),
    AssetKind.TUNNEL: _Symbol(words="tunnel", marker="s", colour="#777777", size=5.0),
    AssetKind.SCHOOL: _Symbol(words="school", marker="o", colour=GREEN, size=5.0),
    AssetKind.SUBSTATION: _Symbol(words="substation", marker="p", colour=YELLOW, size=8.0),
    AssetKind.WATER_PUMP_STATION: _Symbol(words="water pump station", marker="h", colour=SKY, size=8.5),
    AssetKind.DRAIN_PUMP_STATION: _Symbol(words="drain pump station", marker="v", colour=BLUE, size=7.0),
    AssetKind.FIRE_STATION: _Symbol(words="fire station", marker="D", colour=ORANGE, size=7.5),
    AssetKind.HOSPITAL: _Symbol(words="hospital", marker="s", colour=VERMILLION, size=9.5, inner="P"),
    AssetKind.DEPOT: _Symbol(words="depot of the crews", marker="^", colour=INK, size=11.0),
}
"""In the order in which they are drawn, the most important last."""
ALWAYS: Final = frozenset({AssetKind.DEPOT, AssetKind.HOSPITAL, AssetKind.FIRE_STATION})
"""Drawn on every map, however small."""
_ROOM: Final = 2700.0
"""Square points of paper for each symbol of another kind, or the kind is left out (assumption)."""


def draw_symbols(sheet: Sheet, assets: Assets, n_corners: int) -> None:
    """Draw every asset; the larger the town the smaller the symbols."""
    shrink = float(np.clip((5_000.0 / max(n_corners, 1)) ** 0.22, 0.42, 1.15))
    for depth, (kind, symbol) in enumerate(SYMBOLS.items()):
        if not has_room(sheet, kind, assets):
            continue
        x, y = assets.xy[assets.of_kind(kind)].T
        side, depth_of = symbol.size * shrink, 6.0 + 0.1 * depth
        sheet.axes.scatter(x, y, side**2, marker=symbol.marker, color=symbol.colour, edgecolors=_edge(symbol),
                           linewidths=0.8 * shrink, zorder=depth_of)  # fmt: skip
        if symbol.inner:
            sheet.axes.scatter(x, y, (0.55 * side) ** 2, marker=symbol.inner, color=symbol.inner_colour,
                               linewidths=0.0, zorder=depth_of + 0.05)  # fmt: skip


def _edge(symbol: _Symbol) -> str:
    return INK if symbol.colour in ("white", YELLOW, SKY) else "white"


def has_room(sheet: Sheet, kind: AssetKind, assets: Assets) -> bool:
    """Whether a kind is drawn: the most important always, others where there is room for all of them."""
    (west, east), (south, north) = sheet.axes.get_xlim(), sheet.axes.get_ylim()
    paper = (east - west) * (north - south) * sheet.points_per_m**2
    return kind in ALWAYS or len(assets.of_kind(kind)) * _ROOM <= paper


def symbol_entries(sheet: Sheet, assets: Assets) -> list[Artist]:
    """An entry of the legend for each kind that the town has, with how many there are; without symbol if not drawn."""
    from matplotlib.lines import Line2D

    entries: list[Artist] = []
    for kind, symbol in reversed(SYMBOLS.items()):
        count = len(assets.of_kind(kind))
        if count and not has_room(sheet, kind, assets):
            entries.append(Line2D([], [], linestyle="none", label=f"not drawn: {symbol.words} ({count:,})"))
        elif count:
            look: dict[str, Any] = {"marker": symbol.marker, "color": symbol.colour, "markeredgecolor": _edge(symbol)}
            entries.append(Line2D([], [], linestyle="none", markersize=min(symbol.size + 1.0, 9.0),
                                  label=f"{symbol.words} ({count:,})", **look))  # fmt: skip
    return entries
