"""What mains are made of, when they were laid, how rough they have become."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.city.blocks import Lots, People
from sim.city.register import Material
from sim.draws import Draws
from sim.scenario.town import Town

Floats = npt.NDArray[np.float64]
Years = npt.NDArray[np.int16]
Materials = npt.NDArray[np.int8]

RENEWED_AFTER = 25  # years: younger mains are not renewed (assumption)
_IRON, _DUCTILE, _STEEL = Material.GREY_IRON, Material.DUCTILE_IRON, Material.STEEL
_CONCRETE, _PE, _PVC = Material.CONCRETE, Material.POLYETHYLENE, Material.PVC
_SMALL_M, _LARGE_M = 0.2, 0.8  # up to the first, and from the second diameter on
# By the year from which it holds: shares of materials of small, middling and large mains. Ductile iron pipe was made in
# China from about 1990 on; the shares are assumptions.
_ERAS: tuple[tuple[int, tuple[dict[Material, float], ...]], ...] = (
    (0, ({_IRON: 1.0}, {_IRON: 1.0}, {_IRON: 0.4, _STEEL: 0.6})),
    (1965, ({_IRON: 1.0}, {_IRON: 0.9, _STEEL: 0.1}, {_CONCRETE: 0.6, _STEEL: 0.4})),
    (1990, ({_PVC: 0.4, _DUCTILE: 0.3, _IRON: 0.3}, {_DUCTILE: 0.8, _IRON: 0.2}, {_CONCRETE: 0.4, _STEEL: 0.6})),
    (2003, ({_PE: 0.6, _DUCTILE: 0.4}, {_DUCTILE: 0.9, _PE: 0.1}, {_DUCTILE: 0.6, _STEEL: 0.4})),
)
# Hazen-Williams coefficients by age in years. Unlined grey iron: new 130, then 110, 95, 85, 75 after 10 to 40 years
# (handbook values); older mains are held at 65. The others fall slowly from the usual values of new pipe (assumption).
_ROUGHNESS: dict[Material, tuple[tuple[int, ...], tuple[float, ...]]] = {
    Material.UNKNOWN: ((0, 50), (120.0, 90.0)),
    Material.GREY_IRON: ((0, 10, 20, 30, 40, 60), (130.0, 110.0, 95.0, 85.0, 75.0, 65.0)),
    Material.DUCTILE_IRON: ((0, 50), (135.0, 120.0)),
    Material.STEEL: ((0, 50), (130.0, 105.0)),
    Material.CONCRETE: ((0, 50), (130.0, 115.0)),
    Material.POLYETHYLENE: ((0, 50), (145.0, 138.0)),
    Material.PVC: ((0, 50), (145.0, 138.0)),
}


def years_laid(town: Town, lots: Lots, people: People, draws: Draws) -> Years:
    """When the main under each street was laid: int16 (n_streets,).

    With the older of the blocks beside it, not before the town was founded; a share of those older than 25 years was
    laid anew since, any year as likely as another. A street without blocks is as old as the town's middle year.
    """
    street = np.arange(len(lots.beside))
    middle = (town.founded + town.present) // 2
    built = np.append(people.built_year.astype(np.int64), np.iinfo(np.int16).max)
    year = built[lots.beside].min(axis=1)
    year = np.where((lots.beside < 0).all(axis=1), middle, np.clip(year, town.founded, town.present))
    is_renewed = draws.uniforms("town main renewed", street) < town.renewed
    is_renewed &= year <= town.present - RENEWED_AFTER
    since = np.minimum(year + RENEWED_AFTER, town.present)
    anew = since + np.floor(draws.uniforms("town year of renewal", street) * (town.present - since + 1))
    return np.where(is_renewed, anew, year).astype(np.int16)


def materials_of(year: Years, diameter_m: Floats, luck: Floats) -> Materials:
    """What mains of these years and diameters are made of, by uniform numbers ``luck`` in (0, 1): int8 (n,)."""
    era = np.searchsorted([start for start, _ in _ERAS], year, side="right") - 1
    size = np.where(diameter_m <= _SMALL_M, 0, np.where(diameter_m < _LARGE_M, 1, 2))
    material = np.full(len(year), Material.UNKNOWN, dtype=np.int8)
    for e, (_, of_sizes) in enumerate(_ERAS):
        for s, shares in enumerate(of_sizes):
            here = (era == e) & (size == s)
            names = np.array(list(shares), dtype=np.int8)
            steps = np.cumsum(list(shares.values()))
            material[here] = names[np.minimum(np.searchsorted(steps, luck[here]), len(names) - 1)]
    return material


def roughness_of(material: Materials, age: npt.NDArray[np.integer]) -> Floats:
    """Hazen-Williams coefficients, whole numbers: float64 (n,); ``age`` in years."""
    roughness = np.zeros(len(material))
    for kind, (ages, values) in _ROUGHNESS.items():
        here = material == kind
        roughness[here] = np.round(np.interp(age[here], ages, values))
    return roughness
