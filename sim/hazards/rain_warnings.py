"""Rainstorm warnings as dated facts: issued by a forecast that errs, at the latest when the rain has fallen."""

from __future__ import annotations

import math
from dataclasses import dataclass

from sim.draws import Draws
from sim.hazards.rain_fields import RainField
from sim.hazards.rain_sums import Fallen
from sim.scenario.rain import LEVELS, WarningLevel, Warnings
from sim.units import on_grid

MM = 1e3


@dataclass(frozen=True, slots=True, kw_only=True)
class RainWarning:
    """A warning that is issued: seconds since the start, ``blue`` to ``red``, the response that it calls for.

    passed_s : when the rain passes the threshold; infinity if it never does, and the warning is in vain
    """

    time_s: float
    level: str
    response: str | None
    passed_s: float

    @property
    def is_in_vain(self) -> bool:
        """Whether so much never falls."""
        return math.isinf(self.passed_s)

    @property
    def lead_s(self) -> float:
        """How long before the threshold is passed it is issued; infinity if it never is."""
        return self.passed_s - self.time_s


def warnings(rules: Warnings, field: RainField, draws: Draws, *, index: int = 0) -> tuple[RainWarning, ...]:
    """All warnings of a storm, by time; a level is issued only while none higher is.

    Forecast rain is the true rain times one lognormal factor. A level is issued the lead time before the forecast
    passes its threshold, or when the rain that fell does, whichever is first; never before time 0, when the clock
    starts. index : which storm of the scenario.
    """
    fallen = Fallen.in_the_mean(field) if rules.measured_by == "mean" else Fallen.in_places(field)
    factor = draws.lognormal("rain forecast", 0, index, median=1.0, sigma=rules.forecast_error)
    issued: list[RainWarning] = []
    for name in reversed(LEVELS):
        level: WarningLevel | None = getattr(rules.levels, name)
        if level is None:
            continue
        warning = _issued(name, level, fallen, begins_s=field.start_s, factor=factor, lead_s=rules.lead_time)
        if warning is not None and all(warning.time_s < higher.time_s for higher in issued):
            issued.append(warning)
    return tuple(reversed(issued))


def _issued(
    name: str, level: WarningLevel, fallen: Fallen, *, begins_s: float, factor: float, lead_s: float
) -> RainWarning | None:
    depth_mm = level.depth * MM
    passed = begins_s + fallen.passes_s(depth_mm, level.within)
    forecast = begins_s + fallen.passes_s(depth_mm / factor, level.within)
    first = max(min(forecast - lead_s, passed), 0.0)
    if math.isinf(first):
        return None
    return RainWarning(time_s=on_grid(first), level=name, response=level.response, passed_s=passed)
