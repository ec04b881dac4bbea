"""Steps hold until their next row: integrals and totals against a slow reading of the same rows."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cext.log import RowBuffer
from sim.record.curves import people_without_water
from sim.record.eventlog import EventLog
from sim.record.kinds import Kind
from sim.record.steps import area, integral, positions, spans
from sim.record.vitals import customer_hours_without_water, resilience_loss

JUNCTIONS = (10, 11)
PEOPLE = {10: 100.0, 11: 50.0}
END = 1000
# Times in whole seconds and values in sixteenths: sums are then exact and may be compared bit for bit.
steps = st.lists(
    st.tuples(st.integers(0, END), st.sampled_from(JUNCTIONS), st.integers(0, 16).map(lambda n: n / 16)), max_size=25
)


def service(told, rows):
    """A log of these steps with the tables of another, which takes time to make."""
    buffer = RowBuffer()
    buffer.append(0.0, Kind.RUN_BEGAN)
    for time_s, place, value in sorted(rows, key=lambda row: row[0]):
        buffer.append(time_s, Kind.SERVICE, place=place, value=value)
        buffer.append(time_s, Kind.LEAK, place=place, value=value)
    buffer.append(END, Kind.RUN_ENDED)
    return EventLog(rows=buffer.rows(), places=told.places, actors=told.actors, run=told.run)


def second_by_second(rows, initial):
    """The value at each junction in each second of the run."""
    values = {place: np.full(END, initial) for place in JUNCTIONS}
    for time_s, place, value in sorted(rows, key=lambda row: row[0]):
        values[place][time_s:] = value
    return values


@given(steps)
def test_integrals_equal_a_reading_second_by_second(log, rows):
    told = service(log, rows)
    leak, water = second_by_second(rows, 0.0), second_by_second(rows, 1.0)
    assert integral(told, Kind.LEAK) == sum(values.sum() for values in leak.values())
    hours = sum(PEOPLE[place] * (values < 0.5).sum() for place, values in water.items()) / 3600
    assert customer_hours_without_water(told) == hours
    assert resilience_loss(told) == sum(PEOPLE[p] * (1 - values).sum() for p, values in water.items()) / 3600
    curve = people_without_water(told)
    everyone = sum(PEOPLE[place] * (values < 0.5) for place, values in water.items())
    for second in range(0, END, 37):
        assert curve.iloc[curve.index.searchsorted(second, side="right") - 1] == everyone[second]
    assert (curve.iloc[:-1].diff().iloc[1:] != 0).all()


@given(steps, st.integers(0, END), st.sampled_from(JUNCTIONS))
def test_splitting_a_step_in_two_equal_ones_changes_nothing(log, rows, time_s, place):
    holds = float(second_by_second(rows, 1.0)[place][min(time_s, END - 1)])
    plain, split = service(log, rows), service(log, [*rows, (time_s, place, holds)])
    assert customer_hours_without_water(split) == customer_hours_without_water(plain)
    assert resilience_loss(split) == resilience_loss(plain)
    if time_s < END:
        assert people_without_water(split).equals(people_without_water(plain))


@given(steps, st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_hours_without_water_rise_with_the_threshold(log, rows, one, other):
    told = service(log, rows)
    low, high = sorted((one, other))
    assert customer_hours_without_water(told, low) <= customer_hours_without_water(told, high)


@given(steps)
def test_spans_of_a_place_fill_the_time_from_its_first_row(log, rows):
    held = spans(service(log, rows), Kind.SERVICE)
    for place in JUNCTIONS:
        times = [row[0] for row in rows if row[1] == place]
        assert held.duration_s[held.key == place].sum() == (END - min(times) if times else 0.0)
    assert (held.duration_s >= 0.0).all()


def test_an_area_is_exact_however_small_its_parts(blank):
    log = blank()
    log.append(0.0, Kind.RUN_BEGAN)
    for n in range(10_000):
        log.append(float(n), Kind.UNDELIVERED, value=0.1)
    log.append(10_000.0, Kind.RUN_ENDED)
    assert integral(log.finish(), Kind.UNDELIVERED) == math.fsum([0.1] * 10_000) == 1000.0


def test_a_place_that_is_in_no_table_breaks_an_invariant():
    ids = np.array([5, 3, 9])
    assert positions(ids, np.array([9, 3, 3])).tolist() == [2, 1, 1]
    for stranger in (4, 1, 10):
        with pytest.raises(AssertionError, match="not in the table"):
            positions(ids, np.array([stranger]))


def test_a_run_of_no_length_has_no_area(blank):
    log = blank()
    log.append(0.0, Kind.RUN_BEGAN)
    log.append(0.0, Kind.SERVICE, place=10, value=0.0)
    log.append(0.0, Kind.RUN_ENDED)
    assert area(people_without_water(log.finish())) == 0.0
