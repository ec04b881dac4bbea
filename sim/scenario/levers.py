"""What decides, as a scenario says it: a policy is a rule for each lever, or a class of the user's own."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, SerializerFunctionWrapHandler, model_serializer, model_validator

from sim.scenario import checks
from sim.scenario.model import Assumption, Model, Rule
from sim.scenario.quantities import PipeShare, PositiveDuration


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
