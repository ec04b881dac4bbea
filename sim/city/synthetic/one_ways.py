"""One-way streets of a made town: neighbouring streets with opposite ways, as long as every place stays in reach."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from sim.city.blocks import Lots
from sim.city.faces import leaving_angles
from sim.city.streets import StreetClass, Streets, Structure
from sim.city.synthetic.strokes import Strokes

Floats = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


def with_one_ways(streets: Streets, lots: Lots, *, strokes: Strokes, share: float) -> tuple[Streets, Lots]:
    """Streets of which about ``share`` are one-way, and the lots with the blocks beside them to match.

    Pairs are strokes of collectors or local streets with at least two blocks between them; both run counterclockwise
    around those. A one-way street without which some corner could not be reached, or not be left, becomes two-way.
    """
    way = _ways(streets, lots, strokes=strokes, share=share)
    streets, lots = _turned(streets, lots, turned=way < 0)
    return replace(streets, is_one_way=passable(streets, way != 0)), lots


def passable(streets: Streets, is_one_way: Flags) -> Flags:
    """Which streets may stay one-way if every corner is to be reached from every other.

    Between two parts that do not reach each other both ways there are one-way streets only: with those made two-way,
    parts that touch are one, and all of them if the streets hang together at all.
    """
    back = ~is_one_way
    tail = np.concatenate([streets.tail, streets.head[back]])
    head = np.concatenate([streets.head, streets.tail[back]])
    links = coo_array((np.ones(len(tail), dtype=np.int8), (tail, head)), shape=(streets.n_corners,) * 2)
    _, part = connected_components(links, directed=True, connection="strong")
    stays: Flags = is_one_way & (part[streets.tail] == part[streets.head])
    return stays


def _ways(streets: Streets, lots: Lots, *, strokes: Strokes, share: float) -> npt.NDArray[np.int8]:
    """1 for a one-way street from tail to head, -1 for one from head to tail, 0 for the others."""
    low, high, turn_low, turn_high, blocks = _neighbours(streets, lots, strokes=strokes)
    size = strokes.size
    usable = _usable(streets, strokes)
    good = usable[low] & usable[high] & (blocks >= 2) & (2 * blocks >= np.minimum(size[low], size[high]))
    wanted = int(share * streets.n_streets)
    way = np.zeros(len(size), dtype=np.int8)
    taken = 0
    order = np.flatnonzero(good)[np.lexsort((high[good], low[good], -blocks[good]))]
    # Neither the busiest nor the smallest: pairs of middle length first, so that many neighbourhoods have some.
    order = order[np.argsort(np.abs(blocks[order] - 5), kind="stable")]
    for i in order.tolist():
        a, b = low[i], high[i]
        more = size[a] + size[b]
        if way[a] == 0 and way[b] == 0 and taken + more <= wanted:
            way[a], way[b] = turn_low[i], turn_high[i]
            taken += more
    of_street: npt.NDArray[np.int8] = np.where(strokes.runs_back, -way[strokes.of_street], way[strokes.of_street])
    return of_street


def _usable(streets: Streets, strokes: Strokes) -> Flags:
    """Strokes of at least two streets, all on the surface, none of them arterials."""
    unfit = (streets.street_class < StreetClass.COLLECTOR) | (streets.structure != Structure.SURFACE)
    usable = strokes.size >= 2
    usable[strokes.of_street[unfit]] = False
    return usable


def _neighbours(streets: Streets, lots: Lots, *, strokes: Strokes) -> tuple[Ids, Ids, Ids, Ids, Ids]:
    """Pairs of strokes on opposite sides of common blocks, how each runs counterclockwise, and the number of blocks."""
    m = streets.n_streets
    half = np.flatnonzero(lots.beside.T.ravel() >= 0)
    block = lots.beside.T.ravel()[half].astype(np.int64)
    street, back = half % m, half >= m
    angle = leaving_angles(streets).T.ravel()[half]
    sign = np.where(back != strokes.runs_back[street], -1, 1)
    order = np.argsort(block, kind="stable")
    parts = []
    for shift in range(1, min(int(np.bincount(block).max(initial=1)), 12)):
        one, two = order[:-shift], order[shift:]
        opposite = (block[one] == block[two]) & (np.cos(angle[one] - angle[two]) < -0.9)
        a, b = strokes.of_street[street[one]], strokes.of_street[street[two]]
        opposite &= a != b
        one, two, a, b = one[opposite], two[opposite], a[opposite], b[opposite]
        swap = a > b
        one, two = np.where(swap, two, one), np.where(swap, one, two)
        parts.append(np.stack([np.minimum(a, b), np.maximum(a, b), sign[one], sign[two]], axis=1))
    rows = np.concatenate([*parts, np.empty((0, 4), dtype=np.int64)])
    pairs, which, blocks = np.unique(rows[:, :2], axis=0, return_inverse=True, return_counts=True)
    turns = [np.where(np.bincount(which, weights=rows[:, k], minlength=len(pairs)) < 0.0, -1, 1) for k in (2, 3)]
    return pairs[:, 0], pairs[:, 1], turns[0], turns[1], blocks


def _turned(streets: Streets, lots: Lots, *, turned: Flags) -> tuple[Streets, Lots]:
    """The same with some streets running from their head to their tail."""
    count = np.diff(streets.bend_first)
    owner = np.repeat(np.arange(streets.n_streets), count)
    index = np.arange(len(owner))
    mirrored = (streets.bend_first[:-1] + streets.bend_first[1:])[owner] - 1 - index
    changed = replace(
        streets,
        tail=np.where(turned, streets.head, streets.tail),
        head=np.where(turned, streets.tail, streets.head),
        bend_xy=streets.bend_xy[np.where(turned[owner], mirrored, index)],
    )
    beside = np.where(turned[:, None], lots.beside[:, ::-1], lots.beside)
    return changed, replace(lots, beside=beside)
