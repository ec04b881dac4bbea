"""Water on the streets of a world: one flood for all policies, cars in it, and what closing does."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sim.city.streets import Structure
from sim.draws import Draws
from sim.record.eventlog import EventLog
from sim.scenario.schema import Scenario
from sim.world.floods import CLASSES_M
from sim.world.replication import Replication, prepare, replicate
from sim.world.world import World
from tests.sim.world.flooded import RAIN_BEGINS_S, RAIN_ENDS_S, rows, scenario


@pytest.fixture(scope="module")
def wet(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    return scenario(tmp_path_factory.mktemp("wet"))


@pytest.fixture(scope="module")
def shared(wet: Scenario) -> Replication:
    return prepare(wet, 0)


@pytest.fixture(scope="module")
def logs(wet: Scenario, shared: Replication) -> dict[str, EventLog]:
    return {policy: World(shared, policy).run() for policy in wet.policies}


def first_street(shared: Replication) -> int:
    return shared.city.n_nodes + shared.city.n_links


def places(shared: Replication) -> list[int]:
    """The places of the underpasses; the first of them fills."""
    assert shared.city.layers is not None
    dips = np.flatnonzero(shared.city.layers.streets.structure == Structure.UNDERPASS)
    return [first_street(shared) + int(street) for street in dips]


def timed(frame: pd.DataFrame) -> list[tuple[float, int, float]]:
    return list(zip(frame.time_s, frame.place, frame.value, strict=True))


def closings(log: EventLog, place: int, value: float = 1.0) -> list[float]:
    closed = rows(log, "ROAD_CLOSED")
    return closed.time_s[(closed.place == place) & (closed.value == value)].tolist()


def test_the_same_flood_meets_every_policy(logs: dict[str, EventLog]) -> None:
    depths = [timed(rows(log, "ROAD_DEPTH")) for log in logs.values()]
    warned = [timed(rows(log, "WARNED")) for log in logs.values()]
    assert len(depths[0]) > 20
    assert all(one == depths[0] for one in depths)
    assert len(warned[0]) == 2
    assert all(one == warned[0] for one in warned)


def test_depth_is_logged_where_it_passes_a_class_and_nowhere_else(
    wet: Scenario, shared: Replication, logs: dict[str, EventLog]
) -> None:
    """Told again from the undisturbed flood itself."""
    flood = shared.undisturbed
    assert flood is not None
    before, expected = np.zeros(len(flood.street_depth_m(0)), dtype=int), []
    for k in range(1, round(wet.duration / wet.flood.every)):
        depth = flood.street_depth_m(k)
        now = np.digitize(depth, CLASSES_M)
        moved = np.flatnonzero(now != before)
        expected += [(k * wet.flood.every, first_street(shared) + int(i), float(depth[i])) for i in moved]
        before = now
    assert timed(rows(logs["open"], "ROAD_DEPTH")) == expected


def test_cars_are_caught_where_their_own_thresholds_are_passed(
    wet: Scenario, shared: Replication, logs: dict[str, EventLog]
) -> None:
    """In the open underpass the rate is constant from the look at which it is deep enough."""
    place = places(shared)[0]
    caught = rows(logs["open"], "CAUGHT")
    mine = caught[caught.place == place]
    flood, draws = shared.undisturbed, Draws(wet.seed, 0)
    assert flood is not None
    k = next(k for k in range(100) if flood.street_depth_m(k)[place - first_street(shared)] >= wet.flood.cars.stall_at)
    rate = 500.0 * wet.flood.cars.drive_in / 3600.0
    gaps = [draws.exponential("caught", place - first_street(shared), i) / rate for i in range(3)]
    np.testing.assert_allclose(mine.time_s, k * wet.flood.every + np.cumsum(gaps), atol=0.01)
    assert mine.value.tolist() == [0.0, 1.0, 2.0]


def test_behind_the_last_who_stalls_all_turn_round(wet: Scenario, logs: dict[str, EventLog]) -> None:
    per_street = rows(logs["open"], "CAUGHT").groupby("place").size()
    assert per_street.max() == wet.flood.cars.at_most


def test_a_policy_that_closes_changes_nobodys_luck_elsewhere(shared: Replication, logs: dict[str, EventLog]) -> None:
    caught = {name: rows(log, "CAUGHT") for name, log in logs.items()}
    elsewhere = {name: timed(one[~one.place.isin(places(shared))]) for name, one in caught.items()}
    assert elsewhere["open"]
    assert all(one == elsewhere["open"] for one in elsewhere.values())


def test_a_closed_underpass_catches_nobody(shared: Replication, logs: dict[str, EventLog]) -> None:
    place = places(shared)[0]
    assert (rows(logs["open"], "CAUGHT").place == place).sum() == 3
    for name in ("depth", "rain", "orange"):
        assert not (rows(logs[name], "CAUGHT").place == place).any(), name


def test_by_depth_it_is_closed_when_the_gauge_tells_that_depth(
    wet: Scenario, shared: Replication, logs: dict[str, EventLog]
) -> None:
    place, flood, every = places(shared)[0], shared.undisturbed, wet.flood.every
    assert flood is not None
    k = next(k for k in range(100) if flood.street_depth_m(k)[place - first_street(shared)] >= 0.27)
    assert closings(logs["depth"], place) == [k * every + wet.flood.gauge_delay]
    assert closings(logs["signed"], place) == [k * every + wet.flood.gauge_delay + 600.0]


def test_cars_that_came_before_a_late_closing_are_those_who_came_without_it(
    shared: Replication, logs: dict[str, EventLog]
) -> None:
    closed_s = closings(logs["signed"], places(shared)[0])[0]
    never, late = rows(logs["open"], "CAUGHT"), rows(logs["signed"], "CAUGHT")
    assert timed(late[late.time_s < closed_s]) == timed(never[never.time_s < closed_s])


def test_by_rain_all_are_closed_once_the_mean_of_ten_minutes_is_so_hard(
    shared: Replication, logs: dict[str, EventLog]
) -> None:
    """60 mm/h for nine of ten minutes are 54 mm/h, for eight 48."""
    for place in places(shared):
        assert closings(logs["rain"], place) == [RAIN_BEGINS_S + 540.0]


def test_by_warning_all_are_closed_at_a_higher_level_too(shared: Replication, logs: dict[str, EventLog]) -> None:
    """10 mm have fallen after 10 min: blue is too low; 20 mm after 20 min: red is higher than orange."""
    warned = rows(logs["orange"], "WARNED")
    assert list(zip(warned.time_s, warned.value, strict=True)) == [(1200.0, 1.0), (1800.0, 4.0)]
    for place in places(shared):
        assert closings(logs["orange"], place) == [1800.0]


def test_each_opens_again_once_what_closed_it_is_over_and_its_water_gone(
    wet: Scenario, shared: Replication, logs: dict[str, EventLog]
) -> None:
    flood, every = shared.undisturbed, wet.flood.every
    assert flood is not None
    for place in places(shared):
        depth = [flood.street_depth_m(k)[place - first_street(shared)] for k in range(round(wet.duration / every))]
        dry_s = (1 + max((k for k, d in enumerate(depth) if d >= 0.05), default=0)) * every + wet.flood.gauge_delay
        for name in ("depth", "rain", "orange"):
            if closings(logs[name], place):
                assert closings(logs[name], place, 0.0) == [max(dry_s, RAIN_ENDS_S + every)], name


def test_the_same_seed_gives_the_same_bytes(wet: Scenario, logs: dict[str, EventLog]) -> None:
    again = replicate(wet, 0, ["signed"])["signed"]
    assert again.digest() == logs["signed"].digest()


def test_cars_come_again_after_it_was_dry(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Those who stalled are towed; the next flood catches others, by the next thresholds."""
    rain = {"storm": {"block": {"intensity": "60 mm/h", "duration": "30 min"}}, "spread": "even", "warnings": None}
    twice = scenario(
        tmp_path_factory.mktemp("twice"),
        hazards=[{"rain": {"begins": "14:10", **rain}}, {"rain": {"begins": "17:00", **rain}}],
        duration="4 h",
    )
    shared = prepare(twice, 0)
    caught = rows(World(shared, "open").run(), "CAUGHT")
    mine = caught[caught.place == places(shared)[0]]
    assert mine.value.tolist() == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    assert mine.time_s.iloc[3] > 3.0 * 3600.0
    assert not len(rows(World(shared, "orange").run(), "ROAD_CLOSED"))


