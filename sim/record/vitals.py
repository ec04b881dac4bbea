"""The vital signs of a city: every indicator is a pure function of an event log.

Each is a function of its own, so that a scenario may name it, and stands in ``INDICATORS`` under the name that planners
write. Not for statistics over several runs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

import pandas as pd

from sim.record.curves import (
    THRESHOLD,
    cases_open,
    crew_busy,
    people_without_water,
    service_lost,
)
from sim.record.eventlog import EventLog
from sim.record.flood_vitals import (
    cars_caught_in_underpasses,
    cars_caught_in_water,
    crews_rerouted,
    knows_streets,
    needless_closure_hours,
    street_km_ever_above_30_cm,
    street_km_hours_above_5_cm,
    street_km_hours_above_15_cm,
    street_km_hours_above_30_cm,
    underpass_closure_hours,
)
from sim.record.incidents import incidents, waits_h
from sim.record.kinds import Kind
from sim.record.steps import area, integral


def customer_hours_without_water(log: EventLog, threshold: float = THRESHOLD) -> float:
    """People at junctions that get less than the threshold of their demand, integrated to the end of the run."""
    return area(people_without_water(log, threshold)) / 3600.0


def people_without_water_at_worst(log: EventLog, threshold: float = THRESHOLD) -> float:
    """The most people at one time at junctions that get less than the threshold of their demand."""
    return float(people_without_water(log, threshold).max())


def resilience_loss(log: EventLog) -> float:
    """People times the share of demand that they do not get, integrated to the end of the run."""
    return area(service_lost(log)) / 3600.0


def undelivered_volume(log: EventLog) -> float:
    """Water demanded but not delivered, in the whole city and run."""
    return integral(log, Kind.UNDELIVERED)


def water_service_availability(log: EventLog) -> float:
    """Volume delivered over volume demanded, in the whole city and run (Ostfeld et al. 2002); NaN without demand."""
    demanded = integral(log, Kind.DEMAND)
    return 1.0 - undelivered_volume(log) / demanded if demanded > 0.0 else math.nan


def volume_leaked(log: EventLog) -> float:
    """Water lost through leaks, in the whole city and run."""
    return integral(log, Kind.LEAK)


def median_time_to_first_report(log: EventLog) -> float:
    """Median time from occurrence to the first report that the incident caused; unreported ones count to the end."""
    return _quantile(waits_h(log, "reported_s"), 0.5)


def p90_time_to_first_report(log: EventLog) -> float:
    """90th percentile of the time to the first report that the incident caused; unreported ones count to the end."""
    return _quantile(waits_h(log, "reported_s"), 0.9)


def share_of_incidents_never_reported(log: EventLog) -> float:
    """Incidents without any report of their own by the end of the run, of all that occurred; NaN if none did."""
    return float(incidents(log)["reported_s"].isna().mean())


def median_time_to_on_site(log: EventLog) -> float:
    """Median time from occurrence to the first crew on site; incidents never reached count to the end."""
    return _quantile(waits_h(log, "on_site_s"), 0.5)


def p90_time_to_on_site(log: EventLog) -> float:
    """90th percentile of the time to the first crew on site; incidents never reached count to the end."""
    return _quantile(waits_h(log, "on_site_s"), 0.9)


def median_time_to_located(log: EventLog) -> float:
    """Median time from occurrence to location by a crew; incidents never located count to the end."""
    return _quantile(waits_h(log, "located_s"), 0.5)


def p90_time_to_located(log: EventLog) -> float:
    """90th percentile of the time to location by a crew; incidents never located count to the end."""
    return _quantile(waits_h(log, "located_s"), 0.9)


def incidents_not_located_at_the_end(log: EventLog) -> float:
    """Incidents that no crew had located when the run ended."""
    return float(incidents(log)["located_s"].isna().sum())


def median_time_to_closure(log: EventLog) -> float:
    """Median time from occurrence to the final closure; open incidents count to the end."""
    return _quantile(waits_h(log, "closed_s"), 0.5)


def p90_time_to_closure(log: EventLog) -> float:
    """90th percentile of the time to the final closure; open incidents count to the end."""
    return _quantile(waits_h(log, "closed_s"), 0.9)


def incidents_open_at_the_end(log: EventLog) -> float:
    """Incidents that had occurred and were not closed when the run ended."""
    return float(incidents(log)["closed_s"].isna().sum())


def cases_open_at_the_end(log: EventLog) -> float:
    """Cases that were in the ledger and not closed when the run ended."""
    return float(cases_open(log).iloc[-1])


def share_of_trips_that_found_nothing(log: EventLog) -> float:
    """NOTHING_FOUND per arrival on site; NaN if no crew arrived anywhere."""
    trips = len(log.of(Kind.ON_SITE))
    return len(log.of(Kind.NOTHING_FOUND)) / trips if trips else math.nan


def crew_busy_fraction(log: EventLog) -> float:
    """Time busy (turning out, driving, on site, working) over time on shift, mean over crews; NaN without crews."""
    return float(crew_busy(log)["busy_fraction"].mean())


def _quantile(waits: pd.Series[float], q: float) -> float:
    return float(waits.quantile(q)) if len(waits) else math.nan


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """One vital sign: its unit, which direction is better (empty: neither), and the function of a log that gives it."""

    unit: str
    better: Literal["lower", "higher", ""]
    function: Callable[..., float]
    at_threshold: bool = False
    of_floods: bool = False

    @property
    def description(self) -> str:
        """One line on what it measures."""
        return (self.function.__doc__ or "").partition("\n")[0]

    def of(self, log: EventLog, threshold: float = THRESHOLD) -> float:
        """Its value for a log; the threshold is the share of demand below which one is without water."""
        return self.function(log, threshold) if self.at_threshold else self.function(log)


def _lower(function: Callable[..., float], unit: str, *, at_threshold: bool = False) -> Indicator:
    return Indicator(unit=unit, better="lower", function=function, at_threshold=at_threshold)


def _flood(function: Callable[..., float], unit: str, better: Literal["lower", ""] = "lower") -> Indicator:
    return Indicator(unit=unit, better=better, function=function, of_floods=True)


INDICATORS: Final[Mapping[str, Indicator]] = {
    "customer hours without water": _lower(customer_hours_without_water, "customer h", at_threshold=True),
    "people without water at worst": _lower(people_without_water_at_worst, "people", at_threshold=True),
    "resilience loss": _lower(resilience_loss, "customer h"),
    "undelivered volume": _lower(undelivered_volume, "m3"),
    "water service availability": Indicator(unit="share", better="higher", function=water_service_availability),
    "volume leaked": _lower(volume_leaked, "m3"),
    "median time to first report": _lower(median_time_to_first_report, "h"),
    "p90 time to first report": _lower(p90_time_to_first_report, "h"),
    "share of incidents never reported": _lower(share_of_incidents_never_reported, "share"),
    "median time to on site": _lower(median_time_to_on_site, "h"),
    "p90 time to on site": _lower(p90_time_to_on_site, "h"),
    "median time to located": _lower(median_time_to_located, "h"),
    "p90 time to located": _lower(p90_time_to_located, "h"),
    "incidents not located at the end": _lower(incidents_not_located_at_the_end, "incidents"),
    "median time to closure": _lower(median_time_to_closure, "h"),
    "p90 time to closure": _lower(p90_time_to_closure, "h"),
    "incidents open at the end": _lower(incidents_open_at_the_end, "incidents"),
    "cases open at the end": _lower(cases_open_at_the_end, "cases"),
    "share of trips that found nothing": _lower(share_of_trips_that_found_nothing, "share"),
    "crew busy fraction": Indicator(unit="share", better="", function=crew_busy_fraction),
    "street km hours above 5 cm": _flood(street_km_hours_above_5_cm, "km h"),
    "street km hours above 15 cm": _flood(street_km_hours_above_15_cm, "km h"),
    "street km hours above 30 cm": _flood(street_km_hours_above_30_cm, "km h"),
    "street km ever above 30 cm": _flood(street_km_ever_above_30_cm, "km"),
    "cars caught in water": _flood(cars_caught_in_water, "cars"),
    "cars caught in underpasses": _flood(cars_caught_in_underpasses, "cars"),
    "underpass closure hours": _flood(underpass_closure_hours, "h", ""),
    "needless closure hours": _flood(needless_closure_hours, "h"),
    "crews rerouted": _flood(crews_rerouted, "times"),
}


def vitals(log: EventLog, threshold: float = THRESHOLD) -> pd.DataFrame:
    """One row per indicator: indicator, value, unit, better (lower, higher or empty), description.

    Those of floods only where the log knows streets, which it does where it rains.

    threshold : the share of demand, 0 .. 1, below which a junction counts as without water; else ValueError.
    """
    if not 0.0 <= threshold <= 1.0:
        raise ValueError(f"threshold {threshold} is no share from 0 to 1")
    rows = [
        (name, indicator.of(log, threshold), indicator.unit, indicator.better, indicator.description)
        for name, indicator in INDICATORS.items()
        if not indicator.of_floods or knows_streets(log)
    ]
    return pd.DataFrame(rows, columns=["indicator", "value", "unit", "better", "description"])
