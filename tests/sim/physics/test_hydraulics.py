"""The moving state: looking changes nothing, forks and followers go on with the same bits."""

import numpy as np
import pytest

from sim.city.water import WaterNetwork
from sim.physics.hydraulics import Hydraulics, Past

DRIVEN = (0.0, 20.0, 0.5)


@pytest.fixture(scope="module")
def network():
    whole = WaterNetwork.from_inp("wntr:Net3")
    return whole.with_break_points([whole.index_of_link("105"), whole.index_of_link("111")])


@pytest.fixture
def state(network):
    return Hydraulics(network, pressure_driven=DRIVEN)


def run_to(state, to_s):
    state.settle()
    while state.next_change_s < to_s:
        state.advance(state.next_change_s)
        state.settle()
    state.advance(to_s)
    return state


def test_advancing_in_two_steps_gives_the_bits_of_one(network, state):
    other = Hydraulics(network, pressure_driven=DRIVEN)
    for at_s in (1000.0, 1234.5, 3599.0):
        run_to(state, at_s)
    for each in (run_to(state, 3600.0), run_to(other, 3600.0)):
        each.settle()
    assert state.to_bytes() == other.to_bytes()


def test_looking_changes_no_bit(state):
    run_to(state, 5000.0)
    before = state.to_bytes()
    for _ in range(500):
        for name in ("head_m", "pressure_m", "tank_level_m", "demand_m3s", "delivered_m3s", "leak_m3s", "emitter_m3s"):
            assert len(getattr(state, name))
        assert len(state.flow_m3s) == len(state.is_open)
        assert state.balanced and not state.unsupplied.any()
    assert state.to_bytes() == before


def test_a_fork_goes_on_with_the_same_bits_and_apart(state):
    run_to(state, 7200.0)
    fork = state.fork()
    left = state.fork()
    left.set_leak(97, 0.01)
    run_to(left, 20000.0)
    assert run_to(state, 40000.0).to_bytes() == run_to(fork, 40000.0).to_bytes()
    assert left.leak_m3s[97] > 0.0 and state.leak_m3s[97] == 0.0


def test_following_a_shared_past_gives_the_bits_of_a_run_of_its_own(network, state):
    past = Past(Hydraulics(network, pressure_driven=DRIVEN))
    late, early = past.begin(), past.begin()
    for each in (state, late, early):
        run_to(each, 9000.0)
        each.set_leak(98, 0.005)
        run_to(each, 30000.0)
        each.settle()
    assert state.to_bytes() == late.to_bytes() == early.to_bytes()


def test_a_follower_that_intervenes_before_anything_is_solved_is_a_run_of_its_own(network, state):
    follower = Past(Hydraulics(network, pressure_driven=DRIVEN)).begin()
    for each in (state, follower):
        each.set_leak(98, 0.005)
        run_to(each, 10000.0)
    assert state.to_bytes() == follower.to_bytes()


def test_a_follower_that_intervenes_at_an_event_solves_once_for_both(network, state):
    follower = Past(Hydraulics(network, pressure_driven=DRIVEN)).begin()
    for each in (state, follower):
        run_to(each, 7200.0)
        each.close_link(network.index_of_link("105"))
        assert each.settle() and not each.settle()
    assert state.to_bytes() == follower.to_bytes()


def test_a_past_may_begin_in_the_middle(network, state):
    run_to(state, 9000.0)
    past = Past(state)
    follower = past.begin()
    assert follower.now_s == 9000.0 and follower.solved_s == state.solved_s
    assert run_to(follower, 20000.0).to_bytes() == run_to(state, 20000.0).to_bytes()
    assert past.at(9000.0).solved_s <= 9000.0
    with pytest.raises(AssertionError, match="the past begins at 9000"):
        past.at(8999.0)


def test_a_fork_of_a_follower_follows_until_it_intervenes(network):
    first = run_to(Past(Hydraulics(network, pressure_driven=DRIVEN)).begin(), 5000.0)
    second = first.fork()
    second.set_leak(97, 0.01)
    second.settle()
    assert second.leak_m3s[97] > 0.0 and first.leak_m3s[97] == 0.0
    assert run_to(first, 20000.0).balanced and run_to(second, 20000.0).leak_m3s[97] > 0.0


