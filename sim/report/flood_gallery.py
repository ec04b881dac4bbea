"""The pictures of a flood for the documentation: ``python -m sim.report.flood_gallery RUN FOLDER``."""

from __future__ import annotations

import sys
from pathlib import Path

from sim.report import flood_map, style, tradeoff
from sim.report.crews import histories_of
from sim.report.runs import read_run


def draw_all(run_folder: Path, folder: Path) -> list[Path]:
    """Draw the flooded town and the trade-off of closing of a finished comparison, as small files."""
    run = read_run(run_folder)
    layers, points = flood_map.town_of(run), tradeoff.points_of(run)
    assert layers is not None, "the scenario of the documentation is a made town"
    with style.look():
        curve = tradeoff.draw(points, run.policies, confidence=0.95, replications=len(run.replications))
        pictures = {
            "underpass-flood.png": style.small_png(flood_map.draw(histories_of(run), layers), dpi=75),
            "underpass-tradeoff.png": style.small_png(curve, dpi=90),
        }
    for name, png in pictures.items():
        (folder / name).write_bytes(png)
    return [folder / name for name in pictures]


if __name__ == "__main__":
    for path in draw_all(Path(sys.argv[1]), Path(sys.argv[2])):
        print(path)
