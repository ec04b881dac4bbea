"""Which way the sewers run: where they leave the town, and the forest of streets that leads every corner there.

Rules and sources are in ``docs/town/sewers.md``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import cKDTree

from sim.city.streets import Streets, Structure
from sim.city.synthetic.plan import Course, Plan

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]

RISE_M_PER_M = 100.0
"""How many metres of sewer one metre of digging deeper is worth (assumption, 30 to 300)."""
MOST_RISE_M = 5.0
"""By how much one street may rise on the way down: a sewer that begins just below it ends nearly as deep as any may
(assumption: 8 m less the cover and a pipe of 2.3 m)."""
STEEP_M_PER_M = 3000.0
"""How many metres of sewer, besides, one metre of rise over that is worth (assumption: more than any detour)."""
USUAL_SLOPE = 0.002
"""Fall that a way over level ground needs (assumption; GB 50014 asks 0.003 of DN300 and less of larger ones)."""
CLASS_FACTOR = np.array([1.2, 0.8, 0.9, 1.0])
"""Trunk sewers rather lie under arterials than under expressways (assumption); by StreetClass."""
OUTFALL_STRETCH = 4.0
"""Spacings of river bank for each outfall (assumption, 3 to 10)."""
EDGE_STRETCH = 6.0
"""The same along the edge of a town without a river (assumption)."""
BANK_REACH = 1.5
"""Spacings from the bank within which a corner may have an outfall (assumption)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Forest:
    """Trees of sewers, rooted at outfalls; arrays are (n_corners,).

    down : int32, the next corner downstream, -1 at an outfall and where no sewer is
    street : int32, the street to it, -1 likewise
    level : int32, how many sewers it is to the outfall, -1 where no sewer is
    """

    down: Ints
    street: Ints
    level: Ints

    @property
    def roots(self) -> Ints:
        """The corners with an outfall, ascending."""
        return np.flatnonzero(self.level == 0).astype(np.int32)

    @property
    def corners(self) -> Ints:
        """The corners with a manhole, ascending."""
        return np.flatnonzero(self.level >= 0).astype(np.int32)


def grow(plan: Plan, streets: Streets, spacing_m: float) -> Forest:
    """The forest that leads every corner with a street on the ground to an outfall at the least cost."""
    may_lie = (streets.structure == Structure.SURFACE) & (streets.tail != streets.head)
    used = np.flatnonzero(may_lie).astype(np.int32)
    tail, head = streets.tail[used], streets.head[used]
    n = streets.n_corners
    links = csr_array((np.ones(len(used)), (tail, head)), shape=(n, n))
    _, part = connected_components(links, directed=False)
    has_sewer = np.zeros(n, dtype=np.bool_)
    has_sewer[tail] = has_sewer[head] = True
    roots = _with_every_part(outfall_corners(plan, streets, has_sewer, spacing_m), part, has_sewer, streets.elevation_m)
    return _least_cost(streets, used, roots)


def _least_cost(streets: Streets, used: Ints, roots: Ints) -> Forest:
    """Dijkstra's forest from the roots, against the flow."""
    n = streets.n_corners
    up = np.concatenate([streets.tail[used], streets.head[used]])
    down = np.concatenate([streets.head[used], streets.tail[used]])
    street = np.concatenate([used, used])
    length = streets.length_m[street] * CLASS_FACTOR[streets.street_class[street]]
    rise = streets.elevation_m[down] - streets.elevation_m[up] + USUAL_SLOPE * streets.length_m[street]
    cost = np.maximum(length, 0.1) + RISE_M_PER_M * np.maximum(rise, 0.0)
    cost += STEEP_M_PER_M * np.maximum(rise - MOST_RISE_M, 0.0)
    pair = down.astype(np.int64) * n + up
    order = np.lexsort((street, cost, pair))
    first = order[np.concatenate([[True], np.diff(pair[order]) > 0])] if len(order) else order  # of parallel streets
    graph = csr_array((cost[first], (down[first], up[first])), shape=(n, n))
    _, before, _ = dijkstra(graph, indices=roots, min_only=True, return_predecessors=True)
    parent = np.where(before < 0, -1, before).astype(np.int32)
    has_parent = np.flatnonzero(parent >= 0)
    found = np.searchsorted(pair[first], parent[has_parent].astype(np.int64) * n + has_parent)
    of_parent = np.full(n, -1, dtype=np.int32)
    of_parent[has_parent] = street[first[found]]
    return Forest(down=parent, street=of_parent, level=_levels(parent, roots))


