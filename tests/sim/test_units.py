"""Quantities: what is read, what is refused and how, and that what is written is read back."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.errors import CityOpsError
from sim.units import DIMENSIONS, GRID_S, clock, on_grid, parse, written, written_clock


@pytest.mark.parametrize(
    "text, dimension, si",
    [
        ("12 h", "duration", 43200.0),
        ("12h", "duration", 43200.0),
        ("5 min", "duration", 300.0),
        ("2 d 6 h", "duration", 194400.0),
        ("1 h 30 min 15 s", "duration", 5415.0),
        ("1h30min", "duration", 5400.0),
        ("2d6h", "duration", 194400.0),
        ("5 mH2O", "pressure", 5.0),
        ("1 week", "duration", 604800.0),
        ("0 s", "duration", 0.0),
        ("40 mm/h", "rain", 0.04 / 3600),
        ("30 km/h", "speed", 30 / 3.6),
        ("DN300", "diameter", 0.3),
        ("DN 300", "length", 0.3),
        ("300 mm", "diameter", 0.3),
        ("12 in", "diameter", 0.3048),
        ("10 %", "share", 0.1),
        ("0.1", "share", 0.1),
        ("3 m", "pressure", 3.0),
        ("50 cm2", "area", 0.005),
        ("3 m²", "area", 3.0),
        ("200 l", "volume", 0.2),
        ("1.5e3 L/s", "flow", 1.5),
        (".5 m3/s", "flow", 0.5),
        ("36 m3/h", "flow", 0.01),
        ("-2 m", "length", -2.0),
        ("  7 m  ", "length", 7.0),
    ],
)
def test_a_quantity_is_read_in_si(text: str, dimension: str, si: float) -> None:
    assert parse(text, dimension) == si


def test_pressures_are_metres_of_water_of_1000_kg_per_m3_under_standard_gravity() -> None:
    assert parse("9.80665 kPa", "pressure") == 1.0
    assert parse("1 bar", "pressure") == pytest.approx(10.19716, abs=1e-5)
    assert parse("100 psi", "pressure") == pytest.approx(70.307, abs=1e-3)


def test_decimals_are_rounded_once_so_that_percents_are_the_nearest_floats() -> None:
    assert [parse(f"{p} %", "share") for p in (7, 29, 57, 95)] == [0.07, 0.29, 0.57, 0.95]


REFUSED = {
    "a bare number": ("12", "duration", "has no unit", None),
    "minutes written as metres": ("12 m", "duration", "the unit 'm', which does not measure a duration", "min"),
    "another case": ("5 H", "duration", "the unit 'H'", "h"),
    "a unit of another dimension": ("5 km", "pressure", "the unit 'km', which does not measure a pressure", "m"),
    "a unit almost right": ("12 km/hr", "speed", "the unit 'km/hr'", "km/h"),
    "a unit alone": ("h", "duration", "is not a duration", None),
    "nothing": ("  ", "length", "is empty", None),
    "a decimal comma": ("1,5 h", "duration", "has a comma in its number", None),
    "thousands": ("1,000 m", "length", "has a comma in its number", None),
    "too much": ("1e999 h", "duration", "is too large", None),
    "too many digits of the exponent": ("1e9999 h", "duration", "has no unit", None),
    "two terms of a length": ("3 m 4 cm", "length", "has more than one term", None),
    "terms out of order": ("6 h 2 d", "duration", "each unit once, the largest first", None),
    "a unit twice": ("1 h 2 h", "duration", "each unit once", None),
    "a sign inside": ("2 d -6 h", "duration", "without signs", None),
    "a sign that is no unit": ("5 $", "length", "the unit '$'", None),
    "words": ("soon", "duration", "is not a duration", None),
    "words after it": ("3 h later", "duration", "is not a duration", None),
    "less than the grid": ("0.1 ms", "duration", "is shorter than the grid", None),
    "a share above one": ("5", "share", "has no unit", None),
    "not a number": ("nan h", "duration", "is not a duration", None),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_quantity_is_refused_with_what_is_accepted_and_the_nearest_unit(case: str) -> None:
    text, dimension, what, near = REFUSED[case]
    with pytest.raises(CityOpsError) as caught:
        parse(text, dimension)
    (mistake,) = caught.value.mistakes
    assert what in mistake.what
    assert mistake.found == repr(text)
    assert mistake.accepted == DIMENSIONS[dimension].accepted
    assert mistake.nearest == near


@given(st.integers(0, 10**9), st.sampled_from(["ms", "s", "min", "h", "d"]))
def test_durations_lie_on_the_grid_and_are_off_by_half_a_step_at_most(number: int, unit: str) -> None:
    if (number, unit) == (0, "ms") or unit != "ms" or number > 0:
        value = parse(f"{number} {unit}", "duration")
        assert value % GRID_S == 0.0
        assert abs(Fraction(value) - number * DIMENSIONS["duration"].units[unit]) <= Fraction(GRID_S) / 2


@given(st.floats(0, 1e9))
def test_the_grid_keeps_what_lies_on_it(seconds: float) -> None:
    assert on_grid(on_grid(seconds)) == on_grid(seconds)


DECIMALS = st.decimals(0, 10**6, places=3).map(lambda number: f"{number.normalize():f}")


@pytest.mark.parametrize("dimension", DIMENSIONS)
@given(number=DECIMALS, data=st.data())
def test_what_is_written_is_read_back_exactly(dimension: str, number: str, data: st.DataObject) -> None:
    unit = data.draw(st.sampled_from(sorted(DIMENSIONS[dimension].units)))
    value = parse(f"{number} {unit}", dimension) if dimension != "duration" else float(number)
    value = on_grid(value) if dimension == "duration" else value
    text = written(value, dimension)
    if dimension == "share" and not text.endswith("%"):
        assert float(text) == value
    else:
        assert parse(text, dimension) == value


@pytest.mark.parametrize(
    "value, dimension, text",
    [
        (1800.0, "duration", "30 min"),
        (5400.0, "duration", "90 min"),
        (172800.0, "duration", "2 d"),
        (90.5, "duration", "90.5 s"),
        (0.0, "duration", "0 s"),
        (0.25, "share", "25 %"),
        (0.0, "share", "0 %"),
        (0.005, "area", "50 cm2"),
        (2000.0, "length", "2 km"),
        (30 / 3.6, "speed", "30 km/h"),
        (0.3, "diameter", "300 mm"),
        (12.5, "pressure", "12.5 m"),
    ],
)
def test_a_value_is_written_as_one_would_write_it(value: float, dimension: str, text: str) -> None:
    assert written(value, dimension) == text


@pytest.mark.parametrize(
    "text, seconds",
    [
        ("05:00", 18000.0),
        ("5:00", 18000.0),
        ("24:00", 86400.0),
        ("30:00", 108000.0),
        ("5:30:15", 19815.0),
        ("5:30:15.25", 19815.25),
        ("day 2 06:00", 108000.0),
        ("00:00", 0.0),
    ],
)
def test_a_clock_time_is_seconds_after_the_first_midnight(text: str, seconds: float) -> None:
    assert clock(text) == seconds


@pytest.mark.parametrize("text", ["5", "5:60", "5:00:60", "5h", "05.00", "day 0 05:00", "-5:00", "5:00 pm", ""])
def test_what_is_no_clock_time_is_refused_with_examples(text: str) -> None:
    with pytest.raises(CityOpsError, match=re.escape("accepted: a clock time such as '05:00'")):
        clock(text)


@given(st.integers(0, 9999 * 3600 * 1024))
def test_a_written_clock_time_is_read_back_exactly(ticks: int) -> None:
    assert clock(written_clock(ticks * GRID_S)) == ticks * GRID_S
