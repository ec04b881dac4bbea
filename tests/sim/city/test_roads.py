"""The road network's face: how it is made, what it gives and what it refuses."""

import math
import pickle

import networkx as nx
import numpy as np
import pytest

from sim.city.roads import RoadNetwork

INF = math.inf

# A ring 0 -> 1 -> 2 -> 3 -> 0 of 10 s each, and a slow chord 0 -> 2.
RING = ([0, 1, 2, 3, 0], [1, 2, 3, 0, 2], [10.0, 10.0, 10.0, 10.0, 30.0])


@pytest.fixture
def ring() -> RoadNetwork:
    return RoadNetwork.from_arcs(*RING)


def test_a_trip_follows_the_ring_until_a_street_closes(ring: RoadNetwork) -> None:
    assert ring.travel_time(0, 2) == 20.0
    assert ring.path(0, 2).tolist() == [0, 1]
    ring.set_times(1, INF)
    assert ring.travel_time(0, 2) == 30.0
    assert ring.path(0, 2).tolist() == [4]
    ring.set_times([1, 4], [5.0, INF])
    assert ring.travel_time(0, 2) == 15.0


def test_tables_and_reaches_have_the_direction_of_the_traffic(ring: RoadNetwork) -> None:
    assert ring.table([0, 3], [1]).tolist() == [[10.0], [20.0]]
    assert ring.reach([0]).tolist() == [0.0, 10.0, 20.0, 30.0]
    assert ring.reach([0, 2]).tolist() == [0.0, 10.0, 0.0, 10.0]
    assert ring.reach_to([0]).tolist() == [0.0, 30.0, 20.0, 10.0]
    assert ring.reach(0, within_s=10.0).tolist() == [0.0, 10.0, INF, INF]
    assert ring.reach_to(0, within_s=20.0).tolist() == [0.0, INF, 20.0, 10.0]
    assert ring.reach([]).tolist() == [INF] * 4
    assert ring.table([], [0, 1]).shape == (0, 2)


def test_the_nearest_unit_is_told_by_its_index_and_time(ring: RoadNetwork) -> None:
    index, time_s = ring.nearest(0, [1, 3, 2, 3], k=3)
    assert index.tolist() == [1, 3, 2]
    assert time_s.tolist() == [10.0, 10.0, 20.0]
    ring.set_times([3], INF)
    assert ring.nearest(0, [1, 3], k=2)[0].size == 0
    assert ring.nearest(0, [], k=2)[0].size == 0


def test_where_there_is_no_way_the_time_is_infinite_and_a_path_is_refused(ring: RoadNetwork) -> None:
    ring.set_times([0, 4], INF)
    assert ring.travel_time(0, 2) == INF
    with pytest.raises(ValueError, match="no way from node 0 to node 2"):
        ring.path(0, 2)
    assert ring.path(0, 0).size == 0


def test_the_arrays_of_a_network_show_it_and_cannot_change_it(ring: RoadNetwork) -> None:
    assert (ring.n_nodes, ring.n_arcs, ring.xy) == (4, 5, None)
    assert repr(ring) == "<RoadNetwork: 4 nodes, 5 arcs>"
    assert (ring.tail.tolist(), ring.head.tolist(), ring.time_s.tolist()) == RING
    for array in (ring.tail, ring.head, ring.time_s):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


def test_a_network_keeps_no_hold_on_the_arrays_it_was_made_from() -> None:
    tail, xy = np.array([0, 1], np.int32), np.zeros((2, 2))
    roads = RoadNetwork.from_arcs(tail, [1, 0], 5.0, xy)
    tail[0], xy[0, 0] = 1, 7.0
    assert roads.tail.tolist() == [0, 1]
    assert roads.xy is not None
    assert roads.xy.tolist() == [[0.0, 0.0], [0.0, 0.0]]


