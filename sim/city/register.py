"""The register of the mains: what each pipe is made of, when it was laid, where it can be shut, under which street."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int32]


class Material(IntEnum):
    """What a pipe is made of."""

    UNKNOWN = 0
    GREY_IRON = 1
    DUCTILE_IRON = 2
    STEEL = 3
    CONCRETE = 4
    POLYETHYLENE = 5
    PVC = 6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Register:
    """What is known of each link of a water network beside its hydraulics; arrays are (n_links,), read-only.

    material : int8, of Material;  laid_year : int16, 0 = unknown
    valve_at_tail, valve_at_head : bool, whether an isolation valve stands at that end
    street : int32, the street under which it lies; -1 = under none (a transmission main, a pump)
    corner : int32 (n_nodes,), the corner of the streets at each water node; of what stands aside, the nearest
    """

    material: npt.NDArray[np.int8]
    laid_year: npt.NDArray[np.int16]
    valve_at_tail: npt.NDArray[np.bool_]
    valve_at_head: npt.NDArray[np.bool_]
    street: Ints
    corner: Ints

    def __post_init__(self) -> None:
        for name in self.__slots__:
            getattr(self, name).setflags(write=False)
