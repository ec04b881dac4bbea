"""``cityops bench`` runs what the checkout holds, and says so where there is none."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import sim

Call = Callable[..., Any]

TOY = """\
from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    what: str
    ours_s: float
    rival: str
    rival_s: float
    note: str = ""

    @property
    def ratio(self) -> float:
        return self.rival_s / self.ours_s


def run(data):
    return [Row("adding [up]", 0.5, "an abacus", 2.0, f"data {data and data.name}")]
"""


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with one benchmark."""
    folder = tmp_path / "tests" / "benchmarks"
    folder.mkdir(parents=True)
    (folder / "bench_toy.py").write_text(TOY)
    monkeypatch.setattr(sim, "__file__", str(tmp_path / "sim" / "__init__.py"))
    monkeypatch.setattr("sys.path", [*sys.path])
    monkeypatch.delenv("CITYOPS_DATA", raising=False)
    return tmp_path


def test_each_row_is_shown_with_its_ratio(checkout: Path, call: Call) -> None:
    said = call("bench")
    assert (said.code, said.err) == (0, "toy ...\n")
    assert "adding [up]" in said.out
    (row,) = [line.split() for line in said.out.splitlines() if "abacus" in line]
    assert row == ["adding", "[up]", "0.5", "an", "abacus", "2", "4", "data", "None"]


def test_the_table_is_written_as_markdown(checkout: Path, call: Call) -> None:
    assert call("bench", "toy", "-q", "-o", checkout / "table.md", "--data", checkout / "tests").code == 0
    assert (checkout / "table.md").read_text().splitlines() == [
        "| work | cityops (s) | rival | rival (s) | ratio | note |",
        "| --- | ---: | --- | ---: | ---: | --- |",
        "| adding [up] | 0.5 | an abacus | 2 | 4 | data tests |",
    ]


def test_rows_are_json_if_asked_for(checkout: Path, call: Call) -> None:
    (row,) = json.loads(call("bench", "--json", "-q").out)
    assert (row["rival"], row["ratio"]) == ("an abacus", 4.0)


def test_an_unknown_benchmark_is_told(checkout: Path, call: Call) -> None:
    said = call("bench", "try")
    assert (said.code, said.err) == (2, "is no benchmark, found 'try'; accepted: toy\n")


def test_without_a_checkout_there_are_no_benchmarks(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sim, "__file__", str(tmp_path / "sim" / "__init__.py"))
    said = call("bench")
    assert (said.code, said.out) == (2, "")
    assert said.err == "there are no benchmarks here; accepted: a checkout of cityops, with its tests\n"
