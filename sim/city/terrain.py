"""The ground of a city as a raster: how high it lies and what covers it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

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

    elevation_m : float32 (rows, columns);  cell_m : the side of a cell, m
    manning : roughness, s/m^(1/3), one for all, or float32 (rows, columns)
    cover : uint8 (rows, columns), of Cover;  None where nothing is known of it
    origin : x and y of the south-west corner of the raster, m
    """

    elevation_m: npt.NDArray[np.float32]
    cell_m: float
    manning: float | npt.NDArray[np.float32] = 0.03
    cover: npt.NDArray[np.uint8] | None = None
    origin: tuple[float, float] = (0.0, 0.0)

    def __post_init__(self) -> None:
        for value in (self.elevation_m, self.manning, self.cover):
            if isinstance(value, np.ndarray):
                value.setflags(write=False)

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

    def centre_of(self, cell: Ints) -> Floats:
        """float64 (..., 2): the middle of each cell, m."""
        rows, columns = self.shape
        row, column = np.divmod(cell, columns)
        x = self.origin[0] + (column + 0.5) * self.cell_m
        y = self.origin[1] + (rows - 0.5 - row) * self.cell_m
        return np.stack([x, y], axis=-1)
