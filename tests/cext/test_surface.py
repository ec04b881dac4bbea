"""Water on the ground keeps its volume, stays where it is level, and moves with the same bits however it is computed."""

import numpy as np
import pytest

from cext.surface import Surface

MM_H = 1.0 / 3.6e6


def kerbed(rows=60, columns=90, *, seed=3):
    """A slope with waves, streets 15 cm below the blocks, and roughness by chance."""
    rng = np.random.default_rng(seed)
    r, c = np.mgrid[:rows, :columns]
    bed = 20.0 + 0.004 * (columns - c) * 5.0 + 0.3 * np.sin(c / 9.0) * np.cos(r / 7.0)
    bed += np.where((r % 12 < 3) | (c % 15 < 3), 0.0, 0.15)
    return bed.astype(np.float32), rng.uniform(0.015, 0.08, bed.shape).astype(np.float32)


@pytest.mark.parametrize("level", [0.5, 0.1])
def test_a_lake_at_rest_stays_at_rest_to_the_last_bit(level):
    x = np.linspace(0.0, 20.0, 150)
    bed = np.tile(np.maximum(0.0, 0.2 - 0.05 * (x - 10.0) ** 2), (20, 1)).astype(np.float32)
    depth = np.maximum(np.float32(level) - bed, 0.0).astype(np.float32)
    ground = Surface(bed, 0.1333, depth_m=depth, least_depth_m=1e-5)
    ground.advance(30.0)
    np.testing.assert_array_equal(ground.depth_m(), depth)
    assert not ground.flow_west_m2s().any()
    assert not ground.flow_north_m2s().any()
