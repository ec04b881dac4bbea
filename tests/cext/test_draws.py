"""Philox against its published vectors and a slow twin; quantiles against the standard library and SciPy."""

import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from cext.draws import EXPONENTIAL, NORMAL, UNIFORM, draw, draw_block, exponentiated, normal_quantile, philox

MASK = 2**32 - 1
words = st.integers(0, MASK)

# Counter, key and result: the file kat_vectors of the Random123 distribution, "philox4x32 10".
PUBLISHED = [
    ([0, 0, 0, 0], [0, 0], (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ([MASK] * 4, [MASK] * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        [0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344],
        [0xA4093822, 0x299F31D0],
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


def slow_philox(counter, key):
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(10):
        high0, low0 = divmod(0xD2511F53 * c0, 2**32)
        high1, low1 = divmod(0xCD9E8D57 * c2, 2**32)
        c0, c1, c2, c3 = high1 ^ c1 ^ k0, low1, high0 ^ c3 ^ k1, low0
        k0, k1 = (k0 + 0x9E3779B9) & MASK, (k1 + 0xBB67AE85) & MASK
    return c0, c1, c2, c3


@pytest.mark.oracle
@pytest.mark.parametrize(("counter", "key", "result"), PUBLISHED)
def test_philox_gives_the_published_answers(counter, key, result):
    assert philox(counter, key) == result


@given(st.lists(words, min_size=4, max_size=4), st.lists(words, min_size=2, max_size=2))
def test_philox_equals_its_slow_twin(counter, key):
    assert philox(counter, key) == slow_philox(counter, key)


@given(st.integers(0, 2**64 - 1), words, words, words, words)
def test_a_uniform_is_the_top_52_bits_of_its_own_counter(seed, replication, purpose, entity, index):
    first, second, _, _ = slow_philox([index, entity, purpose, replication], [seed & MASK, seed >> 32])
    u = draw(UNIFORM, seed, replication, purpose, entity, index)
    assert u == (((first << 32 | second) >> 12) + 0.5) / 2**52
    assert 0.0 < u < 1.0
    assert (1.0 - (1.0 - u)) == u
    assert draw(EXPONENTIAL, seed, replication, purpose, entity, index) == -math.log(u)


def test_one_bit_of_key_or_counter_turns_half_of_the_result():
    counter, key = [3, 14, 159, 2653], [58979, 323846]
    plain = philox(counter, key)
    turned = []
    for position in range(6 * 32):
        changed = counter + key
        changed[position // 32] ^= 1 << position % 32
        other = philox(changed[:4], changed[4:])
        turned.append(sum((a ^ b).bit_count() for a, b in zip(plain, other, strict=True)))
    assert min(turned) > 64 - 4 * math.sqrt(32)
    assert abs(np.mean(turned) - 64) < 4 * math.sqrt(32 / len(turned))


@pytest.mark.oracle
@given(st.floats(0.0, 1.0, exclude_min=True, exclude_max=True, allow_subnormal=False))
def test_normal_quantiles_equal_those_of_other_programs_far_into_the_tails(p):
    z = normal_quantile(p)
    assert z == pytest.approx(NormalDist().inv_cdf(p), rel=4e-15, abs=1e-16)
    assert z == pytest.approx(special.ndtri(p), rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("p", [1e-300, 1e-13, 1e-10, 0.07499, 0.075, 0.0750001, 0.3, 0.5])
def test_normal_quantiles_are_symmetric_and_join_where_formulas_change(p):
    assert normal_quantile(p) == pytest.approx(special.ndtri(p), rel=1e-12, abs=1e-15)
    if p > 1e-12:
        assert normal_quantile(1.0 - p) == pytest.approx(-normal_quantile(1.0 - (1.0 - p)), rel=1e-14)


@pytest.mark.parametrize("p", [0.0, 1.0, -0.5, math.nan])
def test_the_ends_have_no_normal_quantile(p):
    with pytest.raises(ValueError, match="not between 0 and 1"):
        normal_quantile(p)


def test_a_normal_draw_is_the_quantile_of_its_uniform():
    for entity in range(1000):
        assert draw(NORMAL, 1, 0, 0, entity, 0) == normal_quantile(draw(UNIFORM, 1, 0, 0, entity, 0))


@pytest.mark.parametrize("law", [UNIFORM, EXPONENTIAL, NORMAL])
def test_a_block_has_the_bits_of_its_scalars(law):
    entities = np.array([0, 5, 5, MASK], dtype=np.uint32)
    indices = np.array([0, 1, 2, MASK], dtype=np.uint32)
    one = np.array([7], dtype=np.uint32)
    each = draw_block(law, 42, 3, 9, entities, indices)
    assert each.tolist() == [draw(law, 42, 3, 9, e, k) for e, k in zip(entities, indices, strict=True)]
    assert draw_block(law, 42, 3, 9, entities, one).tolist() == [draw(law, 42, 3, 9, e, 7) for e in entities]
    assert draw_block(law, 42, 3, 9, one, indices).tolist() == [draw(law, 42, 3, 9, 7, k) for k in indices]
    assert draw_block(law, 42, 3, 9, one, one).shape == (1,)
    assert draw_block(law, 42, 3, 9, entities[:0], one).shape == (0,)


def test_exponentiated_has_the_bits_of_the_standard_library():
    x = np.linspace(-700.0, 700.0, 1001)
    assert exponentiated(x).tolist() == [math.exp(v) for v in x]


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ((UNIFORM, -1, 0, 0, 0, 0), "seed -1"),
        ((UNIFORM, 2**64, 0, 0, 0, 0), "seed 18446744073709551616"),
        ((UNIFORM, 0, 2**32, 0, 0, 0), "replication 4294967296"),
        ((UNIFORM, 0, 0, -7, 0, 0), "purpose -7"),
        ((UNIFORM, 0, 0, 0, -1, 0), "entity -1"),
        ((UNIFORM, 0, 0, 0, 0, 2**40), "index 1099511627776"),
        ((3, 0, 0, 0, 0, 0), "law 3"),
    ],
)
def test_what_is_out_of_range_is_named(arguments, named):
    with pytest.raises(ValueError, match=named):
        draw(*arguments)


def test_a_fraction_is_no_entity():
    with pytest.raises(TypeError):
        draw(UNIFORM, 0, 0, 0, 1.5, 0)


def test_shapes_that_do_not_go_together_are_refused():
    with pytest.raises(ValueError, match="3 entities do not go with 2 indices"):
        draw_block(UNIFORM, 0, 0, 0, np.zeros(3, np.uint32), np.zeros(2, np.uint32))
    with pytest.raises(ValueError, match="law -1"):
        draw_block(-1, 0, 0, 0, np.zeros(3, np.uint32), np.zeros(1, np.uint32))
    with pytest.raises(ValueError, match="four words"):
        philox([1, 2, 3], [4, 5])
    with pytest.raises(ValueError, match="counter word 2"):
        philox([0, 0, -1, 0], [0, 0])
