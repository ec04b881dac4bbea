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
    GetJsonSchemaHandler,
    PrivateAttr,
    SerializerFunctionWrapHandler,
    ValidationInfo,
    field_validator,
    model_serializer,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from sim.errors import Mistake
from sim.scenario import checks
from sim.scenario.model import Assumption, Model, Rule
from sim.scenario.positions import Source
from sim.scenario.quantities import (
    DURATION_PATTERN,
    CallRate,
    ClockTime,
    CountOf,
    DifferenceThatMatters,
    Duration,
    Hole,
    HoleSize,
    Length,
    NodeName,
    PerBurst,
    PerOutage,
    PipeName,
    PipeShare,
    PositiveDuration,
    Pressure,
    Share,
    SightingRate,
    Speed,
    WithoutWater,
)

Skill = Literal["isolate", "repair"]


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


class WaterSource(Model):
    """Where the water network comes from."""

    inp: Annotated[str, Field(min_length=1)]
    """An EPANET INP file: a path relative to the scenario, or ``wntr:NAME`` for an example inside an installed wntr."""
    demand_model: DemandModel = DemandModel()
    """Pressure-driven, since a burst lowers pressure and with it what customers get."""


class RoadSource(Model):
    """Where the streets come from."""

    along: Literal["water"] = "water"
    """Streets along the mains, for water models that come without roads: over every main, pump and closed pipe."""
    speed: Annotated[Speed, Assumption("20 km/h", "50 km/h")] = 30.0 / 3.6
    """Mean driving speed (assumption, 20 to 50 km/h)."""
    detour: Annotated[float, Field(ge=1.0, le=3.0), Assumption("1.1", "1.5")] = 1.3
    """Road length over main length (assumption, 1.1 to 1.5)."""


class Districts(Model):
    """How the city is divided."""

    by: Literal["nearest depot"] = "nearest depot"
    """Every place belongs to the depot from which it is reached soonest on the undisturbed roads."""


class CitySource(Model):
    """The networks of the city."""

    water: WaterSource
    """Mains, pumps and tanks."""
    roads: RoadSource = RoadSource()
    """Streets, on which crews drive."""
    districts: Districts = Districts()
    """Who is at home where."""


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
    weight_by: Literal["length", "number"] = "length"
    """A pipe's chance is proportional to its length, or equal."""
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
    bursts: Bursts
    """Mains that burst."""


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

    at: Annotated[tuple[NodeName, ...], Field(min_length=1), AfterValidator(checks.distinct)]
    """The junctions, plain or as ``node NAME``."""
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


class Lognormal(Model):
    """A lognormal duration."""

    median: PositiveDuration
    """Half of the durations are shorter."""
    sigma: Annotated[float, Field(ge=0, le=5)]
    """Standard deviation of the logarithm."""


class Exponential(Model):
    """An exponential duration."""

    mean: PositiveDuration
    """The mean."""


class Gamma(Model):
    """A gamma duration."""

    mean: PositiveDuration
    """The mean."""
    shape: Annotated[float, Field(gt=0, le=10_000)]
    """The shape: 1 is exponential, larger ones vary less."""


class Law(Model):
    """The law of a random duration: one of these, or a plain duration for a fixed one."""

    chooses_one: ClassVar[bool] = True
    lognormal: Lognormal | None = None
    """Skewed, with a long tail: what repairs look like."""
    exponential: Exponential | None = None
    """Memoryless."""
    gamma: Gamma | None = None
    """From exponential to almost fixed."""
    fixed: Duration | None = None
    """Always the same."""

    @model_validator(mode="before")
    @classmethod
    def _one_law(cls, value: Any) -> Any:
        return checks.one_law(value, tuple(cls.model_fields))

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """A mapping with one of the laws, or a plain duration."""
        mapping = {**handler.resolve_ref_schema(handler(core)), "maxProperties": 1}
        return {"anyOf": [{"type": "string", "pattern": DURATION_PATTERN, "examples": ["6 h"]}, mapping]}


class CrewGroup(Model):
    """Crews that share a depot and a shift."""

    depot: NodeName
    """The place they start from, ``node NAME`` of the water network."""
    count: Annotated[int, Field(ge=1, le=10_000)] = 1
    """How many crews."""
    shift: Annotated[tuple[ClockTime, ClockTime], AfterValidator(checks.shift)] | None = None
    """Daily hours of duty, such as ``[22:00, 06:00]``; without it they are always on duty. A crew finishes the job in
    hand. Inside, the end is later than the begin and at most 24 h later."""
    skills: Annotated[tuple[Skill, ...], Field(min_length=1), AfterValidator(checks.distinct)] | None = None
    """What these crews can do, where it differs from the department."""


