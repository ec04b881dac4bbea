"""Fates: events that the state of the city drives, such as calls; each meets its own luck under every policy.

An entity's k-th event comes when the integral of its rate since its event before reaches its k-th Exp(1) threshold, so
two policies that give the same rates give the same events, and a higher rate only brings them sooner.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from sim.draws import Draws
from sim.units import GRID_S

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]


class Trigger:
    """The next events of a set of entities under rates that change.

    purpose : what is drawn; entities : int32 (n,), the physical things; their index here is used below.
    """

    def __init__(self, draws: Draws, purpose: str, entities: Ints) -> None:
        self._draws = draws
        self._purpose = purpose
        self._entities = entities
        n = len(entities)
        self._ordinal = np.zeros(n, dtype=np.int64)
        self._left = draws.exponentials(purpose, entities) if n else np.zeros(0)
        self._since = np.zeros(n)
        self._rate = np.zeros(n)
        self._due = np.full(n, math.inf)

    def set_rates(self, now_s: float, rate: Floats, *, not_before_s: Floats | float = 0.0) -> None:
        """From now on the entities have these rates, 1/s (n,), which count from ``not_before_s`` where that is later.

        Only where the rate differs from the one in force is anything touched: a planned event is not planned again.
        """
        changed = np.flatnonzero(rate != self._rate)
        if not len(changed):
            return
        begin = np.broadcast_to(np.asarray(not_before_s, dtype=np.float64), self._rate.shape)
        passed = np.maximum(now_s - self._since[changed], 0.0)
        self._left[changed] = np.maximum(self._left[changed] - passed * self._rate[changed], 0.0)
        self._since[changed] = np.maximum(now_s, begin[changed])
        self._rate[changed] = rate[changed]
        for i in changed:
            self._plan(int(i))

    def pause(self, indices: npt.NDArray[np.intp], now_s: float) -> None:
        """Take these rates away until they are set again."""
        rate = self._rate.copy()
        rate[indices] = 0.0
        self.set_rates(now_s, rate)

    def next(self) -> tuple[float, int]:
        """When the next event comes, and of which index; infinity where none will. Ties go to the lowest index."""
        if not len(self._due):
            return math.inf, -1
        i = int(self._due.argmin())
        return float(self._due[i]), i

    def fire(self, i: int, now_s: float) -> tuple[int, int]:
        """The event of index ``i`` has come: its entity and ordinal. The next one is planned."""
        ordinal = int(self._ordinal[i])
        self._ordinal[i] += 1
        self._left[i] = self._draws.exponential(self._purpose, int(self._entities[i]), ordinal + 1)
        self._since[i] = now_s
        self._plan(i)
        return int(self._entities[i]), ordinal

    def _plan(self, i: int) -> None:
        rate, left = float(self._rate[i]), float(self._left[i])
        # Times beyond 2^43 s leave the grid: that is never.
        self._due[i] = _up(float(self._since[i]) + left / rate) if rate * 2.0**42 > left else math.inf


def _up(time_s: float) -> float:
    """The first planned time not before this one, so that no event comes before its threshold is crossed."""
    return math.ceil(time_s / GRID_S) * GRID_S
