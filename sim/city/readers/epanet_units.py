"""EPANET's own conversion factors, so that a file converted to SI gives EPANET's heads.

EPANET computes in feet and cubic feet per second and rounds the cubic foot to 0.028317 m3. Inside cityops the cubic
metre of a network that came from EPANET, of its flows and of its tanks' volumes, is that one, 5 parts in a million off
the metre cubed. Factors: EPANET 2.3, ``types.h`` and ``input1.c``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

FOOT_M = 0.3048
CUBIC_FOOT_M3 = 0.028317
VISCOSITY_FT2_S = 1.1e-5  # of water at 20 C
PI = 3.141592654  # EPANET's
HORSEPOWER_W = 745.7
# Head gain of a pump of constant power is 8.814 hp / q in feet and cubic feet per second.
WATER_WEIGHT_N_M3 = HORSEPOWER_W / (8.814 * FOOT_M * CUBIC_FOOT_M3)

# How many of the file's units make a cubic foot per second, by EPANET's code of the flow unit.
_FLOW_PER_CFS = {
    0: 1.0,  # CFS
    1: 448.831,  # GPM
    2: 0.64632,  # MGD
    3: 0.5382,  # IMGD
    4: 1.9837,  # AFD
    5: 28.317,  # LPS
    6: 1699.0,  # LPM
    7: 2.4466,  # MLD
    8: 101.94,  # CMH
    9: 2446.6,  # CMD
    10: 0.028317,  # CMS
}
_FIRST_METRIC = 5
# How many of the file's pressure units a foot of the liquid makes, and whether its specific gravity counts.
_PRESSURE_PER_FT = {
    0: (0.4333, True),  # psi
    1: (6.895 * 0.4333, True),  # kPa
    2: (FOOT_M, False),  # m
    3: (0.068948 * 0.4333, True),  # bar
    4: (1.0, False),  # ft
}


@dataclass(frozen=True, slots=True)
class Units:
    """Factors that turn the numbers of one file into SI."""

    flow: float
    length: float
    diameter: float
    pressure: float  # to metres of the liquid
    power: float
    is_metric: bool

    @classmethod
    def of(cls, flow_units: int, pressure_units: int, *, specific_gravity: float) -> Units:
        """Take the factors of EPANET's codes for the units of flow and of pressure."""
        is_metric = flow_units >= _FIRST_METRIC
        per_foot, is_weighed = _PRESSURE_PER_FT[pressure_units]
        return cls(
            flow=CUBIC_FOOT_M3 / _FLOW_PER_CFS[flow_units],
            length=1.0 if is_metric else FOOT_M,
            diameter=0.001 if is_metric else FOOT_M / 12.0,
            pressure=FOOT_M / (per_foot * (specific_gravity if is_weighed else 1.0)),
            power=HORSEPOWER_W / 0.7457 if is_metric else HORSEPOWER_W,
            is_metric=is_metric,
        )

    @property
    def volume(self) -> float:
        """The factor of tank volumes, to the cubic metre of the flows."""
        feet = self.length / FOOT_M
        return feet**3 * CUBIC_FOOT_M3

    def tank_area(self, diameter: float) -> float:
        """Area of a cylindrical tank, from the file's diameter."""
        return PI * (diameter * self.length) ** 2 / 4.0

    def emitter(self, coefficient: float, exponent: float) -> float:
        """An emitter's coefficient in m3/s per m^exponent."""
        return coefficient * self.flow / math.pow(self.pressure, exponent)
