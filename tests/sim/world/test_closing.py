"""The control room before its barriers: what it is told and when, and orders that need a signature."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sim.city.streets import Structure
from sim.policies.close import UnderpassView
from sim.record.eventlog import EventLog
from sim.scenario.schema import Scenario
from sim.world.clock import Owner, Phase, Steps
from sim.world.replication import Replication, prepare
from sim.world.world import World
from tests.sim.world.flooded import rows, scenario

Rule = Callable[[UnderpassView], bool]


@pytest.fixture(scope="module")
def wet(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    return scenario(tmp_path_factory.mktemp("wet"), flood__gauge_delay="3 min")


@pytest.fixture(scope="module")
def shared(wet: Scenario) -> Replication:
    return prepare(wet, 0)


@pytest.fixture
def ruled(shared: Replication, monkeypatch: pytest.MonkeyPatch) -> Callable[..., EventLog]:
    """A function that runs a policy with a rule in place of its own."""

    def run(rule: Rule, *, policy: str = "open") -> EventLog:
        monkeypatch.setattr("sim.world.world.load_closing", lambda scenario, name: rule)
        return World(shared, policy).run()

    return run


def underpasses(shared: Replication) -> list[int]:
    assert shared.city.layers is not None
    return np.flatnonzero(shared.city.layers.streets.structure == Structure.UNDERPASS).tolist()


def test_the_control_room_sees_late_depths_the_mean_of_ten_minutes_and_the_warning(
    wet: Scenario, shared: Replication, ruled: Callable[..., EventLog]
) -> None:
    seen: list[UnderpassView] = []
    ruled(lambda view: bool(seen.append(view)))
    first, *_ = underpasses(shared)
    mine = [view for view in seen if view.street == first]
    assert len(mine) == len(seen) // len(underpasses(shared)) == 149
    flood = shared.undisturbed
    assert flood is not None
    for k, view in enumerate(mine, start=1):
        told = k > 3
        assert view.depth_m == (flood.street_depth_m(k - 3)[first] if told else 0.0)
        assert view.age_s == (180.0 if told else k * 60.0)
        rained = np.clip([k - 20.0, k - 10.0], -10.0, 30.0)  # minutes since it began, ten minutes ago and now
        assert view.rain_m_s * 3.6e6 == pytest.approx(6.0 * np.diff(np.maximum(rained, 0.0))[0], abs=1e-4)
        assert view.warning == ("" if k < 20 or k > 40 else "blue" if k < 30 else "red")
        assert not view.is_closed


def closings(log: EventLog, shared: Replication) -> list[tuple[float, float]]:
    """Of the first underpass."""
    closed = rows(log, "ROAD_CLOSED")
    mine = closed[closed.place == underpasses(shared)[0] + shared.city.n_nodes + shared.city.n_links]
    return list(zip(mine.time_s, mine.value, strict=True))


def counting(wanted: list[range]) -> Rule:
    """A rule that wants to close in these minutes, whatever it sees."""
    minute: dict[int, int] = {}

    def rule(view: UnderpassView) -> bool:
        minute[view.street] = minute.get(view.street, 0) + 1
        return any(minute[view.street] in one for one in wanted)

    return rule


def test_what_is_over_before_the_signature_closes_nothing(shared: Replication, ruled: Callable[..., EventLog]) -> None:
    """Ten minutes until somebody signs; asked again, it takes them again."""
    log = ruled(counting([range(2, 8), range(9, 25)]), policy="signed")
    assert closings(log, shared)[0] == (19 * 60.0, 1.0)


def test_without_a_signature_it_is_closed_at_once_and_opened_once_it_is_over(
    shared: Replication, ruled: Callable[..., EventLog]
) -> None:
    """Before any water: nothing else keeps it closed."""
    log = ruled(counting([range(2, 5), range(7, 8)]))
    assert closings(log, shared) == [(120.0, 1.0), (300.0, 0.0), (420.0, 1.0), (480.0, 0.0)]


def test_water_keeps_closed_what_nobody_wants_closed_any_more(
    shared: Replication, ruled: Callable[..., EventLog]
) -> None:
    closed, opened = closings(ruled(counting([range(25, 30)])), shared)
    flood, street = shared.undisturbed, underpasses(shared)[0]
    assert flood is not None and closed == (1500.0, 1.0)
    last_wet = max(k for k in range(150) if flood.street_depth_m(k)[street] >= 0.05)
    assert opened == ((last_wet + 1 + 3) * 60.0, 0.0)


def test_travel_times_follow_the_hour_the_water_and_the_barriers(wet: Scenario, shared: Replication) -> None:
    world, seen = World(shared, "depth"), []

    def look() -> Steps:
        for at_s in (60.0, 1980.0, 3570.0, 3600.0, 8970.0):
            yield world.clock.at(at_s, Phase.DECIDE, Owner.CLOSING, 1)
            assert world.floods is not None
            seen.append((int(at_s), world.roads.time_s.copy(), world.floods.is_closed.copy()))

    world.clock.start(look())
    world.run()
    layers, flood, streets = shared.city.layers, shared.undisturbed, shared.wet
    assert layers is not None and flood is not None and streets is not None
    for at_s, time_s, is_closed in seen:
        depth = flood.street_depth_m(at_s // 60)
        expected = streets.times_s(14 + at_s // 3600, depth, wading_m=wet.flood.crews_wade)
        expected[is_closed[layers.streets.street_of_arc]] = np.inf
        np.testing.assert_allclose(time_s, expected, atol=0.001)
    assert [bool(is_closed.any()) for _, _, is_closed in seen] == [False, True, True, True, False]
    assert not np.array_equal(seen[2][1], seen[3][1])


def test_where_there_is_no_underpass_nothing_is_closed(tmp_path: Path) -> None:
    flat = scenario(tmp_path, city__synthetic__railway=False, duration="1 h")
    shared = prepare(flat, 0)
    assert not underpasses(shared)
    assert not len(rows(World(shared, "rain").run(), "ROAD_CLOSED"))


def test_a_rule_of_ones_own_closes(tmp_path: Path) -> None:
    source = "def early(view):\n    return view.rain_m_s > 0 and view.depth_m > 0.1\n"
    (tmp_path / "rules.py").write_text(source)
    own = scenario(tmp_path, policies__open={"close": {"python": "rules.py:early"}})
    assert rows(World(prepare(own, 0), "open").run(), "ROAD_CLOSED").value.tolist() == [1.0, 0.0]
