"""What happens between solves: tanks, patterns, controls and events to the second, against hand-computed times."""

import math

import numpy as np
import pytest

from cext.pipes import Solver
from tests.cext.small_networks import (
    arguments,
    at_clock,
    at_time,
    check_valve,
    high,
    junction,
    low,
    pipe,
    pump,
    reservoir,
    tank,
)

HOUR = 3600.0


def run(nodes, links, hours, **options):
    return Solver(**arguments(nodes, links, **options)).run(hours * HOUR)


def times(rows):
    return rows["time_s"].tolist()


# --- tanks ------------------------------------------------------------------------------------------------------------


def tower(**given):
    """A tank of 10 m2 that stands 40 m high and gives 10 L/s to one junction."""
    level = {"z": 40.0, "level": 5.0, "low": 1.0, "high": 6.0, "area": 10.0} | given
    return [junction(demand=0.01), tank(**level)], [pipe(1, 0)]


@pytest.mark.parametrize(("level", "is_dry"), [(4.9996, True), (5.0, False)])
def test_a_tank_runs_empty_to_the_second_and_gives_no_more(level, is_dry):
    """40 m3 at 10 L/s last 4000 s; as in EPANET a tank that is then not quite empty gives until the next event.

    The cubic foot of the flow is EPANET's, so that from 5 m a fifth of a litre is left at that second.
    """
    rows = run(*tower(level=level), 2.0)
    assert times(rows) == [0.0, 3600.0, 4000.0, 7200.0]
    assert rows["head_m"][:, 1] == pytest.approx([40.0 + level, 36.4 + level, 41.0, 41.0], abs=1e-3)
    assert rows["unsupplied"][:, 0].tolist() == [False, False, is_dry, True]
    assert rows["outflow_m3s"][-1, 1] == pytest.approx(0.0)


def test_a_tank_fills_to_the_second_and_takes_no_more():
    """4 m of 100 m2 from a pump of nearly constant flow; at full it is shut off, and open again for what is drawn."""
    nodes, links = filling(h0=300.0, r=100000.0)
    nodes[2]["high"] = 4.0
    rows = run(nodes, links, 24.0)
    level = rows["head_m"][:, 2] - 40.0
    full = int(np.argmax(level > 4.0 - 1e-9))
    inflow = rows["outflow_m3s"][full - 1, 2]
    left = (4.0 - level[full - 1]) * 100.0
    assert rows["time_s"][full] - rows["time_s"][full - 1] == pytest.approx(left / inflow, abs=1.0)
    assert level.max() == pytest.approx(4.0, abs=1e-9)
    assert not rows["is_open"][full, 1] and rows["outflow_m3s"][full, 2] == pytest.approx(0.0, abs=1e-6)


def test_a_tank_that_may_overflow_keeps_taking():
    nodes, links = tower(overflow=True)
    nodes[0]["demand"] = -0.002
    rows = run(nodes, links, 2.0)
    assert rows["is_open"].all()
    assert rows["outflow_m3s"][-1, 1] == pytest.approx(0.002)
    assert rows["head_m"][-1, 1] == pytest.approx(46.0)


@pytest.mark.parametrize(
    ("level", "ends", "works"), [(6.0, (0, 1), False), (1.0, (0, 1), True), (6.0, (1, 0), True), (1.0, (1, 0), False)]
)
def test_pumps_neither_fill_a_full_tank_nor_drain_an_empty_one(level, ends, works):
    nodes = [junction(), tank(z=40.0, level=level, low=1.0, high=6.0, area=10.0), reservoir(38.0)]
    links = [pump(*ends, h0=50.0, r=5000.0, n=2.0), pipe(2, 0)]
    assert run(nodes, links, 0.0)["is_open"][0, 0] == works


