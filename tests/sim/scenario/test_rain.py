"""What a scenario may say of rain: storms, cells, warnings, and what is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args, get_origin

import pytest
from pydantic import BaseModel, ValidationError

from sim.scenario import rain as schema
from sim.scenario.model import Assumption, Model
from sim.scenario.parsing import Written
from sim.scenario.rain import Cells, Chicago, Measured, Rain, Scs, Storm, StormFormula, WarningLevel, Warnings

MODELS = [one for one in vars(schema).values() if isinstance(one, type) and issubclass(one, Model) and one is not Model]
BEIJING = {"city": "Beijing", "return period": "50 years"}


def read(storm: Mapping[str, Any], **keys: Any) -> Rain:
    """Rain as a file says it."""
    written = {"begins": "08:00", "storm": storm, **{key.replace("_", " "): value for key, value in keys.items()}}
    return Rain.model_validate(written, context=Written(), by_name=False, by_alias=True)


def refused(storm: Mapping[str, Any], **keys: Any) -> dict[str, str]:
    """Path and words of each mistake."""
    with pytest.raises(ValidationError) as caught:
        read(storm, **keys)
    return {".".join(map(str, error["loc"])): error["msg"] for error in caught.value.errors()}


def test_a_storm_needs_only_its_begin_a_city_and_how_seldom_it_comes() -> None:
    rain = read({"chicago": BEIJING})
    assert rain.begins == 28_800.0
    assert rain.storm.chicago == Chicago(city="Beijing", return_period=50.0)
    assert rain.spread == "moving cells"
    assert rain.warnings == Warnings()


@pytest.mark.parametrize(
    ("written", "path", "value"),
    [
        ({"chicago": {**BEIJING, "return period": "1 year"}}, "chicago.return_period", 1.0),
        ({"chicago": {**BEIJING, "duration": "3 h", "peak at": "35 %"}}, "chicago.peak_at", 0.35),
        (
            {"chicago": {"formula": {"a": 2001, "c": 0.811, "b": 8, "n": 0.711}, "return period": "2 years"}},
            "chicago.formula",
            StormFormula(a=2001.0, c=0.811, b=8.0, n=0.711),
        ),
        ({"scs": {"depth": "150 mm", "type": "III"}}, "scs", Scs(type="III", depth=0.15)),
        ({"block": {"intensity": "36 mm/h", "duration": "2 h"}}, "block.intensity", 1e-5),
        ({"block": {"depth": "36 mm", "until": "09:30"}}, "block.until", 34_200.0),
        (
            {"measured": {"file": "gauge.csv", "rain in": "mm/h"}},
            "measured",
            Measured(file="gauge.csv", rain_in="mm/h"),
        ),
    ],
)
def test_a_storm_is_read_in_si(written: dict[str, Any], path: str, value: Any) -> None:
    found: Any = read(written).storm
    for name in path.split("."):
        found = getattr(found, name)
    assert found == value


def test_cells_and_warnings_are_read_in_si() -> None:
    rain = read(
        {"chicago": BEIJING},
        cells={"rate": "10 per 100 km2 and hour", "radius": "1500 m", "speed": "0 km/h", "towards": "NE"},
        warnings={"lead time": "30 min", "levels": {"blue": None, "red": {"depth": "80 mm", "within": "2 h"}}},
    )
    assert rain.cells == Cells(rate=10.0, radius=1500.0, speed=0.0, towards="NE")
    assert rain.warnings is not None and rain.warnings.lead_time == 1800.0
    assert rain.warnings.levels.blue is None
    assert rain.warnings.levels.red == WarningLevel(depth=0.08, within=7200.0)
    assert rain.warnings.levels.orange == WarningLevel(depth=0.05, within=10_800.0, response="II")
    assert read({"chicago": BEIJING}, warnings=None).warnings is None


@pytest.mark.parametrize(
    ("storm", "path", "words"),
    [
        ({}, "storm", "has no storm"),
        ({"chicago": BEIJING, "scs": {"depth": "100 mm"}}, "storm", "has several storms"),
        ({"chicago": {"return period": "5 years"}}, "storm.chicago.formula", "has neither `city` nor `formula`"),
        (
            {"chicago": {**BEIJING, "formula": {"a": 2001, "c": 0.8, "b": 8, "n": 0.7}}},
            "storm.chicago.formula",
            "has `city` and `formula`",
        ),
        ({"chicago": {**BEIJING, "return period": "0 years"}}, "storm.chicago.return period", "is out of bounds"),
        ({"chicago": {**BEIJING, "return period": 50}}, "storm.chicago.return period", "has no unit"),
        ({"chicago": {**BEIJING, "peak at": "120 %"}}, "storm.chicago.peak at", "is out of bounds"),
        ({"scs": {"depth": "-5 mm"}}, "storm.scs.depth", "is negative"),
        ({"scs": {"depth": "0 mm"}}, "storm.scs.depth", "is out of bounds"),
        ({"block": {"depth": "5 mm"}}, "storm.block.until", "has neither `duration` nor `until`"),
        ({"block": {"duration": "1 h"}}, "storm.block.intensity", "has neither `depth` nor `intensity`"),
        (
            {"block": {"depth": "5 mm", "intensity": "5 mm/h", "duration": "1 h"}},
            "storm.block.intensity",
            "has `depth` and `intensity`",
        ),
        ({"block": {"depth": "5 mm", "until": "07:30"}}, "storm.block.until", "ends before it begins"),
        ({"block": {"depth": "5 mm", "until": "08:00"}}, "storm.block.until", "ends before it begins"),
        ({"block": {"intensity": "40 mm", "duration": "1 h"}}, "storm.block.intensity", "which does not measure"),
        ({"measured": {"file": ""}}, "storm.measured.file", "at least 1 character"),
    ],
)
def test_a_storm_that_cannot_be_meant_is_refused_at_its_place(storm: dict[str, Any], path: str, words: str) -> None:
    mistakes = refused(storm)
    assert words in mistakes[path], mistakes


def test_what_surrounds_the_storm_is_checked_too() -> None:
    found = refused(
        {"chicago": {**BEIJING, "city": "Atlantis", "return period": "500 years"}},
        cells={"radius": "10 m", "even rain": "0 %", "towards": "up"},
        climate_factor=-1.0,
        step="2 h",
    )
    assert set(found) == {
        "storm.chicago.city",
        "storm.chicago.return period",
        "cells.radius",
        "cells.even rain",
        "cells.towards",
        "climate factor",
        "step",
    }


def test_what_is_written_back_is_read_as_the_same() -> None:
    for storm in ({"chicago": BEIJING}, {"block": {"depth": "61.7 mm", "until": "26:15"}}, {"scs": {"depth": "6 in"}}):
        rain = read(storm)
        again = Rain.model_validate(rain.model_dump(mode="json"), context=Written(), by_name=False, by_alias=True)
        assert again == rain


def test_every_field_says_what_it_means_and_every_assumption_its_range() -> None:
    for model in MODELS:
        assert model.__doc__
        for name, field in model.model_fields.items():
            assert field.description, f"{model.__name__}.{name}"
            ranges = [each for each in field.metadata if isinstance(each, Assumption)]
            says = "assumption" in field.description.casefold()
            assert says == bool(ranges), f"{model.__name__}.{name}"


def test_the_ends_of_an_assumption_can_be_written() -> None:
    for model in (Cells, Warnings):
        for field in model.model_fields.values():
            for assumption in (each for each in field.metadata if isinstance(each, Assumption)):
                for end in (assumption.low, assumption.high):
                    is_plain = field.annotation is float and end.replace(".", "").isdigit()
                    value: Any = float(end) if is_plain else end
                    model.model_validate({field.alias: value}, context=Written(), by_name=False, by_alias=True)


def test_the_official_warnings_need_more_rain_or_less_time_from_level_to_level() -> None:
    levels = [getattr(Warnings().levels, name) for name in schema.LEVELS]
    assert [(level.depth, level.within / 3600.0) for level in levels] == [(0.05, 12), (0.05, 6), (0.05, 3), (0.1, 3)]
    assert [level.response for level in levels] == ["IV", "III", "II", "I"]


def test_rain_has_a_json_schema_for_editors() -> None:
    told = Rain.model_json_schema(by_alias=True)
    assert "return period" in told["$defs"]["Chicago"]["properties"]
    assert "x-assumption" in str(told["$defs"]["Cells"])


def test_the_cities_are_those_whose_formula_is_known() -> None:
    from sim.city.storms import FORMULAS

    field = Chicago.model_fields["city"].annotation
    named = {name for one in get_args(field) if get_origin(one) is Literal for name in get_args(one)}
    assert named == set(FORMULAS)


def test_a_storm_can_be_made_in_python() -> None:
    rain = Rain(begins=0.0, storm=Storm(scs=Scs(depth=0.2)), climate_factor=1.2)
    assert isinstance(rain, BaseModel) and rain.storm.scs == Scs(type="II", depth=0.2)
