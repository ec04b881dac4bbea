"""A finished comparison of three policies in a small town, and logs of single replications."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

import sim
from sim.experiment.comparison import compare
from sim.report.runs import Run, read_run

SCENARIO = """\
question: Does a second crew shorten outages?
seed: 7
city: {water: {inp: net.inp}}
duration: 2 d
hazards:
  - bursts: {count: exactly 3, between: [05:00, 09:00]}
organisation: {departments: {water: {crews: [{depot: node j0}, {depot: node j11}]}}}
policies: {alone: {}, together: {}, $planned$: {}}
compare: {baseline: alone, replications: {at least: 4, at most: 4}}
"""


def _town() -> ModuleType:
    # The tests are no package: the module is found by its path, once.
    if "report_town" not in sys.modules:
        spec = importlib.util.spec_from_file_location("report_town", Path(__file__).with_name("town.py"))
        assert spec is not None and spec.loader is not None
        sys.modules["report_town"] = module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules["report_town"]


@pytest.fixture(scope="session")
def town() -> ModuleType:
    return _town()


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished comparison; tests only add to it."""
    folder = tmp_path_factory.mktemp("run")
    (folder / "net.inp").write_text("[TITLE]\n[END]\n")
    (folder / "town.yaml").write_text(SCENARIO)
    compare(sim.load(folder / "town.yaml"), folder=folder / "done", replicate=_town().world)
    return folder / "done"


@pytest.fixture(scope="session")
def run(finished: Path) -> Run:
    return read_run(finished)