def _levels(parent: Ints, roots: Ints) -> Ints:
    """Steps to the root, by doubling: each round looks twice as far ahead."""
    hops = (parent >= 0).astype(np.int32)
    ahead = np.where(parent >= 0, parent, np.arange(len(parent), dtype=np.int32))
    while (hops[ahead] > 0).any():
        hops = hops + hops[ahead]
        ahead = ahead[ahead]
    reached = parent >= 0
    reached[roots] = True
    return np.where(reached, hops, -1).astype(np.int32)


def outfall_corners(plan: Plan, streets: Streets, has_sewer: Flags, spacing_m: float) -> Ints:
    """Corners at which sewers leave the town: at the river banks, or, without a river, low on the edge of the town."""
    if plan.river is not None:
        at_bank = _at_bank(plan.river, streets, has_sewer, spacing_m)
        if len(at_bank):
            return at_bank
    beside_nothing = (plan.lots.beside < 0).any(axis=1)
    on_edge = np.zeros(streets.n_corners, dtype=np.bool_)
    on_edge[streets.tail[beside_nothing]] = on_edge[streets.head[beside_nothing]] = True
    edge = np.flatnonzero(on_edge & has_sewer).astype(np.int32)
    if len(edge) == 0:
        return edge
    low = edge[streets.elevation_m[edge] <= np.quantile(streets.elevation_m[edge], 1.0 / 3.0)]
    cell = np.floor(streets.xy[low] / (EDGE_STRETCH * spacing_m)).astype(np.int64)
    return _lowest_of_each(low, (cell[:, 0], cell[:, 1]), streets.elevation_m)


def _at_bank(river: Course, streets: Streets, has_sewer: Flags, spacing_m: float) -> Ints:
    """The lowest corner on each bank and each stretch of the river."""
    points, along, direction = followed(river, spacing_m / 5.0)
    away, nearest = nearest_of(points, streets.xy)
    near = np.flatnonzero(has_sewer & (away <= river.width_m / 2.0 + BANK_REACH * spacing_m)).astype(np.int32)
    ahead, off = direction[nearest[near]], streets.xy[near] - points[nearest[near]]
    bank = ahead[:, 0] * off[:, 1] > ahead[:, 1] * off[:, 0]
    stretch = np.floor(along[nearest[near]] / (OUTFALL_STRETCH * spacing_m)).astype(np.int64)
    return _lowest_of_each(near, (stretch, bank.astype(np.int64)), streets.elevation_m)


def followed(course: Course, step_m: float) -> tuple[Floats, Floats, Floats]:
    """Points along a course at most ``step_m`` apart, how far along each lies, and which way the course runs there."""
    pieces = np.diff(course.xy, axis=0)
    chainage = np.concatenate([[0.0], np.cumsum(np.hypot(pieces[:, 0], pieces[:, 1]))])
    along = np.linspace(0.0, chainage[-1], int(np.ceil(chainage[-1] / step_m)) + 1)
    points = np.column_stack([np.interp(along, chainage, course.xy[:, k]) for k in (0, 1)])
    return points, along, np.gradient(points, axis=0)


def nearest_of(points: Floats, xy: Floats) -> tuple[Floats, npt.NDArray[np.int64]]:
    """How far each of ``xy`` (n, 2) is from the nearest of the points, and which that is."""
    away, nearest = cKDTree(points).query(xy)
    return np.asarray(away, dtype=np.float64), np.asarray(nearest, dtype=np.int64)


def _lowest_of_each(corners: Ints, key: tuple[npt.NDArray[np.int64], ...], elevation_m: Floats) -> Ints:
    order = np.lexsort(np.vstack([corners, elevation_m[corners], *key]))
    keys = np.column_stack(key)[order]
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = (np.diff(keys, axis=0) != 0).any(axis=1)
    return np.sort(corners[order[first]])


def _with_every_part(roots: Ints, part: npt.NDArray[np.int32], has_sewer: Flags, elevation_m: Floats) -> Ints:
    """The roots, and the lowest corner of each part of the town that none of them serves."""
    unserved = has_sewer & ~np.isin(part, part[roots])
    corners = np.flatnonzero(unserved).astype(np.int32)
    lowest = _lowest_of_each(corners, (part[corners].astype(np.int64),), elevation_m)
    return np.sort(np.concatenate([roots, lowest]))
