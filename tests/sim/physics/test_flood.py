"""Ground and sewers under one rain: every volume is booked on both sides, and hands from outside do what they do."""

from __future__ import annotations

import numpy as np
import pytest

from sim.city.drainage import DrainNodeKind
from sim.city.surface_flow import UnsoundFlow
from sim.city.terrain import Cover, Terrain
from sim.physics.flood import WEIR, Flood, lowest_around
from tests.sim.physics.flooded_town import MM_H, EvenRain, depth_under_railway_m, flood, pumps, town, underpasses


@pytest.fixture(scope="module")
def rained() -> Flood:
    """Half an hour of rain and half an hour after it; not to be moved on."""
    one = flood()
    one.advance(3600.0)
    return one


def state(one: Flood) -> tuple[bytes, bytes, dict[str, float]]:
    return one.depth_m().tobytes(), one.level_below_ground_m().tobytes(), one.balance()


def test_the_rain_is_all_of_what_fell(rained: Flood) -> None:
    cells = town().terrain.elevation_m.size
    assert rained.balance()["rain"] == pytest.approx(60.0 * MM_H * 1800.0 * cells * 20.0**2, rel=1e-6)


def test_of_the_rain_nothing_is_missing_on_the_ground(rained: Flood) -> None:
    b = rained.balance()
    went = b["on_ground"] + b["infiltrated"] + b["left"] + b["into_drains"] - b["out_of_drains"] + b["trucks"]
    assert went == pytest.approx(b["rain"], rel=1e-6)
    assert min(b["on_ground"], b["infiltrated"], b["left"], b["into_drains"], b["out_of_drains"]) > 0.0


def test_what_left_the_ground_is_in_the_sewers_or_came_out_at_their_ends(rained: Flood) -> None:
    b = rained.balance()
    down = b["into_drains"] - b["out_of_drains"]
    held = b["in_drains"] + b["outfalls"] + b["between"] + b["drains_error"]
    assert held == pytest.approx(down, abs=0.1)  # what the sewers held at first
    assert abs(b["drains_error"]) < 0.01 * down


def test_both_sides_book_the_same_exchange(rained: Flood) -> None:
    """What the sewers were given and gave back, by their own books, is what the ground gave and got."""
    sewers, b = rained._drains.balance(), rained.balance()
    net = sewers["inflow_m3"] - rained._drains.flooded().sum() + b["between"]
    assert net == pytest.approx(b["into_drains"] - b["out_of_drains"], rel=1e-9)


def test_water_does_not_go_round_and_round_at_full_manholes(rained: Flood) -> None:
    b = rained.balance()
    assert b["out_of_drains"] < 0.2 * b["into_drains"]


def test_without_rain_a_dry_town_stays_dry() -> None:
    one = flood(0.0)
    one.advance(1800.0)
    b = one.balance()
    assert not one.depth_m().any()
    assert b["rain"] == b["into_drains"] == b["out_of_drains"] == b["infiltrated"] == 0.0


def test_halting_on_the_way_changes_no_bit() -> None:
    halting, straight = flood(), flood()
    for to_s in (10.0, 620.0, 1810.0, 2000.0):
        halting.advance(to_s)
    straight.advance(2000.0)
    assert state(halting) == state(straight)


def test_a_fork_goes_on_with_the_same_bits_and_leaves_its_origin_alone() -> None:
    one, straight = flood(), flood()
    one.advance(900.0)
    before, fork = state(one), one.fork()
    fork.set_truck(0, 0.1)
    fork.set_truck(0, 0.0)
    fork.advance(2000.0)
    straight.advance(2000.0)
    assert state(fork) == state(straight)
    assert state(one) == before
    fork.set_truck(7, 0.1)
    assert one.fork()._trucks == {}


def test_the_number_of_threads_changes_no_bit() -> None:
    one, two = flood(threads=1), flood(threads=2)
    one.advance(900.0)
    two.advance(900.0)
    assert state(one) == state(two)


def test_the_peak_is_never_below_what_stands() -> None:
    one = flood()
    deepest = np.zeros(town().terrain.shape, dtype=np.float32)
    for to_s in (600.0, 1200.0, 1800.0, 2400.0):
        one.advance(to_s)
        deepest = np.maximum(deepest, one.depth_m())
    assert (one.peak_m() >= deepest).all()


def deepest_cell(one: Flood) -> int:
    cells = town().crosswalk.cells.at(int(underpasses(town())[0]))
    return int(cells[one.depth_m().ravel()[cells].argmax()])


def test_a_pump_truck_lowers_the_water_by_what_is_booked() -> None:
    one = flood()
    one.advance(1800.0)
    alone, pumped = one, one.fork()
    pumped.set_truck(deepest_cell(one), 3000.0 / 3600.0)
    pumped.advance(2400.0)
    alone.advance(2400.0)
    b = pumped.balance()
    assert b["trucks"] == pytest.approx(3000.0 / 3600.0 * 600.0, rel=1e-6)
    assert depth_under_railway_m(pumped) < depth_under_railway_m(alone)
    went = b["on_ground"] + b["infiltrated"] + b["left"] + b["into_drains"] - b["out_of_drains"] + b["trucks"]
    assert went == pytest.approx(b["rain"], rel=1e-6)


