"""Which pipe carries a flow: nominal sizes, least slopes, and the choice by Manning's formula.

Rules and sources are in ``docs/town/sewers.md``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]

MANNING = 0.013
"""Of concrete (GB 50014: 0.013 to 0.014)."""
LEAST_VELOCITY_M_S = 0.75
"""Of storm sewers flowing full (GB 50014); for DN300 it gives the standard's least slope of 0.003."""
LEAST_FALL_M = 0.01
"""Over any one sewer (assumption: what a builder can set out)."""
_DIAMETERS_MM = (
    300,
    400,
    500,
    600,
    700,
    800,
    900,
    1000,
    1200,
    1400,
    1500,
    1600,
    1800,
    2000,
    2200,
    2400,
    2600,
    2800,
    3000,
)
_BOX_HEIGHT_M = 3.0
_BOX_WIDTHS_M = (3.0, 3.5, 4.0, 4.5, 5.0, 5.5, 6.0)
_MOST_BARRELS = 40


@dataclass(frozen=True, slots=True, eq=False)
class Sizes:
    """Cross-sections from the smallest to the largest: circular pipes, box culverts, box culverts side by side; (k,).

    height_m, width_m (0 of a circular pipe), barrels;  area_m2 of all barrels, radius_m : hydraulic, flowing full
    """

    height_m: Floats
    width_m: Floats
    barrels: Ints

    @property
    def is_box(self) -> npt.NDArray[np.bool_]:
        """Whether a size is a box culvert."""
        return self.width_m > 0.0

    @property
    def area_m2(self) -> Floats:
        """Of all barrels."""
        one = np.where(self.is_box, self.height_m * self.width_m, np.pi / 4.0 * self.height_m**2)
        area: Floats = one * self.barrels
        return area

    @property
    def conveyance(self) -> Floats:
        """Flow in all barrels flowing full over the root of the slope, m3/s."""
        flow: Floats = self.area_m2 * self._speed
        return flow

    @property
    def least_slope(self) -> Floats:
        """At which it flows full at the least velocity."""
        slope: Floats = (LEAST_VELOCITY_M_S / self._speed) ** 2
        return slope

    @property
    def _speed(self) -> Floats:
        around = np.where(self.is_box, 2.0 * (self.height_m + self.width_m), np.pi * self.height_m)
        radius = self.area_m2 / self.barrels / around
        speed: Floats = radius ** (2.0 / 3.0) / MANNING
        return speed


def _sizes() -> Sizes:
    pipes, boxes = len(_DIAMETERS_MM), len(_BOX_WIDTHS_M)
    more = _MOST_BARRELS - 1
    height = np.concatenate([np.array(_DIAMETERS_MM) / 1000.0, np.full(boxes + more, _BOX_HEIGHT_M)])
    width = np.concatenate([np.zeros(pipes), _BOX_WIDTHS_M, np.full(more, _BOX_WIDTHS_M[-1])])
    barrels = np.concatenate([np.ones(pipes + boxes), np.arange(2, more + 2)]).astype(np.int32)
    return Sizes(height, width, barrels)


SIZES = _sizes()
"""What is built: DN300 to DN3000, then boxes 3 m high and 3 to 6 m wide, then several of them beside each other."""


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """For each sewer its index into SIZES, how far it falls, m, and its velocity flowing full, m/s; (n,)."""

    size: Ints
    fall_m: Floats
    velocity_m_s: Floats


def choose(flow_m3s: Floats, length_m: Floats, wanted_fall_m: Floats, *, least_size: Ints) -> Chosen:
    """The smallest size, not below ``least_size``, that carries each flow when full; all arrays (n,).

    A sewer falls as far as the ground wants, but not less than the least slope of its size and LEAST_FALL_M.
    """
    length = np.maximum(length_m, 1.0)[:, None]
    fall = np.maximum(wanted_fall_m[:, None], SIZES.least_slope * length)
    fall = np.maximum(fall, LEAST_FALL_M)
    carries = SIZES.conveyance * np.sqrt(fall / length) >= flow_m3s[:, None]
    carries[:, -1] = True  # forty boxes of 6 m: no town comes near
    size = np.maximum(np.argmax(carries, axis=1).astype(np.int32), least_size)
    rows = np.arange(len(size))
    chosen_fall = fall[rows, size]
    velocity = SIZES.conveyance[size] / SIZES.area_m2[size] * np.sqrt(chosen_fall / length[:, 0])
    return Chosen(size, chosen_fall, velocity)
