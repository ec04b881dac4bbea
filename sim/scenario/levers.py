"""What decides, as a scenario says it: a policy is a rule for each lever, or a class of the user's own."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from sim.scenario import checks
from sim.scenario.model import Assumption, Model, Rule, spaced
from sim.scenario.parsing import InDimension, wrong
from sim.scenario.quantities import Duration, Length, PipeShare, PositiveDuration


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


class Depth(Model):
    """When the gauge in the underpass shows so much."""

    at: Annotated[Length, Field(gt=0.0, le=2.0)] = 0.27
    """The depth (27 cm: the line painted in Beijing's underpasses)."""
    sign_off: Annotated[Duration, Assumption("0 min", "30 min")] = 0.0
    """From the reading to the closing, where somebody has to agree (assumption, 0 to 30 min)."""


class RainRate(Model):
    """When it rains so hard over the underpass."""

    over: Annotated[float, InDimension(dimension="rain", example="40 mm/h", above=0.0)] = 40.0 / 3.6e6
    """The mean of the last ten minutes (Zhengzhou: the drains cope with 40 mm/h)."""
    sign_off: Annotated[Duration, Assumption("0 min", "30 min")] = 0.0
    """From the reading to the closing, where somebody has to agree (assumption, 0 to 30 min)."""


class WarningOf(Model):
    """When a warning of this level, or a higher one, is issued."""

    level: Literal["blue", "yellow", "orange", "red"] = "red"
    """The level."""
    sign_off: Annotated[Duration, Assumption("0 min", "30 min")] = 0.0
    """From the warning to the closing, where somebody has to agree (assumption, 0 to 30 min)."""


class Closing(Model):
    """What closes an underpass: a mapping with one of these."""

    chooses_one: ClassVar[bool] = True
    by_depth: Depth | None = None
    """The water in it."""
    by_rain: RainRate | None = None
    """The rain over it."""
    by_warning: WarningOf | None = None
    """A rainstorm warning for the town."""

    @model_validator(mode="after")
    def _one_rule(self) -> Self:
        rules = type(self).model_fields
        if sum(getattr(self, name) is not None for name in rules) != 1:
            raise wrong("is no rule", accepted=f"one of {', '.join(spaced(name) for name in rules)}")
        return self

    @property
    def sign_off(self) -> float:
        """From what calls for the closing to the closing, s."""
        return next(one.sign_off for one in (self.by_depth, self.by_rain, self.by_warning) if one is not None)


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
    close: Annotated[Literal["never"] | Closing | Python, Rule("close", (Closing, Python))] = "never"
    """When an underpass is closed to traffic; it opens again once what closed it is over, and its water gone."""
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
