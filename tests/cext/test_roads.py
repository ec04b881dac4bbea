"""The routing kernel against a slow readable twin, and laws that any shortest times obey."""

import math
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cext.roads import Graph

INF = math.inf
LONGEST_MS = 2**31 - 2  # the longest time of an arc that is open


class Streets(NamedTuple):
    """Arcs (tail, head, ms), None = closed, among n nodes."""

    n: int
    arcs: list[tuple[int, int, int | None]]


def twin(streets: Streets, source: int) -> tuple[list[float], list[int]]:
    """Times in ms and last arcs, by a list instead of a heap: settle by (time, id), ties to the lowest arc."""
    due, via, open_nodes = [INF] * streets.n, [-1] * streets.n, set(range(streets.n))
    due[source] = 0
    while open_nodes:
        node = min(open_nodes, key=lambda v: (due[v], v))
        open_nodes.remove(node)
        for arc, (tail, head, ms) in enumerate(streets.arcs):
            if tail == node and head in open_nodes and ms is not None:
                due[head], via[head] = min((due[head], via[head]), (due[node] + ms, arc))
    return due, via


def twin_path(streets: Streets, source: int, target: int) -> list[int] | None:
    _, via = twin(streets, source)
    way: list[int] = []
    while via[target] >= 0:
        way.append(via[target])
        target = streets.arcs[via[target]][0]
    return way[::-1] if target == source else None


def twin_times(streets: Streets, source: int) -> list[float]:
    return [ms / 1000 for ms in twin(streets, source)[0]]


def ids(*values: int) -> np.ndarray:
    return np.array(values, np.int32)


def seconds(*ms: int | None) -> np.ndarray:
    return np.array([INF if value is None else value / 1000 for value in ms])


def graph(streets: Streets) -> Graph:
    tail, head, ms = zip(*streets.arcs, strict=True) if streets.arcs else ((), (), ())
    return Graph(streets.n, ids(*tail), ids(*head), seconds(*ms))


TIMES_MS = st.none() | st.sampled_from([0, 0, 1, 1, 2, LONGEST_MS]) | st.integers(0, 20)


@st.composite
def streets(draw: st.DrawFn) -> Streets:
    n = draw(st.integers(1, 9))
    node = st.integers(0, n - 1)
    return Streets(n, draw(st.lists(st.tuples(node, node, TIMES_MS), max_size=24)))


@st.composite
def streets_and_nodes(draw: st.DrawFn) -> tuple[Streets, list[int], list[int]]:
    city = draw(streets())
    nodes = st.lists(st.integers(0, city.n - 1), max_size=6)
    return city, draw(nodes), draw(nodes)


@given(streets())
def test_every_pair_has_the_time_and_the_way_of_the_twin(city: Streets) -> None:
    roads = graph(city)
    for source in range(city.n):
        times = twin_times(city, source)
        for target in range(city.n):
            assert roads.travel_time_s(source, target) == times[target]
            way = roads.path(source, target)
            assert (None if way is None else way.tolist()) == twin_path(city, source, target)


@given(streets())
def test_the_arcs_of_a_way_hang_together_and_add_up_to_its_time(city: Streets) -> None:
    roads = graph(city)
    for source in range(city.n):
        for target in range(city.n):
            way = roads.path(source, target)
            if way is None:
                assert roads.travel_time_s(source, target) == INF
                continue
            at = source
            for arc in way:
                assert city.arcs[arc][0] == at
                at = city.arcs[arc][1]
            assert at == target
            assert sum(city.arcs[arc][2] or 0 for arc in way) / 1000 == roads.travel_time_s(source, target)


@given(streets_and_nodes())
def test_a_table_holds_the_times_of_its_pairs(case: tuple[Streets, list[int], list[int]]) -> None:
    city, sources, targets = case
    roads = graph(city)
    table = roads.table_s(ids(*sources), ids(*targets))
    assert table.tolist() == [[roads.travel_time_s(s, t) for t in targets] for s in sources]


@given(streets_and_nodes(), st.sampled_from([0.0, 0.001, 0.005, 2e6, 1e15, INF]))
def test_reach_is_the_best_of_all_starts_either_way(
    case: tuple[Streets, list[int], list[int]], within_s: float
) -> None:
    city, starts, _ = case
    roads = graph(city)
    away = roads.table_s(ids(*starts), np.arange(city.n, dtype=np.int32)).min(axis=0, initial=INF)
    back = roads.table_s(np.arange(city.n, dtype=np.int32), ids(*starts)).min(axis=1, initial=INF)
    out = roads.reach_s(ids(*starts), within_s=within_s)
    assert out.tolist() == np.where(away <= within_s, away, INF).tolist()
    home = roads.reach_s(ids(*starts), backward=True, within_s=within_s)
    assert home.tolist() == np.where(back <= within_s, back, INF).tolist()


