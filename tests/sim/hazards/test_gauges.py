"""Tables of rain gauges: every row is read, or named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.city.storms import Hyetograph
from sim.errors import CityOpsError, Mistake
from sim.hazards.gauges import measured
from sim.scenario.rain import Measured

MM_H = 1e-3 / 3600.0
Read = Callable[..., Hyetograph]
Refused = Callable[..., list[Mistake]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Read a text as a gauge's table."""

    def table(text: str, **said: Any) -> Hyetograph:
        (tmp_path / "gauge.csv").write_text(text, encoding="utf-8")
        return measured(Measured(file="gauge.csv", **said), tmp_path)

    return table


@pytest.fixture
def refused(read: Read) -> Refused:
    """The mistakes that a text has as a gauge's table."""

    def mistakes(text: str, **said: Any) -> list[Mistake]:
        with pytest.raises(CityOpsError) as caught:
            read(text, **said)
        return list(caught.value.mistakes)

    return mistakes


def test_millimetres_in_an_interval_become_an_intensity(read: Read) -> None:
    storm = read("time,rain\n2021-07-20 16:00,1\n2021-07-20 16:10,3.5\n2021-07-20 16:20,0\n")
    np.testing.assert_array_equal(storm.time_s, [0.0, 600.0, 1200.0, 1800.0])
    np.testing.assert_allclose(storm.intensity_m_s / MM_H, [6.0, 21.0, 0.0, 0.0])
    assert storm.total_m == pytest.approx(4.5e-3)


def test_millimetres_per_hour_are_taken_as_they_are(read: Read) -> None:
    storm = read("time,rain\n2021-07-20T16:00,12\n2021-07-20T16:30,6\n", rain_in="mm/h")
    np.testing.assert_allclose(storm.intensity_m_s / MM_H, [12.0, 6.0, 0.0])
    assert storm.total_m == pytest.approx(9e-3)


@pytest.mark.parametrize(
    ("times_in", "first", "second", "interval"),
    [
        ("clock time", "23:55", "24:05", 600.0),
        ("s", "0", "90.5", 90.5),
        ("min", "10", "15", 300.0),
        ("h", "1", "2", 3600.0),
        ("date and time", "2021-07-20T23:30+08:00", "2021-07-20T16:00Z", 1800.0),
        ("date and time", "2020-02-28 23:00", "2020-02-29 01:00", 7200.0),
    ],
)
def test_times_are_read_as_they_are_said_to_be(
    read: Read, times_in: str, first: str, second: str, interval: float
) -> None:
    storm = read(f"time,rain\n{first},1\n{second},1\n", times_in=times_in)
    assert storm.time_s[1] == pytest.approx(interval)


def test_columns_are_found_by_name_among_others_and_with_a_byte_order_mark(read: Read) -> None:
    text = "\ufeffstation, when ,mm\nA,0,2\n\nA,5,4\n"
    storm = read(text, time="when", rain="mm", times_in="min")
    assert storm.total_m == pytest.approx(6e-3)


def test_a_gap_is_a_mistake_unless_it_is_said_to_be_dry(read: Read, refused: Refused) -> None:
    text = "time,rain\n0,1\n5,2\n10,3\n25,4\n30,1\n"
    (mistake,) = refused(text, times_in="min")
    assert mistake.line == 5
    assert "one interval of 300 s" in mistake.what
    storm = read(text, times_in="min", gaps="dry")
    np.testing.assert_allclose(storm.intensity_m_s * 300.0, [0.001, 0.002, 0.003, 0, 0, 0.004, 0.001, 0])


def test_a_time_between_the_intervals_is_a_mistake_also_where_gaps_are_dry(refused: Refused) -> None:
    (mistake,) = refused("time,rain\n0,1\n5,2\n12,3\n", times_in="min", gaps="dry")
    assert mistake.line == 4 and "no multiple of the interval of 300 s" in mistake.what


def test_bad_rows_are_named_by_line_and_counted(refused: Refused) -> None:
    rows = ["0,1", "5,-2", "10,x", "15,", "20,nan", "25,inf", "thirty,1", "35,1"]
    mistakes = refused("time,rain\n" + "\n".join(rows) + "\n", times_in="min")
    amounts = [m for m in mistakes if "must be a number" in m.what]
    assert [m.line for m in amounts] == [3, 4, 5, None]
    assert "in 2 more lines, 5 in all" in amounts[-1].what
    assert [m.found for m in amounts[:3]] == ["'-2'", "'x'", "''"]
    (time,) = [m for m in mistakes if "time is not understood" in m.what]
    assert time.line == 8 and time.found == "'thirty'" and "a number of min" in time.what
    assert all(m.file is not None and m.file.endswith("gauge.csv") for m in mistakes)


