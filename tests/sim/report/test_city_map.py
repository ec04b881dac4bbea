"""What the map shows is the state that the log tells at that moment."""

from types import ModuleType

import numpy as np
import pandas as pd
import pytest

from sim.record.curves import people, people_without_water, service_lost, worst_moment
from sim.record.eventlog import EventLog
from sim.record.incidents import incidents
from sim.record.kinds import Kind
from sim.report.city_map import (
    LARGEST,
    SMALLEST,
    areas,
    depots_of,
    draw,
    links_of,
    moment_of,
    round_below,
    state_at,
    states_of,
    what_happens,
)
from sim.report.crews import History
from sim.report.runs import Run
from sim.report.style import PALE, YELLOW, look


@pytest.fixture(scope="module")
def log(town: ModuleType) -> EventLog:
    return town.history("alone", replication=1, crews_used=1)


def state(log: EventLog, time_s: float):
    return state_at(History(policy="alone", log=log), time_s)


def figure(*states):
    with look():
        return draw(states)


def test_people_without_water_on_the_map_are_those_of_the_curve(log: EventLog) -> None:
    curve = people_without_water(log)
    for time_s, number in curve.items():
        assert state(log, time_s).without == number


def test_both_maps_show_the_baselines_worst_moment(run: Run) -> None:
    states = states_of(run)
    assert [s.policy for s in states] == list(run.shown)
    assert {s.time_s for s in states} == {worst_moment(run.log("alone", run.typical))}
    assert states[0].without == people_without_water(states[0].log).max()


def test_where_nobody_is_without_water_the_moment_is_that_of_most_loss_or_of_the_last_burst(
    log: EventLog, town: ModuleType
) -> None:
    lost = service_lost(log)
    nobody = log.rows.copy()
    nobody["value"][nobody["kind"] == Kind.SERVICE] = 1.0
    calm = EventLog(rows=nobody, places=log.places, actors=log.actors, run=log.run)
    assert moment_of(calm) == incidents(log)["occurred_s"].max()
    worst = int(np.flatnonzero((nobody["kind"] == Kind.SERVICE) & (nobody["time_s"] == lost.idxmax()))[-1])
    nobody["value"][worst] = 0.75
    assert (
        moment_of(EventLog(rows=nobody, places=log.places, actors=log.actors, run=log.run)) == nobody["time_s"][worst]
    )
    assert moment_of(town.history("alone", bursts=0)) == 0.0
    assert "nobody is without water under alone" in figure(state(calm, moment_of(calm))).get_suptitle()


def test_a_main_is_shut_from_its_closing_to_its_opening(log: EventLog) -> None:
    closing, opening = log.of(Kind.LINK_CLOSED)[:2]
    assert state(log, closing["time_s"] - 1.0).shut == frozenset()
    assert state(log, closing["time_s"]).shut == {closing["place"]}
    assert closing["place"] not in state(log, opening["time_s"]).shut


def test_the_status_of_a_burst_follows_its_life(log: EventLog) -> None:
    first = incidents(log).iloc[0]
    handled = log.of(Kind.HANDLED)["time_s"][0]
    told = {
        first["occurred_s"]: "nobody knows yet",
        first["reported_s"]: "reported, not located",
        first["located_s"]: "crew 1 (j0) is there",
        handled: "repaired",
    }
    for time_s, status in told.items():
        burst = state(log, time_s).bursts.iloc[0]
        assert (burst["number"], burst["status"]) == (1, status)
        assert burst["is_known"] == (status != "nobody knows yet")
    assert state(log, first["occurred_s"] - 1.0).bursts.empty


def test_a_star_is_hollow_until_the_city_knows_and_grey_once_it_is_repaired(log: EventLog) -> None:
    first = incidents(log).iloc[0]
    colours = []
    for time_s in (first["occurred_s"], first["reported_s"], log.of(Kind.HANDLED)["time_s"][0]):
        (axes,) = figure(state(log, time_s)).axes
        stars = [line for line in axes.get_lines() if line.get_marker() == "*"]
        colours.append(stars[0].get_markerfacecolor())
    assert colours == ["white", YELLOW, PALE]


