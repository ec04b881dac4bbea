"""One solve: exact cases by hand, every equation of random networks, and the laws that heads obey.

The equations have one solution, so a flow that balances at every node and loses what friction takes along every pipe is
the right one; the formulas here are written anew, one element at a time.
"""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cext.pipes import Solver
from tests.cext.small_networks import arguments, check_valve, junction, pipe, pump, reservoir

FOOT, CUBIC_FOOT = 0.3048, 0.028317
RESISTANCE = 4.727 * FOOT**4.871 / CUBIC_FOOT**1.852  # Hazen-Williams in m and m3/s: 10.666722


def solved(nodes, links, *, act=None, **options):
    state = Solver(**arguments(nodes, links, **options)).start()
    if act is not None:
        act(state)
    state.solve(0.0)
    return state


def heads(state):
    return state.head_m(state.solved_s)


# --- exact cases ------------------------------------------------------------------------------------------------------


def test_the_constant_of_hazen_williams_is_epanets():
    assert pytest.approx(10.666722, abs=1e-6) == RESISTANCE


def test_one_pipe_loses_its_friction():
    state = solved([junction(demand=0.05), reservoir(50.0)], [pipe(1, 0)])
    assert heads(state)[0] == pytest.approx(47.106218, abs=1e-5)
    assert state.outflow_m3s() == pytest.approx([0.05, -0.05])
    assert state.balanced and state.iterations > 1


def test_parallel_pipes_share_the_flow():
    state = solved([junction(demand=0.05), reservoir(50.0)], [pipe(1, 0), pipe(1, 0, diameter=0.2)])
    assert heads(state)[0] == pytest.approx(48.326874, abs=1e-5)
    assert state.flow_m3s() * 1000 == pytest.approx([37.19583, 12.80417], abs=1e-5)


def test_the_higher_of_two_reservoirs_fills_the_lower():
    wide = {"diameter": 0.25, "roughness": 120.0}
    nodes = [junction(demand=0.02), reservoir(60.0), reservoir(50.0)]
    state = solved(nodes, [pipe(1, 0, **wide), pipe(0, 2, **wide)])
    assert heads(state)[0] == pytest.approx(53.173413, abs=1e-5)
    assert state.flow_m3s() * 1000 == pytest.approx([59.0414, 39.0414], abs=1e-4)


def test_pressure_driven_demand_follows_wagner():
    nodes = [junction(z=5.0, demand=0.03), reservoir(30.0)]
    state = solved(nodes, [pipe(1, 0, length=2000.0, diameter=0.15)], pressure_driven=True)
    assert heads(state)[0] - 5.0 == pytest.approx(5.408948, abs=1e-5)
    assert state.delivered_m3s()[0] * 1000 == pytest.approx(15.601368, abs=1e-5)
    assert state.demand_m3s()[0] == pytest.approx(0.03)


def test_a_hole_leaks_as_an_orifice():
    nodes = [junction(z=5.0), reservoir(30.0)]
    hole = math.pi * 0.1**2 / 4
    state = solved(nodes, [pipe(1, 0, diameter=0.2)], act=lambda s: s.set_leak(0, hole))
    assert heads(state)[0] - 5.0 == pytest.approx(3.7479, abs=1e-4)
    assert state.leak_m3s()[0] * 1000 == pytest.approx(50.5121, abs=1e-4)
    assert state.outflow_m3s()[0] == state.leak_m3s()[0]
    state.set_leak(0, 0.0)
    state.solve(0.0)
    assert heads(state)[0] == pytest.approx(30.0)


def test_a_leak_adds_to_the_emitter_of_the_file():
    coefficient = 0.75 * 0.001 * math.sqrt(2 * 9.81)  # the same hole
    both = solved([junction(emitter=coefficient), reservoir(30.0)], [pipe(1, 0)], act=lambda s: s.set_leak(0, 0.001))
    twice = solved([junction(), reservoir(30.0)], [pipe(1, 0)], act=lambda s: s.set_leak(0, 0.002))
    assert heads(both) == pytest.approx(heads(twice), abs=1e-7)
    assert both.emitter_m3s()[0] == pytest.approx(both.leak_m3s()[0])
    assert both.emitter_m3s()[0] == pytest.approx(coefficient * math.sqrt(heads(both)[0]), rel=1e-6)


@pytest.mark.parametrize(("backflow", "sign"), [(True, -1.0), (False, 0.0)])
def test_an_emitter_above_the_water_sucks_only_where_backflow_is_on(backflow, sign):
    nodes = [junction(z=40.0, emitter=0.001), reservoir(30.0)]
    flow = solved(nodes, [pipe(1, 0)], emitter_backflow=backflow).emitter_m3s()[0]
    assert flow == pytest.approx(sign * 0.001 * math.sqrt(10.0), rel=1e-2, abs=1e-8)


