"""The water network's own answers: who is where, how far, how many people, what cannot be solved, and its runs."""

import gzip
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.city.water import LinkKind, NodeKind, WaterNetwork
from sim.errors import CityOpsError, MissingExtra

TOWN = """[JUNCTIONS]
A 10 1.5 day
B 20 2.5
C 12 0
[RESERVOIRS]
R 50
[TANKS]
T 30 2 1 5 10 0
[PIPES]
P1 R A 1000 300 100 0.6 Open
P2 A B 500 200 120 0 Open
P2a B A 400 200 120 0 Open
P3 B T 800 250 110 0 Open
P4 B C 300 150 110 0.2 CV
[DEMANDS]
A 1.5 day
A -9
[PATTERNS]
day 0.5 2.0
[OPTIONS]
Units LPS
Headloss H-W
Demand Multiplier 2
[TIMES]
Duration 6
[COORDINATES]
A 0 0
B 100 40
[END]
"""


@pytest.fixture
def read(tmp_path):
    """Reads the town, with words replaced and sections added."""

    def read(*more, replaced=()):
        text = TOWN
        for old, new in replaced:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "town.inp"
        path.write_text(text.replace("[END]", "\n".join((*more, "[END]"))))
        return WaterNetwork.from_inp(path)

    return read


@pytest.fixture(scope="module")
def net3():
    return WaterNetwork.from_inp("wntr:Net3")


# -- names, neighbours, distances, people ------------------------------------------------------------------------------


def test_names_are_looked_up_and_wrong_ones_answered_with_the_nearest(net3):
    assert net3.node_names[net3.index_of_node("Lake")] == "Lake"
    assert net3.link_names[net3.index_of_link("335")] == "335"
    with pytest.raises(CityOpsError, match="Net3 has no such node, found 'lake'; did you mean 'Lake'"):
        net3.index_of_node("lake")
    with pytest.raises(CityOpsError, match=r"Net3 has no such link, found 'nowhere at all'$"):
        net3.index_of_link("nowhere at all")


def test_neighbours_are_listed_from_both_ends(net3):
    first, neighbour, link = net3.adjacency()
    assert (first[0], first[-1]) == (0, 2 * net3.n_links)
    for node in range(net3.n_nodes):
        for k in range(first[node], first[node + 1]):
            assert {node, neighbour[k]} == {net3.tail[link[k]], net3.head[link[k]]}
        assert np.all(np.diff(link[first[node] : first[node + 1]]) > 0)


def test_distances_take_the_shorter_of_parallel_pipes_and_the_nearer_source(read):
    town = read()
    a, r, t, c = (town.index_of_node(n) for n in "ARTC")
    assert town.distances_along([r])[[a, t, c]] == pytest.approx([1000, 2200, 1700])
    assert town.distances_along(np.array([r, t]))[[a, t, c]] == pytest.approx([1000, 0, 1100])
    assert np.isinf(town.distances_along([])).all()


def test_pumps_have_no_length_and_what_no_link_reaches_is_infinitely_far(read):
    sections = ("[RESERVOIRS]", "S 5", "[JUNCTIONS]", "D 1", "E 1", "[PIPES]", "P9 D E 10 100 100 0 Open")
    town = read(*sections, "[PUMPS]", "U S C POWER 1")
    distance = town.distances_along([town.index_of_node("S")])
    assert distance[town.index_of_node("C")] == 0.0
    assert np.isinf(distance[[town.index_of_node("D"), town.index_of_node("E")]]).all()


def test_people_are_the_mean_demand_over_what_each_uses(read):
    people = read().people(200.0)
    # 1.5 l/s times the pattern's mean of 1.25 times the multiplier; what flows in counts for nothing
    assert people == pytest.approx([1.5 * 1.25 * 2 * 86400 / 200, 2.5 * 2 * 86400 / 200, 0, 0, 0])


@pytest.mark.parametrize("litres", [0.0, -1.0, float("nan"), float("inf")])
def test_people_who_use_nothing_are_refused(read, litres):
    with pytest.raises(CityOpsError, match="more than 0 litres a day"):
        read().people(litres)


def test_areas_and_junctions_are_told(read):
    town = read("[RESERVOIRS]", "S 5", "[PUMPS]", "U S C POWER 1")
    assert town.area_m2 == pytest.approx([np.pi * d**2 / 4 for d in (0.3, 0.2, 0.2, 0.25, 0.15, 0.0)])
    assert town.is_junction.tolist() == [True, True, True, False, False, False]


