"""Who lives and works in each block of a made town, what the block is for, and when it was built.

The town grew in rings around its old centre; density falls outwards, and jobs lie more central than homes. All rules
are in ``docs/town/people.md``, each with its source or marked as an assumption.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import optimize, special

from sim.city.blocks import LandUse, Lots, People
from sim.city.streets import StreetClass, Streets
from sim.city.synthetic.banks import distance_to
from sim.city.synthetic.districts import districts_of
from sim.city.synthetic.fields import smooth_normals
from sim.city.synthetic.plan import Plan
from sim.draws import Draws
from sim.errors import CityOpsError, Mistake
from sim.scenario.town import Town

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]
Kinds = npt.NDArray[np.int8]
Years = npt.NDArray[np.int16]

PEOPLE_GRADIENT: Final = 1.5
"""Clark (1951): density falls as exp(-g r); g times the town's radius (assumption, 0.8 to 2.5)."""
JOBS_GRADIENT: Final = 2.5
"""The same for jobs, which lie more central (assumption, 1.5 to 4)."""
OLD_CENTRE: Final = 0.08
"""Share of the ground that is the mixed old centre (assumption, 5 to 15 %)."""
WORK: Final = 0.10
"""Share for offices, shops and public buildings (GB 50137-2011 asks 5 to 8 % for public ones alone)."""
INDUSTRY: Final = 0.16
"""Share for industry (GB 50137-2011: 15 to 30 %)."""
GREEN: Final = 0.11
"""Share for parks (GB 50137-2011: 10 to 15 %)."""
_PEOPLE_OF_USE: Final = np.array([1.0, 0.9, 0.12, 0.03, 0.0])
"""How densely people live by land use, housing = 1 (assumption)."""
_JOBS_OF_USE: Final = np.array([0.10, 1.0, 2.0, 0.8, 0.01])
"""How densely people work by land use, the mixed centre = 1 (assumption)."""
_IMPERVIOUS: Final = np.array([0.65, 0.85, 0.85, 0.72, 0.10])
"""TR-55 (NRCS 1986, table 2-2a): small plots 65 %, business 85 %, industry 72 %; parks an assumption."""
_OLD_HOUSING: Final = 0.75
"""Of housing from before 1993: GB 50180-93 asks 25 % of green where old quarters are rebuilt, 30 % in new ones."""
_GREEN_RULE: Final = 1993
_REBUILT_AFTER: Final = 35
"""Blocks older than so many years may have been rebuilt (assumption)."""
_REBUILT_OF_RENEWED: Final = 0.4
"""Share of such blocks that were rebuilt, over ``town.renewed`` (assumption)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Places:
    """What the rules look at; arrays are (n_blocks,). ``outward`` is the distance from the centre over the radius."""

    xy: Floats
    area: Floats
    outward: Floats
    radius_m: float
    on_main_street: npt.NDArray[np.bool_]
    from_river: Floats
    from_railway: Floats


def populate(town: Town, plan: Plan, streets: Streets) -> People:
    """The people of a made town, block by block, and the districts they belong to.

    The population is ``town.people_per_km2`` times the ground of all blocks, the jobs are ``town.jobs_per_person`` of
    that, both to the nearest whole number; the share of vulnerable people is ``town.vulnerable`` over all inhabitants.
    Raises CityOpsError where the town was founded after its present, or has no blocks.
    """
    if town.founded >= town.present:
        raise CityOpsError(
            Mistake(what="the town must be older", field="founded", found=str(town.founded),
                    accepted=f"a year before its present, {town.present}")
        )  # fmt: skip
    if plan.lots.n_blocks == 0:
        raise CityOpsError("the streets enclose no block in which people could live")
    draws = Draws(town.seed, 0)
    places = _places_of(plan, streets)
    use = land_uses(draws, places)
    year = _built_years(town, draws, places)
    population, jobs = _people_and_jobs(town, draws, places, use)
    subdistricts = districts_of(plan, streets, population)
    return People(
        land_use=use,
        built_year=year,
        population=population,
        jobs=jobs,
        vulnerable=_vulnerable(town, draws, places, year, population),
        impervious=_impervious(draws, use, year),
        subdistrict=subdistricts.subdistrict,
        district_of_subdistrict=subdistricts.district_of_subdistrict,
        subdistrict_names=subdistricts.subdistrict_names,
        district_names=subdistricts.district_names,
    )


def whole_shares(total: int, weight: Floats) -> Floats:
    """Whole numbers, float64 (n,), that sum to ``total`` and are nearly as the weights (>= 0, one above 0).

    The method of largest remainders (Hamilton); of equal remainders the first counts.
    """
    exact = np.round(total * (weight / weight.sum()), 6)  # so that a last bit of exp does not move a person
    whole: Floats = np.floor(exact)
    left = int(total - whole.sum())
    whole[np.argsort(whole - exact, kind="stable")[:left]] += 1.0
    return whole


def _places_of(plan: Plan, streets: Streets) -> _Places:
    lots = plan.lots
    radius = float(np.sqrt(lots.area_m2.sum() / np.pi))
    away = lots.centre_xy - plan.centre
    return _Places(
        xy=lots.centre_xy,
        area=lots.area_m2,
        outward=np.hypot(away[:, 0], away[:, 1]) / radius,
        radius_m=radius,
        on_main_street=_on_main_street(lots, streets),
        from_river=distance_to(plan.river, lots.centre_xy),
        from_railway=distance_to(plan.railway, lots.centre_xy),
    )


def _on_main_street(lots: Lots, streets: Streets) -> npt.NDArray[np.bool_]:
    sides = lots.beside[streets.street_class <= StreetClass.ARTERIAL].ravel()
    main = np.zeros(lots.n_blocks, dtype=np.bool_)
    main[sides[sides >= 0]] = True
    return main


def land_uses(draws: Draws, places: _Places) -> Kinds:
    """What each block is for, int8 (n,): each use takes the ground that suits it best until its share is used up.

    At least the block best suited to housing stays housing.
    """
    use = np.full(len(places.area), LandUse.HOUSING, dtype=np.int8)
    free = np.ones(len(use), dtype=np.bool_)
    free[np.argmin(np.abs(places.outward - 0.4))] = False
    for kind, share, score in _wishes(draws, places):
        chosen = _best(score, places.area, free, share * places.area.sum())
        use[chosen] = kind
        free[chosen] = False
    return use


def _wishes(draws: Draws, places: _Places) -> Sequence[tuple[LandUse, float, Floats]]:
    """What suits each use, the best highest: parks by the water, work on main streets, industry outside by the rails.

    The order is that in which they choose, and the weights are assumptions.
    """
    fine = smooth_normals(draws, "town parks", places.xy, wavelength_m=900.0)
    broad = smooth_normals(draws, "town quarters", places.xy, wavelength_m=0.6 * places.radius_m)
    lone = draws.normals("town lot", np.arange(len(places.area)), mean=0.0, sd=1.0)
    by_water, by_rail = np.exp(-places.from_river / 150.0), np.exp(-places.from_railway / 400.0)
    return (
        (LandUse.MIXED, OLD_CENTRE, -places.outward + 0.03 * fine),
        (LandUse.INDUSTRY, INDUSTRY, 1.6 * np.minimum(places.outward, 1.0) + 1.2 * by_rail + 0.8 * broad + 0.15 * lone),
        (LandUse.GREEN, GREEN, fine + 1.5 * by_water + 0.9 * lone),
        (LandUse.WORK, WORK, 1.5 * places.on_main_street - 1.2 * places.outward + 0.5 * fine + 0.5 * lone),
    )


def _best(score: Floats, area: Floats, free: npt.NDArray[np.bool_], wanted: float) -> npt.NDArray[np.intp]:
    candidates = np.flatnonzero(free)
    order = candidates[np.argsort(-score[candidates], kind="stable")]
    return order[np.cumsum(area[order]) <= wanted]


def _built_years(town: Town, draws: Draws, places: _Places) -> Years:
    """The year of each block, int16 (n,): the edge of the town moved outwards evenly, bulging here and there."""
    bulge = smooth_normals(draws, "town growth", places.xy, wavelength_m=0.5 * places.radius_m)
    lone = draws.normals("town built", np.arange(len(places.area)), mean=0.0, sd=1.0)
    ring = places.outward + 0.10 * bulge + 0.03 * lone
    least, most = ring.min(), ring.max()
    share = (ring - least) / (most - least) if most > least else np.zeros_like(ring)
    year = town.founded + np.round(share * (town.present - town.founded))
    return _rebuilt(town, draws, places, year).astype(np.int16)


def _rebuilt(town: Town, draws: Draws, places: _Places, year: Floats) -> Floats:
    """The years after some of the old blocks, neighbours together, were pulled down and built anew."""
    block = np.arange(len(year))
    together = smooth_normals(draws, "town rebuilding", places.xy, wavelength_m=800.0)
    luck = special.ndtr(0.8 * together + 0.6 * draws.normals("town rebuilt", block, mean=0.0, sd=1.0))
    chosen = (year <= town.present - _REBUILT_AFTER) & (luck < _REBUILT_OF_RENEWED * town.renewed)
    first = np.maximum(year + 30, town.present - 30)
    again = first + np.round(draws.uniforms("town rebuilt year", block) * (town.present - first))
    return np.where(chosen, again, year)


def _people_and_jobs(town: Town, draws: Draws, places: _Places, use: Kinds) -> tuple[Floats, Floats]:
    block = np.arange(len(use))
    ground = places.area * draws.lognormals("town density", block, median=1.0, sigma=0.25)
    people = ground * _PEOPLE_OF_USE[use] * np.exp(-PEOPLE_GRADIENT * places.outward)
    work = ground * _JOBS_OF_USE[use] * np.exp(-JOBS_GRADIENT * places.outward)
    total = max(round(town.people_per_km2 * places.area.sum() / 1e6), 1)
    return whole_shares(total, people), whole_shares(round(town.jobs_per_person * total), work)


def _vulnerable(town: Town, draws: Draws, places: _Places, year: Years, population: Floats) -> Floats:
    """The share of vulnerable people, more in old quarters and alike between neighbours; its mean over people is given.

    A logistic of a smooth normal field (standard deviation 0.35), of the age of the block (1 over a century) and a
    constant that the mean decides (assumption).
    """
    if not 1e-6 < town.vulnerable < 1.0 - 1e-6:
        return np.full(len(year), town.vulnerable)
    field = 0.35 * smooth_normals(draws, "town vulnerable", places.xy, wavelength_m=1500.0)
    tilt = field + 0.1 * draws.normals("town vulnerable lot", np.arange(len(year)), mean=0.0, sd=1.0)
    tilt += np.minimum(town.present - year, 100) / 100.0

    def excess(constant: float) -> float:
        return float(np.average(special.expit(tilt + constant), weights=population)) - town.vulnerable

    constant = optimize.brentq(excess, -40.0, 40.0, xtol=1e-12)
    share: Floats = np.round(special.expit(tilt + constant), 6)
    return share


def _impervious(draws: Draws, use: Kinds, year: Years) -> Floats:
    """The share of roofs and paving by land use and age, up to 0.06 more or less from block to block (assumption)."""
    share = _IMPERVIOUS[use]
    share = np.where((use == LandUse.HOUSING) & (year < _GREEN_RULE), _OLD_HOUSING, share)
    spread: Floats = 0.12 * (draws.uniforms("town paving", np.arange(len(use))) - 0.5)
    return np.round(share + spread, 3)
