"""Ground that is nowhere steeper than it may be."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph

Floats = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]


def lowered(height: Floats, tail: Longs, head: Longs, *, climb: Floats) -> Floats:
    """The highest values nowhere above ``height`` (n,) that differ along each link by no more than its ``climb``."""
    n, base = len(height), height.min() - 1.0
    every = np.arange(n)
    # Of parallel links the least counts; a matrix would add them.
    key = np.minimum(tail, head) * np.int64(n) + np.maximum(tail, head)
    order = np.lexsort((climb, key))
    first = order[np.append(True, np.diff(key[order]) > 0)] if len(order) else order
    first = first[tail[first] != head[first]]
    one, other, most = tail[first], head[first], climb[first]
    graph: Any = sparse.csr_array(
        (
            np.concatenate([most, most, height - base]),
            (np.concatenate([one, other, np.full(n, n)]), np.concatenate([other, one, every])),
        ),
        shape=(n + 1, n + 1),
    )
    least: Floats = csgraph.dijkstra(graph, indices=[n])[0, :n] + base
    return least
