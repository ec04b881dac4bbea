"""Isolated and leaking pipes: our interventions give the heads that EPANET gives with the same done to its file."""

import numpy as np
import pytest

from sim.city.water import LinkKind, NodeKind, WaterNetwork
from tests.oracle.epanet_runs import EXPONENT, REQUIRED_M, TRIALS, close_at, close_links, cut_pipe, epanet_run

pytestmark = pytest.mark.oracle

ACCURACY = 1e-6
MODELS = pytest.mark.parametrize("pressure_driven", [False, True], ids=["demand-driven", "pressure-driven"])
HOUR, DAY = 3600, 86400


def solver_of(network, *, pressure_driven):
    model = {"minimum_m": 0.0, "required_m": REQUIRED_M, "exponent": EXPONENT} if pressure_driven else {}
    return network.solver(demand_model="PDA" if pressure_driven else "DDA", accuracy=ACCURACY, trials=TRIALS, **model)


def heads_of(state, until_s, *, act=None, at_s=0.0):
    """Head, and whether anything supplies it, of every node at each solve; ``act`` changes the state at ``at_s``."""
    rows = {}
    while state.next_s <= until_s:
        state.solve(state.next_s)
        if act is not None and state.solved_s == at_s:
            act(state)
            state.solve(at_s)
        rows[state.solved_s] = np.where(state.unsupplied(), np.nan, state.head_m(state.solved_s))
    return rows


def assert_same_heads(ours, tables, network, *, tolerance_m=0.01):
    """Equal at all of EPANET's times and nodes that are supplied, with the nodes brought into our order."""
    column = {name: i for i, name in enumerate(tables.node_names)}
    order = [column[name] for name in network.node_names]
    assert tables.balanced
    assert list(ours) == tables.time_s.tolist()
    head = np.array(list(ours.values()))
    supplied = tables.supplied[:, order]
    assert np.array_equal(np.isnan(head), ~supplied)
    assert np.abs(head - tables.head_m[:, order])[supplied].max() <= tolerance_m


def pipes_to_close(network, how_many, *, seed):
    """Sets of one to three pipes, and the pipes beside a dead end so that junctions are cut off."""
    rng = np.random.default_rng(seed)
    pipes = np.flatnonzero((network.link_kind == LinkKind.PIPE) & network.is_open)
    degree = np.bincount(np.concatenate([network.tail, network.head]), minlength=network.n_nodes)
    dead_end = (degree == 1) & network.is_junction
    cutting = [p for p in pipes if dead_end[network.tail[p]] or dead_end[network.head[p]]]
    sets = [rng.choice(pipes, size=1 + k % 3, replace=False) for k in range(how_many)]
    return [*sets, *(np.array([p]) for p in rng.choice(cutting, size=3, replace=False))]


@MODELS
@pytest.mark.parametrize("name", ["Net3.inp", "ky4.inp.gz"])
def test_closed_pipes_leave_the_heads_that_epanet_computes_without_them(data, name, pressure_driven):
    """Demand-driven, EPANET presses the demand of junctions that are cut off through closed pipes; it is taken away."""
    path = data / "water" / name
    network = WaterNetwork.from_inp(path)
    solver = solver_of(network, pressure_driven=pressure_driven)
    cut_off = 0
    for links in pipes_to_close(network, 9, seed=1):
        state = solver.start()
        for link in links:
            state.close_link(int(link))
        state.solve(0.0)
        ours = {0: np.where(state.unsupplied(), np.nan, state.head_m(0.0))}
        dry = tuple(network.node_names[i] for i in np.flatnonzero(np.isnan(ours[0])))
        change = close_links(*(network.link_names[link] for link in links), without_demand=dry)
        tables = epanet_run(path, accuracy=ACCURACY, pressure_driven=pressure_driven, duration_s=0, change=change)
        assert_same_heads(ours, tables, network)
        cut_off += int(np.isnan(ours[0]).sum())
    assert cut_off >= 3  # at least the dead ends


@MODELS
def test_a_pipe_that_is_closed_in_the_night_leaves_epanets_next_day(data, pressure_driven):
    path = data / "water" / "Net3.inp"
    network = WaterNetwork.from_inp(path)
    pipe, at_s = "123", 5 * HOUR
    link = network.index_of_link(pipe)
    state = solver_of(network, pressure_driven=pressure_driven).start()
    ours = heads_of(state, DAY, act=lambda s: s.close_link(link), at_s=at_s)
    how = {"pressure_driven": pressure_driven, "duration_s": DAY, "change": close_at(at_s, pipe)}
    assert_same_heads(ours, epanet_run(path, accuracy=ACCURACY, **how), network)


@MODELS
@pytest.mark.parametrize(("name", "pipe"), [("Net3.inp", "123"), ("ky4.inp.gz", "P-100"), ("Net1.inp", "110")])
@pytest.mark.parametrize("fraction", [0.5, 0.2])
def test_a_leak_in_the_middle_of_a_pipe_is_epanets_emitter_there(data, name, pipe, fraction, pressure_driven):
    path = data / "water" / name
    network = WaterNetwork.from_inp(path).with_break_points([pipe], [fraction])
    node = network.n_nodes - 1
    area_m2 = 0.1 * network.area_m2[network.index_of_link(pipe)]
    coefficient = 0.75 * area_m2 * np.sqrt(2 * 9.81)  # an orifice's, m3/s/m^0.5
    state = solver_of(network, pressure_driven=pressure_driven).start()
    state.set_leak(node, area_m2)
    ours = heads_of(state, min(DAY, network.options.duration_s))
    change = cut_pipe(pipe, fraction=fraction, elevation_m=network.elevation_m[node], emitter=coefficient)
    how = {"pressure_driven": pressure_driven, "duration_s": DAY, "change": change}
    tables = epanet_run(path, accuracy=ACCURACY, **how)
    assert_same_heads(ours, tables, network)
    last = tables.demand_m3s[-1, tables.node_names.index(network.node_names[node])]
    assert state.leak_m3s()[node] == pytest.approx(last, rel=1e-3)
    assert last > 0.001


@MODELS
def test_a_tank_that_runs_empty_gives_no_more_as_in_epanet(data, pressure_driven):
    """EPANET 2.3 shuts a pipe at a full or empty tank by the direction of its flow alone, however little head it loses.

    The level must be exactly the highest or lowest; a tank whose inflow is below 1e-6 ft3/s does not move.
    """
    path = data / "water" / "Net3.inp"
    network = WaterNetwork.from_inp(path)
    state = solver_of(network, pressure_driven=pressure_driven).start()
    state.close_link(network.index_of_link("123"))
    ours = heads_of(state, DAY)
    how = {"pressure_driven": pressure_driven, "duration_s": DAY, "change": close_links("123")}
    tables = epanet_run(path, accuracy=ACCURACY, **how)
    assert_same_heads(ours, tables, network)
    above_lowest = (tables.head_m - network.elevation_m - network.tank_minimum_m).min(axis=0)
    tanks = network.node_kind == NodeKind.TANK
    assert (above_lowest[tanks] < 1e-4).sum() == 2  # or it would have shown nothing
