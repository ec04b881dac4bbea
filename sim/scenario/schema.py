"""What a scenario may say: frozen models whose field docstrings are the documentation of the YAML.

In YAML the names are written with spaces (``demand model``), quantities carry their unit, and every unknown key is a
mistake. Inside, everything is SI. *Assumption* marks a default without a public source: it has a range and can be
swept.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    AfterValidator,
    Field,
    PrivateAttr,
    ValidationInfo,
    field_validator,
    model_validator,
)

from sim.errors import Mistake
from sim.scenario import checks
from sim.scenario.amounts import CountOf, DifferenceThatMatters, Hole, HoleSize
from sim.scenario.flooding import Flooding
from sim.scenario.levers import ByCustomerHours, PolicySource, Python, Saved
from sim.scenario.model import Assumption, Model
from sim.scenario.organisation import (
    CrewGroup,
    Department,
    Desk,
    Exponential,
    Gamma,
    Law,
    Lognormal,
    Organisation,
    Verification,
)
from sim.scenario.positions import Source
from sim.scenario.quantities import (
    CallRate,
    ClockTime,
    Duration,
    NodeNames,
    PerBurst,
    PerOutage,
    PipeName,
    PositiveDuration,
    Pressure,
    Share,
    SightingRate,
    Speed,
    WithoutWater,
)
from sim.scenario.rain import Rain
from sim.scenario.town import Town

__all__ = [
    "AlarmRule",
    "Bursts",
    "ByCustomerHours",
    "Calls",
    "CitySource",
    "Compare",
    "CrewGroup",
    "DemandModel",
    "Department",
    "Desk",
    "Districts",
    "Exponential",
    "Flooding",
    "Gamma",
    "Hazard",
    "Law",
    "Leak",
    "ListedBurst",
    "Lognormal",
    "Model",
    "Organisation",
    "People",
    "PolicySource",
    "PressureDriven",
    "PressureSensors",
    "Python",
    "Rain",
    "Replications",
    "RoadSource",
    "Saved",
    "Scenario",
    "Sensor",
    "Sightings",
    "TerrainSource",
    "Town",
    "Verification",
    "WaterSource",
]


class PressureDriven(Model):
    """Customers draw less where the pressure is low (Wagner et al. 1988)."""

    minimum: Pressure = 0.0
    """Pressure below which nothing flows."""
    required: Annotated[Pressure, Field(validate_default=True)] = 20.0
    """Pressure from which the full demand is met."""
    exponent: Annotated[float, Field(gt=0.0, le=2.0)] = 0.5
    """Exponent of the pressure-demand relation."""

    @field_validator("required")
    @classmethod
    def _above_minimum(cls, required: float, info: ValidationInfo) -> float:
        # EPANET asks for a tenth of a metre between them.
        return checks.at_least(required, info.data.get("minimum", 0.0), 0.1, "at least 0.1 m more than `minimum`")


class DemandModel(Model):
    """How demand follows pressure."""

    pressure_driven: PressureDriven = PressureDriven()
    """The relation between them."""


class WaterSource(Model):
    """Where the water network comes from."""

    inp: Annotated[str, Field(min_length=1)] | None = None
    """An EPANET INP file: a path relative to the scenario, or ``wntr:NAME`` for an example inside an installed wntr.
    In a made town it takes the place of the made mains."""
    demand_model: DemandModel = DemandModel()
    """Pressure-driven, since a burst lowers pressure and with it what customers get."""


class RoadSource(Model):
    """Where the streets come from."""

    along: Literal["water"] = "water"
    """Streets along the mains, for water models that come without roads: over every main, pump and closed pipe. A made
    town has streets of its own, to which nothing here but ``file`` applies."""
    file: Annotated[str, Field(min_length=1)] | None = None
    """Real streets for a made town, in place of made ones: GraphML, GeoJSON or a table of arcs (CSV)."""
    speed: Annotated[Speed, Assumption("20 km/h", "50 km/h")] = 30.0 / 3.6
    """Mean driving speed (assumption, 20 to 50 km/h)."""
    detour: Annotated[float, Field(ge=1.0, le=3.0), Assumption("1.1", "1.5")] = 1.3
    """Road length over main length (assumption, 1.1 to 1.5)."""


class TerrainSource(Model):
    """Where the heights of the ground come from."""

    file: Annotated[str, Field(min_length=1)]
    """A raster that covers the streets, in their coordinates: an ESRI ASCII grid, or a GeoTIFF."""


class Districts(Model):
    """How the city is divided."""

    by: Literal["nearest depot", "town"] = "nearest depot"
    """Every place belongs to the depot from which it is reached soonest on the undisturbed roads; or to its district of
    the made ``town``."""


class CitySource(Model):
    """The networks of the city: a made town, a water network from a file, or a town in which some layers are real."""

    synthetic: Town | None = None
    """A town made from a seed: streets, ground, mains, drains, people and assets that fit each other."""
    water: WaterSource = WaterSource()
    """Mains, pumps and tanks."""
    roads: RoadSource = RoadSource()
    """Streets, on which crews drive."""
    terrain: TerrainSource | None = None
    """Heights for a made town, in place of made ones."""
    districts: Districts = Districts()
    """Who is at home where."""

    @model_validator(mode="after")
    def _made_or_real(self) -> Self:
        checks.made_or_real(
            self.synthetic is not None,
            has_water=self.water.inp is not None,
            needs_town={
                ("roads", "file"): self.roads.file is not None,
                ("terrain",): self.terrain is not None,
                ("districts", "by"): self.districts.by == "town",
            },
        )
        return self


class Leak(Model):
    """How a burst leaks: by the orifice law with a discharge coefficient of 0.75."""

    area: HoleSize = Hole(share=0.1)
    """The hole, as an area (``50 cm2``) or as a share of the pipe's cross-section (``10 % of the pipe``)."""


