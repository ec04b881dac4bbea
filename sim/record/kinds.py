"""The kinds of rows in an event log: what each says, the unit of its ``value`` and what its ``place`` is.

The list is open: a new kind goes to its end. Files and digests name the kinds, so an old file stays readable and an old
log keeps its digest.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, auto
from typing import Literal

Domain = Literal["node", "link", "street", "any", ""]


class Kind(IntEnum):
    """What a row of the log says; the number is its code in memory."""

    RUN_BEGAN = 0
    OCCURRED = auto()
    SENSED = auto()
    CALLED = auto()
    PATROLLED = auto()
    REGISTERED = auto()
    MERGED = auto()
    TRIAGED = auto()
    DISPATCHED = auto()
    BOUNCED = auto()
    ACCEPTED = auto()
    EN_ROUTE = auto()
    REROUTED = auto()
    ON_SITE = auto()
    LOCATED = auto()
    NOTHING_FOUND = auto()
    ISOLATED = auto()
    WORK_BEGAN = auto()
    HANDLED = auto()
    VERIFIED = auto()
    CLOSED = auto()
    REOPENED = auto()
    FALSE_ALARM = auto()
    ESCALATED = auto()
    OVERDUE = auto()
    JOINED = auto()
    PREEMPTED = auto()
    DECIDED = auto()
    CREW_READY = auto()
    CREW_OFF = auto()
    SERVICE = auto()
    LEAK = auto()
    UNDELIVERED = auto()
    DEMAND = auto()
    CREW_STATE = auto()
    LINK_CLOSED = auto()
    ROAD_CLOSED = auto()
    ROAD_DEPTH = auto()
    RUN_ENDED = auto()
    WARNED = auto()
    CAUGHT = auto()


class CrewState(IntEnum):
    """What a crew does: the ``value`` of CREW_STATE."""

    OFF = 0
    IDLE = 1
    TURNOUT = 2
    DRIVING = 3
    ON_SITE = 4
    WORKING = 5
    RETURNING = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class KindInfo:
    """What a kind means; ``place`` is the domain of the column (empty: unused), a step holds until its next row."""

    kind: Kind
    unit: str
    place: Domain
    is_step: bool
    meaning: str


def _event(kind: Kind, meaning: str, *, place: Domain = "any", unit: str = "") -> KindInfo:
    return KindInfo(kind=kind, unit=unit, place=place, is_step=False, meaning=meaning)


def _step(kind: Kind, meaning: str, *, place: Domain, unit: str) -> KindInfo:
    return KindInfo(kind=kind, unit=unit, place=place, is_step=True, meaning=meaning)


KINDS: tuple[KindInfo, ...] = (
    _event(Kind.RUN_BEGAN, "The clock started; state kinds hold their stated initial value from here.", place=""),
    _event(Kind.OCCURRED, "An incident became true at a place; value: its size, in the unit of its hazard."),
    _event(Kind.SENSED, "A sensor (actor) raised an alarm; value: what it read; incident: what caused it, if any."),
    _event(Kind.CALLED, "A citizen reported; incident: what caused the call, if any; value: ordinal of the call."),
    _event(Kind.PATROLLED, "A patrol (actor) saw something and reported it."),
    _event(Kind.REGISTERED, "A case entered the ledger and is open from now on."),
    _event(Kind.MERGED, "A report joined the open case; value: the case that ended in this one, if there was one."),
    _event(Kind.TRIAGED, "A desk gave the case to a department (actor)."),
    _event(Kind.DISPATCHED, "A crew (actor) was ordered to the case."),
    _event(Kind.BOUNCED, "The department (actor) returned the case as not its own."),
    _event(Kind.ACCEPTED, "The crew (actor) took the order."),
    _event(Kind.EN_ROUTE, "The crew left for the case; value: travel time expected.", unit="s"),
    _event(Kind.REROUTED, "The crew took another way; value: travel time still expected.", unit="s"),
    _event(Kind.ON_SITE, "The crew arrived where the case points to; incident: what caused the case, if any."),
    _event(Kind.LOCATED, "The crew found the incident."),
    _event(Kind.NOTHING_FOUND, "The crew searched and found nothing wrong."),
    _event(Kind.ISOLATED, "The crew cut the place off; value: number of links closed for it."),
    _event(Kind.WORK_BEGAN, "Repair began; value: duration planned.", unit="s"),
    _event(Kind.HANDLED, "Repair ended."),
    _event(Kind.VERIFIED, "The result was checked; value: 1 if it is right, 0 if not."),
    _event(Kind.CLOSED, "The case left the ledger."),
    _event(Kind.REOPENED, "A closed or verified case is open again."),
    _event(Kind.FALSE_ALARM, "The case turned out to have had no cause; CLOSED follows."),
    _event(Kind.ESCALATED, "The case went to a higher tier; value: the tier."),
    _event(Kind.OVERDUE, "The case passed its service target; value: the target.", unit="s"),
    _event(Kind.JOINED, "Another department (actor) joined the case."),
    _event(Kind.PREEMPTED, "The crew (actor) left this case for another, whose DISPATCHED is the cause."),
    _event(
        Kind.DECIDED,
        "A policy gave an order; value: 1 assign, 2 isolate, 3 repair; negative: refused.",
    ),
    _event(Kind.CREW_READY, "The crew (actor) came on shift."),
    _event(Kind.CREW_OFF, "The crew (actor) went off shift."),
    _step(Kind.SERVICE, "Delivered over demanded water at a junction; 1 until first logged.", place="node", unit="1"),
    _step(Kind.LEAK, "Water lost at a place; 0 until first logged.", place="link", unit="m3/s"),
    _step(Kind.UNDELIVERED, "Demand not met in the whole city; 0 until first logged.", place="", unit="m3/s"),
    _step(Kind.DEMAND, "Demand of the whole city; 0 until first logged.", place="", unit="m3/s"),
    _step(Kind.CREW_STATE, "What the crew (actor) does, a CrewState; off until first logged.", place="any", unit=""),
    _step(Kind.LINK_CLOSED, "1 while crews keep the link closed, 0 again afterwards.", place="link", unit="1"),
    _step(Kind.ROAD_CLOSED, "1 while the street is closed to traffic, 0 again afterwards.", place="street", unit="1"),
    _step(Kind.ROAD_DEPTH, "The deepest water on the street; 0 until first logged.", place="street", unit="m"),
    _event(Kind.RUN_ENDED, "The horizon was reached; steps are integrated to here.", place=""),
    _event(Kind.WARNED, "A rainstorm warning was issued; value: 1 blue, 2 yellow, 3 orange, 4 red.", place=""),
    _event(Kind.CAUGHT, "A car drove into water on the street and stalled; value: ordinal there.", place="street"),
)
assert [info.kind for info in KINDS] == list(Kind), "the table of kinds follows the order of their codes"
