from __future__ import annotations

import heapq

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sim.city.depressions import ways_out


def flooded(height: np.ndarray, outlets: np.ndarray) -> np.ndarray:
    """Priority flood (Barnes et al., 2014), cell by cell."""
    level = np.full(height.shape, np.inf)
    heap = [(height[at], at) for at in zip(*np.nonzero(outlets), strict=True)]
    for z, at in heap:
        level[at] = z
    heapq.heapify(heap)
    while heap:
        z, (row, column) = heapq.heappop(heap)
        for at in ((row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)):
            if 0 <= at[0] < height.shape[0] and 0 <= at[1] < height.shape[1]:
                rise = max(z, height[at])
                if rise < level[at]:
                    level[at] = rise
                    heapq.heappush(heap, (rise, at))
    return level


grounds = arrays(np.float64, st.tuples(st.integers(1, 8), st.integers(1, 8)), elements=st.integers(-3, 9).map(float))


@given(grounds, st.data())
def test_water_leaves_at_the_level_that_priority_flood_finds(height: np.ndarray, data: st.DataObject) -> None:
    outlets = np.zeros(height.shape, bool)
    for at in data.draw(st.sets(st.integers(0, height.size - 1), min_size=1)):
        outlets.flat[at] = True
    level, steps = ways_out(height, outlets)
    assert np.array_equal(level, flooded(height, outlets))
    assert np.array_equal(steps > 0, level > height)


def test_a_bowl_fills_to_the_least_of_its_rim_and_counts_the_way_through_its_pool() -> None:
    height = np.full((5, 6), 9.0)
    height[2, 1:5] = 1.0
    height[2, 5] = 3.0
    edge = np.ones(height.shape, bool)
    edge[1:-1, 1:-1] = False
    level, steps = ways_out(height, edge)
    assert level[2].tolist() == [9.0, 3.0, 3.0, 3.0, 3.0, 3.0]
    assert steps[2].tolist() == [0, 4, 3, 2, 1, 0]
