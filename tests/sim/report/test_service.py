"""What the picture of service draws is what the logs say."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from sim.record.curves import people_without_water
from sim.record.steps import area
from sim.record.vitals import customer_hours_without_water
from sim.report import service
from sim.report.runs import Run
from sim.report.service import Curves, curves_of, draw, read_off
from sim.report.style import look


@pytest.fixture(scope="module")
def curves(run: Run) -> Curves:
    return curves_of(run)


def figure(curves: Curves, run: Run):
    with look():
        return draw(curves, run)


def test_steps_are_read_off_after_the_jump_at_their_time() -> None:
    steps = pd.Series([0.0, 5.0, 2.0], index=[0.0, 600.0, 1000.0])
    assert read_off(steps, np.array([0.0, 599.0, 600.0, 1200.0])).tolist() == [0.0, 0.0, 5.0, 2.0]


def test_the_curves_hold_every_replication_of_every_policy(run: Run, curves: Curves) -> None:
    assert list(curves.people) == list(run.policies)
    assert curves.hours[0] == 0.0 and curves.hours[-1] == 48.0
    for policy in run.policies:
        for row, replication in zip(curves.people[policy], run.replications, strict=True):
            log = run.log(policy, replication)
            hours = area(people_without_water(log)) / 3600.0
            assert hours == pytest.approx(customer_hours_without_water(log))
            # Reading off every ten minutes misplaces each step by ten minutes at most.
            assert row.sum() * service.STEP_S / 3600.0 == pytest.approx(hours, rel=0.05)


def test_each_other_policy_has_a_panel_with_its_mean_and_the_baselines(run: Run, curves: Curves) -> None:
    panels = figure(curves, run).axes
    assert len(panels) == 2
    for axes, policy in zip(panels, ("together", "$planned$"), strict=True):
        base, other = axes.get_lines()
        assert base.get_label() == "alone (baseline)" and other.get_label() == policy
        np.testing.assert_array_equal(base.get_ydata(), curves.people["alone"].mean(axis=0))
        np.testing.assert_array_equal(other.get_ydata(), curves.people[policy].mean(axis=0))
        assert len(axes.collections) == 2  # the bands
        assert base.get_color() != other.get_color()


def test_the_band_lies_between_the_replications_and_around_their_median(curves: Curves) -> None:
    low, high = curves.band("alone")
    everyone = curves.people["alone"]
    assert (everyone.min(axis=0) <= low).all() and (high <= everyone.max(axis=0)).all()
    assert (low <= np.median(everyone, axis=0)).all() and (np.median(everyone, axis=0) <= high).all()


def test_panel_titles_are_the_comparisons_own_words(run: Run, curves: Curves) -> None:
    assert run.comparison is not None
    drawn = figure(curves, run)
    first, second = (axes.get_title(loc="left") for axes in drawn.axes)
    assert first in run.comparison.verdict_text
    assert first.startswith("together ") and first.endswith(run.comparison.verdicts["together"])
    assert second.startswith("$planned$ ")
    assert drawn.get_suptitle() == "Does a second crew shorten outages?"


def test_the_axis_ends_after_recovery_and_the_note_says_so(run: Run, curves: Curves) -> None:
    short = Curves(hours=curves.hours, people={p: c * (curves.hours < 10.0) for p, c in curves.people.items()})
    assert short.recovered_h() == 10.0
    drawn = figure(short, run)
    assert drawn.axes[0].get_xlim() == (0.0, 12.0)
    assert "The last 1.5 days of the run are not shown" in drawn.get_supxlabel()
    assert "seed 7" in drawn.get_supxlabel()


def test_where_nobody_ever_is_without_water_the_whole_run_is_shown(run: Run, curves: Curves) -> None:
    calm = Curves(hours=curves.hours, people={p: 0.0 * c for p, c in curves.people.items()})
    drawn = figure(calm, run)
    assert drawn.axes[0].get_xlim() == (0.0, 48.0)
    assert "not shown" not in drawn.get_supxlabel()


def test_a_single_policy_has_one_panel_with_one_line(run: Run, curves: Curves) -> None:
    single = dataclasses.replace(run, policies=("alone",), comparison=None, replications=(0,))
    drawn = figure(curves, single)
    (axes,) = drawn.axes
    assert [line.get_label() for line in axes.get_lines()] == ["alone"]
    assert drawn.get_supxlabel().startswith("One replication")


def test_five_policies_stand_in_two_columns_without_an_empty_frame(run: Run, curves: Curves) -> None:
    names = ("alone", "b", "c", "d", "e", "f")
    many = Curves(hours=curves.hours, people=dict.fromkeys(names, curves.people["alone"]))
    drawn = figure(many, dataclasses.replace(run, policies=names, comparison=None))
    drawn.draw_without_rendering()  # a layout that fails warns
    assert [axes.get_visible() for axes in drawn.axes] == [True] * 5 + [False]
    assert len({axes.get_ylim() for axes in drawn.axes}) == 1