def test_bursts_of_one_status_are_named_together(log: EventLog) -> None:
    last = incidents(log)["occurred_s"].max()
    text = what_happens(state(log, last)).replace("\N{NO-BREAK SPACE}", " ")
    assert max(map(len, text.splitlines())) <= 76
    for number in "123":
        assert number in text
    assert what_happens(state(log, 0.0)) == ""


def test_every_place_with_people_has_one_marker_of_its_size(log: EventLog) -> None:
    now = state(log, worst_moment(log))
    (axes,) = figure(now).axes
    drawn = [c for c in axes.collections if hasattr(c, "get_sizes") and len(c.get_offsets())]
    xy = np.vstack([c.get_offsets() for c in drawn[-3:]])
    who = people(log)
    assert len(np.unique(xy, axis=0)) == (who > 0.0).sum()
    assert max(c.get_sizes().max() for c in drawn) == LARGEST
    below = next(c for c in axes.collections if c.get_label().startswith("without water"))
    assert len(below.get_offsets()) == ((who > 0.0) & (now.service < 0.5)).sum()


def test_areas_are_in_proportion_to_people_but_visible() -> None:
    assert areas(np.array([100.0, 50.0, 0.001])).tolist() == [LARGEST, LARGEST / 2.0, SMALLEST]
    assert areas(np.zeros(2)).tolist() == [SMALLEST, SMALLEST]


def test_mains_are_drawn_once_and_shut_ones_stand_out(log: EventLog) -> None:
    closing = log.of(Kind.LINK_CLOSED)[0]
    (axes,) = figure(state(log, closing["time_s"])).axes
    open_, shut = axes.collections[:2]
    assert (len(open_.get_segments()), len(shut.get_segments())) == (16, 1)
    assert shut.get_linewidths()[0] > open_.get_linewidths()[0]
    ends = log.places.set_index("id").loc[closing["place"]]
    assert shut.get_segments()[0].mean(axis=0).tolist() == [ends["x"], ends["y"]]


def test_depots_are_the_nodes_after_which_districts_are_called(log: EventLog) -> None:
    assert depots_of(log.places)["name"].tolist() == ["j0", "j11"]


def test_a_log_that_does_not_name_the_ends_of_mains_has_a_map_of_points(log: EventLog) -> None:
    places = log.places.drop(columns=["tail", "head"])
    assert links_of(places).empty
    bare = EventLog(rows=log.rows, places=places, actors=log.actors, run=log.run)
    (axes,) = figure(state(bare, 0.0)).axes
    assert all(hasattr(c, "get_sizes") for c in axes.collections)


def test_two_maps_have_one_scale_and_a_bar_in_map_units(run: Run) -> None:
    drawn = figure(*states_of(run))
    first, second = drawn.axes
    assert first.get_xlim() == second.get_xlim() and first.get_ylim() == second.get_ylim()
    assert [t.get_text() for t in first.texts if "map units" in t.get_text()] == ["0.5 map units"]
    assert ", the worst moment under alone" in drawn.get_suptitle()
    assert [axes.get_title(loc="left").split(":")[0] for axes in drawn.axes] == list(run.shown)


def test_a_city_without_people_or_extent_is_drawn(log: EventLog) -> None:
    places = pd.DataFrame(log.places.assign(people=0.0, x=1.0))
    bare = EventLog(rows=log.rows, places=places, actors=log.actors, run=log.run)
    drawn = figure(state(bare, 0.0))
    drawn.draw_without_rendering()  # a layout that fails warns
    (axes,) = drawn.axes
    assert axes.get_title(loc="left") == "alone: 0 people without water"


@pytest.mark.parametrize("value, round_", [(7.3, 5.0), (0.3, 0.2), (1000.0, 1000.0), (19.9, 10.0), (0.05, 0.05)])
def test_a_bar_has_the_next_smaller_round_length(value: float, round_: float) -> None:
    assert round_below(value) == pytest.approx(round_)