def test_a_leak_above_the_water_is_dry():
    state = solved([junction(z=40.0), reservoir(30.0)], [pipe(1, 0)], act=lambda s: s.set_leak(0, 0.01))
    assert state.leak_m3s()[0] == 0.0
    assert heads(state)[0] == pytest.approx(30.0, abs=1e-3)


def test_a_pump_works_where_its_curve_meets_the_pipe():
    lift = pump(1, 0, h0=60.0, r=8000.0, n=1.8, speed=0.9)
    state = solved([junction(), reservoir(10.0), reservoir(40.0)], [lift, pipe(0, 2)])
    q = state.flow_m3s()[0]
    assert heads(state)[0] - 10.0 == pytest.approx(0.9**2 * 60.0 - 8000.0 * 0.9**0.2 * q**1.8, abs=1e-4)
    assert heads(state)[0] - 40.0 == pytest.approx(friction(q, 1000.0, 0.3), abs=1e-4)
    assert state.speed() == pytest.approx([0.9, 1.0])


def test_a_pump_of_constant_power_spends_it():
    state = solved([junction(), reservoir(10.0), reservoir(40.0)], [pump(1, 0, pump_kind=2, power=2e4), pipe(0, 2)])
    weight = 745.7 / (8.814 * FOOT * CUBIC_FOOT)
    assert (heads(state)[0] - 10.0) * state.flow_m3s()[0] * weight == pytest.approx(2e4, rel=1e-6)


def test_a_custom_pump_follows_its_points():
    curve = ([0.0, 0.02, 0.05], [50.0, 45.0, 20.0])
    nodes = [junction(demand=0.03), reservoir(0.0)]
    state = solved(nodes, [pump(1, 0, pump_kind=1, curve=0)], curves=[curve])
    assert heads(state)[0] == pytest.approx(45.0 - 25.0 / 3.0, abs=1e-5)


@pytest.mark.parametrize("kind", [{"h0": 20.0, "r": 5000.0, "n": 2.0}, {"pump_kind": 1, "curve": 0}])
def test_a_pump_that_cannot_lift_so_high_stands_still(kind):
    curve = ([0.0, 0.05], [20.0, 5.0])
    nodes = [junction(demand=0.01), reservoir(0.0), reservoir(60.0)]
    state = solved(nodes, [pump(1, 0, **kind), pipe(2, 0)], curves=[curve])
    assert not state.is_open()[0] and state.is_open()[1]
    assert state.flow_m3s() == pytest.approx([0.0, 0.01], abs=1e-7)  # a closed link lets a trickle through


@pytest.mark.parametrize(("head_m", "is_open"), [(60.0, True), (20.0, False)])
def test_a_check_valve_lets_water_through_one_way_only(head_m, is_open):
    nodes = [junction(demand=0.01), reservoir(40.0), reservoir(head_m)]
    state = solved(nodes, [pipe(1, 0), check_valve(2, 0)])
    assert state.is_open().tolist() == [True, is_open]
    assert (state.flow_m3s()[1] > 0.01) == is_open


def test_demands_of_several_categories_add_up_and_are_multiplied():
    network = arguments([junction(demand=0.01), reservoir(50.0)], [pipe(1, 0)], demand_multiplier=1.5)
    network["demand_node"] = np.array([0, 0], np.int32)
    network["demand_base_m3s"] = np.array([0.01, 0.005])
    network["demand_pattern"] = np.array([-1, -1], np.int32)
    state = Solver(**network).start()
    state.solve(0.0)
    assert state.demand_m3s()[0] == pytest.approx(0.0225)


# --- every equation of random networks --------------------------------------------------------------------------------


def friction(q, length, diameter, roughness=100.0, *, formula=0):
    """Head lost, m; of Darcy-Weisbach the laminar and the rough part, nothing between Re 2000 and 4000."""
    if formula == 0:
        return RESISTANCE * length / roughness**1.852 / diameter**4.871 * abs(q) ** 0.852 * q
    if formula == 2:  # EPANET's 1.49 stands for the cube root of the feet in a metre
        in_feet = (4 * roughness / (1.49 * math.pi * (diameter / FOOT) ** 2)) ** 2 * (diameter / FOOT / 4) ** -1.333
        return in_feet * length * abs(q / CUBIC_FOOT) * q / CUBIC_FOOT
    speed = q / CUBIC_FOOT * FOOT**3 / (math.pi * diameter**2 / 4)
    reynolds = abs(speed) * diameter / 1.022e-6
    factor = 64 / reynolds if reynolds <= 2000 else swamee_jain(reynolds, roughness / diameter)
    return factor * length / diameter * speed * abs(speed) / (2 * 32.2 * FOOT)


