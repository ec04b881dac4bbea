"""Finding the pieces that cross: by hand, and against trying every pair."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sim.city.crossings import crossing_pairs


def _pairs(*pieces, asked=None):
    both = np.array(pieces, dtype=np.float64).reshape(-1, 4)
    return crossing_pairs(both[:, :2], both[:, 2:], asked=asked).tolist()


def test_two_diagonals_cross():
    assert _pairs((0, 0, 2, 2), (0, 2, 2, 0)) == [[0, 1]]


def test_pieces_that_share_an_end_do_not_cross():
    assert _pairs((0, 0, 2, 2), (2, 2, 4, 0)) == []


def test_a_piece_that_ends_on_another_touches_it():
    assert _pairs((0, 0, 4, 0), (2, 0, 2, 3)) == [[0, 1]]


def test_pieces_one_behind_the_other_on_a_line_are_apart():
    assert _pairs((0, 0, 1, 0), (2, 0, 3, 0)) == []


def test_only_pairs_with_a_piece_asked_for_are_told():
    pieces = ((0, 0, 2, 2), (0, 2, 2, 0), (10, 0, 12, 2), (10, 2, 12, 0))
    assert _pairs(*pieces, asked=np.array([False, False, True, False])) == [[2, 3]]


def test_nothing_crosses_where_there_are_fewer_than_two():
    assert _pairs() == []
    assert _pairs((0, 0, 1, 1)) == []


whole = st.integers(0, 12)


@given(st.lists(st.tuples(whole, whole, whole, whole).filter(lambda p: p[:2] != p[2:]), max_size=25))
def test_hashing_finds_the_pairs_that_trying_all_finds(pieces):
    expected = [[i, j] for j in range(len(pieces)) for i in range(j) if _cross(pieces[i], pieces[j])]
    assert _pairs(*pieces) == sorted(expected)


def _cross(p, q):
    """Whole numbers, so the signs are exact."""
    a, b, c, d = p[:2], p[2:], q[:2], q[2:]
    if {a, b} & {c, d}:
        return False

    def turn(u, v, w):
        return (v[0] - u[0]) * (w[1] - u[1]) - (v[1] - u[1]) * (w[0] - u[0])

    def on(u, v, w):
        return turn(u, v, w) == 0 and all(min(u[k], v[k]) <= w[k] <= max(u[k], v[k]) for k in (0, 1))

    if turn(a, b, c) * turn(a, b, d) < 0 and turn(c, d, a) * turn(c, d, b) < 0:
        return True
    return on(a, b, c) or on(a, b, d) or on(c, d, a) or on(c, d, b)
