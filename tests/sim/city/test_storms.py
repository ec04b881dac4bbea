"""Design storms against their formula, by hand and in their totals."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.city.storms import FORMULAS, chicago, formula_of, intensity_m_s
from sim.errors import CityOpsError

cities = st.sampled_from(sorted(FORMULAS))
years = st.floats(0.5, 100.0)


def test_the_intensity_of_beijing_is_what_a_hand_computes() -> None:
    """2001 (1 + 0.811 lg 10) / (12 + 8)^0.711 = 430.7 L/(s ha), that is 155.1 mm/h."""
    mm_h = float(intensity_m_s(FORMULAS["Beijing"], 10.0, 12.0)) * 3.6e6
    assert mm_h == pytest.approx(2001.0 * 1.811 / 20.0**0.711 * 0.36, rel=1e-12)
    assert mm_h == pytest.approx(155.1, abs=0.2)


@given(cities, years, st.integers(1, 36), st.floats(0.05, 0.95), st.sampled_from([60.0, 100.0, 300.0]))
def test_the_total_of_a_storm_is_that_of_its_formula(
    city: str, period: float, tens: int, r: float, step: float
) -> None:
    formula, duration = FORMULAS[city], tens * 600.0
    storm = chicago(formula, period, duration, r=r, step_s=step)
    assert storm.total_m == pytest.approx(float(intensity_m_s(formula, period, duration / 60.0)) * duration, rel=1e-9)
    assert storm.intensity_m_s.min() >= 0.0
    assert storm.intensity_m_s[-1] == 0.0
    peak = storm.time_s[int(np.argmax(storm.intensity_m_s))]
    assert abs(peak - r * duration) <= 2.0 * step


@given(cities, years, st.floats(0.0, 300.0), st.floats(1.0, 60.0))
def test_it_rains_harder_the_rarer_and_the_shorter(city: str, period: float, minutes: float, more: float) -> None:
    formula = FORMULAS[city]
    here = intensity_m_s(formula, period, minutes)
    assert intensity_m_s(formula, period, minutes + more) < here < intensity_m_s(formula, period * 1.5, minutes)


def test_any_span_around_the_peak_has_the_mean_of_its_duration() -> None:
    """What a Chicago storm is made for: here the half hour that begins r of it before the peak."""
    formula = FORMULAS["Guangzhou"]
    storm = chicago(formula, 5.0, 7200.0, r=0.4, step_s=60.0)
    span = (storm.time_s >= 2880.0 - 720.0) & (storm.time_s < 2880.0 + 1080.0)
    assert storm.intensity_m_s[span].mean() == pytest.approx(float(intensity_m_s(formula, 5.0, 30.0)), rel=1e-9)


def test_the_peak_may_be_at_either_end() -> None:
    first, last = (chicago(FORMULAS["Haikou"], 2.0, 3600.0, r=r, step_s=600.0).intensity_m_s[:-1] for r in (0.0, 1.0))
    assert (np.diff(first) < 0.0).all()
    assert np.allclose(first, last[::-1])


@pytest.mark.parametrize("city", FORMULAS)
def test_every_formula_names_its_source(city: str) -> None:
    assert "not opened" in formula_of(city).source
    assert formula_of(city).city == city


def test_what_is_no_storm_is_refused() -> None:
    formula = FORMULAS["Nanning"]
    with pytest.raises(CityOpsError, match="did you mean 'Nanning'"):
        formula_of("Naning")
    with pytest.raises(CityOpsError, match=r"return period .* found 0; accepted: 0.25 to 200 years"):
        intensity_m_s(formula, 0.0, 10.0)
    with pytest.raises(CityOpsError, match="a duration is out of range"):
        intensity_m_s(formula, 1.0, np.array([1.0, -1.0]))
    with pytest.raises(CityOpsError, match="whole number of steps"):
        chicago(formula, 1.0, 1000.0, step_s=300.0)
    with pytest.raises(CityOpsError, match="whole number of steps"):
        chicago(formula, 1.0, 1000.0, step_s=0.0)
    with pytest.raises(CityOpsError, match="share before the peak"):
        chicago(formula, 1.0, 1000.0, r=math.nan, step_s=100.0)