def test_a_tank_of_odd_shape_follows_its_curve():
    """A cone-like tank: 10 m3 in the first metre, 90 in the second. 10 L/s take the upper 90 in 9000 s."""
    nodes, links = tower(level=2.0, low=0.0, high=2.0, curve=0)
    nodes[1]["area"] = 0.0
    curve = ([0.0, 1.0, 2.0], [0.0, 10.0, 100.0])
    rows = run(nodes, links, 3.0, curves=[curve])
    assert times(rows) == [0.0, 3600.0, 7200.0, 10000.0, 10800.0]
    assert rows["head_m"][:, 1] == pytest.approx([42.0, 41.6, 41.2, 40.0, 40.0], abs=1e-3)


def test_levels_between_solves_are_linear_and_looking_moves_nothing():
    state = Solver(**arguments(*tower())).start()
    state.solve(0.0)
    before = state.to_bytes()
    assert [state.tank_level_m(t)[1] for t in (0.0, 1000.0, 2000.5)] == pytest.approx([5.0, 4.0, 2.9995], abs=1e-4)
    assert math.isnan(state.tank_level_m(0.0)[0])
    assert state.head_m(2000.5)[1] == pytest.approx(42.9995, abs=1e-4)
    assert state.to_bytes() == before


def test_a_level_may_be_set_and_counts_from_then_on():
    state = Solver(**arguments(*tower())).start()
    state.solve(0.0)
    state.set_tank_level(1, 3.0, 1000.25)
    state.solve(1000.25)
    assert state.tank_level_m(1000.25)[1] == pytest.approx(3.0)
    assert state.next_s == 3000.0  # 2 m of 10 m2 at 10 L/s


@pytest.mark.parametrize(("read_m", "level_m"), [(6.0001, 6.0), (0.9999, 1.0)])
def test_a_level_that_was_read_a_hair_beyond_its_limit_is_the_limit(read_m, level_m):
    state = Solver(**arguments(*tower())).start()
    state.set_tank_level(1, read_m, 0.0)
    assert state.tank_level_m(0.0)[1] == pytest.approx(level_m, abs=1e-12)


def test_a_trickle_leaves_a_full_tank_full():
    nodes, links = tower(level=6.0)
    nodes[0]["demand"] = 1e-8
    heads = run(nodes, links, 2.0)["head_m"][:, 1]
    assert heads == pytest.approx(46.0) and heads[-1] == heads[0]


# --- patterns ---------------------------------------------------------------------------------------------------------


def test_demands_follow_their_patterns_and_wrap():
    nodes = [junction(demand=0.01, pattern=0), reservoir(50.0)]
    rows = run(nodes, [pipe(1, 0)], 4.0, patterns=[[1.0, 2.0, 0.5]], pattern_start_s=1800)
    assert times(rows) == [0.0, 1800.0, 3600.0, 5400.0, 7200.0, 9000.0, 10800.0, 12600.0, 14400.0]
    assert rows["outflow_m3s"][:, 0] == pytest.approx(np.array([1.0, 2.0, 2.0, 0.5, 0.5, 1.0, 1.0, 2.0, 2.0]) * 0.01)


def test_a_pattern_that_began_later_is_met_from_behind():
    nodes = [junction(demand=0.01, pattern=0), reservoir(50.0)]
    rows = run(nodes, [pipe(1, 0)], 1.0, patterns=[[1.0, 2.0, 0.5]], pattern_start_s=-3600)
    assert rows["outflow_m3s"][:, 0] == pytest.approx([0.005, 0.01])


def test_reservoirs_follow_their_patterns():
    rows = run([junction(), reservoir(50.0, pattern=0)], [pipe(1, 0)], 1.0, patterns=[[1.0, 1.1]])
    assert rows["head_m"][:, 1] == pytest.approx([50.0, 55.0])


def test_pumps_follow_their_speeds_and_stop_at_none():
    nodes = [junction(), reservoir(10.0), reservoir(40.0)]
    lift = pump(1, 0, h0=60.0, r=8000.0, n=2.0, pattern=0)
    rows = run(nodes, [lift, pipe(0, 2)], 3.0, patterns=[[1.0, 0.0, 0.9]])
    flow = rows["flow_m3s"][:, 0]
    assert rows["is_open"][:, 0].tolist() == [True, False, True, True]
    assert flow[0] > flow[2] > flow[1] == 0.0


