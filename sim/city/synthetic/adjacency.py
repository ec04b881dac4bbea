"""Which blocks are neighbours, and which lie together in one superblock between main streets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import cKDTree

from sim.city.blocks import Lots
from sim.city.streets import StreetClass, Streets, Structure

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Neighbours:
    """Pairs of neighbouring blocks: one, other and the street between them, int32 (k,); -1 where no street is.

    Blocks are neighbours that face each other across a street, or lie at the two ends of a bridge, underpass or tunnel;
    where that leaves blocks apart, each such part is joined to the nearest block of the others, with street -1.
    """

    one: Ints
    other: Ints
    street: Ints


def neighbours_of(lots: Lots, streets: Streets) -> Neighbours:
    """All pairs of neighbours of a town; the graph they make is connected. A pair may stand there more than once."""
    left, right = lots.beside.T
    across = np.flatnonzero((left >= 0) & (right >= 0) & (left != right))
    at = np.full(streets.n_corners, -1, dtype=np.int32)
    block = np.repeat(np.arange(lots.n_blocks, dtype=np.int32), np.diff(lots.corner_first))
    at[lots.corner[::-1]] = block[::-1]  # the first block of each corner
    over = np.flatnonzero(streets.structure != Structure.SURFACE)
    ends = np.column_stack([at[streets.tail[over]], at[streets.head[over]]])
    there = (ends >= 0).all(axis=1) & (ends[:, 0] != ends[:, 1])
    pairs = np.vstack([
        np.column_stack([left[across], right[across], across]),
        np.column_stack([ends[there], over[there]]),
    ])  # fmt: skip
    one, other, street = _joined(pairs, lots.centre_xy).astype(np.int32).T
    return Neighbours(one=one, other=other, street=street)


def _joined(pairs: npt.NDArray[np.int64], xy: Floats) -> npt.NDArray[np.int64]:
    while True:
        part = parts(pairs[:, 0], pairs[:, 1], len(xy))
        if part.max(initial=0) == 0:
            return pairs
        pairs = np.vstack([pairs, _joints(part, xy)])


def parts(one: npt.NDArray[np.integer], other: npt.NDArray[np.integer], n: int) -> Ints:
    """The connected part of each of n nodes, int32 (n,), joined by pairs."""
    graph = sparse.coo_array((np.ones(len(one)), (one, other)), shape=(n, n))
    labels: Ints = csgraph.connected_components(graph, directed=False)[1]
    return labels


def _joints(part: Ints, xy: Floats) -> npt.NDArray[np.int64]:
    """For each part but the largest, its nearest pair of blocks inside and outside; some of them may be the same."""
    largest = int(np.bincount(part).argmax())
    rest = np.flatnonzero(part != largest)
    order = rest[np.argsort(part[rest], kind="stable")]
    joints = []
    for inside in np.split(order, np.flatnonzero(np.diff(part[order])) + 1):
        outside = np.flatnonzero(part != part[inside[0]])
        near = outside if len(outside) < 5000 else outside[_about(xy[outside], xy[inside])]
        away, nearest = map(np.asarray, cKDTree(xy[near]).query(xy[inside]))
        closest = int(away.argmin())
        joints.append((inside[closest], near[nearest[closest]], -1))
    return np.array(joints, dtype=np.int64)


def _about(xy: Floats, inside: Floats) -> npt.NDArray[np.bool_]:
    """Which points are in the frame around some others, widened until some are."""
    low, high = inside.min(axis=0), inside.max(axis=0)
    margin = 100.0
    while True:
        found: npt.NDArray[np.bool_] = ((xy >= low - margin) & (xy <= high + margin)).all(axis=1)
        if found.any():
            return found
        margin *= 2.0


def superblocks(pairs: Neighbours, streets: Streets, n_blocks: int) -> Ints:
    """The superblock of each block, int32 (n_blocks,): what is joined without crossing an arterial, bridge or gap."""
    minor = (streets.street_class > StreetClass.ARTERIAL) & (streets.structure == Structure.SURFACE)
    inner = (pairs.street >= 0) & minor[pairs.street]
    return parts(pairs.one[inner], pairs.other[inner], n_blocks)


def ways(pairs: Neighbours, cost: Floats, node: Ints) -> sparse.csr_array:
    """The graph between nodes that are sets of blocks: the least cost of the pairs between each two, both ways.

    cost : float64 (k,), of each pair, above 0;  node : int32 (n_blocks,), the set of each block
    """
    one, other = node[pairs.one], node[pairs.other]
    low, high = np.minimum(one, other), np.maximum(one, other)
    order = np.lexsort((cost, high, low))
    low, high, cost = low[order], high[order], cost[order]
    first = low != high
    first[1:] &= (low[1:] != low[:-1]) | (high[1:] != high[:-1])
    low, high, cost = low[first], high[first], cost[first]
    n = int(node.max()) + 1
    ends = np.concatenate([low, high]), np.concatenate([high, low])
    return sparse.csr_array((np.concatenate([cost, cost]), ends), shape=(n, n))
