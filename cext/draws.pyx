"""Keyed random numbers: Philox4x32-10, and what the C library's log and exp make of them.

Each number is a pure function of (seed, replication, purpose, entity, index), so it depends neither on what was drawn
before nor on whether it is drawn alone or in a block. Not for streams, and not NumPy's Philox, which is 4x64.

Source: Salmon, Moraes, Dror, Shaw (2011), "Parallel random numbers: as easy as 1, 2, 3", SC'11; normal quantiles by
Wichura (1988), algorithm AS 241, Applied Statistics 37(3), 477-484.
"""

from cpython.number cimport PyNumber_Index
from libc.math cimport exp, log, sqrt
from libc.stdint cimport uint32_t, uint64_t

import numpy as np

cdef struct Words:
    uint32_t w0
    uint32_t w1
    uint32_t w2
    uint32_t w3

cdef enum:
    LAW_UNIFORM = 0
    LAW_EXPONENTIAL = 1
    LAW_NORMAL = 2

UNIFORM = LAW_UNIFORM
EXPONENTIAL = LAW_EXPONENTIAL
NORMAL = LAW_NORMAL


def philox(counter, key):
    """Give the four words of Philox4x32-10 for one counter of four words and one key of two.

    counter, key : ints in 0 .. 2**32 - 1; ValueError names the word that is not.
    """
    if len(counter) != 4 or len(key) != 2:
        raise ValueError("a counter has four words and a key two")
    cdef uint32_t[4] c
    for i in range(4):
        c[i] = _word(counter[i], f"counter word {i}")
    cdef uint32_t k0 = _word(key[0], "key word 0")
    cdef uint32_t k1 = _word(key[1], "key word 1")
    cdef Words words = _philox(c[0], c[1], c[2], c[3], k0, k1)
    return words.w0, words.w1, words.w2, words.w3


def draw(int law, seed, replication, purpose, entity, index):
    """Give one standard variate of ``law``: UNIFORM on (0, 1), EXPONENTIAL of mean 1, or NORMAL.

    seed : int in 0 .. 2**64 - 1; replication, purpose, entity, index : ints in 0 .. 2**32 - 1; ValueError names the
    one that is not, and a law that is none of the three. The five are the key and the counter, so none collide.
    """
    _check_law(law)
    cdef uint64_t key = _seed(seed)
    return _standard(
        law, key, _word(replication, "replication"), _word(purpose, "purpose"),
        _word(entity, "entity"), _word(index, "index")
    )


def draw_block(int law, seed, replication, purpose, const uint32_t[::1] entity, const uint32_t[::1] index):
    """Give float64 (n,), the standard variates of n entities and indices: bit for bit those of ``draw``.

    entity, index : uint32 (n,), or (1,) for one that all share; ValueError for other lengths and as ``draw`` does.
    Work is O(n); nothing is changed in place.
    """
    _check_law(law)
    cdef uint64_t key = _seed(seed)
    cdef uint32_t rep = _word(replication, "replication")
    cdef uint32_t code = _word(purpose, "purpose")
    cdef Py_ssize_t n = entity.shape[0] if index.shape[0] == 1 else index.shape[0]
    if entity.shape[0] != n and entity.shape[0] != 1:
        raise ValueError(f"{entity.shape[0]} entities do not go with {index.shape[0]} indices")
    out = np.empty(n)
    cdef double[::1] z = out
    if n > 0:
        with nogil:
            _fill(law, key, rep, code, entity, index, z)
    return out


def normal_quantile(double p):
    """Give the standard normal quantile of ``p``, to about 1e-16 of itself; ValueError unless 0 < p < 1."""
    if not 0.0 < p < 1.0:
        raise ValueError(f"probability {p} is not between 0 and 1")
    return _normal_quantile(p)


def exponentiated(const double[::1] x):
    """Give float64 (n,), e to the power of each ``x``, with the bits of ``math.exp`` (NumPy's vary)."""
    out = np.empty(x.shape[0])
    cdef double[::1] y = out
    cdef Py_ssize_t i
    for i in range(x.shape[0]):
        y[i] = exp(x[i])
    return out


cdef uint32_t _word(value, str what) except? 7:
    value = PyNumber_Index(value)  # a TypeError for 1.5, which would else lose its half
    if not 0 <= value <= 0xFFFFFFFF:
        raise ValueError(f"{what} {value} is outside 0 .. 2**32 - 1")
    return value


cdef uint64_t _seed(value) except? 7:
    value = PyNumber_Index(value)
    if not 0 <= value <= 0xFFFFFFFFFFFFFFFF:
        raise ValueError(f"seed {value} is outside 0 .. 2**64 - 1")
    return value