@given(streets_and_nodes(), st.integers(1, 8))
def test_the_nearest_are_those_of_brute_force_with_ties_to_the_lowest_index(
    case: tuple[Streets, list[int], list[int]], k: int
) -> None:
    city, units, targets = case
    roads = graph(city)
    for target in targets:
        times = [roads.travel_time_s(unit, target) for unit in units]
        best = [(time, i) for time, i in sorted((time, i) for i, time in enumerate(times)) if time < INF][:k]
        index, time_s = roads.nearest(target, ids(*units), k)
        assert list(zip(time_s.tolist(), index.tolist(), strict=True)) == best


@given(streets(), st.data())
def test_closing_an_arc_never_shortens_a_trip_and_opening_it_restores_all(city: Streets, data: st.DataObject) -> None:
    if not city.arcs:
        return
    roads = graph(city)
    everywhere = np.arange(city.n, dtype=np.int32)
    before = roads.table_s(everywhere, everywhere)
    arc = data.draw(st.integers(0, len(city.arcs) - 1))
    roads.set_times(ids(arc), seconds(None))
    assert (roads.table_s(everywhere, everywhere) >= before).all()
    assert all(arc not in way for s in everywhere for t in everywhere if (way := roads.path(s, t)) is not None)
    roads.set_times(ids(arc), seconds(city.arcs[arc][2]))
    assert roads.table_s(everywhere, everywhere).tolist() == before.tolist()


@given(streets(), st.lists(st.tuples(st.integers(0, 8), st.integers(0, 23), TIMES_MS), max_size=20))
def test_one_graph_asked_and_changed_often_answers_as_a_fresh_one(
    city: Streets, steps: list[tuple[int, int, int | None]]
) -> None:
    roads = graph(city)
    for node, arc, ms in steps:
        node %= city.n
        if city.arcs:
            arc %= len(city.arcs)
            city.arcs[arc] = (*city.arcs[arc][:2], ms)
            roads.set_times(ids(arc), seconds(ms))
        fresh = graph(city)
        units = ids(*range(0, city.n, 2))
        assert roads.travel_time_s(node, 0) == fresh.travel_time_s(node, 0)
        assert roads.nearest(node, units, 2)[0].tolist() == fresh.nearest(node, units, 2)[0].tolist()
        assert roads.reach_s(units, within_s=0.002).tolist() == fresh.reach_s(units, within_s=0.002).tolist()
        assert roads.table_s(units, ids(node, 0)).tolist() == fresh.table_s(units, ids(node, 0)).tolist()


def test_sums_beyond_32_bits_are_exact() -> None:
    n = 6
    chain = Streets(n, [(i, i + 1, LONGEST_MS) for i in range(n - 1)])
    roads = graph(chain)
    assert roads.travel_time_s(0, n - 1) == (n - 1) * LONGEST_MS / 1000
    assert roads.reach_s(ids(0)).tolist() == [i * LONGEST_MS / 1000 for i in range(n)]


