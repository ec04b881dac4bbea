"""Streets from pieces: where one bends and where it ends."""

import numpy as np

from sim.city.streets import StreetClass, Structure
from sim.city.synthetic.chains import chained, corners_of
from sim.city.synthetic.drafts import Draft


def draft(pairs, *, rank=None, structure=None):
    tail, head = np.array(pairs).T
    n = int(max(tail.max(), head.max())) + 1
    return Draft(
        xy=np.stack([np.cos(2.0 * np.pi * np.arange(n) / n), np.sin(2.0 * np.pi * np.arange(n) / n)], axis=1) / 2.0,
        side=np.ones((n, 2), dtype=np.int8),
        is_corner=np.zeros(n, dtype=np.bool_),
        tail=tail,
        head=head,
        rank=np.array(rank if rank else [StreetClass.LOCAL] * len(pairs), dtype=np.int8),
        structure=np.array(structure if structure else [0] * len(pairs), dtype=np.int8),
    )


def rows(chains):
    lists = [chains.point[a:b].tolist() for a, b in zip(chains.first[:-1], chains.first[1:], strict=True)]
    return sorted(min(row, row[::-1]) for row in lists)


def test_pieces_through_bends_are_one_street():
    star = draft([(0, 1), (2, 1), (2, 3), (3, 4), (3, 5)])
    assert rows(chained(star, corners_of(star))) == [[0, 1, 2, 3], [3, 4], [3, 5]]


def test_a_street_has_the_main_rank_and_the_structure_of_its_pieces():
    line = draft([(0, 1), (1, 2)], rank=[StreetClass.LOCAL, StreetClass.COLLECTOR])
    chains = chained(line, corners_of(line))
    assert chains.rank.tolist() == [StreetClass.COLLECTOR]
    assert chains.structure.tolist() == [0]


def test_a_bridge_begins_and_ends_at_corners_even_where_nothing_else_meets():
    line = draft([(0, 1), (1, 2), (2, 3)], structure=[0, Structure.BRIDGE, 0])
    chains = chained(line, corners_of(line))
    assert rows(chains) == [[0, 1], [1, 2], [2, 3]]
    assert sorted(chains.structure.tolist()) == [0, 0, Structure.BRIDGE]


def test_no_street_runs_from_a_corner_to_itself():
    lasso = draft([(0, 1), (1, 2), (2, 3), (3, 4), (4, 1)])
    chains = chained(lasso, corners_of(lasso))
    assert (chains.tail != chains.head).all()
    assert sum(len(row) - 1 for row in rows(chains)) == 5


def test_of_two_streets_between_the_same_corners_one_gets_a_corner_more():
    twins = draft([(0, 1), (1, 2), (1, 3), (3, 4), (4, 2), (2, 5)])
    chains = chained(twins, corners_of(twins))
    pairs = [tuple(sorted(pair)) for pair in zip(chains.tail.tolist(), chains.head.tolist(), strict=True)]
    assert len(set(pairs)) == len(pairs)
