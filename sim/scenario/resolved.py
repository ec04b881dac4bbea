"""A scenario written back: as YAML with every value in it, each with where it comes from, and as one digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import StringIO
from typing import Any

from ruamel.yaml import YAML

from sim.scenario.files import references
from sim.scenario.model import Model
from sim.scenario.positions import Steps, dotted
from sim.scenario.schema import Scenario


def resolved_yaml(scenario: Scenario) -> str:
    """The scenario with all defaults written out, as YAML that loads to an equal scenario.

    Paths stay as they were written, relative to the scenario's own folder.
    """
    yaml = YAML()
    yaml.width = 120
    yaml.indent(mapping=2, sequence=4, offset=2)
    stream = StringIO()
    yaml.dump(_data(scenario), stream)
    return stream.getvalue()


def scenario_hash(scenario: Scenario) -> str:
    """SHA-256 of all that a scenario says and of the files it names, wherever they and the scenario lie.

    Modules that a user's rules import are not seen.
    """
    data = _data(scenario)
    for reference in list(references(data)):
        path = reference.path(scenario.folder)
        if path is not None:
            *above, last = reference.steps
            holder = data
            for step in above:
                holder = holder[step]
            holder[last] = f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}{reference.rest}"
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Origin:
    """A value and where it comes from: a file and line, ``default``, or the override that set it."""

    key: str
    value: str
    where: str


def origins(scenario: Scenario) -> list[Origin]:
    """Every value of the scenario, in the order of the schema, with where it comes from."""
    return [Origin(dotted(steps), _text(value), _where(scenario, steps)) for steps, value in _leaves(_data(scenario))]


def _data(scenario: Scenario) -> Any:
    data = scenario.model_dump(mode="json", by_alias=True)
    _leave_out_nothing_said(scenario, data)
    return data


def _leave_out_nothing_said(value: Any, written: Any) -> None:
    """Take out, in place, what is null by default; a null that takes a default away stays."""
    if isinstance(value, Model):
        for name, field in type(value).model_fields.items():
            key = field.alias or name
            if isinstance(written, dict) and key in written:
                if written[key] is None and field.default is None:
                    del written[key]
                else:
                    _leave_out_nothing_said(getattr(value, name), written[key])
    elif isinstance(value, Mapping):
        for key, one in value.items():
            _leave_out_nothing_said(one, written[key])
    elif isinstance(value, tuple):
        for one, its in zip(value, written, strict=True):
            _leave_out_nothing_said(one, its)


def _leaves(value: Any, steps: Steps = ()) -> Iterator[tuple[Steps, Any]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, child in items:
        yield from _leaves(child, (*steps, step))
    if not isinstance(value, dict | list) or not value:
        yield steps, value


def _where(scenario: Scenario, steps: Steps) -> str:
    source = scenario._source
    if steps not in source.places and steps[-1] == "fixed":
        steps = steps[:-1]  # a plain duration is short for a fixed one
    if steps not in source.places:
        return "default"
    spot = source.places[steps].value
    return spot.file if spot.line is None else f"{spot.file}:{spot.line}"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
