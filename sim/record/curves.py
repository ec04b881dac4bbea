"""What a log says over time: service, people without water, open cases, and how busy each crew was."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.record.eventlog import EventLog
from sim.record.kinds import CrewState, Kind
from sim.record.steps import as_steps, spans, total_over_time

#: Below this share of its demand a junction counts as without water.
THRESHOLD = 0.5

#: A crew that returns can be sent on, so it is not busy.
_BUSY = (CrewState.TURNOUT, CrewState.DRIVING, CrewState.ON_SITE, CrewState.WORKING)


def people(log: EventLog) -> NDArray[np.float64]:
    """The people at each place, float64 (n_places,), in the order of the table; 0 where it does not say."""
    known: NDArray[np.float64] = np.nan_to_num(log.places["people"].to_numpy(dtype=np.float64))
    return known


def people_without_water(log: EventLog, threshold: float = THRESHOLD) -> pd.Series[float]:
    """People at junctions whose service is below the threshold, as steps over ``time_s``."""
    below = total_over_time(
        log, Kind.SERVICE, initial=1.0, weight=people(log), of=lambda service: (service < threshold).astype(np.float64)
    )
    return below.rename("people_without_water")


def service_lost(log: EventLog) -> pd.Series[float]:
    """People times the share of demand they do not get, as steps over ``time_s``."""
    lost = total_over_time(log, Kind.SERVICE, initial=1.0, weight=people(log), of=lambda service: 1.0 - service)
    return lost.rename("service_lost")


def service_curve(log: EventLog) -> pd.Series[float]:
    """The resilience curve: the mean over people of delivered / demanded, as steps over ``time_s``; NaN without people.

    After Bruneau et al. (2003), with the quality of service from 0 to 1.
    """
    everyone = people(log).sum()
    lost = service_lost(log)
    share = 1.0 - lost / everyone if everyone > 0.0 else lost * np.nan
    return share.rename("service")


def worst_moment(log: EventLog, threshold: float = THRESHOLD) -> float:
    """The first time, in s, at which most people are without water; the start of the run if nobody ever is."""
    without = people_without_water(log, threshold)
    return float(without.index.to_numpy()[without.to_numpy().argmax()])


def cases_open(log: EventLog) -> pd.Series[float]:
    """The number of open cases as steps over ``time_s``.

    A case is open from REGISTERED or REOPENED until CLOSED, or until MERGED names it as the value: it ended in another.
    """
    still_open: set[int] = set()
    times, counts = [log.began_s], [0.0]
    for row in log.of(Kind.REGISTERED, Kind.REOPENED, Kind.CLOSED, Kind.MERGED):
        case = int(row["case"])
        if row["kind"] in (Kind.REGISTERED, Kind.REOPENED):
            still_open.add(case)
        elif row["kind"] == Kind.CLOSED:
            still_open.discard(case)
        elif not np.isnan(row["value"]) and int(row["value"]) != case:
            still_open.discard(int(row["value"]))
        times.append(float(row["time_s"]))
        counts.append(float(len(still_open)))
    return as_steps(log, times, counts).rename("cases_open")


def crew_busy(log: EventLog) -> pd.DataFrame:
    """One row per crew: id, name, department, on_shift_h, busy_h and busy_fraction (NaN if it never was on shift).

    Busy is turning out, driving, on site and working; on shift is all but off.
    """
    held = spans(log, Kind.CREW_STATE, by="actor")
    on_shift = np.where(held.value != CrewState.OFF, held.duration_s, 0.0)
    busy = np.where(np.isin(held.value, _BUSY), held.duration_s, 0.0)
    ids = log.actors["id"].to_numpy()
    is_crew = (log.actors["kind"].to_numpy() == "crew") | np.isin(ids, held.key)
    crews = np.flatnonzero(is_crew)[np.argsort(ids[is_crew], kind="stable")]
    hours = [np.array([spent[held.key == ids[i]].sum() for i in crews]) / 3600.0 for spent in (on_shift, busy)]
    fraction = np.divide(hours[1], hours[0], out=np.full(len(crews), np.nan), where=hours[0] > 0.0)
    names = {name: log.actors[name].to_numpy()[crews] for name in ("id", "name", "department")}
    return pd.DataFrame({**names, "on_shift_h": hours[0], "busy_h": hours[1], "busy_fraction": fraction})
