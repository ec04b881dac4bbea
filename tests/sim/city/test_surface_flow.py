"""Rain on a terrain: where it goes, what is refused, and in which words."""

import numpy as np
import pytest

from cext.surface import Surface
from sim.city.surface_flow import GreenAmpt, Horton, UnsoundFlow, move, simulate, supercritical_share, surface
from sim.city.terrain import Cover, Terrain
from sim.errors import CityOpsError


def slope(*, cell_m=5.0, **fields):
    rows, columns = np.mgrid[:30, :40]
    bed = 10.0 - 0.02 * 5.0 * columns + 0.1 * np.sin(rows / 3.0)
    return Terrain(bed.astype(np.float32), cell_m, **fields)


def halves():
    cover = np.full((30, 40), Cover.GREEN, np.uint8)
    cover[:, 20:] = Cover.STREET
    return slope(cover=cover)


def test_rain_is_stored_or_leaves():
    flow = simulate(slope(), 60.0, 1200.0)
    balance = flow.balance
    assert balance["rain"] == pytest.approx(0.060 / 3 * 30 * 40 * 25, rel=1e-6)
    assert balance["rain"] == pytest.approx(balance["stored"] + balance["left"], rel=1e-9)
    assert balance["left"] > 0.2 * balance["rain"]
    assert balance["lost"] == 0.0
    assert flow.depth_m.shape == (30, 40)
    assert (flow.max_depth_m >= flow.depth_m).all()
    assert flow.steps >= 1200


def test_between_closed_edges_nothing_leaves():
    assert simulate(slope(), 60.0, 600.0, edges="closed").balance["left"] == 0.0


@pytest.mark.parametrize(
    "soil",
    [
        Horton(first_m_s=1e-3, last_m_s=1e-4, decay_per_s=1e-3),
        GreenAmpt(conductivity_m_s=1e-4, suction_m=0.2, deficit=0.3),
    ],
)
def test_soil_takes_the_rain_of_the_green_and_not_of_the_street(soil):
    flow = simulate(halves(), 36.0, 600.0, soils={Cover.GREEN: soil}, edges="closed")
    assert flow.balance["lost"] == pytest.approx(flow.balance["rain"] / 2, rel=1e-6)
    assert not flow.depth_m[:, :20].any()


def test_a_series_of_rates_ends_and_then_it_is_dry():
    flow = simulate(slope(), np.array([60.0, 0.0, 30.0]), 1800.0, rain_step_s=300.0)
    assert flow.balance["rain"] == pytest.approx(0.0075 * 30 * 40 * 25, rel=1e-6)
    cut = simulate(slope(), np.array([60.0, 0.0, 30.0]), 750.0, rain_step_s=300.0)
    assert cut.balance["rain"] == pytest.approx(0.00625 * 30 * 40 * 25, rel=1e-6)


def test_rain_may_fall_on_a_part():
    rain = np.zeros((30, 40))
    rain[:5, :5] = 100.0
    flow = simulate(slope(), rain, 300.0)
    assert flow.balance["rain"] == pytest.approx(0.1 / 12 * 25 * 25, rel=1e-6)


def test_threads_change_nothing():
    one, two = (simulate(halves(), 80.0, 600.0, threads=k) for k in (1, 2))
    np.testing.assert_array_equal(one.depth_m, two.depth_m)
    assert one.balance == two.balance


def test_steps_are_short_enough_for_films_on_slopes():
    """At 5 s and 5 m the depths on a slope of 5 % swing by as much as they are."""
    bed = np.tile(0.05 * 5.0 * np.arange(80)[::-1], (3, 1)).astype(np.float32)
    flow = simulate(Terrain(bed, 5.0, 0.02), 50.0, 1800.0, least_depth_m=1e-5)
    exact = (50.0 / 3.6e6 * (np.arange(80) + 0.5) * 5.0 * 0.02 / np.sqrt(0.05)) ** 0.6
    np.testing.assert_allclose(flow.depth_m[1, 10:], exact[10:], rtol=0.05)


def test_the_share_of_supercritical_faces_tells_torrents_from_ponds():
    steep = Surface(np.tile(np.linspace(20, 0, 40, dtype=np.float32), (8, 1)), 2.0, manning=0.01)
    steep.set_depth(np.full((8, 40), 0.05, np.float32))
    assert supercritical_share(steep) == 0.0  # nothing moves yet
    steep.advance(1.0)
    assert supercritical_share(steep) > 0.3
    pond = simulate(slope(), 20.0, 300.0, edges="closed")
    assert pond.supercritical < 0.01


@pytest.mark.parametrize(
    ("terrain", "rain", "settings", "message"),
    [
        (slope(), -1.0, {}, "rate_m_s is -.*: must be from 0 to 1"),
        (slope(), np.zeros((3, 3)), {}, "shape"),
        (slope(), np.array([1.0]), {}, "rain_step_s must be above 0, found None"),
        (slope(), 10.0, {"courant": 2.0}, "courant is 2.0"),
        (slope(), 10.0, {"edges": "leaky"}, "one of closed, open, level"),
        (slope(), 10.0, {"duration_s": 0.0}, "duration_s is 0.0: must be above 0"),
        (slope(), 10.0, {"soils": {0: GreenAmpt(conductivity_m_s=1.0, suction_m=1.0, deficit=1.0)}}, "not known"),
    ],
)
def test_what_does_not_fit_is_the_users_mistake(terrain, rain, settings, message):
    with pytest.raises(CityOpsError, match=message):
        simulate(terrain, rain, settings.pop("duration_s", 60.0), **settings)


def test_numbers_that_fail_are_not_the_scenarios_fault():
    ground = surface(slope(), edges="closed")
    ground.set_points(np.zeros(1, np.int32), np.array([1e9]))
    with pytest.raises(UnsoundFlow, match=r"cell \(0, 0\)") as failure:
        move(ground, 10.0, rain_mm_h=0.0)
    assert failure.value.exit_code == 1
