"""Real streets made fit for a town: all of them within reach of each other, and none through another on the surface.

Not for reading files; that is ``sim.city.readers.street_files``.
"""

from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from sim.city.crossings import crossing_pairs
from sim.city.streets import Streets, Structure
from sim.errors import CityOpsError, Mistake

Floats = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

IN_DEGREES = "streets in degrees become metres about their own middle: project them first"
"""Why real layers in one town may not overlap, for messages."""

_LOG = logging.getLogger("cityops")


def reachable(streets: Streets) -> Streets:
    """The largest part of the streets in which each corner can be reached from each other; corners without are dropped.

    What is left out is told by a warning. Raises CityOpsError where that is more than half of the streets.
    """
    both = ~streets.is_one_way
    tail, head = (np.concatenate([a, b[both]]) for a, b in _ends(streets))
    n = streets.n_corners
    arcs = coo_array((np.ones(len(tail), dtype=np.int8), (tail, head)), shape=(n, n))
    _, part = connected_components(arcs, directed=True, connection="strong")
    within = part[streets.tail] == part[streets.head]
    count = np.bincount(part[streets.tail[within]], minlength=1)
    kept = within & (part[streets.tail] == count.argmax())
    if 2 * kept.sum() < streets.n_streets:
        raise CityOpsError(
            Mistake(
                what="the streets do not hang together",
                found=f"{int(kept.sum())} of {streets.n_streets} in the largest part without one-way traps",
                accepted="at least half of them, each corner within reach of each other",
            )
        )
    corners = np.zeros(n, dtype=np.bool_)
    corners[streets.tail[kept]] = corners[streets.head[kept]] = True
    if kept.all() and corners.all():
        return streets
    _LOG.warning(
        "%d of %d streets and %d of %d corners are left out: they cannot be reached from the others, or not left again",
        *(int((~kept).sum()), streets.n_streets, int((~corners).sum()), n),
    )
    return _part(streets, kept, corners)


def _ends(streets: Streets) -> tuple[tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]], ...]:
    return (streets.tail, streets.head), (streets.head, streets.tail)


def _part(streets: Streets, kept: Flags, corners: Flags) -> Streets:
    """Some streets and their corners, numbered anew in their order."""
    number = np.cumsum(corners, dtype=np.int32) - np.int32(1)
    bends = np.diff(streets.bend_first)
    return replace(
        streets,
        xy=streets.xy[corners],
        elevation_m=streets.elevation_m[corners],
        tail=number[streets.tail[kept]],
        head=number[streets.head[kept]],
        length_m=streets.length_m[kept],
        bend_first=np.append(0, np.cumsum(bends[kept])).astype(np.int32),
        bend_xy=streets.bend_xy[np.repeat(kept, bends)],
        street_class=streets.street_class[kept],
        structure=streets.structure[kept],
        is_one_way=streets.is_one_way[kept],
        width_m=streets.width_m[kept],
        speed_m_s=streets.speed_m_s[kept],
        lowest_m=streets.lowest_m[kept],
        names=tuple(name for name, stays in zip(streets.names, kept.tolist(), strict=True) if stays),
    )


def bridged(streets: Streets) -> Streets:
    """The streets with a bridge wherever two on the surface cross without a corner: the lesser one passes above.

    Lesser is the one of lower rank, of two alike the later. Told by a warning, since as likely the file is wrong.
    """
    pairs = _surface_crossings(streets)
    if len(pairs) == 0:
        return streets
    structure = streets.structure.copy()
    rank = streets.street_class
    for one, other in pairs.tolist():  # the lower first, so that of two alike the later is lesser
        if structure[one] == structure[other] == Structure.SURFACE:
            structure[one if rank[one] > rank[other] else other] = Structure.BRIDGE
    one, other = pairs[0].tolist()
    _LOG.warning(
        "%d pairs of streets cross without a common corner, such as %s and %s: %d streets are taken for bridges",
        *(len(pairs), streets.names[one], streets.names[other], int((structure != streets.structure).sum())),
    )
    return replace(streets, structure=structure)


def _surface_crossings(streets: Streets) -> Ids:
    """Pairs (k, 2) of streets on the surface that cross, the lower first, sorted."""
    bends = np.diff(streets.bend_first).astype(np.int64)
    last = np.cumsum(bends + 2) - 1
    path = np.empty((int((bends + 2).sum()), 2))
    is_bend = np.ones(len(path), dtype=np.bool_)
    is_bend[last] = is_bend[last - bends - 1] = False
    path[is_bend] = streets.bend_xy
    path[last - bends - 1], path[last] = streets.xy[streets.tail], streets.xy[streets.head]
    owner = np.repeat(np.arange(streets.n_streets), bends + 2)
    piece = np.flatnonzero((owner[1:] == owner[:-1]) & (streets.structure[owner[1:]] == Structure.SURFACE))
    found = owner[piece[crossing_pairs(path[piece], path[piece + 1])]]
    distinct: Ids = np.unique(np.sort(found[found[:, 0] != found[:, 1]], axis=1), axis=0)
    return distinct
