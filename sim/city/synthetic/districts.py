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

from sim.city.blocks import Lots
from sim.city.streets import Streets
from sim.city.synthetic.adjacency import Neighbours, neighbours_of, superblocks, ways
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
_COARSEST: Final = 0.25
"""Superblocks of more than this share of a region's people are too coarse to make regions of."""
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
    pairs = neighbours_of(lots, streets)
    cost = crossing_costs(plan, streets, pairs)
    weight = np.maximum(population, 1e-3 * max(float(population.mean()), 1.0))
    least = 1 if streets.n_corners < SMALL_TOWN else 2
    count = number_of_districts(float(population.sum()), least=least, most=max(lots.n_blocks // 4, 1))
    wholes = (superblocks(pairs, streets, lots.n_blocks), np.arange(lots.n_blocks, dtype=np.int32))
    choices = [_Sets.of(whole, lots.centre_xy, weight) for whole in wholes]
    town = np.zeros(lots.n_blocks, dtype=np.int32)
    district = _ordered(_partition(pairs, cost, choices, np.array([count]), town), lots, plan.centre)
    shares = _subdistricts_in(district, population, least=least)
    subdistrict = _partition(pairs, cost, _divided(choices, district), shares, district)
    return Subdistricts(
        subdistrict=subdistrict,
        district_of_subdistrict=np.repeat(np.arange(len(shares)), shares).astype(np.int32),
        subdistrict_names=subdistrict_names(int(shares.sum())),
        district_names=district_names(lots, district, plan),
    )


def _divided(choices: list[_Sets], district: Ints) -> list[_Sets]:
    """Those sets that no border of a district cuts: all where districts are made of superblocks."""
    return [sets for sets in choices if _is_whole(sets.of_block, district)]


def _is_whole(of_block: Ints, district: Ints) -> bool:
    owner = np.zeros(int(of_block.max()) + 1, dtype=np.int32)
    owner[of_block] = district
    return bool((owner[of_block] == district).all())


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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Sets:
    """Blocks put together to sets that a region has whole: superblocks, or the single blocks."""

    of_block: Ints
    xy: Floats
    weight: Floats

    @classmethod
    def of(cls, of_block: Ints, xy: Floats, weight: Floats) -> _Sets:
        total = np.bincount(of_block, weights=weight).astype(np.float64)
        sums = [np.bincount(of_block, weights=weight * axis) for axis in xy.T]
        return cls(of_block=of_block, xy=np.round(np.stack(sums, axis=1) / total[:, None], 2), weight=total)


def _partition(
    pairs: Neighbours, cost: Floats, choices: list[_Sets], counts: npt.NDArray[np.int64], part: Ints
) -> Ints:
    """Regions within parts, int32 (n_blocks,): of the coarsest sets that are still fine enough to balance them."""
    for sets in choices:
        part_of_set = np.zeros(len(sets.weight), dtype=np.int32)
        part_of_set[sets.of_block] = part
        target = np.bincount(part_of_set, weights=sets.weight) / counts
        if sets is choices[-1] or (sets.weight <= _COARSEST * target[part_of_set]).all():
            break
    inner = part[pairs.one] == part[pairs.other]
    inside = Neighbours(one=pairs.one[inner], other=pairs.other[inner], street=pairs.street[inner])
    region = regions(ways(inside, cost[inner], sets.of_block), sets.xy, sets.weight, counts, part_of_set)
    return region[sets.of_block]


def crossing_costs(plan: Plan, streets: Streets, pairs: Neighbours) -> Floats:
    """What it costs a region to grow over each pair: the distance of the middles, times what street and river add."""
    xy = plan.lots.centre_xy
    cost = np.hypot(*(xy[pairs.one] - xy[pairs.other]).T) + 1.0
    cost = np.where(pairs.street >= 0, cost * _CROSSING[streets.street_class[pairs.street]], cost)
    if plan.river is not None:
        cost = np.where(crosses(plan.river, xy[pairs.one], xy[pairs.other]), cost * _RIVER_CROSSING, cost)
    rounded: Floats = np.round(cost, 2)
    return rounded


def regions(
    cost: sparse.csr_array,
    xy: Floats,
    weight: Floats,
    counts: npt.NDArray[np.int64],
    part: Ints,
) -> Ints:
    """Contiguous regions of about equal weight, int32 (n,): counts[p] of them within each part of a graph.

    cost : symmetric, positive, without ways between parts;  weight : float64 (n,), > 0
    part : int32 (n,), the part of each node, each connected.  Regions are numbered by part.

    Of ``_ROUNDS`` rounds of growing and handicapping, the one whose most populous region is least so is kept.
    """
    seeds = np.concatenate([spread(xy, np.where(part == p, weight, 0.0), int(count)) for p, count in enumerate(counts)])
    part_of_seed = np.repeat(np.arange(len(counts)), counts)
    target = (np.bincount(part, weights=weight, minlength=len(counts)) / counts)[part_of_seed]
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
