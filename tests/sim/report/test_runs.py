"""Which policies and which replication of a finished run are shown."""

import dataclasses
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

import sim
from sim.errors import CityOpsError
from sim.experiment.comparison import run_to_folder
from sim.report.runs import Run, read_run


def with_values(run: Run, values: dict[str, list[float]]) -> Run:
    """The run with other values of its indicator."""
    rows = [(p, k, run.indicator, v) for p, column in values.items() for k, v in enumerate(column)]
    return dataclasses.replace(run, vitals=pd.DataFrame(rows, columns=["policy", "replication", "indicator", "value"]))


def test_a_run_knows_what_its_folder_holds(run: Run) -> None:
    assert run.policies == ("alone", "together", "$planned$")
    assert run.replications == (0, 1, 2, 3)
    assert (run.baseline, run.seed) == ("alone", 7)
    assert run.comparison is not None
    assert run.log("together", 2).run["policy"] == "together"


def test_the_challenger_is_the_policy_with_the_lowest_mean_but_never_the_baseline(run: Run) -> None:
    best = with_values(run, {"alone": [1, 1], "together": [5, 5], "$planned$": [4, 6.1]})
    assert best.challenger == "together"
    assert best.shown == ("alone", "together")


def test_where_more_is_better_the_challenger_has_the_highest_mean(run: Run) -> None:
    asked = dataclasses.replace(run.comparison.asked, indicator="water service availability")
    other = dataclasses.replace(run, comparison=dataclasses.replace(run.comparison, asked=asked))
    assert with_values(other, {"alone": [0.9], "together": [0.5], "$planned$": [0.7]}).challenger == "$planned$"


def test_the_typical_replication_has_most_nearly_the_mean_difference(run: Run) -> None:
    values = {"alone": [9.0, 20.0, 30.0, 40.0, 50.0], "together": [8.0, 10.0, 27.0, 20.0, 44.0]}  # 1, 10, 3, 20, 6
    other = dataclasses.replace(run, policies=("alone", "together"))
    assert with_values(other, values).typical == 1  # the mean is 8


def test_a_replication_in_which_nothing_is_to_see_is_shown_only_if_there_is_no_other(run: Run) -> None:
    other = dataclasses.replace(run, policies=("alone", "together"))
    assert with_values(other, {"alone": [0.0, 0.0, 90.0], "together": [0.0, 0.0, 0.0]}).typical == 2
    assert with_values(other, {"alone": [0.0, 0.0], "together": [0.0, 0.0]}).typical == 0


def test_replications_without_a_value_are_passed_over(run: Run) -> None:
    other = dataclasses.replace(run, policies=("alone", "together"))
    assert with_values(other, {"alone": [float("nan"), 4.0, 4.0], "together": [1.0, 1.0, 1.0]}).typical == 1
    assert with_values(other, {"alone": [float("nan")], "together": [0.0]}).typical == 0


def test_a_single_run_shows_its_only_policy(finished: Path, tmp_path: Path, town: ModuleType) -> None:
    scenario = sim.load(finished.parent / "town.yaml")
    run_to_folder(scenario, "together", 3, tmp_path / "one", replicate=town.world)
    run = read_run(tmp_path / "one")
    assert run.comparison is None
    assert run.shown == ("together",)
    assert (run.replications, run.typical) == ((3,), 3)


def test_a_folder_without_a_finished_run_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(CityOpsError, match="no finished run") as caught:
        read_run(tmp_path)
    assert str(tmp_path) in str(caught.value)
