"""Progress: a bar where somebody looks, else a line for each tenth, and nothing if asked for nothing."""

from __future__ import annotations

import io
import re

import pytest

from sim.cli import told


class Terminal(io.StringIO):
    """Something that is written to like a terminal."""

    def isatty(self) -> bool:
        return True


def steps(show: told.Progress, expected: list[int]) -> None:
    for done, most in enumerate(expected):
        show(done, most, "half-width 3" if done == len(expected) - 1 else "")


def test_each_tenth_is_one_line_with_the_time_left(capsys: pytest.CaptureFixture[str]) -> None:
    with told.progress(quiet=False) as show:
        steps(show, [40] * 41)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 10
    assert re.fullmatch(r"4 of 40 replications, about \d+ s left", lines[0])
    assert lines[-1] == "40 of 40 replications (half-width 3)"


def test_if_more_work_is_expected_the_tenths_are_those_of_the_new_whole(capsys: pytest.CaptureFixture[str]) -> None:
    with told.progress(quiet=False) as show:
        steps(show, [20] * 11)  # a look after 10 of a first batch of 20
        show(10, 100, "half-width 2")
        for done in range(11, 31):
            show(done, 30, "")  # a second batch, which is not the end
        show(30, 50, "half-width 1")
    lines = capsys.readouterr().err.splitlines()
    told_of = [re.match(r"\d+ of \d+", line) for line in lines]
    assert [match[0] for match in told_of if match] == [
        "2 of 20", "4 of 20", "6 of 20", "8 of 20", "10 of 20", "10 of 100", "20 of 100", "30 of 100", "30 of 50",
    ]  # fmt: skip
    assert "half-width 1" in lines[-1]


def test_nothing_is_shown_if_nothing_is_wanted(capsys: pytest.CaptureFixture[str]) -> None:
    with told.progress(quiet=True) as show:
        steps(show, [3] * 4)
    assert capsys.readouterr() == ("", "")


def test_a_terminal_gets_a_bar_that_goes_away(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with told.progress(quiet=False) as show:
        steps(show, [3] * 4)
    assert "3/3" in terminal.getvalue()
    assert "half-width 3" in terminal.getvalue()


@pytest.mark.parametrize("seconds, text", [(0.4, "0 s"), (90, "90 s"), (600, "10 min")])
def test_the_time_left_is_told_roughly(seconds: float, text: str) -> None:
    assert told._duration(seconds) == text
