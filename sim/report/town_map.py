"""A town as a planner draws it: relief, water, land use, streets by class, districts and what stands where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from sim.city.assets import Assets
from sim.city.blocks import LandUse, Lots, People
from sim.city.streets import StreetClass, Streets, Structure
from sim.city.synthetic.plan import Course
from sim.city.terrain import Terrain
from sim.report.map_shapes import band, block_rings, borders, clear_place, street_lines, water_borders
from sim.report.map_sheet import WATER, Sheet, frame_of, furnish, legend, shade, sheets, tint
from sim.report.map_symbols import ALWAYS, draw_symbols, symbol_entries
from sim.report.style import INK

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.figure import Figure

    from sim.city.layers import Layers

Floats = npt.NDArray[np.float64]

_USES: Final = {
    LandUse.HOUSING: ("housing", "#F4E8CE"),
    LandUse.MIXED: ("old centre, mixed", "#EDC9A0"),
    LandUse.WORK: ("offices and shops", "#E5B9B7"),
    LandUse.INDUSTRY: ("industry", "#CFC6DC"),
    LandUse.GREEN: ("parks", "#B9D9A4"),
}
#: Of each class: words, colour, least width and casing, in points.
_CLASSES: Final = {
    StreetClass.LOCAL: ("local street", "#FFFFFF", 0.35, 0.5),
    StreetClass.COLLECTOR: ("collector", "#FFFFFF", 0.8, 0.7),
    StreetClass.ARTERIAL: ("arterial", "#F9D877", 1.5, 0.9),
    StreetClass.EXPRESSWAY: ("expressway", "#F0A15C", 2.2, 1.1),
}
_CASING: Final = "#8F8A80"
_BORDER: Final = "#93397A"
_NAME_PT: Final = 11.5
_LETTER: Final = (0.85, 2.4)
"""Width of a capital in bold, height of a line with room for a symbol around it; as shares of the size of the type."""
_FINE: Final = 0.06
"""Points per metre below which local streets are hair lines without casing."""


def draw_town(layers: Layers, title: str) -> Figure:
    """The map of a town with all its layers above the ground."""
    return town_map(
        layers.streets, layers.lots, people=layers.people, terrain=layers.terrain, assets=layers.assets,
        river=layers.river, railway=layers.railway, title=title,
    )  # fmt: skip


def town_map(
    streets: Streets,
    lots: Lots,
    *,
    people: People,
    terrain: Terrain | None,
    assets: Assets,
    river: Course | None,
    railway: Course | None,
    title: str,
) -> Figure:
    """The map of a town from its single layers; without terrain there is no relief."""
    (sheet,) = sheets(frame_of(streets.xy, within=terrain))
    if terrain is not None:
        tint(sheet.axes, terrain)
    draw_blocks(sheet, lots, streets, people)
    draw_water(sheet, river)
    if terrain is not None:
        shade(sheet.axes, terrain)
    draw_streets(sheet, streets)
    draw_railway(sheet, railway)
    draw_districts(sheet, streets, lots, people, river)
    name_districts(sheet, lots, people, clear_of=assets.xy[np.isin(assets.kind, list(ALWAYS))])
    draw_symbols(sheet, assets, streets.n_corners)
    furnish(sheet, title=title, subtitle=subtitle_of(streets, lots, people))
    legend(sheet, _entries(sheet, people, assets, river=river, railway=railway))
    return sheet.figure


def subtitle_of(streets: Streets, lots: Lots, people: People) -> str:
    """How large the town is and when it was built, in words."""
    ground = f"{lots.area_m2.sum() / 1e6:,.1f} km\N{SUPERSCRIPT TWO}"
    years = f"built {people.built_year.min()} to {people.built_year.max()}"
    return (
        f"{people.population.sum():,.0f} inhabitants, {people.jobs.sum():,.0f} jobs, {ground},"
        f" {streets.n_corners:,} corners, {years}"
    )


def draw_blocks(sheet: Sheet, lots: Lots, streets: Streets, people: People) -> None:
    """Fill the blocks with the colours of their land use."""
    from matplotlib.collections import PolyCollection

    rings = block_rings(lots, streets)
    colours = np.array([_USES[LandUse(use)][1] for use in range(len(LandUse))])[people.land_use]
    filled = PolyCollection(rings, facecolors=colours.tolist(), edgecolors="face", linewidths=0.4, zorder=1.0)
    sheet.axes.add_collection(filled, autolim=False)


def draw_water(sheet: Sheet, river: Course | None) -> None:
    """Fill the river, with its banks a little darker."""
    if river is not None:
        from matplotlib.patches import Polygon

        sheet.axes.add_patch(Polygon(band(river), facecolor=WATER, edgecolor="#7FB0CF", linewidth=0.8, zorder=1.5))


def draw_streets(sheet: Sheet, streets: Streets) -> None:
    """Draw the streets, the least important below, and bridges above what they cross."""
    is_fine, thin = sheet.points_per_m < _FINE, thinner(sheet)
    for kind, (_, colour, least, casing) in _CLASSES.items():
        chosen = np.flatnonzero((streets.street_class == kind) & (streets.structure != Structure.TUNNEL))
        if len(chosen) == 0:
            continue
        width = sheet.width(1.3 * float(np.mean(streets.width_m[chosen])), least=thin * least, most=9.0)
        lines = street_lines(streets, chosen)
        order = 4.0 - 0.3 * kind
        if is_fine and kind == StreetClass.LOCAL:
            _lines(sheet, lines, color="#9C9484", linewidths=0.5 * thin, alpha=0.55, zorder=order)
            continue
        _lines(sheet, lines, color=_CASING, linewidths=width + thin * casing, zorder=order)
        _lines(sheet, lines, color=colour, linewidths=width, zorder=order + 0.1)
    _draw_bridges(sheet, streets)
    _draw_tunnels(sheet, streets)


def thinner(sheet: Sheet) -> float:
    """How much thinner lines are on maps of large towns, on which they stand closer: 1 on those of up to 8 km."""
    return float(np.clip((sheet.points_per_m / 0.1) ** 0.5, 0.35, 1.0))


def _lines(sheet: Sheet, lines: list[Floats], **looks: Any) -> None:
    from matplotlib.collections import LineCollection

    sheet.axes.add_collection(LineCollection(lines, **{"capstyle": "round", **looks}), autolim=False)


def _draw_bridges(sheet: Sheet, streets: Streets) -> None:
    thin = thinner(sheet)
    for kind, (_, colour, least, _) in _CLASSES.items():
        chosen = np.flatnonzero((streets.street_class == kind) & (streets.structure == Structure.BRIDGE))
        if len(chosen):
            width = sheet.width(1.3 * float(np.mean(streets.width_m[chosen])), least=thin * least, most=9.0)
            lines = street_lines(streets, chosen)
            _lines(sheet, lines, color=INK, linewidths=width + 1.8 * thin, zorder=4.3, capstyle="butt")
            _lines(sheet, lines, color=colour, linewidths=width, zorder=4.4)


def _draw_tunnels(sheet: Sheet, streets: Streets) -> None:
    lines = street_lines(streets, np.flatnonzero(streets.structure == Structure.TUNNEL))
    _lines(sheet, lines, color=_CASING, linewidths=1.8, linestyles=[(0, (2, 1.2))], zorder=4.4, capstyle="butt")


def draw_railway(sheet: Sheet, railway: Course | None) -> None:
    """Draw the railway as a dark line with white dashes."""
    if railway is not None:
        width = sheet.width(0.5 * railway.width_m, least=1.4, most=4.0)
        _lines(sheet, [railway.xy], color="#4A4A4A", linewidths=width + 0.8, zorder=4.6, capstyle="butt")
        _lines(
            sheet, [railway.xy], color="white", linewidths=width, linestyles=[(0, (4, 4))], zorder=4.7, capstyle="butt"
        )


def draw_districts(sheet: Sheet, streets: Streets, lots: Lots, people: People, river: Course | None) -> None:
    """Draw the borders of sub-districts and, stronger, of districts."""
    fine = street_lines(streets, borders(streets, lots, people.subdistrict))
    strong = street_lines(streets, borders(streets, lots, people.district))
    _lines(sheet, fine, color="#A0608A", linewidths=0.6, linestyles=[(0, (1, 2))], zorder=4.8)
    _lines(sheet, strong, color="white", linewidths=3.4, alpha=0.55, zorder=4.85)
    _lines(sheet, strong, color=_BORDER, linewidths=1.7, zorder=4.9, alpha=0.85)
    if river is not None:
        along = water_borders(river, lots, people.district)
        _lines(sheet, along, color=_BORDER, linewidths=1.2, linestyles=[(0, (5, 4))], zorder=4.9, capstyle="butt")


def name_districts(sheet: Sheet, lots: Lots, people: People, *, clear_of: Floats) -> None:
    """Write the name of each district near its middle, where it covers none of the symbols at ``clear_of`` (n, 2), m.

    Names keep clear of each other too. Where there is no such place, the middle is taken.
    """
    from matplotlib.patheffects import withStroke

    outline = [withStroke(linewidth=3.5, foreground="white", alpha=0.85)]
    for district, name in enumerate(people.district_names):
        half = np.array([_LETTER[0] * len(name), _LETTER[1]]) * _NAME_PT / 2.0
        ids = np.flatnonzero(people.district == district)
        place = clear_place(ids, lots, people.population, half_m=half / sheet.points_per_m, clear_of=clear_of)
        clear_of = np.vstack(
            [clear_of, place + half / sheet.points_per_m * np.linspace(-1.0, 1.0, 5)[:, None] * (1, 0)]
        )
        sheet.axes.text(place[0], place[1], name.upper(), ha="center", va="center", fontsize=_NAME_PT, color="#6B2358",
                        weight="bold", path_effects=outline, zorder=9.0)  # fmt: skip


def _entries(
    sheet: Sheet, people: People, assets: Assets, *, river: Course | None, railway: Course | None
) -> dict[str, list[Artist]]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    used = set(np.unique(people.land_use).tolist())
    ground: list[Artist] = [
        Patch(facecolor=c, edgecolor=_CASING, label=w) for use, (w, c) in _USES.items() if use in used
    ]
    if river is not None:
        ground.append(Patch(facecolor=WATER, edgecolor="#7FB0CF", label="river"))
    lines: list[Artist] = [_street_entry(sheet, kind) for kind in reversed(_CLASSES)]
    if railway is not None:
        lines.append(Line2D([], [], color="#4A4A4A", linewidth=3.0, linestyle=(0, (3, 1)), label="railway"))
    lines.append(
        Line2D([], [], color=_BORDER, linewidth=1.7, label=f"border of a district ({len(people.district_names)})")
    )
    lines.append(Line2D([], [], color="#A0608A", linewidth=0.9, linestyle=(0, (1, 2)),
                        label=f"of a sub-district ({len(people.subdistrict_names)})"))  # fmt: skip
    return {"Land": ground, "Lines": lines, "What stands there": symbol_entries(sheet, assets)}


def _street_entry(sheet: Sheet, kind: StreetClass) -> Artist:
    from matplotlib.lines import Line2D
    from matplotlib.patheffects import withStroke

    words, colour, least, casing = _CLASSES[kind]
    width = max(2.0 * least, 1.2)
    return Line2D([], [], color=colour, linewidth=width, label=words,
                  path_effects=[withStroke(linewidth=width + 1.3 * casing, foreground=_CASING)])  # fmt: skip