cdef int _check_law(int law) except -1:
    if law < LAW_UNIFORM or law > LAW_NORMAL:
        raise ValueError(f"law {law} is none of UNIFORM, EXPONENTIAL, NORMAL")
    return 0


cdef void _fill(
    int law, uint64_t seed, uint32_t replication, uint32_t purpose,
    const uint32_t[::1] entity, const uint32_t[::1] index, double[::1] out
) noexcept nogil:
    cdef Py_ssize_t entity_step = 1 if entity.shape[0] > 1 else 0
    cdef Py_ssize_t index_step = 1 if index.shape[0] > 1 else 0
    cdef Py_ssize_t i
    for i in range(out.shape[0]):
        out[i] = _standard(law, seed, replication, purpose, entity[i * entity_step], index[i * index_step])


cdef double _standard(
    int law, uint64_t seed, uint32_t replication, uint32_t purpose, uint32_t entity, uint32_t index
) noexcept nogil:
    cdef Words words = _philox(index, entity, purpose, replication, <uint32_t>seed, <uint32_t>(seed >> 32))
    # 52 bits and a half: open at both ends, and 1 - u lies on the same grid.
    cdef uint64_t bits = ((<uint64_t>words.w0 << 32) | words.w1) >> 12
    cdef double u = (<double>bits + 0.5) * 2.220446049250313e-16
    if law == LAW_UNIFORM:
        return u
    if law == LAW_EXPONENTIAL:
        return -log(u)
    return _normal_quantile(u)


cdef Words _philox(uint32_t c0, uint32_t c1, uint32_t c2, uint32_t c3, uint32_t k0, uint32_t k1) noexcept nogil:
    cdef uint64_t p0, p1
    cdef Words words
    cdef int _turn
    for _turn in range(10):
        p0 = <uint64_t>0xD2511F53 * c0
        p1 = <uint64_t>0xCD9E8D57 * c2
        c0 = <uint32_t>(p1 >> 32) ^ c1 ^ k0
        c1 = <uint32_t>p1
        c2 = <uint32_t>(p0 >> 32) ^ c3 ^ k1
        c3 = <uint32_t>p0
        k0 += <uint32_t>0x9E3779B9
        k1 += <uint32_t>0xBB67AE85
    words.w0 = c0
    words.w1 = c1
    words.w2 = c2
    words.w3 = c3
    return words


# Coefficients of AS 241, highest power first: the centre, the tails, and beyond exp(-25).
cdef double[8] CENTRE_TOP = [
    2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4, 4.5921953931549871457e4,
    1.3731693765509461125e4, 1.9715909503065514427e3, 1.3314166789178437745e2, 3.3871328727963666080,
]
cdef double[8] CENTRE_BOTTOM = [
    5.2264952788528545610e3, 2.8729085735721942674e4, 3.9307895800092710610e4, 2.1213794301586595867e4,
    5.3941960214247511077e3, 6.8718700749205790830e2, 4.2313330701600911252e1, 1.0,
]
cdef double[8] TAIL_TOP = [
    7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1, 1.27045825245236838258,
    3.64784832476320460504, 5.76949722146069140550, 4.63033784615654529590, 1.42343711074968357734,
]
cdef double[8] TAIL_BOTTOM = [
    1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2, 1.48103976427480074590e-1,
    6.89767334985100004550e-1, 1.67638483018380384940, 2.05319162663775882187, 1.0,
]
cdef double[8] FAR_TOP = [
    2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3, 2.65321895265761230930e-2,
    2.96560571828504891230e-1, 1.78482653991729133580, 5.46378491116411436990, 6.65790464350110377720,
]
cdef double[8] FAR_BOTTOM = [
    2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5, 7.86869131145613259100e-4,
    1.48753612908506148525e-2, 1.36929880922735805310e-1, 5.99832206555887937690e-1, 1.0,
]


cdef double _normal_quantile(double p) noexcept nogil:
    cdef double q = p - 0.5
    if -0.425 <= q <= 0.425:
        return q * _ratio(CENTRE_TOP, CENTRE_BOTTOM, 0.180625 - q * q)
    cdef double r = sqrt(-log(p if q < 0.0 else 1.0 - p))
    cdef double z = _ratio(TAIL_TOP, TAIL_BOTTOM, r - 1.6) if r <= 5.0 else _ratio(FAR_TOP, FAR_BOTTOM, r - 5.0)
    return -z if q < 0.0 else z


cdef double _ratio(const double* top, const double* bottom, double r) noexcept nogil:
    cdef double above = top[0]
    cdef double below = bottom[0]
    cdef int i
    for i in range(1, 8):
        above = above * r + top[i]
        below = below * r + bottom[i]
    return above / below
