import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial import cKDTree

from sim.city.synthetic.spreading import nearest_free, spread

SQUARE = np.column_stack([axis.ravel() for axis in np.meshgrid(np.arange(30.0), np.arange(30.0))])


@given(count=st.integers(0, 40), first=st.integers(0, 850))
def test_places_are_different_points_with_weight(count: int, first: int) -> None:
    weight = (np.arange(900) >= first).astype(float)
    chosen = spread(SQUARE, weight, count)
    assert len(set(chosen.tolist())) == count
    assert (chosen >= first).all()


def test_places_on_even_ground_keep_apart_and_leave_no_gap() -> None:
    xy = SQUARE[spread(SQUARE, np.ones(900), 9)]
    assert cKDTree(xy).query(xy, k=2)[0][:, 1].min() > 6.0
    assert cKDTree(xy).query(SQUARE)[0].max() < 10.0


def test_places_follow_the_weight() -> None:
    weight = np.where(SQUARE[:, 0] < 10.0, 8.0, 1.0)
    xy = SQUARE[spread(SQUARE, weight, 20)]
    assert 13 <= (xy[:, 0] < 10.0).sum() <= 18


def test_more_places_than_points_with_weight_are_refused() -> None:
    with pytest.raises(ValueError, match="5 places cannot be spread over 4 points"):
        spread(SQUARE, (np.arange(900) < 4).astype(float), 5)


def test_the_nearest_free_point_skips_all_of_a_taken_number() -> None:
    tree, numbers = cKDTree(SQUARE), np.arange(900) // 30
    assert nearest_free(tree, np.array([3.0, 0.0]), numbers=numbers, taken={0}) == 33
    assert nearest_free(tree, np.array([3.0, 0.0]), numbers=numbers, taken=set(range(30))) == -1
