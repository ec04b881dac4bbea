"""The pictures of a run: service over time, what the crews did, and the city at its worst moment.

Where it rains, also the flooded town and, where underpasses were closed, what that saved and cost. Each is drawn by a
file of its own; this one reads a finished run's folder and puts them into it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from sim.record.flood_vitals import knows_streets
from sim.report import city_map, crews, flood_map, service, tradeoff
from sim.report.runs import Run, read_run
from sim.report.style import look, save

if TYPE_CHECKING:
    from matplotlib.figure import Figure

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
            **_of_floods(run),
        }
    target.mkdir(exist_ok=True)
    return [save(figure, target / f"{name}.png") for name, figure in drawn.items()]


def _of_floods(run: Run) -> dict[str, Figure]:
    """The pictures that only logs with streets give."""
    histories = crews.histories_of(run)
    if not knows_streets(histories[0].log):
        return {}
    layers, points = flood_map.town_of(run), tradeoff.points_of(run)
    drawn = {} if layers is None else {"flood": flood_map.draw(histories, layers)}
    if len(points) > 1 and any(point.means != (0.0, 0.0) for point in points.values()):
        drawn["closing"] = tradeoff.draw(points, run.policies, confidence=0.95, replications=len(run.replications))
    return drawn
