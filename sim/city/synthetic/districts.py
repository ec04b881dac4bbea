"""Districts and sub-districts of a made town: contiguous groups of blocks, about equal in people.

Regions grow over the blocks from seeds, as in a Voronoi diagram of travel costs in which arterials and the river are
costly to cross, so that borders run along them. A handicap for each seed, raised while its region is too populous,
balances them (the additively weighted diagram of capacity-constrained districting). Every region is a union of shortest
paths from its seed, hence contiguous.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import cKDTree

from sim.city.blocks import Lots
from sim.city.streets import Streets
from sim.city.synthetic.banks import crosses
from sim.city.synthetic.naming import district_names, subdistrict_names
from sim.city.synthetic.plan import Plan
from sim.city.synthetic.spreading import spread

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]

PER_DISTRICT: Final = 350_000
"""People per district of a city of about a million (assumption, 200,000 to 500,000); larger cities have larger ones."""
PER_SUBDISTRICT: Final = 60_000
"""People per sub-district: GB 50180-2018 gives each neighbourhood of 50,000 to 100,000 people an office of its own."""
SMALL_TOWN: Final = 300
"""A town of fewer corners is one district."""
_CROSSING: Final = np.array([4.0, 3.0, 1.3, 1.0])
"""What it costs to grow across a street, by its class, in multiples of the distance (assumption)."""
_RIVER_CROSSING: Final = 6.0
_ROUNDS: Final = 24


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Subdistricts:
    """Two tiers of regions: subdistrict is int32 (n_blocks,), the others as in ``sim.city.blocks.People``."""

    subdistrict: Ints
    district_of_subdistrict: Ints
    subdistrict_names: tuple[str, ...]
    district_names: tuple[str, ...]


def districts_of(plan: Plan, streets: Streets, population: Floats) -> Subdistricts:
    """Districts and, within each, sub-districts; a town of ``SMALL_TOWN`` corners has two of each at least.

    population : float64 (n_blocks,).  Raises nothing: a town of few blocks has as many regions as blocks at most.
    """
    lots = plan.lots
    cost = crossing_costs(plan, streets)
    weight = np.maximum(population, 1e-3 * max(float(population.mean()), 1.0))
    is_small = streets.n_corners < SMALL_TOWN
    count = number_of_districts(float(population.sum()), least=1 if is_small else 2, most=max(lots.n_blocks // 4, 1))
    district = _ordered(regions(cost, lots.centre_xy, weight, np.array([count])), lots, plan.centre)
    shares = _subdistricts_in(district, population, least=1 if is_small else 2)
    inside = cost.tocoo()
    keep = district[inside.row] == district[inside.col]
    within = sparse.csr_array((inside.data[keep], (inside.row[keep], inside.col[keep])), shape=cost.shape)
    subdistrict = regions(within, lots.centre_xy, weight, shares, district)
    return Subdistricts(
        subdistrict=subdistrict,
        district_of_subdistrict=np.repeat(np.arange(len(shares)), shares).astype(np.int32),
        subdistrict_names=subdistrict_names(int(shares.sum())),
        district_names=district_names(lots, district, plan),
    )


def number_of_districts(people: float, *, least: int, most: int) -> int:
    """How many districts a town of so many people has: Shanghai and Beijing, of 21 to 25 million, have 16 each."""
    return min(max(round(float((people / PER_DISTRICT) ** 0.7)), least), most)


def _subdistricts_in(district: Ints, population: Floats, *, least: int) -> npt.NDArray[np.int64]:
    people = np.bincount(district, weights=population)
    blocks = np.bincount(district)
    wanted = np.maximum(np.round(people / PER_SUBDISTRICT), least)
    return np.clip(wanted, 1, np.maximum(blocks, 1)).astype(np.int64)


def _ordered(district: Ints, lots: Lots, centre: Floats) -> Ints:
    """The districts renumbered outwards from the centre, by the distance of their middle."""
    ground = np.bincount(district, weights=lots.area_m2)
    middle = np.stack([np.bincount(district, weights=lots.area_m2 * xy) for xy in lots.centre_xy.T], axis=1)
    away = np.hypot(*(middle / ground[:, None] - centre).T)
    rank = np.empty(len(ground), dtype=np.int32)
    rank[np.argsort(np.round(away, 2), kind="stable")] = np.arange(len(ground))
    return rank[district]


def neighbours(lots: Lots) -> npt.NDArray[np.int64]:
    """Pairs of blocks that face each other across a street, int64 (k, 3): block, block, street; -1 for no street.

    Where streets alone leave blocks apart, each such part is joined to the nearest block of the others.
    """
    street = np.flatnonzero((lots.beside >= 0).all(axis=1) & (lots.beside[:, 0] != lots.beside[:, 1]))
    pairs = np.column_stack([lots.beside[street].astype(np.int64), street])
    while True:
        part = _parts(pairs, lots.n_blocks)
        if part.max(initial=0) == 0:
            return pairs
        pairs = np.vstack([pairs, _joints(part, lots.centre_xy)])


def _parts(pairs: npt.NDArray[np.int64], n: int) -> Ints:
    graph = sparse.coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    labels: Ints = csgraph.connected_components(graph, directed=False)[1]
    return labels


def _joints(part: Ints, xy: Floats) -> npt.NDArray[np.int64]:
    """For each part but the largest, its nearest pair of blocks inside and outside."""
    largest = int(np.bincount(part).argmax())
    joints = []
    for one in np.unique(part):
        if one != largest:
            inside, outside = np.flatnonzero(part == one), np.flatnonzero(part != one)
            away, nearest = map(np.asarray, cKDTree(xy[outside]).query(xy[inside]))
            closest = int(away.argmin())
            joints.append((inside[closest], outside[nearest[closest]], -1))
    return np.array(joints, dtype=np.int64)


def crossing_costs(plan: Plan, streets: Streets) -> sparse.csr_array:
    """What it costs a region to grow from block to block: the distance of their middles, times what the street adds."""
    lots = plan.lots
    pairs = neighbours(lots)
    one, other, street = pairs.T
    cost = np.hypot(*(lots.centre_xy[one] - lots.centre_xy[other]).T) + 1.0
    cost = np.round(np.where(street >= 0, cost * _CROSSING[streets.street_class[street]], cost), 2)
    if plan.river is not None:
        cost = np.where(crosses(plan.river, lots.centre_xy[one], lots.centre_xy[other]), cost * _RIVER_CROSSING, cost)
    return _least_of_duplicates(sparse.coo_array((cost, (one, other)), shape=(lots.n_blocks, lots.n_blocks)))


def _least_of_duplicates(graph: sparse.coo_array) -> sparse.csr_array:
    """Both ways between each pair of blocks, at the least of the costs of the streets they share."""
    low, high = np.minimum(graph.row, graph.col), np.maximum(graph.row, graph.col)
    order = np.lexsort((graph.data, high, low))
    low, high, cost = low[order], high[order], graph.data[order]
    first = np.ones(len(low), dtype=np.bool_)
    first[1:] = (low[1:] != low[:-1]) | (high[1:] != high[:-1])
    low, high, cost = low[first], high[first], cost[first]
    ends = np.concatenate([low, high]), np.concatenate([high, low])
    return sparse.csr_array((np.concatenate([cost, cost]), ends), shape=graph.shape)


def regions(
    cost: sparse.csr_array,
    xy: Floats,
    weight: Floats,
    counts: npt.NDArray[np.int64],
    part: Ints | None = None,
) -> Ints:
    """Contiguous regions of about equal weight, int32 (n,): counts[p] of them within each part of a graph.

    cost : symmetric, positive, without ways between parts;  weight : float64 (n,), > 0
    part : int32 (n,), the part of each node, each connected; None = one part.  Regions are numbered by part.

    Of ``_ROUNDS`` rounds of growing and handicapping, the one whose most populous region is least so is kept.
    """
    inside = np.zeros(len(xy), dtype=np.int32) if part is None else part
    seeds = np.concatenate(
        [spread(xy, np.where(inside == p, weight, 0.0), int(count)) for p, count in enumerate(counts)]
    )
    part_of_seed = np.repeat(np.arange(len(counts)), counts)
    target = (np.bincount(inside, weights=weight, minlength=len(counts)) / counts)[part_of_seed]
    reach = float(np.median(cost.data)) if cost.nnz else 1.0
    step = 2.0 * reach * np.sqrt(len(xy) / len(seeds)) / 3.0
    handicap = np.zeros(len(seeds))
    best, least = None, np.inf
    for turn in range(_ROUNDS):
        region = _grown(cost, seeds, handicap)
        load = np.bincount(region, weights=weight, minlength=len(seeds)) / target
        if load.min() > 0.0 and load.max() < least:  # a seed that others overtake has no region for a round
            best, least = region, float(load.max())
        if least < 1.1:
            break
        handicap += step / (1.0 + turn / 4.0) * np.clip(load - 1.0, -0.5, 1.0)
    assert best is not None
    return best


def _grown(cost: sparse.csr_array, seeds: npt.NDArray[np.int64], handicap: Floats) -> Ints:
    """The seed, int32 (n,), that reaches each node first when seed i starts ``handicap[i]`` late."""
    n = cost.shape[0]
    start = handicap - handicap.min() + 1.0
    source = sparse.csr_array((start, (np.zeros(len(seeds), dtype=np.int64), seeds)), shape=(1, n))
    graph: Any = sparse.block_array([[cost, None], [source, sparse.csr_array((1, 1))]], format="csr")
    _, before = csgraph.dijkstra(graph, indices=np.array([n]), return_predecessors=True)
    came = before[0, :n].astype(np.int64)
    region = np.full(n + 1, -1, dtype=np.int64)
    region[seeds] = np.arange(len(seeds))
    is_seed = came == n
    came[is_seed] = np.flatnonzero(is_seed)
    while not np.array_equal(further := came[came], came):  # follow the ways back, twice as far each time
        came = further
    reached: Ints = region[came].astype(np.int32)
    return reached
