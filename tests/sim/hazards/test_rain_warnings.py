"""Rainstorm warnings: by which rain, how early, how wrong."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.draws import Draws
from sim.hazards.hyetographs import block, by_steps
from sim.hazards.rain_fields import RainField, Squares
from sim.hazards.rain_warnings import RainWarning, warnings
from sim.hazards.storm_cells import storm_cells
from sim.scenario.rain import LEVELS, Cells, WarningLevel, WarningLevels, Warnings

BEGINS_S = 36_000.0
PERFECT = Warnings(lead_time=0.0, forecast_error=0.0)


def rain(mm_h: float, hours: float, *, cells: bool = False, begins_s: float = BEGINS_S) -> RainField:
    """Even rain in time, and in space unless in cells."""
    storm = by_steps(block(mm_h * hours * 1e-3, hours * 3600.0), 300.0)
    extent = (0.0, 8000.0, 0.0, 8000.0)
    squares = Squares.over(extent, 500.0)
    moving = storm_cells(Cells(), Draws(3, 0), extent=extent, duration_s=hours * 3600.0) if cells else None
    return RainField(
        storm, squares, begins_s=begins_s, weights=np.ones((16, 16)), cells=moving, even_rain=0.2 if cells else 1.0
    )


def issued(rules: Warnings, field: RainField, *, replication: int = 0) -> dict[str, RainWarning]:
    """The warnings of a storm by level."""
    return {warning.level: warning for warning in warnings(rules, field, Draws(1, replication))}


def test_a_perfect_service_warns_when_the_threshold_is_passed() -> None:
    found = issued(PERFECT, rain(40.0, 4.0))  # 50 mm after 1:15, 100 mm after 2:30
    assert set(found) == {"orange", "red"}  # 50 mm in 3 h are passed with those in 12 h
    assert found["orange"].time_s == pytest.approx(BEGINS_S + 4500.0, abs=0.1)
    assert found["red"].time_s == pytest.approx(BEGINS_S + 9000.0, abs=0.1)
    assert (found["orange"].response, found["red"].response) == ("II", "I")
    assert found["red"].lead_s == pytest.approx(0.0, abs=0.01)


def test_softer_rain_passes_the_lower_levels_first() -> None:
    found = warnings(PERFECT, rain(12.0, 12.0), Draws(1, 0))  # 36 mm in 3 h, 72 mm in 6 h
    assert [warning.level for warning in found] == ["yellow"]
    found = warnings(PERFECT, rain(7.0, 12.0), Draws(1, 0))
    assert [(warning.level, warning.response) for warning in found] == [("blue", "IV")]
    assert warnings(PERFECT, rain(4.0, 12.0), Draws(1, 0)) == ()


def test_a_warning_comes_its_lead_time_ahead() -> None:
    rules = Warnings(lead_time=3600.0, forecast_error=0.0)
    found = issued(rules, rain(40.0, 4.0))
    assert found["red"].time_s == pytest.approx(BEGINS_S + 5400.0, abs=0.1)
    assert found["red"].passed_s == pytest.approx(BEGINS_S + 9000.0, abs=0.1)
    assert found["red"].lead_s == pytest.approx(3600.0, abs=0.2)


def test_a_warning_may_come_before_the_rain_but_not_before_the_clock_starts() -> None:
    rules = Warnings(lead_time=7200.0, forecast_error=0.0)
    assert issued(rules, rain(40.0, 4.0))["orange"].time_s == pytest.approx(BEGINS_S - 2700.0, abs=0.1)
    assert issued(rules, rain(40.0, 4.0, begins_s=600.0))["orange"].time_s == 0.0


def test_one_wet_place_is_enough_unless_the_mean_is_asked_for() -> None:
    field = rain(20.0, 3.0, cells=True)  # 60 mm on the mean
    wettest = issued(PERFECT, field)
    mean = issued(Warnings(lead_time=0.0, forecast_error=0.0, measured_by="mean"), field)
    assert "red" in wettest and "red" not in mean
    assert wettest["orange"].time_s < mean["orange"].time_s == pytest.approx(BEGINS_S + 9000.0, abs=0.1)


def test_a_forecast_that_is_too_low_warns_when_the_rain_has_fallen_at_the_latest() -> None:
    rules = Warnings(lead_time=1800.0, forecast_error=0.8)
    leads = [issued(rules, rain(40.0, 4.0), replication=i)["red"].lead_s for i in range(60)]
    assert min(leads) == pytest.approx(0.0, abs=0.01) and max(leads) > 3600.0
    assert 0.2 < np.mean(np.array(leads) < 1.0) < 0.6


def test_a_forecast_that_is_too_high_warns_in_vain() -> None:
    rules = Warnings(forecast_error=0.8)
    found = [issued(rules, rain(12.0, 3.0), replication=i) for i in range(80)]  # 36 mm of 50
    vain = [one["orange"] for one in found if "orange" in one]
    assert 0.2 < len(vain) / len(found) < 0.5  # P(Z > ln(50/36) / 0.8) = 0.34
    assert all(warning.is_in_vain and math.isinf(warning.lead_s) for warning in vain)


def test_levels_may_be_changed_or_left_out() -> None:
    only = WarningLevels(blue=None, yellow=None, orange=None, red=WarningLevel(depth=0.02, within=3600.0))
    (warning,) = warnings(Warnings(levels=only, lead_time=0.0, forecast_error=0.0), rain(40.0, 4.0), Draws(1, 0))
    assert (warning.level, warning.response) == ("red", None)
    assert warning.time_s == pytest.approx(BEGINS_S + 1800.0, abs=0.1)


def test_the_forecast_is_luck_of_the_replication_and_of_the_storm() -> None:
    field, rules = rain(40.0, 4.0), Warnings(forecast_error=0.5)
    first, again = (warnings(rules, field, Draws(1, 0)) for _ in range(2))
    assert first == again
    assert first != warnings(rules, field, Draws(1, 1))
    assert first != warnings(rules, field, Draws(1, 0), index=1)


@given(mm_h=st.floats(1.0, 150.0), hours=st.floats(0.5, 14.0), lead=st.floats(0.0, 10_800.0), sigma=st.floats(0.0, 1.0))
def test_levels_only_rise_and_none_is_later_than_its_rain(mm_h: float, hours: float, lead: float, sigma: float) -> None:
    found = warnings(Warnings(lead_time=lead, forecast_error=sigma), rain(mm_h, hours), Draws(5, 0))
    ranks = [LEVELS.index(warning.level) for warning in found]
    times = [warning.time_s for warning in found]
    assert ranks == sorted(set(ranks)) and times == sorted(set(times))
    assert all(warning.time_s <= warning.passed_s + 0.001 for warning in found)
