"""The JSON Schema with which editors complete and check a scenario while it is written."""

from __future__ import annotations

import json
from typing import Any

from sim.scenario.merging import INCLUDE
from sim.scenario.model import Model
from sim.scenario.schema import Scenario

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """The schema of a scenario's YAML: keys with spaces, quantities as patterns of text, descriptions.

    It accepts whatever ``load`` accepts, but not the other way round: what depends on several values, on other files
    or on the catalogue is left to ``cityops validate``.
    """
    schema = Scenario.model_json_schema(by_alias=True)
    parts = {model.__name__: model for model in Model.__subclasses__()}
    definitions = {name: _polished(part, parts[name]) for name, part in schema.pop("$defs").items()}
    return {"$schema": DIALECT, **_polished(schema, Scenario), "$defs": definitions}


def json_schema_text() -> str:
    """The schema as a file."""
    return json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n"


def _polished(part: dict[str, Any], model: type[Model]) -> dict[str, Any]:
    polished: dict[str, Any] = _readable(_completed(part, model))
    return polished


def _completed(part: dict[str, Any], model: type[Model]) -> dict[str, Any]:
    """A mapping may include files, which may bring what is required; defaults are as one writes them."""
    if "properties" not in part:
        return {**part, "anyOf": [_completed(each, model) for each in part["anyOf"]]} if "anyOf" in part else part
    written = model.model_construct().model_dump(mode="json", by_alias=True, exclude_none=True)
    properties = {
        key: {**value, "default": written[key]} if key in written else value
        for key, value in part["properties"].items()
    }
    required = part.get("required")
    alternatives = {"anyOf": [{"required": required}, {"required": [INCLUDE]}]} if required else {}
    rest = {key: value for key, value in part.items() if key != "required"}
    return {**rest, "properties": {**properties, INCLUDE: _FILES}, **alternatives}


_FILES = {
    "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
    "description": "Files to merge beneath this mapping: what stands here wins, and later files over earlier ones.",
}


def _readable(value: Any) -> Any:
    """Without titles, which repeat the keys; descriptions on one line, with single backticks."""
    if isinstance(value, list):
        return [_readable(each) for each in value]
    if not isinstance(value, dict):
        return value
    kept = {key: each for key, each in value.items() if key != "title" or not isinstance(each, str)}
    return {key: _one_line(each) if key == "description" else _readable(each) for key, each in kept.items()}


def _one_line(value: Any) -> Any:
    return " ".join(value.replace("``", "`").split()) if isinstance(value, str) else _readable(value)