# -- what cannot be solved ---------------------------------------------------------------------------------------------


def test_what_cannot_be_solved_is_refused_by_name_and_number(read):
    town = read("[VALVES]", *(f"V{i} A B 100 TCV 1" for i in range(4)))
    assert len(town.unsupported()) == 4
    message = r"town has 4 elements that cannot be simulated yet: valve 'V0' \(TCV\), .*, valve 'V2' \(TCV\), \.\.\.$"
    for refuses in (town.simulate, town.solver):
        with pytest.raises(CityOpsError, match=message):
            refuses()


def test_one_rule_is_enough_to_be_refused(read):
    town = read("[RULES]", "RULE 1", "IF SYSTEM TIME > 2", "THEN PIPE P2 STATUS IS CLOSED", "")
    with pytest.raises(CityOpsError, match="town has an element that cannot be simulated yet: rule '1'"):
        town.simulate()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"demand_model": "PDD"}, "no such demand model, found 'PDD'; .*did you mean 'PDA'"),
        ({"demand_model": "DDA", "required_m": 20}, 'are of demand_model="PDA" only'),
        ({"demand_model": "PDA", "minimum_m": 20, "required_m": 20}, "must be above the minimum"),
        ({"demand_model": "PDA", "minimum_m": -1, "required_m": 20}, "must be above the minimum"),
        ({"demand_model": "PDA", "required_m": 20, "exponent": 0}, "exponent of the pressure"),
        ({"duration_s": -1}, "cannot be negative or endless, found -1 s"),
        ({"duration_s": float("inf")}, "cannot be negative or endless"),
    ],
)
def test_a_run_that_makes_no_sense_is_refused(read, wrong, said):
    with pytest.raises(CityOpsError, match=said):
        read().simulate(**wrong)


# -- runs --------------------------------------------------------------------------------------------------------------


def test_results_are_tables_of_time_by_name(read):
    town = read()
    results = town.simulate()
    assert {0, 3600, 7200} < set(results.head.index)
    assert results.head.index[-1] == town.options.duration_s
    assert results.head.index.name == "time_s"
    for table, names in ((results.head, town.node_names), (results.flow, town.link_names)):
        assert tuple(table.columns) == names
    for other in (results.pressure, results.demand, results.flow, results.status, results.balanced, results.iterations):
        assert other.index.equals(results.head.index)
    assert results.status.dtypes.unique().tolist() == [np.dtype(bool)]
    assert results.balanced.all()
    assert (results.iterations > 0).all()


def test_water_is_neither_made_nor_lost(read):
    results = read().simulate(accuracy=1e-7)
    assert results.demand.sum(axis=1).abs().max() < 1e-6  # tanks and reservoirs give what junctions take
    assert results.demand["B"].tolist() == pytest.approx([0.005] * len(results.demand))
    assert results.demand["A"].loc[[0, 3600]].tolist() == pytest.approx([2 * (0.00075 - 0.009), 2 * (0.003 - 0.009)])


def test_pressure_is_head_above_the_ground(read):
    town = read()
    results = town.simulate(0)
    assert len(results.head) == 1
    assert (results.head - results.pressure).iloc[0].to_numpy() == pytest.approx(town.elevation_m)


def test_the_files_own_demand_model_is_kept_unless_another_is_asked_for(read):
    driven = read("[OPTIONS]", "Demand Model PDA", "Required Pressure 60")
    assert driven.simulate(0).demand.loc[0, "B"] < 0.0049
    assert driven.simulate(0, demand_model="DDA").demand.loc[0, "B"] == pytest.approx(0.005)
    lower = driven.simulate(0, required_m=5.0).demand.loc[0, "B"]
    assert lower == pytest.approx(0.005)


def test_half_the_pressure_gives_the_wanted_share_of_the_demand(read):
    results = read().simulate(0, demand_model="PDA", minimum_m=2, required_m=62, exponent=0.7)
    pressure = results.pressure.loc[0, "B"]
    assert results.demand.loc[0, "B"] == pytest.approx(0.005 * ((pressure - 2) / 60) ** 0.7, rel=1e-3)


