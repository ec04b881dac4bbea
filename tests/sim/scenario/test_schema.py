"""What the schema reads: each kind of value, its defaults, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from sim.errors import Mistake
from sim.scenario.amounts import Count, Difference, Hole
from sim.scenario.loading import load
from sim.scenario.model import Assumption, Model
from sim.scenario.schema import (
    Bursts,
    ByCustomerHours,
    Calls,
    Compare,
    CrewGroup,
    Department,
    Law,
    Leak,
    ListedBurst,
    Lognormal,
    PolicySource,
    PressureDriven,
    Python,
    Saved,
    Scenario,
    Verification,
)

Write = Callable[..., Path]
Mistakes = Callable[..., list[Mistake]]
Changed = Callable[[str, str], Path]

CREW = {"depot": "J1"}
TENTH = Difference(True, 0.1)
SHORT = ByCustomerHours(customer_hours_saved_per_crew_hour=Saved(look_ahead=21600.0))
LONG = ByCustomerHours(customer_hours_saved_per_crew_hour=Saved())
ORDER = "customer hours saved per crew hour"

READ: list[tuple[type[Model], dict[str, Any], str, Any]] = [
    (Bursts, {"count": "exactly 6", "between": ("05:00", "09:00")}, "count", Count("exactly", 6.0)),
    (Bursts, {"count": 6, "between": ("05:00", "09:00")}, "count", Count("exactly", 6.0)),
    (Bursts, {"count": "poisson 2.5", "between": ("05:00", "09:00")}, "count", Count("poisson", 2.5)),
    (Bursts, {"count": "exactly 1", "between": ("23:00", "25:30")}, "between", (82800.0, 91800.0)),
    (Bursts, {"count": Count("poisson", 2.0), "between": (0.0, 60.0)}, "count", Count("poisson", 2.0)),
    (ListedBurst, {"pipe": "pipe 12", "at": "08:00"}, "pipe", "12"),
    (ListedBurst, {"pipe": 12, "at": "08:00"}, "pipe", "12"),
    (Leak, {"area": "50 cm2"}, "area", Hole(m2=0.005)),
    (Leak, {"area": "10 % of the pipe"}, "area", Hole(share=0.1)),
    (Leak, {"area": "10 %"}, "area", Hole(share=0.1)),
    (Leak, {"area": Hole(m2=0.01)}, "area", Hole(m2=0.01)),
    (Compare, {"baseline": "a", "difference that matters": TENTH}, "difference_that_matters", TENTH),
    (Calls, {"at most": "3 per junction and outage"}, "at_most", 3),
    (Calls, {"at most": 0}, "at_most", 0),
    (Calls, {"after": "45 min without water"}, "after", 2700.0),
    (Calls, {"after": "45 min"}, "after", 2700.0),
    (Calls, {"rate": "0.01 per person and hour"}, "rate", 0.01),
    (Verification, {"failed": "5 %"}, "failed", 0.05),
    (CrewGroup, {**CREW, "shift": ("06:00", "14:00")}, "shift", (21600.0, 50400.0)),
    (CrewGroup, {**CREW, "shift": ("22:00", "06:00")}, "shift", (79200.0, 108000.0)),
    (CrewGroup, {**CREW, "shift": ("22:00", "30:00")}, "shift", (79200.0, 108000.0)),
    (CrewGroup, {**CREW, "shift": ("06:00", "06:00")}, "shift", (21600.0, 108000.0)),
    (CrewGroup, {"depot": "  node   J1 "}, "depot", "J1"),
    (CrewGroup, {"depot": "node"}, "depot", "node"),
    (Department, {"crews": (CREW,), "repair": "6 h"}, "repair", Law(fixed=21600.0)),
    (Department, {"crews": (CREW,), "repair": {"fixed": "6 h"}}, "repair", Law(fixed=21600.0)),
    (PolicySource, {"order": ORDER}, "order", LONG),
    (PolicySource, {"order": SHORT}, "order", SHORT),
    (PolicySource, {"order": {ORDER: {"look ahead": "6 h"}}}, "order", SHORT),
    (PolicySource, {"dispatch": {"python": "rules.py:closest"}}, "dispatch", Python(python="rules.py:closest")),
    (PolicySource, {"python": "an installed one"}, "python", "an installed one"),
]  # fmt: skip


@pytest.mark.parametrize("model, written, name, value", READ)
def test_a_value_is_read(model: type[Model], written: dict[str, Any], name: str, value: Any) -> None:
    assert getattr(model.model_validate(written), name) == value


BURST = {"pipe": "1", "at": "08:00"}
REFUSED: list[tuple[type[Model], dict[str, Any], str]] = [
    (Bursts, {"count": "exactly 2.5", "between": ("05:00", "09:00")}, "out of bounds"),
    (Bursts, {"count": "exactly 0", "between": ("05:00", "09:00")}, "out of bounds"),
    (Bursts, {"count": "about 6", "between": ("05:00", "09:00")}, "begins with 'about'"),
    (Bursts, {"count": True, "between": ("05:00", "09:00")}, "not a count"),
    (Bursts, {"listed": (BURST,), "count": 1, "between": ("05:00", "09:00")}, "has `count` and `listed`"),
    (Bursts, {"listed": (BURST, {"pipe": "pipe 1", "at": "09:00"})}, "listed twice"),
    (ListedBurst, {"pipe": "", "at": "08:00"}, "is empty"),
    (ListedBurst, {"pipe": "1", "at": True}, "not a clock time"),
    (Leak, {"area": "0 cm2"}, "out of bounds"),
    (Leak, {"area": "120 % of the pipe"}, "out of bounds"),
    (Leak, {"area": 0.1}, "not a hole"),
    (Calls, {"at most": "3 per house"}, "not understood"),
    (Calls, {"at most": 2.5}, "out of bounds"),
    (Calls, {"at most": -1}, "out of bounds"),
    (Calls, {"rate": "0 per person and hour"}, "out of bounds"),
    (Calls, {"rate": True}, "no unit"),
    (Verification, {"failed": "101 %"}, "out of bounds"),
    (Verification, {"after": float("inf")}, "not finite"),
    (CrewGroup, {**CREW, "shift": ("25:00", "26:00")}, "not a daily shift"),
    (CrewGroup, {**CREW, "skills": ("repair", "repair")}, "listed twice"),
    (Department, {"crews": (CREW,), "repair": {}}, "is empty"),
    (Department, {"crews": (CREW,), "repair": {"fixed": "6 h", "gamma": {}}}, "several keys"),
    (Department, {"crews": (CREW,), "repair": 6}, "not a law"),
    (PressureDriven, {"minimum": "20 m"}, "is too small"),
    (PolicySource, {"dispatch": {"own district": {}}}, "takes no parameters"),
    (PolicySource, {"dispatch": {"python": "rules.py"}}, "not a rule in Python"),
    (PolicySource, {"dispatch": {"python": "rules.py:not a name"}}, "not a rule in Python"),
    (PolicySource, {"dispatch": {}}, "not a rule"),
    (PolicySource, {"python": "rules.py:All", "isolate": "never"}, "`isolate` stands beside `python`"),
]  # fmt: skip


@pytest.mark.parametrize("model, written, told", REFUSED)
def test_a_wrong_value_is_refused(model: type[Model], written: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError) as caught:
        model.model_validate(written)
    assert [told in error["msg"] for error in caught.value.errors()] == [True], caught.value


def test_numbers_are_si_from_python_and_need_a_unit_in_a_file(changed: Changed, mistakes: Mistakes) -> None:
    assert Lognormal(median=1800.0, sigma=0.5).median == 1800.0
    (mistake,) = mistakes(changed("drop: 3 m", "drop: 3"))
    assert mistake.what == "has no unit"


DIFFERENCES: list[tuple[str, str, Difference]] = [
    ("customer hours without water", "10 %", Difference(True, 0.1)),
    ("customer hours without water", "500 h", Difference(False, 500.0, "customer h")),
    ("customer hours without water", "500 customer h", Difference(False, 500.0, "customer h")),
    ("customer hours without water", "2 d", Difference(False, 48.0, "customer h")),
    ("median time to closure", "30 min", Difference(False, 0.5, "h")),
    ("undelivered volume", "5 m3", Difference(False, 5.0, "m3")),
    ("undelivered volume", "500 l", Difference(False, 0.5, "m3")),
    ("water service availability", "2 points", Difference(False, 0.02, "share")),
    ("people without water at worst", "100 people", Difference(False, 100.0, "people")),
]


@pytest.mark.parametrize("indicator, written, value", DIFFERENCES)
def test_a_difference_is_a_share_of_the_mean_or_in_the_unit_of_the_indicator(
    indicator: str, written: str, value: Difference, changed: Changed
) -> None:
    text = f"baseline: siloed\n  indicator: {indicator}\n  difference that matters: {written}\n"
    difference = load(changed("baseline: siloed", text)).compare.difference_that_matters
    assert difference == value


@pytest.mark.parametrize(
    "indicator, written, told",
    [
        ("customer hours without water", "5 m3", "the unit 'm3', which does not measure a duration"),
        ("customer hours without water", "0 h", "is out of bounds"),
        ("customer hours without water", "10", "has no unit"),
        ("customer hours without water", "0 %", "is out of bounds"),
        ("people without water at worst", "5 h", "is not a difference of the indicator"),
        ("customer hours", "5 h", "is not an indicator"),
    ],
)
def test_a_difference_in_another_unit_is_refused(
    indicator: str, written: str, told: str, changed: Changed, mistakes: Mistakes
) -> None:
    text = f"baseline: siloed\n  indicator: {indicator}\n  difference that matters: {written}\n"
    assert told in mistakes(changed("baseline: siloed", text))[0].what


def test_at_most_may_not_be_less_than_at_least_even_if_one_is_a_default(changed: Changed, mistakes: Mistakes) -> None:
    (mistake,) = mistakes(changed("baseline: siloed", "baseline: siloed\n  replications: {at least: 500}"))
    assert mistake.field == "compare.replications"
    assert mistake.accepted == "not less than `at least`"


def test_a_scenario_made_in_python_is_checked_too(scenario: Scenario) -> None:
    data = scenario.model_dump(by_alias=False)
    data["compare"]["baseline"] = "silod"
    with pytest.raises(ValidationError, match="is not a policy of this scenario"):
        Scenario.model_validate(data)


def test_nothing_in_a_scenario_can_be_changed(scenario: Scenario) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        scenario.seed = 3  # type: ignore[misc]


def models() -> Iterator[type[Model]]:
    yield from Model.__subclasses__()


def test_every_field_says_what_it_is() -> None:
    silent = [
        (model.__name__, name)
        for model in models()
        for name, field in model.model_fields.items()
        if not field.description
    ]
    assert silent == []
    assert [model.__name__ for model in models() if not model.__doc__] == []


def test_every_assumption_has_a_range_in_words_and_for_programs() -> None:
    for model in models():
        for name, field in model.model_fields.items():
            says = "assumption" in (field.description or "").casefold()
            ranges = [each for each in field.metadata if isinstance(each, Assumption)]
            assert says == bool(ranges), f"{model.__name__}.{name}"


def test_the_range_of_an_assumption_can_be_written(scenario: Scenario) -> None:
    """A sweep writes both ends into the scenario."""
    for model in (Calls, Verification, Saved):
        for field in model.model_fields.values():
            for assumption in (each for each in field.metadata if isinstance(each, Assumption)):
                for end in (assumption.low, assumption.high):
                    model.model_validate({field.alias: end})
