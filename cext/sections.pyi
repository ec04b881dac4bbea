from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

class Sections:
    """Cross-sections of links; geometry that all simulations of a network share."""

    count: int
    def __init__(
        self,
        shape: npt.NDArray[np.int8],
        geometry: npt.NDArray[np.float64],
        *,
        transect: npt.NDArray[np.int32] | None = None,
        tables: Sequence[Any] = (),
        names: Sequence[str] | None = None,
    ) -> None:
        """Full heights, widths and slopes, m.

        shape : int8 (n,), 0 circular, 1 closed and 2 open rectangle, 3 trapezoid, 4 triangle, 5 force main,
            6 irregular; -1 = none
        geometry : float64 (n, 4), height, width (bottom of a trapezoid, top of a triangle), left and right slope
        transect : int32 (n,), row of ``tables`` for irregular sections
        tables : of each transect ``full`` (height, width, area, hydraulic radius) and ``shares`` (51, 3) by depth
        names : of the links, for errors
        ValueError naming the link where a section holds no water.
        """
    def geometry(self, k: int, depth: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Area m2, top width m and hydraulic radius m of section ``k`` at depths (n,), 0 <= depth <= full: (n, 3)."""
    def depths(self, k: int, flow: npt.NDArray[np.float64], conveyance: float) -> npt.NDArray[np.float64]:
        """Normal and critical depth, m, at flows (n,), m3/s: (n, 2); the conveyance is sqrt(slope) / n."""
    def full(self, k: int) -> tuple[float, float, float, float, float]:
        """Depth, top width, area and hydraulic radius of section ``k`` when full; largest section factor."""

def transect_table(
    station: npt.NDArray[np.float64],
    elevation: npt.NDArray[np.float64],
    *,
    left_bank: float,
    right_bank: float,
    manning: tuple[float, float, float],
) -> dict[str, Any]:
    """Geometry of an irregular section at 51 depths; ValueError where it holds no water.

    Stations between the banks have the channel's roughness; the hydraulic radius is the one that gives the conveyance
    of all parts together with the channel's n. Both ends go up as walls to the highest point.
    """
