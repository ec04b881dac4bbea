"""Crews: they take orders from a mailbox, drive over the roads, search, isolate and repair.

An order never interrupts a process. A crew on the way looks into its mailbox when a signal or its own timer wakes it,
and goes on from the next crossing.
"""

from __future__ import annotations

import itertools
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from sim.city.city import Post
from sim.policies.view import Action, Assign, CaseState, Isolate, Repair
from sim.record.kinds import CrewState, Kind
from sim.scenario.schema import Department
from sim.world import laws
from sim.world.clock import Owner, Phase, Steps
from sim.world.incidents import Incident
from sim.world.ledger import Case

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    import simpy

    from sim.world.world import World

DAY_S = 86400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What lies in a mailbox."""

    action: Action


class Crew:
    """One crew of the water department.

    ``node`` is the corner where it stands, or the next one while it drives; ``ahead_s`` the time to get there.
    """

    def __init__(self, world: World, ident: int, *, post: Post, department: Department) -> None:
        self._world = world
        self.id = ident
        self.actor = world.actors.crew(ident)
        self.depot = post.corner
        self.district = int(world.city.district[self.depot])
        group = post.group
        self.skills = tuple(sorted(group.skills if group.skills is not None else department.skills))
        self.case: Case | None = None
        self.node = self.depot
        self.ahead_s = 0.0
        self.state: CrewState | None = None
        self._shift = group.shift if group.shift is None or group.shift[1] - group.shift[0] < DAY_S else None
        self._department = department
        self._inbox: deque[Order] = deque()
        self._mail = world.clock.signal()
        self._streets = world.clock.signal()
        self._turnouts = 0
        self._way: tuple[npt.NDArray[np.int32], npt.NDArray[np.float64], float] | None = None
        self.preempted_s = -1.0
        self._logged: tuple[CrewState | None, Case | None] = (None, None)

    @property
    def is_idle(self) -> bool:
        """Free to be sent: on duty, and idle or on the way home."""
        return self.case is None and not self._inbox and self._is_on_duty() and self.state is not CrewState.OFF

    @property
    def may_be_preempted(self) -> bool:
        """On the way to a case, without a new order yet, and not turned round in this very instant."""
        is_on_its_way = self.case is not None and self.state in (CrewState.TURNOUT, CrewState.DRIVING)
        return is_on_its_way and not self._inbox and self.preempted_s != self._world.clock.now_s

    @property
    def has_mail(self) -> bool:
        """An order lies in the mailbox, not taken yet."""
        return bool(self._inbox)

    @property
    def position(self) -> tuple[int, float]:
        """The node where it stands, or the next crossing and the seconds to get there."""
        if self._way is None:
            return self.node, self.ahead_s
        nodes, passed_s, began_s = self._way
        driven_s = self._world.clock.now_s - began_s
        next_ = min(int(np.searchsorted(passed_s, driven_s)), len(nodes) - 1)
        return int(nodes[next_]), float(max(passed_s[next_] - driven_s, 0.0))

    def deliver(self, order: Order) -> None:
        """Put an order into the mailbox."""
        self._inbox.append(order)
        self._mail.give()

    def _is_on_duty(self) -> bool:
        if self._shift is None:
            return True
        clock_s = (self._world.scenario.start + self._world.clock.now_s) % DAY_S
        begin, end = self._shift
        return begin <= clock_s < end or begin <= clock_s + DAY_S < end

    def roster(self) -> Steps:
        """Come on duty and go off it, every day."""
        self._set_state(self._resting())
        if self._shift is None:
            return
        clock, start = self._world.clock, self._world.scenario.start
        days = itertools.count(-1)
        bounds = (day * DAY_S + bound - start for day in days for bound in self._shift)
        for at_s in bounds:
            if at_s < clock.now_s or (at_s == 0.0 and self._is_on_duty()):
                continue
            yield clock.at(at_s, Phase.WORK, Owner.ROSTER, self.id)
            kind = Kind.CREW_READY if self._is_on_duty() else Kind.CREW_OFF
            self._world.log.append(clock.now_s, kind, actor=self.actor)
            if self.state in (CrewState.OFF, CrewState.IDLE):
                self._set_state(self._resting())
            self._world.ledger.changed()

    def _resting(self) -> CrewState:
        return CrewState.IDLE if self._is_on_duty() else CrewState.OFF

    def run(self) -> Steps:
        """Obey what is in the mailbox; without orders go home, and wait there."""
        while True:
            if self._inbox:
                yield from self._obey(self._inbox.popleft())
            elif self.node != self.depot or self.ahead_s > 0.0:
                yield from self._drive([self.depot], CrewState.RETURNING)
            else:
                self._set_state(self._resting())
                yield self._mail.wait()

    def _obey(self, order: Order) -> Steps:
        action = order.action
        assert isinstance(action, Assign), "a decision on a located burst waits for its own answer"
        case = self._world.ledger.cases[action.case]
        self._note(case, Kind.ACCEPTED)
        arrived = yield from self._travel(case)
        if arrived:
            yield from self._work(case)

    def _travel(self, case: Case) -> Generator[simpy.Event, object, bool]:
        """Whether the crew arrived; False where another order came."""
        corners = self._world.city.corners_of(case_place(self._world, case))
        if self.node == self.depot and self.ahead_s == 0.0:
            turnout_s = laws.duration(self._world.draws, self._department.turnout, "turnout", self.id, k=self._turnouts)
            self._turnouts += 1
            self._set_state(CrewState.TURNOUT)
            if not (yield from self._pause(turnout_s)):
                return False
        travel_s = self._expected_s(self._soonest(corners))
        self._note(case, Kind.EN_ROUTE, value=travel_s if np.isfinite(travel_s) else float("nan"))
        if not (yield from self._drive(corners, CrewState.DRIVING)):
            return False
        self._note(case, Kind.ON_SITE)
        return True

    def _pause(self, duration_s: float) -> Generator[simpy.Event, object, bool]:
        """Let time pass; False where an order came before it was over."""
        if self._inbox:
            return False
        timer = self._timer(duration_s)
        yield timer | self._mail.wait()
        return bool(timer.processed)

    def _timer(self, duration_s: float) -> simpy.Event:
        clock = self._world.clock
        return clock.at(clock.now_s + duration_s, Phase.WORK, Owner.CREW, self.id)

    def look_out(self) -> None:
        """Travel times have changed: whoever is on the way looks whether a street ahead was shut."""
        self._streets.give()

    def _soonest(self, corners: Sequence[int]) -> int:
        """The corner that is reached soonest now; ties to the first."""
        return min(corners, key=self._expected_s)

    def _expected_s(self, corner: int) -> float:
        """How long it takes from here to a corner now; infinite where there is no way."""
        return self.ahead_s + self._world.roads.travel_time(self.node, corner)

    def _drive(self, corners: Sequence[int], state: CrewState) -> Generator[simpy.Event, object, bool]:
        """Drive to one of these corners; False where an order came, and then ``node`` is the next corner.

        A crew whose way is shut turns off at the next corner, and waits there as long as there is no way.
        """
        self._set_state(state)
        is_new = True
        while not self._inbox:
            target = self._soonest(corners)
            expected_s = self._expected_s(target)
            if np.isfinite(expected_s):
                if not is_new and self.case is not None:
                    self._note(self.case, Kind.REROUTED, value=expected_s)
                if (yield from self._follow(target)):
                    return True
            else:
                yield from self._hold_on()
            is_new = False
        return False

    def _hold_on(self) -> Steps:
        """Drive on to the next corner, and stand there until an order comes or streets are shut or opened."""
        self._way = (np.array([self.node], dtype=np.int32), np.array([self.ahead_s]), self._world.clock.now_s)
        yield self._mail.wait() | self._streets.wait()
        self.node, self.ahead_s = self.position
        self._way = None

    def _follow(self, target: int) -> Generator[simpy.Event, object, bool]:
        """Take the shortest way of this moment; False where an order came or a street ahead was shut."""
        roads, clock, began_s = self._world.roads, self._world.clock, self._world.clock.now_s
        arcs = roads.path(self.node, target)
        nodes = np.concatenate([[self.node], roads.head[arcs]]).astype(np.int32)
        passed_s = np.round((self.ahead_s + np.concatenate([[0.0], np.cumsum(roads.time_s[arcs])])) * 1024.0) / 1024.0
        self._way = (nodes, passed_s, began_s)
        timer, arrived, is_open = self._timer(float(passed_s[-1])), False, True
        while is_open and not (arrived or self._inbox):
            yield timer | self._mail.wait() | self._streets.wait()
            arrived = bool(timer.processed)
            ahead = arcs[min(int(np.searchsorted(passed_s, clock.now_s - began_s)), len(arcs)) :]
            is_open = bool(np.isfinite(roads.time_s[ahead]).all())
        self.node, self.ahead_s = (target, 0.0) if arrived else self.position
        self._way = None
        return arrived

    def _work(self, case: Case) -> Steps:
        self._set_state(CrewState.ON_SITE)
        if case.located is None:
            yield from self._search(case)
        if case.located is None:
            self.case = None
            self._world.ledger.nothing_found(case, self.actor)
            return
        case.state = CaseState.LOCATED
        self._world.ledger.changed()
        decision = yield from self._decision()
        yield from self._repair(case, case.located, decision)

    def _search(self, case: Case) -> Steps:
        """Find the burst, or give up."""
        incident, search_s = self._world.search(case, self._department)
        yield self._timer(search_s)
        if incident is not None and incident.located_by < 0 and incident.is_active:
            incident.located_by = case.id
            case.located = incident
            self._note(case, Kind.LOCATED, place=self._world.city.place_of_link(incident.burst.link))

    def _decision(self) -> Generator[simpy.Event, object, Isolate | Repair]:
        while not self._inbox:
            yield self._mail.wait()
        action = self._inbox.popleft().action
        assert isinstance(action, (Isolate, Repair)), "a crew at a burst is not idle, so it is sent nowhere"
        return action

    def _repair(self, case: Case, incident: Incident, decision: Isolate | Repair) -> Steps:
        world, department, link = self._world, self._department, incident.burst.link
        case.state = CaseState.WORKING
        self._set_state(CrewState.WORKING)
        expected_s = laws.expected(department.repair)
        if isinstance(decision, Isolate):
            case.done_s = world.clock.now_s + laws.expected(department.isolate) + expected_s
            yield self._timer(laws.duration(world.draws, department.isolate, "isolate", link, k=incident.repairs))
            world.mains.isolate(incident, cause=self._note(case, Kind.ISOLATED, value=2.0))
        repair_s = laws.duration(world.draws, department.repair, "repair", link, k=incident.repairs)
        case.done_s = world.clock.now_s + expected_s
        self._note(case, Kind.WORK_BEGAN, value=repair_s)
        world.ledger.version += 1
        yield self._timer(repair_s)
        self.case = None
        world.repaired(incident, case)
        world.ledger.handled(case, self.actor)

    def _note(self, case: Case, kind: Kind, *, place: int = -1, value: float = float("nan")) -> int:
        return self._world.ledger.note(case, kind, actor=self.actor, place=place, value=value)

    def _set_state(self, state: CrewState) -> None:
        if (state, self.case) != self._logged:
            self.state, self._logged = state, (state, self.case)
            self._world.log.append(
                self._world.clock.now_s,
                Kind.CREW_STATE,
                actor=self.actor,
                case=self.case.id if self.case is not None else -1,
                value=float(state),
            )


def case_place(world: World, case: Case) -> int:
    """Where to go for a case: the located pipe, else the place of the first report."""
    return world.city.place_of_link(case.located.burst.link) if case.located is not None else case.places[0]
