"""Rain as a dated fact: how hard it rains where and when, and who is warned, known before the clock starts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sim.city.terrain import Terrain
from sim.draws import Draws
from sim.hazards.hyetographs import hyetograph
from sim.hazards.rain_fields import RainField, Squares, built_up
from sim.hazards.rain_warnings import RainWarning, warnings
from sim.hazards.storm_cells import StormCells, storm_cells
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
    squares = Squares.over(terrain.extent, rain.cells.grid)
    field = RainField(
        storm,
        squares,
        begins_s=rain.begins - start_s,
        weights=built_up(terrain, squares),
        cells=_cells(rain, terrain, draws, duration_s=float(storm.time_s[-1]), index=index),
        even_rain=rain.cells.even_rain,
    )
    return field if rain.storm_is == "mean" else _with_wettest(field, storm.total_m)


def _cells(rain: Rain, terrain: Terrain, draws: Draws, *, duration_s: float, index: int) -> StormCells | None:
    if rain.spread == "even":
        return None
    return storm_cells(rain.cells, draws, extent=terrain.extent, duration_s=duration_s, index=index)


def _with_wettest(field: RainField, total_m: float) -> RainField:
    """The field scaled so that the built-up square with the most rain gets that total."""
    most_mm = float(np.max(field.total_mm(), where=field.weights > 0.0, initial=0.0))
    return field.scaled(total_m * 1e3 / most_mm)
