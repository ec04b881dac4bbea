"""Which streets go on into each other, on small drawings."""

import math

from sim.city.synthetic.strokes import strokes_of
from tests.sim.city.drawn_streets import drawn, net


def test_at_a_crossing_both_streets_go_straight_on():
    cross = drawn([(0, 0), (-1, 0), (1, 0), (0, -1), (0, 1)], [(1, 0), (0, 2), (3, 0), (4, 0)])
    strokes = strokes_of(cross)
    west, east, south, north = strokes.of_street.tolist()
    assert west == east != south == north
    assert sorted(strokes.place[:2].tolist()) == sorted(strokes.place[2:].tolist()) == [0, 1]


def test_a_stroke_tells_which_of_its_streets_it_passes_backwards():
    line = drawn([(0, 0), (1, 0), (2, 0), (3, 0)], [(0, 1), (2, 1), (2, 3)])
    strokes = strokes_of(line)
    assert len(set(strokes.of_street.tolist())) == 1
    back = strokes.runs_back.tolist()
    assert back[0] == back[2] != back[1]
    assert strokes.place.tolist() in ([0, 1, 2], [2, 1, 0])


def test_a_sharp_turn_ends_a_stroke():
    corner = drawn([(0, 0), (1, 0), (1, 1)], [(0, 1), (1, 2)])
    assert len(set(strokes_of(corner).of_street.tolist())) == 2


def test_a_street_of_another_class_has_another_name():
    line = drawn([(0, 0), (1, 0), (2, 0)], [(0, 1), (1, 2)], street_class=[1, 3])
    assert len(set(strokes_of(line).of_street.tolist())) == 2


def test_of_two_ways_on_the_flatter_one_is_taken():
    fork = drawn([(0, 0), (1, 0), (2, 0.1), (2, -0.5)], [(0, 1), (1, 2), (1, 3)])
    of_street = strokes_of(fork).of_street.tolist()
    assert of_street[0] == of_street[1] != of_street[2]


def test_of_two_ways_on_that_are_equally_flat_only_one_is_taken():
    fork = drawn([(0, 0), (1, 0), (2, 0.25), (2, -0.25)], [(0, 1), (1, 2), (1, 3)])
    assert sorted(strokes_of(fork).size.tolist()) == [1, 2]


def test_a_closed_ring_is_one_stroke_with_a_beginning():
    ring = [(math.cos(math.pi * i / 6), math.sin(math.pi * i / 6)) for i in range(12)]
    strokes = strokes_of(drawn(ring, [(i, (i + 1) % 12) for i in range(12)]))
    assert strokes.size.tolist() == [12]
    assert sorted(strokes.place.tolist()) == list(range(12))


def test_a_net_has_one_stroke_for_each_of_its_lines():
    strokes = strokes_of(net(5, 4))
    assert sorted(strokes.size.tolist()) == sorted([4] * 4 + [3] * 5)
