"""A small right scenario, and ways to make it wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from sim.errors import CityOpsError, Mistake
from sim.scenario.loading import load
from sim.scenario.schema import Scenario

RIGHT = """\
question: What is better?
city:
  water: {inp: net.inp}
start: 00:00
duration: 2 d
hazards:
  - bursts: {count: exactly 3, between: [05:00, 09:00]}
sensors:
  - pressure: {at: [node J5], alarm when: {drop: 3 m}}
organisation:
  departments:
    water: {crews: [{depot: node J1}]}
policies:
  siloed: {dispatch: own district}
  pooled: {dispatch: nearest by current travel time}
compare:
  baseline: siloed
"""

Write = Callable[..., Path]


@pytest.fixture
def right() -> str:
    """The text of a scenario without a mistake."""
    return RIGHT


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file, by default the right scenario; its path."""
    (tmp_path / "net.inp").write_text("[TITLE]\n")

    def write_file(text: str = RIGHT, *, name: str = "x.yaml") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write_file


@pytest.fixture
def changed(write: Write) -> Callable[[str, str], Path]:
    """The right scenario with one text replaced by another; its path."""

    def change(old: str, new: str) -> Path:
        assert old in RIGHT
        return write(RIGHT.replace(old, new))

    return change


@pytest.fixture
def mistakes() -> Callable[..., list[Mistake]]:
    """The mistakes that loading a file tells."""

    def found(path: Path, overrides: Mapping[str, Any] | None = None) -> list[Mistake]:
        with pytest.raises(CityOpsError) as caught:
            load(path, overrides)
        assert caught.value.exit_code == 2
        return list(caught.value.mistakes)

    return found


@pytest.fixture
def scenario(write: Write) -> Scenario:
    """The right scenario."""
    return load(write())
