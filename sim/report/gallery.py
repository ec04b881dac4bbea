"""Pictures of made towns for the documentation: ``python -m sim.report.gallery FOLDER``."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sim.city.synthetic.making import made
from sim.report import style
from sim.report.town_map import draw_town
from sim.report.town_pipes import draw_underground
from sim.scenario.presets import Preset, Size
from sim.scenario.town import Town

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIZES: tuple[Size, ...] = ("hamlet", "town", "city")
PRESET_ORDER: tuple[Preset, ...] = ("east", "central", "west")
SEED = 3


def draw_all(folder: Path) -> list[Path]:
    """Draw the town of the README, what lies below it, and a sheet of three sizes of each preset."""
    town = made(Town.of("town", "central", seed=SEED))
    with style.look():
        pictures = {
            "town-central.png": style.small_png(draw_town(town, "A town of 5,000 corners, preset central"), dpi=100),
            "town-central-below.png": style.small_png(draw_underground(town, "The same town below ground"), dpi=75),
            "towns.png": style.small_png(_sheet(), dpi=100),
        }
    for name, png in pictures.items():
        (folder / name).write_bytes(png)
    return [folder / name for name in pictures]


def _sheet() -> Figure:
    from matplotlib.image import imread

    figure = style.new_figure(21.0, 19.5)
    panels = figure.subplots(len(SIZES), len(PRESET_ORDER), squeeze=False)
    for row, size in zip(panels, SIZES, strict=True):
        for axes, preset in zip(row, PRESET_ORDER, strict=True):
            layers = made(Town.of(size, preset, seed=SEED))
            drawn = io.BytesIO()
            draw_town(layers, f"{size}, {preset}").savefig(drawn, format="png", dpi=60)
            drawn.seek(0)
            axes.imshow(imread(drawn))
            axes.set_axis_off()
    return figure


if __name__ == "__main__":
    for path in draw_all(Path(sys.argv[1])):
        print(path)