def swamee_jain(reynolds, rough):
    assert reynolds >= 4000
    return 0.25 / math.log10(rough / 3.7 + 5.74 / reynolds**0.9) ** 2


@st.composite
def towns(draw):
    """Two reservoirs and up to a dozen junctions on a tree with a few loops."""
    n = draw(st.integers(1, 12))
    nodes = [
        junction(z=draw(st.floats(0.0, 30.0)), demand=draw(st.sampled_from([0.0, -0.001, 0.002, 0.01, 0.03])))
        for _ in range(n)
    ]
    ends = [(draw(st.integers(0, i - 1)) if i else n, i) for i in range(n)] + [(n + 1, draw(st.integers(0, n - 1)))]
    ends += draw(st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=6))
    return [*nodes, reservoir(60.0), reservoir(draw(st.floats(45.0, 75.0)))], [e for e in ends if e[0] != e[1]]


ROUGHNESS = {0: (80.0, 140.0), 1: (1e-5, 1e-3), 2: (0.009, 0.015)}


@given(towns(), st.sampled_from([0, 1, 2]), st.booleans(), st.floats(0.0, 5.0), st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None)
def test_flows_balance_and_heads_fall_by_what_friction_takes(town, formula, pressure_driven, minor, rng):
    nodes, ends = town
    links = [
        pipe(*e, length=rng.uniform(50, 2000), diameter=rng.uniform(0.1, 0.6), minor=minor,
             roughness=rng.uniform(*ROUGHNESS[formula]))
        for e in ends
    ]  # fmt: skip
    leaks = {rng.randrange(len(nodes) - 2): rng.uniform(1e-4, 1e-2)}

    def leak(state):
        for node, area_m2 in leaks.items():
            state.set_leak(node, area_m2)

    state = solved(nodes, links, act=leak, formula=formula, pressure_driven=pressure_driven, accuracy=1e-6)
    assert state.balanced
    assert_mass_balances(state, nodes, links)
    assert_heads_fall(state, links, formula)
    assert_outlets_follow_their_laws(state, nodes, leaks, pressure_driven)


def assert_mass_balances(state, nodes, links):
    balance = -state.outflow_m3s()
    for link, q in zip(links, state.flow_m3s(), strict=True):
        balance[link["tail"]] -= q
        balance[link["head"]] += q
    assert np.abs(balance).max() < 1e-7


def assert_heads_fall(state, links, formula):
    head = heads(state)
    for link, q in zip(links, state.flow_m3s(), strict=True):
        reynolds = abs(q) / CUBIC_FOOT * FOOT**3 / (math.pi * link["diameter"] / 4) / 1.022e-6
        if abs(q) < 1e-5 or (formula == 1 and 1990 < reynolds < 4010):
            continue  # the linear part of low flows, and Dunlop's polynomial
        loss = friction(q, link["length"], link["diameter"], link["roughness"], formula=formula)
        loss += 0.02517 * link["minor"] / (link["diameter"] / FOOT) ** 4 * abs(q) * q / CUBIC_FOOT**2 * FOOT
        assert head[link["tail"]] - head[link["head"]] == pytest.approx(loss, rel=1e-4, abs=1e-4)


def assert_outlets_follow_their_laws(state, nodes, leaks, pressure_driven):
    pressure = heads(state) - np.array([node["z"] for node in nodes])
    for node, area_m2 in leaks.items():
        leak = 0.75 * area_m2 * math.sqrt(2 * 9.81 * max(pressure[node], 0.0))
        assert state.leak_m3s()[node] == pytest.approx(leak, rel=1e-4, abs=1e-6)
    for i, node in enumerate(nodes):
        if node["kind"] == 0:
            share = math.sqrt(min(max(pressure[i] / 20.0, 0.0), 1.0))
            wanted = node["demand"] * (share if pressure_driven and node["demand"] > 0.0 else 1.0)
            assert state.delivered_m3s()[i] == pytest.approx(wanted, abs=4e-6)


