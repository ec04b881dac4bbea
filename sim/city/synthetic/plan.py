"""What the streets of a made town are laid out around: the plan that all other layers follow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.city.blocks import Lots
from sim.city.streets import Streets

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Course:
    """A river or a railway: its middle line, float64 (k, 2), m, downstream, and its width from bank to bank, m."""

    xy: Floats
    width_m: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plan:
    """The town as drawn on paper, before anything has a height.

    streets : with elevation_m and lowest_m 0;  lots : the blocks between them
    river, railway : None where the town has none;  centre : float64 (2,), m, of the old town
    boundary : float64 (k, 2), m, the edge of the built-up ground, counterclockwise
    """

    streets: Streets
    lots: Lots
    river: Course | None
    railway: Course | None
    centre: Floats
    boundary: Floats


def plan_of(streets: Streets) -> Plan:
    """The plan of real streets: the blocks between them, without river and railway, of which nothing is known.

    The centre is where corners are densest on average: their mean. The boundary is their convex hull.
    """
    from scipy.spatial import ConvexHull

    from sim.city.faces import lots_of

    hull = ConvexHull(streets.xy)
    return Plan(
        streets=streets,
        lots=lots_of(streets),
        river=None,
        railway=None,
        centre=streets.xy.mean(axis=0),
        boundary=streets.xy[hull.vertices],
    )
