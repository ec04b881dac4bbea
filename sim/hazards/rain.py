"""Rain as a dated fact: how hard it rains where and when, and who is warned, known before the clock starts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sim.city.terrain import Terrain
from sim.draws import Draws
from sim.hazards.hyetographs import hyetograph
from sim.hazards.rain_fields import RainField, Squares, built_up
from sim.hazards.rain_warnings import RainWarning, warnings
from sim.hazards.storm_cells import storm_cells
from sim.scenario.rain import Rain


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rainstorm:
    """A storm over a town: its rain in space and time, and the warnings of it in the order in which they come."""

    field: RainField
    warnings: tuple[RainWarning, ...]


def facts(
    rain: Rain, terrain: Terrain, draws: Draws, *, start_s: float = 0.0, folder: Path = Path(), index: int = 0
) -> Rainstorm:
    """The storm of a replication over a terrain; its times count from the start of the scenario's clock.

    start_s : the scenario's ``start``, s after midnight;  folder : what paths are relative to
    index : which storm of the scenario, so that each has its own luck
    Raises CityOpsError for a gauge's table that cannot be read, and where there would be too many cells.
    """
    field = rain_field(rain, terrain, draws, start_s=start_s, folder=folder, index=index)
    issued = () if rain.warnings is None else warnings(rain.warnings, field, draws, index=index)
    return Rainstorm(field=field, warnings=issued)


def rain_field(
    rain: Rain, terrain: Terrain, draws: Draws, *, start_s: float = 0.0, folder: Path = Path(), index: int = 0
) -> RainField:
    """The field of ``facts``, without warnings."""
    storm = hyetograph(rain, folder)
    begins = rain.begins - start_s
    squares = Squares.over(terrain.extent, rain.cells.grid)
    weights = built_up(terrain, squares)
    if rain.spread == "even":
        return RainField(storm, squares, begins_s=begins, weights=weights)
    duration = float(storm.time_s[-1])
    cells = storm_cells(rain.cells, draws, extent=terrain.extent, duration_s=duration, index=index)
    return RainField(storm, squares, begins_s=begins, weights=weights, cells=cells, even_rain=rain.cells.even_rain)