def test_friction_between_laminar_and_rough_flow_joins_both():
    """Dunlop's cubic meets Hagen-Poiseuille at Re 2000 and Swamee-Jain at 4000, and lies between them."""

    def factor(reynolds):
        q = reynolds * 1.022e-6 * math.pi * 0.1 / 4 / FOOT**3 * CUBIC_FOOT
        one = pipe(1, 0, diameter=0.1, roughness=1e-4)
        loss = 50.0 - heads(solved([junction(demand=q), reservoir(50.0)], [one], formula=1, accuracy=1e-10))[0]
        speed = q / CUBIC_FOOT * FOOT**3 / (math.pi * 0.01 / 4)
        return loss * 0.1 / 1000.0 * 2 * 32.2 * FOOT / speed**2

    laminar, rough = 64 / 2000, swamee_jain(4000, 1e-3)
    assert factor(1999.0) == pytest.approx(64 / 1999, rel=1e-4)
    assert factor(2001.0) == pytest.approx(laminar, rel=1e-2)
    assert factor(3999.0) == pytest.approx(rough, rel=1e-2)
    assert min(laminar, rough) * 0.9 < factor(3000.0) < max(laminar, rough) * 1.1


@pytest.mark.parametrize("exponent", [0.5, 0.7, 1.0])
def test_other_exponents_of_pressure_hold_too(exponent):
    nodes = [junction(z=5.0, demand=0.03), reservoir(30.0)]
    state = solved(nodes, [pipe(1, 0, length=2000.0, diameter=0.15)], pressure_driven=True, pressure_exponent=exponent,
                   minimum_pressure_m=2.0)  # fmt: skip
    share = (heads(state)[0] - 7.0) / 18.0
    assert 0.0 < share < 1.0
    assert state.delivered_m3s()[0] == pytest.approx(0.03 * share**exponent, rel=1e-5)


# --- laws -------------------------------------------------------------------------------------------------------------


