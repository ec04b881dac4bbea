"""The life of each incident, as a log tells it: when it occurred, was reported, reached, located and closed."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from sim.record.eventlog import EventLog
from sim.record.kinds import Kind

#: The milestones and the kinds whose first row of an incident reaches them.
_FIRST = {
    "reported_s": (Kind.SENSED, Kind.CALLED, Kind.PATROLLED),
    "on_site_s": (Kind.ON_SITE,),
    "located_s": (Kind.LOCATED,),
}


def incidents(log: EventLog) -> pd.DataFrame:
    """One row per incident: incident, place, occurred_s, reported_s, on_site_s, located_s, closed_s; NaN = not by then.

    Times are on the run's clock. An incident is closed by the first CLOSED after its last HANDLED, unless REOPENED
    comes later: the closing of a mere symptom closes no incident.
    """
    facts = log.of(Kind.OCCURRED)
    ids, first = np.unique(facts["incident"], return_index=True)
    facts = facts[first[np.lexsort((ids, facts["time_s"][first]))]]
    columns = {"incident": facts["incident"], "place": facts["place"], "occurred_s": facts["time_s"]}
    reached = {name: _first_times(log, kinds) for name, kinds in _FIRST.items()} | {"closed_s": _closures(log)}
    for name, time_s in reached.items():
        columns[name] = np.array(
            [time_s.get(incident, math.nan) for incident in facts["incident"].tolist()], dtype="f8"
        )
    return pd.DataFrame(columns)


def waits_h(log: EventLog, milestone: str) -> pd.Series[float]:
    """Hours from each incident's occurrence to a milestone (a column of ``incidents``).

    An incident that has not reached it counts with the hours until the run ended: it waited at least that long.
    Leaving it out would flatter whoever leaves hard cases open.
    """
    table = incidents(log)
    return (table[milestone].fillna(log.ended_s) - table["occurred_s"]) / 3600.0


def _first_times(log: EventLog, kinds: tuple[Kind, ...]) -> dict[int, float]:
    rows = log.of(*kinds)
    ids, first = np.unique(rows["incident"], return_index=True)
    return dict(zip(ids.tolist(), rows["time_s"][first].tolist(), strict=True))


def _closures(log: EventLog) -> dict[int, float]:
    handled: set[int] = set()
    closed: dict[int, float] = {}
    for row in log.of(Kind.HANDLED, Kind.CLOSED, Kind.REOPENED):
        incident = int(row["incident"])
        if row["kind"] == Kind.CLOSED:
            if incident in handled:
                closed.setdefault(incident, float(row["time_s"]))
            continue
        closed.pop(incident, None)
        if row["kind"] == Kind.HANDLED:
            handled.add(incident)
        else:
            handled.discard(incident)
    return closed
