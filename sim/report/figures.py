"""The three pictures of a run: service over time, what the crews did, and the city at its worst moment.

Each is drawn by a file of its own; this one reads a finished run's folder and puts them into it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sim.report import city_map, crews, service
from sim.report.runs import read_run
from sim.report.style import look, save

FIGURES: Final = "figures"


def draw_all(folder: str | Path) -> list[Path]:
    """Draw the pictures of a finished run into its folder (``figures/*.png``) and give their paths.

    The same run gives the same bytes. A CityOpsError if there is no finished run in the folder.
    """
    run = read_run(folder)
    target = run.folder / FIGURES
    with look():
        drawn = {
            "service": service.draw(service.curves_of(run), run),
            "crews": crews.draw(crews.histories_of(run)),
            "map": city_map.draw(city_map.states_of(run)),
        }
    target.mkdir(exist_ok=True)
    return [save(figure, target / f"{name}.png") for name, figure in drawn.items()]