class ListedBurst(Model):
    """One burst that is given."""

    pipe: PipeName
    """The name of the pipe, plain or as ``pipe NAME``."""
    at: ClockTime
    """When it bursts."""
    leak: Leak | None = None
    """Its hole, where it differs from the others."""


class Bursts(Model):
    """Bursting mains: drawn over the pipes (``count`` and ``between``), or ``listed``."""

    count: CountOf | None = None
    """How many: ``exactly 6``, or ``poisson 6`` for a mean of 6."""
    between: Annotated[Annotated[tuple[ClockTime, ClockTime], AfterValidator(checks.window)] | None, checks.ALWAYS] = (
        None
    )
    """The time in which they occur, evenly."""
    weight_by: Literal["length", "number", "break rate"] = "length"
    """A pipe's chance is proportional to its length, or equal, or to the breaks to expect from its material, age and
    length, which are known in a made town."""
    listed: Annotated[tuple[ListedBurst, ...], checks.ALWAYS] = ()
    """Bursts that are given, instead of drawn; each pipe at most once."""
    leak: Leak = Leak()
    """The hole of each."""

    @field_validator("between")
    @classmethod
    def _with_count(cls, between: Any, info: ValidationInfo) -> Any:
        return checks.count_with_between(between, info)

    @field_validator("listed")
    @classmethod
    def _listed_or_drawn(cls, listed: tuple[ListedBurst, ...], info: ValidationInfo) -> tuple[ListedBurst, ...]:
        checks.drawn_or_listed(listed, info)
        return checks.unique(listed, name=lambda burst: burst.pipe, key=("pipe",))


class Hazard(Model):
    """One hazard: a mapping with a single key, its kind."""

    chooses_one: ClassVar[bool] = True
    bursts: Bursts | None = None
    """Mains that burst."""
    rain: Rain | None = None
    """A storm over a made town."""

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        checks.one_kind(
            {name: getattr(self, name) for name in type(self).model_fields if name in self.model_fields_set}
        )
        return self


class Calls(Model):
    """How people without water call the city."""

    at_most: PerOutage = 3
    """How many households of a junction call in one outage at most."""
    after: Annotated[WithoutWater, Assumption("10 min", "2 h")] = 1800.0
    """How long people wait before the first of them calls (assumption, 10 min to 2 h)."""
    rate: Annotated[CallRate, Assumption("0.0005 per person and hour", "0.01 per person and hour")] = 0.002
    """Calls per person and hour while there is no water at all; in proportion to the shortfall (assumption, 0.0005 to
    0.01)."""


class Sightings(Model):
    """How passers-by report water that comes out of the street."""

    at_most: PerBurst = 2
    """How many report one burst at most."""
    after: Duration = 0.0
    """How long water takes to reach the surface."""
    rate: Annotated[SightingRate, Assumption("0 per hour and l/s", "0.1 per hour and l/s")] = 0.02
    """Reports per hour and litre per second of leak (assumption, 0 to 0.1); 0 for mains whose leaks never surface."""


class People(Model):
    """Who lives there, and how they tell the city."""

    litres_per_day: Annotated[float, Field(gt=0, le=10_000)] = 200.0
    """Consumption per person; the people at a junction are its base demand divided by this."""
    calls: Calls = Calls()
    """Calls of people without water."""
    sightings: Sightings = Sightings()
    """Reports of water in the street."""


class AlarmRule(Model):
    """When a reading becomes an alarm."""

    drop: Pressure
    """Pressure below what the undisturbed model expects at that time, in metres of water."""


class PressureSensors(Model):
    """Pressure loggers that alarm the control room."""

    at: NodeNames
    """The junctions, plain or as ``node NAME``; or ``by preset``, as many as the preset of a made town gives its
    inhabitants, spread over it."""
    alarm_when: AlarmRule
    """The limit beyond which a reading is an alarm."""
    every: PositiveDuration = 300.0
    """The sampling interval."""
    noise: Pressure = 0.0
    """Standard deviation of a reading, in metres of water."""
    samples: Annotated[int, Field(ge=1, le=1000)] = 1
    """How many readings in a row must be beyond the limit."""
    latency: Duration = 0.0
    """From the sample to the control room."""


