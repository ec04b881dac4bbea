"""Whether a burst pipe is shut off before it is repaired: rules of the ``isolate`` lever."""

from __future__ import annotations

from sim.policies.view import CaseView, Isolate, Repair, View

LOOK_AHEAD_S = 86400.0
"""How far the two futures are played for ``when it helps``."""


def always(view: View, case: CaseView) -> bool:
    """Shut the valves of every burst pipe."""
    return True


def never(view: View, case: CaseView) -> bool:
    """Repair every burst under pressure."""
    return False


def when_it_helps(view: View, case: CaseView) -> bool:
    """Isolate where fewer customer hours are lost so on the believed network; where equal, since it saves water."""
    isolated = view.what_if((Isolate(case=case.id),), LOOK_AHEAD_S)
    return isolated <= view.what_if((Repair(case=case.id),), LOOK_AHEAD_S)
