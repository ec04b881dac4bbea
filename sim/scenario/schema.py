"""What a scenario may say: frozen models whose field docstrings are the documentation of the YAML.

In YAML the names are written with spaces (``demand model``), quantities carry their unit, and every unknown key is a
mistake. Inside, everything is SI. *Assumption* marks a default without a public source: it has a range and can be
swept.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from sim.scenario.quantities import (
    Area,
    ClockTime,
    Count,
    Duration,
    Length,
    LengthOrShare,
    PerOutage,
    Share,
    Speed,
    VolumePerDay,
    WithoutWater,
)


def spaced(name: str) -> str:
    """The YAML spelling of a field's name."""
    return name.replace("_", " ")


class Model(BaseModel):
    """What all parts of a scenario share: frozen, strict, no unknown keys, names with spaces."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, alias_generator=spaced, use_attribute_docstrings=True
    )


class PressureDriven(Model):
    """Customers draw less where the pressure is low (Wagner et al. 1988)."""

    minimum: Length = 0.0
    """Pressure below which nothing flows."""
    required: Length = 20.0
    """Pressure from which the full demand is met."""
    exponent: float = 0.5
    """Exponent of the pressure-demand relation."""


class DemandModel(Model):
    """How demand follows pressure."""

    pressure_driven: PressureDriven = PressureDriven()


class WaterSource(Model):
    """Where the water network comes from."""

    inp: str
    """An EPANET INP file: a path relative to the scenario, or ``wntr:NAME`` for an example inside an installed wntr."""
    demand_model: DemandModel = DemandModel()
    """Pressure-driven, since a burst lowers pressure and with it what customers get."""


class RoadSource(Model):
    """Where the streets come from."""

    along: Literal["water"] = "water"
    """Streets along the mains, for water models that come without roads: over every main, pump and closed pipe."""
    speed: Speed = 30.0 / 3.6
    """Mean driving speed (assumption, 20 to 50 km/h)."""
    detour: Annotated[float, Field(ge=1.0, le=3.0)] = 1.3
    """Road length over main length (assumption, 1.1 to 1.5)."""


class Districts(Model):
    """How the city is divided."""

    by: Literal["nearest depot"] = "nearest depot"
    """Every place belongs to the depot from which it is reached soonest on the undisturbed roads."""


class CitySource(Model):
    """The networks of the city."""

    water: WaterSource
    roads: RoadSource = RoadSource()
    districts: Districts = Districts()


class Leak(Model):
    """How a burst leaks: by the orifice law with a discharge coefficient of 0.75."""

    area: Area | Share = 0.1
    """The hole, as an area (``50 cm2``) or as a share of the pipe's cross-section (``10 % of the pipe``)."""


class ListedBurst(Model):
    """One burst that is given."""

    pipe: str
    """The name of the pipe, plain or as ``pipe NAME``."""
    at: ClockTime
    """When it bursts."""
    leak: Leak | None = None
    """Its hole, where it differs from the others."""


class Bursts(Model):
    """Bursting mains: drawn over the pipes, or listed."""

    count: Count | None = None
    """How many: ``exactly 6``, or ``poisson 6`` for a mean of 6."""
    between: tuple[ClockTime, ClockTime] | None = None
    """The time in which they occur, evenly."""
    weight_by: Literal["length", "number"] = "length"
    """A pipe's chance is proportional to its length, or equal."""
    listed: tuple[ListedBurst, ...] = ()
    """Bursts that are given, instead of drawn."""
    leak: Leak = Leak()
    """The hole of each."""


class Hazard(Model):
    """One hazard: a mapping with a single key, its kind."""

    bursts: Bursts


class Calls(Model):
    """How people without water call the city."""

    at_most: PerOutage = 3
    """How many households of a junction call in one outage at most."""
    after: WithoutWater = 1800.0
    """How long people wait before the first of them calls (assumption, 10 min to 2 h)."""
    rate: Annotated[float, Field(gt=0)] = 0.002
    """Calls per person and hour while there is no water at all; in proportion to the shortfall (assumption)."""


class Sightings(Model):
    """How passers-by report water that comes out of the street."""

    at_most: PerOutage = 2
    """How many report one burst at most."""
    after: Duration = 0.0
    """How long water takes to reach the surface."""
    rate: Annotated[float, Field(ge=0)] = 0.02
    """Reports per hour and litre per second of leak (assumption); 0 for mains whose leaks never surface."""


class People(Model):
    """Who lives there, and how they tell the city."""

    litres_per_day: Annotated[float, Field(gt=0)] = 200.0
    """Consumption per person; the people at a junction are its base demand divided by this."""
    calls: Calls = Calls()
    sightings: Sightings = Sightings()


class AlarmRule(Model):
    """When a reading becomes an alarm."""

    drop: Length
    """Pressure below what the undisturbed model expects at that time, in metres of water."""


class PressureSensors(Model):
    """Pressure loggers that alarm the control room."""

    at: tuple[str, ...]
    """The junctions, plain or as ``node NAME``."""
    alarm_when: AlarmRule
    every: Duration = 300.0
    """The sampling interval."""
    noise: Length = 0.0
    """Standard deviation of a reading, in metres."""
    samples: Annotated[int, Field(ge=1)] = 1
    """How many readings in a row must be beyond the limit."""
    latency: Duration = 0.0
    """From the sample to the control room."""


