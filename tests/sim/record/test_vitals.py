"""Every vital sign of a short history, computed by hand; the history is told in conftest."""

import math

import pytest

from sim.record.curves import cases_open, crew_busy, people_without_water, service_curve, worst_moment
from sim.record.eventlog import EventLog
from sim.record.incidents import incidents
from sim.record.kinds import Kind
from sim.record.vitals import INDICATORS, customer_hours_without_water, vitals
from sim.scenario import catalog

HOUR = 3600.0
BY_HAND = {
    "customer hours without water": 100 * 4 + 50 * 1,
    "people without water at worst": 150,
    "resilience loss": 100 * 0.75 * 4 + 50 * (0.25 * 3 + 0.6 * 1),
    "undelivered volume": 0.01 * 4 * HOUR,
    "water service availability": 1 - 144 / 1800,
    "volume leaked": 0.02 * 4 * HOUR,
    "median time to first report": (0.5 + 8.0) / 2,  # the second incident waits from 2 h to the end at 10 h
    "p90 time to first report": 0.5 + 0.9 * 7.5,
    "share of incidents never reported": 0.5,
    "median time to on site": (2.0 + 8.0) / 2,
    "p90 time to on site": 2.0 + 0.9 * 6.0,
    "median time to located": (2.5 + 8.0) / 2,
    "p90 time to located": 2.5 + 0.9 * 5.5,
    "incidents not located at the end": 1,
    "median time to closure": (6.5 + 8.0) / 2,  # its first closing, at 5.5 h, did not last
    "p90 time to closure": 6.5 + 0.9 * 1.5,
    "incidents open at the end": 1,
    "cases open at the end": 1,
    "share of trips that found nothing": 0.5,
    "crew busy fraction": (3 / 9 + 0 / 6) / 2,
}


@pytest.mark.parametrize("name", BY_HAND)
def test_a_vital_sign_has_its_value_by_hand(log, name):
    assert INDICATORS[name].of(log) == pytest.approx(BY_HAND[name], rel=1e-14)


def test_the_table_has_one_row_for_every_indicator(log):
    table = vitals(log)
    dry = [name for name, indicator in INDICATORS.items() if not indicator.of_floods]
    assert table["indicator"].tolist() == dry == list(BY_HAND)
    assert list(table.columns) == ["indicator", "value", "unit", "better", "description"]
    assert table["value"].tolist() == [INDICATORS[name].of(log) for name in dry]
    assert set(table["better"]) == {"lower", "higher", ""}
    assert table["description"].str.endswith(".").all()


def test_names_are_the_names_of_functions_that_a_scenario_can_point_to():
    for name, indicator in INDICATORS.items():
        assert indicator.function.__module__ == f"sim.record.{'flood_vitals' if indicator.of_floods else 'vitals'}"
        assert indicator.function.__name__ == name.replace(" ", "_")


def test_the_names_a_scenario_may_use_are_those_that_are_computed():
    assert list(catalog.INDICATORS) == list(INDICATORS)
    for name, listed in catalog.INDICATORS.items():
        assert catalog.resolve(listed.target) is INDICATORS[name].function
        computed = INDICATORS[name]
        assert (listed.unit, listed.better, listed.of_floods) == (computed.unit, computed.better, computed.of_floods)


def test_every_vital_sign_is_recomputed_from_the_file_alone(log, tmp_path):
    log.save(tmp_path / "log.parquet")
    back = EventLog.load(tmp_path / "log.parquet")
    assert vitals(back).equals(vitals(log))
    assert crew_busy(back).equals(crew_busy(log))


@pytest.mark.parametrize(("threshold", "hours"), [(0.0, 0), (0.25, 0), (0.3, 400), (0.5, 450), (0.75, 450), (0.8, 600)])
def test_without_water_is_strictly_below_the_threshold(log, threshold, hours):
    assert customer_hours_without_water(log, threshold) == hours
    assert vitals(log, threshold)["value"].iloc[0] == hours


@pytest.mark.parametrize("threshold", [-0.1, 1.1, math.nan])
def test_a_threshold_that_is_no_share_is_refused(log, threshold):
    with pytest.raises(ValueError, match="no share from 0 to 1"):
        vitals(log, threshold)


