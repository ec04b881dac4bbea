"""Rain in a scenario: which storm, how it lies over the town, and how it is warned of.

A storm is a course of the areal mean (a design storm, or what a gauge measured); over the town it is spread by moving
cells, so that single places get several times the mean. *Assumption* as in ``schema``.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from sim.scenario import checks
from sim.scenario.model import Assumption, Model, spaced
from sim.scenario.parsing import InDimension, InWords, wrong
from sim.scenario.quantities import ClockTime, Duration, Length, PositiveDuration, Share

Depth = Annotated[float, InDimension(dimension="length", example="60 mm", above=0.0, at_most=5.0)]
"""Metres of water, more than 0 and at most 5 m."""
Intensity = Annotated[float, InDimension(dimension="rain", example="40 mm/h", above=0.0)]
"""Metres per second, more than 0."""
ReturnPeriod = Annotated[
    float, InWords(example="50 years", pattern="years?", above=0.0), Field(ge=0.25, le=200.0, allow_inf_nan=False)
]
"""Years; formulas of storm intensity are fitted for 0.25 to 200."""
CellRate = Annotated[
    float, InWords(example="3 per 100 km2 and hour", pattern="per 100 km2 and hour", above=0.0), Field(le=1000.0)
]
"""Rain cells per 100 square kilometres and hour, more than 0."""
Travel = Annotated[float, InDimension(dimension="speed", example="15 km/h", at_most=50.0)]
"""Metres per second, not negative."""

LEVELS = ("blue", "yellow", "orange", "red")
"""The warnings, from the least to the most serious."""


class StormFormula(Model):
    """A city's formula of storm intensity, q = A (1 + C lg P) / (t + b)^n, in the form that GB 50014 asks for."""

    a: Annotated[float, Field(gt=0.0, le=1e6)]
    """A, in litres per second and hectare, with t in minutes."""
    c: Annotated[float, Field(ge=0.0, le=5.0)]
    """C, how it grows with the logarithm of the return period P in years."""
    b: Annotated[float, Field(gt=0.0, le=200.0)]
    """b, in minutes."""
    n: Annotated[float, Field(gt=0.0, lt=1.0)]
    """n, the exponent."""


class Chicago(Model):
    """The Chicago storm (Keifer and Chu 1957): each duration around its peak has the intensity of the formula."""

    city: Literal["Beijing", "Guangzhou", "Nanning", "Haikou"] | None = None
    """Whose formula of storm intensity; all four come from a secondary source."""
    formula: Annotated[StormFormula | None, checks.ALWAYS] = None
    """A formula of one's own, in place of that of a ``city``."""
    return_period: ReturnPeriod
    """How seldom such a storm comes."""
    duration: Annotated[PositiveDuration, Field(le=172_800.0)] = 7200.0
    """How long it lasts, at most 2 days."""
    peak_at: Annotated[Share, Assumption("20 %", "60 %")] = 0.4
    """Share of the storm before its peak (assumption, 20 to 60 %; design manuals take about 40 %)."""

    @field_validator("formula")
    @classmethod
    def _one_formula(cls, formula: Any, info: ValidationInfo) -> Any:
        if "city" in info.data and (formula is None) == (info.data["city"] is None):
            what = "has neither `city` nor `formula`" if formula is None else "has `city` and `formula`"
            raise wrong(what, accepted="a `city` whose formula is known, or a `formula`", key="formula")
        return formula


class Scs(Model):
    """A storm of 24 hours by a dimensionless course of the U.S. Soil Conservation Service (TR-55, appendix B)."""

    type: Literal["I", "IA", "II", "III"] = "II"
    """I and IA are mild and come from the Pacific, II is short and intense, III comes with tropical storms."""
    depth: Depth
    """How much falls in the 24 hours."""


