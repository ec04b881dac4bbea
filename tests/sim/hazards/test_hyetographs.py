"""Design storms: their totals, their courses, and that steps neither add nor lose rain."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.city.storms import FORMULAS, Hyetograph
from sim.hazards.hyetographs import SCS_HOURS, SCS_PER_MILLE, by_steps, hyetograph, scs
from sim.scenario.rain import Block, Chicago, Measured, Rain, Scs, Storm, StormFormula

MM_H = 1e-3 / 3600.0
CITIES = tuple(FORMULAS)


def storm_of(step: float = 60.0, factor: float = 1.0, **storm: object) -> Hyetograph:
    """The course of a storm that begins at 08:00."""
    rain = Rain(begins=28_800.0, storm=Storm.model_validate(storm, by_name=True), step=step, climate_factor=factor)
    return hyetograph(rain)


@pytest.mark.theory
@pytest.mark.parametrize("city", CITIES)
@pytest.mark.parametrize("years", [0.5, 5.0, 100.0])
@pytest.mark.parametrize("hours", [0.5, 2.0, 24.0])
def test_a_chicago_storm_has_the_total_of_its_formula(city: str, years: float, hours: float) -> None:
    formula, minutes = FORMULAS[city], hours * 60.0
    litres_per_hectare = formula.a * (1 + formula.c * np.log10(years)) / (minutes + formula.b) ** formula.n
    total_m = litres_per_hectare * 1e-7 * minutes * 60.0
    storm = storm_of(chicago=Chicago(city=city, return_period=years, duration=hours * 3600.0))
    assert storm.total_m == pytest.approx(total_m, rel=1e-9)


@pytest.mark.theory
def test_a_beijing_storm_of_two_hours_reckoned_by_hand() -> None:
    # 2001 (1 + 0.811 x 1) / 128^0.711 = 115.05 L/(s ha), in 7200 s 82.84 mm.
    storm = storm_of(chicago=Chicago(city="Beijing", return_period=10.0, duration=7200.0))
    assert storm.total_m * 1e3 == pytest.approx(82.84, abs=0.02)


def test_a_chicago_storm_rises_to_its_peak_and_falls_from_it() -> None:
    storm = storm_of(chicago=Chicago(city="Haikou", return_period=20.0, duration=7200.0, peak_at=0.25))
    peak = int(np.argmax(storm.intensity_m_s))
    assert storm.time_s[peak] in (1740.0, 1800.0)
    assert (np.diff(storm.intensity_m_s[: peak + 1]) > 0.0).all()
    assert (np.diff(storm.intensity_m_s[peak:]) < 0.0).all()


def test_the_wettest_minutes_of_a_chicago_storm_are_those_of_the_formula() -> None:
    """That is its definition: for each duration around the peak, the intensity of the formula."""
    storm = storm_of(chicago=Chicago(city="Beijing", return_period=10.0, duration=7200.0, peak_at=0.5))
    inner = storm_of(chicago=Chicago(city="Beijing", return_period=10.0, duration=1200.0, peak_at=0.5))
    around = np.abs(storm.time_s[:-1] + 30.0 - 3600.0) < 600.0
    assert np.sum(storm.intensity_m_s[:-1][around]) * 60.0 == pytest.approx(inner.total_m, rel=1e-9)


def test_a_formula_of_ones_own_is_as_good_as_that_of_a_city() -> None:
    own = StormFormula(a=2001.0, c=0.811, b=8.0, n=0.711)
    first = storm_of(chicago=Chicago(formula=own, return_period=50.0))
    second = storm_of(chicago=Chicago(city="Beijing", return_period=50.0))
    np.testing.assert_array_equal(first.intensity_m_s, second.intensity_m_s)


def test_a_chicago_storm_that_is_no_multiple_of_the_step_keeps_its_total() -> None:
    odd = storm_of(step=420.0, chicago=Chicago(city="Nanning", return_period=5.0, duration=5000.0))
    even = storm_of(step=50.0, chicago=Chicago(city="Nanning", return_period=5.0, duration=5000.0))
    assert odd.total_m == pytest.approx(even.total_m, rel=1e-9)
    assert list(np.unique(np.diff(odd.time_s))) == [420.0]


@pytest.mark.parametrize("kind", SCS_PER_MILLE)
def test_an_scs_storm_has_its_depth_and_passes_through_its_table(kind: str) -> None:
    storm = storm_of(scs=Scs(type=kind, depth=0.2))
    assert storm.total_m == pytest.approx(0.2, rel=1e-12)
    fallen = np.concatenate(([0.0], np.cumsum(storm.intensity_m_s[:-1]) * 60.0)) / 0.2
    at_hours = fallen[np.rint(np.array(SCS_HOURS) * 60.0).astype(int)]
    np.testing.assert_allclose(at_hours, np.array(SCS_PER_MILLE[kind]) / 1e3, atol=1e-12)
    assert (storm.intensity_m_s >= 0.0).all()


@pytest.mark.theory
def test_a_type_iii_storm_is_that_of_a_published_table_at_five_minutes() -> None:
    """Ordinates of Austin's drainage criteria, table 2-6, which were derived with HEC-HMS."""
    published = {
        **{0.5: 0.0050, 1.0: 0.0100, 1.25: 0.0125, 8 + 1 / 12: 0.1163, 8.5: 0.1284, 9.0: 0.1458, 9 + 1 / 3: 0.1589},
        **{16.25: 0.8924, 16.5: 0.8984, 17.0: 0.9095, 17.25: 0.9146},
    }
    storm = scs("III", 1.0, step_s=300.0)
    fallen = np.concatenate(([0.0], np.cumsum(storm.intensity_m_s[:-1]) * 300.0))
    ours = np.interp(np.array(list(published)) * 3600.0, storm.time_s, fallen)
    np.testing.assert_allclose(ours, list(published.values()), atol=0.0025)


