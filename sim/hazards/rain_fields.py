"""Rain over a town in space and time: squares in which it rains alike, with the mean that the storm says.

A field keeps the storm's course and its cells, never a picture of each step: what falls at a time is computed when it
is asked for.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.city.storms import Hyetograph
from sim.city.terrain import Cover, Terrain
from sim.errors import CityOpsError, Mistake
from sim.hazards.storm_cells import StormCells

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]
Field = npt.NDArray[np.float32]

MM_H = 1e-3 / 3600.0
LEAST_EVEN = 0.01  # below it, the edge of one far cell could become a cloudburst
BUILT_UP = (Cover.BUILT, Cover.STREET)


@dataclass(frozen=True, slots=True, kw_only=True)
class Squares:
    """The squares of a field, north up as ``Terrain``: row 0 is the northernmost.

    origin : x and y of the south-west corner, m;  side_m : of a square
    """

    origin: tuple[float, float]
    side_m: float
    rows: int
    columns: int

    @classmethod
    def over(cls, extent: tuple[float, float, float, float], side_m: float) -> Squares:
        """Squares from the south-west corner of an extent (west, east, south, north; m) that cover it."""
        west, east, south, north = extent
        if not (east > west and north > south and side_m > 0.0):
            raise CityOpsError(Mistake(what="rain needs ground to fall on", found=f"the extent {extent}"))
        rows = max(math.ceil((north - south) / side_m * (1.0 - 1e-12)), 1)
        columns = max(math.ceil((east - west) / side_m * (1.0 - 1e-12)), 1)
        return cls(origin=(west, south), side_m=side_m, rows=rows, columns=columns)

    @property
    def x_m(self) -> Floats:
        """float64 (columns,): middles from west to east."""
        return self.origin[0] + (np.arange(self.columns, dtype=np.float64) + 0.5) * self.side_m

    @property
    def y_m(self) -> Floats:
        """float64 (rows,): middles from north to south."""
        return self.origin[1] + (self.rows - 0.5 - np.arange(self.rows, dtype=np.float64)) * self.side_m

    def columns_at(self, x_m: Floats) -> Ints:
        """int32: the column of each x; CityOpsError outside."""
        return self._places((x_m - self.origin[0]) / self.side_m, self.columns, "east or west")

    def rows_at(self, y_m: Floats) -> Ints:
        """int32: the row of each y; CityOpsError outside."""
        return self._places(self.rows - (y_m - self.origin[1]) / self.side_m, self.rows, "north or south")

    def _places(self, place: Floats, n: int, side: str) -> Ints:
        outside = ~((place >= 0.0) & (place <= n))
        if outside.any():
            found = f"{int(outside.sum())} of {outside.size} places {side} of it"
            raise CityOpsError(Mistake(what="the rain does not reach all of the ground", found=found))
        whole: Ints = np.minimum(np.floor(place), n - 1).astype(np.int32)
        return whole


def built_up(terrain: Terrain, squares: Squares) -> Floats:
    """float64 (rows, columns): how many cells of the terrain in each square are built up or street.

    All cells of the terrain count where nothing is known of their cover, or none is built up. Raises CityOpsError where
    the squares do not cover the terrain.
    """
    row, column = nearest(terrain, squares)
    is_built = None if terrain.cover is None else np.isin(terrain.cover, BUILT_UP)
    if is_built is None or not is_built.any():
        number = np.outer(np.bincount(row, minlength=squares.rows), np.bincount(column, minlength=squares.columns))
        return number.astype(np.float64)
    counts: Floats = np.zeros((squares.rows, squares.columns))
    for r in np.unique(row):
        per_column = np.count_nonzero(is_built[row == r], axis=0).astype(np.float64)
        counts[r] = np.bincount(column, weights=per_column, minlength=squares.columns)
    return counts


def nearest(terrain: Terrain, squares: Squares) -> tuple[Ints, Ints]:
    """int32 (terrain rows,) and (terrain columns,): the square in which the middle of each cell lies."""
    rows, columns = terrain.shape
    west, _, south, _ = terrain.extent
    y = south + (rows - 0.5 - np.arange(rows, dtype=np.float64)) * terrain.cell_m
    x = west + (np.arange(columns, dtype=np.float64) + 0.5) * terrain.cell_m
    return squares.rows_at(y), squares.columns_at(x)


class RainField:
    """How hard it rains in each square at each time, scaled so that the mean over the weights is that of the storm.

    storm : the mean rain in steps of one length, from its begin;  begins_s : when that is, s
    weights : float64 (rows, columns), >= 0, not all 0: what each square counts for in the mean
    cells : None for even rain;  even_rain : the share of the rain to expect that falls without cells

    With cells, a square gets the storm's mean times (even + (1 - even) cells) over the weighted mean of that bracket,
    taken in the middle of a step. Without cells over the town it rains evenly; even rain bounds how much a single cell
    at its edge can be scaled up. Raises CityOpsError for weights of another shape, negative, or all 0, and for
    a share of even rain outside 0.01 .. 1.
    """

    def __init__(
        self,
        storm: Hyetograph,
        squares: Squares,
        *,
        begins_s: float,
        weights: Floats,
        cells: StormCells | None = None,
        even_rain: float = 1.0,
    ) -> None:
        if weights.shape != (squares.rows, squares.columns) or not (weights >= 0.0).all() or not weights.sum() > 0.0:
            found = f"shape {weights.shape}, sum {weights.sum():g}"
            raise CityOpsError(Mistake(what="the squares need weights, not negative and not all 0", found=found))
        if not LEAST_EVEN <= even_rain <= 1.0:
            raise CityOpsError(Mistake(what="the share of even rain is out of bounds", found=f"{even_rain:g}"))
        self.storm = storm
        self.squares = squares
        self.start_s = begins_s
        self.step_s = float(storm.time_s[1])
        self.n_steps = len(storm.time_s) - 1
        self._weights: Floats = weights / weights.sum()
        self._cells = cells
        self._even = even_rain
        self._latest: tuple[int, Field] | None = None

    @property
    def end_s(self) -> float:
        """When the last step ends, s."""
        return self.start_s + self.n_steps * self.step_s

    @property
    def weights(self) -> Floats:
        """float64 (rows, columns): what each square counts for in the mean; their sum is 1."""
        return self._weights

    def step_at(self, time_s: float) -> int | None:
        """The step that holds at a time; None before the begin, and from the end on."""
        step = math.floor((time_s - self.start_s) / self.step_s)
        return step if 0 <= step < self.n_steps else None

    def at(self, time_s: float) -> Field:
        """float32 (rows, columns), m/s, read-only: the rain in each square, the same until the step ends; else 0."""
        step = self.step_at(time_s)
        return self.in_step(step) if step is not None else _read_only(np.zeros(self._weights.shape, np.float32))

    def in_step(self, step: int) -> Field:
        """The rain of a step, 0 .. n_steps - 1, as ``at``."""
        if self._latest is None or self._latest[0] != step:
            self._latest = (step, _read_only(self._computed(step)))
        return self._latest[1]

    def mean_m_s(self, time_s: float) -> float:
        """The storm's mean rain at a time, m/s."""
        step = self.step_at(time_s)
        return 0.0 if step is None else float(self.storm.intensity_m_s[step])

    def mean_mm_h(self, time_s: float) -> float:
        """The storm's mean rain at a time, mm/h."""
        return self.mean_m_s(time_s) / MM_H

    def on(self, terrain: Terrain) -> tuple[Ints, Ints]:
        """For each row and each column of a terrain the row and column of its square, int32: the nearest middle.

        ``field.at(t)[row[:, None], column]`` is the rain on the terrain, whose mean over the cells that the weights
        count is the storm's. Raises CityOpsError where the terrain reaches beyond the field.
        """
        return nearest(terrain, self.squares)

    def series_at(self, xy: Floats) -> Floats:
        """float64 (points, steps), mm/h: the rain of each step at points (n, 2), m; CityOpsError outside the field."""
        points = np.asarray(xy, dtype=np.float64).reshape(-1, 2)
        row, column = self.squares.rows_at(points[:, 1]), self.squares.columns_at(points[:, 0])
        series: Floats = self._stacked(row, column) / MM_H
        return series

    def total_mm(self) -> Floats:
        """float64 (rows, columns), mm: what falls in each square in all."""
        total: Floats = np.zeros(self._weights.shape)
        for field in self._fields():
            total += field
        return total * (self.step_s * 1e3)

    def scaled(self, factor: float) -> RainField:
        """The same field with a multiple of its rain everywhere and always."""
        storm = Hyetograph(self.storm.time_s, self.storm.intensity_m_s * factor)
        return RainField(
            storm,
            self.squares,
            begins_s=self.start_s,
            weights=self._weights,
            cells=self._cells,
            even_rain=self._even,
        )

    def accumulated_mm(self, every_s: float) -> Field:
        """float32 (times, squares with a weight), mm fallen until 0, every, 2 every, ... s after the begin, to the end.

        ``every_s`` must be a whole number of steps; no rain falls after the end.
        """
        every = round(every_s / self.step_s)
        assert every >= 1 and math.isclose(every * self.step_s, every_s), "sums are taken over whole steps"
        counts = self._weights > 0.0
        so_far: Floats = np.zeros(int(counts.sum()))
        kept = np.zeros((-(-self.n_steps // every) + 1, len(so_far)), dtype=np.float32)
        for step, field in enumerate(self._fields()):
            so_far += field[counts]
            kept[step // every + 1] = so_far * (self.step_s * 1e3)
        return kept

    def _stacked(self, row: Ints, column: Ints) -> Floats:
        series: Floats = np.stack([field[row, column] for field in self._fields()], axis=1).astype(np.float64)
        return series

    def _fields(self) -> Iterator[Field]:
        return (self.in_step(step) for step in range(self.n_steps))

    def _computed(self, step: int) -> Field:
        mean = float(self.storm.intensity_m_s[step])
        if self._cells is None or mean == 0.0:
            return np.full(self._weights.shape, mean, dtype=np.float32)
        raw = self._cells.at((step + 0.5) * self.step_s, x_m=self.squares.x_m, y_m=self.squares.y_m)
        raw = self._even + (1.0 - self._even) * raw
        areal = float(np.sum(raw * self._weights))
        return (raw * (mean / areal)).astype(np.float32)


def _read_only(field: Field) -> Field:
    field.setflags(write=False)
    return field
