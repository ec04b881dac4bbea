"""Who answers, as a scenario says it: departments, crews, the desk, and how long their work takes."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from sim.scenario import checks
from sim.scenario.model import Assumption, Model
from sim.scenario.parsing import pattern_of
from sim.scenario.quantities import ClockTime, CrewCount, Duration, Length, NodeName, PositiveDuration, Share

Skill = Literal["isolate", "repair"]


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
        return {"anyOf": [{"type": "string", "pattern": f"^{pattern_of('duration')}$", "examples": ["6 h"]}, mapping]}


class CrewGroup(Model):
    """Crews that share a depot and a shift."""

    depot: NodeName
    """The place they start from: ``node NAME`` of the water network or, of a made town, ``depot 1``, or
    ``every depot``, over which they are then spread."""
    count: CrewCount = 1
    """How many crews: at the depot, or at every depot; or ``by preset``, as many in all as the preset of a made town
    gives its inhabitants: one at least and, where districts are by town, one at each of these depots."""
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
