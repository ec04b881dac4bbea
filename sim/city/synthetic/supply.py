"""Where the water of a made town comes from: works, tanks, and pressure zones with their boosters."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import ConvexHull, cKDTree

from sim.city.streets import StreetClass, Streets
from sim.city.synthetic.main_streets import parts, spanning_streets
from sim.city.synthetic.outlines import is_inside, sampled
from sim.city.synthetic.plan import Course

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]

WORKS_M3S = 2.3  # mean output of the largest works, 200,000 m3 a day (assumption)
ONE_ZONE_M = 60.0  # relief up to which one pressure zone is enough (assumption)
ZONE_M = 40.0  # greatest height of a zone where there are several (assumption)
BUMP_CORNERS, BUMP_M = 30, 10.0  # fewer corners, hardly higher than the zone below, are no zone (assumption)
_MOVES = 3
FIRST_REACH_M, STEP_M = 300.0, 20.0  # of the river inside the town, beside which the works may stand (assumption)
BESIDE_M = 60.0  # from the bank, where a works may stand on any street (assumption)
LEAST_TANKED = 200  # corners: smaller zones have no tank (assumption)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Supply:
    """Where water enters and is stored.

    zone : int32 (n_corners,), the pressure zone of each corner, -1 where no main lies; a zone has a higher number than
        the one it is fed from
    works, tanks : int32, the corners at which they stand
    boosters : int32, streets under which a booster stands in place of a main, of each zone but those with works; the
        booster lifts from ``booster_from`` to ``booster_to``, corners
    """

    zone: Ints
    works: Ints
    tanks: Ints
    boosters: Ints
    booster_from: Ints
    booster_to: Ints

    @property
    def n_zones(self) -> int:
        """How many pressure zones there are."""
        return int(self.zone.max()) + 1

    @property
    def sources(self) -> Ints:
        """The corners at which water enters a zone: of works, then of boosters."""
        return np.concatenate([self.works, self.booster_to])

    @property
    def fed_from(self) -> Ints:
        """int32 (n_zones,), the zone from which each zone is fed; -1 of zones with works."""
        above = np.full(self.n_zones, -1, dtype=np.int32)
        above[self.zone[self.booster_to]] = self.zone[self.booster_from]
        return above


def supply_of(streets: Streets, has_main: Flags, *, mean_m3s: Floats, river: Course | None) -> Supply:
    """Works, zones and tanks for mains under these streets and a mean demand at each corner (n_corners,).

    The first works stands beside the river where it enters the town, or as a well field at the low edge where there is
    none. There is a works for each 200,000 m3 a day: more well fields stand amid the demand that is nearest to them.
    As many tanks stand as far from works and each other as can be, better on high ground. Where the ground rises
    by more than 60 m over the works, zones of up to 40 m are cut by closed mains, each fed by one booster from the zone
    below: there are no pressure-reducing valves. A hollow that can be reached over higher ground only belongs to the
    zone around it, a bump of a few corners to the zone below.
    """
    mains = np.flatnonzero(has_main).astype(np.int32)
    n, tail, head = streets.n_corners, streets.tail[mains], streets.head[mains]
    rank = _rank_of_corners(streets, mains)
    part = np.where(rank < len(StreetClass), parts(n, tail, head), -1)
    demand = np.bincount(part[part >= 0], weights=mean_m3s[part >= 0])
    supplied = np.flatnonzero(demand > 0.0)
    part = np.where(np.isin(part, supplied), part, -1)
    first = np.array([_first_works(streets, rank, np.flatnonzero(part == p), river) for p in supplied], np.int32)
    band = _bands(streets, tail, head, works=first, part=part)
    zone, boosters = _zones(streets, mains, band=band, mean_m3s=mean_m3s)
    works, tanks = _works_and_tanks(streets, zone, rank, mean_m3s=mean_m3s, first=first, boosters=boosters)
    return Supply(
        zone=zone,
        works=works,
        tanks=tanks,
        boosters=boosters[0],
        booster_from=boosters[1],
        booster_to=boosters[2],
    )


def _rank_of_corners(streets: Streets, mains: Ints) -> Ints:
    """The class of the widest street with a main at each corner, all but expressways; above all classes where none."""
    kind = streets.street_class[mains].astype(np.int32)
    kind[kind == StreetClass.EXPRESSWAY] = StreetClass.LOCAL
    rank = np.full(streets.n_corners, len(StreetClass), dtype=np.int32)
    for end in (streets.tail, streets.head):
        np.minimum.at(rank, end[mains], kind)
    return rank


def _first_works(streets: Streets, rank: Ints, corners: npt.NDArray[np.int64], river: Course | None) -> int:
    """Nearest to the river where it comes into the town; without one, on the widest streets, the lowest near the edge.

    At the river it stands on a collector or a wider street, or on any street within BESIDE_M of its bank.
    """
    widest = int(rank[corners].min())
    if river is not None:
        away, _ = cKDTree(_first_reach(river, streets.xy)).query(streets.xy[corners])
        may_stand = (rank[corners] <= max(widest, StreetClass.COLLECTOR)) | (away <= river.width_m / 2.0 + BESIDE_M)
        return int(corners[np.argmin(np.where(may_stand, away, np.inf))])
    candidates = corners[rank[corners] == widest]
    xy = streets.xy[candidates]
    from_middle = np.hypot(*(xy - streets.xy[corners].mean(axis=0)).T)
    outer = candidates[from_middle >= np.quantile(from_middle, 0.7)]
    return int(outer[np.argmin(streets.elevation_m[outer])])


def _first_reach(river: Course, xy: Floats) -> Floats:
    """Points along the river from where it enters the hull of all corners on; the nearest to them if it never does."""
    points = sampled(river.xy, step_m=STEP_M)
    inside = np.flatnonzero(is_inside(points, xy[ConvexHull(xy).vertices]))
    if len(inside) == 0:
        away, _ = cKDTree(xy).query(points)
        return points[[int(np.argmin(away))]]
    return points[inside[0] : inside[0] + math.ceil(FIRST_REACH_M / STEP_M) + 1]


def _bands(streets: Streets, tail: Ints, head: Ints, *, works: Ints, part: Ints) -> Ints:
    """The height band of each corner, int32, -1 where nothing is supplied: by the highest ground on the way there.

    Of all ways from the works, the one whose highest ground is lowest counts: it runs along a spanning tree.
    """
    n, z = streets.n_corners, streets.elevation_m
    weight = np.maximum(z[tail], z[head]) - z.min() + 1.0
    tree = spanning_streets(n, tail, head, weight)
    graph = csr_array((np.ones(len(tree)), (tail[tree], head[tree])), shape=(n, n))
    _, before, _ = dijkstra(
        graph, directed=False, indices=works, min_only=True, return_predecessors=True, unweighted=True
    )
    highest, up = z.copy(), np.where(before >= 0, before, np.arange(n))
    while not np.array_equal(up[up], up):
        highest, up = np.maximum(highest, highest[up]), up[up]
    highest = np.maximum(highest, highest[up])
    band = np.full(n, -1, dtype=np.int32)
    for corner in works:
        here = part == part[corner]
        over = highest[here] - z[corner]
        relief = float(over.max())
        height = relief / math.ceil(relief / ZONE_M) if relief > ONE_ZONE_M else math.inf
        band[here] = np.floor(np.minimum(over, relief * (1.0 - 1e-12)) / height)
    return band


def _zones(streets: Streets, mains: Ints, *, band: Ints, mean_m3s: Floats) -> tuple[Ints, tuple[Ints, Ints, Ints]]:
    """The zone of each corner and the boosters: street, corner below, corner above, ordered by zone."""
    n, tail, head = streets.n_corners, streets.tail[mains], streets.head[mains]
    within = (band[tail] == band[head]) & (band[tail] >= 0)
    piece = np.where(band >= 0, parts(n, tail[within], head[within]), -1)
    crossing = np.flatnonzero((band[tail] != band[head]) & (band[tail] >= 0))
    low, high = tail[crossing].copy(), head[crossing].copy()
    is_falling = band[low] > band[high]
    low[is_falling], high[is_falling] = high[is_falling], low[is_falling]
    street = mains[crossing]
    order = np.lexsort((street, -streets.length_m[street], streets.street_class[street], piece[high], band[high]))
    _, chosen = np.unique(piece[high][order], return_index=True)
    entry = order[np.sort(chosen)]
    entered = (piece[low[entry]], piece[high[entry]])
    needed = _needed(piece, entry=entered, mean_m3s=mean_m3s, elevation_m=streets.elevation_m)
    zone = _renumbered(piece, band, needed)
    kept = entry[zone[low[entry]] != zone[high[entry]]]
    by_zone = kept[np.argsort(zone[high[kept]], kind="stable")]
    return zone, (street[by_zone], low[by_zone], high[by_zone])


def _needed(piece: Ints, *, entry: tuple[Ints, Ints], mean_m3s: Floats, elevation_m: Floats) -> Ints:
    """The piece that each piece belongs to: itself, or the one below it.

    That is where nobody lives in or behind it, or where it is a few corners hardly higher than the piece below.
    """
    known = piece >= 0
    size = np.bincount(piece[known])
    demand = np.bincount(piece[known], weights=mean_m3s[known]).tolist()
    top = np.full(len(size), -np.inf)
    np.maximum.at(top, piece[known], elevation_m[known])
    own = list(range(len(demand)))
    for below, above in zip(*(ends[::-1].tolist() for ends in entry), strict=True):
        demand[below] += demand[above]
    for below, above in zip(*(ends.tolist() for ends in entry), strict=True):
        is_bump = size[above] < BUMP_CORNERS and top[above] - top[own[below]] < BUMP_M
        if is_bump or demand[above] <= 0.0:
            own[above] = own[below]
    return np.array(own, dtype=np.int32)


def _renumbered(piece: Ints, band: Ints, own: Ints) -> Ints:
    """Zones in the order of their bands, from 0; -1 stays."""
    known = piece >= 0
    of_piece = own[piece[known]]
    band_of = np.full(len(own), np.iinfo(np.int32).max, dtype=np.int32)
    np.minimum.at(band_of, of_piece, band[known])
    used = np.unique(of_piece)
    number = np.full(len(own), -1, dtype=np.int32)
    number[used[np.lexsort((used, band_of[used]))]] = np.arange(len(used))
    zone = np.full(len(piece), -1, dtype=np.int32)
    zone[known] = number[of_piece]
    return zone


def _works_and_tanks(
    streets: Streets,
    zone: Ints,
    rank: Ints,
    *,
    mean_m3s: Floats,
    first: Ints,
    boosters: tuple[Ints, Ints, Ints],
) -> tuple[Ints, Ints]:
    demand = np.bincount(zone[zone >= 0], weights=mean_m3s[zone >= 0])
    feeding = demand.copy()
    for below, above in zip(zone[boosters[1]][::-1].tolist(), zone[boosters[2]][::-1].tolist(), strict=True):
        feeding[below] += feeding[above]
    works, tanks = first.tolist(), []
    for k, entry in enumerate([*first.tolist(), *boosters[2].tolist()]):
        corners = np.flatnonzero(zone == zone[entry])
        is_wide = rank[corners] <= max(int(rank[corners].min()), StreetClass.COLLECTOR)
        candidates = corners[(mean_m3s[corners] > 0.0) & is_wide]
        sites = [entry]
        if k < len(first):
            more = math.ceil(feeding[zone[entry]] / WORKS_M3S) - 1
            sites += _far_apart(streets.xy, candidates, sites, count=more, worth=np.ones(len(candidates)))
            sites = _amid_demand(streets.xy, candidates, sites, corners=corners, mean_m3s=mean_m3s[corners])
            works += sites[1:]
        if len(corners) >= LEAST_TANKED:
            z = streets.elevation_m[candidates]
            worth = 0.5 + (z - z.min(initial=np.inf)) / max(float(np.ptp(z)) if len(z) else 0.0, 1e-9)
            count = math.ceil(demand[zone[entry]] / WORKS_M3S)
            tanks += _far_apart(streets.xy, candidates, sites, count=count, worth=worth)
    return np.array(works, dtype=np.int32), np.array(tanks, dtype=np.int32)


def _far_apart(
    xy: Floats, candidates: npt.NDArray[np.int64], taken: list[int], *, count: int, worth: Floats
) -> list[int]:
    """One candidate after the other, each where its distance to all sites times its worth is greatest."""
    away = np.min([np.hypot(*(xy[candidates] - xy[site]).T) for site in taken], axis=0)
    chosen: list[int] = []
    for _ in range(min(count, len(candidates) - 1)):
        best = int(np.argmax(away * worth))
        chosen.append(int(candidates[best]))
        away = np.minimum(away, np.hypot(*(xy[candidates] - xy[chosen[-1]]).T))
    return chosen


def _amid_demand(
    xy: Floats, candidates: npt.NDArray[np.int64], sites: list[int], *, corners: npt.NDArray[np.int64], mean_m3s: Floats
) -> list[int]:
    """The sites, all but the first moved a few times into the middle of the demand that is nearest to them."""
    for _ in range(_MOVES if len(sites) > 1 else 0):
        _, owner = cKDTree(xy[sites]).query(xy[corners])
        weight = np.maximum(np.bincount(owner, weights=mean_m3s, minlength=len(sites)), 1e-12)
        middle = [np.bincount(owner, weights=mean_m3s * axis, minlength=len(sites)) / weight for axis in xy[corners].T]
        _, nearest = cKDTree(xy[candidates]).query(np.stack(middle, axis=1)[1:])
        moved = [sites[0], *candidates[np.asarray(nearest)].tolist()]
        sites = list(dict.fromkeys(moved))
    return sites
