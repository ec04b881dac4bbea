"""What the city believes of its water network, and the futures that a planner plays on it.

Built from the undisturbed model, the last telemetry, the open cases with an assumed or reported hole, and the known
closures; never from the truth, which would know the bursts that nobody has found.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from sim.city.water import NodeKind
from sim.physics.hydraulics import Hydraulics
from sim.policies.view import Action, Assign, CaseState, Isolate, Repair
from sim.scenario.schema import ByCustomerHours, Department
from sim.world import laws
from sim.world.crews import Crew, case_place
from sim.world.ledger import Case
from sim.world.mains import OUTAGE, supplied_pressure_m

if TYPE_CHECKING:
    from sim.world.world import World

ASSUMED_LEAK = 0.1
"""The hole assumed for a burst that nobody has seen, where the policy states none, as a share of the pipe."""

OVERDUE_S = 3600.0
"""A job that takes longer than expected is believed to take this much more."""

Floats = npt.NDArray[np.float64]
Intervention = tuple[float, Callable[[Hydraulics], None]]


class Belief:
    """The believed network of one world, made anew when the ledger or the time has changed."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._at: tuple[float, int] = (-1.0, -1)
        self._model: Hydraulics | None = None
        self._expected_at = (-1, -1, -1.0)
        self._expected = np.zeros(0)
        self._known: dict[tuple[tuple[Action, ...], float], float] = {}
        order = world.source.order
        self._assumed = (
            order.customer_hours_saved_per_crew_hour.assumed_leak
            if isinstance(order, ByCustomerHours)
            else ASSUMED_LEAK
        )
        n = world.city.n_nodes
        self.largest_m = np.zeros(n)
        np.maximum.at(self.largest_m, world.city.water.tail, world.city.water.diameter_m)
        np.maximum.at(self.largest_m, world.city.water.head, world.city.water.diameter_m)

    def what_if(self, actions: Sequence[Action], horizon_s: float) -> float:
        """Customer hours without water from now over the horizon, if these actions were carried out."""
        model = self._current()
        key = (tuple(actions), horizon_s)
        if key not in self._known:
            ahead = model.fork()
            plan = self._in_hand() + [step for action in actions for step in self._carried_out(action)]
            until_s = self._world.clock.now_s + horizon_s
            self._known[key] = ahead.customer_hours(
                self._world.people_of_network,
                threshold=OUTAGE,
                until_s=until_s,
                interventions=[step for step in sorted(plan, key=lambda step: step[0]) if step[0] < until_s],
            )
        return self._known[key]

    def crew_hours(self, action: Assign) -> float:
        """What a crew is expected to spend on a case, travel and repair included, in hours."""
        case = self._world.ledger.cases[action.case]
        return (self.expected_done_s(action.crew, case) - self._world.clock.now_s) / 3600.0

    def expected_pressure_m(self) -> Floats:
        """What the control room expects at each node now, were nothing wrong but what is located already.

        A model that did not know how empty the tanks are would raise alarms for days after every burst.
        """
        world = self._world
        at = (world.telemetry.reads, world.ledger.version, world.past.at(world.clock.now_s).solved_s)
        if at != self._expected_at:
            self._expected_at = at
            located = [case for case in world.ledger.triaged if case.located is not None]
            self._expected = supplied_pressure_m(self._model_with(located, as_solved=True))
        return self._expected

    def _current(self) -> Hydraulics:
        at = (self._world.clock.now_s, self._world.ledger.version)
        if self._model is None or at != self._at:
            self._at, self._known = at, {}
            self._model = self._model_with(self._world.ledger.triaged)
        return self._model

    def _model_with(self, cases: Sequence[Case], *, as_solved: bool = False) -> Hydraulics:
        """The undisturbed model at this moment, with the last telemetry and what is believed of these cases."""
        model = self._world.past.at(self._world.clock.now_s)
        self._world.telemetry.impose(model, as_solved=as_solved)
        leaks: dict[int, float] = {}
        for case in cases:
            self._believe(model, case, leaks)
        for node, area_m2 in leaks.items():
            model.set_leak(node, area_m2)
        model.settle()
        return model

    def _believe(self, model: Hydraulics, case: Case, leaks: dict[int, float]) -> None:
        if case.state is CaseState.HANDLED:
            return
        node, area_m2 = self._leak(case)
        if case.located is not None and case.located.is_isolated:
            for link in case.located.halves:
                model.close_link(link)
        if node >= 0:
            leaks[node] = leaks.get(node, 0.0) + area_m2

    def _leak(self, case: Case) -> tuple[int, float]:
        """Where and how large the leak of a case is believed to be: as the crew saw it, else as assumed."""
        if case.located is not None:
            return case.located.node, case.located.burst.area_m2
        node = self._junction(case.places[0])
        return node, self._assumed * math.pi * self._world.diameter_m(case.places[0]) ** 2 / 4.0

    def _junction(self, place: int) -> int:
        """The end of a place at which a leak may be set, a junction; -1 where there is none."""
        city = self._world.city
        ends = city.ends_of(place)
        return next((end for end in ends if city.water.node_kind[end] == NodeKind.JUNCTION), -1)

    def _in_hand(self) -> list[Intervention]:
        """What crews at work are expected to complete."""
        plan: list[Intervention] = []
        for case in self._world.ledger.open:
            if case.state in (CaseState.ASSIGNED, CaseState.WORKING):
                now_s = self._world.clock.now_s
                plan += self._mended(case, case.done_s if case.done_s > now_s else now_s + OVERDUE_S)
        return plan

    def _carried_out(self, action: Action) -> list[Intervention]:
        case = self._world.ledger.cases[action.case]
        now_s, department = self._world.clock.now_s, self._world.department
        if isinstance(action, Repair):
            return self._mended(case, now_s + laws.expected(department.repair))
        if isinstance(action, Isolate):
            isolated_s = now_s + laws.expected(department.isolate)
            repaired_s = isolated_s + laws.expected(department.repair)
        else:
            isolated_s, repaired_s = self._times(action.crew, case)
        return [(isolated_s, self._shut(case)), *self._mended(case, repaired_s)]

    def _times(self, crew: int, case: Case) -> tuple[float, float]:
        """When a crew sent now is expected to have isolated and to have repaired."""
        world, department = self._world, self._world.department
        arrive_s = world.clock.now_s + self._arrival(world.crews[crew], case, department)
        found_s = arrive_s + (0.0 if case.located is not None else laws.expected(department.locate))
        isolated_s = found_s + laws.expected(department.isolate)
        return isolated_s, isolated_s + laws.expected(department.repair)

    def _arrival(self, crew: Crew, case: Case, department: Department) -> float:
        node, ahead_s = crew.position
        travel_s = ahead_s + self._world.travel_to_place_s(node, case_place(self._world, case))
        is_at_depot = node == crew.depot and ahead_s == 0.0
        return travel_s + (laws.expected(department.turnout) if is_at_depot else 0.0)

    def expected_done_s(self, crew: int, case: Case) -> float:
        """When a crew sent now is expected to have repaired."""
        return self._times(crew, case)[1]

    def _shut(self, case: Case) -> Callable[[Hydraulics], None]:
        node, _ = self._leak(case)
        halves = case.located.halves if case.located is not None else ()

        def shut(model: Hydraulics) -> None:
            if node >= 0:
                model.set_leak(node, 0.0)
            for link in halves:
                model.close_link(link)

        return shut

    def _mended(self, case: Case, at_s: float) -> list[Intervention]:
        node, _ = self._leak(case)
        halves = case.located.halves if case.located is not None else ()

        def mend(model: Hydraulics) -> None:
            if node >= 0:
                model.set_leak(node, 0.0)
            for link in halves:
                model.release_link(link)

        return [(at_s, mend)]
