"""A scenario written back, its digest, and where each value comes from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sim.scenario.loading import load
from sim.scenario.overrides import assignments
from sim.scenario.resolved import origins, resolved_yaml, scenario_hash

Write = Callable[..., Path]

SHIPPED = sorted((Path(__file__).parents[3] / "scenarios").glob("*.yaml"))

RICH = """\
question: "12:30"
seed: 18446744073709551615
city:
  water: {inp: net.inp, demand model: {pressure driven: {minimum: 0.5 bar, required: 200 kPa, exponent: 0.7}}}
  roads: {speed: 20 mph, detour: 1.1}
start: 05:30:15.5
duration: 1 d 5 h 17 min
hazards:
  - bursts: {count: poisson 2.5, between: [06:00, day 2 09:00], weight by: number, leak: {area: 0.123456789 cm2}}
  - bursts: {listed: [{pipe: "10", at: 30:00}, {pipe: yes, at: 06:00, leak: {area: 33.3 %}}]}
people: {calls: {rate: 1e-3 per person and hour}, sightings: {rate: 0 per hour and L/s, after: 1 min}}
organisation:
  desk: {registration: {gamma: {mean: 3 min, shape: 2.5}}}
  verification: {failed: 12.3456789 %}
  departments:
    water:
      crews: [{depot: "1e3", shift: [22:00, 06:00], skills: [repair]}]
      turnout: {exponential: {mean: 7 s}}
policies:
  "no": {python: rules.py:Policy}
  my_own: {order: {python: rules.py:order}, isolate: {python: plugin}}
  "10": {order: customer hours saved per crew hour}
compare: {baseline: "10", indicator: water service availability, difference that matters: 0.5 points, confidence: 0.9}
"""


@pytest.fixture
def rich(write: Write) -> Path:
    write("", name="rules.py")
    return write(RICH)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_scenario_written_back_is_equal(path: Path, write: Write) -> None:
    scenario = load(path)
    assert load(write(resolved_yaml(scenario), name="back.yaml")) == scenario


def test_every_kind_of_value_is_written_back_exactly(rich: Path, write: Write) -> None:
    scenario = load(rich)
    text = resolved_yaml(scenario)
    back = load(write(text, name="back.yaml"))
    assert back == scenario
    assert resolved_yaml(back) == text
    assert scenario_hash(back) == scenario_hash(scenario)


def test_the_written_back_scenario_is_readable(write: Write) -> None:
    lines = [line.strip() for line in resolved_yaml(load(write())).splitlines()]
    for line in ("question: What is better?", "duration: 2 d", "- 05:00", "area: 10 % of the pipe", "speed: 30 km/h"):
        assert line in lines


CHANGES: dict[str, dict[str, Any]] = {
    "the seed": {"seed": 2},
    "a default": {"people.calls.at most": 4},
    "a rule": {"policies.pooled.order": "largest diameter"},
    "the question": {"question": "And now?"},
}


@pytest.mark.parametrize("case", CHANGES)
def test_the_digest_changes_with_whatever_a_scenario_says(case: str, write: Write) -> None:
    path = write()
    assert scenario_hash(load(path, CHANGES[case])) != scenario_hash(load(path))


def test_the_digest_does_not_change_with_the_spelling(write: Write, right: str) -> None:
    other = right.replace("2 d", "48 h").replace("exactly 3", "3").replace("node J5", "J5").replace("\n", "\n\n")
    assert scenario_hash(load(write(other, name="y.yaml"))) == scenario_hash(load(write()))


def test_the_digest_follows_the_bytes_of_the_files_not_their_places(write: Write, right: str) -> None:
    rule = right.replace("siloed: {dispatch: own district}", "siloed: {dispatch: {python: rules.py:closest}}")
    write("a = 1", name="rules.py")
    digest = scenario_hash(load(write(rule)))
    for name in ("moved/net.inp", "moved/rules.py"):
        write(Path(write("").parent / Path(name).name).read_text(), name=name)
    assert scenario_hash(load(write(rule, name="moved/x.yaml"))) == digest
    write("a = 2", name="moved/rules.py")
    assert scenario_hash(load(write(rule, name="moved/x.yaml"))) != digest
    write("[JUNCTIONS]", name="net.inp")
    assert scenario_hash(load(write(rule))) != digest


def test_a_network_inside_wntr_counts_by_its_bytes(write: Write, right: str) -> None:
    import importlib.util

    spec = importlib.util.find_spec("wntr")
    assert spec is not None and spec.origin is not None
    copy = (Path(spec.origin).parent / "library" / "networks" / "Net1.inp").read_bytes()
    path = write(right.replace("net.inp", "mine.inp"))
    (path.parent / "mine.inp").write_bytes(copy)
    inside = load(write(right.replace("net.inp", "wntr:Net1"), name="y.yaml"))
    assert scenario_hash(load(path)) == scenario_hash(inside)


def test_each_value_comes_from_a_line_a_part_an_override_or_the_defaults(write: Write, right: str) -> None:
    write("people: {calls: {after: 1 h}}\nseed: 3", name="parts/one.yaml")
    text = right.replace("[{depot: node J1}]", "[{depot: node J1}], repair: 6 h") + "include: parts/one.yaml\n"
    path = write(text)
    found = {
        each.key: (each.value, each.where) for each in origins(load(path, assignments(["compare.confidence=0.9"])))
    }
    part = str(path.parent / "parts" / "one.yaml")
    assert found["duration"] == ("2 d", f"{path}:5")
    assert found["seed"] == ("3", f"{part}:2")
    assert found["people.calls.after"] == ("1 h without water", f"{part}:1")
    assert found["compare.confidence"] == ("90 %", "--set compare.confidence=0.9")
    assert found["city.roads.speed"] == ("30 km/h", "default")
    assert found["organisation.departments.water.repair.fixed"] == ("6 h", f"{path}:12")
    assert found["organisation.departments.water.turnout.fixed"] == ("5 min", "default")
    assert found["sensors.0.pressure.at.0"] == ("node J5", f"{path}:9")
    assert found["hazards.0.bursts.listed"] == ("[]", "default")
