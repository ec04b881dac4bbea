"""Places spread over weighted points, so that each has about as much around it as the others."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

Floats = npt.NDArray[np.float64]

_BITS = 16
_ROUNDS = 8


def spread(xy: Floats, weight: Floats, count: int) -> npt.NDArray[np.int64]:
    """``count`` different points, int64, ascending: near the means of parts of about equal weight.

    xy : float64 (n, 2);  weight : float64 (n,), >= 0.  The points are lined up along Morton's curve and taken at equal
    steps of cumulated weight; then Lloyd's steps (each place moves to the mean of the points nearest to it), in time
    O(n log n).  Points of weight 0 are never taken; ValueError where fewer than ``count`` have some.
    """
    there = np.flatnonzero(weight > 0.0)
    if not 0 <= count <= len(there):
        raise ValueError(f"{count} places cannot be spread over {len(there)} points")
    if count == 0:
        return np.zeros(0, dtype=np.int64)
    points, heavy = xy[there], weight[there]
    return there[_nearest_each(points, moved(points, heavy, _first(points, heavy, count)))]


def _first(xy: Floats, weight: Floats, count: int) -> Floats:
    order = np.argsort(_morton(xy), kind="stable")
    cumulated = np.cumsum(weight[order])
    wanted = (np.arange(count) + 0.5) * (cumulated[-1] / count)
    at: Floats = xy[order[np.minimum(np.searchsorted(cumulated, wanted), len(order) - 1)]]
    return at


def moved(xy: Floats, weight: Floats, places: Floats) -> Floats:
    """The places, float64 (k, 2), after Lloyd's steps over the weighted points."""
    for _ in range(_ROUNDS):
        nearest = cKDTree(places).query(xy)[1]
        total = np.bincount(nearest, weights=weight, minlength=len(places))
        sums = np.stack([np.bincount(nearest, weights=weight * axis, minlength=len(places)) for axis in xy.T], axis=1)
        has_some = total > 0.0
        places = np.where(has_some[:, None], sums / np.where(has_some, total, 1.0)[:, None], places)
    return np.round(places, 2)


def _nearest_each(xy: Floats, places: Floats) -> npt.NDArray[np.int64]:
    """A different point, int64 (k,), for each place: the nearest that no place before it took."""
    tree, numbers = cKDTree(xy), np.arange(len(xy))
    taken: set[int] = set()
    for place in places:
        taken.add(nearest_free(tree, place, numbers=numbers, taken=taken))
    return np.array(sorted(taken), dtype=np.int64)


def nearest_free(tree: cKDTree, place: Floats, *, numbers: npt.NDArray[np.integer], taken: set[int]) -> int:
    """The nearest point of a tree whose number, one for each point, is not taken; -1 where all are."""
    reach = 1
    while True:
        for point in np.atleast_1d(tree.query(place, k=min(reach, tree.n))[1]).tolist():
            if int(numbers[point]) not in taken:
                return int(point)
        if reach >= tree.n:
            return -1
        reach *= 4


def _morton(xy: Floats) -> npt.NDArray[np.uint64]:
    low, span = xy.min(axis=0), np.maximum(np.ptp(xy, axis=0).max(), 1e-9)
    cell = ((xy - low) / span * (2**_BITS - 1)).astype(np.uint64)
    return _apart(cell[:, 0]) | (_apart(cell[:, 1]) << np.uint64(1))


def _apart(bits: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Sixteen bits with a zero between each two."""
    for shift, mask in ((8, 0x00FF00FF), (4, 0x0F0F0F0F), (2, 0x33333333), (1, 0x55555555)):
        bits = (bits | (bits << np.uint64(shift))) & np.uint64(mask)
    return bits
