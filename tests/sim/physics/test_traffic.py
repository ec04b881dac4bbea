"""Depth on streets, and what it does to the speed on them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.city.streets import Structure
from sim.physics.traffic import WetStreets, wet_speed_m_s
from sim.physics.undisturbed import Undisturbed
from tests.sim.physics.flooded_town import flood, town, underpasses

KM_H = 1.0 / 3.6


def wet() -> WetStreets:
    return WetStreets(town().streets, town().crosswalk)


@pytest.mark.parametrize(("depth_m", "km_h"), [(0.0, 86.9448), (0.15, 24.3), (0.25, 5.0), (0.3, 2.1)])
def test_speed_falls_with_depth_as_published(depth_m: float, km_h: float) -> None:
    assert wet_speed_m_s(np.array([depth_m]))[0] / KM_H == pytest.approx(km_h, abs=0.05)


@given(st.lists(st.floats(0.0, 5.0), min_size=2, max_size=20))
def test_deeper_water_is_never_faster_and_never_stops_a_vehicle_that_wades(depths: list[float]) -> None:
    speed = wet_speed_m_s(np.sort(np.array(depths)))
    assert (np.diff(speed) <= 1e-12).all()
    assert (speed > 0.5).all()


def test_the_deepest_cell_of_its_carriageway_is_a_streets_depth() -> None:
    layers, rng = town(), np.random.default_rng(4)
    ground = rng.uniform(0.0, 2.0, layers.terrain.shape).astype(np.float32)
    depth = wet().depth_m(ground)
    assert depth.dtype == np.float32
    for street in range(layers.streets.n_streets):
        cells = layers.crosswalk.cells.at(street)
        on_ground = layers.streets.structure[street] in (Structure.SURFACE, Structure.UNDERPASS)
        expected = ground.ravel()[cells].max() if len(cells) and on_ground else 0.0
        assert depth[street] == expected


def test_no_water_reaches_bridges() -> None:
    layers = town(3)
    bridges = np.flatnonzero(layers.streets.structure == Structure.BRIDGE)
    assert len(bridges)
    deep = np.ones(layers.terrain.shape, dtype=np.float32)
    depth = WetStreets(layers.streets, layers.crosswalk).depth_m(deep)
    assert (depth[bridges] == 0.0).all()
    assert (depth[underpasses(layers)] == 1.0).all()


def test_on_dry_streets_one_drives_as_ever() -> None:
    streets = town().streets
    dry = np.zeros(streets.n_streets, dtype=np.float32)
    for hour in (3, 8):
        assert wet().times_s(hour, dry, wading_m=0.5) == pytest.approx(streets.times_s(hour))


def test_shallow_water_holds_up_nobody_whom_traffic_slows_more() -> None:
    streets = town().streets
    film = np.full(streets.n_streets, 0.001, dtype=np.float32)
    assert wet().times_s(8, film, wading_m=0.5) == pytest.approx(streets.times_s(8))


def test_both_ways_along_a_street_the_water_slows_and_beyond_wading_it_stops() -> None:
    streets = town().streets
    two_way = int(np.flatnonzero(~streets.is_one_way)[0])
    arcs = np.flatnonzero(streets.street_of_arc == two_way)
    assert len(arcs) == 2
    depth = np.zeros(streets.n_streets, dtype=np.float32)
    for deep_m, expected in [
        (0.2, streets.length_m[two_way] / wet_speed_m_s(np.array([np.float32(0.2)]))[0]),
        (0.5, streets.length_m[two_way] / wet_speed_m_s(np.array([0.3]))[0]),
        (0.51, np.inf),
    ]:
        depth[two_way] = deep_m
        times = wet().times_s(3, depth, wading_m=0.5)
        assert times[arcs] == pytest.approx(expected)
        others = np.delete(np.arange(len(times)), arcs)
        assert times[others] == pytest.approx(streets.times_s(3)[others])


def test_the_undisturbed_flood_is_computed_once_and_looked_at_in_any_order() -> None:
    straight, shared = flood(), Undisturbed(flood(), wet(), every_s=60.0)
    late = shared.street_depth_m(20)
    straight.advance(600.0)
    assert (shared.street_depth_m(10) == wet().depth_m(straight.depth_m())).all()
    straight.advance(1200.0)
    assert (late == wet().depth_m(straight.depth_m())).all()
    assert shared.street_depth_m(20) is late
    assert not shared.street_depth_m(0).any()
    assert shared.balance() == straight.balance()
    assert (shared.peak_m() == straight.peak_m()).all()
