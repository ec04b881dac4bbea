"""The measures of a street net, where they can be told by hand."""

import numpy as np
import pytest

from sim.city.faces import lots_of
from sim.city.shape_statistics import orientation_entropy, orientation_order, street_statistics
from tests.sim.city.drawn_streets import drawn, net


def test_a_net_of_squares_has_the_measures_of_a_perfect_grid():
    streets = net(11, 11)
    shape = street_statistics(streets, lots_of(streets))
    assert shape.node_degree == pytest.approx(2.0 * 220 / 121)
    assert shape.four_ways == pytest.approx(81 / 121)
    assert shape.three_ways == pytest.approx(36 / 121)
    assert shape.dead_ends == 0.0
    assert shape.circuity == pytest.approx(1.0)
    assert shape.orientation_entropy == pytest.approx(np.log(4.0))
    assert shape.orientation_order == pytest.approx(1.0)
    assert shape.median_length_m == shape.mean_length_m == 100.0
    assert shape.median_block_m2 == 10_000.0
    assert shape.corners_per_km2 == pytest.approx(117.0)


def test_a_street_that_goes_round_two_sides_of_a_square_counts_by_its_length():
    square = [(0.0, 0.0), (100.0, 0.0), (0.0, 100.0)]
    streets = drawn(square, [(0, 1), (0, 2), (1, 2)], bends={2: [(100.0, 100.0)]})
    shape = street_statistics(streets, lots_of(streets))
    assert shape.circuity == pytest.approx(400.0 / (200.0 + np.hypot(100.0, 100.0)))


def test_streets_of_all_bearings_alike_have_the_greatest_entropy_and_no_order():
    angle = np.radians(np.arange(0.0, 360.0, 10.0))
    entropy = orientation_entropy(np.stack([np.sin(angle), np.cos(angle)], axis=1))
    assert entropy == pytest.approx(np.log(36.0))
    assert orientation_order(entropy) == pytest.approx(0.0)


def test_a_grid_a_few_degrees_off_north_is_as_orderly_as_one_due_north():
    turn = np.radians(4.0)
    step = np.array([[np.sin(turn), np.cos(turn)], [np.cos(turn), -np.sin(turn)]])
    assert orientation_order(orientation_entropy(step)) == pytest.approx(1.0)


def test_without_a_block_there_is_no_shape():
    streets = drawn([(0.0, 0.0), (1.0, 0.0)], [(0, 1)])
    with pytest.raises(ValueError, match="1 streets, 0 blocks"):
        street_statistics(streets, lots_of(streets))
