"""Shortest times on the streets of Manhattan equal SciPy's, millisecond for millisecond."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from sim.city.roads import RoadNetwork

pytestmark = pytest.mark.oracle

SOURCES, PER_SOURCE = 40, 50  # 2,000 pairs


class Manhattan:
    """The real streets made harder: seeded parallel arcs, zero weights, loops, closures and a part cut off."""

    def __init__(self, data: Path, seed: int) -> None:
        streets = np.load(data / "roads" / "jemss_manhattan.npz")
        random = np.random.default_rng(seed)
        tail, head, ms = (streets[name].astype(np.int64) for name in ("tail", "head", "w"))
        self.n = int(max(tail.max(), head.max())) + 1
        again = random.integers(0, tail.size, 2000)
        loops = random.integers(0, self.n, 50)
        self.tail = np.concatenate((tail, tail[again], loops))
        self.head = np.concatenate((head, head[again], loops))
        self.ms = np.concatenate((ms, random.integers(0, 2 * ms[again] + 1), np.full(50, 3)))
        self.ms[random.integers(0, self.ms.size, 1500)] = 0
        self.closed = np.zeros(self.ms.size, bool)
        self.closed[random.integers(0, self.ms.size, 200)] = True  # more cut most streets off each other
        cut = random.integers(0, self.n, 30)
        self.closed |= np.isin(self.head, cut)
        self.pairs = random.integers(0, self.n, (SOURCES, PER_SOURCE + 1))
        self.pairs[:, 1] = cut[0]

    def times_s(self) -> NDArray[np.float64]:
        return np.where(self.closed, np.inf, self.ms / 1000)

    def scipy_ms(self, sources: NDArray[np.int64]) -> NDArray[np.float64]:
        """SciPy's matrix would add parallel arcs up: keep the fastest; given as CSR, zeros stay stored arcs."""
        is_open = ~self.closed
        tail, head, ms = self.tail[is_open], self.head[is_open], self.ms[is_open]
        order = np.lexsort((ms, head, tail))
        tail, head, ms = tail[order], head[order], ms[order]
        first = np.r_[True, (np.diff(tail) != 0) | (np.diff(head) != 0)]
        starts = np.searchsorted(tail[first], np.arange(self.n + 1))
        matrix = csr_array((ms[first].astype(float), head[first], starts), shape=(self.n, self.n))
        assert (matrix.data == 0).sum() > 500
        return dijkstra(matrix, indices=sources)


@pytest.fixture(scope="module")
def manhattan(data: Path) -> Manhattan:
    return Manhattan(data, 1)


def test_two_thousand_pairs_have_the_times_of_scipy(manhattan: Manhattan) -> None:
    roads = RoadNetwork.from_arcs(manhattan.tail, manhattan.head, manhattan.times_s(), n_nodes=manhattan.n)
    theirs = manhattan.scipy_ms(manhattan.pairs[:, 0]) / 1000
    unreachable = 0
    for row, (source, *targets) in enumerate(manhattan.pairs.tolist()):
        ours = np.array([roads.travel_time(source, target) for target in targets])
        assert ours.tolist() == theirs[row, targets].tolist()
        assert ours.tolist() == roads.table(source, targets)[0].tolist()
        assert roads.reach(source).tolist() == theirs[row].tolist()
        unreachable += int(np.isinf(ours).sum())
    assert SOURCES <= unreachable < SOURCES * PER_SOURCE // 2


def test_paths_drive_open_arcs_that_add_up_to_the_times_of_scipy(manhattan: Manhattan) -> None:
    roads = RoadNetwork.from_arcs(manhattan.tail, manhattan.head, manhattan.times_s(), n_nodes=manhattan.n)
    theirs = manhattan.scipy_ms(manhattan.pairs[:, 0])
    for row, (source, _, *targets) in enumerate(manhattan.pairs[:, :12].tolist()):
        for target in targets:
            if np.isfinite(theirs[row, target]):
                way = roads.path(source, target)
                assert [source, *roads.head[way]] == [*roads.tail[way], target]
                assert not manhattan.closed[way].any()
                assert manhattan.ms[way].sum() == theirs[row, target]


def test_closing_and_opening_at_once_gives_what_scipy_finds_on_the_streets_so_changed(data: Path) -> None:
    manhattan = Manhattan(data, 3)
    before = manhattan.times_s()
    random = np.random.default_rng(4)
    roads = RoadNetwork.from_arcs(manhattan.tail, manhattan.head, before, n_nodes=manhattan.n)
    sources = manhattan.pairs[:3, 0]
    roads.table(sources, manhattan.pairs[0])
    arcs = random.choice(roads.n_arcs, 1000, replace=False)
    manhattan.closed[arcs] = random.random(arcs.size) < 0.2
    roads.set_times(arcs, manhattan.times_s()[arcs])
    theirs = manhattan.scipy_ms(sources) / 1000
    assert np.array_equal(np.stack([roads.reach(source) for source in sources]), theirs)
    assert np.array_equal(roads.reach(sources), theirs.min(axis=0))
    target = int(manhattan.pairs[0, 2])
    units = manhattan.pairs[:, 3]
    times = manhattan.scipy_ms(units)[:, target] / 1000
    assert np.isfinite(times).sum() > 10
    index, time_s = roads.nearest(target, units, k=10)
    assert index.tolist() == np.argsort(times, kind="stable")[:10].tolist()
    assert time_s.tolist() == np.sort(times)[:10].tolist()
