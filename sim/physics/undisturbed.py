"""The flood that nobody touched, computed once and shared: what each policy of a replication meets."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.physics.flood import Flood
from sim.physics.traffic import WetStreets

Single = npt.NDArray[np.float32]


class Undisturbed:
    """The depth on each street at whole multiples of an interval, as far as it was asked for.

    O(streets) memory for each interval; the flood itself is moved on only when a later time is asked for first.
    """

    def __init__(self, flood: Flood, streets: WetStreets, *, every_s: float) -> None:
        self.every_s = every_s
        self._flood = flood
        self._streets = streets
        self._depth: list[Single] = [streets.depth_m(flood.depth_m())]

    def street_depth_m(self, k: int) -> Single:
        """The depth on each street after k intervals: float32 (n_streets,), m."""
        while len(self._depth) <= k:
            self._flood.advance(len(self._depth) * self.every_s)
            self._depth.append(self._streets.depth_m(self._flood.depth_m()))
        return self._depth[k]

    def peak_m(self) -> Single:
        """The deepest water so far on each cell: float32 (rows, columns), m."""
        return self._flood.peak_m()

    def balance(self) -> dict[str, float]:
        """As ``Flood.balance``."""
        return self._flood.balance()