@pytest.mark.parametrize("longest_ms", [60, 10**6, LONGEST_MS])
def test_hundreds_of_nodes_have_the_times_of_bellman_and_ford(longest_ms: int) -> None:
    # The heap is many levels deep, and with the longest arcs its keys lie on both sides of 2^32.
    random = np.random.default_rng(longest_ms)
    n, m = 300, 1500
    tail, head = random.integers(0, n, m, np.int32), random.integers(0, n, m, np.int32)
    ms = random.integers(longest_ms // 2, longest_ms, m, endpoint=True)
    roads = Graph(n, tail, head, ms / 1000)
    for source in range(0, n, 30):
        due = np.full(n, 2**62)
        due[source] = 0
        for _ in range(n):
            np.minimum.at(due, head, due[tail] + ms)
        assert roads.reach_s(ids(source)).tolist() == np.where(due < 2**61, due / 1000, INF).tolist()


def test_two_nodes_on_either_side_of_32_bits_settle_in_their_order() -> None:
    arcs = [(0, 1, 1000), (1, 2, LONGEST_MS), (2, 3, LONGEST_MS - 1010), (2, 4, LONGEST_MS), (3, 4, 1)]
    assert graph(Streets(5, arcs)).travel_time_s(0, 4) == (2**32 - 13) / 1000


def test_a_large_grid_of_equal_streets_has_the_times_of_its_street_count() -> None:
    # Thousands of ties fill the heap many levels deep.
    side = 60
    node = np.arange(side * side, dtype=np.int32).reshape(side, side)
    east, south = (node[:, :-1].ravel(), node[:, 1:].ravel()), (node[:-1].ravel(), node[1:].ravel())
    tail, head = np.concatenate((east[0], south[0])), np.concatenate((east[1], south[1]))
    roads = Graph(side * side, tail, head, np.ones(tail.size))
    row, column = np.divmod(np.arange(side * side), side)
    assert roads.reach_s(ids(0)).tolist() == (row + column).tolist()


def test_a_node_is_at_itself_at_once_whatever_its_loops_cost() -> None:
    roads = graph(Streets(1, [(0, 0, 5), (0, 0, 0), (0, 0, None)]))
    assert roads.travel_time_s(0, 0) == 0.0
    assert roads.path(0, 0).tolist() == []
    assert roads.nearest(0, ids(0, 0), 1)[0].tolist() == [0]


def test_of_parallel_arcs_the_fastest_is_driven_and_of_equal_ones_the_first() -> None:
    roads = graph(Streets(2, [(0, 1, 9), (0, 1, 4), (0, 1, 4)]))
    assert roads.path(0, 1).tolist() == [1]
    roads.set_times(ids(1), seconds(None))
    assert roads.path(0, 1).tolist() == [2]


def test_with_everything_closed_only_oneself_is_reached() -> None:
    roads = graph(Streets(3, [(0, 1, None), (1, 2, None)]))
    assert roads.reach_s(ids(1)).tolist() == [INF, 0.0, INF]
    assert roads.path(0, 2) is None
    assert roads.nearest(2, ids(0, 1), 2)[0].size == 0


def test_a_city_without_nodes_or_streets_has_empty_answers() -> None:
    none = graph(Streets(0, []))
    assert none.reach_s(ids()).size == none.times_s().size == 0
    assert none.table_s(ids(), ids()).shape == (0, 0)
    assert graph(Streets(2, [])).travel_time_s(0, 1) == INF


def test_times_are_rounded_to_the_nearest_millisecond() -> None:
    roads = Graph(2, ids(0, 1, 1), ids(1, 0, 0), np.array([0.0014999, 0.0016, INF]))
    assert roads.times_s().tolist() == [0.001, 0.002, INF]


def test_a_fork_closes_its_own_streets() -> None:
    roads = graph(Streets(2, [(0, 1, 7), (1, 0, 7)]))
    fork = roads.fork()
    fork.set_times(ids(0), seconds(None))
    assert (fork.travel_time_s(0, 1), roads.travel_time_s(0, 1)) == (INF, 0.007)
    roads.set_times(ids(1), seconds(3))
    assert (fork.travel_time_s(1, 0), roads.travel_time_s(1, 0)) == (0.007, 0.003)


@pytest.mark.parametrize("time_s", [math.nan, -0.001, -INF, 2147483.647])
def test_a_time_that_cannot_be_is_refused_by_its_arc_and_nothing_is_changed(time_s: float) -> None:
    roads = graph(Streets(2, [(0, 1, 7), (1, 0, 8)]))
    with pytest.raises(ValueError, match="arc 1: a travel time of"):
        roads.set_times(ids(0, 1), np.array([1.0, time_s]))
    assert roads.times_s().tolist() == [0.007, 0.008]
    with pytest.raises(ValueError, match="arc 1: a travel time of"):
        Graph(2, ids(0, 1), ids(1, 0), np.array([1.0, time_s]))


@pytest.mark.parametrize("node", [-1, 2, 2**40])
def test_a_node_that_is_not_there_is_named(node: int) -> None:
    roads = graph(Streets(2, [(0, 1, 7)]))
    questions = [roads.travel_time_s, roads.path, lambda s, _: roads.nearest(s, ids(0), 1)]
    for ask in questions:
        with pytest.raises(IndexError, match=f"node {node} is not in the road network, which has 2 nodes"):
            ask(node, 0)
    with pytest.raises(IndexError, match=f"node {node} "):
        roads.travel_time_s(0, node)


def test_lists_with_a_node_or_an_arc_that_is_not_there_are_refused_by_it() -> None:
    roads = graph(Streets(2, [(0, 1, 7)]))
    for ask in (
        lambda: roads.reach_s(ids(0, 5)),
        lambda: roads.table_s(ids(5), ids(0)),
        lambda: roads.table_s(ids(0), ids(5)),
        lambda: roads.nearest(0, ids(5), 1),
        lambda: Graph(2, ids(0), ids(5), seconds(1)),
        lambda: Graph(2, ids(5), ids(0), seconds(1)),
    ):
        with pytest.raises(IndexError, match="node 5 is not"):
            ask()
    with pytest.raises(IndexError, match="arc 1 is not in the road network, which has 1 arcs"):
        roads.set_times(ids(1), seconds(1))


def test_arrays_that_do_not_fit_and_questions_without_sense_are_refused() -> None:
    roads = graph(Streets(2, [(0, 1, 7)]))
    with pytest.raises(ValueError, match="2 tails but 1 heads"):
        Graph(2, ids(0, 1), ids(1), seconds(1))
    with pytest.raises(ValueError, match="1 arcs but 2 times"):
        roads.set_times(ids(0), seconds(1, 2))
    with pytest.raises(ValueError, match="-1 nodes"):
        Graph(-1, ids(), ids(), seconds())
    with pytest.raises(ValueError, match="the nearest 0 units"):
        roads.nearest(0, ids(1), 0)
    for within_s in (math.nan, -1.0):
        with pytest.raises(ValueError, match="must be at least 0"):
            roads.reach_s(ids(0), within_s=within_s)
