"""A policy put together from one rule per lever, as a scenario writes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sim.policies.view import Action, Assign, CaseState, CaseView, CrewView, Isolate, Repair, View

Dispatch = Callable[[View, CaseView, Sequence[CrewView]], int | None]
Order = Callable[[View, CaseView], float]
IsolateRule = Callable[[View, CaseView], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Levers:
    """Decides by one rule per lever: isolate what is located, then send crews to waiting cases in order."""

    dispatch: Dispatch
    order: Order
    isolate: IsolateRule

    def decide(self, view: View) -> Sequence[Action]:
        """Orders for all located cases, and for waiting ones as long as crews are idle."""
        actions: list[Action] = [
            Isolate(case=case.id) if self._may_isolate(view, case) else Repair(case=case.id)
            for case in view.cases
            if case.state is CaseState.LOCATED
        ]
        return actions + self._assign(view)

    def _may_isolate(self, view: View, case: CaseView) -> bool:
        return "isolate" in view.crews[case.crew].skills and self.isolate(view, case)

    def _assign(self, view: View) -> list[Action]:
        waiting, idle = view.waiting(), list(view.idle())
        if not waiting or not idle:
            return []
        # A single case needs no rank, which may be dear to compute.
        ranks = {case.id: self.order(view, case) for case in waiting} if len(waiting) > 1 else {}
        actions: list[Action] = []
        for case in sorted(waiting, key=lambda case: (-ranks.get(case.id, 0.0), case.id)):
            able = [crew for crew in idle if "repair" in crew.skills]
            chosen = self.dispatch(view, case, able)
            if chosen is not None:
                actions.append(Assign(crew=chosen, case=case.id))
                idle = [crew for crew in idle if crew.id != chosen]
        return actions
