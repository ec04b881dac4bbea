"""The blocks between streets: the bounded faces of their planar graph, traced all at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from sim.city.blocks import Lots
from sim.city.streets import Streets, Structure

Floats = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Moments:
    """What each street adds to a block on its left, from tail to head: area, m2, and first moments, m3."""

    area: Floats
    x: Floats
    y: Floats


def lots_of(streets: Streets) -> Lots:
    """The ground between the streets on the surface.

    Bridges, underpasses and tunnels bound no block: what they cross goes on below or above them, so they have no block
    beside them. A dead end runs into its block, whose corners then appear twice; ground within ground (a block with an
    island of streets that hang on nothing else) counts whole. Half-edges are sorted by angle around each corner; the
    next one along a block is the neighbour of the opposite half (de Berg et al. 2008, ch. 2). Grows as n log n.
    """
    surface = np.flatnonzero(streets.structure == Structure.SURFACE)
    next_half = _next_halves(streets, surface)
    m = len(surface)
    of_face, walk = _cycles(next_half)
    sums = _moments(streets)
    sign = np.repeat([1.0, -1.0], m)
    both = np.concatenate([surface, surface])
    area: Floats = np.bincount(of_face, weights=sign * sums.area[both]).astype(np.float64)
    x = np.bincount(of_face, weights=sign * sums.x[both])
    y = np.bincount(of_face, weights=sign * sums.y[both])
    # The outer face runs clockwise: its area is negative, or nothing where the streets are a tree.
    block = np.flatnonzero(area > 1e-6)
    number = np.full(len(area), -1)
    number[block] = np.arange(len(block))
    beside = np.full((streets.n_streets, 2), -1, dtype=np.int32)
    beside[surface, 0] = number[of_face[:m]]
    beside[surface, 1] = number[of_face[m:]]
    in_block = number[of_face[walk]] >= 0
    halves = walk[in_block]
    start = np.concatenate([streets.tail[surface], streets.head[surface]])
    count = np.bincount(number[of_face[halves]], minlength=len(block))
    return Lots(
        corner_first=np.concatenate([[0], np.cumsum(count)]).astype(np.int32),
        corner=start[halves].astype(np.int32),
        area_m2=area[block],
        centre_xy=np.stack([x[block] / area[block], y[block] / area[block]], axis=1).reshape(-1, 2),
        beside=beside,
    )


def _next_halves(streets: Streets, surface: Ids) -> Ids:
    """For each half-edge (those from tail to head, then those back) the next one along the block on its left."""
    m = len(surface)
    start = np.concatenate([streets.tail[surface], streets.head[surface]]).astype(np.int64)
    leave = leaving_angles(streets)[surface]
    angle = np.concatenate([leave[:, 0], leave[:, 1]])
    order = np.lexsort((np.arange(2 * m), angle, start))
    rank = np.empty(2 * m, dtype=np.int64)
    rank[order] = np.arange(2 * m)
    first = np.searchsorted(start[order], np.arange(streets.n_corners + 1))
    opposite = (np.arange(2 * m) + m) % (2 * m)
    # Turn as far left as possible: the half that leaves clockwise next to the one back.
    place = rank[opposite]
    at = start[opposite]
    before = np.where(place == first[at], first[at + 1] - 1, place - 1)
    following: Ids = order[before]
    return following


def leaving_angles(streets: Streets) -> Floats:
    """The angle at which each street leaves its tail, and its head: (m, 2), radians."""
    m = streets.n_streets
    bends = np.diff(streets.bend_first)
    tail, head = streets.xy[streets.tail], streets.xy[streets.head]
    first, last = head.copy(), tail.copy()
    bent = bends > 0
    first[bent] = streets.bend_xy[streets.bend_first[:-1][bent]]
    last[bent] = streets.bend_xy[streets.bend_first[1:][bent] - 1]
    leave, back = first - tail, last - head
    return np.stack([np.arctan2(leave[:, 1], leave[:, 0]), np.arctan2(back[:, 1], back[:, 0])], axis=1).reshape(m, 2)


def _cycles(following: Ids) -> tuple[Ids, Ids]:
    """The cycle of each element of a permutation, and all elements cycle by cycle in their order."""
    n = len(following)
    links = coo_array((np.ones(n, dtype=np.int8), (np.arange(n), following)), shape=(n, n))
    _, label = connected_components(links, directed=False)
    walk = np.empty(n, dtype=np.int64)
    count = np.bincount(label)
    first = np.concatenate([[0], np.cumsum(count)])
    _, here = np.unique(label, return_index=True)
    alive = np.arange(len(here))
    step = 0
    while len(alive):
        walk[first[alive] + step] = here
        step += 1
        going = count[alive] > step
        alive, here = alive[going], following[here[going]]
    return label.astype(np.int64), walk


def _moments(streets: Streets) -> Moments:
    """Shoelace sums along each street, from tail to head."""
    m = streets.n_streets
    count = np.diff(streets.bend_first).astype(np.int64) + 2
    first = np.concatenate([[0], np.cumsum(count)])
    path = np.empty((first[-1], 2))
    inner = np.ones(first[-1], dtype=np.bool_)
    inner[first[:-1]] = inner[first[1:] - 1] = False
    path[inner] = streets.bend_xy
    path[first[:-1]], path[first[1:] - 1] = streets.xy[streets.tail], streets.xy[streets.head]
    middle = path.mean(axis=0) if len(path) else np.zeros(2)
    x, y = (path - middle).T
    cross = np.zeros(len(x))
    cross[:-1] = x[:-1] * y[1:] - x[1:] * y[:-1]
    cross[first[1:] - 1] = 0.0
    sum_x, sum_y = x + np.roll(x, -1), y + np.roll(y, -1)
    owner = np.repeat(np.arange(m), count)
    area: Floats = np.bincount(owner, weights=cross / 2.0, minlength=m).astype(np.float64)
    return Moments(
        area=area,
        x=np.bincount(owner, weights=cross * sum_x / 6.0, minlength=m) + area * middle[0],
        y=np.bincount(owner, weights=cross * sum_y / 6.0, minlength=m) + area * middle[1],
    )
