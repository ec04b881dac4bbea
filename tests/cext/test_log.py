"""The row buffer keeps what was appended, in order, and refuses what no history can be."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cext.log import ROW, RowBuffer

ids = st.integers(-1, 2**31 - 1)
rows = st.lists(
    st.tuples(
        st.floats(0.0, 1e9), st.integers(0, 2**15 - 1), ids, ids, ids, ids, st.floats(), st.integers(-1, 2**31 - 1)
    ),
    max_size=40,
)


@given(rows)
def test_rows_come_back_as_they_were_appended(appended):
    buffer = RowBuffer()
    expected = []
    for n, (time_s, kind, case, incident, actor, place, value, cause) in enumerate(sorted(appended)):
        cause = cause % (n + 1) - 1
        number = buffer.append(
            time_s, kind, case=case, incident=incident, actor=actor, place=place, value=value, cause=cause
        )
        assert number == n
        expected.append((time_s, value, case, incident, place, cause, actor, kind))
    for name, column in zip(ROW.names, zip(*expected, strict=True), strict=False):
        np.testing.assert_array_equal(buffer.rows()[name], column)
    assert len(buffer) == len(appended)


def test_what_was_not_given_is_missing():
    buffer = RowBuffer()
    buffer.append(1.5, 4)
    row = buffer.rows()[0]
    assert (row["case"], row["incident"], row["actor"], row["place"], row["cause"]) == (-1, -1, -1, -1, -1)
    assert math.isnan(row["value"])


def test_rows_handed_out_neither_change_nor_grow():
    buffer = RowBuffer()
    buffer.append(0.0, 1, value=1.0)
    early = buffer.rows()
    for n in range(20_000):  # several doublings
        assert buffer.append(float(n), 2, value=float(n), cause=n) == n + 1
    late = buffer.rows()
    assert len(early) == 1
    assert len(late) == 20_001
    assert late["value"][1:].tolist() == list(range(20_000))
    assert late["cause"][1:].tolist() == list(range(20_000))
    with pytest.raises(ValueError, match="read-only"):
        late["value"][0] = 3.0


def test_equal_histories_have_equal_bytes():
    buffers = [RowBuffer(), RowBuffer()]
    for buffer in buffers:
        for n in range(5000):
            buffer.append(n / 2, n % 7, place=n, cause=n - 1)
    assert buffers[0].rows().tobytes() == buffers[1].rows().tobytes()
    assert ROW.itemsize == 40


@pytest.mark.parametrize(
    ("row", "named"),
    [
        ({"time_s": 9.0}, "row 1: time 9.0 s"),
        ({"time_s": math.nan}, "row 1: time nan s"),
        ({"time_s": math.inf}, "row 1: time inf s"),
        ({"cause": 1}, "row 1: cause 1 is no earlier row"),
        ({"cause": -2}, "row 1: cause -2"),
        ({"kind": -1}, "row 1: kind -1"),
        ({"case": -2}, "case -2"),
        ({"incident": -2}, "incident -2"),
        ({"actor": -2}, "actor -2"),
        ({"place": -2}, "place -2"),
    ],
)
def test_no_history_goes_back_in_time_or_before_its_cause(row, named):
    buffer = RowBuffer()
    buffer.append(10.0, 0)
    with pytest.raises(AssertionError, match=named):
        buffer.append(**{"time_s": 10.0, "kind": 1, **row})
    assert len(buffer) == 1


def test_an_id_that_does_not_fit_is_refused():
    with pytest.raises(OverflowError):
        RowBuffer().append(0.0, 1, place=2**31)
