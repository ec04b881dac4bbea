"""A short history, small enough to compute by hand, that the tests of this folder read."""

from collections.abc import Callable

import pandas as pd
import pytest

from sim.record.eventlog import EventLog, EventLogWriter
from sim.record.kinds import CrewState, Kind

HOUR = 3600.0
A, B, MAIN, STREET = 10, 11, 20, 30  # junctions of 100 and 50 people, a pipe, an arc
FIRST, SECOND, DESK = 1, 2, 3


def places() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "id": [MAIN, B, A, STREET],  # in no particular order
            "network": ["water", "water", "water", "roads"],
            "name": ["main", "b", "a", "High Street, “north”"],
            "district": ["east", "east", "west", None],
            "people": [0.0, 50.0, 100.0, float("nan")],
            "vulnerable": [0.0, 5.0, 0.0, 0.0],
            "x": [0.1, 1.0, 0.0, float("nan")],
            "y": [0.0, 0.3, 0.0, 2.0],
        }
    )


def actors() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "id": [FIRST, SECOND, DESK],
            "name": ["crew 1", "crew 2", "desk"],
            "kind": ["crew", "crew", "desk"],
            "department": ["water", "water", "city"],
            "skills": [["isolate", "repair"], ("repair",), None],
            "shift": "always",
        }
    )


def writer(**run: object) -> EventLogWriter:
    return EventLogWriter(places=places(), actors=actors(), run={"horizon_s": 10 * HOUR, "policy": "pooled", **run})


def story() -> EventLog:
    """Two bursts in ten hours: one is repaired, reopened and repaired again; the other nobody reports."""
    log = writer(seed=7, replication=0)
    add = log.append
    began = add(0.0, Kind.RUN_BEGAN)
    add(0.0, Kind.DEMAND, value=0.05, cause=began)
    add(0.0, Kind.CREW_STATE, actor=FIRST, value=CrewState.IDLE)
    burst = add(1 * HOUR, Kind.OCCURRED, incident=0, place=MAIN, value=0.01)
    add(1 * HOUR, Kind.LEAK, incident=0, place=MAIN, value=0.02, cause=burst)
    low = add(1 * HOUR, Kind.SERVICE, place=A, value=0.25, cause=burst)
    add(1 * HOUR, Kind.SERVICE, place=B, value=0.75, cause=burst)
    add(1 * HOUR, Kind.UNDELIVERED, value=0.01, cause=burst)
    add(1.25 * HOUR, Kind.CALLED, place=STREET)  # about something else
    call = add(1.5 * HOUR, Kind.CALLED, incident=0, place=A, value=0, cause=low)
    case = add(1.5 * HOUR, Kind.REGISTERED, case=0, incident=0, place=A, cause=call)
    add(1.75 * HOUR, Kind.REGISTERED, case=1, place=B)
    add(2.0 * HOUR, Kind.OCCURRED, incident=1, place=MAIN, value=0.001)
    sent = add(2.0 * HOUR, Kind.DISPATCHED, case=0, actor=FIRST, cause=case)
    add(2.0 * HOUR, Kind.CREW_STATE, actor=FIRST, value=CrewState.DRIVING, cause=sent)
    add(2.5 * HOUR, Kind.ON_SITE, case=1, actor=FIRST)
    add(2.5 * HOUR, Kind.NOTHING_FOUND, case=1, actor=FIRST)
    add(2.5 * HOUR, Kind.MERGED, case=0, value=1)
    add(3.0 * HOUR, Kind.ON_SITE, case=0, incident=0, actor=FIRST, place=MAIN)
    add(3.0 * HOUR, Kind.CREW_STATE, actor=FIRST, value=CrewState.ON_SITE)
    add(3.5 * HOUR, Kind.LOCATED, case=0, incident=0, actor=FIRST, place=MAIN)
    add(3.5 * HOUR, Kind.CREW_STATE, actor=FIRST, value=CrewState.WORKING)
    add(4.0 * HOUR, Kind.SERVICE, place=B, value=0.4)
    add(4.0 * HOUR, Kind.CREW_STATE, actor=SECOND, value=CrewState.IDLE)
    add(5.0 * HOUR, Kind.HANDLED, case=0, incident=0)
    for place in (A, B):
        add(5.0 * HOUR, Kind.SERVICE, place=place, value=1.0)
    add(5.0 * HOUR, Kind.LEAK, incident=0, place=MAIN, value=0.0)
    add(5.0 * HOUR, Kind.UNDELIVERED, value=0.0)
    add(5.0 * HOUR, Kind.CREW_STATE, actor=FIRST, value=CrewState.RETURNING)
    add(5.5 * HOUR, Kind.CLOSED, case=0, incident=0)
    add(6.0 * HOUR, Kind.REOPENED, case=0, incident=0)
    add(7.0 * HOUR, Kind.HANDLED, case=0, incident=0)
    add(7.5 * HOUR, Kind.CLOSED, case=0, incident=0)
    add(8.0 * HOUR, Kind.REGISTERED, case=2, place=B)
    add(9.0 * HOUR, Kind.CREW_STATE, actor=FIRST, value=CrewState.OFF)
    add(10.0 * HOUR, Kind.RUN_ENDED)
    return log.finish()


@pytest.fixture(scope="session")
def log() -> EventLog:
    return story()


@pytest.fixture(scope="session")
def blank() -> Callable[..., EventLogWriter]:
    return writer
