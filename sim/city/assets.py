"""What stands in the city beside its networks: hospitals, schools, stations, depots, bridges, slopes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]


class AssetKind(IntEnum):
    """What an asset is."""

    HOSPITAL = 0
    SCHOOL = 1
    FIRE_STATION = 2
    DEPOT = 3  # of the water and drainage crews
    WATER_PUMP_STATION = 4
    DRAIN_PUMP_STATION = 5
    SUBSTATION = 6
    BRIDGE = 7
    UNDERPASS = 8
    TUNNEL = 9
    SLOPE = 10  # steep ground beside a street


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Assets:
    """Assets 0 .. n-1; arrays are (n,), read-only.

    kind : int8, of AssetKind;  names : unique, such as ``depot 1``
    corner : int32, the corner from which it is reached
    street : int32, the street it is part of or stands at; -1 = none
    block : int32, the block it stands in; -1 = none;  xy : float64 (n, 2), m
    size : float64, what its kind is measured in: beds, pupils, m of length, m of height; 0 where nothing is
    """

    kind: npt.NDArray[np.int8]
    names: tuple[str, ...]
    corner: Ints
    street: Ints
    block: Ints
    xy: Floats
    size: Floats

    def __post_init__(self) -> None:
        for name in self.__slots__:
            value = getattr(self, name)
            if isinstance(value, np.ndarray):
                value.setflags(write=False)

    @property
    def n_assets(self) -> int:
        """How many assets there are."""
        return len(self.names)

    def of_kind(self, kind: AssetKind) -> Ints:
        """int32: the assets of one kind, ascending."""
        return np.flatnonzero(self.kind == kind).astype(np.int32)