def test_a_date_that_does_not_exist_or_a_number_without_end_is_no_time(refused: Refused) -> None:
    assert refused("time,rain\n2021-02-30 16:00,1\n2021-03-01 16:00,1\n")[0].line == 2
    assert refused("time,rain\n0,1\ninf,1\n", times_in="s")[0].line == 3
    assert refused("time,rain\n16:00,1\n16:75,1\n", times_in="clock time")[0].line == 3


def test_rain_that_ends_before_it_starts_is_a_mistake(refused: Refused) -> None:
    mistakes = refused("time,rain\n18:00,1\n17:55,1\n17:55,2\n", times_in="clock time")
    assert [m.line for m in mistakes] == [3, 4]
    assert mistakes[0].found == "'-300 s'" and "not after that of the row before" in mistakes[0].what


def test_lines_with_too_few_or_too_many_values_are_mistakes(refused: Refused) -> None:
    (mistake,) = refused("time,rain\n0,1\n5\n", times_in="min")
    assert mistake.line == 3 and mistake.found == "1 values"
    (mistake,) = refused("time,rain\n0,1,5\n5,1\n", times_in="min")  # a decimal comma
    assert mistake.line == 2 and mistake.found == "3 values"


def test_columns_that_are_not_there_are_named_with_the_nearest(refused: Refused) -> None:
    (mistake,) = refused("time,rainfall\n0,1\n5,1\n", times_in="min")
    assert "no column 'rain'" in mistake.what and mistake.found == "time, rainfall"
    (mistake,) = refused("times,rain\n0,1\n", times_in="min")
    assert mistake.nearest == "times"
    (mistake,) = refused("time,rain,rain\n0,1,1\n", times_in="min")
    assert "several columns 'rain'" in mistake.what
    (mistake,) = refused("")
    assert mistake.found == "nothing"


def test_a_table_without_rain_or_with_one_row_is_refused(refused: Refused) -> None:
    assert "no rain falls" in refused("time,rain\n0,0\n5,0\n", times_in="min")[0].what
    assert "too few rows" in refused("time,rain\n0,5\n", times_in="min")[0].what


def test_more_rain_than_ever_fell_is_a_mistake_of_units(refused: Refused) -> None:
    (mistake,) = refused("time,rain\n0,5\n1,120\n2,3\n", times_in="min")
    assert mistake.line == 3 and "is the unit right?" in mistake.what and mistake.found == "'7200 mm/h'"


def test_a_storm_of_a_hundred_years_by_the_second_is_refused(refused: Refused) -> None:
    (mistake,) = refused("time,rain\n0,0.1\n1,0.1\n3000000000,0.1\n", times_in="s", gaps="dry")
    assert "too long for its interval" in mistake.what


def test_a_file_that_is_not_there_or_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CityOpsError, match=r"cannot be read.*No such file"):
        measured(Measured(file="none.csv"), tmp_path)
    (tmp_path / "picture.csv").write_bytes(b"time,rain\n\xff\xfe,1\n")
    with pytest.raises(CityOpsError, match="no CSV table in UTF-8"):
        measured(Measured(file="picture.csv"), tmp_path)
    (tmp_path / "quoted.csv").write_text('time,rain\n"0,1\n')
    with pytest.raises(CityOpsError, match="no CSV table in UTF-8"):
        measured(Measured(file="quoted.csv"), tmp_path)


@given(amounts=st.lists(st.integers(0, 200), min_size=2, max_size=20).filter(any), minutes=st.integers(5, 60))
def test_all_that_a_table_says_falls(
    tmp_path_factory: pytest.TempPathFactory, amounts: list[int], minutes: int
) -> None:
    folder = tmp_path_factory.mktemp("gauge")
    rows = [f"{i * minutes},{amount / 10}" for i, amount in enumerate(amounts)]
    (folder / "gauge.csv").write_text("time,rain\n" + "\n".join(rows))
    storm = measured(Measured(file="gauge.csv", times_in="min"), folder)
    assert storm.total_m * 1e4 == pytest.approx(sum(amounts))
