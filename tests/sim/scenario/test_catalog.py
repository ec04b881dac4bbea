"""The names a scenario may use lead to what they say."""

from __future__ import annotations

from pathlib import Path

import pytest

import sim
from sim.errors import CityOpsError
from sim.record.vitals import INDICATORS as VITALS
from sim.scenario import catalog
from sim.scenario.schema import PolicySource
from sim.scenario.shape import Shape

RULES = [(lever, name) for lever, rules in catalog.RULES.items() for name in rules]


@pytest.mark.parametrize("lever, name", RULES)
def test_a_rule_resolves_to_something_to_call(lever: str, name: str) -> None:
    assert callable(catalog.resolve(catalog.RULES[lever][name].target))


@pytest.mark.parametrize("name", catalog.INDICATORS)
def test_an_indicator_is_the_vital_sign_of_that_name(name: str) -> None:
    assert catalog.resolve(catalog.INDICATORS[name].target) is VITALS[name].function
    assert (catalog.INDICATORS[name].unit, catalog.INDICATORS[name].better) == (VITALS[name].unit, VITALS[name].better)


def test_all_vital_signs_are_in_the_catalog_in_their_order() -> None:
    assert list(catalog.INDICATORS) == list(VITALS)


@pytest.mark.parametrize("lever", catalog.RULES)
def test_the_schema_takes_the_rules_of_the_catalog(lever: str) -> None:
    shape = Shape.of(PolicySource.model_fields[lever].annotation)
    assert {*shape.names, *shape.keys} == {*catalog.RULES[lever], "python"}


def test_the_levers_of_the_schema_are_those_of_the_catalog() -> None:
    assert {*PolicySource.model_fields} - {"python"} == {*catalog.RULES}


@pytest.mark.parametrize("target", ["sim.nowhere:x", "sim.policies.dispatch:nowhere"])
def test_what_is_not_there_does_not_resolve(target: str) -> None:
    with pytest.raises((ImportError, AttributeError)):
        catalog.resolve(target)


def test_an_indicator_of_floods_asks_for_rain(tmp_path: Path) -> None:
    dry = tmp_path / "dry.yaml"
    dry.write_text(
        "question: Why?\ncity: {synthetic: {size: hamlet}}\nduration: 1 d\n"
        "hazards: [{bursts: {count: exactly 1, between: [01:00, 02:00]}}]\n"
        "organisation: {departments: {water: {crews: [{depot: every depot}]}}}\n"
        "policies: {open: {}}\ncompare: {baseline: open, indicator: cars caught in water}\n"
    )
    with pytest.raises(CityOpsError, match="known only where it rains"):
        sim.load(dry)
    dry.write_text(dry.read_text().replace("cars caught in water", "resilience loss"))
    assert sim.load(dry).compare.indicator == "resilience loss"