def test_a_pump_of_constant_power_starts_again_from_its_design_flow():
    nodes = [junction(), reservoir(10.0), reservoir(40.0)]
    lift = pump(1, 0, pump_kind=2, power=2e4, pattern=0)
    rows = run(nodes, [lift, pipe(0, 2)], 2.0, patterns=[[1.0, 0.0]])
    assert rows["flow_m3s"][2, 0] == pytest.approx(rows["flow_m3s"][0, 0])
    assert rows["flow_m3s"][1, 0] == 0.0


# --- controls ---------------------------------------------------------------------------------------------------------


def filling(**given):
    """A pump that fills a tank of 100 m2 on a hill, from which 20 L/s are drawn."""
    nodes = [junction(demand=0.02), reservoir(10.0), tank(z=40.0, level=2.0, low=0.5, high=6.0, area=100.0)]
    return nodes, [pump(1, 0, h0=60.0, r=8000.0, n=2.0) | given, pipe(0, 2)]


def test_levels_open_and_close_a_pump():
    nodes, links = filling()
    controls = [high(0, 2, 43.0, is_open=False, setting=0.0), low(0, 2, 42.0, is_open=True, setting=1.0)]
    rows = run(nodes, links, 24.0, controls=controls)
    level, is_open = rows["head_m"][:, 2] - 40.0, rows["is_open"][:, 0]
    assert level.min() == pytest.approx(2.0, abs=1e-2) and level.max() == pytest.approx(3.0, abs=1e-2)
    turned = np.flatnonzero(np.diff(is_open.astype(int))) + 1
    assert len(turned) >= 4
    assert level[turned] == pytest.approx(np.where(is_open[turned], 2.0, 3.0), abs=1e-3)
    # until the first turn the inflow is nearly constant: volume over flow tells the second
    first = turned[0]
    inflow = rows["outflow_m3s"][first - 1, 2]
    left = (43.0 - rows["head_m"][first - 1, 2]) * 100.0
    assert rows["time_s"][first] - rows["time_s"][first - 1] == pytest.approx(left / inflow, abs=1.0)


def test_a_timer_acts_at_its_second_once():
    rows = run(*filling(), 2.0, controls=[at_time(0, 1234.0, is_open=False, setting=0.0)])
    assert times(rows) == [0.0, 1234.0, 3600.0, 7200.0]
    assert rows["is_open"][:, 0].tolist() == [True, False, False, False]


def test_a_control_that_would_change_nothing_makes_no_event():
    rows = run(
        *filling(), 1.0, controls=[at_time(0, 1234.0, is_open=True, setting=1.0), at_time(1, 99.0, is_open=True)]
    )
    assert times(rows) == [0.0, 3600.0]


def test_controls_by_the_clock_act_every_day():
    controls = [at_clock(1, 5 * HOUR, is_open=False), at_clock(1, 6.5 * HOUR, is_open=True)]
    nodes = [junction(demand=0.01), reservoir(50.0)]
    links = [pipe(1, 0), pipe(1, 0)]
    rows = run(nodes, links, 48.0, controls=controls, start_clock_s=int(4 * HOUR))
    shut = rows["time_s"][~rows["is_open"][:, 1]] / HOUR
    assert shut.tolist() == [1.0, 2.0, 25.0, 26.0]
    assert {2.5, 26.5} <= set((rows["time_s"] / HOUR).tolist())


@pytest.mark.parametrize(("make", "limit"), [(low, 45.0), (high, 20.0)])
def test_a_pressure_at_a_junction_turns_a_pipe_on(make, limit):
    nodes = [junction(demand=0.05), reservoir(50.0)]
    links = [pipe(1, 0, diameter=0.2), pipe(1, 0, is_open=False)]
    rows = run(nodes, links, 0.0, controls=[make(1, 0, limit, is_open=True)])
    assert rows["is_open"][0].tolist() == [True, True]
    silent = run(nodes, links, 0.0, controls=[make(1, 0, 10.0 if make is low else 60.0, is_open=True)])
    assert silent["is_open"][0].tolist() == [True, False]


