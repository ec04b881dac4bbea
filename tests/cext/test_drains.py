"""The dynamic wave: laws that hold without another program, hands from outside, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cext.drains import Router, State
from cext.drains_rules import Rules
from tests.cext.small_drains import CONDUIT, JUNCTION, ORIFICE, OUTFALL, OUTLET, PUMP, STORAGE, WEIR, arguments, chain

GRAVITY = 32.2 * 0.3048
PHI = 1.486 * 0.3048 ** (1.0 / 3.0)


def settled(router: Router, inflow: float, *, hours: float = 3.0, node: int = 0) -> State:
    state = router.start()
    flow = np.zeros(router.n_nodes)
    flow[node] = inflow
    state.set_inflows(flow)
    state.advance(3600.0 * hours)
    return state


def test_steady_flow_in_a_long_uniform_pipe_is_mannings() -> None:
    """Depth in the middle of the chain is the normal depth of the flow."""
    router = chain(12, invert_m=10.0 - 0.3 * np.arange(12), shape=2, geometry=(2.0, 1.0, 0.0, 0.0))
    state = settled(router, 0.6)
    assert state.flows() == pytest.approx(np.full(11, 0.6), rel=1e-4)
    depth = state.depths()[5]
    area, slope = depth, 0.3 / np.sqrt(100.0**2 - 0.09)
    assert PHI / 0.013 * area * (area / (1.0 + 2.0 * depth)) ** (2 / 3) * np.sqrt(slope) == pytest.approx(0.6, rel=0.01)


def test_a_full_pipe_under_pressure_loses_mannings_head() -> None:
    """Between two fixed levels a full pipe carries a r^(2/3) sqrt(dh / L) / n."""
    given = arguments(
        3,
        links=[(0, 1), (1, 2)],
        node_kind=[STORAGE, JUNCTION, OUTFALL],
        invert_m=[10.0, 9.9, 9.8],
        depth_m=[20.0, 20.0, 0.0],
        initial_depth_m=[4.0, 3.0, 0.0],
        storage_area=(0.0, 0.0, 1e7),
        outfall_kind=2,
        stage_m=[0.0, 0.0, 12.0],
    )
    state = settled(Router(**given), 0.0, hours=1.0)
    radius, area = 0.2, np.pi * 0.16
    slope = (state.heads()[0] - 12.0) / 200.0
    assert state.flows() == pytest.approx(PHI / 0.013 * area * radius ** (2 / 3) * np.sqrt(slope), rel=0.005)


def test_water_at_rest_stays_at_rest() -> None:
    router = chain(4, invert_m=[9.0, 8.9, 9.1, 8.8], initial_depth_m=[1.0, 1.1, 0.9, 0.0], outfall_kind=2, stage_m=10.0)
    state = settled(router, 0.0, hours=2.0)
    assert np.abs(state.flows()).max() < 1e-9
    assert state.heads() == pytest.approx(np.full(4, 10.0), abs=1e-9)


def test_a_tank_empties_through_an_orifice_by_torricelli() -> None:
    """sqrt(h) falls linearly: t = 2 A (sqrt(h1) - sqrt(h2)) / (Cd a sqrt(2g))."""
    router = chain(
        2,
        node_kind=[STORAGE, OUTFALL],
        invert_m=[10.0, 5.0],
        initial_depth_m=[2.0, 0.0],
        link_kind=ORIFICE,
        opening_kind=1,
        geometry=(0.2, 0.0, 0.0, 0.0),
        routing_step_s=1.0,
        variable_step=0.0,
    )
    state = router.start()
    state.advance(600.0)
    falls = 0.65 * np.pi * 0.01 * np.sqrt(2 * GRAVITY) / (2 * 50.0)
    assert state.depths()[0] == pytest.approx((np.sqrt(2.0) - falls * 600.0) ** 2, rel=2e-3)


def test_storage_by_a_curve_and_by_a_power_are_the_same_tank() -> None:
    """a d + c is the straight curve through c and c + a d."""
    curve = (np.array([0.0, 1.0, 2.0]), np.array([10.0, 30.0, 50.0]))
    common: dict[str, Any] = {"node_kind": [JUNCTION, STORAGE, OUTFALL], "storage_area": (20.0, 1.0, 10.0)}
    power = settled(chain(3, **common), 0.3, hours=0.5)
    table = settled(chain(3, **common, curves=[curve], storage_curve=[-1, 0, -1]), 0.3, hours=0.5)
    assert table.depths() == pytest.approx(power.depths(), abs=1e-9)
    assert table.volumes() == pytest.approx(power.volumes(), abs=1e-6)


@settings(max_examples=25)
@given(
    inflows=st.lists(st.floats(0.0, 1.5), min_size=3, max_size=6),
    surcharge=st.sampled_from(["EXTRAN", "SLOT"]),
    ponds=st.booleans(),
)
def test_water_is_neither_made_nor_lost(inflows: list[float], surcharge: str, ponds: bool) -> None:
    """What a manhole holds is not counted, in SWMM as here, hence a few cubic metres beside the share.

    EXTRAN loses up to 5 % where a pipe fills at once, as SWMM does, so it is only asked to carry what fits.
    """
    router = chain(6, surcharge=surcharge, allow_ponding=ponds, ponded_area_m2=500.0, routing_step_s=2.0)
    state = router.start()
    for hour, inflow in enumerate(inflows, start=1):
        inflow *= 1.0 if surcharge == "SLOT" else 0.4
        state.set_inflows(np.array([inflow, 0.1 * inflow, 0.0, 0.0, 0.0, 0.0]))
        state.advance(900.0 * hour)
    found = state.balance()
    came = found["inflow_m3"] + found["first_stored_m3"]
    assert abs(found["error"]) * came < 0.01 * came + 20.0
    assert (state.depths() >= 0.0).all()
    assert (state.flooded() >= 0.0).all()
    assert found["flooded_m3"] == pytest.approx(state.flooded().sum())
    assert ponds is False or found["flooded_m3"] == 0.0


def test_a_conduit_given_upside_down_carries_the_same_flow_backwards() -> None:
    there = settled(chain(3), 0.2)
    back = settled(chain(3, links=[(1, 0), (2, 1)]), 0.2)
    assert back.flows() == pytest.approx(-there.flows())
    assert back.depths() == pytest.approx(there.depths())


def test_two_barrels_are_two_pipes() -> None:
    one = settled(chain(3), 0.2)
    two = settled(chain(3, barrels=2, minimum_surface_area_m2=2 * 1.167), 0.4)
    assert two.depths() == pytest.approx(one.depths(), abs=1e-6)


def test_looking_changes_no_bit_and_a_fork_or_its_bytes_go_on_alike() -> None:
    router = chain(6, inflow_node=[0], inflow_curve=[0], curves=[(np.array([0.0, 600.0]), np.array([0.0, 0.9]))])
    straight = router.start()
    straight.advance(1000.0)
    looking = router.start()
    for second in range(1, 1001):
        looking.advance(float(second))
        looking.depths(float(second))
    fork, other = looking.fork(), router.resume(looking.to_bytes())
    fork.set_inflows(np.full(6, 0.5))
    fork.advance(1500.0)
    assert looking.to_bytes() == straight.to_bytes() == other.to_bytes()
    assert fork.to_bytes() != straight.to_bytes()
    with pytest.raises(ValueError, match="a state of this network has"):
        router.resume(b"123")


def test_results_between_two_steps_are_interpolated() -> None:
    state = chain(4, variable_step=0.0, inflow_base_m3s=[0.3, 0, 0, 0]).start()
    state.advance(300.0)
    before, flows = state.depths(), state.flows()
    state.advance(303.0)
    assert state.time_s == 305.0
    assert state.depths(302.5) == pytest.approx(0.5 * (before + state.depths()))
    assert state.flows(301.0) == pytest.approx(0.8 * flows + 0.2 * state.flows())
    out = np.zeros(4)
    assert state.heads(out=out) == pytest.approx(state.depths() + 10.0 - 0.5 * np.arange(4))


def test_a_run_can_end_exactly_where_it_is_told() -> None:
    state = chain(4, inflow_base_m3s=[0.3, 0, 0, 0]).start()
    for second in (7.3, 11.1, 60.0):
        state.advance(second, exactly=True)
        assert state.time_s == pytest.approx(second)
    with pytest.raises(ValueError, match="a finite time"):
        state.advance(np.nan)


def test_a_ramp_brings_the_mean_of_its_ends() -> None:
    state = chain(4, variable_step=0.0, routing_step_s=1.0).start()
    state.ramp_inflows(np.zeros(4), np.array([0.4, 0.0, 0.0, 0.0]), 100.0, 500.0)
    state.advance(500.0)
    assert state.balance()["inflow_m3"] == pytest.approx(80.0, rel=0.01)
    state.advance(510.0)
    assert state.laterals().tolist() == [0.4, 0.0, 0.0, 0.0]


def test_water_can_be_taken_out_by_hand() -> None:
    state = chain(2, node_kind=[STORAGE, OUTFALL], initial_depth_m=[2.0, 0.0], link_kind=ORIFICE).start()
    state.hold(0, 0.0)
    state.set_inflows(np.array([-0.05, 0.0]))
    state.advance(600.0, exactly=True)
    assert state.depths()[0] == pytest.approx(2.0 - 30.0 / 50.0, rel=1e-9)
    assert state.balance()["outflow_m3"] == pytest.approx(30.0, rel=1e-9)
    assert abs(state.balance()["error"]) < 1e-9


def test_inflows_that_change_at_any_time_enter_to_the_last_drop() -> None:
    """Also where the steps before and after a change have different lengths."""
    state = chain(4, routing_step_s=7.0).start()
    given = 0.0
    for to_s, flow in [(3.0, 0.3), (40.0, 0.05), (51.0, 0.4), (52.0, 0.0), (300.0, 0.2)]:
        given += flow * (to_s - state.time_s)
        state.set_inflows(np.array([flow, 0.0, 0.0, 0.0]))
        state.advance(to_s, exactly=True)
    assert state.balance()["inflow_m3"] == pytest.approx(given, rel=1e-12)


def test_a_tide_set_by_hand_pushes_water_in_and_lets_go() -> None:
    router = chain(3)
    state = router.start()
    state.set_stages(np.array([np.nan, np.nan, 11.5]))
    state.advance(7200.0)
    assert state.heads() == pytest.approx(np.full(3, 11.5), abs=0.01)
    state.set_stages(np.full(3, np.nan))
    state.advance(14400.0)
    assert state.depths().max() < 0.05
    gate = chain(3, outfall_gate=[False, False, True]).start()
    gate.set_stages(np.array([np.nan, np.nan, 11.5]))
    gate.advance(3600.0)
    assert gate.depths()[:2].max() < 1e-3


def test_a_pump_runs_between_its_levels_and_stands_when_held() -> None:
    router = chain(
        3,
        node_kind=[STORAGE, JUNCTION, OUTFALL],
        invert_m=[5.0, 9.0, 8.5],
        storage_area=(0.0, 0.0, 20.0),
        link_kind=[PUMP, CONDUIT],
        pump_kind=3,
        pump_curve=[0, -1],
        curves=[(np.array([0.0, 6.0]), np.array([0.2, 0.1]))],
        is_on=False,
        start_depth_m=1.5,
        stop_depth_m=0.5,
        inflow_base_m3s=[0.03, 0.0, 0.0],
    )
    state = router.start()
    depths, settings = [], []
    for minute in range(1, 121):
        state.advance(60.0 * minute)
        depths.append(state.depths()[0])
        settings.append(state.settings()[0])
    assert {0.0, 1.0} == set(settings)
    assert 0.45 < min(depths[20:]) < 0.7
    assert 1.4 < max(depths) < 1.6
    dark = state.fork()
    dark.hold(0, 0.0)
    dark.advance(10800.0)
    assert dark.flows()[0] == 0.0
    assert dark.depths()[0] > 2.0
    dark.release(0)
    dark.advance(12600.0)
    assert dark.depths()[0] < 2.0
    state.turn(0, 1.0)
    state.advance(state.time_s + 10.0)
    assert state.settings()[0] == 1.0


def test_a_slower_pump_gives_less() -> None:
    router = chain(2, node_kind=[STORAGE, OUTFALL], initial_depth_m=[2.0, 0], link_kind=PUMP, pump_kind=4, pump_curve=0)
    flows = []
    for speed in (1.0, 0.5):
        state = router.start()
        state.turn(0, speed)
        state.advance(5.0)
        flows.append(state.flows()[0])
    assert flows[1] == pytest.approx(0.5 * flows[0], rel=0.01)


def rules(**changed: Any) -> Rules:
    """Shut the orifice 0 below half a metre at node 0, else open it."""
    given: dict[str, Any] = {
        "premise_rule": [0],
        "joint": [0],
        "what": [0],
        "element": [0],
        "relation": [2],
        "value": [0.5],
        "action_rule": [0, 0],
        "branch": [0, 1],
        "link": [0, 0],
        "setting": [0.0, 1.0],
        "priority": [0.0],
    } | changed
    return Rules(**given)


@pytest.mark.parametrize(
    ("premises", "expected"),
    [
        ([(0, 0, 0, 4, 1.9)], 0.0),  # depth > 1.9
        ([(0, 1, 0, 4, 11.9)], 0.0),  # head
        ([(0, 2, 0, 5, 0.0)], 0.0),  # inflow >= 0
        ([(0, 3, 0, 3, -1.0)], 1.0),  # flow <= -1
        ([(0, 4, 0, 2, -1.0)], 1.0),  # depth in the link < -1
        ([(0, 5, 0, 0, 1.0)], 0.0),  # is open
        ([(0, 6, 0, 1, 1.0)], 1.0),  # setting differs from 1
        ([(0, 7, 0, 0, 0.0)], 0.0),  # at the start
        ([(0, 8, 0, 1, 0.0)], 1.0),  # not at midnight
        ([(0, 0, 0, 2, 1.0), (0, 7, 0, 5, 0.0)], 1.0),  # false AND true
        ([(0, 0, 0, 2, 1.0), (1, 7, 0, 5, 0.0)], 0.0),  # false OR true
        ([(0, 0, 0, 2, 1.0), (0, 7, 0, 5, 0.0), (1, 7, 0, 5, 0.0)], 1.0),  # AND after false ends the rule, as in SWMM
    ],
)
def test_a_rule_looks_and_sets(premises: list[tuple[int, int, int, int, float]], expected: float) -> None:
    joint, what, element, relation, value = zip(*premises, strict=True)
    made = rules(
        premise_rule=[0] * len(premises), joint=joint, what=what, element=element, relation=relation, value=value
    )
    router = chain(
        2, node_kind=[STORAGE, OUTFALL], initial_depth_m=[2.0, 0.0], link_kind=ORIFICE, variable_step=0.0, rules=made
    )
    state = router.start()
    state.advance(5.0)
    assert state.settings()[0] == expected


def test_of_two_rules_on_one_link_the_higher_priority_wins() -> None:
    two = {"premise_rule": [0, 1], "joint": [0, 0], "what": [7, 7], "element": [0, 0], "relation": [5, 5]}
    for priority, expected in (([0.0, 0.0], 0.25), ([1.0, 2.0], 0.75)):
        made = rules(**two, value=[0, 0], action_rule=[0, 1], branch=[0, 0], setting=[0.25, 0.75], priority=priority)
        state = chain(2, link_kind=ORIFICE, rules=made).start()
        state.advance(5.0)
        assert state.settings()[0] == expected


def test_rules_about_what_is_not_there_are_refused() -> None:
    for change in ({"element": [9]}, {"link": [0, 9]}, {"setting": [-1.0, 1.0]}):
        with pytest.raises(ValueError, match=r"premise 0|an action"):
            chain(2, link_kind=ORIFICE, rules=rules(**change))
    with pytest.raises(ValueError, match="each rule needs one"):
        rules(priority=[0.0, 0.0])


def test_a_conduit_shut_by_hand_carries_nothing() -> None:
    state = settled(chain(4), 0.2, hours=0.5)
    state.hold(1, 0.0)
    state.advance(7200.0)
    assert state.flows()[1] == 0.0
    assert state.overflows()[:2].sum() == pytest.approx(0.2, rel=0.05)
    assert state.flooded()[:2].sum() > 100.0


def test_a_number_that_breaks_is_named_with_its_time() -> None:
    state = chain(4).start()
    state.set_inflows(np.array([1e308, 1e308, 0.0, 0.0]))
    with pytest.raises(ArithmeticError, match=r"(node N|link L)\d: .* at .* s with a step of .* shorter routing step"):
        state.advance(3600.0)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"node_kind": [0, 9, 0, 1]}, "N1: node_kind"),
        ({"link_kind": 7}, "L0: link_kind"),
        ({"depth_m": [3, -1, 3, 3]}, "N1: depth_m"),
        ({"invert_m": [1, np.nan, 1, 1]}, "N1: invert_m"),
        ({"head": [1, 2, 8]}, "L2: head"),
        ({"head": [1, 1, 3]}, "L1: tail"),
        ({"length_m": [100, 0, 100]}, "L1: length_m"),
        ({"roughness": 0.0}, "L0: roughness"),
        ({"barrels": 0}, "L0: barrels"),
        ({"entry_loss": -1.0}, "L0: entry_loss"),
        ({"link_kind": PUMP, "pump_kind": 3}, "L0: pump_curve"),
        ({"link_kind": PUMP, "pump_kind": 9, "pump_curve": 0}, "L0: pump_kind"),
        ({"link_kind": PUMP, "start_depth_m": 1.0, "stop_depth_m": 2.0}, "L0: start_depth_m"),
        ({"link_kind": OUTLET}, "L0: outlet_curve"),
        ({"link_kind": ORIFICE, "opening_kind": 3}, "L0: opening_kind"),
        ({"link_kind": WEIR, "opening_kind": 1}, "L0: opening_kind"),
        ({"shape": -1}, "L0: shape"),
        ({"links": [(0, 3), (1, 3), (1, 2)]}, "N3: number of links at the outfall"),
        ({"outfall_kind": 9}, "N3: outfall_kind"),
        ({"outfall_kind": 3}, "N3: outfall_curve"),
        ({"storage_curve": 5}, "N0: storage_curve"),
        ({"initial_depth_m": [9, 0, 0, 0]}, "N0: initial_depth_m"),
        ({"shape": 5, "geometry": (0.5, 0.0, 0.0, 0.0)}, "L0: the force main"),
        ({"surcharge": "BOTH"}, "surcharge is 'BOTH'"),
        ({"trials": 0}, "trials is 0"),
        ({"curves": [(np.array([1.0, 0.5]), np.zeros(2))]}, "curve 0 does not ascend at its point 1"),
        ({"curves": [(np.zeros(0), np.zeros(0))]}, "curve 0 has no points"),
        ({"inflow_node": [9], "inflow_curve": [0]}, "inflow 0 enters node 9"),
    ],
    ids=str,
)
def test_a_network_that_cannot_be_is_refused_by_name(change: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        chain(4, **change)


def test_arrays_of_another_shape_or_type_are_refused() -> None:
    given = arguments(4)
    for key, wrong in (("invert_m", np.zeros(3)), ("tail", np.zeros(3)), ("storage_area", np.zeros((4, 2)))):
        with pytest.raises(ValueError, match=f"{key} (is|has)"):
            Router(**(given | {key: wrong}))
    with pytest.raises(ValueError, match="sections for"):
        Router(**(given | {"sections": arguments(3)["sections"]}))


def test_wrong_hands_are_refused() -> None:
    state = chain(4).start()
    with pytest.raises(ValueError, match="has 3 values"):
        state.set_inflows(np.zeros(3))
    with pytest.raises(ValueError, match="N2: flow_m3s is nan"):
        state.set_inflows(np.array([0.0, 0.0, np.nan, 0.0]))
    with pytest.raises(ValueError, match="stage_m has 3"):
        state.set_stages(np.zeros(3))
    with pytest.raises(ValueError, match="link 9 is none"):
        state.hold(9, 0.0)
    with pytest.raises(ValueError, match=r"L1: setting is 1\.5"):
        state.turn(1, 1.5)


def test_a_short_first_depth_of_a_pond_is_water_too() -> None:
    router = chain(
        3, allow_ponding=True, ponded_area_m2=[100.0, 0, 0], initial_depth_m=[4.0, 0, 0], surcharge_m=[2.0, 0, 0]
    )
    assert router.start().volumes().tolist() == [100.0, 0.0, 0.0]
