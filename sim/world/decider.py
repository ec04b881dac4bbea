"""The decider: builds the view of what is known, asks the policy, and gives its orders or refuses them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sim.policies.view import Action, Assign, CaseState, CaseView, CrewView, Isolate, Policy, Repair, View
from sim.record.kinds import Kind
from sim.world.clock import Owner, Phase, Steps
from sim.world.crews import Crew, Order, case_place
from sim.world.ledger import Case

if TYPE_CHECKING:
    from sim.world.world import World

_CODES: dict[type[Action], int] = {Assign: 1, Isolate: 2, Repair: 3}


class Decider:
    """Asks the policy when something changed and something can be decided."""

    def __init__(self, world: World, policy: Policy) -> None:
        self._world = world
        self._policy = policy
        self._asked = world.clock.signal()
        self._is_asked = False

    def ask(self) -> None:
        """What is known has changed."""
        if not self._is_asked:
            self._is_asked = True
            self._asked.give()

    def run(self) -> Steps:
        """Decide at the end of each instant in which something changed, until nothing follows from it."""
        clock, refused, at_s = self._world.clock, set[Action](), -1.0
        while True:
            if not self._is_asked:
                yield self._asked.wait()
            yield clock.at(clock.now_s, Phase.DECIDE, Owner.DECIDER)
            self._is_asked = False
            if clock.now_s != at_s:
                refused, at_s = set(), clock.now_s
            if self._may_decide():
                for action in self._policy.decide(self.view()):
                    if action not in refused and not self._order(action):
                        refused.add(action)

    def _may_decide(self) -> bool:
        states = {case.state for case in self._world.ledger.open}
        return CaseState.LOCATED in states or CaseState.WAITING in states

    def view(self) -> View:
        """What is known now."""
        world = self._world
        return View(
            now_s=world.clock.now_s,
            cases=tuple(self._case(case) for case in world.ledger.triaged),
            crews=tuple(self._crew(crew) for crew in world.crews),
            readings=tuple(world.loggers.readings),
            travel_s=world.roads.travel_time,
            travel_to_place_s=world.travel_to_place_s,
            what_if=world.belief.what_if,
            crew_hours=world.belief.crew_hours,
        )

    def _case(self, case: Case) -> CaseView:
        world, located = self._world, case.located
        place = case_place(world, case)
        return CaseView(
            id=case.id,
            state=case.state,
            registered_s=case.registered_s,
            age_s=world.clock.now_s - case.registered_s,
            place=place,
            reported_at=tuple(case.places),
            reports=len(case.places),
            located_link=located.burst.link if located is not None else -1,
            leak_area_m2=located.burst.area_m2 if located is not None else float("nan"),
            diameter_m=world.diameter_m(place),
            district=case.district,
            crew=case.crew,
        )

    def _crew(self, crew: Crew) -> CrewView:
        return CrewView(
            id=crew.id,
            district=crew.district,
            node=crew.position[0],
            depot=crew.depot,
            is_idle=crew.is_idle,
            case=crew.case.id if crew.case is not None else -1,
            skills=crew.skills,
        )

    def _order(self, action: Action) -> bool:
        """Carry out an action, or refuse it; either is written down."""
        world = self._world
        case = world.ledger.cases[action.case] if 0 <= action.case < len(world.ledger.cases) else None
        crew = self._crew_for(action, case)
        accepted = case is not None and crew is not None
        code = float(_CODES[type(action)])
        row = world.log.append(
            world.clock.now_s,
            Kind.DECIDED,
            case=case.id if case is not None else -1,
            actor=crew.actor if crew is not None else -1,
            place=case_place(world, case) if case is not None else -1,
            value=code if accepted else -code,
            cause=case.row if case is not None else -1,
        )
        if case is None or crew is None:
            return False
        if isinstance(action, Assign):
            self._assign(crew, case, row)
        crew.deliver(Order(action=action))
        return True

    def _crew_for(self, action: Action, case: Case | None) -> Crew | None:
        """The crew that the action would move; None where it cannot be done."""
        crews = self._world.crews
        if case is None:
            return None
        if not isinstance(action, Assign):
            if case.state is not CaseState.LOCATED:
                return None
            at_work = crews[case.crew]
            may = isinstance(action, Repair) or "isolate" in at_work.skills
            return at_work if may and not at_work.has_mail else None
        if case.state is not CaseState.WAITING or not 0 <= action.crew < len(crews):
            return None
        crew = crews[action.crew]
        is_free = crew.is_idle or (action.preempt and crew.may_be_preempted)
        can_come = self._world.travel_to_place_s(crew.position[0], case_place(self._world, case)) < math.inf
        return crew if is_free and can_come and "repair" in crew.skills else None

    def _assign(self, crew: Crew, case: Case, row: int) -> None:
        world, before = self._world, crew.case
        case.row = row
        dispatched = world.ledger.note(case, Kind.DISPATCHED, actor=crew.actor)
        if before is not None:
            before.state, before.crew, before.row = CaseState.WAITING, -1, dispatched
            world.ledger.note(before, Kind.PREEMPTED, actor=crew.actor)
            crew.preempted_s = world.clock.now_s
        crew.case, case.crew, case.state = case, crew.id, CaseState.ASSIGNED
        case.done_s = world.belief.expected_done_s(crew.id, case)
        world.ledger.changed()