def test_curves_are_steps_from_the_beginning_to_the_end(log):
    assert people_without_water(log).to_dict() == {0.0: 0, 1 * HOUR: 100, 4 * HOUR: 150, 5 * HOUR: 0, 10 * HOUR: 0}
    service = service_curve(log)
    assert service.index.tolist() == [0.0, 1 * HOUR, 4 * HOUR, 5 * HOUR, 10 * HOUR]
    assert service.tolist() == pytest.approx([1.0, 1 - 87.5 / 150, 1 - 105 / 150, 1.0, 1.0], rel=1e-14)
    assert service.iloc[0] == service.iloc[3] == 1.0
    hours = [0.0, 1.5, 1.75, 2.5, 5.5, 6.0, 7.5, 8.0, 10.0]
    assert cases_open(log).to_dict() == dict(zip([h * HOUR for h in hours], [0, 1, 2, 1, 0, 1, 0, 1, 1], strict=True))
    assert worst_moment(log) == 4 * HOUR
    assert worst_moment(log, 0.3) == 1 * HOUR


def test_crews_are_busy_from_turning_out_to_the_end_of_work(log):
    table = crew_busy(log)
    assert table["name"].tolist() == ["crew 1", "crew 2"]
    assert table["on_shift_h"].tolist() == [9.0, 6.0]
    assert table["busy_h"].tolist() == [3.0, 0.0]
    assert table["busy_fraction"].tolist() == [3 / 9, 0.0]


def test_the_life_of_each_incident_is_one_row(log):
    table = incidents(log)
    assert table["incident"].tolist() == [0, 1]
    first = (table.drop(columns=["incident", "place"]).loc[0] / HOUR).to_dict()
    assert first == {"occurred_s": 1.0, "reported_s": 1.5, "on_site_s": 3.0, "located_s": 3.5, "closed_s": 7.5}
    assert table.loc[1].isna().sum() == 4


def test_a_run_in_which_nothing_happened_has_no_harm_and_no_shares(blank):
    log = blank()
    log.append(0.0, Kind.RUN_BEGAN)
    log.append(10.0, Kind.RUN_ENDED)
    quiet = log.finish()
    values = dict(zip(vitals(quiet)["indicator"], vitals(quiet)["value"], strict=True))
    undefined = {name for name, value in values.items() if math.isnan(value)}
    assert undefined == {
        "water service availability",
        "share of incidents never reported",
        "share of trips that found nothing",
        "crew busy fraction",
        *(name for name in BY_HAND if "time to" in name),
    }
    assert all(value == 0.0 for name, value in values.items() if name not in undefined)
    assert worst_moment(quiet) == 0.0
    assert crew_busy(quiet)["busy_fraction"].isna().all()


def test_without_people_there_is_no_service_curve(log):
    empty = EventLog(rows=log.rows, places=log.places.assign(people=math.nan), actors=log.actors, run=log.run)
    assert service_curve(empty).isna().all()
    assert customer_hours_without_water(empty) == 0.0


def closings(blank, *kinds):
    log = blank()
    log.append(0.0, Kind.RUN_BEGAN)
    log.append(0.0, Kind.OCCURRED, incident=4, place=20)
    for n, kind in enumerate(kinds):
        log.append(HOUR * (n + 1), kind, case=0, incident=4)
    log.append(10 * HOUR, Kind.RUN_ENDED)
    return INDICATORS["median time to closure"].of(log.finish())


def test_an_incident_is_closed_only_after_work_that_lasts(blank):
    assert closings(blank, Kind.HANDLED, Kind.CLOSED) == 2.0
    assert closings(blank, Kind.HANDLED, Kind.CLOSED, Kind.CLOSED) == 2.0
    assert closings(blank, Kind.CLOSED) == 10.0  # a symptom, with the burst still open
    assert closings(blank, Kind.CLOSED, Kind.HANDLED, Kind.CLOSED) == 3.0
    assert closings(blank, Kind.HANDLED, Kind.CLOSED, Kind.REOPENED) == 10.0
    assert closings(blank, Kind.HANDLED, Kind.CLOSED, Kind.REOPENED, Kind.CLOSED) == 10.0
    assert closings(blank, Kind.HANDLED, Kind.REOPENED, Kind.HANDLED, Kind.CLOSED) == 4.0