class Block(Model):
    """Even rain: as much in every minute."""

    depth: Depth | None = None
    """How much falls in all."""
    intensity: Annotated[Intensity | None, checks.ALWAYS] = None
    """How hard it rains, instead of ``depth``."""
    duration: PositiveDuration | None = None
    """How long it rains."""
    until: Annotated[ClockTime | None, checks.ALWAYS] = None
    """When it ends, instead of ``duration``."""

    @field_validator("intensity", "until")
    @classmethod
    def _one_of_two(cls, value: Any, info: ValidationInfo) -> Any:
        other = {"intensity": "depth", "until": "duration"}[str(info.field_name)]
        if other in info.data and (value is None) == (info.data[other] is None):
            name = str(info.field_name)
            what = f"has neither `{other}` nor `{name}`" if value is None else f"has `{other}` and `{name}`"
            raise wrong(what, accepted="one of them", key=name)
        return value


class Measured(Model):
    """What a gauge measured, from a CSV table with a line of column names; its first row is at ``begins``."""

    file: Annotated[str, Field(min_length=1)]
    """The table: a path relative to the scenario."""
    time: Annotated[str, Field(min_length=1)] = "time"
    """The column of times, which must rise by a constant interval."""
    times_in: Literal["date and time", "clock time", "s", "min", "h"] = "date and time"
    """How times are written: ``2021-07-20 16:05``, ``16:05`` (``24:05`` is on the next day), or plain numbers."""
    rain: Annotated[str, Field(min_length=1)] = "rain"
    """The column of the rain."""
    rain_in: Literal["mm", "mm/h"] = "mm"
    """Whether its numbers are millimetres in each interval, or millimetres per hour."""
    gaps: Literal["refused", "dry"] = "refused"
    """What intervals without a row mean: a mistake, or no rain (tables that hold only what fell)."""


class Storm(Model):
    """The course of the mean rain over the town: a mapping with one of these."""

    chooses_one: ClassVar[bool] = True
    chicago: Chicago | None = None
    """A design storm by a formula of intensity."""
    scs: Scs | None = None
    """A design storm of 24 hours by a standard course."""
    block: Block | None = None
    """Even rain."""
    measured: Measured | None = None
    """A measured storm."""

    @model_validator(mode="after")
    def _one_storm(self) -> Self:
        given = [name for name in type(self).model_fields if getattr(self, name) is not None]
        if len(given) != 1:
            what = "has several storms" if given else "has no storm"
            raise wrong(what, accepted=f"one of {', '.join(type(self).model_fields)}")
        return self


class Cells(Model):
    """Rain cells that are born at random in space and time, drift and die (Cox and Isham 1988; Willems 2001).

    Their shape is Gaussian, their peak exponentially distributed; together with even rain they are scaled so that at
    every moment the mean over the built-up ground is that of the storm.
    """

    rate: Annotated[CellRate, Assumption("1 per 100 km2 and hour", "20 per 100 km2 and hour")] = 3.0
    """How many are born (assumption, 1 to 20 per 100 km2 and hour)."""
    radius: Annotated[Length, Field(ge=200.0, le=50_000.0), Assumption("1 km", "5 km")] = 2000.0
    """Median distance from a cell's middle at which its rain has fallen to 61 %, the standard deviation of its shape
    (assumption, 1 to 5 km: rain cells cover 10 to 30 km2, Austin and Houze 1972)."""
    radius_spread: Annotated[float, Field(ge=0.0, le=1.0), Assumption("0", "0.6")] = 0.3
    """Standard deviation of the logarithm of the radius (assumption, 0 to 0.6)."""
    lifetime: Annotated[PositiveDuration, Field(ge=60.0, le=86_400.0), Assumption("20 min", "2 h")] = 2400.0
    """Mean time from birth to death; exponentially distributed, cut at four times this (assumption, 20 min to 2 h)."""
    speed: Annotated[Travel, Assumption("0 km/h", "60 km/h")] = 15.0 / 3.6
    """How fast all of them drift (assumption, 0 to 60 km/h; 0 stays over the same place)."""
    towards: Literal["any", "N", "NE", "E", "SE", "S", "SW", "W", "NW"] = "any"
    """Where they drift to; ``any`` draws it for each replication."""
    even_rain: Annotated[Share, Field(ge=0.01), Assumption("5 %", "50 %")] = 0.2
    """Share of the rain to expect that falls evenly, between and below the cells (assumption, 5 to 50 %)."""
    grid: Annotated[Length, Field(ge=50.0, le=5000.0)] = 250.0
    """Side of the squares in which the rain is the same."""


