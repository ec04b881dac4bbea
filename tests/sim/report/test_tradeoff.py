"""The trade-off curve has each policy's means and intervals, and the policies that no other beats."""

import dataclasses

import pandas as pd
import pytest

from sim.experiment.statistics import t_interval
from sim.report import style, tradeoff
from sim.report.runs import Run

VALUES = {  # policy: cars caught, hours in vain, in three storms
    "open": ([12.0, 9.0, 12.0], [0.0, 0.0, 0.0]),
    "late": ([12.0, 8.0, 10.0], [1.0, 2.0, 3.0]),
    "by depth": ([0.0, 1.0, 0.0], [1.0, 1.5, 2.0]),
    "by rain": ([0.0, 0.0, 0.0], [4.0, 4.0, 4.5]),
    "by warning": ([0.0, 0.0, 0.0], [12.0, 14.0, 13.0]),
}


@pytest.fixture
def wet(run: Run) -> Run:
    rows = [
        (policy, k, name, value)
        for policy, both in VALUES.items()
        for name, values in zip((tradeoff.CAUGHT, tradeoff.IN_VAIN), both, strict=True)
        for k, value in enumerate(values)
    ]
    vitals = pd.DataFrame(rows, columns=["policy", "replication", "indicator", "value"])
    return dataclasses.replace(run, policies=tuple(VALUES), replications=(0, 1, 2), vitals=vitals)


def test_a_point_is_the_means_of_a_policy_with_their_intervals(wet: Run) -> None:
    point = tradeoff.points_of(wet)["by depth"]
    assert point.means == (pytest.approx(1.5), pytest.approx(1.0 / 3.0))
    assert point.in_vain_h == t_interval(pd.Series([1.0, 1.5, 2.0]).to_numpy(), confidence=0.95)


def test_a_run_without_underpasses_has_no_points(run: Run) -> None:
    assert tradeoff.points_of(run) == {}


def test_only_policies_that_no_other_beats_on_both_are_on_the_front(wet: Run) -> None:
    assert tradeoff.front_of(tradeoff.points_of(wet)) == ["open", "by depth", "by rain"]


def test_every_policy_is_named_once_and_no_name_lies_on_another(wet: Run) -> None:
    with style.look():
        figure = tradeoff.draw(tradeoff.points_of(wet), wet.policies, confidence=0.95, replications=3)
        figure.canvas.draw()
    axes = figure.axes[0]
    assert sorted(text.get_text() for text in axes.texts) == sorted(VALUES)
    boxes = [text.get_window_extent() for text in axes.texts]
    bare = [type(text).get_window_extent(text) for text in axes.texts]
    assert len(boxes) == len(bare) == len(VALUES)
    places = [text.get_position() for text in axes.texts]
    assert len(set(places)) == len(VALUES)
    assert axes.get_ylim()[0] > -1.0
    assert "Means of 3 storms" in axes.get_title(loc="left")


def test_policies_beyond_the_palette_are_grey_and_not_black_like_the_first() -> None:
    names = [str(k) for k in range(8)]
    assert tradeoff._colour("0", names) == style.INK
    assert tradeoff._colour("7", names) == style.GREY