class Sensor(Model):
    """One set of sensors: a mapping with a single key, its kind."""

    chooses_one: ClassVar[bool] = True
    pressure: PressureSensors
    """Pressure loggers."""


class Replications(Model):
    """How many replications: until the interval is narrow enough, within these bounds."""

    at_least: Annotated[int, Field(ge=2, le=1_000_000)] = 20
    """Run always, before the width is looked at."""
    at_most: Annotated[int, Field(ge=2, le=1_000_000, validate_default=True)] = 200
    """Run never more, however wide the interval."""

    @field_validator("at_most")
    @classmethod
    def _not_below_least(cls, at_most: int, info: ValidationInfo) -> int:
        return int(checks.at_least(at_most, info.data.get("at_least", 2), 0, "not less than `at least`"))


class Compare(Model):
    """The question in numbers, stated before the first run."""

    baseline: Annotated[str, AfterValidator(checks.policy)]
    """The policy that the others are compared with."""
    indicator: Annotated[str, AfterValidator(checks.indicator)] = "customer hours without water"
    """What decides: a vital sign that ``cityops list`` names."""
    difference_that_matters: DifferenceThatMatters | None = None
    """``10 %`` of the baseline's mean over the first 20 replications, or a quantity in the indicator's unit."""
    confidence: Annotated[Share, Field(ge=0.5, lt=1.0)] = 0.95
    """Of the intervals, and of the verdict."""
    replications: Replications = Replications()
    """How many runs of each policy."""


class Scenario(Model):
    """One question to the simulator."""

    question: Annotated[str, Field(min_length=1)]
    """What a planner wants to know, in one sentence."""
    seed: Annotated[int, Field(ge=0, lt=2**64)] = 1
    """What all chance comes from: the same seed, the same bytes."""
    city: CitySource
    """The networks."""
    start: Annotated[ClockTime, AfterValidator(checks.within_first_day)] = 0.0
    """Time of day at which the clock starts; other clock times are of the first day too (``30:00`` is 6:00 on the
    second)."""
    duration: PositiveDuration
    """Long enough to recover: what is open at the end is reported."""
    hazards: Annotated[tuple[Hazard, ...], Field(min_length=1)]
    """What happens to the city."""
    flood: Flooding = Flooding()
    """How water on the ground is followed, where it rains."""
    people: People = People()
    """Who lives there."""
    sensors: tuple[Sensor, ...] = ()
    """How the city learns of its state, besides people who call."""
    organisation: Organisation
    """Who answers."""
    policies: Annotated[dict[str, PolicySource], Field(min_length=1)]
    """The policies to compare, by name."""
    compare: Compare
    """What decides between them."""

    _source: Source = PrivateAttr(default_factory=Source)

    @field_validator("hazards")
    @classmethod
    def _in_time(cls, hazards: tuple[Hazard, ...], info: ValidationInfo) -> tuple[Hazard, ...]:
        return checks.in_time(hazards, info)

    @model_validator(mode="after")
    def _baseline_is_a_policy(self) -> Self:
        checks.policy_of(self.compare.baseline, tuple(self.policies), key=("compare", "baseline"))
        checks.seen(self.compare.indicator, it_rains=bool(self.storms), key=("compare", "indicator"))
        return self

    @property
    def bursts(self) -> tuple[tuple[int, Bursts], ...]:
        """The hazards that are bursts, each with its place in the list."""
        return tuple((i, hazard.bursts) for i, hazard in enumerate(self.hazards) if hazard.bursts is not None)

    @property
    def storms(self) -> tuple[tuple[int, Rain], ...]:
        """The hazards that are rain, each with its place in the list."""
        return tuple((i, hazard.rain) for i, hazard in enumerate(self.hazards) if hazard.rain is not None)

    @property
    def name(self) -> str:
        """The scenario's name: that of its file or, for a ``scenario.yaml``, of its folder."""
        return self._source.name

    @property
    def folder(self) -> Path:
        """The folder that the scenario's paths are relative to."""
        return self._source.folder

    def mistake(
        self,
        path: str | tuple[str | int, ...],
        what: str,
        *,
        found: str | None = None,
        accepted: str | None = None,
        nearest: str | None = None,
    ) -> Mistake:
        """A mistake at a value of this scenario, with the file, line and column where it was written.

        ``path`` is as in ``("city", "water", "inp")`` or ``"city.water.inp"``, with spaces or underscores; where the
        value is a default, its nearest written ancestor is the place.
        """
        return self._source.mistake(path, what, found=found, accepted=accepted, nearest=nearest)
