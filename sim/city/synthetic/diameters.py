"""How wide mains are: nominal sizes, economic velocities, and flows along shortest ways."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse.csgraph import dijkstra

from sim.city.streets import StreetClass
from sim.city.synthetic.main_streets import street_between, street_graph

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]

NOMINAL_M = np.array([100, 150, 200, 250, 300, 400, 500, 600, 700, 800, 900, 1000, 1200, 1400, 1600, 1800]) / 1000.0
# Mean economic velocities, m/s: 0.6 to 0.9 up to DN400, 0.9 to 1.4 above (Chinese handbooks of water supply design).
ECONOMIC_M_S = np.array([0.6, 0.65, 0.7, 0.75, 0.8, 0.9, 1.0, 1.05, 1.1, 1.15, 1.2, 1.25, 1.3, 1.35, 1.4, 1.4])
CAPACITY_M3S = ECONOMIC_M_S * np.pi * NOMINAL_M**2 / 4.0
# The least main under a street by its class: hydrants need DN100 (GB 50974); trunk mains run under arterials.
_LEAST = {StreetClass.EXPRESSWAY: 0.1, StreetClass.ARTERIAL: 0.3, StreetClass.COLLECTOR: 0.2, StreetClass.LOCAL: 0.1}
# Water prefers wide streets: a metre under an arterial counts for this much (assumption).
_PULL = {StreetClass.EXPRESSWAY: 3.0, StreetClass.ARTERIAL: 0.45, StreetClass.COLLECTOR: 0.7, StreetClass.LOCAL: 1.0}
TOO_MUCH, TOO_LITTLE = 1.2, 0.35  # of the economic flow: what is enlarged, and made smaller


def least_size(street_class: npt.NDArray[np.int8]) -> Ints:
    """The index of the least nominal size under a street of each class: int32 (n,)."""
    by_class = np.array([np.searchsorted(NOMINAL_M, _LEAST[c]) for c in StreetClass], dtype=np.int32)
    return by_class[street_class]


def pull(street_class: npt.NDArray[np.int8]) -> Floats:
    """How long a metre under a street of each class counts, when ways for trunk mains are sought."""
    return np.array([_PULL[c] for c in StreetClass])[street_class]


def size_for(flow_m3s: Floats) -> Ints:
    """The index of the least nominal size whose economic flow reaches each flow; the greatest where none does."""
    size = np.searchsorted(CAPACITY_M3S, np.abs(flow_m3s))
    return np.minimum(size, len(NOMINAL_M) - 1).astype(np.int32)


def flows_along_ways(
    tail: Ints, head: Ints, *, weight: Floats, demand: Floats, sources: Ints
) -> tuple[Floats, Ints, Floats]:
    """Flows if each corner drew its demand along its shortest way from the nearest source.

    tail, head, weight : the mains, (n_mains,) each, weights above 0
    Returns the flow through each main, float64 (n_mains,), 0 off all ways; the source of each corner (-9999 where none
    leads there), int32; and the way's weight to each corner, float64, inf where none leads there.
    """
    n = len(demand)
    graph, lightest = street_graph(n, tail, head, weight)
    far, before, source = dijkstra(
        graph, directed=False, indices=np.unique(sources), min_only=True, return_predecessors=True
    )
    through = gathered(np.where(before >= 0, before, n).astype(np.int64), demand)
    below = np.flatnonzero(before >= 0).astype(np.int32)
    flow = np.zeros(len(weight))
    flow[street_between(n, tail, head, lightest=lightest, pairs=(below, before[below]))] = through[below]
    return flow, source.astype(np.int32), far


def gathered(up: npt.NDArray[np.int64], amount: Floats) -> Floats:
    """The amount of each node and of all below it in a forest: float64 (n,).

    up : int64 (n,), the node above; n where there is none

    Ways are doubled: after k rounds each node has gathered all that is less than 2^k steps below it.
    """
    n = len(up)
    target = np.append(up, n)
    total = np.append(amount, 0.0)
    while (target < n).any():
        total = total + np.bincount(target, weights=total, minlength=n + 1)
        total[n] = 0.0
        target = target[target]
    return total[:n]
