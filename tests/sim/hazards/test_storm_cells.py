"""Moving rain cells: how many, how hard they rain, where they go, and that luck belongs to each of them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim.draws import Draws
from sim.errors import CityOpsError
from sim.hazards.storm_cells import StormCells, storm_cells
from sim.scenario.rain import Cells

EXTENT = (0.0, 10_000.0, 0.0, 10_000.0)
MIDDLE = np.array([5000.0])


def drawn(
    cells: Cells | None = None, *, replication: int = 0, duration_s: float = 7200.0, index: int = 0
) -> StormCells:
    """The cells over a town of 10 km."""
    return storm_cells(cells or Cells(), Draws(1, replication), extent=EXTENT, duration_s=duration_s, index=index)


def single(*, velocity: tuple[float, float] = (0.0, 0.0), radius: float = 1000.0) -> StormCells:
    """One cell over the middle of the town, from 0 to 1200 s."""
    one = {
        "born_s": np.array([0.0]),
        "life_s": np.array([1200.0]),
        "x_m": MIDDLE,
        "y_m": MIDDLE,
        "radius_m": np.array([radius]),
        "peak": np.array([2.0]),
    }
    return StormCells(**one, velocity_m_s=velocity)


def test_a_cell_is_a_gaussian_that_rises_and_falls() -> None:
    cell = single()
    x = np.array([5000.0, 6000.0, 7000.0])
    np.testing.assert_allclose(cell.at(600.0, x_m=x, y_m=MIDDLE)[0], 2.0 * np.exp([0.0, -0.5, -2.0]))
    diagonal = cell.at(600.0, x_m=np.array([5600.0]), y_m=np.array([4200.0]))
    assert diagonal[0, 0] == pytest.approx(2.0 * math.exp(-0.5))
    assert cell.at(200.0, x_m=MIDDLE, y_m=MIDDLE)[0, 0] == pytest.approx(2.0 * math.sin(math.pi / 6.0))
    for outside in (-1.0, 1200.0, 5000.0):
        assert cell.at(outside, x_m=MIDDLE, y_m=MIDDLE)[0, 0] == 0.0


def test_a_cell_drifts_with_its_velocity() -> None:
    cell = single(velocity=(3.0, -4.0))
    x, y = np.array([5000.0 + 3.0 * 300.0]), np.array([5000.0 - 4.0 * 300.0])
    assert cell.at(900.0, x_m=x, y_m=y)[0, 0] == pytest.approx(2.0 * math.sin(0.75 * math.pi))


def test_a_cell_that_is_far_away_adds_nothing() -> None:
    assert single().at(600.0, x_m=np.array([0.0]), y_m=MIDDLE)[0, 0] == 0.0
    assert single().at(600.0, x_m=MIDDLE, y_m=np.array([9500.0]))[0, 0] == 0.0


def test_rows_and_columns_are_north_up() -> None:
    x, y = np.array([4000.0, 5000.0]), np.array([7000.0, 5000.0, 3000.0])
    rain = single().at(600.0, x_m=x, y_m=y)
    assert rain.shape == (3, 2)
    assert int(rain.argmax()) == 1 * 2 + 1


def test_the_mean_of_many_storms_is_one_everywhere_and_always() -> None:
    """Campbell's theorem; no dry border, no slow begin, whatever the drift."""
    cells = Cells(rate=8.0, speed=10.0, towards="E")
    places = np.array([100.0, 5000.0, 9900.0])
    storms = [drawn(cells, replication=i) for i in range(150)]
    for time in (0.0, 3600.0, 7200.0):
        rain = np.array([storm.at(time, x_m=places, y_m=places) for storm in storms])
        error = rain.std(axis=0) / math.sqrt(len(storms))
        assert (np.abs(rain.mean(axis=0) - 1.0) < 4.0 * error).all(), time


def test_the_variance_of_many_storms_is_that_of_the_model() -> None:
    """Campbell's second theorem: the rate times the integral of the square; exponential peaks, exponential lives."""
    cells = Cells(rate=8.0, speed=0.0, radius_spread=0.0)
    rain = np.array(
        [drawn(cells, replication=i, duration_s=1.0).at(0.5, x_m=MIDDLE, y_m=MIDDLE)[0, 0] for i in range(1000)]
    )
    rate = 8.0 / 1e8 / 3600.0
    life = 2400.0 * (1.0 - 4.0 * math.exp(-4.0) / (1.0 - math.exp(-4.0)))
    peak = 1.0 / (rate * 2.0 * math.pi * 2000.0**2 * life * 2.0 / math.pi)
    variance = rate * 2.0 * peak**2 * math.pi * 2000.0**2 * life * 0.5
    assert rain.var() == pytest.approx(variance, rel=0.25)


def test_the_same_seed_gives_the_same_cells_and_another_replication_others() -> None:
    first, again, other, second_storm = drawn(), drawn(), drawn(replication=1), drawn(index=1)
    for name in ("born_s", "life_s", "x_m", "y_m", "radius_m", "peak"):
        assert getattr(first, name).tobytes() == getattr(again, name).tobytes()
    assert not np.array_equal(first.x_m[:5], other.x_m[:5])
    assert not np.array_equal(first.x_m[:5], second_storm.x_m[:5])
    assert first.velocity_m_s != other.velocity_m_s


def test_larger_cells_keep_the_luck_of_their_lives() -> None:
    """Fates are keyed: what one purpose is given does not shift what another draws."""
    small, large = drawn(Cells(speed=0.0, radius_spread=0.0)), drawn(Cells(speed=0.0, radius=4000.0, radius_spread=0.0))
    n = min(len(small.life_s), len(large.life_s))
    shared = np.intersect1d(small.life_s, large.life_s)
    assert len(shared) == n


def test_cells_are_ordered_by_birth_and_live_at_most_four_mean_lives() -> None:
    cells = drawn()
    assert (np.diff(cells.born_s) >= 0.0).all()
    assert cells.life_s.max() <= 4.0 * 2400.0 and cells.life_s.min() > 0.0
    assert cells.life_s.mean() == pytest.approx(2400.0 * 0.925, rel=0.1)


@pytest.mark.parametrize(
    ("towards", "east", "north"), [("N", 0, 1), ("E", 1, 0), ("S", 0, -1), ("W", -1, 0), ("SW", -0.7071, -0.7071)]
)
def test_a_direction_is_where_the_cells_go_to(towards: str, east: float, north: float) -> None:
    cells = drawn(Cells.model_validate({"speed": 5.0, "towards": towards}))
    assert cells.velocity_m_s == pytest.approx((5.0 * east, 5.0 * north), abs=1e-3)


def test_any_direction_is_drawn_with_the_stated_speed() -> None:
    velocities = [drawn(replication=i).velocity_m_s for i in range(50)]
    assert all(math.hypot(*velocity) == pytest.approx(15.0 / 3.6) for velocity in velocities)
    quarters = {(east > 0.0, north > 0.0) for east, north in velocities}
    assert len(quarters) == 4


def test_more_cells_than_can_be_kept_are_refused() -> None:
    with pytest.raises(CityOpsError, match="too many rain cells"):
        drawn(Cells(rate=1000.0, radius=20_000.0), duration_s=864_000.0)
