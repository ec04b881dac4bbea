"""One line of the benchmark table, and the fair way to time two programs against each other."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison: the same work by us and by a named rival, in CPU seconds, measured in the same process."""

    what: str
    ours_s: float
    rival: str
    rival_s: float
    note: str = ""

    @property
    def ratio(self) -> float:
        """How many times faster we are than the rival (below 1: slower)."""
        return self.rival_s / self.ours_s


def interleaved(ours: Callable[[], object], rival: Callable[[], object], repeats: int) -> tuple[float, float]:
    """Median CPU seconds of ours and of the rival, run in turns so that both meet the same machine."""
    pairs = [(_cpu_s(ours), _cpu_s(rival)) for _ in range(repeats)]
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)


def _cpu_s(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began
