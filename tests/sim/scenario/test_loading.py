"""A scenario from its file: names and folders, and every mistake once, in its line, with what would be right."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from sim.errors import CityOpsError, Mistake
from sim.scenario.loading import load
from sim.scenario.positions import Spot, Tree
from sim.scenario.schema import Scenario
from sim.scenario.shape import Shape
from sim.scenario.wording import mistakes_of

Write = Callable[..., Path]
Mistakes = Callable[..., list[Mistake]]
Changed = Callable[[str, str], Path]

TEN = """\
question: What is better?
seed: 1.5
citty: {}
city:
  water: {inp: net.inp}
  roads: {along: watr}
start: 00:00
duration: -5 d
hazards:
  - bursts: {count: exactly 3, between: [09:00, 05:00]}
people:
  litres per day: 200
  calls: {after: 30 m without water}
sensors:
  - pressure: {at: [node J5], alarm when: {drop: 3}}
organisation:
  departments:
    water: {crews: [{depo: node J1}]}
policies:
  siloed: {dispatch: nearst by current travel time}
  siloed: {dispatch: own district}
compare:
  baseline: silod
"""
LINES = [2, 3, 6, 8, 10, 13, 15, 18, 20, 21, 23]


def test_all_planted_mistakes_are_told_at_once_each_in_its_line(write: Write, mistakes: Mistakes) -> None:
    found = mistakes(write(TEN))
    assert [mistake.line for mistake in found] == LINES
    assert {mistake.file for mistake in found} == {str(found[0].file)}
    assert [mistake.nearest for mistake in found] == [
        None,
        None,
        "water",
        None,
        None,
        "min",
        None,
        "depot",
        "nearest by current travel time",
        None,
        "siloed",
    ]


def test_four_mistakes_in_eight_lines_stand_at_their_keys_and_values(
    right: str, write: Write, mistakes: Mistakes
) -> None:
    text = "replicatons: 20\npolicies:\n  base:\n    dispatch: nearst\n    units: ten\n  own district: {}\nseed: -5\n"
    kept = right[: right.index("policies:")] + "compare: {baseline: base}\n"
    found = mistakes(write(text + kept))
    assert [(mistake.line, mistake.column, mistake.nearest) for mistake in found] == [
        (1, 1, None),
        (4, 15, None),
        (5, 5, None),
        (7, 7, None),
    ]


ONE: dict[str, tuple[str, str, str]] = {
    # text in the right scenario -> what stands there instead, what is told
    "question: What is better?": ("question: ''", "1:11: question: is not text that is not empty"),
    "duration: 2 d\n": ("", "1:1: the key `duration` is missing"),
    "2 d": ("2", "5:11: duration: has no unit, found 2; accepted: a duration in s, min, h, d such as '2 d 6 h'"),
    "duration: 2 d": ("duration:", "5:1: duration: is not text with a unit"),
    "inp: net.inp": ("inp: nett.inp", "3:16: city.water.inp: there is no such file, found 'nett.inp'; did"),
    "{inp: net.inp}": ("[net.inp]", "3:10: city.water: is not a mapping, found a list; accepted: a mapping"),
    "exactly 3": ("exactly three", "7:21: hazards.0.bursts.count: is not a count"),
    "count: exactly 3, ": ("", "7:23: hazards.0.bursts.between: `between` needs `count`"),
    ", between: [05:00, 09:00]": ("", "7:14: hazards.0.bursts: `count` needs `between`, found 'count'"),
    "count: exactly 3, between: [05:00, 09:00]": ("", "7:13: hazards.0.bursts: has neither `count` nor `listed`"),
    "[05:00, 09:00]": ("[05:00, 72:00]", "7:49: hazards.0.bursts.between.1: is not within the run, found '72:00'"),
    "05:00, 09:00": ("05:00", "7:32: hazards.0.bursts.between: value 2 is missing"),
    "bursts:": ("burst:", "7:5: hazards.0: unknown key, found 'burst'; accepted: bursts, rain; did you mean 'bursts'?"),
    "at: [node J5]": ("at: []", "9:20: sensors.0.pressure.at: is not a list of nodes, found an empty list"),
    "node J5]": ("node J5, J5]", "9:30: sensors.0.pressure.at.1: is listed twice, found 'J5'"),
    "depot: node J1": ("depot: true", "12:29: organisation.departments.water.crews.0.depot: is not a name, found true"),
    "node J1": ("node J1, shift: [08:00, 40:00]", "is not a daily shift"),
    "{depot: node J1}": ("{depot: node J1, count: 0}", "is not a number of crews, found 0; accepted: a whole number"),
    "[{depot: node J1}]": ("[]", "12:20: organisation.departments.water.crews: is empty"),
    "    water: {crews: [{depot: node J1}]}": ("    {}", "organisation.departments: is empty"),
    "own district": ("own distict", "14:22: policies.siloed.dispatch: is not a known rule, found 'own distict'"),
    "{dispatch: own district}": ("{dispatch: 3}", "14:22: policies.siloed.dispatch: is not a rule, found 3"),
    "dispatch: own district": ("order: {looking ahead: {}}", "order: is not a known rule, found 'looking ahead'"),
    "siloed: {dispatch: own district}": ("siloed: {python: r.py:x, order: first reported}", "`order` stands beside"),
    "baseline: siloed": ("baseline: siloed\n  confidence: 5 %", "18:15: compare.confidence: is out of bounds"),
    "start: 00:00": ("start: 24:00", "4:8: start: is not on the first day, found '24:00'"),
    "sensors:": ("sensors: [{}]\nx:", "8:11: sensors.0: the key `pressure` is missing; accepted: at, alarm when"),
}  # fmt: skip


@pytest.mark.parametrize("old", ONE)
def test_one_mistake_is_told_once_with_its_place(old: str, right: str, write: Write, mistakes: Mistakes) -> None:
    new, told = ONE[old]
    found = [m for m in mistakes(write(right.replace(old, new, 1))) if m.found not in ("'x'", "'r.py'")]
    assert len(found) == 1, found
    assert told in str(found[0])


def test_a_bare_integer_is_a_name_as_it_was_written(changed: Changed) -> None:
    scenario = load(changed("depot: node J1", "depot: 010"))
    assert scenario.organisation.departments["water"].crews[0].depot == "010"


def test_underscores_in_a_key_are_told_with_the_right_spelling(changed: Changed, mistakes: Mistakes) -> None:
    (mistake,) = mistakes(changed("alarm when:", "alarm_when:"))
    assert (mistake.found, mistake.nearest) == ("'alarm_when'", "alarm when")


def test_a_misspelt_required_key_is_one_mistake(changed: Changed, mistakes: Mistakes) -> None:
    (mistake,) = mistakes(changed("duration: 2 d", "durations: 2 d"))
    assert (mistake.line, mistake.column, mistake.what, mistake.nearest) == (5, 1, "unknown key", "duration")


def test_mistakes_below_an_unknown_key_are_not_told(changed: Changed, mistakes: Mistakes) -> None:
    right = "    water: {crews: [{depot: node J1}]}"
    found = mistakes(changed(right, f"    watr: {{crews: []}}\n{right}"))
    assert [(mistake.found, mistake.accepted) for mistake in found] == [("'watr'", "water")]


def test_name_and_folder_are_those_of_the_file_and_cannot_be_written(
    write: Write, right: str, mistakes: Mistakes, tmp_path: Path
) -> None:
    scenario = load(write(name="my town.yaml"))
    assert (scenario.name, scenario.folder) == ("my town", tmp_path)
    assert [mistake.found for mistake in mistakes(write(right + "name: x\nfolder: y\n"))] == ["'name'", "'folder'"]


def test_a_folder_with_a_scenario_is_a_scenario_of_its_name(write: Write, tmp_path: Path) -> None:
    write("", name="my town/net.inp")
    path = write(name="my town/scenario.yaml")
    assert load(path.parent).name == load(path).name == "my town"
    assert load(path.parent).folder == path.parent


@pytest.mark.parametrize(
    "name, told",
    [
        ("x.yml", r"x.yml: there is no such file; did you mean '.*x.yaml'\?"),
        ("nowhere/x.yaml", "x.yaml: there is no such file$"),
        (".", "has no scenario.yaml; accepted: a file, or a folder with one"),
    ],
)
def test_a_scenario_that_is_not_there_is_told(name: str, told: str, write: Write, tmp_path: Path) -> None:
    write()
    with pytest.raises(CityOpsError, match=told):
        load(tmp_path / name)


def test_rules_of_ones_own_must_be_there(changed: Changed, write: Write, mistakes: Mistakes) -> None:
    write("", name="rules.py")
    text = "pooled: {dispatch: {python: rule.py:closest}}\n  whole: {python: sub/all.py:Policy}"
    found = mistakes(changed("pooled: {dispatch: nearest by current travel time}", text))
    assert [(m.line, m.column, m.found, m.nearest) for m in found] == [
        (15, 31, "'rule.py'", "rules.py"),
        (16, 19, "'sub/all.py'", None),
    ]


def test_a_network_that_wntr_lacks_is_told_with_those_it_has(changed: Changed, mistakes: Mistakes) -> None:
    (mistake,) = mistakes(changed("net.inp", "wntr:Net33"))
    assert (mistake.line, mistake.nearest) == (3, "wntr:Net3")
    assert "wntr:Net1" in str(mistake.accepted)


def test_a_folder_is_not_meant_in_place_of_itself(changed: Changed, mistakes: Mistakes, tmp_path: Path) -> None:
    for name in ("streets", "nett.inp"):
        (tmp_path / name).mkdir()
        (mistake,) = mistakes(changed("net.inp", name))
        assert mistake.what == "is a folder and no file"
        assert mistake.nearest == ("net.inp" if name.endswith(".inp") else None)


def test_without_wntr_its_networks_are_left_to_the_reader(changed: Changed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert load(changed("net.inp", "wntr:Net33")).city.water.inp == "wntr:Net33"


def test_a_scenario_knows_where_its_values_were_written(scenario: Scenario, tmp_path: Path) -> None:
    file = str(tmp_path / "x.yaml")
    path = ("organisation", "departments", "water", "crews", 0, "depot")
    at_depot = scenario.mistake(path, "is no node", found="'J1'", nearest="J2")
    assert (at_depot.file, at_depot.line, at_depot.column) == (file, 12, 29)
    assert str(at_depot).endswith("crews.0.depot: is no node, found 'J1'; did you mean 'J2'?")
    assert scenario.mistake("sensors.0.pressure.alarm_when.drop", "x").column == 50
    assert scenario.mistake("people.calls.rate", "x").line == 1, "a default stands where the file begins"
    assert scenario.mistake("city.roads.speed", "x").line == 3, "or where what lies around it does"


def test_a_scenario_made_in_python_has_no_places(scenario: Scenario) -> None:
    made = Scenario.model_validate(scenario.model_dump(by_alias=False))
    assert made == scenario
    assert str(made.mistake("seed", "is odd")) == "seed: is odd"
    assert (made.name, made.folder) == ("scenario", Path())
    assert len({made._source, scenario._source}) == 1, "where it was written is no part of what a scenario says"


def test_a_scenario_is_the_same_in_another_process(scenario: Scenario) -> None:
    back = pickle.loads(pickle.dumps(scenario))
    assert back == scenario
    assert (back.name, back.folder) == (scenario.name, scenario.folder)
    assert back.mistake("seed", "x") == scenario.mistake("seed", "x")


def test_an_error_for_which_there_are_no_words_of_ours_is_told_in_those_of_the_library() -> None:
    tree = Tree({"seed": Tree(1, Spot("x.yaml", 1, 7))}, Spot("x.yaml", 1, 1), {"seed": Spot("x.yaml", 1, 1)})
    details = {"type": "value_error", "loc": ("seed",), "input": 1, "ctx": {"error": ValueError("odd")}}
    error = ValidationError.from_exception_data("x", [details])  # type: ignore[list-item]
    assert [str(each) for each in mistakes_of(error, tree, Shape.of(Scenario))] == [
        "x.yaml:1:7: seed: value error, odd, found 1"
    ]
