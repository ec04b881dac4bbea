"""``validate``, ``list``, ``schema`` and ``new``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import sim
from sim.scenario.catalog import INDICATORS, RULES
from sim.scenario.loading import load

Call = Callable[..., Any]

FILES = ["network.inp", "rules.py", "scenario.yaml", "schema.json"]
ROOT = Path(__file__).parents[3]


def test_the_shipped_scenarios_are_right(call: Call) -> None:
    paths = sorted((ROOT / "scenarios").glob("*.yaml"))
    assert {path.stem for path in paths} >= {"main-bursts", "one-burst"}
    said = call("validate", *paths)
    assert (said.code, said.err) == (0, "")
    assert len(said.out.splitlines()) == len(paths)


def test_validate_shows_each_value_and_where_it_comes_from(town: Path, call: Call) -> None:
    lines = call(
        "validate", town, "--resolved", "--seed", "5", "--set", "policies.pooled.isolate=never"
    ).out.splitlines()
    assert "duration: 2 d   # town/scenario.yaml:8" in lines
    assert "seed: 5   # --set seed=5" in lines
    assert "policies.pooled.isolate: never   # --set policies.pooled.isolate=never" in lines
    assert "city.roads.detour: 1.3   # default" in lines


def test_validate_shows_values_as_json_too(town: Path, call: Call) -> None:
    (report,) = json.loads(call("validate", town, "--resolved", "--json").out)
    assert report["exit code"] == 0
    assert {"key": "duration", "value": "2 d", "from": "town/scenario.yaml:8"} in report["values"]


def test_quiet_validation_of_what_is_right_says_nothing(town: Path, call: Call) -> None:
    said = call("validate", town, "-q")
    assert (said.code, said.out, said.err) == (0, "", "")


def test_list_names_all_that_a_scenario_may_use(call: Call) -> None:
    out = call("list").out
    for name in [*INDICATORS, *(rule for rules in RULES.values() for rule in rules), "40 mm/h", "main-bursts.yaml"]:
        assert name in out
    found = json.loads(call("list", "--json").out)
    assert [row["indicator"] for row in found["indicators"]] == list(INDICATORS)
    questions = {Path(row["scenario"]).name: row["question"] for row in found["scenarios"]}
    assert questions["main-bursts.yaml"] == load(ROOT / "scenarios" / "main-bursts.yaml").question


def test_list_without_a_checkout_tells_how_to_begin(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sim, "__file__", str(tmp_path / "sim" / "__init__.py"))
    assert "none here: `cityops new` makes one" in call("list").out


def test_list_shows_scenarios_from_here_if_they_are_below(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    rows = json.loads(call("list", "--json").out)["scenarios"]
    assert "scenarios/main-bursts.yaml" in [row["scenario"] for row in rows]


def test_schema_prints_the_committed_schema(call: Call) -> None:
    said = call("schema")
    assert (said.code, said.err) == (0, "")
    assert said.out == (ROOT / "scenarios" / "schema.json").read_text(encoding="utf-8")


def test_new_makes_a_scenario_that_is_right_and_says_how_to_go_on(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = call("new")
    assert said.code == 0
    assert "cityops compare my-city" in said.out
    assert sorted(path.name for path in (tmp_path / "my-city").iterdir()) == FILES
    assert call("validate", "my-city").code == 0
    made = json.loads(call("new", "other", "--json").out)
    assert made["folder"] == "other"
    assert all(Path(file).is_file() for file in made["files"])


def test_new_overwrites_nothing(town: Path, call: Call) -> None:
    (town / "scenario.yaml").write_text("mine")
    said = call("new", "town")
    assert said.code == 2
    assert said.err.startswith("town: has a scenario.yaml already")
    assert (town / "scenario.yaml").read_text() == "mine"
    Path("file").write_text("mine")
    assert "file: is a file already" in call("new", "file").err
    assert Path("file").read_text() == "mine"


def test_new_fills_a_folder_in_which_other_things_stand(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("town").mkdir()
    Path("town/notes.txt").write_text("mine")
    assert call("new", "town").code == 0
    assert Path("town/notes.txt").read_text() == "mine"


def test_new_tells_why_it_cannot_make_a_folder(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").write_text("")
    said = call("new", "file/town")
    assert said.code == 2
    assert said.err.startswith("file/town: cannot be made (")