class Sensor(Model):
    """One set of sensors: a mapping with a single key, its kind."""

    pressure: PressureSensors


class Lognormal(Model):
    median: Duration
    sigma: Annotated[float, Field(ge=0)]
    """Standard deviation of the logarithm."""


class Exponential(Model):
    mean: Duration


class Gamma(Model):
    mean: Duration
    shape: Annotated[float, Field(gt=0)]


class Law(Model):
    """The law of a random duration: one of these, or a plain duration for a fixed one."""

    lognormal: Lognormal | None = None
    exponential: Exponential | None = None
    gamma: Gamma | None = None
    fixed: Duration | None = None


class CrewGroup(Model):
    """Crews that share a depot and a shift."""

    depot: str
    """The place they start from, ``node NAME`` of the water network."""
    count: Annotated[int, Field(ge=1)] = 1
    shift: tuple[ClockTime, ClockTime] | None = None
    """Daily hours of duty; without it they are always on duty. A crew finishes the job in hand."""
    skills: tuple[str, ...] | None = None
    """What these crews can do, where it differs from the department."""


class Department(Model):
    """One department and its crews."""

    crews: tuple[CrewGroup, ...]
    skills: tuple[Literal["isolate", "repair"], ...] = ("isolate", "repair")
    turnout: Law = Law(fixed=300.0)
    """From the order to wheels rolling, from the depot only (assumption, 1 to 15 min)."""
    locate: Law = Law(lognormal=Lognormal(median=1800.0, sigma=0.5))
    """From arrival at a symptom to the burst found (assumption, 15 min to 3 h)."""
    search_within: Length = 2000.0
    """How far along the mains from a reported place a crew searches (assumption, 0.5 to 5 km)."""
    give_up_after: Duration = 7200.0
    """Search time after which a crew reports that it found nothing (assumption, 1 to 4 h)."""
    isolate: Law = Law(fixed=1800.0)
    """Time to shut the valves of a burst main: 15 min for each of two (Paez et al. 2020)."""
    repair: Law = Law(lognormal=Lognormal(median=21600.0, sigma=0.5))


class Desk(Model):
    """The call desk."""

    clerks: Annotated[int, Field(ge=1)] = 2
    registration: Law = Law(lognormal=Lognormal(median=300.0, sigma=0.5))
    """Talking to the caller and registering (assumption, 2 to 15 min)."""
    triage: Law = Law(fixed=0.0)
    """From registration to the department's ledger."""
    merge_within: Length = 1000.0
    """A report whose place lies within this distance along the mains of an open case joins it (assumption)."""


class Verification(Model):
    """How handled cases are checked before they are closed."""

    after: Duration = 3600.0
    """From handled to verified (assumption, 15 min to 24 h)."""
    failed: Share = 0.0
    """Share of repairs that turn out not to hold, upon which the case is reopened."""


class Organisation(Model):
    departments: dict[Literal["water"], Department]
    desk: Desk = Desk()
    verification: Verification = Verification()
    telemetry_every: Duration = 900.0
    """How often tank levels and pump states reach the control room."""


class Python(Model):
    """A rule of the user's own."""

    python: str
    """``FILE.py:NAME``, relative to the scenario, or the name of an installed entry point in group ``cityops.policies``."""


class Saved(Model):
    look_ahead: Duration = 86400.0
    """How far the believed network is simulated for each case, left alone and repaired."""
    assumed_leak: Share = 0.1
    """The hole that the planner assumes for a burst it has not seen, as a share of the pipe (assumption, 1 to 100 %)."""


class ByCustomerHours(Model):
    """Customer hours saved per crew hour, on the believed network."""

    customer_hours_saved_per_crew_hour: Saved


class PolicySource(Model):
    """One policy: what decides at each lever, or a class of the user's own for all of them."""

    dispatch: Literal["own district", "nearest by current travel time"] | Python = "nearest by current travel time"
    order: Literal["first reported", "largest diameter"] | ByCustomerHours | Python = "first reported"
    isolate: Literal["always", "when it helps", "never"] | Python = "when it helps"
    python: str | None = None
    """A whole policy of the user's own: ``FILE.py:CLASS``; then no other lever may be given."""


class Replications(Model):
    at_least: Annotated[int, Field(ge=2)] = 20
    at_most: Annotated[int, Field(ge=2)] = 200


class Compare(Model):
    """The question in numbers, stated before the first run."""

    baseline: str
    indicator: str = "customer hours without water"
    difference_that_matters: Any = None
    """``10 %`` of the baseline's mean over the first 20 replications, or a plain number in the indicator's unit."""
    confidence: Share = 0.95
    replications: Replications = Replications()


class Scenario(Model):
    """One question to the simulator."""

    question: str
    seed: Annotated[int, Field(ge=0, lt=2**64)] = 1
    city: CitySource
    start: ClockTime = 0.0
    """Time of day at which the clock starts; other clock times are of the first day (``30:00`` is 6:00 on the second)."""
    duration: Duration
    """Long enough to recover: what is open at the end is reported."""
    hazards: tuple[Hazard, ...]
    people: People = People()
    sensors: tuple[Sensor, ...] = ()
    organisation: Organisation
    policies: dict[str, PolicySource]
    compare: Compare

    name: str = Field(default="scenario", exclude=True)
    folder: Path = Field(default=Path(), exclude=True)
