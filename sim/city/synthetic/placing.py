"""What stands in a made town beside its networks: how many of each kind, and at which corner.

How many follows planning norms, which ``docs/town/people.md`` names; where, from the people, jobs or ground that the
kind serves: places are spread so that each has about as much around it, then moved to the nearest corner that suits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from sim.city.assets import AssetKind, Assets
from sim.city.blocks import LandUse, People
from sim.city.streets import StreetClass, Streets, Structure
from sim.city.synthetic.fronts import Fronts, fronts_of
from sim.city.synthetic.plan import Plan
from sim.city.synthetic.populating import whole_shares
from sim.city.synthetic.slopes import steep_streets, street_middles
from sim.city.synthetic.spreading import moved, nearest_free, spread
from sim.city.terrain import Terrain
from sim.scenario.town import Town

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]

BEDS_PER_1000: Final = 6.0
"""State Council, outline for medical services 2015 to 2020."""
BEDS_PER_HOSPITAL: Final = 650.0
"""The guide of 2016 on medical institutions: 500 beds in a county, 800 in a city."""
PEOPLE_PER_SCHOOL: Final = 1.0 / (1.0 / 12_500 + 1.0 / 40_000)
"""GB 50180-93 (2002): a primary school for 10,000 to 15,000 people, a secondary school for 30,000 to 50,000."""
PUPILS_PER_1000: Final = 110.0
"""Pupils of nine years of school among 1,000 inhabitants (assumption, 90 to 130)."""
KM2_PER_FIRE_STATION: Final = 7.0
"""Building standard 152-2017 for urban fire stations: at most 7 km2 for each, so that 5 minutes are enough."""
KM2_PER_DEPOT: Final = 30.0
"""Ground of one depot of the water and drainage crews: some 3 km to its edge (assumption, 20 to 60)."""
KM2_PER_SUBSTATION: Final = 8.0
"""Ground of one 110 kV substation: some 1.6 km to its edge (assumption, 3 to 15)."""
_SET_BACK_M: Final = 25.0
"""How far from its corner into its block an asset stands, at most (assumption)."""

_ANY: Final = tuple(LandUse)
_PEOPLED: Final = (LandUse.HOUSING, LandUse.MIXED, LandUse.WORK)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    """What corners suit a kind: the uses of the block and the least class of the street."""

    kind: AssetKind
    uses: tuple[LandUse, ...]
    street: StreetClass


_WISHES: Final = (
    _Wish(kind=AssetKind.HOSPITAL, uses=_PEOPLED, street=StreetClass.COLLECTOR),
    _Wish(kind=AssetKind.SCHOOL, uses=(LandUse.HOUSING, LandUse.MIXED), street=StreetClass.LOCAL),
    _Wish(kind=AssetKind.FIRE_STATION, uses=(*_PEOPLED, LandUse.INDUSTRY), street=StreetClass.COLLECTOR),
    _Wish(kind=AssetKind.DEPOT, uses=(LandUse.WORK, LandUse.INDUSTRY), street=StreetClass.COLLECTOR),
    _Wish(kind=AssetKind.SUBSTATION, uses=_ANY, street=StreetClass.LOCAL),
)
_STRUCTURES: Final = (
    (AssetKind.BRIDGE, Structure.BRIDGE),
    (AssetKind.UNDERPASS, Structure.UNDERPASS),
    (AssetKind.TUNNEL, Structure.TUNNEL),
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Group:
    """The assets of one kind; arrays as in ``Assets``."""

    kind: AssetKind
    corner: Ints
    street: Ints
    block: Ints
    xy: Floats
    size: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Choice:
    """Some of the fronts, to be searched for the nearest."""

    fronts: npt.NDArray[np.int64]
    corner: Ints
    tree: cKDTree

    @classmethod
    def of(cls, ids: npt.NDArray[np.int64], fronts: Fronts) -> _Choice:
        return cls(fronts=ids, corner=fronts.corner[ids], tree=cKDTree(fronts.xy[ids]))

    def nearest(self, place: Floats, taken: set[int]) -> int:
        """The nearest of the fronts at a corner that is not taken; -1 where all are."""
        at = nearest_free(self.tree, place, numbers=self.corner, taken=taken)
        return int(self.fronts[at]) if at >= 0 else -1


def place_assets(town: Town, plan: Plan, streets: Streets, people: People, terrain: Terrain) -> Assets:
    """What stands in the town, kind by kind, each kind numbered outwards from the centre: ``depot 1``, ``hospital 2``.

    At least one hospital, school, fire station, depot and substation stands in every town, and a depot in every
    district; every bridge, underpass and tunnel of the streets is an asset. Pump stations are where mains and sewers
    have pumps (``pump_stations``). Nothing here is random but what it is placed after.
    """
    fronts = fronts_of(plan, streets)
    taken: set[int] = set()
    groups = [_sited(wish, plan, fronts, people, taken) for wish in _WISHES]
    groups += [_structures(kind, streets, structure) for kind, structure in _STRUCTURES]
    groups.append(_slopes(streets, fronts, terrain))
    return _together([_numbered(group, plan.centre) for group in groups])


def _sited(wish: _Wish, plan: Plan, fronts: Fronts, people: People, taken: set[int]) -> _Group:
    need = _need(wish.kind, plan, people)
    places = _places(wish.kind, plan, people, need)
    front = _suitable(wish, places, fronts, people, taken)
    corner, block = fronts.corner[front], fronts.block[front]
    return _Group(
        kind=wish.kind,
        corner=corner,
        street=fronts.street[front],
        block=block,
        xy=_set_back(plan.streets.xy[corner], plan.lots.centre_xy[block]),
        size=_sizes(wish.kind, plan, people, places),
    )


def _need(kind: AssetKind, plan: Plan, people: People) -> Floats:
    """What of each block calls for a kind: float64 (n_blocks,)."""
    if kind in (AssetKind.HOSPITAL, AssetKind.SCHOOL):
        return people.population
    return plan.lots.area_m2


def number_of(kind: AssetKind, *, people: float, km2: float) -> int:
    """How many of a kind serve so many people on so much ground, one at least."""
    count = {
        AssetKind.HOSPITAL: people * BEDS_PER_1000 / 1000.0 / BEDS_PER_HOSPITAL,
        AssetKind.SCHOOL: people / PEOPLE_PER_SCHOOL,
        AssetKind.FIRE_STATION: np.ceil(km2 / KM2_PER_FIRE_STATION),
        AssetKind.DEPOT: km2 / KM2_PER_DEPOT,
        AssetKind.SUBSTATION: km2 / KM2_PER_SUBSTATION,
    }[kind]
    return max(round(float(count)), 1)


def _places(kind: AssetKind, plan: Plan, people: People, need: Floats) -> Floats:
    """Where the assets of a kind would best stand, float64 (k, 2)."""
    xy, km2 = plan.lots.centre_xy, plan.lots.area_m2 / 1e6
    if kind is not AssetKind.DEPOT:
        count = number_of(kind, people=float(people.population.sum()), km2=float(km2.sum()))
        return _spread(xy, need, count)
    district = people.district
    grounds = np.bincount(district, weights=km2)
    each = [number_of(kind, people=0.0, km2=float(ground)) for ground in grounds]
    return np.vstack([_spread(xy, np.where(district == d, need, 0.0), count) for d, count in enumerate(each)])


def _spread(xy: Floats, need: Floats, count: int) -> Floats:
    some = need > 0.0
    count = min(count, int(some.sum()))
    return moved(xy[some], need[some], xy[spread(xy, need, count)])


def _suitable(wish: _Wish, places: Floats, fronts: Fronts, people: People, taken: set[int]) -> Ints:
    """A front for each place: the nearest that suits unless it is far off, at a corner where nothing stands yet."""
    suits = np.isin(people.land_use[fronts.block], wish.uses) & (fronts.street_class <= wish.street)
    choices = [_Choice.of(ids, fronts) for ids in (np.flatnonzero(suits), np.arange(len(suits))) if len(ids)]
    far = 0.5 * _between(places)
    chosen = []
    for place in places:
        found = [front for choice in choices if (front := choice.nearest(place, taken)) >= 0]
        if not found:  # something stands at every corner: share the nearest
            found = [choices[-1].nearest(place, set())]
        is_near = float(np.hypot(*(fronts.xy[found[0]] - place))) <= far
        chosen.append(found[0] if is_near else found[-1])
        taken.add(int(fronts.corner[chosen[-1]]))
    return np.array(chosen, dtype=np.int32)


def _between(places: Floats) -> float:
    """The mean distance from a place to the nearest other one, m; infinite for a single place."""
    if len(places) < 2:
        return float("inf")
    return float(np.asarray(cKDTree(places).query(places, k=2)[0])[:, 1].mean())


def _set_back(corner: Floats, middle: Floats) -> Floats:
    """Points off the corners towards the middles of their blocks, by ``_SET_BACK_M`` or 30 % of the way."""
    way = middle - corner
    length = np.maximum(np.hypot(*way.T), 1e-9)
    place: Floats = np.round(corner + way * (np.minimum(_SET_BACK_M, 0.3 * length) / length)[:, None], 2)
    return place


def _sizes(kind: AssetKind, plan: Plan, people: People, places: Floats) -> Floats:
    """Beds of hospitals and pupils of schools, by the people for whom each is the nearest; 0 of other kinds."""
    per_1000 = {AssetKind.HOSPITAL: BEDS_PER_1000, AssetKind.SCHOOL: PUPILS_PER_1000}.get(kind)
    if per_1000 is None:
        return np.zeros(len(places))
    nearest = cKDTree(places).query(plan.lots.centre_xy)[1]
    served: Floats = np.bincount(nearest, weights=people.population, minlength=len(places)).astype(np.float64)
    return whole_shares(round(per_1000 * float(served.sum()) / 1000.0), served)


def _structures(kind: AssetKind, streets: Streets, structure: Structure) -> _Group:
    street = np.flatnonzero(streets.structure == structure).astype(np.int32)
    middle = street_middles(streets)[street]
    none = np.full(len(street), -1, dtype=np.int32)
    size = np.round(streets.length_m[street], 2)
    return _Group(kind=kind, corner=streets.tail[street], street=street, block=none, xy=middle, size=size)


def _slopes(streets: Streets, fronts: Fronts, terrain: Terrain) -> _Group:
    street, height = steep_streets(streets, terrain)
    corner = streets.tail[street]
    return _Group(
        kind=AssetKind.SLOPE,
        corner=corner,
        street=street,
        block=fronts.block_at(corner),
        xy=street_middles(streets)[street],
        size=height,
    )


def _numbered(group: _Group, centre: Floats) -> _Group:
    """The group in the order of the distance from the centre."""
    order = np.lexsort((group.street, group.corner, np.round(np.hypot(*(group.xy - centre).T), 2)))
    return _Group(
        kind=group.kind,
        corner=group.corner[order],
        street=group.street[order],
        block=group.block[order],
        xy=group.xy[order],
        size=group.size[order],
    )


def _together(groups: list[_Group]) -> Assets:
    words = [(group, group.kind.name.lower().replace("_", " ")) for group in groups]
    return Assets(
        kind=np.concatenate([np.full(len(group.corner), group.kind, dtype=np.int8) for group in groups]),
        names=tuple(f"{word} {i + 1}" for group, word in words for i in range(len(group.corner))),
        corner=np.concatenate([group.corner for group in groups]),
        street=np.concatenate([group.street for group in groups]),
        block=np.concatenate([group.block for group in groups]),
        xy=np.vstack([group.xy for group in groups]),
        size=np.concatenate([group.size for group in groups]),
    )
