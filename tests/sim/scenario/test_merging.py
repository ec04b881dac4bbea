"""Includes and overrides: what lies on what, and where paths may lead."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sim.errors import CityOpsError, Mistake
from sim.scenario.loading import load
from sim.scenario.overrides import assignments
from sim.scenario.schema import Law, Python

Write = Callable[..., Path]
Mistakes = Callable[..., list[Mistake]]

WATER = "organisation.departments.water"


def test_included_parts_lie_beneath_and_later_ones_win(write: Write, right: str) -> None:
    write("people: {litres per day: 150, calls: {at most: 5}}\nseed: 3", name="parts/one.yaml")
    write("people: {calls: {at most: 7}}\nseed: 4", name="parts/two.yaml")
    scenario = load(write(right + "include: [parts/one.yaml, parts/two.yaml]\nseed: 5\n"))
    assert (scenario.seed, scenario.people.litres_per_day, scenario.people.calls.at_most) == (5, 150.0, 7)


def test_a_part_may_be_included_at_any_mapping_and_bring_what_is_required(write: Write, right: str) -> None:
    write("crews: [{depot: node J7, count: 3}]\nrepair: 2 h", name="parts/crews.yaml")
    text = right.replace("water: {crews: [{depot: node J1}]}", "water: {include: parts/crews.yaml, skills: [repair]}")
    water = load(write(text)).organisation.departments["water"]
    assert (water.crews[0].depot, water.crews[0].count, water.skills) == ("J7", 3, ("repair",))


def test_parts_include_parts_relative_to_themselves(write: Write, right: str) -> None:
    write("include: deeper/seed.yaml", name="parts/one.yaml")
    write("seed: 9", name="parts/deeper/seed.yaml")
    assert load(write(right + "include: parts/one.yaml\n")).seed == 9


def test_a_list_replaces_a_list(write: Write, right: str) -> None:
    write("hazards: [{bursts: {listed: [{pipe: P1, at: 06:00}]}}]", name="parts/one.yaml")
    assert load(write(right + "include: parts/one.yaml\n")).hazards[0].bursts.listed == ()


def test_another_kind_of_law_replaces_the_included_one(write: Write, right: str) -> None:
    write("repair: {lognormal: {median: 6 h, sigma: 0.5}}", name="parts/crews.yaml")
    here = "water: {include: parts/crews.yaml, crews: [{depot: node J1}], repair: {fixed: 3 h}}"
    water = load(write(right.replace("water: {crews: [{depot: node J1}]}", here))).organisation.departments["water"]
    assert water.repair == Law(fixed=10800.0)


def test_a_mistake_in_a_part_names_the_part_and_its_line(write: Write, right: str, mistakes: Mistakes) -> None:
    write("# crews\nseed: -1\n", name="parts/one.yaml")
    (mistake,) = mistakes(write(right + "include: parts/one.yaml\n"))
    assert Path(str(mistake.file)).parts[-2:] == ("parts", "one.yaml")
    assert (mistake.line, mistake.column, mistake.found) == (2, 7, "-1")


WRONG = {
    "missing": ("include: parts/on.yaml", "there is no such file", "'parts/on.yaml'", "parts/one.yaml"),
    "outside": ("include: ../one.yaml", "lies outside", "'../one.yaml'", None),
    "absolute": ("include: /etc/passwd", "lies outside", "'/etc/passwd'", None),
    "a number": ("include: [7]", "is not the path of a file", None, None),
    "itself": ("include: x.yaml", "goes round in a circle: x.yaml includes x.yaml", "'x.yaml'", None),
    "a circle": ("include: parts/back.yaml", "x.yaml includes back.yaml includes x.yaml", "'../x.yaml'", None),
    "a list in it": ("include: parts/list.yaml", "is not a mapping", None, None),
    "no YAML": ("include: parts/tab.yaml", "indent with spaces", None, None),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_include_is_told_without_mistakes_that_follow_from_it(
    case: str, write: Write, right: str, mistakes: Mistakes
) -> None:
    line, what, found, near = WRONG[case]
    write("seed: 1", name="parts/one.yaml")
    write("include: ../x.yaml", name="parts/back.yaml")
    write("- a", name="parts/list.yaml")
    write("a:\n\tb: 1", name="parts/tab.yaml")
    (mistake,) = mistakes(write(right.replace("duration: 2 d\n", "") + line + "\n"))
    assert what in mistake.what
    assert (mistake.found, mistake.nearest) == (found, near)


def test_other_mistakes_are_told_beside_a_wrong_include(write: Write, right: str, mistakes: Mistakes) -> None:
    found = mistakes(write(right.replace("2 d", "-2 d") + "include: none.yaml\n"))
    assert [mistake.what for mistake in found] == ["is negative", "there is no such file"]


def test_a_scenario_below_the_folder_of_scenarios_may_include_its_parts(
    write: Write, right: str, tmp_path: Path
) -> None:
    write("seed: 8", name="scenarios/parts/one.yaml")
    write("", name="scenarios/deep/net.inp")
    path = write(right + "include: ../parts/one.yaml\n", name="scenarios/deep/x.yaml")
    assert load(path).seed == 8


def test_a_link_does_not_lead_outside(write: Write, right: str, mistakes: Mistakes, tmp_path: Path) -> None:
    outside = tmp_path.parent / f"{tmp_path.name}-outside.yaml"
    outside.write_text("seed: 8")
    (tmp_path / "link.yaml").symlink_to(outside)
    (mistake,) = mistakes(write(right + "include: link.yaml\n"))
    assert "lies outside" in mistake.what


OVERRIDES: dict[str, tuple[str, Any, str, Any]] = {
    "a number": ("seed", 7, "seed", 7),
    "a path with spaces": ("compare.replications.at most", 40, "compare.replications.at_most", 40),
    "a path with underscores": ("compare.replications.at_most", 40, "compare.replications.at_most", 40),
    "a place in a list": ("sensors.0.pressure.every", "1 min", "sensors.0.pressure.every", 60.0),
    "a default": ("people.calls.rate", "1 per person and hour", "people.calls.rate", 1.0),
    "a policy": ("policies.pooled.isolate", "never", "policies.pooled.isolate", "never"),
    "a new policy with an underscore": ("policies.my_own.isolate", "never", "policies.my_own.isolate", "never"),
    "a list": ("sensors", [], "sensors", ()),
    "a mapping": ("policies.pooled", {"order": "largest diameter"}, "policies.pooled.order", "largest diameter"),
    "another law": (f"{WATER}.repair.fixed", "1 h", f"{WATER}.repair", Law(fixed=3600.0)),
    "a rule of one's own": ("policies.pooled.order.python", "plugin", "policies.pooled.order", Python(python="plugin")),
}


def at(value: Any, path: str) -> Any:
    """What a dotted path leads to in a scenario."""
    for step in path.split("."):
        value = value[int(step)] if step.isdigit() else value[step] if isinstance(value, dict) else getattr(value, step)
    return value


@pytest.mark.parametrize("case", OVERRIDES)
def test_an_override_replaces_a_value(case: str, write: Write) -> None:
    path, value, read_at, expected = OVERRIDES[case]
    assert at(load(write(), {path: value}), read_at) == expected


def test_a_law_that_was_written_is_replaced_by_another_kind(write: Write, right: str) -> None:
    text = right.replace("[{depot: node J1}]}", "[{depot: node J1}], repair: {exponential: {mean: 2 h}}}")
    scenario = load(write(text), {"organisation.departments.water.repair.gamma": {"mean": "1 h", "shape": 2.0}})
    assert scenario.organisation.departments["water"].repair.exponential is None


NOWHERE: dict[str, tuple[str, str | None, str]] = {
    "seeed": ("'seeed'", "seed", "question, seed, city"),
    "people.cals.rate": ("'cals'", "calls", "litres per day, calls, sightings"),
    "sensors.1.pressure.every": ("'1'", None, "0"),
    "sensors.first": ("'first'", None, "0"),
    "seed.deeper": ("'deeper'", None, "nothing: there is no mapping or list at this place"),
    "organisation.departments.water.crews.0.depots": ("'depots'", "depot", "depot, count, shift, skills"),
}


@pytest.mark.parametrize("path", NOWHERE)
def test_a_path_that_leads_nowhere_is_told_with_what_is_there(path: str, write: Write, mistakes: Mistakes) -> None:
    found, near, accepted = NOWHERE[path]
    (mistake,) = mistakes(write(), {path: 1})
    assert mistake.file == f"--set {path}=1"
    assert (mistake.found, mistake.nearest) == (found, near)
    assert str(mistake.accepted).startswith(accepted)


def test_a_wrong_value_of_an_override_names_the_override(write: Write, mistakes: Mistakes) -> None:
    (mistake,) = mistakes(write(), assignments(["duration=2"]))
    assert str(mistake).startswith("--set duration=2: duration: has no unit, found 2")


def test_assignments_are_read_as_yaml_and_what_is_none_is_told() -> None:
    read = assignments(["seed=7", "compare.baseline=a=b"])
    assert {key: tree.plain() for key, tree in read.items()} == {"seed": 7, "compare.baseline": "a=b"}
    with pytest.raises(CityOpsError) as caught:
        assignments(["seed", "=7", "a..b=1", "x=[", "seed=1"])
    assert [mistake.file for mistake in caught.value.mistakes] == [
        "--set seed",
        "--set =7",
        "--set a..b=1",
        "--set x=[",
    ]
