"""The names a scenario may use, and where each lives: ``module:attribute`` strings that later stages resolve.

Nothing is imported here, so that the schema stays below what it names. A test resolves them all.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule of a policy: where it lives and what it does."""

    target: str
    does: str


@dataclass(frozen=True, slots=True)
class Indicator:
    """A vital sign: the function of ``sim.record`` that computes it, its unit, and which way is good.

    of_floods : it is known only where it rains
    """

    function: str
    unit: str
    better: Literal["lower", "higher", ""] = "lower"
    of_floods: bool = False

    @property
    def target(self) -> str:
        """Where it lives, for ``resolve``."""
        return f"sim.record.{'flood_vitals' if self.of_floods else 'vitals'}:{self.function}"


def _flood(function: str, unit: str, better: Literal["lower", ""] = "lower") -> Indicator:
    return Indicator(function, unit, better, of_floods=True)


RULES: Mapping[str, Mapping[str, Rule]] = MappingProxyType(
    {
        "dispatch": {
            "own district": Rule(
                target="sim.policies.dispatch:own_district", does="only crews of the district in which the case lies"
            ),
            "nearest by current travel time": Rule(
                target="sim.policies.dispatch:nearest", does="any idle crew, the one that arrives first"
            ),
        },
        "order": {
            "first reported": Rule(target="sim.policies.order:first_reported", does="the oldest case first"),
            "largest diameter": Rule(
                target="sim.policies.order:largest_diameter", does="the largest main near the report first"
            ),
            "customer hours saved per crew hour": Rule(
                target="sim.policies.order:customer_hours_saved",
                does="what a what-if on the believed network says is worth most for each hour of a crew",
            ),
        },
        "isolate": {
            "always": Rule(target="sim.policies.isolate:always", does="shut the burst main off before it is repaired"),
            "when it helps": Rule(
                target="sim.policies.isolate:when_it_helps",
                does="shut it off if fewer customer hours are lost that way",
            ),
            "never": Rule(target="sim.policies.isolate:never", does="repair under pressure"),
        },
        "close": {
            "never": Rule(target="sim.policies.close:never", does="leave underpasses open"),
            "by depth": Rule(target="sim.policies.close:by_depth", does="close once its gauge shows a depth"),
            "by rain": Rule(target="sim.policies.close:by_rain", does="close while it rains hard over it"),
            "by warning": Rule(target="sim.policies.close:by_warning", does="close while a warning is in force"),
        },
    }
)

INDICATORS: Mapping[str, Indicator] = MappingProxyType(
    {
        "customer hours without water": Indicator("customer_hours_without_water", "customer h"),
        "people without water at worst": Indicator("people_without_water_at_worst", "people"),
        "resilience loss": Indicator("resilience_loss", "customer h"),
        "undelivered volume": Indicator("undelivered_volume", "m3"),
        "water service availability": Indicator("water_service_availability", "share", "higher"),
        "volume leaked": Indicator("volume_leaked", "m3"),
        "median time to first report": Indicator("median_time_to_first_report", "h"),
        "p90 time to first report": Indicator("p90_time_to_first_report", "h"),
        "share of incidents never reported": Indicator("share_of_incidents_never_reported", "share"),
        "median time to on site": Indicator("median_time_to_on_site", "h"),
        "p90 time to on site": Indicator("p90_time_to_on_site", "h"),
        "median time to located": Indicator("median_time_to_located", "h"),
        "p90 time to located": Indicator("p90_time_to_located", "h"),
        "incidents not located at the end": Indicator("incidents_not_located_at_the_end", "incidents"),
        "median time to closure": Indicator("median_time_to_closure", "h"),
        "p90 time to closure": Indicator("p90_time_to_closure", "h"),
        "incidents open at the end": Indicator("incidents_open_at_the_end", "incidents"),
        "cases open at the end": Indicator("cases_open_at_the_end", "cases"),
        "share of trips that found nothing": Indicator("share_of_trips_that_found_nothing", "share"),
        "crew busy fraction": Indicator("crew_busy_fraction", "share", ""),
        "street km hours above 5 cm": _flood("street_km_hours_above_5_cm", "km h"),
        "street km hours above 15 cm": _flood("street_km_hours_above_15_cm", "km h"),
        "street km hours above 30 cm": _flood("street_km_hours_above_30_cm", "km h"),
        "street km ever above 30 cm": _flood("street_km_ever_above_30_cm", "km"),
        "cars caught in water": _flood("cars_caught_in_water", "cars"),
        "cars caught in underpasses": _flood("cars_caught_in_underpasses", "cars"),
        "underpass closure hours": _flood("underpass_closure_hours", "h", ""),
        "needless closure hours": _flood("needless_closure_hours", "h"),
        "crews rerouted": _flood("crews_rerouted", "times"),
    }
)


def resolve(target: str) -> Any:
    """The object that ``module:attribute`` names.

    Raises ImportError or AttributeError if there is none: a broken catalogue, not a user's mistake.
    """
    module, _, attribute = target.partition(":")
    return getattr(importlib.import_module(module), attribute)
