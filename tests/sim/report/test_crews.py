"""What the picture of the crews draws is what the log says, bar by bar."""

import itertools
from types import ModuleType

import pytest
from matplotlib.patches import Rectangle

from sim.record.curves import crew_busy
from sim.record.eventlog import EventLog, EventLogWriter
from sim.record.incidents import incidents
from sim.record.kinds import CrewState, Kind
from sim.report.crews import MOST_ROWS, History, draw, histories_of, isolations_of, numbers_of, stints_of
from sim.report.runs import Run
from sim.report.style import look


def figure(*logs: EventLog):
    with look():
        return draw([History(policy=str(log.run["policy"]), log=log) for log in logs])


@pytest.fixture(scope="module")
def log(town: ModuleType) -> EventLog:
    return town.history("alone", replication=1, crews_used=1)


def test_stints_cover_what_a_crew_did_but_for_idling(log: EventLog) -> None:
    busy = (CrewState.TURNOUT, CrewState.DRIVING, CrewState.ON_SITE, CrewState.WORKING)
    told = crew_busy(log).set_index("id")["busy_h"]
    for crew in told.index:
        own = [s for s in stints_of(log) if s.crew == crew]
        assert all(before.ended_h <= after.began_h for before, after in itertools.pairwise(own))
        assert sum(s.ended_h - s.began_h for s in own if s.state in busy) == pytest.approx(told[crew])
    assert CrewState.IDLE not in {s.state for s in stints_of(log)}


def test_bursts_are_numbered_in_the_order_in_which_they_occur(log: EventLog) -> None:
    numbers = numbers_of(log)
    table = incidents(log)
    assert sorted(numbers.values()) == [1, 2, 3]
    assert [numbers[int(i)] for i in table["incident"]] == [1, 2, 3]
    assert table["occurred_s"].is_monotonic_increasing


def test_a_repair_carries_the_number_of_its_burst(log: EventLog) -> None:
    repairs = [s for s in stints_of(log) if s.state is CrewState.WORKING]
    assert [s.burst for s in repairs] == [1, 2, 3]  # one crew takes them as they come
    assert all(s.burst == 0 for s in stints_of(log) if s.state is not CrewState.WORKING)


def test_a_state_at_the_end_of_the_run_lasts_to_its_end(town: ModuleType) -> None:
    log = town.history("alone", crews_used=1, days=0.5)
    assert max(s.ended_h for s in stints_of(log)) == 12.0


def test_isolations_run_from_closing_to_opening(log: EventLog) -> None:
    rows = log.of(Kind.LINK_CLOSED)
    own = rows[rows["incident"] == 1]["time_s"] / 3600.0
    assert isolations_of(log, 1) == [(own[0], own[1])]
    assert isolations_of(log, 99) == []


def test_a_panel_has_a_row_per_burst_and_crew_and_a_bar_per_stint(log: EventLog) -> None:
    (axes,) = figure(log).axes
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels == ["burst 1", "burst 2", "burst 3", "crew 1 (j0)", "crew 2 (j11)"]
    bars = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    assert len(bars) == len(stints_of(log)) + 3  # a main shut off for each burst
    widths = sorted(bar.get_width() for bar in bars)
    shut = [end - begin for i in range(3) for begin, end in isolations_of(log, i)]
    assert widths == pytest.approx(sorted([*(s.ended_h - s.began_h for s in stints_of(log)), *shut]))


def test_two_policies_share_the_clock_and_say_what_they_lost(run: Run) -> None:
    histories = histories_of(run)
    with look():
        drawn = draw(histories)
    first, second = drawn.axes
    assert first.get_xlim() == second.get_xlim()
    assert first.get_title(loc="left").startswith("alone: ") and "3 of 3 bursts closed" in first.get_title(loc="left")
    assert f"replication {run.typical} of seed 7, whose difference comes nearest to the mean" in second.get_xlabel()


def test_the_window_holds_all_that_happens(log: EventLog) -> None:
    (axes,) = figure(log).axes
    began_h, ended_h = axes.get_xlim()
    table = incidents(log)
    assert began_h <= table["occurred_s"].min() / 3600.0 - 1.0
    assert ended_h >= table["closed_s"].max() / 3600.0


def test_a_burst_that_nobody_finds_is_dashed_to_the_edge(town: ModuleType) -> None:
    log = town.history("alone", never=[0])
    (axes,) = figure(log).axes
    row = numbers_of(log)[0] - 1
    own = [line for line in axes.get_lines() if set(line.get_ydata()) == {row}]
    assert own[0].get_xdata()[1] == axes.get_xlim()[1]
    assert {line.get_marker() for line in own} == {"None", "X"}  # neither reported nor closed
    assert "2 of 3 bursts closed" in axes.get_title(loc="left")


def test_of_many_bursts_and_crews_only_some_are_drawn_and_the_title_says_so(town: ModuleType) -> None:
    log = town.history("alone", bursts=15, crews=14, days=4.0)
    drawn = figure(log)
    drawn.draw_without_rendering()  # a layout that fails warns
    (axes,) = drawn.axes
    assert len(axes.get_yticklabels()) == 2 * MOST_ROWS
    assert axes.get_title(loc="left").endswith("12 of 15 bursts shown; 12 of 14 crews shown")


def test_a_run_in_which_nothing_happens_is_drawn_over_its_whole_length(town: ModuleType) -> None:
    log = town.history("alone", bursts=0)
    (axes,) = figure(log).axes
    assert axes.get_xlim() == (0.0, 48.0)
    assert "0 of 0 bursts closed" in axes.get_title(loc="left")


def test_off_shift_is_drawn_but_does_not_lengthen_the_picture(town: ModuleType) -> None:
    writer = EventLogWriter(places=town.places(), actors=town.actors(1), run={"policy": "alone"})
    writer.append(0.0, Kind.RUN_BEGAN)
    writer.append(3600.0, Kind.OCCURRED, incident=0, place=12, value=0.01)
    writer.append(7200.0, Kind.CREW_STATE, actor=1, case=0, value=float(CrewState.WORKING))
    writer.append(10800.0, Kind.CREW_STATE, actor=1, value=float(CrewState.OFF))
    writer.append(90000.0, Kind.RUN_ENDED)
    log = writer.finish()
    (axes,) = figure(log).axes
    assert axes.get_xlim() == (0.0, 4.0)
    assert [bar.get_hatch() for bar in axes.patches if bar.get_hatch()] == ["xxx"]