def test_a_fork_and_its_origin_close_streets_independently(ring: RoadNetwork) -> None:
    fork = ring.fork()
    fork.set_times(0, INF)
    ring.set_times(1, 1.0)
    assert (ring.travel_time(0, 2), fork.travel_time(0, 2)) == (11.0, 30.0)
    assert fork.tail.tolist() == ring.tail.tolist()


def test_a_network_sent_to_another_process_keeps_its_closures_and_lone_nodes() -> None:
    roads = RoadNetwork.from_arcs([0, 1], [1, 0], [1.5, INF], [[0, 0], [1, 0], [math.nan, math.nan]])
    copy = pickle.loads(pickle.dumps(roads))
    assert copy.time_s.tolist() == [1.5, INF]
    assert copy.n_nodes == 3
    assert np.array_equal(copy.xy, roads.xy, equal_nan=True)


def test_the_number_of_nodes_comes_from_the_count_the_places_or_the_arcs() -> None:
    assert RoadNetwork.from_arcs([0], [1], 1.0).n_nodes == 2
    assert RoadNetwork.from_arcs([0], [1], 1.0, [[0, 0]] * 3).n_nodes == 3
    assert RoadNetwork.from_arcs([0], [1], 1.0, n_nodes=4).n_nodes == 4
    assert RoadNetwork.from_arcs([], [], []).n_nodes == 0
    assert RoadNetwork.from_arcs([], [], [], [[0, 0]]).travel_time(0, 0) == 0.0


def test_a_directed_multigraph_keeps_its_parallel_streets() -> None:
    graph = nx.MultiDiGraph()
    graph.add_node("hall", x=3, y=4)
    graph.add_node("dock", x=0, y=0)
    graph.add_edge("hall", "dock", travel_time=9.0)
    graph.add_edge("hall", "dock", travel_time=5.0)
    roads = RoadNetwork.from_networkx(graph)
    assert roads.path(0, 1).tolist() == [1]
    assert roads.travel_time(1, 0) == INF
    assert roads.xy is not None
    assert roads.xy.tolist() == [[3.0, 4.0], [0.0, 0.0]]


def test_an_undirected_edge_is_two_streets_there_and_back() -> None:
    graph = nx.Graph([("a", "b", {"seconds": 2}), ("b", "c", {"seconds": 3})])
    roads = RoadNetwork.from_networkx(graph, weight="seconds")
    assert (roads.tail.tolist(), roads.head.tolist()) == ([0, 1, 1, 2], [1, 0, 2, 1])
    assert roads.travel_time(2, 0) == roads.travel_time(0, 2) == 5.0
    assert roads.xy is None


def test_a_graph_without_edges_or_with_an_edge_without_time() -> None:
    assert RoadNetwork.from_networkx(nx.Graph()).n_nodes == 0
    assert RoadNetwork.from_networkx(nx.empty_graph(2)).travel_time(0, 1) == INF
    with pytest.raises(ValueError, match=r"edge \('a', 'b'\) has no 'travel_time'"):
        RoadNetwork.from_networkx(nx.DiGraph([("a", "b")]))


def test_streets_along_links_run_both_ways_at_the_given_speed() -> None:
    roads = RoadNetwork.along([0, 1], [1, 2], [100.0, 50.0], speed_m_s=10.0, detour=1.2)
    assert (roads.tail.tolist(), roads.head.tolist()) == ([0, 1, 1, 2], [1, 0, 2, 1])
    assert roads.time_s.tolist() == [12.0, 12.0, 6.0, 6.0]
    assert roads.travel_time(2, 0) == 18.0


def test_a_link_without_length_is_as_long_as_the_line_between_its_ends_and_at_least_a_metre() -> None:
    links = ([0, 1, 2], [1, 2, 3], [0.0, 0.0, 0.0])
    places = [[0, 0], [30, 40], [30, 40], [math.nan, math.nan]]
    assert RoadNetwork.along(*links, speed_m_s=10.0, xy=places).time_s[::2].tolist() == [5.0, 0.1, 0.1]
    assert RoadNetwork.along(*links, speed_m_s=10.0).time_s[::2].tolist() == [0.1, 0.1, 0.1]


