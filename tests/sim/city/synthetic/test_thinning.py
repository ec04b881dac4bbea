"""Which streets are built, on small drafts."""

import numpy as np

from sim.city.streets import StreetClass, Structure
from sim.city.synthetic.thinning import joined, pruned, thinned, with_crossings
from sim.draws import Draws
from tests.sim.city.synthetic.test_chains import draft


def test_only_local_streets_on_the_surface_are_ever_left_out():
    pieces = draft(
        [(0, 1), (1, 2), (2, 3), (3, 4)],
        rank=[StreetClass.ARTERIAL, StreetClass.COLLECTOR, StreetClass.LOCAL, StreetClass.LOCAL],
        structure=[0, 0, 0, Structure.UNDERPASS],
    )
    assert thinned(pieces, Draws(1, 0), share=np.ones(4)).tolist() == [True, True, False, True]
    assert thinned(pieces, Draws(1, 0), share=np.zeros(4)).all()


def test_of_bridges_close_together_the_one_of_the_main_street_is_built():
    ladder = draft([(0, 1), (2, 3), (4, 5)], rank=[1, 0, 3], structure=[Structure.BRIDGE] * 3)
    built = with_crossings(ladder, Structure.BRIDGE, apart=1000.0, rank=StreetClass.ARTERIAL)
    assert built.tolist() == [False, True, False]
    assert with_crossings(ladder, Structure.BRIDGE, apart=0.5, rank=StreetClass.ARTERIAL).tolist() == [
        True,
        True,
        False,
    ]


def _two_rings(**kinds):
    rings = [(i, (i + 1) % 7) for i in range(7)] + [(7 + i, 7 + (i + 1) % 7) for i in range(7)]
    return draft([*rings, (0, 7), (1, 8), (2, 9)], **kinds)


def test_two_parts_are_joined_by_one_street_the_mainest_there_is():
    two = _two_rings(rank=[3] * 14 + [3, 2, 3])
    built = np.arange(17) < 14
    assert np.flatnonzero(joined(two, built)).tolist() == [*range(14), 15]


def test_two_parts_are_joined_on_the_surface_rather_than_by_a_bridge():
    two = _two_rings(rank=[3] * 14 + [3, 1, 3], structure=[0] * 14 + [0, Structure.BRIDGE, 0])
    assert np.flatnonzero(joined(two, np.arange(17) < 14)).tolist() == [*range(14), 14]


def test_what_hangs_together_gets_no_more_streets():
    two = _two_rings()
    built = np.arange(17) != 16
    assert (joined(two, built) == built).all()


def test_dead_ends_go_one_piece_after_the_other_unless_they_are_to_stay():
    lasso = draft([(0, 1), (1, 2), (2, 0), (2, 3), (3, 4), (0, 5), (5, 6)])
    keep = np.array([0.0] * 6 + [1.0])
    left = pruned(lasso, keep)
    assert sorted(zip(left.tail.tolist(), left.head.tolist(), strict=True)) == [(0, 1), (0, 5), (1, 2), (2, 0), (5, 6)]


def test_a_bridge_to_nowhere_is_not_built():
    lasso = draft([(0, 1), (1, 2), (2, 0), (2, 3)], structure=[0, 0, 0, Structure.BRIDGE])
    assert len(pruned(lasso, np.ones(4)).tail) == 3
