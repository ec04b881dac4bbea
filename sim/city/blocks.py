"""The blocks between the streets: who lives and works there, when they were built, to which district they belong."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]


class LandUse(IntEnum):
    """What a block is used for."""

    HOUSING = 0
    MIXED = 1  # housing over shops and offices: the old centre
    WORK = 2  # offices and shops
    INDUSTRY = 3
    GREEN = 4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lots:
    """The ground between the streets: the bounded faces of their planar graph; arrays are read-only.

    corner_first : int32 (n + 1,), corner : int32: block b has the corners corner[corner_first[b]:corner_first[b + 1]],
        counterclockwise along its streets
    area_m2 : float64 (n,), to the middle of the streets;  centre_xy : float64 (n, 2), m
    beside : int32 (n_streets, 2), the block to the left and to the right of each street, from tail to head; -1 = none
    """

    corner_first: Ints
    corner: Ints
    area_m2: Floats
    centre_xy: Floats
    beside: Ints

    def __post_init__(self) -> None:
        _freeze(self)

    @property
    def n_blocks(self) -> int:
        """How many blocks there are."""
        return len(self.area_m2)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class People:
    """Who lives and works in each block of ``Lots``; arrays are read-only.

    land_use : int8 (n,), of LandUse;  built_year : int16 (n,), when the block was built
    population, jobs : float64 (n,), whole numbers;  vulnerable : float64 (n,), share of the population, 0 .. 1
    impervious : float64 (n,), share of the ground that is roofed or paved, 0 .. 1
    subdistrict : int32 (n,), index into subdistrict_names;  district_of_subdistrict : int32, into district_names
    """

    land_use: npt.NDArray[np.int8]
    built_year: npt.NDArray[np.int16]
    population: Floats
    jobs: Floats
    vulnerable: Floats
    impervious: Floats
    subdistrict: Ints
    district_of_subdistrict: Ints
    subdistrict_names: tuple[str, ...]
    district_names: tuple[str, ...]

    def __post_init__(self) -> None:
        _freeze(self)

    @property
    def district(self) -> Ints:
        """int32 (n,), the district of each block."""
        return self.district_of_subdistrict[self.subdistrict]


def _freeze(one: Lots | People) -> None:
    for name in one.__slots__:
        value = getattr(one, name)
        if isinstance(value, np.ndarray):
            value.setflags(write=False)
