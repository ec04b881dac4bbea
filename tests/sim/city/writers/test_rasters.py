from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sim.city.readers.rasters import HIGHEST_M, LOWEST_M, read_raster
from sim.city.terrain import Terrain
from sim.city.writers.rasters import write_raster
from sim.errors import CityOpsError

heights = arrays(
    np.float32,
    st.tuples(st.integers(1, 4), st.integers(1, 4)),
    elements=st.floats(LOWEST_M, HIGHEST_M, width=32, allow_subnormal=False),
)
place = st.floats(-1e7, 1e7)


@pytest.mark.parametrize("ending", [".asc", ".npy"])
@given(heights, st.floats(0.1, 100.0), place, place)
def test_every_bit_of_the_heights_comes_back(
    ending: str, tmp_path_factory: pytest.TempPathFactory, z: np.ndarray, cell: float, x: float, y: float
) -> None:
    path = tmp_path_factory.mktemp("raster") / f"ground{ending}"
    write_raster(Terrain(z, cell, origin=(x, y)), path)
    read = read_raster(path)
    assert np.array_equal(read.elevation_m, z)
    assert (read.cell_m, read.origin) == (cell, (x, y))


def test_another_ending_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CityOpsError, match=r"found .xyz; accepted: .asc, .npy"):
        write_raster(Terrain(np.zeros((1, 1)), 1.0), tmp_path / "ground.xyz")
