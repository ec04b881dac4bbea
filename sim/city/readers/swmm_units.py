"""From the units of a SWMM file to SI: by its flow units all else is in feet and inches or in metres and mm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

FOOT_M = 0.3048
INCH_M = 0.0254
ACRE_M2 = 4046.8564224
HECTARE_M2 = 10_000.0
HOUR_S = 3600.0
DAY_S = 86_400.0
GALLON_M3 = 231.0 * INCH_M**3

FLOW_M3S: Mapping[str, float] = MappingProxyType(
    {
        "CFS": FOOT_M**3,
        "GPM": GALLON_M3 / 60.0,
        "MGD": 1e6 * GALLON_M3 / DAY_S,
        "CMS": 1.0,
        "LPS": 1e-3,
        "MLD": 1e3 / DAY_S,
    }
)
"""One unit of each of SWMM's flow units, m3/s."""
METRIC = ("CMS", "LPS", "MLD")


@dataclass(frozen=True, slots=True, kw_only=True)
class DrainUnits:
    """Factors from a file's units to SI: a value of the file times its factor."""

    flow: float
    length: float
    ground: float  # area of catchments
    rain_depth: float  # and depression storage

    @classmethod
    def of(cls, flow_units: str) -> DrainUnits:
        """The factors of one of SWMM's flow units, in capitals."""
        if flow_units in METRIC:
            return cls(flow=FLOW_M3S[flow_units], length=1.0, ground=HECTARE_M2, rain_depth=1e-3)
        return cls(flow=FLOW_M3S[flow_units], length=FOOT_M, ground=ACRE_M2, rain_depth=INCH_M)

    @property
    def area(self) -> float:
        """Of ponds and storage, m2."""
        return self.length**2

    @property
    def volume(self) -> float:
        """Of storage, m3."""
        return self.length**3

    @property
    def rain_rate(self) -> float:
        """Of rain and infiltration per hour, m/s."""
        return self.rain_depth / HOUR_S

    @property
    def weir(self) -> float:
        """Of a weir's coefficient, whose flow goes as length to the power of 2.5: m^0.5/s."""
        return float(self.length**0.5)
