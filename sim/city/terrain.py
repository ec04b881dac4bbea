"""The ground of a city as a raster: how high it lies and what covers it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from sim.errors import CityOpsError, Mistake

if TYPE_CHECKING:
    from sim.city.surface_flow import Rain, SurfaceFlow

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]


class Cover(IntEnum):
    """What lies on the ground of a cell."""

    GREEN = 0  # fields, parks, gardens
    BUILT = 1  # blocks with houses, yards and pavements
    STREET = 2
    WATER = 3  # the river


@dataclass(frozen=True, slots=True, eq=False)
class Terrain:
    """Square cells over the ground, north up: row 0 is the northernmost, column 0 the westernmost; arrays read-only.

    elevation_m : float32 (rows, columns), m;  cell_m : the side of a cell, m
    manning : roughness, s/m^(1/3), one for all, or float32 (rows, columns)
    cover : uint8 (rows, columns), of Cover;  None where nothing is known of it
    origin : x and y of the south-west corner of the raster, m
    Other numbers are turned into these types. Raises CityOpsError for a raster that is not two-dimensional or empty,
    cells without a height, and sides or roughnesses that are not above 0.
    """

    elevation_m: npt.NDArray[np.float32]
    cell_m: float
    manning: float | npt.NDArray[np.float32] = 0.03
    cover: npt.NDArray[np.uint8] | None = None
    origin: tuple[float, float] = (0.0, 0.0)

    def __post_init__(self) -> None:
        self._keep("elevation_m", np.float32)
        if self.elevation_m.ndim != 2 or self.elevation_m.size == 0:
            raise _mistake("elevation_m", "the heights are no raster", f"the shape {np.shape(self.elevation_m)}")
        if not 0.0 < self.cell_m < np.inf:
            raise _mistake("cell_m", "the side of a cell must be above 0", str(self.cell_m))
        if not isinstance(self.manning, (int, float)):
            self._keep("manning", np.float32)
        if self.cover is not None:
            self._keep("cover", np.uint8)
        self._check_heights()
        self._check_shapes()
        if not (np.min(self.manning) > 0.0 and np.max(self.manning) < np.inf):
            raise _mistake("manning", "a roughness must be above 0", str(np.min(self.manning)))

    def _keep(self, name: str, dtype: type[np.generic]) -> None:
        array = np.ascontiguousarray(getattr(self, name), dtype=dtype).view()
        array.setflags(write=False)
        object.__setattr__(self, name, array)

    def _check_heights(self) -> None:
        # The extremes of rows are finite only where all of a row is: no array of the raster's size is needed.
        rows = np.flatnonzero(~(np.isfinite(self.elevation_m.min(axis=1)) & np.isfinite(self.elevation_m.max(axis=1))))
        if rows.size:
            holes = ~np.isfinite(self.elevation_m[rows])
            column = int(np.flatnonzero(holes[0])[0])
            found = f"{int(holes.sum())} without one, the first in row {rows[0]}, column {column}"
            raise _mistake("elevation_m", "every cell needs a height", found)

    def _check_shapes(self) -> None:
        for name in ("manning", "cover"):
            shape = np.shape(getattr(self, name))
            if shape not in ((), self.elevation_m.shape):
                raise _mistake(name, f"must have the shape {self.elevation_m.shape}", str(shape))

    def simulate(self, rain_mm_h: Rain, duration_s: float, **settings: Any) -> SurfaceFlow:
        """Let it rain on the dry ground: depths at the end, the largest depths, and where the water went.

        rain_mm_h : one number, float (rows, columns), or float (n,) with ``rain_step_s``: a rate for each such step
        settings : as of ``sim.city.surface_flow.simulate``

        Raises CityOpsError where something does not fit, UnsoundFlow where the numbers fail.
        """
        from sim.city.surface_flow import simulate

        return simulate(self, rain_mm_h, duration_s, **settings)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        rows, columns = self.elevation_m.shape
        return rows, columns

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """West, east, south and north edge, m."""
        rows, columns = self.shape
        west, south = self.origin
        return west, west + columns * self.cell_m, south, south + rows * self.cell_m

    def cell_at(self, xy: Floats) -> Ints:
        """int32 (...): the cell (row times columns plus column) that covers each point (..., 2); -1 outside."""
        rows, columns = self.shape
        column = np.floor((xy[..., 0] - self.origin[0]) / self.cell_m)
        row = rows - 1 - np.floor((xy[..., 1] - self.origin[1]) / self.cell_m)
        inside = (column >= 0) & (column < columns) & (row >= 0) & (row < rows)
        cell: Ints = np.where(inside, row * columns + column, -1).astype(np.int32)
        return cell

    def centre_of(self, cell: Ints | npt.NDArray[np.int64]) -> Floats:
        """float64 (..., 2): the middle of each cell, m."""
        rows, columns = self.shape
        row, column = np.divmod(cell, columns)
        x = self.origin[0] + (column + 0.5) * self.cell_m
        y = self.origin[1] + (rows - 0.5 - row) * self.cell_m
        return np.stack([x, y], axis=-1)


def _mistake(field: str, what: str, found: str) -> CityOpsError:
    return CityOpsError(Mistake(what=what, field=field, found=found))
