"""What the streets of a made town are laid out around: the plan that all other layers follow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.city.blocks import Lots
from sim.city.streets import Streets
from sim.errors import CityOpsError, Mistake

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

    Only streets within reach of each other are kept, and where two cross without a corner one becomes a bridge
    (``sim.city.given_streets``). The centre is where corners are densest on average: their mean. The boundary is their
    convex hull. Raises CityOpsError where corners have no places, or where the streets do not hang together or enclose
    no ground.
    """
    from scipy.spatial import ConvexHull, QhullError

    from sim.city.faces import lots_of
    from sim.city.given_streets import bridged, reachable

    unknown = int((~np.isfinite(streets.xy)).any(axis=1).sum())
    if unknown:
        raise CityOpsError(f"{unknown} of the corners have no place: without x and y no ground can lie below them")
    drawn = bridged(reachable(streets))
    try:
        hull = ConvexHull(drawn.xy)
    except QhullError as error:
        found = f"{drawn.n_streets} on one line"
        mistake = Mistake(what="the streets enclose no ground", found=found, accepted="streets around blocks")
        raise CityOpsError(mistake) from error
    return Plan(
        streets=drawn,
        lots=lots_of(drawn),
        river=None,
        railway=None,
        centre=drawn.xy.mean(axis=0),
        boundary=drawn.xy[hull.vertices],
    )
