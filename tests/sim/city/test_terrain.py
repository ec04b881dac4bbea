from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sim.city.terrain import Terrain
from sim.errors import CityOpsError


def test_row_0_is_the_north_and_every_cell_finds_its_own_middle() -> None:
    ground = Terrain(np.zeros((3, 4)), cell_m=5.0, origin=(100.0, 200.0))
    assert ground.shape == (3, 4)
    assert ground.extent == (100.0, 120.0, 200.0, 215.0)
    assert ground.centre_of(np.array(0)).tolist() == [102.5, 212.5]
    cells = np.arange(12)
    assert ground.cell_at(ground.centre_of(cells)).tolist() == cells.tolist()


def test_points_outside_have_no_cell() -> None:
    ground = Terrain(np.zeros((3, 4)), cell_m=5.0)
    assert ground.cell_at(np.array([(-0.1, 1.0), (20.0, 1.0), (1.0, 15.0), (1.0, -0.1)])).tolist() == [-1] * 4


def test_plain_lists_become_single_precision_that_nobody_can_change() -> None:
    ground = Terrain([[1, 2], [3, 4]], cell_m=5.0, manning=[[0.1, 0.2], [0.3, 0.4]])  # type: ignore[arg-type]
    assert ground.elevation_m.dtype == np.float32
    assert isinstance(ground.manning, np.ndarray)
    with pytest.raises(ValueError, match="read-only"):
        ground.elevation_m[0, 0] = 5.0


def test_an_array_of_the_caller_stays_changeable() -> None:
    heights = np.zeros((2, 2), np.float32)
    Terrain(heights, cell_m=1.0)
    heights[0, 0] = 1.0


HOLED = np.array([[1.0, 2.0, 3.0], [4.0, np.nan, np.inf]])


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"elevation_m": np.zeros(3), "cell_m": 1.0}, "no raster"),
        ({"elevation_m": np.zeros((0, 3)), "cell_m": 1.0}, "no raster"),
        ({"elevation_m": HOLED, "cell_m": 1.0}, "2 without one, the first in row 1, column 1"),
        ({"elevation_m": np.zeros((2, 2)), "cell_m": 0.0}, "side of a cell must be above 0, found 0"),
        ({"elevation_m": np.zeros((2, 2)), "cell_m": 1.0, "manning": 0.0}, "a roughness must be above 0"),
        ({"elevation_m": np.zeros((2, 2)), "cell_m": 1.0, "manning": np.ones((3, 2))}, r"manning.*shape \(2, 2\)"),
        ({"elevation_m": np.zeros((2, 2)), "cell_m": 1.0, "cover": np.ones((3, 2))}, r"cover.*shape \(2, 2\)"),
    ],
)
def test_what_is_no_ground_is_refused_by_name(arguments: dict[str, Any], expected: str) -> None:
    with pytest.raises(CityOpsError, match=expected):
        Terrain(**arguments)
