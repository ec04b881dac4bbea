"""Hollows of a raster: the level to which each cell fills before its water finds a way out."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


def ways_out(height_m: Floats, outlets: Flags) -> tuple[Floats, npt.NDArray[np.int32]]:
    """How high water must rise in each cell to leave over its lowest way out, and how far that is through the pool.

    height_m : float64 (rows, columns), m;  outlets : bool, same shape, where water leaves; at least one
    Returns the level, float64, at least height_m, and the steps along the way that lie in the pool, int32, 0 outside.

    Water moves to the four neighbours. The lowest way out of every cell lies on the minimum spanning tree of the cells,
    weighted by the higher end of each step (Hu, 1961), rooted outside; what priority flood (Barnes et al., 2014) finds
    one by one is found by NumPy here. O(n log n).
    """
    n = height_m.size
    parent = _tree(height_m, outlets)
    level = np.append(height_m.ravel().astype(np.float64), -np.inf)
    # Doubling: each round looks twice as far towards the outlet.
    further = parent
    while (further != n).any():
        level = np.maximum(level, level[further])
        further = further[further]
    level = level[:n]
    steps = np.append(level > height_m.ravel(), False).astype(np.int32)
    further = np.where(steps > 0, parent, n)
    while (further != n).any():
        steps += steps[further]
        further = further[further]
    return level.reshape(height_m.shape), steps[:n].reshape(height_m.shape)


def _tree(height_m: Floats, outlets: Flags) -> npt.NDArray[np.int32]:
    """The next cell on the lowest way out of each cell; the outside, cell n, follows the outlets and itself."""
    n = height_m.size
    ids = np.arange(n, dtype=np.int32).reshape(height_m.shape)
    # Every weight above 0, since a stored 0 is no edge; all the same shift.
    z = height_m - height_m.min() + 1.0
    out = np.flatnonzero(outlets.ravel()).astype(np.int32)
    one = np.concatenate([ids[:, :-1].ravel(), ids[:-1].ravel(), out])
    other = np.concatenate([ids[:, 1:].ravel(), ids[1:].ravel(), np.full(len(out), n, dtype=np.int32)])
    weight = np.concatenate(
        [np.maximum(z[:, :-1], z[:, 1:]).ravel(), np.maximum(z[:-1], z[1:]).ravel(), z.ravel()[out]]
    )
    graph = sparse.csr_array((weight, (one, other)), shape=(n + 1, n + 1))
    tree = csgraph.minimum_spanning_tree(graph)
    _, parent = csgraph.breadth_first_order(tree, n, directed=False)
    parent = parent.astype(np.int32)
    parent[n] = n
    return parent
