"""One-way pairs on a net where one can see what they should be."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.city.faces import lots_of
from sim.city.synthetic.one_ways import passable, with_one_ways
from sim.city.synthetic.strokes import strokes_of
from tests.sim.city.drawn_streets import drawn, net


def test_pairs_on_a_net_run_in_opposite_ways_and_no_more_than_asked():
    streets = net(7, 7)
    made, _ = with_one_ways(streets, lots_of(streets), strokes=strokes_of(streets), share=0.3)
    one_way = np.flatnonzero(made.is_one_way)
    assert 0 < len(one_way) <= 0.3 * made.n_streets
    step = (made.xy[made.head] - made.xy[made.tail])[one_way]
    assert np.allclose(step.sum(axis=0), 0.0)


def test_blocks_stay_beside_their_streets_when_those_are_turned():
    streets = net(7, 7)
    made, lots = with_one_ways(streets, lots_of(streets), strokes=strokes_of(streets), share=0.5)
    again = lots_of(made)
    # Traced anew, blocks may be numbered otherwise: they are known by their centres.
    for side in (0, 1):
        known = lots.beside[:, side] >= 0
        assert (known == (again.beside[:, side] >= 0)).all()
        before, after = lots.centre_xy[lots.beside[known, side]], again.centre_xy[again.beside[known, side]]
        assert np.allclose(before, after)


def test_turning_a_street_turns_its_bends():
    streets = net(7, 7)
    bent = drawn(
        streets.xy.tolist(),
        list(zip(streets.tail.tolist(), streets.head.tolist(), strict=True)),
        bends={
            i: [tuple(0.7 * a + 0.3 * b), tuple(0.3 * a + 0.7 * b)]
            for i, (a, b) in enumerate(zip(streets.xy[streets.tail], streets.xy[streets.head], strict=True))
        },
    )
    made, _ = with_one_ways(bent, lots_of(bent), strokes=strokes_of(bent), share=0.5)
    assert (made.tail != bent.tail).any()
    for street in range(made.n_streets):
        line = made.line(street)
        assert np.allclose(np.hypot(*np.diff(line, axis=0).T).sum(), 100.0)


def test_a_one_way_street_that_would_be_a_trap_becomes_two_way():
    dead_end = drawn([(0, 0), (1, 0), (2, 0)], [(0, 1), (1, 2)])
    assert passable(dead_end, np.array([False, True])).tolist() == [False, False]


def test_a_ring_may_be_one_way_all_round_but_not_against_itself():
    triangle = [(0, 0), (1, 0), (0, 1)]
    round_about = drawn(triangle, [(0, 1), (1, 2), (2, 0)])
    assert passable(round_about, np.ones(3, dtype=bool)).all()
    against = drawn(triangle, [(0, 1), (1, 2), (0, 2)])
    assert not passable(against, np.ones(3, dtype=bool)).any()


@settings(max_examples=40)
@given(st.lists(st.booleans(), min_size=40, max_size=40), st.lists(st.booleans(), min_size=40, max_size=40))
def test_whatever_is_made_one_way_every_corner_of_a_net_stays_in_reach(one_way, turned):
    streets = net(5, 5)
    pairs = [
        (b, a) if back else (a, b)
        for a, b, back in zip(streets.tail.tolist(), streets.head.tolist(), turned, strict=True)
    ]
    mixed = drawn(streets.xy.tolist(), pairs)
    stays = passable(mixed, np.array(one_way))
    assert (stays <= np.array(one_way)).all()
    onward = {i: set() for i in range(25)}
    for (a, b), only in zip(pairs, stays.tolist(), strict=True):
        onward[a].add(b)
        if not only:
            onward[b].add(a)
    for start in range(25):
        assert len(_reached(onward, start)) == 25


def _reached(onward, start):
    seen, todo = {start}, [start]
    while todo:
        for near in onward[todo.pop()] - seen:
            seen.add(near)
            todo.append(near)
    return seen