def test_the_types_differ_as_they_should() -> None:
    """Half of the rain falls around noon in II and III, earlier in I and IA; II is the hardest, IA the softest."""
    storms = {kind: scs(kind, 1.0) for kind in SCS_PER_MILLE}
    hardest = {kind: float(storm.intensity_m_s.max()) for kind, storm in storms.items()}
    assert sorted(hardest, key=hardest.__getitem__) == ["IA", "I", "III", "II"]
    peak_h = {kind: float(storm.time_s[np.argmax(storm.intensity_m_s)]) / 3600.0 for kind, storm in storms.items()}
    for kind, earliest, latest in (("IA", 7.5, 8.0), ("I", 9.75, 10.0), ("II", 11.75, 12.0), ("III", 11.75, 12.5)):
        assert earliest <= peak_h[kind] <= latest, kind


def test_even_rain_is_as_much_in_every_step() -> None:
    storm = storm_of(block=Block(intensity=36.0 * MM_H, duration=7200.0))
    np.testing.assert_allclose(storm.intensity_m_s[:-1], 36.0 * MM_H, rtol=1e-12)
    assert storm.total_m == pytest.approx(0.072)
    until = storm_of(block=Block(depth=0.06, until=28_800.0 + 5400.0))
    assert until.time_s[-1] == 5400.0 and until.total_m == pytest.approx(0.06)


def test_the_last_step_of_even_rain_may_be_part_dry() -> None:
    storm = storm_of(step=600.0, block=Block(depth=0.01, duration=900.0))
    np.testing.assert_allclose(storm.intensity_m_s * 900.0 / 0.01, [1.0, 0.5, 0.0])


def test_the_climate_factor_multiplies_all_of_it() -> None:
    now = storm_of(chicago=Chicago(city="Guangzhou", return_period=50.0))
    later = storm_of(factor=1.2, chicago=Chicago(city="Guangzhou", return_period=50.0))
    np.testing.assert_allclose(later.intensity_m_s, now.intensity_m_s * 1.2, rtol=1e-15)


def test_a_measured_storm_is_read_and_cut_into_steps(tmp_path: Path) -> None:
    (tmp_path / "gauge.csv").write_text("time,rain\n2021-07-20 16:00,6\n2021-07-20 16:05,12\n")
    rain = Rain(begins=0.0, storm=Storm(measured=Measured(file="gauge.csv")), step=60.0)
    storm = hyetograph(rain, tmp_path)
    assert len(storm.time_s) == 11
    np.testing.assert_allclose(storm.intensity_m_s[:-1] / MM_H, [72.0] * 5 + [144.0] * 5)


@given(
    lengths=st.lists(st.floats(1.0, 5000.0), min_size=1, max_size=8),
    rates=st.lists(st.floats(0.0, 1e-4), min_size=8, max_size=8),
    step=st.floats(1.0, 3600.0),
)
def test_steps_neither_add_nor_lose_rain(lengths: list[float], rates: list[float], step: float) -> None:
    time = np.concatenate(([0.0], np.cumsum(lengths)))
    storm = Hyetograph(time, np.array([*rates[: len(lengths)], 0.0]))
    stepped = by_steps(storm, step)
    assert stepped.total_m == pytest.approx(storm.total_m, rel=1e-9, abs=1e-15)
    assert stepped.time_s[-1] >= time[-1] * (1.0 - 1e-9) and stepped.time_s[-1] < time[-1] + step
    assert stepped.intensity_m_s.max() <= storm.intensity_m_s.max() * (1.0 + 1e-9) + 1e-15
