"""Expressways and tunnels: what passes below what, on crosses drawn by hand."""

from dataclasses import replace

import numpy as np

from sim.city.streets import StreetClass, Structure
from sim.city.synthetic.structures import sunk_below_expressways, tunnelled
from sim.draws import Draws
from tests.sim.city.synthetic.test_chains import draft

EXPRESS, MAIN, COLLECTOR, LOCAL = (int(one) for one in StreetClass)


def _cross(along, across):
    """Point 1 between 0 and 2 along, and between 3 and 4 across."""
    return draft([(0, 1), (1, 2), (3, 1), (1, 4)], rank=[along, along, across, across])


def _left(made):
    passed, built = made
    return [
        (int(a), int(b), int(kind), int(how))
        for a, b, kind, how, there in zip(passed.tail, passed.head, passed.rank, passed.structure, built, strict=True)
        if there
    ]


def test_a_collector_passes_below_an_expressway_without_a_corner():
    left = _left(sunk_below_expressways(_cross(EXPRESS, COLLECTOR), np.ones(4, dtype=bool)))
    assert left == [(0, 1, EXPRESS, 0), (1, 2, EXPRESS, 0), (3, 4, COLLECTOR, Structure.UNDERPASS)]


def test_local_streets_stop_before_an_expressway():
    left = _left(sunk_below_expressways(_cross(EXPRESS, LOCAL), np.ones(4, dtype=bool)))
    assert left == [(0, 1, EXPRESS, 0), (1, 2, EXPRESS, 0)]


def test_a_collector_with_no_other_corner_near_meets_an_expressway():
    wide = _cross(EXPRESS, COLLECTOR)
    wide = replace(wide, xy=wide.xy * 3.0)
    assert len(_left(sunk_below_expressways(wide, np.ones(4, dtype=bool)))) == 4


def test_an_arterial_meets_an_expressway_at_a_corner():
    left = _left(sunk_below_expressways(_cross(EXPRESS, MAIN), np.ones(4, dtype=bool)))
    assert len(left) == 4


def _street_with_crossings(count):
    """An arterial 0 .. count + 1 with a local street through each of its inner points."""
    along = [(i, i + 1) for i in range(count + 1)]
    n = count + 2
    across = [pair for i in range(1, count + 1) for pair in ((n + 2 * i, i), (i, n + 2 * i + 1))]
    return draft([*along, *across], rank=[MAIN] * len(along) + [LOCAL] * len(across))


def test_an_arterial_may_pass_below_two_to_four_local_streets_in_one_tunnel():
    for count in (2, 3, 4):
        street = _street_with_crossings(count)
        left = _left(tunnelled(street, np.ones(len(street.tail), dtype=bool), Draws(1, 0), one_in=1))
        assert [one for one in left if one[3]] == [(0, count + 1, MAIN, Structure.TUNNEL)]
        assert sum(kind == LOCAL for _, _, kind, _ in left) == 2 * count


def test_no_tunnel_is_shorter_or_longer_than_that():
    for count in (1, 5):
        street = _street_with_crossings(count)
        left = _left(tunnelled(street, np.ones(len(street.tail), dtype=bool), Draws(1, 0), one_in=1))
        assert all(how == Structure.SURFACE for *_, how in left)


def test_too_few_points_for_a_tunnel_have_none():
    street = _street_with_crossings(3)
    left = _left(tunnelled(street, np.ones(len(street.tail), dtype=bool), Draws(1, 0), one_in=1_000))
    assert len(left) == len(street.tail)
