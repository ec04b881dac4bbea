"""Speeds, widths and names of streets."""

import numpy as np

from sim.city.streets import StreetClass
from sim.city.synthetic.classes import SPEED_M_S, WIDTH_M, dressed, pace
from sim.city.synthetic.strokes import strokes_of
from tests.sim.city.drawn_streets import drawn


def test_traffic_is_free_at_night_and_slowest_in_the_morning_and_evening_peaks():
    hours = pace()
    assert hours.shape == (4, 24)
    assert (hours[:, :5] == 1.0).all()
    assert ((hours > 0.0) & (hours <= 1.0)).all()
    for of_class in hours:
        assert set(np.flatnonzero(of_class == of_class.min()).tolist()) == {8, 17}
        assert of_class[12] > of_class[8]


def test_main_streets_are_faster_and_wider_and_lose_more_to_traffic():
    assert (np.diff(SPEED_M_S) < 0.0).all()
    assert (np.diff(WIDTH_M) < 0.0).all()
    assert (np.diff(pace()[:, 8]) > 0.0).all()
    # Even so no arterial is ever slower than a local street.
    assert (np.diff(SPEED_M_S * pace()[:, 8]) < 0.0).all()


def test_streets_are_named_by_class_the_longest_first_and_numbered_along_themselves():
    line = [(float(i), 0.0) for i in range(4)]
    streets = drawn([*line, (9.0, 9.0), (10.0, 9.0)], [(0, 1), (1, 2), (2, 3), (4, 5)], street_class=[1, 1, 1, 3])
    made = dressed(streets, strokes_of(streets))
    assert sorted(made.names[:3]) == ["Avenue 1, part 1", "Avenue 1, part 2", "Avenue 1, part 3"]
    assert made.names[1] == "Avenue 1, part 2"
    assert made.names[3] == "Street 1"
    assert made.speed_m_s[3] == SPEED_M_S[StreetClass.LOCAL]
    assert made.width_m[0] == WIDTH_M[StreetClass.ARTERIAL]
