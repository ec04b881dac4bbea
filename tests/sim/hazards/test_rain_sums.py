"""Sums of rain over periods, when they pass a depth, and how much wetter the wettest place is."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.city.storms import Hyetograph
from sim.city.terrain import Terrain
from sim.draws import Draws
from sim.hazards.hyetographs import block, by_steps
from sim.hazards.rain import rain_field
from sim.hazards.rain_fields import RainField, Squares
from sim.hazards.rain_sums import Fallen, wettest
from sim.scenario.rain import Cells, Chicago, Rain, Storm


def even(storm: Hyetograph) -> RainField:
    """Even rain on four squares."""
    squares = Squares.over((0.0, 500.0, 0.0, 500.0), 250.0)
    return RainField(storm, squares, begins_s=0.0, weights=np.ones((2, 2)))


def cloudburst(km: float, *, replication: int, radius: float = 2000.0) -> RainField:
    """The default cells over a town, in three hours as they come to Beijing once in 50 years."""
    cells = int(km * 20)
    terrain = Terrain(np.zeros((cells, cells), np.float32), 50.0)
    storm = Storm(chicago=Chicago(city="Beijing", return_period=50.0, duration=10_800.0))
    rain = Rain(begins=0.0, storm=storm, cells=Cells(radius=radius), step=300.0)
    return rain_field(rain, terrain, Draws(7, replication))


def test_a_period_holds_what_falls_in_it() -> None:
    field = even(by_steps(block(0.06, 3600.0), 300.0))  # 60 mm/h
    sums = Fallen.in_places(field).within(1800.0)
    np.testing.assert_allclose(sums[:, 0], [0, 5, 10, 15, 20, 25, 30, 30, 30, 30, 30, 30, 30], rtol=1e-5)


def test_a_period_that_is_no_multiple_of_five_minutes_is_interpolated() -> None:
    field = even(by_steps(block(0.06, 3600.0), 300.0))
    sums = Fallen.in_places(field).within(1000.0)
    np.testing.assert_allclose(sums[[3, 4, 12], 0], [15.0, 1000 / 60, 1000 / 60], rtol=1e-5)


@pytest.mark.parametrize(
    ("depth", "period", "passes"),
    [
        (20.0, 3600.0, 1200.0),
        (60.0, 3600.0, 3600.0),
        (61.0, 7200.0, math.inf),
        (31.0, 1800.0, math.inf),
        (0.5, 1800.0, 30.0),
    ],
)
def test_a_depth_is_passed_when_so_much_has_fallen(depth: float, period: float, passes: float) -> None:
    field = even(by_steps(block(0.06, 3600.0), 60.0))
    for fallen in (Fallen.in_places(field), Fallen.in_the_mean(field)):
        assert fallen.passes_s(depth, period) == pytest.approx(passes, abs=0.01)


def test_the_wettest_of_even_rain_is_the_mean() -> None:
    found = wettest(even(by_steps(block(0.06, 5400.0), 60.0)))
    assert found.place_mm == pytest.approx(40.0, rel=1e-5)
    assert found.ratio == pytest.approx(1.0, rel=1e-5)
    assert 3600.0 <= found.ends_s <= 5400.0


def test_the_wettest_place_is_one_of_its_series() -> None:
    field = cloudburst(5.0, replication=0)
    found = wettest(field)
    x, y = np.meshgrid(field.squares.x_m, field.squares.y_m)
    series = field.series_at(np.stack([x.ravel(), y.ravel()], axis=1)) / 12.0  # mm in each 5 min
    hours = np.array([np.convolve(one, np.ones(12)) for one in series])
    assert found.place_mm == pytest.approx(hours.max(), rel=1e-5)
    mean = np.convolve(field.storm.intensity_m_s[:-1] * 3e5, np.ones(12))
    assert found.mean_mm == pytest.approx(mean[round(found.ends_s / 300.0) - 1], rel=1e-5)


def test_the_wettest_hour_of_one_place_is_several_times_the_mean_as_in_zhengzhou() -> None:
    """In July 2021 one gauge had 201.9 mm in the hour in which the mean of the city was 38.4 mm: 5.3 times."""
    ratios = [wettest(cloudburst(20.0, replication=i)).ratio for i in range(15)]
    assert 3.0 < np.median(ratios) < 5.5
    assert max(ratios) > 4.5


def test_a_larger_town_has_a_wetter_wettest_place() -> None:
    medians = [np.median([wettest(cloudburst(km, replication=i)).ratio for i in range(9)]) for km in (2.0, 15.0)]
    assert 1.0 < medians[0] < medians[1]


@given(amounts=st.lists(st.floats(0.0, 30.0), min_size=2, max_size=40), period=st.floats(300.0, 20_000.0))
def test_no_period_holds_more_than_a_longer_one_or_than_all(amounts: list[float], period: float) -> None:
    time = np.arange(len(amounts) + 1) * 300.0
    field = even(Hyetograph(time, np.array([*amounts, 0.0]) * 1e-3 / 300.0))
    fallen = Fallen.in_the_mean(field)
    short, long = fallen.within(period), fallen.within(period * 1.3)
    assert (short <= long + 1e-3).all() and (short >= -1e-3).all()
    assert long.max() <= sum(amounts) + 1e-3
