"""Shapes of a town for drawing: lines of streets, rings of blocks with the bends of their streets, bands of rivers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from sim.city.blocks import Lots
from sim.city.streets import Streets
from sim.city.synthetic.banks import stepped
from sim.city.synthetic.plan import Course

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]


def street_lines(streets: Streets, ids: npt.NDArray[np.integer]) -> list[Floats]:
    """The course of each of some streets, float64 (points, 2), m, with its bends."""
    first, last = streets.xy[streets.tail[ids]], streets.xy[streets.head[ids]]
    starts, ends = streets.bend_first[ids].tolist(), streets.bend_first[ids + 1].tolist()
    straight = np.stack([first, last], axis=1)
    return [
        line if start == end else np.concatenate([line[:1], streets.bend_xy[start:end], line[1:]])
        for line, start, end in zip(straight, starts, ends, strict=True)
    ]


def link_lines(xy: Floats, ends: Ints, streets: Streets, street: Ints) -> list[Floats]:
    """The course of each link between nodes: along its street where it joins that street's two corners, else straight.

    xy : float64 (n_nodes, 2);  ends : int32 (k, 2);  street : int32 (k,), -1 = none
    """
    lines = list(xy[ends])
    known = np.flatnonzero(street >= 0)
    along = street_lines(streets, street[known])
    for link, line in zip(known.tolist(), along, strict=True):
        tail, head = lines[link]
        if _is_near(line[0], tail) and _is_near(line[-1], head):
            lines[link] = line
        elif _is_near(line[0], head) and _is_near(line[-1], tail):
            lines[link] = line[::-1]
    return lines


def _is_near(a: Floats, b: Floats) -> bool:
    return bool(abs(a[0] - b[0]) + abs(a[1] - b[1]) < 2.0)


def block_rings(lots: Lots, streets: Streets) -> list[Floats]:
    """The ring of each block, float64 (points, 2), m, along the bends of its streets."""
    sizes = np.diff(lots.corner_first)
    block = np.repeat(np.arange(lots.n_blocks), sizes)
    place = np.arange(len(lots.corner))
    following = np.where(place + 1 == lots.corner_first[block + 1], lots.corner_first[block], place + 1)
    street, is_back = _sides(lots, streets, block, lots.corner[following])
    bends = np.where(street >= 0, np.diff(streets.bend_first)[street], 0)
    points = np.repeat(place, bends + 1)
    step = np.arange(len(points)) - np.repeat(np.cumsum(bends + 1) - bends - 1, bends + 1)
    ahead = streets.bend_first[street][points] + step - 1
    behind = streets.bend_first[street + 1][points] - step
    at = np.clip(np.where(is_back[points], behind, ahead), 0, max(len(streets.bend_xy) - 1, 0))
    bent = streets.bend_xy[at] if len(streets.bend_xy) else np.zeros((len(points), 2))
    ring = np.where((step == 0)[:, None], streets.xy[lots.corner][points], bent)
    cuts = np.cumsum(np.bincount(block, weights=bends + 1, minlength=lots.n_blocks)).astype(np.int64)
    return np.split(ring, cuts[:-1])


def _sides(lots: Lots, streets: Streets, block: npt.NDArray[np.int64], to: Ints) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """The street from each corner of each ring to the next, -1 where unknown, and whether it is passed head to tail."""
    n = streets.n_corners
    frm = lots.corner
    left, right = lots.beside.T
    # To the left of a street lies the block whose ring runs with it, to the right the one whose ring runs against it.
    keys = np.concatenate([_key(left, streets.tail, streets.head, n), _key(right, streets.head, streets.tail, n)])
    order = np.argsort(keys, kind="stable")
    wanted = _key(block, frm, to, n)
    at = np.minimum(np.searchsorted(keys[order], wanted), len(keys) - 1)
    found = keys[order][at] == wanted
    street = np.where(found, order[at] % streets.n_streets, -1).astype(np.int32)
    return street, order[at] >= streets.n_streets


def _key(block: npt.NDArray[np.integer], a: Ints, b: Ints, n: int) -> npt.NDArray[np.int64]:
    key: npt.NDArray[np.int64] = (block.astype(np.int64) * n + a) * n + b  # below 2**63 for a million of each
    return key


def band(course: Course) -> Floats:
    """The outline of a river or railway, float64 (points, 2), m: its middle line moved to both sides by half its width.

    A course that turns back on itself gives an outline that crosses itself, filled all the same.
    """
    way = np.gradient(course.xy, axis=0)
    across = np.column_stack([-way[:, 1], way[:, 0]]) / np.maximum(np.hypot(*way.T), 1e-9)[:, None]
    aside = across * course.width_m / 2.0
    return np.concatenate([course.xy + aside, (course.xy - aside)[::-1]])


def borders(streets: Streets, lots: Lots, region: Ints) -> npt.NDArray[np.int64]:
    """The streets between blocks of different regions, ascending."""
    both = (lots.beside >= 0).all(axis=1)
    left, right = lots.beside.T
    return np.flatnonzero(both & (region[left] != region[right]))


def water_borders(river: Course, lots: Lots, region: Ints) -> list[Floats]:
    """Where a river parts regions: stretches of its middle line, float64 (points, 2), m."""
    from scipy.spatial import cKDTree

    xy = stepped(river.xy)
    way = np.gradient(xy, axis=0)
    aside = np.column_stack([-way[:, 1], way[:, 0]]) / np.maximum(np.hypot(*way.T), 1e-9)[:, None]
    tree, reach = cKDTree(lots.centre_xy), river.width_m / 2.0 + 80.0
    banks = [tree.query(xy + side * reach * aside, distance_upper_bound=250.0)[1] for side in (1.0, -1.0)]
    known = np.append(region, -1)  # beyond the reach stands one past the last block
    left, right = known[banks[0]], known[banks[1]]
    parts = (left != right) & (left >= 0) & (right >= 0)
    changes = np.flatnonzero(np.diff(parts)) + 1
    runs = zip(np.split(xy, changes), np.split(parts, changes), strict=True)
    return [run for run, parted in runs if parted[0] and len(run) > 1]


def clear_place(
    ids: npt.NDArray[np.integer], lots: Lots, people: Sequence[float] | Floats, *, half_m: Floats, clear_of: Floats
) -> Floats:
    """A good place for the name of some blocks: the block nearest to their mean weighted by people, m.

    half_m : (2,), half the width and height of the name, within which none of ``clear_of`` (n, 2) shall lie; where it
        is so nowhere, the nearest block counts
    """
    weight = np.asarray(people, dtype=np.float64)[ids] + 1.0
    mean = np.average(lots.centre_xy[ids], axis=0, weights=weight)
    places = lots.centre_xy[ids[np.argsort(np.hypot(*(lots.centre_xy[ids] - mean).T), kind="stable")]]
    for place in places:
        if not (np.abs(clear_of - place) < half_m).all(axis=1).any():
            return np.asarray(place, dtype=np.float64)
    return np.asarray(places[0], dtype=np.float64)