def test_nodes_that_no_link_meets_stay_nodes_of_the_streets() -> None:
    roads = RoadNetwork.along([0], [1], [10.0], speed_m_s=1.0, n_nodes=3)
    assert roads.n_nodes == 3
    assert roads.travel_time(0, 2) == INF


@pytest.mark.parametrize("length_m", [-1.0, math.nan, INF])
def test_a_link_of_impossible_length_is_named(length_m: float) -> None:
    with pytest.raises(ValueError, match="link 1: a length of"):
        RoadNetwork.along([0, 1], [1, 2], [5.0, length_m], speed_m_s=10.0)


@pytest.mark.parametrize(("speed_m_s", "detour", "name"), [(0.0, 1.0, "speed_m_s"), (5.0, math.nan, "detour")])
def test_a_speed_or_detour_that_is_not_above_zero_is_refused(speed_m_s: float, detour: float, name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} is .*; it must be above 0"):
        RoadNetwork.along([0], [1], [5.0], speed_m_s=speed_m_s, detour=detour)


def test_nodes_and_arcs_that_are_not_there_are_named(ring: RoadNetwork) -> None:
    for ask in (
        lambda: ring.travel_time(0, 9),
        lambda: ring.path(9, 0),
        lambda: ring.table([0, 9], [0]),
        lambda: ring.reach([9]),
        lambda: ring.reach_to(9),
        lambda: ring.nearest(0, [0, 9]),
        lambda: ring.nearest(9, [0]),
    ):
        with pytest.raises(IndexError, match="node 9 is not in the road network, which has 4 nodes from 0"):
            ask()
    with pytest.raises(IndexError, match="node -1 is not"):
        ring.reach([-1])
    with pytest.raises(IndexError, match="node 1099511627776 is not"):
        ring.reach([2**40])
    with pytest.raises(IndexError, match="arc 5 is not in the road network, which has 5 arcs from 0"):
        ring.set_times(5, 1.0)
    with pytest.raises(IndexError, match="node 3 is not in the road network, which has 3 nodes"):
        RoadNetwork.from_arcs([0], [3], 1.0, n_nodes=3)


def test_times_that_cannot_be_are_refused_by_their_arc(ring: RoadNetwork) -> None:
    with pytest.raises(ValueError, match=r"arc 3: a travel time of -1\.0 s"):
        ring.set_times([2, 3], [4.0, -1.0])
    with pytest.raises(ValueError, match="arc 0: a travel time of nan s"):
        RoadNetwork.from_arcs([0], [1], math.nan)
    assert ring.time_s.tolist() == RING[2]


def test_arguments_of_the_wrong_shape_or_kind_are_refused(ring: RoadNetwork) -> None:
    with pytest.raises(ValueError, match="nodes must be one integer or a list of them, found float64"):
        ring.reach([0.5])
    with pytest.raises(ValueError, match=r"found int64 \(1, 1\)"):
        ring.reach([[0]])
    with pytest.raises(ValueError, match="2 arcs but 3 times"):
        ring.set_times([0, 1], [1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="1 tails but 2 heads"):
        RoadNetwork.from_arcs([0], [1, 1], 1.0)
    with pytest.raises(ValueError, match="2 tails, 2 heads and 1 lengths"):
        RoadNetwork.along([0, 1], [1, 2], [5.0], speed_m_s=1.0)
    with pytest.raises(ValueError, match="3 nodes but 2 places"):
        RoadNetwork.from_arcs([0], [1], 1.0, [[0, 0], [1, 1]], n_nodes=3)
    with pytest.raises(ValueError, match=r"two columns, found the shape \(2, 3\)"):
        RoadNetwork.from_arcs([0], [1], 1.0, np.zeros((2, 3)))
    with pytest.raises(ValueError, match="the place of node 1 is infinite"):
        RoadNetwork.from_arcs([0], [1], 1.0, [[0, 0], [INF, 1]])
