"""Statistics against SciPy, against hand-computed numbers, and against what they promise over many repetitions."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sim.experiment import statistics
from sim.experiment.statistics import Interval

NAN = math.nan


@pytest.fixture(scope="module")
def sample():
    return np.random.default_rng(5).lognormal(1.0, 0.7, 37)


def test_differences_are_positive_where_the_policy_is_better():
    policy, baseline = np.array([1.0, 5.0, NAN, 2.0]), np.array([3.0, 4.0, 1.0, NAN])
    assert statistics.differences(policy, baseline, better="lower").tolist() == [2.0, -1.0]
    assert statistics.differences(policy, baseline, better="higher").tolist() == [-2.0, 1.0]
    assert statistics.differences(policy, baseline, better="").tolist() == [-2.0, 1.0]


def test_no_difference_is_plain_zero_without_a_sign():
    same = statistics.differences(np.ones(3), np.ones(3), better="lower")
    assert [math.copysign(1.0, d) for d in same] == [1.0, 1.0, 1.0]


def test_the_t_interval_and_its_probability_are_scipys(sample):
    result = stats.ttest_1samp(sample, 0.0)
    expected = result.confidence_interval(0.9)
    got = statistics.t_interval(sample, confidence=0.9)
    assert (got.low, got.high) == pytest.approx((expected.low, expected.high), rel=1e-12)
    shifted = sample - 2.5
    assert statistics.t_probability(shifted) == pytest.approx(stats.ttest_1samp(shifted, 0.0).pvalue, rel=1e-10)


def test_the_t_interval_of_four_numbers_by_hand():
    # Mean 2.5, s = 1.290994, t(3, 0.975) = 3.182446: 2.5 +- 3.182446 * 1.290994 / 2.
    interval = statistics.t_interval(np.array([1.0, 2.0, 3.0, 4.0]), confidence=0.95)
    assert interval.low == pytest.approx(0.445740, abs=1e-6)
    assert interval.half_width == pytest.approx(2.054260, abs=1e-6)


def test_the_bootstrap_interval_is_scipys_within_its_resampling_error(sample):
    expected = stats.bootstrap(
        (sample,), np.mean, confidence_level=0.95, n_resamples=99_999, method="BCa", rng=np.random.default_rng(1)
    ).confidence_interval
    got = statistics.bootstrap_interval(sample, confidence=0.95)
    width = expected.high - expected.low
    assert got.low == pytest.approx(expected.low, abs=0.02 * width)
    assert got.high == pytest.approx(expected.high, abs=0.02 * width)


def test_the_bootstrap_interval_has_the_same_bits_every_time(sample):
    first = statistics.bootstrap_interval(sample, confidence=0.95)
    statistics._resamples.cache_clear()
    assert statistics.bootstrap_interval(sample.copy(), confidence=0.95) == first


def test_the_variance_ratio_by_hand():
    policy, baseline = np.array([1.0, 2.0, 3.0]), np.array([2.0, 4.0, 9.0])
    # Variances 1 and 13; the differences -1, -2, -6 have variance 7.
    assert statistics.variance_ratio(policy, baseline) == pytest.approx(14.0 / 7.0)


def test_the_variance_ratio_is_infinite_for_a_constant_difference_and_unknown_if_nothing_varies():
    x = np.array([1.0, 2.0, 4.0])
    assert statistics.variance_ratio(x + 1.0, x) == math.inf
    assert math.isnan(statistics.variance_ratio(np.ones(3), np.ones(3)))
    assert math.isnan(statistics.variance_ratio(np.array([1.0, NAN]), np.ones(2)))


def test_pairing_with_independent_runs_gains_nothing():
    rng = np.random.default_rng(8)
    ratio = statistics.variance_ratio(rng.normal(size=20_000), rng.normal(size=20_000))
    assert ratio == pytest.approx(1.0, abs=0.03)


def test_the_skewness_is_scipys_adjusted_one(sample):
    assert statistics.skewness(sample) == pytest.approx(stats.skew(sample, bias=False), rel=1e-12)
    assert statistics.skewness(np.full(5, 0.1)) == 0.0
    assert math.isnan(statistics.skewness(sample[:2]))


def test_holm_by_hand():
    # 0.01 * 4, 0.02 * 3, 0.03 * 2, and 0.4: no adjusted one below an earlier one.
    assert statistics.holm([0.03, 0.01, 0.4, 0.02]) == pytest.approx([0.06, 0.04, 0.4, 0.06])
    assert statistics.holm([0.9, 0.8]) == [1.0, 1.0]
    assert statistics.holm([]) == []


def test_holm_does_not_count_what_has_no_probability():
    adjusted = statistics.holm([NAN, 0.02, 0.03])
    assert math.isnan(adjusted[0])
    assert adjusted[1:] == pytest.approx([0.04, 0.04])


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=12))
def test_holm_lies_between_the_plain_probabilities_and_bonferronis(p):
    adjusted = statistics.holm(p)
    for plain, holm in zip(p, adjusted, strict=True):
        assert plain <= holm <= min(1.0, len(p) * plain) or holm == pytest.approx(plain)
    assert [adjusted[i] for i in np.argsort(p, kind="stable")] == sorted(adjusted)


def test_a_percentile_leaves_out_what_is_unknown():
    assert statistics.percentile(np.array([NAN, 0.0, 10.0]), 0.9) == pytest.approx(9.0)
    assert math.isnan(statistics.percentile(np.array([NAN]), 0.9))


def paired(policy, baseline, better="lower"):
    return statistics.paired(np.asarray(policy), np.asarray(baseline), better=better, confidence=0.95)


def word(result, *, delta=None, better="lower", p=None):
    p = result.p if p is None else p
    return statistics.verdict(result, p=p, alpha=0.05, better=better, delta=delta)


def test_a_policy_against_itself_differs_by_exactly_zero(sample):
    result = paired(sample, sample.copy())
    assert (result.difference, result.t, result.bootstrap) == (0.0, Interval(0.0, 0.0), Interval(0.0, 0.0))
    assert (result.p, result.skewness) == (1.0, 0.0)
    assert word(result) == word(result, delta=0.0) == "identical"


def test_a_constant_difference_is_exact(sample):
    x = np.round(sample)
    result = paired(x - 2.0, x)
    assert (result.difference, result.t, result.p) == (2.0, Interval(2.0, 2.0), 0.0)
    assert word(result) == "better"
    assert word(result, delta=2.5) == "equivalent"
    assert word(result, delta=2.0) == "better"


def test_differences_that_cancel_are_not_identical():
    assert word(paired([1.0, -1.0, 1.0, -1.0], [0.0, 0.0, 0.0, 0.0])) == "undecided"


def test_the_words_of_a_verdict_and_their_order():
    rng = np.random.default_rng(3)
    baseline = rng.normal(100.0, 10.0, 40)
    gain = rng.normal(5.0, 2.0, 40)
    better, worse = paired(baseline - gain, baseline), paired(baseline + gain, baseline)
    assert (word(better), word(worse)) == ("better", "worse")
    assert (word(better, delta=10.0), word(better, delta=5.0)) == ("equivalent", "better")
    assert word(better, p=0.05) == "undecided"
    assert word(better, better="") == "different"
    assert word(paired(baseline + gain, baseline, better="higher"), better="higher") == "better"


def test_equivalence_takes_the_interval_at_twice_the_error():
    d = np.array([-1.0, 1.0] * 10)
    reach_90 = float(stats.t.ppf(0.95, 19)) * np.std(d, ddof=1) / math.sqrt(20)
    result = paired(-d, np.zeros(20))
    assert word(result, delta=reach_90 * 1.001) == "equivalent"
    assert word(result, delta=reach_90 * 0.999) == "undecided"


@pytest.mark.parametrize("values", [[], [1.0]])
def test_too_few_pairs_decide_nothing(values):
    result = paired(values, [0.0] * len(values))
    assert result.pairs == len(values)
    assert word(result, delta=1.0) == "undecided"
    assert math.isnan(result.t.low) and math.isnan(result.bootstrap.high) and math.isnan(result.p)