def test_a_pump_truck_takes_no_more_than_there_is() -> None:
    one = flood(0.0)
    one.set_truck(0, 1.0)
    one.advance(600.0)
    assert one.balance()["trucks"] == 0.0


def test_a_pump_truck_that_has_gone_pumps_no_more() -> None:
    one = flood()
    one.advance(1800.0)
    one.set_truck(deepest_cell(one), 0.5)
    one.advance(1860.0)
    one.set_truck(deepest_cell(one), 0.0)
    taken = one.balance()["trucks"]
    one.advance(2400.0)
    assert one.balance()["trucks"] == taken == pytest.approx(30.0, rel=1e-6)


@pytest.mark.parametrize(("cell", "flow"), [(-1, 1.0), (10**9, 1.0), (0, -1.0), (0, float("nan"))])
def test_a_pump_truck_stands_in_the_town_and_pumps_outward(cell: int, flow: float) -> None:
    with pytest.raises(AssertionError):
        flood().set_truck(cell, flow)


def test_pumps_that_stand_still_let_their_underpass_fill_and_run_again_when_released() -> None:
    """In harder rain the sewer that they pump into is full itself, and what they pump comes back."""
    running, still = flood(30.0), flood(30.0)
    assert len(pumps(town()))
    for pump in pumps(town()).tolist():
        still.hold_pump(pump, 0.0)
    running.advance(2400.0)
    still.advance(2400.0)
    assert depth_under_railway_m(still) > depth_under_railway_m(running) + 0.01
    released = still.fork()
    for pump in pumps(town()).tolist():
        released.release_pump(pump)
    released.advance(3000.0)
    still.advance(3000.0)
    assert depth_under_railway_m(released) < depth_under_railway_m(still)


def test_sewers_fill_from_below_and_are_never_above_their_rim() -> None:
    one = flood()
    free = one.level_below_ground_m()
    one.advance(1200.0)
    filled = one.level_below_ground_m()
    assert len(free) == int((town().drainage.node_kind != DrainNodeKind.OUTFALL).sum())
    assert (filled >= 0.0).all() and (filled <= free).all() and (filled < free).any()


def test_longer_rims_take_more_before_the_sewers_are_full() -> None:
    narrow, wide = flood(20.0, gully_rim_m=2.0), flood(20.0, gully_rim_m=8.0)
    narrow.advance(900.0)
    wide.advance(900.0)
    assert wide.balance()["into_drains"] > narrow.balance()["into_drains"] > 0.0


def test_the_first_inflow_is_that_of_the_free_weir() -> None:
    """A film over every cell: what runs over the rims in the next interval is the formula's, to the kernel's bits."""
    one = flood(30.0)
    one.advance(300.0)
    assert one.balance()["out_of_drains"] == one.balance()["between"] == 0.0
    depth = one.depth_m().ravel()[one._cell].astype(float)
    free = (one.level_below_ground_m() > 0.5) & (depth > 0.0)
    assert free.any()
    assert one._inflow_m3s(10.0)[free] == pytest.approx(
        np.minimum(WEIR * 6.6 * depth**1.5, 0.8 * depth * 400.0 / 10.0)[free]
    )


def test_a_shorter_interval_of_exchange_changes_depths_little() -> None:
    """Halving it five times over moves the water in the underpass by no more than a few centimetres."""
    coarse, fine = flood(exchange_s=10.0), flood(exchange_s=2.0)
    coarse.advance(2400.0)
    fine.advance(2400.0)
    assert depth_under_railway_m(coarse) > 0.3
    assert depth_under_railway_m(coarse) == pytest.approx(depth_under_railway_m(fine), abs=0.05)


def test_water_gathers_in_the_lowest_of_the_cells_around() -> None:
    height = np.array([[5.0, 4.0, 9.0], [3.0, 6.0, 7.0], [2.0, 8.0, 1.0]], dtype=np.float32)
    terrain = Terrain(height, 10.0)
    points = np.array([[15.0, 15.0], [5.0, 25.0], [25.0, 25.0], [-5.0, 15.0]])
    assert lowest_around(terrain, points).tolist() == [8, 3, 1, -1]
    level = Terrain(np.ones((3, 3), dtype=np.float32), 10.0)
    assert lowest_around(level, points[:1]).tolist() == [4]


def test_where_no_cover_is_known_nothing_seeps_away() -> None:
    layers = town()
    bare = Terrain(layers.terrain.elevation_m, 20.0, origin=layers.terrain.origin)
    one = Flood(bare, layers.drainage, EvenRain(60.0, 600.0))
    one.advance(600.0)
    assert one.balance()["infiltrated"] == 0.0
    assert set(np.unique(layers.terrain.cover)) & {Cover.GREEN, Cover.BUILT}


def test_numbers_that_fail_are_told_with_their_place() -> None:
    one = flood()
    one.advance(600.0)
    one._spill_m3 = np.full_like(one._spill_m3, 1e9)  # water that no town ever saw
    with pytest.raises(UnsoundFlow, match="cell"):
        one.advance(660.0)