def test_at_night_fewer_drive_in(tmp_path_factory: pytest.TempPathFactory) -> None:
    def first_caught_s(start: str, begins: str) -> float:
        rain = {"begins": begins, "storm": {"block": {"intensity": "60 mm/h", "duration": "30 min"}}, "spread": "even"}
        chosen = scenario(tmp_path_factory.mktemp("hours"), start=start, hazards=[{"rain": rain}])
        shared = prepare(chosen, 0)
        caught = rows(World(shared, "open").run(), "CAUGHT")
        flood = shared.undisturbed
        assert flood is not None
        street = places(shared)[0] - first_street(shared)
        k = next(k for k in range(100) if flood.street_depth_m(k)[street] >= chosen.flood.cars.stall_at)
        return float(caught.time_s[caught.place == places(shared)[0]].iloc[0]) - k * 60.0

    assert first_caught_s("23:00", "23:10") == pytest.approx(10.0 * first_caught_s("12:00", "12:10"), abs=0.1)


def test_where_nothing_is_wet_no_street_is_ever_logged(tmp_path_factory: pytest.TempPathFactory) -> None:
    rain = {"begins": "14:10", "storm": {"block": {"intensity": "0.1 mm/h", "duration": "5 min"}}, "spread": "even"}
    dry = scenario(tmp_path_factory.mktemp("dry"), hazards=[{"rain": rain}])
    for log in replicate(dry, 0, ["open", "depth", "rain", "orange"]).values():
        assert not len(rows(log, "ROAD_DEPTH", "ROAD_CLOSED", "CAUGHT", "WARNED"))
