import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.city.synthetic.banks import crosses, distance_to, stepped
from sim.city.synthetic.plan import Course

RIVER = Course(xy=np.array([[0.0, 0.0], [400.0, 0.0], [700.0, 300.0]]), width_m=40.0)


def test_distances_count_from_the_bank() -> None:
    away = distance_to(RIVER, np.array([[100.0, 70.0], [100.0, 15.0], [-30.0, -40.0], [700.0, 400.0]]))
    assert away == pytest.approx([50.0, 0.0, 30.0, 80.0])


def test_without_a_river_everything_is_far_from_it() -> None:
    assert np.isinf(distance_to(None, np.zeros((3, 2)))).all()


@given(x=st.floats(-500, 1200), y=st.floats(-500, 900))
def test_the_distance_is_that_to_the_nearest_of_many_points(x: float, y: float) -> None:
    dense = stepped(RIVER.xy, 1.0)
    exact = np.hypot(*(dense - (x, y)).T).min() - 20.0
    assert distance_to(RIVER, np.array([[x, y]]))[0] == pytest.approx(max(exact, 0.0), abs=0.6)


def test_steps_keep_the_ends_and_are_short() -> None:
    line = stepped(RIVER.xy, 50.0)
    assert line[0].tolist() == [0.0, 0.0]
    assert line[-1].tolist() == [700.0, 300.0]
    assert np.hypot(*np.diff(line, axis=0).T).max() <= 50.0
    assert [400.0, 0.0] in line.tolist()


def test_ways_from_bank_to_bank_cross_and_ways_along_do_not() -> None:
    a = np.array([[100.0, -50.0], [100.0, 50.0], [600.0, 100.0], [100.0, 20.0]])
    b = np.array([[120.0, 60.0], [350.0, 50.0], [500.0, 200.0], [100.0, 500.0]])
    assert crosses(RIVER, a, b).tolist() == [True, False, True, False]
