"""The vital signs of a short flood, computed by hand."""

import math

import pandas as pd
import pytest

from sim.record.eventlog import EventLog, EventLogWriter
from sim.record.kinds import Kind
from sim.record.vitals import INDICATORS, vitals

HOUR = 3600.0
NODE, STREET, UNDER, OTHER_UNDER, BRIDGE = 0, 1, 2, 3, 4
FLOOD = [name for name, indicator in INDICATORS.items() if indicator.of_floods]
BY_HAND = {
    "street km hours above 5 cm": 2.0 * 3 + 0.5 * 4 + 0.25 * 4,  # the second underpass stays wet to the end
    "street km hours above 15 cm": 2.0 * 1 + 0.5 * 3 + 0.25 * 3,
    "street km hours above 30 cm": 0.5 * 2 + 0.25 * 1,
    "street km ever above 30 cm": 0.75,
    "cars caught in water": 3,
    "cars caught in underpasses": 2,
    "underpass closure hours": 4 + 6,
    "needless closure hours": 2 + 5,
    "crews rerouted": 1,
}


def writer() -> EventLogWriter:
    places = pd.DataFrame(
        {
            "id": [UNDER, NODE, STREET, BRIDGE, OTHER_UNDER],  # in no particular order
            "network": ["street", "water node", "street", "street", "street"],
            "name": ["under", "node", "street", "bridge", "other under"],
            "district": "",
            "people": [0.0, 100.0, 0.0, 0.0, 0.0],
            "vulnerable": 0.0,
            "x": 0.0,
            "y": 0.0,
            "length_m": [500.0, math.nan, 2000.0, 100.0, 250.0],
            "kind": ["underpass", None, "surface", "bridge", "underpass"],
        }
    )
    actors = pd.DataFrame(
        {"id": [1], "name": "crew", "kind": "crew", "department": "water", "skills": None, "shift": ""}
    )
    return EventLogWriter(places=places, actors=actors, run={"policy": "open"})


def flood() -> EventLog:
    """Ten hours: a street is wet for three, one underpass deep for two, another at the end; both are closed."""
    log = writer()
    add = log.append
    add(0.0, Kind.RUN_BEGAN)
    add(1.0 * HOUR, Kind.ROAD_DEPTH, place=STREET, value=0.05)
    add(2.0 * HOUR, Kind.ROAD_DEPTH, place=STREET, value=0.29)
    add(2.0 * HOUR, Kind.ROAD_DEPTH, place=UNDER, value=0.10)
    add(2.0 * HOUR, Kind.ROAD_CLOSED, place=UNDER, value=1.0)
    add(2.5 * HOUR, Kind.ROAD_DEPTH, place=UNDER, value=0.16)
    add(3.0 * HOUR, Kind.ROAD_DEPTH, place=STREET, value=0.06)
    add(3.0 * HOUR, Kind.ROAD_DEPTH, place=UNDER, value=0.30)  # deep enough to be closed for
    add(3.0 * HOUR, Kind.CAUGHT, place=UNDER, value=0.0)
    add(3.5 * HOUR, Kind.ROAD_DEPTH, place=UNDER, value=0.80)
    add(3.5 * HOUR, Kind.CAUGHT, place=UNDER, value=1.0)
    add(4.0 * HOUR, Kind.ROAD_DEPTH, place=STREET, value=0.04)
    add(4.0 * HOUR, Kind.ROAD_CLOSED, place=OTHER_UNDER, value=1.0)
    add(4.0 * HOUR, Kind.CAUGHT, place=STREET, value=0.0)
    add(4.5 * HOUR, Kind.REROUTED, actor=1, value=60.0)
    add(5.0 * HOUR, Kind.ROAD_DEPTH, place=UNDER, value=0.20)
    add(5.5 * HOUR, Kind.ROAD_DEPTH, place=UNDER, value=0.07)
    add(6.0 * HOUR, Kind.ROAD_DEPTH, place=UNDER, value=0.01)
    add(6.0 * HOUR, Kind.ROAD_CLOSED, place=UNDER, value=0.0)
    add(6.0 * HOUR, Kind.ROAD_DEPTH, place=OTHER_UNDER, value=0.06)
    add(7.0 * HOUR, Kind.ROAD_DEPTH, place=OTHER_UNDER, value=0.16)
    add(9.0 * HOUR, Kind.ROAD_DEPTH, place=OTHER_UNDER, value=0.31)
    add(10.0 * HOUR, Kind.RUN_ENDED)
    return log.finish()


@pytest.mark.parametrize("name", FLOOD)
def test_a_vital_sign_of_a_flood_has_its_value_by_hand(name):
    assert list(BY_HAND) == FLOOD
    assert INDICATORS[name].of(flood()) == pytest.approx(BY_HAND[name], rel=1e-14)


def test_where_streets_are_known_the_table_tells_of_the_flood():
    table = vitals(flood()).set_index("indicator")
    assert list(table.index) == list(INDICATORS)
    assert table.loc[FLOOD, "value"].tolist() == pytest.approx(list(BY_HAND.values()))
    assert table.loc[FLOOD, "better"].tolist() == ["lower"] * 6 + ["", "lower", "lower"]


def test_streets_that_stayed_dry_and_open_give_zeros():
    log = writer()
    log.append(0.0, Kind.RUN_BEGAN)
    log.append(10.0, Kind.RUN_ENDED)
    assert [INDICATORS[name].of(log.finish()) for name in FLOOD] == [0.0] * len(FLOOD)


def test_a_log_without_streets_knows_nothing_of_floods(log):
    assert all(math.isnan(INDICATORS[name].of(log)) for name in FLOOD)
    assert not set(FLOOD) & set(vitals(log)["indicator"])


def test_a_closed_street_is_no_underpass():
    log = writer()
    log.append(0.0, Kind.RUN_BEGAN)
    log.append(0.0, Kind.ROAD_CLOSED, place=STREET, value=1.0)
    log.append(10.0, Kind.RUN_ENDED)
    done = log.finish()
    assert INDICATORS["underpass closure hours"].of(done) == 0.0
    assert INDICATORS["needless closure hours"].of(done) == 0.0


def test_an_underpass_that_fills_and_is_shut_at_one_moment_is_not_shut_in_vain():
    log = writer()
    log.append(0.0, Kind.RUN_BEGAN)
    log.append(HOUR, Kind.ROAD_DEPTH, place=UNDER, value=0.5)
    log.append(HOUR, Kind.ROAD_CLOSED, place=UNDER, value=1.0)
    log.append(3 * HOUR, Kind.RUN_ENDED)
    done = log.finish()
    assert INDICATORS["underpass closure hours"].of(done) == 2.0
    assert INDICATORS["needless closure hours"].of(done) == 0.0


def test_the_vital_signs_of_a_flood_are_recomputed_from_the_file_alone(tmp_path):
    flood().save(tmp_path / "log.parquet")
    assert vitals(EventLog.load(tmp_path / "log.parquet")).equals(vitals(flood()))
