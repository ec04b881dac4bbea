"""Tracing blocks: by hand, and the laws of planar graphs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.city.faces import lots_of
from sim.city.streets import Structure
from tests.sim.city.drawn_streets import drawn, net

SQUARE = [(0.0, 0.0), (100.0, 0.0), (100.0, 100.0), (0.0, 100.0)]
ROUND = [(0, 1), (1, 2), (2, 3), (3, 0)]


def test_four_streets_around_a_square_bound_one_block():
    lots = lots_of(drawn(SQUARE, ROUND))
    assert lots.area_m2.tolist() == [10_000.0]
    assert lots.centre_xy.tolist() == [[50.0, 50.0]]
    assert lots.beside.tolist() == [[0, -1]] * 4
    ring = lots.corner.tolist()
    assert ring[ring.index(0) :] + ring[: ring.index(0)] == [0, 1, 2, 3]


def test_a_street_drawn_the_other_way_has_the_block_on_its_right():
    lots = lots_of(drawn(SQUARE, [(0, 1), (2, 1), (2, 3), (3, 0)]))
    assert lots.beside.tolist() == [[0, -1], [-1, 0], [0, -1], [0, -1]]


def test_a_bend_outwards_adds_its_triangle_to_the_block():
    lots = lots_of(drawn(SQUARE, ROUND, bends={0: [(50.0, -40.0)]}))
    assert lots.area_m2.tolist() == [12_000.0]
    # The triangle's centre lies at y = -40 / 3 and weighs a sixth of the whole.
    assert lots.centre_xy[0] == pytest.approx([50.0, (10_000.0 * 50.0 - 2_000.0 * 40.0 / 3.0) / 12_000.0])


def test_two_streets_between_the_same_corners_bound_a_block():
    lots = lots_of(drawn([(0.0, 0.0), (100.0, 0.0)], [(0, 1), (0, 1)], bends={1: [(50.0, 50.0)]}))
    assert lots.area_m2.tolist() == [2_500.0]
    assert lots.beside.tolist() == [[0, -1], [-1, 0]]


def test_a_dead_end_has_its_block_on_both_sides_and_takes_no_area():
    lots = lots_of(drawn([*SQUARE, (50.0, 50.0)], [*ROUND, (0, 4)]))
    assert lots.area_m2.tolist() == [10_000.0]
    assert lots.beside[4].tolist() == [0, 0]
    assert sorted(lots.corner.tolist()) == [0, 0, 1, 2, 3, 4]


def test_streets_without_a_ring_bound_nothing():
    lots = lots_of(drawn(SQUARE, ROUND[:3]))
    assert lots.n_blocks == 0
    assert (lots.beside == -1).all()
    assert lots.corner_first.tolist() == [0]


@pytest.mark.parametrize("structure", [Structure.BRIDGE, Structure.UNDERPASS, Structure.TUNNEL])
def test_what_passes_above_or_below_divides_no_block(structure):
    across = drawn(SQUARE, [*ROUND, (0, 2)], structure={4: int(structure)})
    lots = lots_of(across)
    assert lots.area_m2.tolist() == [10_000.0]
    assert lots.beside[4].tolist() == [-1, -1]
    assert lots_of(drawn(SQUARE, [*ROUND, (0, 2)])).area_m2.tolist() == [5_000.0, 5_000.0]


def test_a_street_that_returns_to_its_own_corner_bounds_what_it_goes_round():
    lots = lots_of(drawn([(0.0, 0.0)], [(0, 0)], bends={0: [(100.0, 0.0), (100.0, 100.0), (0.0, 100.0)]}))
    assert lots.area_m2.tolist() == [10_000.0]
    assert lots.beside.tolist() == [[0, -1]]


def test_no_streets_at_all_have_no_blocks():
    lots = lots_of(drawn([], []))
    assert lots.n_blocks == 0
    assert lots.beside.shape == (0, 2)


@given(columns=st.integers(2, 7), rows=st.integers(2, 7), data=st.data())
def test_blocks_of_a_net_keep_its_area_whatever_streets_inside_it_are_missing(columns, rows, data):
    whole = net(columns, rows)
    outline = _outline(whole, columns, rows)
    kept = outline | np.array(data.draw(st.lists(st.booleans(), min_size=len(outline), max_size=len(outline))))
    part = drawn(whole.xy.tolist(), list(zip(whole.tail[kept].tolist(), whole.head[kept].tolist(), strict=True)))
    lots = lots_of(part)
    # Inner parts that hang on nothing bound ground that the block around them counts too.
    lone = _parts(part) - 1
    assert len(part.xy) - part.n_streets + lots.n_blocks == 1 + lone
    inner = sum(_ring_area(part, block, lots) for block in range(lots.n_blocks))
    assert lots.area_m2.sum() == pytest.approx(inner)
    assert lots.area_m2.sum() >= (columns - 1) * (rows - 1) * 10_000.0 - 1e-6
    sides = np.bincount(lots.beside[lots.beside >= 0], minlength=lots.n_blocks)
    assert sides.tolist() == np.diff(lots.corner_first).tolist()


def _outline(streets, columns, rows):
    x, y = (streets.xy[streets.tail] + streets.xy[streets.head]).T / 2.0
    return (x == 0.0) | (y == 0.0) | (x == (columns - 1) * 100.0) | (y == (rows - 1) * 100.0)


def _parts(streets):
    root = list(range(streets.n_corners))

    def find(i):
        while root[i] != i:
            i = root[i]
        return i

    for a, b in zip(streets.tail.tolist(), streets.head.tolist(), strict=True):
        root[find(a)] = find(b)
    return len({find(i) for i in range(streets.n_corners)})


def _ring_area(streets, block, lots):
    ring = streets.xy[lots.corner[lots.corner_first[block] : lots.corner_first[block + 1]]]
    x, y = ring.T
    return float(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1)) / 2.0)