def test_the_clock_at_the_start_shifts_patterns_and_leaves_timers(network):
    """At 05:00 by the clock, Net3 asks for what it asks for five hours after its file's start, midnight."""
    morning = Hydraulics(network, pressure_driven=DRIVEN, clock_start_s=5 * 3600.0)
    night = Hydraulics(network, pressure_driven=DRIVEN)
    morning.settle()
    run_to(night, 5 * 3600.0).settle()
    np.testing.assert_array_equal(morning.demand_m3s, night.demand_m3s)
    pump = network.index_of_link("10")  # opened by a timer after one hour
    assert not morning.is_open[pump]
    run_to(morning, 3601.0)
    assert morning.is_open[pump]


def test_the_clock_starts_at_a_whole_second(network):
    with pytest.raises(ValueError, match="whole seconds"):
        Hydraulics(network, clock_start_s=0.5)


def test_the_files_own_demand_model_holds_where_none_is_given(network):
    own = Hydraulics(network, accuracy=1e-5, trials=100)
    own.settle()
    np.testing.assert_array_equal(own.demand_m3s, own.delivered_m3s)
    assert not own.emitter_m3s.any()


def test_the_past_shows_the_state_in_force_at_any_time(network, state):
    past = Past(Hydraulics(network, pressure_driven=DRIVEN))
    run_to(state, 30000.0)
    seen = past.at(30000.0)
    np.testing.assert_array_equal(seen.pressure_m, state.pressure_m)
    np.testing.assert_array_equal(seen.tank_level_m, state.tank_level_m)
    # What is done to what was seen does not reach the past.
    seen.close_link(0)
    seen.settle()
    np.testing.assert_array_equal(past.at(30000.0).pressure_m, state.pressure_m)


def test_interventions_only_mark_and_one_settle_solves(state):
    run_to(state, 4000.0)
    assert state.next_change_s > state.now_s
    state.set_leak(97, 0.01)
    state.close_link(3)
    assert state.next_change_s == state.now_s
    assert state.flow_m3s[3] != 0.0
    assert state.settle() and not state.settle()
    assert state.solved_s == 4000.0
    assert state.leak_m3s[97] > 0.0 and state.flow_m3s[3] == 0.0


def test_time_cannot_pass_the_next_change(state):
    state.settle()
    with pytest.raises(AssertionError, match="the next change is at"):
        state.advance(state.next_change_s + 1.0)


def test_closing_both_halves_cuts_the_break_off_and_stops_its_leak(network, state):
    run_to(state, 4000.0)
    whole = network.index_of_link("105")
    second = len(network.link_names) - 2
    state.set_leak(97, 0.01)
    state.settle()
    leaking = state.leak_m3s[97]
    state.close_link(whole)
    state.close_link(second)
    state.settle()
    assert leaking > 0.0 and state.leak_m3s[97] == 0.0
    assert state.unsupplied[97]
    state.release_link(whole)
    state.release_link(second)
    state.settle()
    assert state.leak_m3s[97] == pytest.approx(leaking, rel=1e-2)


def test_customer_hours_equal_the_sum_over_a_run_seen_from_outside(network):
    people = network.people(200.0)
    run = Hydraulics(network, pressure_driven=DRIVEN)
    run.set_leak(97, 0.1)
    run_to(run, 3600.0)
    ahead, until_s, mended_s = run.fork(), 36000.0, 18000.5
    mend = (mended_s, lambda state: state.set_leak(97, 0.0))
    hours = ahead.customer_hours(people, threshold=0.9, until_s=until_s, interventions=[mend])
    total, run_s = 0.0, run.now_s
    run.settle()
    while run_s < until_s:
        if run_s == mended_s:
            run.set_leak(97, 0.0)
            run.settle()
        demand = run.demand_m3s
        short = (demand > 0) & (run.delivered_m3s < 0.9 * demand)
        next_s = min(run.next_change_s, until_s, mended_s if run_s < mended_s else until_s)
        total += people[short].sum() * (next_s - run_s) / 3600.0
        run.advance(next_s)
        if next_s == run.next_change_s:
            run.settle()
        run_s = next_s
    assert total > 0.0
    assert hours == pytest.approx(total, rel=1e-9)


def test_telemetry_sets_tanks_and_pumps(network, state):
    run_to(state, 4000.0)
    tank = network.index_of_node("1")
    state.set_tank_level(tank, 5.5)  # between the levels at which its controls open and close the pump
    state.set_status(network.index_of_link("335"), False)
    state.settle()
    assert state.tank_level_m[tank] == pytest.approx(5.5)
    assert not state.is_open[network.index_of_link("335")]
