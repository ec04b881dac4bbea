"""Draws are pure functions of their key, follow their laws, and are the same alone and in a block."""

import math
import pickle
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sim import draws as draws_module
from sim.draws import PURPOSES, Draws, purpose_code

DRAWS = Draws(20210720, 3)
MANY = np.arange(40_000)

# Law: how it is drawn in a block, and the distribution it must have.
CONTINUOUS = {
    "uniform": (lambda d, e, k=0: d.uniforms("law", e, k), stats.uniform()),
    "exponential": (lambda d, e, k=0: d.exponentials("law", e, k, mean=3.0), stats.expon(scale=3.0)),
    "normal": (lambda d, e, k=0: d.normals("law", e, k, mean=-2.0, sd=0.5), stats.norm(-2.0, 0.5)),
    "lognormal": (lambda d, e, k=0: d.lognormals("law", e, k, median=6.0, sigma=0.5), stats.lognorm(0.5, scale=6.0)),
    "gamma": (lambda d, e, k=0: d.gammas("law", e, k, mean=5.0, shape=2.5), stats.gamma(2.5, scale=2.0)),
}
WEIGHTS = [0.0, 1.0, 0.0, 3.0, 6.0, 0.0]
DISCRETE = {
    "integer": (lambda d, e, k=0: d.integers("law", e, k, low=-2, high=5), stats.randint(-2, 5)),
    "poisson": (lambda d, e, k=0: d.poissons("law", e, k, mean=3.7), stats.poisson(3.7)),
    "large poisson": (lambda d, e, k=0: d.poissons("law", e, k, mean=2500.0), stats.poisson(2500.0)),
    "choice": (
        lambda d, e, k=0: d.choices("law", e, k, weights=WEIGHTS),
        stats.rv_discrete(values=(range(6), np.array(WEIGHTS) / 10.0)),
    ),
}
SCALARS = [
    (lambda e, k: DRAWS.uniform("s", e, k), lambda e, k: DRAWS.uniforms("s", e, k)),
    (lambda e, k: DRAWS.exponential("s", e, k, mean=7.3), lambda e, k: DRAWS.exponentials("s", e, k, mean=7.3)),
    (lambda e, k: DRAWS.normal("s", e, k, mean=2.0, sd=3.0), lambda e, k: DRAWS.normals("s", e, k, mean=2.0, sd=3.0)),
    (
        lambda e, k: DRAWS.lognormal("s", e, k, median=6.1, sigma=0.7),
        lambda e, k: DRAWS.lognormals("s", e, k, median=6.1, sigma=0.7),
    ),
    (
        lambda e, k: DRAWS.gamma("s", e, k, mean=2.0, shape=0.4),
        lambda e, k: DRAWS.gammas("s", e, k, mean=2.0, shape=0.4),
    ),
    (lambda e, k: DRAWS.integer("s", e, k, low=0, high=9), lambda e, k: DRAWS.integers("s", e, k, low=0, high=9)),
    (lambda e, k: DRAWS.choice("s", e, k, weights=WEIGHTS), lambda e, k: DRAWS.choices("s", e, k, weights=WEIGHTS)),
    (lambda e, k: DRAWS.poisson("s", e, k, mean=12.5), lambda e, k: DRAWS.poissons("s", e, k, mean=12.5)),
]


def assert_mean_and_variance_fit(values, law):
    mean, variance, _, excess = (float(moment) for moment in law.stats(moments="mvsk"))
    n = len(values)
    assert abs(values.mean() - mean) < 4 * math.sqrt(variance / n)
    assert abs(values.var() - variance) < 4 * variance * math.sqrt((excess + 2.0) / n)


@pytest.mark.theory
@pytest.mark.parametrize("name", CONTINUOUS)
def test_continuous_draws_follow_their_law(name):
    drawn, law = CONTINUOUS[name]
    values = drawn(DRAWS, MANY)
    assert_mean_and_variance_fit(values, law)
    assert stats.kstest(values, law.cdf).pvalue > 1e-4
    assert stats.kstest(drawn(DRAWS, 7, MANY), law.cdf).pvalue > 1e-4  # one entity, many ordinals


@pytest.mark.theory
@pytest.mark.parametrize("name", DISCRETE)
def test_discrete_draws_follow_their_law(name):
    drawn, law = DISCRETE[name]
    values = drawn(DRAWS, MANY)
    assert values.dtype == np.int64
    assert_mean_and_variance_fit(values, law)
    seen, counts = np.unique(values, return_counts=True)
    common = law.pmf(seen) * len(MANY) > 10
    z = (counts - law.pmf(seen) * len(MANY))[common] / np.sqrt(law.pmf(seen)[common] * len(MANY))
    assert abs(z).max() < 4.5
    assert (law.pmf(seen) > 0).all()


@pytest.mark.theory
def test_neighbours_in_any_part_of_the_key_are_unrelated():
    base = DRAWS.uniforms("a", MANY)
    others = {
        "entity": DRAWS.uniforms("a", MANY + 1),
        "index": DRAWS.uniforms("a", MANY, 1),
        "purpose": DRAWS.uniforms("b", MANY),
        "replication": Draws(20210720, 4).uniforms("a", MANY),
        "seed": Draws(20210721, 3).uniforms("a", MANY),
        "high half of the seed": Draws(20210720 + 2**32, 3).uniforms("a", MANY),
    }
    for part, other in others.items():
        assert abs(np.corrcoef(base, other)[0, 1]) * math.sqrt(len(MANY)) < 4, part
        cells = np.histogram2d(base, other, bins=10, range=[[0, 1], [0, 1]])[0]
        assert stats.chisquare(cells.ravel()).pvalue > 1e-4, part


