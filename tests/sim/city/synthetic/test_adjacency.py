import dataclasses

import numpy as np

from sim.city.blocks import Lots
from sim.city.streets import Structure
from sim.city.synthetic.adjacency import neighbours_of, parts, superblocks, ways
from tests.sim.city.synthetic.small_plan import square_plan


def _without_streets(lots: Lots) -> Lots:
    return dataclasses.replace(lots, beside=np.full_like(lots.beside, -1))


def test_blocks_are_neighbours_across_streets() -> None:
    plan = square_plan(4, 3, river=False)  # blocks 0 1 2 below 3 4 5
    pairs = neighbours_of(plan.lots, plan.streets)
    found = {tuple(sorted(pair)) for pair in zip(pairs.one.tolist(), pairs.other.tolist(), strict=True)}
    assert found == {(0, 1), (1, 2), (3, 4), (4, 5), (0, 3), (1, 4), (2, 5)}


def test_blocks_that_no_street_joins_are_joined_to_the_nearest() -> None:
    plan = square_plan(12, 10, river=False)
    pairs = neighbours_of(_without_streets(plan.lots), plan.streets)
    assert (pairs.street == -1).all()
    assert parts(pairs.one, pairs.other, plan.lots.n_blocks).max() == 0
    way = plan.lots.centre_xy[pairs.one] - plan.lots.centre_xy[pairs.other]
    assert np.median(np.hypot(*way.T)) == 120.0


def test_two_halves_of_a_large_town_are_joined_once() -> None:
    plan = square_plan(90, 90, river=False)
    beside = plan.lots.beside.copy()
    below = np.arange(89) + 20 * 89  # the streets from west to east along the 21st line of corners
    beside[below] = -1
    lots = dataclasses.replace(plan.lots, beside=beside)
    pairs = neighbours_of(lots, plan.streets)
    joints = np.flatnonzero(pairs.street == -1)
    assert len(joints) == 1
    assert abs(int(pairs.one[joints[0]]) - int(pairs.other[joints[0]])) == 89


def test_a_bridge_joins_the_blocks_at_its_ends() -> None:
    plan = square_plan(7, 12)
    pairs = neighbours_of(_without_streets(plan.lots), plan.streets)
    joined = pairs.street[pairs.street >= 0]
    assert len(joined) > 0
    assert (plan.streets.structure[joined] != Structure.SURFACE).all()


def test_superblocks_lie_between_arterials() -> None:
    plan = square_plan(13, 13, river=False)  # arterials 0, 6 and 12: four superblocks of 6 by 6
    found = superblocks(neighbours_of(plan.lots, plan.streets), plan.streets, plan.lots.n_blocks)
    assert np.bincount(found).tolist() == [36, 36, 36, 36]


def test_ways_between_sets_have_the_least_cost_of_their_pairs() -> None:
    plan = square_plan(3, 3, river=False)
    pairs = neighbours_of(plan.lots, plan.streets)
    graph = ways(pairs, np.arange(1.0, len(pairs.one) + 1.0), np.array([0, 0, 1, 1], dtype=np.int32)).toarray()
    between = [1.0 + i for i in range(len(pairs.one)) if abs(int(pairs.one[i]) - int(pairs.other[i])) == 2]
    assert graph.tolist() == [[0.0, min(between)], [min(between), 0.0]]
