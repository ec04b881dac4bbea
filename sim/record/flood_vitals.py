"""Vital signs of a flood: streets under water, cars caught in it, and underpasses closed in time or in vain.

Each is a pure function of an event log. All are 0 where nothing of it happened, and NaN where the log knows no streets:
then nobody looked. Depths are known by the classes at which they are logged (5, 15, 30 and 50 cm, see ROAD_DEPTH), so
the borders asked for here are borders of classes, and times are right to the interval at which the water is looked at.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sim.record.eventlog import EventLog
from sim.record.kinds import Kind
from sim.record.steps import positions, spans

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

NO_CAR_M = 0.3
"""From this depth no car passes (Pregnolato et al. 2017), and an underpass is rightly closed."""
_HOUR_S = 3600.0
_KM = 1000.0


def street_km_hours_above_5_cm(log: EventLog) -> float:
    """Kilometres of street with at least 5 cm of water, integrated over time; NaN without streets."""
    return _km_hours(log, 0.05)


def street_km_hours_above_15_cm(log: EventLog) -> float:
    """Kilometres of street with at least 15 cm of water, integrated over time; NaN without streets."""
    return _km_hours(log, 0.15)


def street_km_hours_above_30_cm(log: EventLog) -> float:
    """Kilometres of street with at least 30 cm of water, where no car passes, over time; NaN without streets."""
    return _km_hours(log, NO_CAR_M)


def street_km_ever_above_30_cm(log: EventLog) -> float:
    """Kilometres of street that had at least 30 cm of water at any time; NaN without streets."""
    if not knows_streets(log):
        return math.nan
    rows = log.of(Kind.ROAD_DEPTH)
    return math.fsum(_length_m(log, np.unique(rows["place"][rows["value"] >= NO_CAR_M]))) / _KM


def cars_caught_in_water(log: EventLog) -> float:
    """Cars that drove into deep water and stalled, on streets and in underpasses; NaN without streets."""
    return float(len(log.of(Kind.CAUGHT))) if knows_streets(log) else math.nan


def cars_caught_in_underpasses(log: EventLog) -> float:
    """Cars that drove into deep water in an underpass and stalled; NaN without streets."""
    if not knows_streets(log):
        return math.nan
    return float(is_underpass(log, log.of(Kind.CAUGHT)["place"]).sum())


def underpass_closure_hours(log: EventLog) -> float:
    """Hours for which underpasses were closed to traffic, summed over them; NaN without streets."""
    return math.fsum(_closures(log, None)) / _HOUR_S if knows_streets(log) else math.nan


def needless_closure_hours(log: EventLog) -> float:
    """Hours for which underpasses were closed with less than 30 cm of water, summed over them; NaN without streets."""
    return math.fsum(_closures(log, NO_CAR_M)) / _HOUR_S if knows_streets(log) else math.nan


def crews_rerouted(log: EventLog) -> float:
    """Times that a crew on its way to a case had to take another way, or to wait for one; NaN without streets."""
    return float(len(log.of(Kind.REROUTED))) if knows_streets(log) else math.nan


def knows_streets(log: EventLog) -> bool:
    """Whether the log's places are streets too, as in scenarios with rain."""
    return "length_m" in log.places.columns and bool((log.places["network"] == "street").any())


def is_underpass(log: EventLog, places: NDArray[np.integer]) -> Bools:
    """Whether each of these places, ids of the log's streets, is an underpass."""
    kinds = log.places["kind"].to_numpy()
    under: Bools = kinds[positions(log.places["id"].to_numpy(), places)] == "underpass"
    return under


def _length_m(log: EventLog, places: NDArray[np.integer]) -> Floats:
    lengths = log.places["length_m"].to_numpy(dtype=np.float64)
    found: Floats = lengths[positions(log.places["id"].to_numpy(), places)]
    return found


def _km_hours(log: EventLog, depth_m: float) -> float:
    if not knows_streets(log):
        return math.nan
    held = spans(log, Kind.ROAD_DEPTH)
    lasted_s = np.where(held.value >= depth_m, held.duration_s, 0.0)
    return math.fsum(lasted_s * _length_m(log, held.key)) / _KM / _HOUR_S


def _closures(log: EventLog, below_m: float | None) -> list[float]:
    """How long each underpass was closed, s; with ``below_m`` only while its logged water was less than that."""
    rows = log.of(Kind.ROAD_CLOSED, Kind.ROAD_DEPTH)
    rows = rows[is_underpass(log, rows["place"])]
    lasted_s = []
    for place in np.unique(rows["place"]):
        own = rows[rows["place"] == place]
        until_s = np.append(own["time_s"][1:], log.ended_s)
        is_closed, depth_m = False, 0.0
        for row, end_s in zip(own, until_s, strict=True):
            if row["kind"] == Kind.ROAD_CLOSED:
                is_closed = bool(row["value"] > 0.0)
            else:
                depth_m = float(row["value"])
            if is_closed and (below_m is None or depth_m < below_m):
                lasted_s.append(float(end_s - row["time_s"]))
    return lasted_s
