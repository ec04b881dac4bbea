"""Which crew goes to a case: rules of the ``dispatch`` lever."""

from __future__ import annotations

import math
from collections.abc import Sequence

from sim.policies.view import CaseView, CrewView, View


def nearest(view: View, case: CaseView, crews: Sequence[CrewView]) -> int | None:
    """The idle crew that is there soonest by current travel time, whatever its district; ties to the lowest id."""
    best, best_s = None, math.inf
    for crew in crews:
        travel_s = view.travel_to_place_s(crew.node, case.place)
        if travel_s < best_s:
            best, best_s = crew.id, travel_s
    return best


def own_district(view: View, case: CaseView, crews: Sequence[CrewView]) -> int | None:
    """The nearest idle crew of the case's own district; where the district has none to spare, the case waits."""
    return nearest(view, case, [crew for crew in crews if crew.district == case.district])
