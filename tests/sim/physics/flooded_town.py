"""A small made town with an underpass, under even rain: made once for all tests that flood it."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from sim.city.drainage import DrainLinkKind
from sim.city.layers import Layers
from sim.city.streets import Structure
from sim.city.synthetic.making import made
from sim.physics.flood import Flood
from sim.scenario.town import Town

MM_H = 1.0 / 3.6e6


@functools.cache
def town(seed: int = 1) -> Layers:
    """Some 80 corners; the first of its two underpasses is a hollow that fills."""
    return made(Town.of("hamlet", "central", seed=seed, corners=80, railway=True, cell=20.0))


def underpasses(layers: Layers) -> np.ndarray:
    """The streets that dip below the railway."""
    return np.flatnonzero(layers.streets.structure == Structure.UNDERPASS)


def pumps(layers: Layers) -> np.ndarray:
    """The pumps of its drains, as links."""
    return np.flatnonzero(layers.drainage.link_kind == DrainLinkKind.PUMP)


class EvenRain:
    """The same everywhere until it stops."""

    def __init__(self, mm_h: float, until_s: float) -> None:
        self._rate, self._until_s = mm_h * MM_H, until_s

    def at(self, time_s: float) -> tuple[float, float]:
        """As ``Rain`` of the flood asks."""
        return (self._rate, self._until_s) if time_s < self._until_s - 1e-6 else (0.0, math.inf)


def flood(mm_h: float = 60.0, until_s: float = 1800.0, **settings: Any) -> Flood:
    """The flood of that rain, at its beginning."""
    layers = town()
    return Flood(layers.terrain, layers.drainage, EvenRain(mm_h, until_s), **settings)


def depth_under_railway_m(one: Flood) -> float:
    """The deepest water in the first underpass."""
    layers = town()
    cells = layers.crosswalk.cells.at(int(underpasses(layers)[0]))
    return float(one.depth_m().ravel()[cells].max())
