from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np
import pytest

from sim.city.streets import StreetClass, Structure
from sim.city.synthetic.plan import plan_of
from sim.errors import CityOpsError

from ..drawn_streets import drawn, net

SQUARE = [(0.0, 0.0), (100.0, 0.0), (100.0, 100.0), (0.0, 100.0)]
AROUND = [(0, 1), (1, 2), (2, 3), (3, 0)]
LOCAL, ARTERIAL = StreetClass.LOCAL, StreetClass.ARTERIAL


def test_streets_that_hang_together_are_kept_as_they_are() -> None:
    streets = net(3, 3)
    plan = plan_of(streets)
    assert plan.streets is streets
    assert plan.lots.n_blocks == 4


def test_only_the_largest_part_of_the_streets_is_kept_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    apart = [(500.0, 0.0), (600.0, 0.0)]
    alone = [(50.0, 50.0)]
    bends = {0: [(550.0, 5.0)], 2: [(105.0, 50.0), (104.0, 60.0)]}
    pairs = [(1, 2), *((a + 3, b + 3) for a, b in AROUND)]
    with caplog.at_level(logging.WARNING, "cityops"):
        plan = plan_of(drawn([*alone, *apart, *SQUARE], pairs, bends=bends))
    assert "1 of 5 streets and 3 of 7 corners are left out" in caplog.text
    assert plan.streets.xy.tolist() == [list(point) for point in SQUARE]
    assert np.column_stack([plan.streets.tail, plan.streets.head]).tolist() == [list(pair) for pair in AROUND]
    assert plan.streets.names == ("Street 1", "Street 2", "Street 3", "Street 4")
    assert plan.streets.line(1).tolist() == [[100, 0], [105, 50], [104, 60], [100, 100]]
    assert plan.lots.n_blocks == 1


@pytest.mark.parametrize("trap", [(0, 4), (4, 0)])
def test_a_one_way_street_that_leads_nowhere_or_comes_from_nowhere_is_left_out(trap: tuple[int, int]) -> None:
    plan = plan_of(drawn([*SQUARE, (-50.0, -50.0)], [*AROUND, trap], one_way=[4]))
    assert (plan.streets.n_streets, plan.streets.n_corners) == (4, 4)


def test_a_round_of_one_way_streets_is_kept() -> None:
    assert plan_of(drawn(SQUARE, AROUND, one_way=[0, 1, 2, 3])).streets.n_streets == 4


def test_streets_of_which_most_cannot_be_reached_are_refused() -> None:
    with pytest.raises(CityOpsError, match="do not hang together, found 0 of 4 in the largest part"):
        plan_of(drawn(SQUARE, [(0, 1), (1, 2), (2, 3), (0, 3)], one_way=[0, 1, 2, 3]))


@pytest.mark.parametrize("count", [2, 4])
def test_streets_on_one_line_enclose_no_ground(count: int) -> None:
    xy = [(100.0 * i, 0.0) for i in range(count)]
    with pytest.raises(CityOpsError, match=f"the streets enclose no ground, found {count - 1} on one line"):
        plan_of(drawn(xy, [(i, i + 1) for i in range(count - 1)]))


def test_corners_without_places_are_told_before_all_else() -> None:
    streets = drawn(SQUARE, AROUND)
    with pytest.raises(CityOpsError, match="4 of the corners have no place"):
        plan_of(replace(streets, xy=np.full((4, 2), np.nan)))


def test_of_streets_that_cross_without_a_corner_the_lesser_becomes_a_bridge(caplog: pytest.LogCaptureFixture) -> None:
    across = [*AROUND, (0, 2), (1, 3)]
    with caplog.at_level(logging.WARNING, "cityops"):
        alike = plan_of(drawn(SQUARE, across, bends={5: [(90.0, 20.0)]}))
        ranked = plan_of(drawn(SQUARE, across, street_class=[LOCAL] * 5 + [ARTERIAL]))
    assert "1 pairs of streets cross without a common corner, such as Street 4 and Street 5: 1 streets" in caplog.text
    assert np.flatnonzero(alike.streets.structure == Structure.BRIDGE).tolist() == [5]
    assert np.flatnonzero(ranked.streets.structure == Structure.BRIDGE).tolist() == [4]
    # A bridge bounds no block; the street below parts the square.
    assert sorted(alike.lots.area_m2.tolist()) == [5000.0, 5000.0]


def test_one_bridge_over_several_streets_is_enough() -> None:
    middle = [(0.0, 50.0), (100.0, 50.0)]
    pairs = [(0, 4), (4, 3), (1, 5), (5, 2), (0, 1), (3, 2), (4, 5), (0, 2)]
    plan = plan_of(drawn([*SQUARE, *middle], pairs))
    assert np.flatnonzero(plan.streets.structure).tolist() == [7]


def test_a_bridge_may_cross_what_it_likes() -> None:
    streets = drawn(SQUARE, [*AROUND, (0, 2), (1, 3)], structure={4: Structure.BRIDGE})
    assert plan_of(streets).streets is streets
