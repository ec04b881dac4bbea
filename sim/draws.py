"""Named, keyed random draws: the same thing meets the same fate under every policy.

Every number is a pure function of (seed, replication, purpose, entity, index). Entities are physical things (a
junction, a pipe, a street), never the number of a case nor an order of arrival; ``k`` counts the draws that one thing
needs for one purpose. Every law inverts one uniform number, so each purpose uses up exactly one, and a block gives bit
for bit what its scalars give. Not for streams: nothing here has a position that moves.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from cext.draws import EXPONENTIAL, NORMAL, UNIFORM, draw, draw_block, exponentiated

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_WORD = 2**32

#: What the project itself draws; other names are given their code in the same way when first used.
PURPOSES = (
    "burst",
    "burst time",
    "call",
    "isolate",
    "locate",
    "number of bursts",
    "registration",
    "reopen",
    "repair",
    "sensor noise 0",
    "sighting",
    "triage",
    "turnout",
)

_codes: dict[str, int] = {}
_names: dict[int, str] = {}


def purpose_code(purpose: str) -> int:
    """The 32-bit code of a purpose: the CRC-32 of its name, the same in every process and version.

    Two names with one code would share their luck: an AssertionError that names both.
    """
    code = _codes.get(purpose)
    if code is None:
        code = zlib.crc32(purpose.encode())
        first = _names.setdefault(code, purpose)
        assert first == purpose, f"the purposes {first!r} and {purpose!r} have the same code: rename one"
        _codes[purpose] = code
    return code


for _purpose in PURPOSES:
    purpose_code(_purpose)


@dataclass(frozen=True, slots=True)
class Draws:
    """All the random numbers of one replication.

    Methods in the singular give one number for one ``entity``; those in the plural an array for int arrays of entities
    and indices ``k``, broadcast against each other. Parameters of a block may be arrays of that shape too. Entities and
    indices outside 0 .. 2**32 - 1, and parameters that make no distribution, raise ValueError.

    seed : int, 0 .. 2**64 - 1; replication : int, 0 .. 2**32 - 1; else ValueError.
    """

    seed: int
    replication: int

    def __post_init__(self) -> None:
        if not 0 <= self.seed < 2**64:
            raise ValueError(f"seed {self.seed} is outside 0 .. 2**64 - 1")
        if not 0 <= self.replication < _WORD:
            raise ValueError(f"replication {self.replication} is outside 0 .. 2**32 - 1")

    def uniform(self, purpose: str, entity: int, k: int = 0) -> float:
        """A number uniform on the open interval (0, 1), on a grid of 2**52 points that 1 - u shares."""
        return self._one(UNIFORM, purpose, entity, k)

    def uniforms(self, purpose: str, entities: ArrayLike, k: ArrayLike = 0) -> Floats:
        """Numbers uniform on (0, 1), as ``uniform``."""
        return self._block(UNIFORM, purpose, entities, k)

    def exponential(self, purpose: str, entity: int, k: int = 0, *, mean: float = 1.0) -> float:
        """An exponential number of the given mean (>= 0): -log(u) times it."""
        _check(mean, "mean", least=0.0)
        return self._one(EXPONENTIAL, purpose, entity, k) * mean

    def exponentials(self, purpose: str, entities: ArrayLike, k: ArrayLike = 0, *, mean: ArrayLike = 1.0) -> Floats:
        """Exponential numbers, as ``exponential``."""
        return self._block(EXPONENTIAL, purpose, entities, k) * _checked(mean, "mean", least=0.0)

    def normal(self, purpose: str, entity: int, k: int = 0, *, mean: float, sd: float) -> float:
        """A normal number of the given mean and standard deviation (>= 0)."""
        _check(mean, "mean")
        _check(sd, "sd", least=0.0)
        return mean + sd * self._one(NORMAL, purpose, entity, k)

    def normals(self, purpose: str, entities: ArrayLike, k: ArrayLike = 0, *, mean: ArrayLike, sd: ArrayLike) -> Floats:
        """Normal numbers, as ``normal``."""
        z = self._block(NORMAL, purpose, entities, k)
        return _checked(mean, "mean") + _checked(sd, "sd", least=0.0) * z

    def lognormal(self, purpose: str, entity: int, k: int = 0, *, median: float, sigma: float) -> float:
        """A lognormal number: the median (>= 0) times e to the power of ``sigma`` (>= 0) standard normals."""
        _check(median, "median", least=0.0)
        _check(sigma, "sigma", least=0.0)
        return median * math.exp(sigma * self._one(NORMAL, purpose, entity, k))

    def lognormals(
        self, purpose: str, entities: ArrayLike, k: ArrayLike = 0, *, median: ArrayLike, sigma: ArrayLike
    ) -> Floats:
        """Lognormal numbers, as ``lognormal``."""
        z = _checked(sigma, "sigma", least=0.0) * self._block(NORMAL, purpose, entities, k)
        return _checked(median, "median", least=0.0) * exponentiated(z.ravel()).reshape(z.shape)

    def gamma(self, purpose: str, entity: int, k: int = 0, *, mean: float, shape: float) -> float:
        """A gamma number of the given mean (>= 0) and shape (> 0)."""
        return float(self.gammas(purpose, entity, k, mean=mean, shape=shape))

    def gammas(
        self, purpose: str, entities: ArrayLike, k: ArrayLike = 0, *, mean: ArrayLike, shape: ArrayLike
    ) -> Floats:
        """Gamma numbers, as ``gamma``."""
        mean, shape = _checked(mean, "mean", least=0.0), _checked(shape, "shape", above=0.0)
        quantile: Floats = special.gammaincinv(shape, self._block(UNIFORM, purpose, entities, k))
        return mean * quantile / shape

    def integer(self, purpose: str, entity: int, k: int = 0, *, low: int, high: int) -> int:
        """A whole number, low <= n < high, high - low <= 2**32; each has its probability to within 2**-52."""
        return int(self.integers(purpose, entity, k, low=low, high=high))

    def integers(self, purpose: str, entities: ArrayLike, k: ArrayLike = 0, *, low: int, high: int) -> Ints:
        """Whole numbers, as ``integer``; int64."""
        if not 0 < high - low <= _WORD:
            raise ValueError(f"no whole number to draw from {low} up to, not including, {high}")
        # u <= 1 - 2**-53, so the product stays below high - low also when rounded.
        steps: Ints = np.floor(self._block(UNIFORM, purpose, entities, k) * (high - low)).astype(np.int64)
        return low + steps

    def choice(self, purpose: str, entity: int, k: int = 0, *, weights: Sequence[float] | Floats) -> int:
        """The index of one of the weights (>= 0, finite, not all 0), each as likely as its share of their sum."""
        return int(self.choices(purpose, entity, k, weights=weights))

    def choices(
        self, purpose: str, entities: ArrayLike, k: ArrayLike = 0, *, weights: Sequence[float] | Floats
    ) -> Ints:
        """Indices of weights, as ``choice``, all from the same weights (n,); int64."""
        cumulated = np.cumsum(_checked(weights, "weight", least=0.0))
        if cumulated.ndim != 1 or cumulated.size == 0 or not 0.0 < cumulated[-1] < math.inf:
            raise ValueError("weights must be one row whose sum is above 0 and finite")
        u = self._block(UNIFORM, purpose, entities, k)
        chosen: Ints = np.searchsorted(cumulated, u * cumulated[-1], side="right").astype(np.int64)
        return chosen

    def poisson(self, purpose: str, entity: int, k: int = 0, *, mean: float) -> int:
        """A Poisson number of the given mean (0 .. 1e9): the least n whose cumulated probability reaches u."""
        return int(self.poissons(purpose, entity, k, mean=mean))

    def poissons(self, purpose: str, entities: ArrayLike, k: ArrayLike = 0, *, mean: ArrayLike) -> Ints:
        """Poisson numbers, as ``poisson``; int64."""
        means = _checked(mean, "mean", least=0.0, most=1e9)
        return _poisson_quantile(self._block(UNIFORM, purpose, entities, k), means)

    def _one(self, law: int, purpose: str, entity: int, k: int) -> float:
        return draw(law, self.seed, self.replication, purpose_code(purpose), entity, k)

    def _block(self, law: int, purpose: str, entities: ArrayLike, k: ArrayLike) -> Floats:
        entity, index = np.broadcast_arrays(_words(entities, "entity"), _words(k, "index k"))
        flat = draw_block(law, self.seed, self.replication, purpose_code(purpose), entity.ravel(), index.ravel())
        return flat.reshape(entity.shape)


def _words(values: ArrayLike, what: str) -> NDArray[np.uint32]:
    array = np.asarray(values)
    if array.dtype.kind not in "iu" and array.size > 0:
        raise ValueError(f"{what} must be a whole number, not {array.dtype}")
    wrong = (array < 0) | (array >= _WORD)
    if wrong.any():
        raise ValueError(f"{what} {array[wrong].flat[0]} is outside 0 .. 2**32 - 1")
    return array.astype(np.uint32)


def _check(value: float, what: str, *, least: float = -math.inf) -> None:
    if not (least <= value and math.isfinite(value)):
        raise ValueError(f"{what} {value} is not finite or below {least}")


def _checked(
    values: ArrayLike, what: str, *, least: float = -math.inf, above: float = -math.inf, most: float = math.inf
) -> Floats:
    array = np.asarray(values, dtype=np.float64)
    wrong = ~(np.isfinite(array) & (array >= least) & (array > above) & (array <= most))
    if wrong.any():
        raise ValueError(f"{what} {array[wrong].flat[0]} is not finite or outside what it may be")
    return array


def _poisson_quantile(u: Floats, mean: Floats) -> Ints:
    """The least n >= 0 with P(N <= n) >= u, from a normal guess with its skewness, then by single steps."""
    u, mean = np.broadcast_arrays(u, mean)
    z = special.ndtri(u)
    n = np.maximum(np.floor(mean + np.sqrt(mean) * z + (z * z - 1.0) / 6.0), 0.0)
    while (short := special.pdtr(n, mean) < u).any():
        n = n + short
    while (far := (n > 0.0) & (special.pdtr(np.maximum(n - 1.0, 0.0), mean) >= u)).any():
        n = n - far
    whole: Ints = n.astype(np.int64)
    return whole