@pytest.mark.parametrize(("one", "block"), SCALARS)
def test_a_block_has_the_bits_of_its_scalars(one, block):
    entities, indices = np.arange(5)[:, None], np.arange(3)
    table = block(entities, indices)
    assert table.shape == (5, 3)
    assert table.tolist() == [[one(e, k) for k in range(3)] for e in range(5)]
    assert block([], 0).shape == (0,)


@pytest.mark.parametrize("name", [*CONTINUOUS, *DISCRETE])
def test_every_law_is_an_inversion_of_the_uniform(name):
    drawn, law = (CONTINUOUS | DISCRETE)[name]
    u = DRAWS.uniforms("law", MANY[:4000])
    values = drawn(DRAWS, MANY[:4000])
    in_order = values[np.argsort(u)]
    steps = np.diff(in_order)
    assert (steps <= 0).all() if name == "exponential" else (steps >= 0).all()
    if name in ("poisson", "large poisson"):
        assert values.tolist() == law.ppf(u).tolist()


def test_parameters_may_differ_along_a_block():
    medians = np.array([1.0, 2.0, 4.0])
    each = [DRAWS.lognormal("repair", e, median=m, sigma=0.5) for e, m in enumerate(medians)]
    assert DRAWS.lognormals("repair", np.arange(3), median=medians, sigma=0.5).tolist() == each
    assert DRAWS.poissons("n", np.zeros(3, int), mean=[0.0, 1.0, 1e9])[0] == 0


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**32 - 1), st.text(max_size=8), st.integers(0, 2**32 - 1))
def test_a_draw_depends_on_nothing_but_its_key(seed, replication, purpose, entity):
    first = Draws(seed, replication).uniform(purpose, entity)
    other = Draws(seed, replication)
    other.exponentials("something else", np.arange(10))
    assert other.uniform(purpose, entity) == first
    assert pickle.loads(pickle.dumps(other)).uniform(purpose, entity) == first


def test_known_draws_stay_what_they_are():
    # Changing these changes the fate of every shipped scenario.
    assert purpose_code("repair") == zlib.crc32(b"repair") == 0x8EE43421
    assert DRAWS.uniform("repair", 118).hex() == "0x1.ddb77d4fd2425p-1"
    assert DRAWS.lognormal("repair", 118, median=6.0, sigma=0.5) == pytest.approx(12.694542673392757, rel=1e-14)


def test_purposes_have_codes_of_their_own():
    assert len({purpose_code(purpose) for purpose in PURPOSES}) == len(PURPOSES)


def test_two_purposes_with_one_code_are_refused():
    assert zlib.crc32(b"plumless") == zlib.crc32(b"buckeroo")  # a well-known collision
    purpose_code("plumless")
    with pytest.raises(AssertionError, match="'plumless' and 'buckeroo'"):
        DRAWS.uniform("buckeroo", 0)
    assert "buckeroo" not in draws_module._codes


@pytest.mark.parametrize(("seed", "replication"), [(-1, 0), (2**64, 0), (0, -1), (0, 2**32)])
def test_a_seed_or_replication_out_of_range_is_refused(seed, replication):
    with pytest.raises(ValueError, match="outside 0"):
        Draws(seed, replication)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        (lambda: DRAWS.uniform("x", -1), "entity -1"),
        (lambda: DRAWS.uniform("x", 0, 2**32), "index 4294967296"),
        (lambda: DRAWS.uniforms("x", [3, -4]), "entity -4"),
        (lambda: DRAWS.uniforms("x", [3], [2**32]), "index k 4294967296"),
        (lambda: DRAWS.uniforms("x", [0.5]), "whole number, not float64"),
        (lambda: DRAWS.exponential("x", 0, mean=-1.0), "mean -1.0"),
        (lambda: DRAWS.exponentials("x", [0], mean=[math.inf]), "mean inf"),
        (lambda: DRAWS.normal("x", 0, mean=math.nan, sd=1.0), "mean nan"),
        (lambda: DRAWS.normals("x", [0], mean=0.0, sd=-1.0), "sd -1.0"),
        (lambda: DRAWS.lognormal("x", 0, median=1.0, sigma=-0.5), "sigma -0.5"),
        (lambda: DRAWS.gamma("x", 0, mean=1.0, shape=0.0), "shape 0.0"),
        (lambda: DRAWS.integer("x", 0, low=3, high=3), "from 3 up to, not including, 3"),
        (lambda: DRAWS.integer("x", 0, low=0, high=2**32 + 1), "from 0 up to"),
        (lambda: DRAWS.choice("x", 0, weights=[]), "above 0"),
        (lambda: DRAWS.choice("x", 0, weights=[0.0, 0.0]), "above 0"),
        (lambda: DRAWS.choice("x", 0, weights=[1.0, -1.0]), "weight -1.0"),
        (lambda: DRAWS.poisson("x", 0, mean=1e10), "mean 10000000000.0"),
    ],
)
def test_what_makes_no_draw_is_refused_by_name(wrong, named):
    with pytest.raises(ValueError, match=named):
        wrong()