@given(towns(), st.integers(0, 11), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_a_higher_reservoir_lowers_no_head_and_more_demand_raises_none(town, where, rng):
    nodes, ends = town
    links = [pipe(*e, diameter=rng.uniform(0.1, 0.6)) for e in ends]
    before = heads(solved(nodes, links))
    higher = [*nodes[:-2], reservoir(65.0), nodes[-1]]
    assert (heads(solved(higher, links)) >= before - 1e-6).all()
    thirsty = [dict(node) for node in nodes]
    thirsty[where % (len(nodes) - 2)]["demand"] += 0.02
    assert (heads(solved(thirsty, links)) <= before + 1e-6).all()


@given(towns(), st.data())
@settings(max_examples=100, deadline=None)
def test_whatever_is_closed_every_number_stays_finite_and_the_cut_off_get_nothing(town, data):
    nodes, ends = town
    links = [pipe(*e) for e in ends]
    shut = data.draw(st.sets(st.integers(0, len(links) - 1)))

    def act(state):
        state.set_leak(0, 0.005)
        for link in shut:
            state.close_link(link)

    state = solved(nodes, links, act=act, pressure_driven=data.draw(st.booleans()))
    for values in (heads(state), state.outflow_m3s(), state.flow_m3s(), state.delivered_m3s(), state.leak_m3s()):
        assert np.isfinite(values).all()
    dry = ~reached(nodes, links, shut)
    assert state.unsupplied().tolist() == dry.tolist()
    assert not state.leak_m3s()[dry].any()
    assert not state.flow_m3s()[list(shut)].any()
    assert state.is_held().tolist() == [k in shut for k in range(len(links))]


def reached(nodes, links, shut):
    wet = np.array([node["kind"] != 0 for node in nodes])
    for _ in nodes:
        for k, link in enumerate(links):
            if k not in shut and wet[[link["tail"], link["head"]]].any():
                wet[[link["tail"], link["head"]]] = True
    return wet


def test_cut_off_customers_get_nothing_if_pressure_driven_and_are_flagged_if_not():
    nodes = [junction(demand=0.01), junction(demand=0.02), reservoir(50.0)]
    links = [pipe(2, 0), pipe(0, 1)]
    for pressure_driven in (True, False):
        state = solved(nodes, links, act=lambda s: s.close_link(1), pressure_driven=pressure_driven)
        assert state.unsupplied().tolist() == [False, True, False]
        assert state.delivered_m3s()[1] == (0.0 if pressure_driven else pytest.approx(0.02))
        # closed or not there: the others do not feel it
        alone = solved([nodes[0], nodes[2]], [pipe(1, 0)], pressure_driven=pressure_driven)
        assert heads(state)[0] == pytest.approx(heads(alone)[0], abs=1e-3)


def test_a_link_held_closed_keeps_its_commands_for_later():
    nodes = [junction(demand=0.01), reservoir(50.0), reservoir(40.0)]
    state = solved(nodes, [pipe(1, 0), check_valve(2, 0)])
    before = heads(state)
    state.close_link(0)
    state.solve(0.0)
    assert heads(state)[0] < 40.0 and state.is_open().tolist() == [False, True]
    state.set_status(0, False, math.nan)
    state.release_link(0)
    state.solve(0.0)
    assert not state.is_open()[0] and not state.is_held()[0]
    state.set_status(0, True, math.nan)
    state.solve(0.0)
    assert heads(state) == pytest.approx(before, abs=1e-6)


def test_a_check_valve_that_is_held_stays_closed_whatever_the_heads_say():
    nodes = [junction(demand=0.01), reservoir(40.0), reservoir(60.0)]
    state = solved(nodes, [pipe(1, 0), check_valve(2, 0)], act=lambda s: s.close_link(1))
    assert state.flow_m3s() == pytest.approx([0.01, 0.0], abs=1e-7)  # a closed link lets a trickle through


# --- when to stop -----------------------------------------------------------------------------------------------------

LADDER = ([junction(demand=0.01), junction(demand=0.05), reservoir(50.0)], [pipe(2, 0), pipe(0, 1), pipe(2, 1)])


def test_too_few_trials_leave_it_unbalanced_and_finite():
    state = solved(*LADDER, trials=1)
    assert not state.balanced and state.iterations == 1
    assert np.isfinite(heads(state)).all()


def test_extra_trials_balance_with_statuses_as_they_are():
    nodes = [junction(demand=0.01), reservoir(40.0), reservoir(20.0)]
    links = [pipe(1, 0), check_valve(2, 0)]
    frozen = solved(nodes, links, trials=1, extra_trials=100, max_check=0)
    assert frozen.balanced
    assert frozen.is_open()[1] and frozen.flow_m3s()[1] < 0.0  # nobody has looked at the valve


@pytest.mark.parametrize("limit", [{"head_error_m": 1e-6}, {"flow_change_m3s": 1e-10}])
def test_limits_on_heads_and_flows_make_it_go_on(limit):
    loose = solved(*LADDER, accuracy=0.5)
    tight = solved(*LADDER, accuracy=0.5, **limit)
    assert tight.iterations > loose.iterations
    assert heads(tight) == pytest.approx(heads(solved(*LADDER)), abs=1e-5)


def test_damping_takes_more_steps_to_the_same_heads():
    damped = solved(*LADDER, damp_limit=0.1)
    assert damped.iterations > solved(*LADDER).iterations
    assert heads(damped) == pytest.approx(heads(solved(*LADDER)), abs=1e-5)


def test_a_pump_without_loss_at_no_flow_is_not_divided_by():
    nodes = [junction(), reservoir(10.0)]  # nothing flows, so its gradient is below the least
    for kind in ({"h0": 30.0, "r": 5000.0, "n": 2.0}, {"h0": 30.0, "r": 500.0, "n": 1.0}):
        state = solved(nodes, [pump(1, 0, **kind)])
        assert state.flow_m3s()[0] == pytest.approx(0.0, abs=1e-6)
        assert heads(state)[0] == pytest.approx(40.0, abs=1e-3)


def test_a_pump_of_constant_power_halves_its_flow_rather_than_reverse_it():
    nodes = [junction(), reservoir(10.0), reservoir(400.0)]
    state = solved(nodes, [pump(1, 0, pump_kind=2, power=100.0, q0=0.5), pipe(0, 2)])
    assert state.flow_m3s()[0] > 0.0
    assert np.isfinite(heads(state)).all()


def test_junctions_may_be_behind_fixed_heads_in_any_order_and_links_among_fixed_heads_only():
    nodes = [reservoir(50.0), junction(demand=0.05), reservoir(40.0)]
    state = solved(nodes, [pipe(0, 1), pipe(0, 2)])
    assert heads(state) == pytest.approx([50.0, 47.106218, 40.0], abs=1e-5)
    assert state.outflow_m3s()[2] == pytest.approx(state.flow_m3s()[1])


# --- the same bits ----------------------------------------------------------------------------------------------------


def test_states_of_one_solver_do_not_disturb_each_other():
    solver = Solver(**arguments(*LADDER, pressure_driven=True))
    alone = solver.start()
    alone.solve(0.0)
    one, other = solver.start(), solver.start()
    other.set_leak(0, 0.01)
    other.close_link(1)
    other.solve(0.0)
    one.solve(0.0)
    assert one.to_bytes() == alone.to_bytes() != other.to_bytes()
