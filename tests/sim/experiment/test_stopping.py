"""When the rule stops, and what stopping does to the intervals."""

import math
from functools import lru_cache

import numpy as np
import pytest

from sim.experiment import statistics, stopping
from sim.experiment.stopping import StoppingRule


def rule(**changes):
    given = {"baseline": "b", "at_least": 20, "at_most": 100, "confidence": 0.95, "value": 1.0} | changes
    return StoppingRule(**given)


def noise(n, *, sd=1.0, seed=0):
    return np.random.default_rng(seed).normal(0.0, sd, n)


def look(rule, d, *, replications=None):
    baseline = np.full(len(d), 100.0)
    return rule.look({"b": baseline, "p": baseline - d}, replications=replications or len(d))


def test_looks_happen_at_fixed_ends_and_at_the_most():
    assert list(rule(at_most=55).ends()) == [20, 30, 40, 50, 55]
    assert list(rule(at_most=20).ends()) == [20]


def test_it_stops_once_the_half_width_is_half_of_what_matters():
    d = noise(30)
    half_width = statistics.t_interval(d, confidence=0.95).half_width
    assert look(rule(value=2.001 * half_width), d).stop
    seen = look(rule(value=1.999 * half_width), d)
    assert not seen.stop
    assert (seen.half_width, seen.wanted) == pytest.approx((half_width, 0.9995 * half_width))


def test_the_widest_interval_decides():
    baseline = np.zeros(30)
    values = {"b": baseline, "narrow": noise(30, sd=0.1), "wide": noise(30, sd=10.0)}
    assert not rule().look(values, replications=30).stop
    assert rule().look({"b": baseline, "narrow": values["narrow"]}, replications=30).stop


def test_the_sign_of_the_differences_is_never_looked_at():
    d = noise(30, sd=1.5)
    for shift in (0.0, 5.0, -5.0):
        seen = look(rule(), d + shift)
        assert seen.stop == look(rule(), -d - shift).stop
        assert seen.half_width == pytest.approx(look(rule(), d).half_width)


def test_it_never_stops_before_the_least_and_always_at_the_most():
    assert not look(rule(), noise(10, sd=0.01)).stop
    seen = look(rule(), noise(100, sd=50.0))
    assert seen.stop and "most replications" in seen.reason


def test_strongly_skewed_differences_need_forty_replications():
    d = np.random.default_rng(2).lognormal(0.0, 1.5, 30) / 1000.0
    assert abs(statistics.skewness(d)) > 1.0
    assert not look(rule(), d).stop
    assert look(rule(at_most=30), d).stop
    assert look(rule(), np.resize(d, 40)).stop


def test_a_relative_difference_is_taken_of_the_first_twenty_and_then_frozen():
    baseline = np.concatenate([np.full(20, 50.0), np.full(20, 1e6)])
    relative = rule(relative=0.1, value=None)
    assert relative.delta(baseline) == relative.delta(baseline[:20]) == pytest.approx(5.0)
    assert rule(relative=0.1, value=None, at_least=4).delta(np.array([10.0] * 4 + [99.0] * 30)) == pytest.approx(1.0)
    assert relative.delta(np.array([-10.0, math.nan])) == pytest.approx(1.0)
    assert relative.delta(np.array([math.nan])) is None


def test_a_baseline_of_zero_makes_a_relative_difference_nothing():
    relative = rule(relative=0.1, value=None)
    values = {"b": np.zeros(30), "p": noise(30)}
    seen = relative.look(values, replications=30)
    assert (seen.stop, seen.wanted, seen.expected) == (False, 0.0, 100)


def test_without_a_difference_that_matters_the_least_is_made():
    seen = look(rule(value=None), noise(20, sd=9.0))
    assert seen.stop and "no difference that matters" in seen.reason


def test_without_any_value_it_goes_on_to_the_most():
    values = {"b": np.full(20, math.nan), "p": np.full(20, math.nan)}
    seen = rule(relative=0.1, value=None).look(values, replications=20)
    assert (seen.stop, seen.expected, seen.half_width) == (False, 100, math.inf)


def test_equal_policies_stop_at_once():
    seen = look(rule(), np.zeros(20))
    assert (seen.stop, seen.half_width) == (True, 0.0)


def test_failed_replications_count_as_seen():
    seen = look(rule(), noise(15, sd=0.01), replications=20)
    assert seen.stop


def test_the_forecast_is_the_end_of_a_batch_that_should_do():
    # The half-width shrinks with the root of the number: 1.5 times too wide at 20 needs 45 in all.
    d = noise(20)
    half_width = statistics.t_interval(d, confidence=0.95).half_width
    assert look(rule(value=2.0 * half_width / 1.5), d).expected == 50
    assert look(rule(value=2.0 * half_width / 100.0), d).expected == 100


def _coverage(draw, mean, *, trials, delta, interval=statistics.t_interval, at_most=200):
    """The share of trials whose interval, at the moment the rule stops, holds the true mean, and false positives."""
    stop = rule(value=delta, at_most=at_most)
    held = wrong = 0
    for trial in range(trials):
        d = draw(np.random.default_rng([4, trial]), at_most)
        end = next(end for end in stop.ends() if look(stop, d[:end]).stop)
        found = interval(d[:end], confidence=0.95)
        held += found.low <= mean <= found.high
        wrong += statistics.t_probability(d[:end] - mean) < 0.05
    return held / trials, wrong / trials


def _normal(rng, n):
    return rng.normal(0.0, 1.0, n)


def _lognormal(rng, n):
    return rng.lognormal(0.0, 1.0, n)


def test_stopping_on_the_width_keeps_the_coverage_of_normal_differences():
    # 0.95 less at most two points for looking repeatedly, less three standard errors of 0.0109.
    held, wrong = _coverage(_normal, 0.0, trials=400, delta=0.55)
    assert 0.90 <= held <= 0.98
    assert 0.02 <= wrong <= 0.10


@pytest.mark.validation
def test_equal_policies_are_told_apart_no_more_often_than_claimed_over_many_trials():
    held, wrong = _coverage(_normal, 0.0, trials=5000, delta=0.55)
    assert 0.93 <= held <= 0.96
    assert 0.04 <= wrong <= 0.07


@pytest.mark.validation
def test_strongly_skewed_differences_cover_less_than_claimed_and_the_floor_and_the_bootstrap_gain_some(monkeypatch):
    """Measured: 84 % without a floor, 87 % with it, 89 % by the bootstrap; forty fixed replications cover 90 %.

    None of them reaches the 95 % claimed: that is why a comparison warns of skewed differences.
    """
    monkeypatch.setattr(statistics, "_resamples", lru_cache(maxsize=32)(statistics._resamples.__wrapped__))
    mean = math.exp(0.5)
    with_floor, _ = _coverage(_lognormal, mean, trials=3000, delta=1.2)
    bootstrap, _ = _coverage(_lognormal, mean, trials=1000, delta=1.2, interval=statistics.bootstrap_interval)
    monkeypatch.setattr(stopping, "LEAST_WHEN_SKEWED", 0)
    without_floor, _ = _coverage(_lognormal, mean, trials=3000, delta=1.2)
    assert without_floor + 0.01 < with_floor < bootstrap < 0.93
    assert with_floor == pytest.approx(0.866, abs=4 * math.sqrt(0.866 * 0.134 / 3000))