class WarningLevel(Model):
    """One level of warning: issued when so much rain is to expect within so long."""

    depth: Depth
    """How much rain."""
    within: Annotated[PositiveDuration, Field(ge=300.0, le=172_800.0)]
    """In any period of this length."""
    response: Literal["I", "II", "III", "IV"] | None = None
    """The level of response that it calls for, I the highest; without it, none."""


class WarningLevels(Model):
    """The four rainstorm warnings of the China Meteorological Administration, each of which may be set or left out."""

    blue: WarningLevel | None = WarningLevel(depth=0.05, within=43_200.0, response="IV")
    """50 mm in 12 h."""
    yellow: WarningLevel | None = WarningLevel(depth=0.05, within=21_600.0, response="III")
    """50 mm in 6 h."""
    orange: WarningLevel | None = WarningLevel(depth=0.05, within=10_800.0, response="II")
    """50 mm in 3 h."""
    red: WarningLevel | None = WarningLevel(depth=0.1, within=10_800.0, response="I")
    """100 mm in 3 h."""


class Warnings(Model):
    """How the weather service warns: from a forecast that errs, at the latest when the rain has fallen."""

    levels: WarningLevels = WarningLevels()
    """When each level is issued."""
    measured_by: Literal["wettest place", "mean"] = "wettest place"
    """Whether one place with so much rain is enough, as for the official warnings, or the mean over the town counts."""
    lead_time: Annotated[Duration, Assumption("0 h", "3 h")] = 3600.0
    """How long before the threshold is passed, by the forecast, the warning is issued (assumption, 0 to 3 h)."""
    forecast_error: Annotated[float, Field(ge=0.0, le=2.0), Assumption("0", "0.8")] = 0.3
    """Standard deviation of the logarithm of the rain forecast over the rain that falls, drawn once for each storm
    (assumption, 0 to 0.8; 0 knows all). A forecast too high warns early or in vain, one too low when it is late."""


class Rain(Model):
    """A storm over the town, known before the clock starts."""

    begins: ClockTime
    """When the first drop falls."""
    storm: Storm
    """The course of the mean rain."""
    storm_is: Literal["mean", "wettest place"] = "mean"
    """Where the storm falls as it is written: on the mean of the built-up ground, where single places get several times
    as much; or at the place with the most rain of all, where the mean is less. Formulas of intensity are fitted to
    single gauges, which speaks for the latter in a large town."""
    climate_factor: Annotated[float, Field(ge=0.1, le=10.0)] = 1.0
    """Multiplies all of it, such as 1.2 for a warmer climate: about 7 % more water in the air per kelvin."""
    spread: Literal["moving cells", "even"] = "moving cells"
    """How it lies over the town: in cells that move, or everywhere the same."""
    cells: Cells = Cells()
    """The cells."""
    step: Annotated[PositiveDuration, Field(ge=1.0, le=3600.0)] = 60.0
    """The time in which the rain does not change; the last of a storm may be cut."""
    warnings: Warnings | None = Warnings()
    """How it is warned of; ``null`` for not at all."""

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        until = None if self.storm.block is None else self.storm.block.until
        if until is not None and until <= self.begins:
            accepted = "a time after `begins` ('30:00' is 6:00 on the second day)"
            error = wrong("ends before it begins", accepted=accepted)
            checks.several([(("storm", "block", spaced("until")), error)])
        return self
