"""Fates: an event comes when the integral of its rate crosses its own threshold."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.draws import Draws
from sim.hazards.fates import Trigger


def _events(trigger, until_s):
    events = []
    while trigger.next()[0] <= until_s:
        at_s, i = trigger.next()
        events.append((at_s, *trigger.fire(i, at_s)))
    return events


def _trigger(n=3, seed=1):
    return Trigger(Draws(seed, 0), "call", np.arange(n, dtype=np.int32))


def test_a_constant_rate_gives_the_thresholds_themselves():
    trigger, draws = _trigger(1), Draws(1, 0)
    trigger.set_rates(100.0, np.array([0.25]))
    expected = 100.0 + np.cumsum([draws.exponential("call", 0, k) / 0.25 for k in range(4)])
    events = _events(trigger, expected[-1] + 1e-2)
    assert [k for _, _, k in events] == [0, 1, 2, 3]
    # Each is rounded up to the grid, and the next one counts from there.
    np.testing.assert_allclose([at_s for at_s, _, _ in events], expected, atol=5 / 1024)
    assert all(at_s * 1024 == int(at_s * 1024) for at_s, _, _ in events)


def test_without_a_rate_nothing_ever_comes():
    trigger = _trigger()
    assert trigger.next()[0] == math.inf
    trigger.set_rates(0.0, np.array([0.0, 1.0, 0.0]))
    trigger.set_rates(0.0, np.zeros(3))
    assert trigger.next()[0] == math.inf
    assert _trigger(0).next() == (math.inf, -1)


def test_changing_one_rate_moves_no_event_of_another():
    trigger = _trigger()
    trigger.set_rates(0.0, np.array([1e-3, 2e-3, 3e-3]))
    before = trigger._due.copy()
    for at_s in (1.0, 2.0, 5.0):
        trigger.set_rates(at_s, np.array([1e-3, 2e-3 * at_s, 3e-3]))
    assert trigger._due[0] == before[0]
    assert trigger._due[2] == before[2]
    assert trigger._due[1] != before[1]


def test_a_rate_counts_only_from_the_time_it_may_begin():
    trigger, draws = _trigger(1), Draws(1, 0)
    trigger.set_rates(10.0, np.array([0.5]), not_before_s=np.array([1000.0]))
    trigger.set_rates(500.0, np.array([2.0]), not_before_s=np.array([1000.0]))
    at_s, _ = trigger.next()
    assert at_s == pytest.approx(1000.0 + draws.exponential("call", 0, 0) / 2.0, abs=1 / 1024)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0.0, 0.01), min_size=1, max_size=6), st.integers(0, 1000))
def test_an_event_comes_when_the_integral_reaches_its_threshold(rates, seed):
    trigger, threshold = _trigger(1, seed), Draws(seed, 0).exponential("call", 0, 0)
    integral, step_s = 0.0, 64.0
    for k, rate in enumerate(rates):
        trigger.set_rates(k * step_s, np.array([rate]))
        at_s, _ = trigger.next()
        if at_s <= (k + 1) * step_s:
            assert integral + rate * (at_s - k * step_s) == pytest.approx(threshold, abs=0.01 / 512 + 1e-9)
            return
        integral += rate * step_s
    assert integral <= threshold + 1e-9


@pytest.mark.theory
def test_which_of_two_rates_comes_first_follows_competing_exponentials():
    firsts = []
    for seed in range(4000):
        trigger = _trigger(2, seed)
        trigger.set_rates(0.0, np.array([3e-4, 1e-4]))
        firsts.append(trigger.next()[1] == 0)
    z = (np.mean(firsts) - 0.75) / math.sqrt(0.75 * 0.25 / len(firsts))
    assert abs(z) < 4
