"""What the decider knows, and what it may order: the two sides of a policy.

A ``View`` is a snapshot made from the ledger, from what crews reported and from alarms that arrived; never from the
truth. Actions are orders: the world carries them out, or refuses what cannot be done.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol


class CaseState(Enum):
    """Where a case stands, as the ledger has it."""

    REGISTERED = "registered"  # not triaged yet
    WAITING = "waiting"  # triaged, no crew has it
    ASSIGNED = "assigned"  # a crew is ordered, driving or searching
    LOCATED = "located"  # the crew stands before the burst and waits: isolate, or repair at once?
    WORKING = "working"  # isolating or repairing
    HANDLED = "handled"  # repaired, not yet verified
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """A case as its department knows it.

    place : where to go, a place of the city; the burst pipe once located, else the first report's
    reported_at : all the places of its reports, in their order
    diameter_m : of the located pipe, else of the largest main at the first report's place
    """

    id: int
    state: CaseState
    registered_s: float
    age_s: float
    place: int
    reported_at: tuple[int, ...]
    reports: int
    located_link: int
    leak_area_m2: float
    diameter_m: float
    district: int
    crew: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CrewView:
    """A crew as the control room sees it; ``node`` is where it stands or will stand at its next crossing."""

    id: int
    district: int
    node: int
    depot: int
    is_idle: bool
    case: int
    skills: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """An alarm that reached the control room: ``drop_m`` below what was expected at a node."""

    node: int
    drop_m: float
    happened_s: float
    known_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Assign:
    """Send a crew to a case; ``preempt`` also takes a crew that is on the way to another."""

    crew: int
    case: int
    preempt: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Isolate:
    """Shut the valves of the located pipe before the repair."""

    case: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """Repair the located pipe at once, under pressure."""

    case: int


Action = Assign | Isolate | Repair


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A snapshot of what a department knows.

    ``travel_s(a, b)`` is the current travel time between nodes, in seconds (infinite where there is no way).
    ``what_if(actions, horizon_s)`` gives the customer hours without water over the horizon, on the believed network:
    model, last telemetry, open cases with an assumed or reported hole, known closures, and the actions carried out.
    ``crew_hours(action)`` is what the crew is expected to spend on a case, travel included, in hours.
    """

    now_s: float
    cases: tuple[CaseView, ...]
    crews: tuple[CrewView, ...]
    readings: tuple[Reading, ...]
    travel_s: Callable[[int, int], float]
    travel_to_place_s: Callable[[int, int], float]
    what_if: Callable[[Sequence[Action], float], float]
    crew_hours: Callable[[Assign], float]

    def waiting(self) -> tuple[CaseView, ...]:
        """The cases that no crew has, by number."""
        return tuple(case for case in self.cases if case.state is CaseState.WAITING)

    def idle(self) -> tuple[CrewView, ...]:
        """The crews that may be sent, by number."""
        return tuple(crew for crew in self.crews if crew.is_idle)


class Policy(Protocol):
    """Decides what to order, given what is known; it keeps no state that another replication could see."""

    def decide(self, view: View) -> Sequence[Action]:
        """The orders of this moment; asked again whenever a case, a crew or a reading changes."""
        ...
