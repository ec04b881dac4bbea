"""The JSON Schema: it accepts what loads, refuses what an editor can know to be wrong, and is the committed one."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sim.scenario.editors import json_schema, json_schema_text
from sim.scenario.loading import load
from sim.scenario.reading import read_file
from sim.scenario.resolved import resolved_yaml

SCENARIOS = Path(__file__).parents[3] / "scenarios"
SHIPPED = sorted(SCENARIOS.glob("*.yaml"))
SCHEMA = json_schema()

KINDS: dict[str, Any] = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "object": dict,
    "array": tuple,
    "null": type(None),
}


def accepts(schema: dict[str, Any], value: Any) -> bool:
    """Whether a value fits a schema, in so far as ours uses JSON Schema."""
    if "$ref" in schema and not accepts(SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]], value):
        return False
    if "anyOf" in schema and not any(accepts(one, value) for one in schema["anyOf"]):
        return False
    kinds = schema.get("type", list(KINDS))
    is_of_kind = any(isinstance(value, KINDS[kind]) for kind in ([kinds] if isinstance(kinds, str) else kinds))
    return (
        is_of_kind
        and ("enum" not in schema or value in schema["enum"])
        and ("const" not in schema or value == schema["const"])
        and (not isinstance(value, str) or re.search(schema.get("pattern", ""), value) is not None)
        and (not isinstance(value, int | float) or in_bounds(schema, value))
        and (not isinstance(value, tuple) or accepts_list(schema, value))
        and (not isinstance(value, dict) or accepts_mapping(schema, value))
    )


def in_bounds(schema: dict[str, Any], value: float) -> bool:
    least, above = schema.get("minimum", value), schema.get("exclusiveMinimum", value - 1)
    most, below = schema.get("maximum", value), schema.get("exclusiveMaximum", value + 1)
    return bool(least <= value <= most and above < value < below)


def accepts_list(schema: dict[str, Any], value: tuple[Any, ...]) -> bool:
    each = schema.get("prefixItems") or [schema.get("items", {})] * len(value)
    enough = schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value))
    return enough and all(accepts(one, item) for one, item in zip(each, value, strict=True))


def accepts_mapping(schema: dict[str, Any], value: dict[str, Any]) -> bool:
    known, others = schema.get("properties", {}), schema.get("additionalProperties", {})
    size = schema.get("minProperties", 0) <= len(value) <= schema.get("maxProperties", len(value))

    def fits(key: str, item: Any) -> bool:
        return accepts(known[key], item) if key in known else others is not False and accepts(others, item)

    return (
        size
        and all(key in value for key in schema.get("required", ()))
        and all(accepts(schema.get("propertyNames", {}), key) for key in value)
        and all(fits(key, item) for key, item in value.items())
    )


def test_the_committed_schema_is_the_one_that_is_printed() -> None:
    assert (SCENARIOS / "schema.json").read_text(encoding="utf-8") == json_schema_text()


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_scenario_names_the_schema_and_fits_it(path: Path) -> None:
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=schema.json"
    assert accepts(SCHEMA, read_file(path, path.name, []).plain())


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_resolved_scenario_fits_the_schema(path: Path, write: Callable[..., Path]) -> None:
    assert accepts(SCHEMA, read_file(write(resolved_yaml(load(path))), "x", []).plain())


@pytest.mark.parametrize(
    "old, new",
    [
        ("duration: 2 d", "duration: 2"),
        ("duration: 2 d", "duration: 2 km"),
        ("duration: 2 d", "duration: -2 d"),
        ("duration: 2 d\n", ""),
        ("start: 00:00", "start: 5"),
        ("own district", "own town"),
        ("drop: 3 m", "drop: 3 h"),
        ("alarm when:", "alarm_when:"),
        ("exactly 3", "about 3"),
        ("    water: {crews", "    fire: {crews"),
        ("siloed: {dispatch: own district}", "siloed: {dispatch: {pyton: x.py:y}}"),
        ("{depot: node J1}", "{depot: node J1, count: 0}"),
    ],
)
def test_an_editor_marks_what_is_wrong_by_itself(old: str, new: str, right: str, write: Callable[..., Path]) -> None:
    assert accepts(SCHEMA, read_file(write(right), "x", []).plain())
    assert not accepts(SCHEMA, read_file(write(right.replace(old, new)), "x", []).plain())


def test_a_mapping_that_includes_a_part_may_leave_out_what_is_required(right: str, write: Callable[..., Path]) -> None:
    text = right.replace("duration: 2 d\n", "include: parts/duration.yaml\n")
    assert accepts(SCHEMA, read_file(write(text), "x", []).plain())


def test_keys_are_spelled_with_spaces_and_described() -> None:
    definitions = {"Scenario": SCHEMA, **SCHEMA["$defs"]}
    for name, part in definitions.items():
        for one in [part, *part.get("anyOf", ())]:
            for key, value in one.get("properties", {}).items():
                assert "_" not in key
                assert value["description"], f"{name}: {key}"
                assert "``" not in value["description"]


def test_defaults_are_shown_as_one_writes_them() -> None:
    road = SCHEMA["$defs"]["RoadSource"]["properties"]["speed"]
    assert (road["default"], road["x-assumption"]) == ("30 km/h", "20 km/h to 50 km/h")
    assert SCHEMA["properties"]["start"]["default"] == "00:00"
    assert SCHEMA["$defs"]["Department"]["properties"]["turnout"]["default"] == {"fixed": "5 min"}


def test_the_schema_is_plain_json_without_surprises() -> None:
    assert json.loads(json_schema_text()) == SCHEMA
