"""How often mains break, by what they are made of, how wide and how old they are: a weight for bursts."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.city.register import Material, Register
from sim.city.water import LinkKind, WaterNetwork

Floats = npt.NDArray[np.float64]

MILE_M = 1609.344
# Breaks per 100 miles and year of all ages and diameters: Barfuss (2023), Water Main Break Rates in the USA and Canada,
# Utah State University, 802 utilities. Concrete and polyethylene are too rare there for a rate of their own.
_PER_100_MILES = {
    Material.UNKNOWN: 11.1,  # of all materials together
    Material.GREY_IRON: 28.6,
    Material.DUCTILE_IRON: 5.1,
    Material.STEEL: 7.6,
    Material.CONCRETE: 5.1,  # as ductile iron (assumption)
    Material.POLYETHYLENE: 2.9,  # as PVC (assumption)
    Material.PVC: 2.9,
}
# By diameter, against the mean of the material: smaller mains break more often (Kleiner and Rajani 2001). The factors
# are an assumption.
_DIAMETERS_M = (0.1, 0.2, 0.3, 0.6, 1.0)
_BY_DIAMETER = (1.5, 1.1, 0.8, 0.4, 0.2)
# By age: doubling in 35 years, 1 at the mean age of a broken main, 53 years (Barfuss 2023), held to 0.35 .. 2.5
# (growth: assumption, within Shamir and Howard 1979: 5 to 15 % a year for single mains, far less for whole networks).
_MEAN_AGE, _DOUBLING = 53.0, 35.0
_LEAST, _MOST = 0.35, 2.5


def expected_breaks(register: Register, network: WaterNetwork, *, year: int = 2025) -> Floats:
    """Expected breaks of each link in a year: float64 (n_links,), 1/year; 0 for what is no pipe.

    register : of the same network, else ValueError;  year : the present, from which ages count

    The rate of the material (Barfuss 2023) times factors of diameter and age, times length. Of a main whose year is
    unknown the factor of age is 1.
    """
    if len(register.material) != network.n_links:
        raise ValueError(f"a register of {len(register.material)} links is not that of {network.n_links}")
    rates = np.array([_PER_100_MILES[material] for material in Material]) / (100.0 * MILE_M)
    by_diameter = np.interp(network.diameter_m, _DIAMETERS_M, _BY_DIAMETER)
    age = np.maximum(year - register.laid_year.astype(np.float64), 0.0)
    by_age = np.where(register.laid_year > 0, np.clip(2.0 ** ((age - _MEAN_AGE) / _DOUBLING), _LEAST, _MOST), 1.0)
    is_pipe = np.isin(network.link_kind, (LinkKind.PIPE, LinkKind.CHECK_VALVE))
    breaks: Floats = np.where(is_pipe, rates[register.material] * by_diameter * by_age * network.length_m, 0.0)
    return breaks