def test_a_pressure_at_a_junction_sets_a_pumps_speed():
    nodes = [junction(demand=0.01), reservoir(0.0)]
    lift = pump(1, 0, h0=50.0, r=5000.0, n=2.0)
    rows = run(nodes, [lift], 0.0, controls=[high(0, 0, 40.0, is_open=True, setting=0.5)])
    assert rows["head_m"][0, 0] == pytest.approx(12.5 - 5000.0 * 0.01**2, abs=1e-4)


def test_a_command_of_a_pump_may_leave_its_speed():
    nodes = [junction(demand=0.01), reservoir(0.0)]
    lift = pump(1, 0, h0=50.0, r=5000.0, n=2.0, speed=0.8)
    rows = run(nodes, [lift], 1.0, controls=[at_time(0, 60.0, is_open=False)])
    assert times(rows)[:2] == [0.0, 60.0] and not rows["is_open"][1, 0]
    state = Solver(**arguments(nodes, [lift], controls=[low(0, 0, 100.0, is_open=True)])).start()
    state.solve(0.0)
    assert state.speed()[0] == 0.8
    state.set_status(0, True, 1.2)
    state.solve(0.0)
    assert state.speed()[0] == 1.2


# --- events and runs --------------------------------------------------------------------------------------------------


def test_steps_reports_and_periods_all_are_events():
    nodes = [junction(demand=0.01), reservoir(50.0)]
    how = {"hydraulic_step_s": 3000, "report_step_s": 4000, "pattern_step_s": 5000}
    assert times(run(nodes, [pipe(1, 0)], 3.0, **how)) == [0.0, 3000.0, 4000.0, 5000.0, 8000.0, 10000.0, 12000.0]


def test_after_an_intervention_events_are_whole_seconds_again():
    state = Solver(**arguments(*tower())).start()
    state.solve(0.0)
    state.set_leak(0, 1e-4)
    state.solve(10.25)
    assert state.next_s == int(state.next_s) and state.next_s > 10.25


def test_a_run_is_its_steps_with_the_same_bits():
    solver = Solver(**arguments(*filling()))
    rows = solver.run(12 * HOUR)
    state = solver.start()
    for i, time_s in enumerate(rows["time_s"]):
        state.solve(state.next_s)
        assert state.solved_s == time_s
        for name, values in (
            ("head_m", state.head_m(time_s)), ("outflow_m3s", state.outflow_m3s()), ("flow_m3s", state.flow_m3s()),
            ("is_open", state.is_open()), ("unsupplied", state.unsupplied()),
        ):  # fmt: skip
            np.testing.assert_array_equal(rows[name][i], values)


def test_a_copy_goes_on_with_the_same_bits_and_apart():
    state = Solver(**arguments(*filling())).start()
    for _ in range(5):
        state.solve(state.next_s)
    twin, other = state.copy(), state.copy()
    other.set_leak(0, 0.01)
    for each in (state, twin, other):
        each.solve(each.next_s)
    assert state.to_bytes() == twin.to_bytes() != other.to_bytes()


def test_a_run_resumed_from_bytes_goes_on_with_the_same_bits():
    solver = Solver(**arguments(*filling()))
    state = solver.start()
    for _ in range(5):
        state.solve(state.next_s)
    resumed = Solver(**arguments(*filling())).resume(state.to_bytes())
    for each in (state, resumed):
        for _ in range(5):
            each.solve(each.next_s)
    assert state.to_bytes() == resumed.to_bytes()
    with pytest.raises(ValueError, match="data has 3 bytes"):
        solver.resume(b"abc")


