"""Calling the command in this process, and a scenario of one's own to call it with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from sim.cli import main


@dataclass(frozen=True, slots=True)
class Said:
    """What a call of the command ended with and printed."""

    code: int
    out: str
    err: str


Call = Callable[..., Said]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    """Call ``cityops`` with arguments."""

    def said(*arguments: str | Path) -> Said:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Said(code, captured.out, captured.err)

    return said


@pytest.fixture
def town(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that ``cityops new`` made, in the current folder."""
    monkeypatch.chdir(tmp_path)
    assert call("new", "town", "-q").code == 0
    return Path("town")
