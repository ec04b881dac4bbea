"""``run`` and ``compare``: what is passed on, what is printed, and what ends up on stdout."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from sim.cli import options

Call = Callable[..., Any]

VITALS = pd.DataFrame(
    {
        "indicator": ["customer hours without water", "median time to closure"],
        "value": [1234.5, float("nan")],
        "unit": ["customer h", "h"],
        "better": ["lower", "lower"],
        "description": ["", ""],
    }
)
TABLE = pd.DataFrame(
    {
        "policy": ["siloed", "pooled"],
        "mean": [1000.0, 900.0],
        "difference": [float("nan"), 100.0],
        "low": [float("nan"), 80.0],
        "high": [float("nan"), 120.0],
        "variance_ratio": [float("nan"), 8.25],
        "verdict": ["", "better"],
    }
)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Have the experiment only note how it is called; the notes."""
    noted: list[dict[str, Any]] = []

    def run_to_folder(scenario: Any, policy: str, replication: int, folder: Path) -> Any:
        noted.append({"scenario": scenario, "policy": policy, "replication": replication, "folder": folder})
        return SimpleNamespace(folder=folder, vitals=VITALS, was_there=False)

    def compare(scenario: Any, *, jobs: int, folder: Path, progress: Callable[..., None]) -> Any:
        noted.append({"scenario": scenario, "jobs": jobs, "folder": folder})
        progress(1, 2, "")
        return SimpleNamespace(
            folder=folder,
            was_there=False,
            failed=("one",) if jobs == 7 else (),
            exit_code=1 if jobs == 7 else 0,
            verdict_text="pooled is better.",
            table=TABLE,
            unit="customer h",
            indicator="customer hours without water",
            baseline="siloed",
            asked=SimpleNamespace(confidence=0.95),
            replications=20,
            warnings=("something is skewed",),
            to_json=lambda: {"verdict": "pooled is better.", "half width": float("inf")},
        )

    def draw_all(folder: Path) -> list[Path]:
        noted.append({"drawn": folder})
        return [folder / "figures" / "service.png"]

    monkeypatch.setattr("sim.experiment.comparison.run_to_folder", run_to_folder)
    monkeypatch.setattr("sim.experiment.comparison.compare", compare)
    monkeypatch.setattr("sim.report.figures.draw_all", draw_all)
    return noted


def test_run_takes_the_baseline_and_the_first_replication_unless_told_otherwise(
    town: Path, calls: list[dict[str, Any]], call: Call
) -> None:
    said = call("run", town)
    assert (said.code, said.err) == (0, "")
    assert (calls[0]["policy"], calls[0]["replication"]) == ("siloed", 0)
    assert re.fullmatch(r"town-[0-9a-f]{8}-siloed-0000", calls[0]["folder"].name)
    assert calls[0]["folder"].parent == Path("results/runs")
    assert calls[1] == {"drawn": calls[0]["folder"]}
    lines = said.out.splitlines()
    assert lines[0] == "town, policy siloed, replication 0, seed 1"
    assert lines[-1] == f"The results are in {calls[0]['folder']}"
    assert re.search(r"customer hours without water +1,234 +customer h +lower", said.out)
    assert re.search(r"median time to closure +- +h", said.out)


def test_run_passes_on_what_it_is_told(town: Path, calls: list[dict[str, Any]], call: Call) -> None:
    arguments = [
        "-p",
        "pooled",
        "-r",
        "3",
        "--seed",
        "9",
        "--set",
        "duration=3 d",
        "-o",
        "out",
        "--no-figures",
        "--json",
    ]
    said = call("run", town, *arguments)
    (noted,) = calls
    assert (noted["policy"], noted["replication"], noted["folder"]) == ("pooled", 3, Path("out"))
    assert (noted["scenario"].seed, noted["scenario"].duration) == (9, 259200.0)
    found = json.loads(said.out)
    assert (found["seed"], found["folder"], found["figures"], found["was there"]) == (9, "out", [], False)
    assert [row["value"] for row in found["vitals"]] == [1234.5, None]
    assert said.err == ""


def test_a_policy_that_is_not_there_is_told_before_anything_runs(
    town: Path, calls: list[dict[str, Any]], call: Call
) -> None:
    said = call("run", town, "-p", "pool")
    assert (said.code, said.out, calls) == (2, "", [])
    assert "'pool'" in said.err and "'pooled'" in said.err


def test_compare_prints_the_verdict_the_table_and_where_the_results_are(
    town: Path, calls: list[dict[str, Any]], call: Call
) -> None:
    said = call("compare", town, "-j", "2", "-o", "out")
    assert said.code == 0
    assert (calls[0]["jobs"], calls[0]["folder"]) == (2, Path("out"))
    assert said.err.startswith("1 of 2 replications")
    lines = said.out.splitlines()
    assert lines[0] == "Is a town better off if a crew may also work in the other crew's district?"
    assert "pooled is better." in lines
    assert re.search(r"pooled +900 +100 +80 +120 +8.25 +better", said.out)
    assert "paired differences to siloed with 95 % intervals; 20 replications; seed 1" in said.out
    assert lines[-2:] == ["Note: something is skewed", "The results are in out"]


def test_compare_uses_all_cores_and_a_folder_of_its_own_unless_told(
    town: Path, calls: list[dict[str, Any]], call: Call
) -> None:
    said = call("compare", town, "--json", "-q")
    assert said.err == ""
    assert calls[0]["jobs"] >= 1
    assert re.fullmatch(r"town-[0-9a-f]{8}", calls[0]["folder"].name)
    found = json.loads(said.out)
    assert (found["verdict"], found["half width"], found["seed"]) == ("pooled is better.", None, 1)
    assert found["figures"] == [str(calls[0]["folder"] / "figures" / "service.png")]


def test_where_replications_failed_there_are_no_pictures_and_the_code_is_1(
    town: Path, calls: list[dict[str, Any]], call: Call
) -> None:
    said = call("compare", town, "-j", "7", "-q", "-o", "out")
    assert said.code == 1
    assert len(calls) == 1


def test_pictures_that_are_there_are_not_drawn_again(town: Path, calls: list[dict[str, Any]], call: Call) -> None:
    Path("out/figures").mkdir(parents=True)
    Path("out/figures/map.png").write_bytes(b"")
    assert json.loads(call("compare", town, "-q", "-o", "out", "--json").out)["figures"] == ["out/figures/map.png"]
    assert len(calls) == 1


@pytest.mark.parametrize(
    "value, text", [(float("nan"), "-"), (0.123456, "0.1235"), (12.0, "12"), (123456.7, "123,457"), (-1000.0, "-1,000")]
)
def test_a_figure_is_short(value: float, text: str) -> None:
    assert options.number(value) == text


def test_a_town_of_ones_own_runs(town: Path, call: Call) -> None:
    """The scenario that ``new`` makes, with the rule in Python, from the command to the folder of its run."""
    said = call("run", town, "-p", "loudest", "-o", "out", "--no-figures", "--json")
    assert said.code == 0, said.err
    values = {row["indicator"]: row["value"] for row in json.loads(said.out)["vitals"]}
    assert values["customer hours without water"] > 0
    assert values["cases open at the end"] == 0
    assert Path("out/events/loudest-0000.parquet").is_file()
    again = json.loads(call("run", town, "-p", "loudest", "-o", "out", "--no-figures", "--json").out)
    assert again["was there"] is True