def test_nodes_that_nothing_supplies_have_no_head(read):
    town = read(replaced=(("P4 B C 300 150 110 0.2 CV", "P4 B C 300 150 110 0.2 Closed"),))
    results = town.simulate(0)
    assert np.isnan(results.head.loc[0, "C"])
    assert np.isnan(results.pressure.loc[0, "C"])
    assert results.head.loc[0].notna().sum() == town.n_nodes - 1


def test_a_solver_can_start_at_another_clock_time(read):
    town = read("[TIMES]", "Pattern Timestep 1:00", "Start ClockTime 0")
    state = town.solver(clock_start_s=3600).start()
    state.solve(0.0)
    assert state.demand_m3s()[0] == pytest.approx(2 * (2.0 * 0.0015 - 0.009))
    with pytest.raises(ValueError, match="whole seconds"):
        town.solver(clock_start_s=0.5)


# -- break points ------------------------------------------------------------------------------------------------------


def test_a_break_point_stands_behind_everything_that_was_there(read):
    town = read()
    broken = town.with_break_points(["P1", 1], [0.25, 0.5])
    assert broken.node_names == (*town.node_names, "P1*", "P2*")
    assert broken.link_names == (*town.link_names, "P1*", "P2*")
    p1, first, second = 0, town.n_nodes, town.n_links
    assert (broken.tail[p1], broken.head[p1]) == (town.tail[p1], first)
    assert (broken.tail[second], broken.head[second]) == (first, town.head[p1])
    assert broken.length_m[[p1, second]] == pytest.approx([250, 750])
    assert broken.minor_loss[[p1, second]] == pytest.approx([0.15, 0.45])
    assert broken.diameter_m[second] == town.diameter_m[p1]
    assert broken.node_kind[first] == NodeKind.JUNCTION
    assert town.length_m[0] == 1000  # the whole network is what it was
    assert broken.xy[first + 1].tolist() == [50, 20]
    assert np.isnan(broken.xy[first]).all()


def test_the_ground_rises_evenly_between_junctions_and_is_level_towards_tanks_and_reservoirs(read):
    town = read("[PIPES]", "P9 R T 10 100 100 0 Open")
    broken = town.with_break_points(["P1", "P2", "P3", "P9"], [0.5, 0.25, 0.5, 0.5])
    assert broken.elevation_m[town.n_nodes :] == pytest.approx([10, 12.5, 20, 30])


def test_new_names_keep_clear_of_those_that_exist(read):
    town = read(replaced=(("C 12 0", "P2* 12 0"), ("P4 B C", "P2* B P2*")))
    broken = town.with_break_points(["P2"])
    assert (broken.node_names[-1], broken.link_names[-1]) == ("P2**", "P2**")


def test_a_check_valve_stays_on_the_half_at_the_tail(read):
    broken = read().with_break_points(["P4"])
    assert broken.link_kind[broken.index_of_link("P4")] == LinkKind.CHECK_VALVE
    assert broken.link_kind[broken.index_of_link("P4*")] == LinkKind.PIPE
    assert broken.is_open[broken.index_of_link("P4*")]


def test_both_halves_of_a_closed_pipe_are_closed(read):
    broken = read(replaced=(("P3 B T 800 250 110 0 Open", "P3 B T 800 250 110 0 Closed"),)).with_break_points(["P3"])
    assert not broken.is_open[[broken.index_of_link("P3"), broken.index_of_link("P3*")]].any()


def test_what_cannot_be_broken_is_refused_by_name(read):
    town = read("[RESERVOIRS]", "S 5", "[PUMPS]", "U S C POWER 1")
    for links, fractions, said in [
        (["U"], None, "link 'U' is no pipe"),
        (["P1"], [0.0], "pipe 'P1' cannot be broken at the fraction 0.0"),
        (["P1"], [float("nan")], "pipe 'P1' cannot be broken"),
        (["P1", 0], None, "pipe 'P1' is to be broken twice"),
        (["P7"], None, "no such link, found 'P7'"),
        ([99], None, "no link 99"),
        (["P1"], [0.5, 0.5], "as many fractions as pipes"),
    ]:
        with pytest.raises(CityOpsError, match=said):
            town.with_break_points(links, fractions)


def test_cutting_no_pipe_changes_nothing(net3):
    same = net3.with_break_points([])
    assert same.node_names == net3.node_names
    assert np.array_equal(same.length_m, net3.length_m)


