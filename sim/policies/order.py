"""Which waiting case comes first: rules of the ``order`` lever give each case a rank, the highest first."""

from __future__ import annotations

from sim.policies.dispatch import nearest
from sim.policies.view import Assign, CaseView, View


def first_reported(view: View, case: CaseView) -> float:
    """The case that was registered first."""
    return case.age_s


def largest_diameter(view: View, case: CaseView) -> float:
    """The largest main, as far as it is known: of the located pipe, else the largest at the place of the report."""
    return case.diameter_m


def customer_hours_saved(view: View, case: CaseView, *, look_ahead: float) -> float:
    """Customer hours saved per crew hour: leave the case alone, or send the nearest idle crew now.

    Both futures are played on the believed network over ``look_ahead`` seconds. Weight over work is the order that
    minimises the weighted time to completion on one crew (Smith 1956). A case that no idle crew can reach ranks last.
    """
    crew = nearest(view, case, [crew for crew in view.idle() if "repair" in crew.skills])
    if crew is None:
        return float("-inf")
    sent = Assign(crew=crew, case=case.id)
    saved = view.what_if((), look_ahead) - view.what_if((sent,), look_ahead)
    # A job that takes no time at all is reckoned as a second.
    return saved / max(view.crew_hours(sent), 1.0 / 3600.0)
