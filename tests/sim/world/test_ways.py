"""Crews and streets that are shut: nobody is sent where no way leads, and whoever is on the way turns off or waits."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.record.eventlog import EventLog
from sim.record.kinds import CrewState
from sim.scenario.schema import Scenario
from sim.world.clock import Owner, Phase
from sim.world.crews import Crew
from sim.world.replication import prepare
from sim.world.world import World
from tests.sim.world.flooded import bursting, disturbed, rows

Acts = Generator[Any, Any, None]


@pytest.fixture
def dry(tmp_path: Path) -> Scenario:
    return bursting(tmp_path)


def wait(world: World, seconds: float) -> Any:
    """What a process yields; after whatever else happens at that time."""
    return world.clock.at(world.clock.now_s + seconds, Phase.DECIDE, Owner.CLOSING)


def until_driving(world: World) -> Generator[Any, Any, Crew]:
    """Wait for the first crew that drives to a case with at least three streets ahead of it."""
    while True:
        yield wait(world, 1.0)
        for crew in world.crews:
            if crew.state is CrewState.DRIVING and crew._way is not None and len(crew._way[0]) > 3:
                return crew


def streets_between(world: World, tails: Iterable[int], heads: Iterable[int]) -> list[int]:
    """The streets along which one drives from each tail to its head."""
    pairs, layers = set(zip(tails, heads, strict=True)), world.city.layers
    assert layers is not None
    arcs = [a for a in range(world.roads.n_arcs) if (world.roads.tail[a], world.roads.head[a]) in pairs]
    return sorted(set(layers.streets.street_of_arc[arcs].tolist()))


def shut(world: World, streets: Iterable[int], *, is_closed: bool = True) -> None:
    assert world.floods is not None
    for street in streets:
        world.floods.close(street, is_closed=is_closed)


def all_at(world: World, corner: int) -> list[int]:
    layers = world.city.layers
    assert layers is not None
    return np.flatnonzero((layers.streets.tail == corner) | (layers.streets.head == corner)).tolist()


def has_way_round(world: World, street: int, node: int, target: int) -> bool:
    """Whether one gets there without the street."""
    layers, roads = world.city.layers, world.roads.fork()
    assert layers is not None
    roads.set_times(np.flatnonzero(layers.streets.street_of_arc == street), np.inf)
    return bool(np.isfinite(roads.travel_time(node, target)))


def travelled_s(log: EventLog) -> float:
    """From leaving to arriving."""
    frame = log.frame()
    return float(frame.time_s[frame.kind == "ON_SITE"].iloc[0] - frame.time_s[frame.kind == "EN_ROUTE"].iloc[0])


def test_undisturbed_a_crew_arrives_when_it_said(dry: Scenario) -> None:
    log = World(prepare(dry, 0), "open").run()
    expected = rows(log, "EN_ROUTE").value.iloc[0]
    assert travelled_s(log) == pytest.approx(expected, abs=0.01)
    assert not len(rows(log, "REROUTED"))


def test_a_crew_whose_way_is_shut_turns_off_at_the_next_corner_and_takes_the_way_that_is_left(dry: Scenario) -> None:
    told: dict[str, float] = {}

    def act(world: World) -> Acts:
        crew = yield from until_driving(world)
        assert crew._way is not None
        nodes, passed_s, began_s = crew._way
        next_, ahead_s = crew.position
        target, at = int(nodes[-1]), nodes.tolist().index(next_)
        ahead = streets_between(world, nodes[at:-1], nodes[at + 1 :])
        shut(world, [next(street for street in ahead if has_way_round(world, street, next_, target))])
        told["at"] = world.clock.now_s
        told["expected"] = ahead_s + world.roads.travel_time(next_, target)
        told["before"] = began_s + float(passed_s[-1]) - world.clock.now_s

    log = disturbed(dry, act)
    rerouted, arrived = rows(log, "REROUTED"), rows(log, "ON_SITE")
    assert rerouted.time_s.iloc[0] == told["at"]
    # The other end of the burst's street may be the nearer one now.
    assert told["before"] <= rerouted.value.iloc[0] <= told["expected"] + 0.01
    assert arrived.time_s.iloc[0] == pytest.approx(told["at"] + rerouted.value.iloc[0], abs=0.01)


def test_streets_that_are_not_on_its_way_turn_no_crew(dry: Scenario) -> None:
    def act(world: World) -> Acts:
        crew = yield from until_driving(world)
        assert crew._way is not None
        nodes = crew._way[0]
        ahead = streets_between(world, nodes[:-1], nodes[1:])
        layers = world.city.layers
        assert layers is not None
        shut(world, [s for s in range(layers.streets.n_streets) if s not in ahead])

    log = disturbed(dry, act)
    assert travelled_s(log) == pytest.approx(rows(log, "EN_ROUTE").value.iloc[0], abs=0.01)
    assert not len(rows(log, "REROUTED"))


def test_a_crew_without_a_way_drives_to_the_next_corner_and_waits_there(dry: Scenario) -> None:
    """Longer than it has to drive to it: then it goes on at once when the streets open."""
    told: dict[str, float] = {}

    def act(world: World) -> Acts:
        crew = yield from until_driving(world)
        assert crew._way is not None
        next_, ahead_s = crew.position
        shut(world, all_at(world, next_))
        yield wait(world, ahead_s / 2.0 // 2.0**-10 * 2.0**-10)
        assert crew.position == (next_, pytest.approx(ahead_s / 2.0, abs=0.01))
        yield wait(world, 600.0)
        assert crew.position == (next_, 0.0)
        shut(world, all_at(world, next_), is_closed=False)
        told["opened"] = world.clock.now_s

    log = disturbed(dry, act)
    rerouted, arrived = rows(log, "REROUTED"), rows(log, "ON_SITE")
    assert rerouted.time_s.iloc[0] == told["opened"]
    assert arrived.time_s.iloc[0] == pytest.approx(told["opened"] + rerouted.value.iloc[0], abs=0.01)


def test_while_it_waits_streets_may_open_elsewhere_and_nothing_comes_of_it(dry: Scenario) -> None:
    opened: list[float] = []

    def act(world: World) -> Acts:
        crew = yield from until_driving(world)
        next_ = crew.position[0]
        shut(world, all_at(world, next_))
        other = next(s for s in range(100) if s not in all_at(world, next_))
        for is_closed in (True, False, True, False):
            yield wait(world, 60.0)
            shut(world, [other], is_closed=is_closed)
        shut(world, all_at(world, next_), is_closed=False)
        opened.append(world.clock.now_s)

    log = disturbed(dry, act)
    assert rows(log, "REROUTED").time_s.tolist() == opened
    assert len(rows(log, "ON_SITE")) >= 1


def test_nobody_is_sent_where_no_way_leads_until_one_is_open(dry: Scenario) -> None:
    depots: list[int] = []

    def act(world: World) -> Acts:
        yield wait(world, 60.0)
        depots.extend({crew.depot for crew in world.crews})
        around = sorted({street for depot in depots for street in all_at(world, depot)})
        shut(world, around)
        yield wait(world, 3600.0)
        assert any(case.places for case in world.ledger.open), "somebody called"
        shut(world, around, is_closed=False)

    log = disturbed(dry, act)
    assert rows(log, "REGISTERED").time_s.iloc[0] < 3660.0
    assert rows(log, "DISPATCHED").time_s.iloc[0] == 3660.0
    assert len(rows(log, "ON_SITE")) == 1


def test_a_crew_that_turns_out_while_its_depot_is_cut_off_leaves_when_a_way_opens(dry: Scenario) -> None:
    opened: list[float] = []

    def act(world: World) -> Acts:
        while not any(crew.state is CrewState.TURNOUT for crew in world.crews):
            yield wait(world, 1.0)
        around = all_at(world, next(crew for crew in world.crews if crew.state is CrewState.TURNOUT).depot)
        shut(world, around)
        yield wait(world, 3600.0)
        opened.append(world.clock.now_s)
        shut(world, around, is_closed=False)

    log = disturbed(dry, act)
    left = rows(log, "EN_ROUTE")
    assert np.isnan(left.value.iloc[0]) and left.time_s.iloc[0] < opened[0] < rows(log, "ON_SITE").time_s.iloc[0]


def test_a_crew_on_its_way_home_waits_without_a_case(dry: Scenario, tmp_path: Path) -> None:
    """It may be sent out again from where it stands."""
    seen: list[tuple[CrewState | None, bool]] = []

    def act(world: World) -> Acts:
        while not any(crew.state is CrewState.RETURNING for crew in world.crews):
            yield wait(world, 1.0)
        crew = next(crew for crew in world.crews if crew.state is CrewState.RETURNING)
        shut(world, all_at(world, crew.depot))
        yield wait(world, 600.0)
        seen.append((crew.state, crew.is_idle))
        shut(world, all_at(world, crew.depot), is_closed=False)
        yield wait(world, 1200.0)
        seen.append((crew.state, crew.node == crew.depot))

    quick = bursting(tmp_path, organisation__departments__water__repair="10 min")
    log = disturbed(quick, act)
    assert seen == [(CrewState.RETURNING, True), (CrewState.IDLE, True)]
    assert not len(rows(log, "REROUTED"))