def assert_same_results(whole, cut, tolerance_m=1e-3):
    assert cut.head.index.equals(whole.head.index)
    assert (cut.head[whole.head.columns] - whole.head).abs().max(axis=None) < tolerance_m
    assert (cut.flow[whole.flow.columns] - whole.flow).abs().max(axis=None) < 1e-4


@settings(max_examples=30, deadline=None)
@given(
    pipes=st.sets(st.sampled_from(range(117)), min_size=1, max_size=20).map(sorted),
    fraction=st.floats(0.05, 0.95),
)
def test_cut_pipes_without_a_leak_carry_what_whole_ones_do(net3, pipes, fraction):
    pipes = [p for p in pipes if net3.link_kind[p] == LinkKind.PIPE]
    cut = net3.with_break_points(pipes, [fraction] * len(pipes))
    assert_same_results(net3.simulate(0, accuracy=1e-6), cut.simulate(0, accuracy=1e-6))


def test_a_day_of_a_network_with_every_pipe_cut_is_that_of_the_whole_one(net3):
    pipes = np.flatnonzero(net3.link_kind == LinkKind.PIPE)
    cut = net3.with_break_points(list(map(int, pipes)))
    assert_same_results(net3.simulate(86400, accuracy=1e-6), cut.simulate(86400, accuracy=1e-6))


@pytest.mark.parametrize("status", ["Open", "Closed"])
def test_controls_work_on_a_cut_pipe_as_on_the_whole_one(read, status):
    town = read(
        *("[CONTROLS]", "LINK P2 CLOSED AT TIME 2", "LINK P2 OPEN AT TIME 4"),
        replaced=(("P2 A B 500 200 120 0 Open", f"P2 A B 500 200 120 0 {status}"),),
    )
    whole = town.simulate(accuracy=1e-7)
    cut = town.with_break_points(["P2"]).simulate(accuracy=1e-7)
    assert whole.status["P2"].nunique() == 2
    assert_same_results(whole, cut, 1e-4)
    assert cut.flow.loc[whole.status.index[~whole.status["P2"]], "P2*"].abs().max() < 1e-6


def test_water_flows_only_forward_through_a_cut_check_valve(read):
    backward = read(replaced=(("P4 B C 300 150 110 0.2 CV", "P4 C B 300 150 110 0.2 CV"), ("C 12 0", "C 12 1")))
    cut = backward.with_break_points(["P4"])
    flow = cut.simulate(0, demand_model="PDA", minimum_m=0, required_m=20).flow
    assert flow.loc[0, ["P4", "P4*"]].abs().max() < 1e-7


# -- models of wntr ----------------------------------------------------------------------------------------------------


def test_a_model_of_wntr_becomes_the_network_of_its_file(data):
    import wntr

    path = data / "water" / "Net1.inp"
    taken, read = WaterNetwork.from_wntr(wntr.network.WaterNetworkModel(str(path))), WaterNetwork.from_inp(path)
    assert taken.name == "Net1"
    assert (taken.node_names, taken.link_names) == (read.node_names, read.link_names)
    assert taken.length_m == pytest.approx(read.length_m, rel=1e-4)
    ours, theirs = taken.simulate(86400), read.simulate(86400)
    assert (ours.head.loc[0] - theirs.head.loc[0]).abs().max() < 0.01


def test_what_is_no_model_of_wntr_is_refused():
    with pytest.raises(CityOpsError, match=r"takes a wntr\.network\.WaterNetworkModel, not a str"):
        WaterNetwork.from_wntr("Net1")


def test_a_missing_wntr_is_named_with_the_line_that_installs_it(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "wntr.network", None)
    with pytest.raises(MissingExtra, match=r'pip install "cityops\[examples\]"'):
        WaterNetwork.from_wntr(object())


def test_a_packed_network_simulates_like_the_plain_one(tmp_path, read):
    town = read()
    packed = tmp_path / "packed.inp.gz"
    packed.write_bytes(gzip.compress((tmp_path / "town.inp").read_bytes()))
    assert WaterNetwork.from_inp(packed).simulate().head.equals(town.simulate().head)


def test_a_changed_copy_is_read_only_too(read):
    town = read()
    copy = replace(town, length_m=town.length_m * 2)
    with pytest.raises(ValueError, match="read-only"):
        copy.length_m[0] = 1.0
