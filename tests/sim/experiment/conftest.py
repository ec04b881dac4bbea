"""What the tests of experiments share: scenarios that need no file, and a folder for traces."""

from pathlib import Path

import pytest

from sim.experiment import program
from sim.scenario import loading
from tests.sim.experiment import fakes


@pytest.fixture(autouse=True)
def _scenarios_without_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hash of a scenario's text alone, since the network it names is on no disk; one build throughout."""
    monkeypatch.setattr(loading, "resolved_yaml", fakes.resolved_yaml)
    monkeypatch.setattr(loading, "scenario_hash", fakes.scenario_hash)
    monkeypatch.setattr(program, "build_digest", lambda: "one build")


@pytest.fixture
def traces(tmp_path: Path) -> Path:
    """The folder in which fake worlds leave traces of what they did."""
    folder = tmp_path / "traces"
    folder.mkdir()
    return folder
