"""How long a town takes to make, layer by layer, as it grows: no rival makes one, so it races with its own half.

The ratio of a row is that of time to size against the row before: 1 is linear growth, below 1 is worse.
"""

import os
import resource
import time
from pathlib import Path

from sim.city.synthetic.making import make
from sim.scenario.town import Town
from tests.benchmarks.table import Row

SIZES = [500, 5_000, 50_000, 200_000]


def run(data: Path | None) -> list[Row]:
    """Make towns of the four sizes; CITYOPS_BENCH_CORNERS caps the size, for those who have no ten minutes."""
    most = int(os.environ.get("CITYOPS_BENCH_CORNERS", SIZES[-1]))
    sizes = [corners for corners in SIZES if corners <= most]
    _measured(60)  # so that nobody pays for what is loaded on first use
    measured = [_measured(corners) for corners in sizes]
    times = [cpu_s for cpu_s, _ in measured]
    rows = []
    for i, corners in enumerate(sizes):
        before = max(i - 1, 0)
        linear_s = times[before] * corners / sizes[before]
        what = f"town: {corners:,} corners, all layers"
        rows.append(Row(what, times[i], f"linear growth from {sizes[before]:,}", linear_s, measured[i][1]))
    return rows


def _measured(corners: int) -> tuple[float, str]:
    """CPU seconds of making a town, and the peak of memory so far, which the largest town yet has set."""
    town = Town.of("town", "central", seed=3, corners=corners)
    began = time.process_time()
    make(town)
    peak_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return time.process_time() - began, f"peak memory {peak_gb:.1f} GB"