def test_a_run_grows_with_its_rows_and_may_be_without_them():
    nodes = [junction(demand=0.01), reservoir(50.0)]
    solver = Solver(**arguments(nodes, [pipe(1, 0)], hydraulic_step_s=60))
    rows = solver.run(5 * HOUR)
    assert times(rows) == [60.0 * k for k in range(301)]
    bare = solver.run(5 * HOUR, record=False)
    assert set(bare) == {"time_s", "iterations", "balanced"}
    assert times(bare) == times(rows)


def test_a_run_stops_where_it_cannot_balance_only_if_told_to():
    nodes = [junction(demand=0.01), junction(demand=0.02), reservoir(50.0)]
    links = [pipe(2, 0), pipe(0, 1), pipe(2, 1)]
    assert len(times(run(nodes, links, 3.0, trials=1, extra_trials=-1))) == 1
    rows = run(nodes, links, 3.0, trials=1)
    assert len(times(rows)) == 4 and not rows["balanced"][0]


def test_customer_hours_count_people_below_the_threshold_and_stop_at_the_second():
    """10 L/s of the tower's 20 m3 last 2000 s; thereafter nobody has water."""
    nodes, links = tower(level=2.9996)
    for pressure_driven in (True, False):
        state = Solver(**arguments(nodes, links, pressure_driven=pressure_driven)).start()
        state.solve(0.0)
        people = np.array([100.0, 7.0])
        hours = state.customer_hours(people, 0.5, from_s=500.0, until_s=5600.0)
        assert hours == pytest.approx(100.0 * 1.0, abs=0.06)
        assert state.solved_s == 3600.0


# --- refusals ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda s: s.solve(-1.0), "at_s is -1.0"),
        (lambda s: s.solve(1e9), "at_s is 1000000000.0: must be from 0.0 to 3600.0"),
        (lambda s: s.head_m(1e9), "at_s is"),
        (lambda s: s.set_leak(1, 0.1), "node 1 is no junction"),
        (lambda s: s.set_leak(9, 0.1), "node 9 is no junction"),
        (lambda s: s.set_leak(0, -0.1), "area_m2 is -0.1 at node 0"),
        (lambda s: s.set_leak(0, math.nan), "area_m2 is nan"),
        (lambda s: s.close_link(2), r"link 2 must be in \[0, 2\)"),
        (lambda s: s.release_link(-1), "link -1"),
        (lambda s: s.set_status(0, True, -1.0), "speed of link 0 is -1.0"),
        (lambda s: s.set_tank_level(0, 1.0, 0.0), "node 0 is no tank"),
        (lambda s: s.set_tank_level(1, 1.0, 0.0), "node 1 is no tank"),
        (lambda s: s.set_tank_level(2, 7.0, 0.0), "level_m of tank 2 is 7.0"),
        (lambda s: s.set_tank_level(2, math.nan, 0.0), "level_m of tank 2 is nan"),
        (lambda s: s.customer_hours(np.ones(2), 0.5, from_s=0.0, until_s=1.0), "people has 2 entries"),
        (lambda s: s.customer_hours(np.ones(3), 0.5, from_s=0.0, until_s=math.inf), "until_s is inf"),
    ],
)
def test_what_cannot_be_done_is_named(call, words):
    state = Solver(**arguments(*filling())).start()
    state.solve(0.0)
    with pytest.raises(ValueError, match=words):
        call(state)


@pytest.mark.parametrize("duration_s", [-1.0, math.inf, math.nan])
def test_a_run_has_a_finite_duration(duration_s):
    with pytest.raises(ValueError, match="duration_s is"):
        Solver(**arguments(*filling())).run(duration_s)


def test_a_check_valve_below_a_tank_opens_and_closes_with_the_tide():
    """The tank feeds through the valve until its level falls below the reservoir on the other side."""
    nodes = [junction(demand=0.05), tank(z=40.0, level=5.0, low=0.0, high=6.0, area=10.0), reservoir(43.0)]
    rows = run(nodes, [check_valve(1, 0), pipe(2, 0)], 6.0)
    assert (rows["flow_m3s"][:, 0] >= -1e-7).all()
    assert rows["head_m"][-1, 1] < rows["head_m"][0, 1]