class Department(Model):
    """One department and its crews."""

    crews: Annotated[tuple[CrewGroup, ...], Field(min_length=1)]
    """Its crews, by depot."""
    skills: Annotated[tuple[Skill, ...], Field(min_length=1), AfterValidator(checks.distinct)] = ("isolate", "repair")
    """What its crews can do."""
    turnout: Annotated[Law, Assumption("1 min", "15 min")] = Law(fixed=300.0)
    """From the order to wheels rolling, from the depot only (assumption, 1 to 15 min)."""
    locate: Annotated[Law, Assumption("15 min", "3 h")] = Law(lognormal=Lognormal(median=1800.0, sigma=0.5))
    """From arrival at a symptom to the burst found (assumption, 15 min to 3 h)."""
    search_within: Annotated[Length, Assumption("500 m", "5 km")] = 2000.0
    """How far along the mains from a reported place a crew searches (assumption, 0.5 to 5 km)."""
    give_up_after: Annotated[PositiveDuration, Assumption("1 h", "4 h")] = 7200.0
    """Search time after which a crew reports that it found nothing (assumption, 1 to 4 h)."""
    isolate: Law = Law(fixed=1800.0)
    """Time to shut the valves of a burst main: 15 min for each of two (Paez et al. 2020)."""
    repair: Annotated[Law, Assumption("3 h", "24 h")] = Law(lognormal=Lognormal(median=21600.0, sigma=0.5))
    """From the first digging to the main in service again (assumption, 3 to 24 h)."""


class Desk(Model):
    """The call desk."""

    clerks: Annotated[int, Field(ge=1, le=10_000)] = 2
    """How many calls can be taken at once."""
    registration: Annotated[Law, Assumption("2 min", "15 min")] = Law(lognormal=Lognormal(median=300.0, sigma=0.5))
    """Talking to the caller and registering (assumption, 2 to 15 min)."""
    triage: Law = Law(fixed=0.0)
    """From registration to the department's ledger."""
    merge_within: Annotated[Length, Assumption("200 m", "3 km")] = 1000.0
    """A report whose place lies within this distance along the mains of an open case joins it (assumption, 0.2 to
    3 km)."""


class Verification(Model):
    """How handled cases are checked before they are closed."""

    after: Annotated[Duration, Assumption("15 min", "24 h")] = 3600.0
    """From handled to verified (assumption, 15 min to 24 h)."""
    failed: Annotated[Share, Assumption("0 %", "30 %")] = 0.0
    """Share of repairs that turn out not to hold, upon which the case is reopened (assumption, 0 to 30 %)."""


class Organisation(Model):
    """Who answers: departments with their crews, and the desk between them and the citizens."""

    departments: Annotated[dict[Literal["water"], Department], Field(min_length=1)]
    """The departments by name."""
    desk: Desk = Desk()
    """Who takes the calls."""
    verification: Verification = Verification()
    """Who checks the work."""
    telemetry_every: Annotated[PositiveDuration, Assumption("1 min", "1 h")] = 900.0
    """How often tank levels and pump states reach the control room (assumption, 1 min to 1 h)."""


class Python(Model):
    """A rule of the user's own."""

    chooses_one: ClassVar[bool] = True
    python: Annotated[str, AfterValidator(checks.python_name)]
    """``FILE.py:NAME``, relative to the scenario, or the name of an installed entry point of the group
    ``cityops.policies``."""


class Saved(Model):
    """How the planner looks ahead."""

    look_ahead: Annotated[PositiveDuration, Assumption("6 h", "48 h")] = 86400.0
    """How far the believed network is simulated for each case, left alone and repaired (assumption, 6 to 48 h)."""
    assumed_leak: Annotated[PipeShare, Assumption("1 %", "100 %")] = 0.1
    """The hole that the planner assumes for an unseen burst, as a share of the pipe (assumption, 1 to 100 %)."""


class ByCustomerHours(Model):
    """Customer hours saved per crew hour, on the believed network."""

    chooses_one: ClassVar[bool] = True
    customer_hours_saved_per_crew_hour: Saved
    """Its parameters."""


class PolicySource(Model):
    """One policy: what decides at each lever, or a class of the user's own for all of them."""

    dispatch: Annotated[
        Literal["own district", "nearest by current travel time"] | Python, Rule("dispatch", (Python,))
    ] = "nearest by current travel time"
    """Which crews may be sent to a case, and which of them is."""
    order: Annotated[
        Literal["first reported", "largest diameter"] | ByCustomerHours | Python,
        Rule("order", (ByCustomerHours, Python)),
    ] = "first reported"
    """Which case comes first."""
    isolate: Annotated[Literal["always", "when it helps", "never"] | Python, Rule("isolate", (Python,))] = (
        "when it helps"
    )
    """Whether a burst main is shut off before it is repaired."""
    python: Annotated[str, AfterValidator(checks.python_name)] | None = None
    """A whole policy of the user's own: ``FILE.py:CLASS``; then no other lever may be given."""

    @model_validator(mode="after")
    def _no_other_lever(self) -> Self:
        checks.python_alone(self.python, self.model_fields_set)
        return self

    @model_serializer(mode="wrap")
    def _levers_or_python(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        written: dict[str, Any] = handler(self)
        return {"python": self.python} if self.python is not None else written


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
        return self

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
