"""Runoff: balances that close, the kinematic limit, infiltration by its integrated formulas."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cext.runoff import Runoff, RunoffState

MANNING = 1.49 * 0.3048 ** (1.0 / 3.0)
MM_H = 1e-3 / 3600.0
HORTON, GREEN_AMPT, CURVE_NUMBER = range(3)
SOILS = {
    HORTON: (50 * MM_H, 8 * MM_H, 4 / 3600.0, 3 * 86400.0, 0.0),
    GREEN_AMPT: (0.11, 6 * MM_H, 0.25, 0.0, 0.0),
    CURVE_NUMBER: (78.0, 0.0, 4 * 86400.0, 0.0, 0.0),
}


def catchments(n: int = 1, **changed: Any) -> Runoff:
    fields: dict[str, Any] = {
        "outlet_node": 0,
        "outlet_catchment": -1,
        "gage": 0,
        "area_m2": 1e4,
        "impervious": 0.4,
        "width_m": 100.0,
        "slope": 0.01,
        "manning_impervious": 0.013,
        "manning_pervious": 0.1,
        "storage_impervious_m": 0.001,
        "storage_pervious_m": 0.004,
        "no_storage": 0.25,
        "infiltration_kind": HORTON,
    } | {key: value for key, value in changed.items() if key != "infiltration"}
    soil = changed.get("infiltration", SOILS.get(fields["infiltration_kind"], SOILS[HORTON]))
    ints = {"outlet_node", "outlet_catchment", "gage"}
    kinds = {key: np.int32 if key in ints else np.int8 if key == "infiltration_kind" else np.float64 for key in fields}
    arrays = {key: np.broadcast_to(value, n).astype(kinds[key]) for key, value in fields.items()}
    infiltration = np.broadcast_to(np.array(soil, dtype=float), (n, 5)).copy()
    return Runoff(names=[f"S{i}" for i in range(n)], n_nodes=2, n_gages=1, **arrays, infiltration=infiltration)


def rain(state: RunoffState, *rates_mm_h: float, dt_s: float = 60.0, evaporation_m_s: float = 0.0) -> None:
    for rate in rates_mm_h:
        state.step(dt_s, np.array([rate * MM_H]), evaporation_m_s=evaporation_m_s)


@given(
    rates=st.lists(st.floats(0.0, 200.0), min_size=1, max_size=40),
    kind=st.sampled_from([HORTON, GREEN_AMPT, CURVE_NUMBER]),
    evaporation=st.floats(0.0, 5.0),
)
def test_infiltration_and_evaporation_never_exceed_the_water(rates: list[float], kind: int, evaporation: float) -> None:
    state = catchments(infiltration_kind=kind).start()
    rain(state, *rates, evaporation_m_s=evaporation * MM_H)
    found = {key: float(value[0]) for key, value in state.balance().items()}
    assert all(value >= 0.0 for value in found.values())
    assert found["sunk"] + found["evaporated"] + found["stored"] <= found["rained"] * (1 + 1e-9) + 1e-9


@pytest.mark.parametrize("kind", [HORTON, GREEN_AMPT, CURVE_NUMBER])
def test_the_balance_closes_as_the_step_shrinks(kind: int) -> None:
    """Runoff is booked at the rate of the step's end, as in SWMM, so what is missing falls with the step."""
    missing = []
    for dt in (60.0, 6.0):
        state = catchments(infiltration_kind=kind).start()
        rain(state, *[80.0] * int(1800 / dt), *[0.0] * int(5400 / dt), dt_s=dt)
        found = {key: float(value[0]) for key, value in state.balance().items()}
        left = found["sunk"] + found["evaporated"] + found["ran_off"] + found["stored"]
        missing.append(abs(found["rained"] - left) / found["rained"])
    assert missing[1] < 0.2 * missing[0] < 0.004


def test_long_rain_on_a_roof_runs_off_as_it_falls() -> None:
    state = catchments(impervious=1.0).start()
    rain(state, *[36.0] * 120)
    assert state.flows()[0] == pytest.approx(1e4 * 36.0 * MM_H, rel=1e-4)
    depth = (36.0 * MM_H / (MANNING * 100.0 * 0.1 / (1e4 * 0.013))) ** 0.6
    assert state.balance()["stored"][0] == pytest.approx(1e4 * (depth + 0.75 * 0.001), rel=1e-3)


def test_rain_that_fits_into_the_depressions_does_not_run_off() -> None:
    state = catchments(impervious=1.0, no_storage=0.0).start()
    rain(state, *[3.0] * 19)
    assert state.flows().tolist() == [0.0]
    rain(state, *[3.0] * 2)
    assert state.flows()[0] > 0.0


def test_horton_sinks_by_its_integral() -> None:
    """Under more rain than it takes, F(t) = f t + (f0 - f)/k (1 - exp(-kt))."""
    state = catchments(impervious=0.0).start()
    rain(state, *[200.0] * 60)
    most, least, decay = SOILS[HORTON][:3]
    sunk = least * 3600 + (most - least) / decay * (1 - np.exp(-decay * 3600))
    assert state.balance()["sunk"][0] == pytest.approx(1e4 * sunk, rel=1e-9)


def test_horton_under_light_rain_ages_only_by_what_sank() -> None:
    """All light rain sinks; afterwards the heavy rain meets the curve where that volume left it."""
    state = catchments(impervious=0.0).start()
    rain(state, *[5.0] * 60)
    assert state.balance()["sunk"][0] == pytest.approx(1e4 * 5e-3)
    most, least, decay = SOILS[HORTON][:3]
    times = np.linspace(0.0, 3600.0, 100001)
    volume = least * times + (most - least) / decay * (1 - np.exp(-decay * times))
    begun = np.interp(5e-3, volume, times)
    rain(state, 200.0)
    sunk = np.interp([begun + 60.0], times, volume)[0] - 5e-3
    assert state.balance()["sunk"][0] == pytest.approx(1e4 * (5e-3 + sunk), rel=1e-3)


def test_dry_ground_recovers_and_a_most_volume_ends_the_sinking() -> None:
    wet = catchments(impervious=0.0, infiltration=(50 * MM_H, 8 * MM_H, 4 / 3600.0, 7200.0, 0.02)).start()
    rain(wet, *[200.0] * 240)
    assert wet.balance()["sunk"][0] == pytest.approx(1e4 * 0.02)
    rain(wet, *[0.0] * 600, evaporation_m_s=5 * MM_H)
    rain(wet, 40.0)
    assert wet.balance()["sunk"][0] > 1e4 * 0.0201


def test_constant_infiltration_takes_its_rate() -> None:
    state = catchments(impervious=0.0, infiltration=(15 * MM_H, 15 * MM_H, 1.0, 1.0, 0.0)).start()
    rain(state, *[40.0] * 60)
    assert state.balance()["sunk"][0] == pytest.approx(1e4 * 0.015, rel=1e-9)


def test_green_and_ampt_follow_the_implicit_formula() -> None:
    """F - S d ln(1 + F / (S d)) = K t from the start where rain always exceeds what sinks, without ponded depth."""
    suction, conductivity, deficit = SOILS[GREEN_AMPT][:3]
    state = catchments(impervious=0.0, infiltration_kind=GREEN_AMPT, manning_pervious=0.001, slope=1.0).start()
    rain(state, *[2000.0] * 360, dt_s=10.0)
    sunk, c = float(state.balance()["sunk"][0]) / 1e4, suction * deficit
    assert sunk - c * np.log(1 + sunk / c) == pytest.approx(conductivity * 3600.0, rel=0.08)


def test_green_and_ampt_takes_all_light_rain_and_dries_again() -> None:
    state = catchments(impervious=0.0, infiltration_kind=GREEN_AMPT).start()
    rain(state, *[5.0] * 60)
    assert state.balance()["sunk"][0] == pytest.approx(1e4 * 5e-3)
    rain(state, *[60.0] * 120)
    before = state.balance()["sunk"][0]
    rain(state, *[0.0] * 48, dt_s=3600.0)
    rain(state, *[60.0] * 10)
    after = state.balance()["sunk"][0]
    assert after - before > 1e4 * 0.8 * 60.0 * MM_H * 600.0
    rain(state, *[0.0] * 1000, dt_s=3600.0)
    assert np.isfinite(state.flows()).all()


def test_without_deficit_only_the_conductivity_sinks() -> None:
    state = catchments(impervious=0.0, infiltration_kind=GREEN_AMPT, infiltration=(0.1, 6 * MM_H, 0.0, 0, 0)).start()
    rain(state, *[60.0] * 60)
    assert state.balance()["sunk"][0] == pytest.approx(1e4 * 0.006, rel=0.02)


def test_the_curve_number_splits_rain_as_its_formula() -> None:
    """F = P S / (P + S), S = 1000/CN - 10 inches."""
    state = catchments(impervious=0.0, infiltration_kind=CURVE_NUMBER).start()
    rain(state, *[60.0] * 60)
    rained, s = 0.06, (1000.0 / 78.0 - 10.0) * 0.0254
    assert state.balance()["sunk"][0] == pytest.approx(1e4 * rained * s / (rained + s), rel=1e-6)
    rain(state, *[0.0] * 30)
    rain(state, *[0.0] * 30, dt_s=86400.0)
    before = state.balance()["sunk"][0]
    rain(state, *[60.0] * 60)
    assert state.balance()["sunk"][0] - before == pytest.approx(1e4 * rained * s / (rained + s), rel=1e-3)


def test_runoff_onto_another_catchment_arrives_a_step_later() -> None:
    state = catchments(2, impervious=1.0, outlet_node=np.array([-1, 1]), outlet_catchment=np.array([1, -1])).start()
    rain(state, *[36.0] * 180)
    assert state.to_nodes().tolist() == [0.0, pytest.approx(2e4 * 36.0 * MM_H, rel=1e-3)]
    assert state.balance()["ran_on"][1] == pytest.approx(state.balance()["ran_off"][0], rel=0.01)
    out = np.zeros(2)
    assert state.flows(out=out) is not None
    assert out[1] == state.to_nodes()[1]


def test_ground_without_roughness_lets_all_go_at_once() -> None:
    state = catchments(impervious=1.0, manning_impervious=0.0, no_storage=1.0).start()
    rain(state, 36.0)
    assert state.flows()[0] == pytest.approx(1e4 * 36.0 * MM_H)
    assert state.balance()["stored"][0] == pytest.approx(0.0)


def test_a_fork_goes_its_own_way_and_a_dry_step_tells_that_nothing_runs() -> None:
    state = catchments().start()
    rain(state, *[50.0] * 10)
    twin = state.fork()
    rain(state, 50.0)
    assert twin.time_s == 600.0
    assert twin.flows()[0] != state.flows()[0]
    rain(twin, 50.0)
    assert twin.flows().tolist() == state.flows().tolist()
    assert catchments(gage=-1).start().step(60.0, np.array([99 * MM_H])) is False


@pytest.mark.parametrize(
    "change",
    [
        {"area_m2": -1.0},
        {"impervious": 1.1},
        {"width_m": np.nan},
        {"gage": 3},
        {"outlet_node": 5},
        {"outlet_catchment": 5},
        {"infiltration_kind": 7},
        {"infiltration": (1 * MM_H, 2 * MM_H, 1, 1, 0)},
        {"infiltration_kind": GREEN_AMPT, "infiltration": (0.1, 0.0, 0.2, 0, 0)},
        {"infiltration_kind": CURVE_NUMBER, "infiltration": (0.0, 0.0, 1.0, 0, 0)},
    ],
    ids=str,
)
def test_a_catchment_that_cannot_be_is_refused_by_its_name(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="S0"):
        catchments(**change)


def test_wrong_steps_and_rain_are_refused() -> None:
    state = catchments().start()
    for dt, rates in ((0.0, [0.0]), (np.inf, [0.0]), (60.0, [-1.0]), (60.0, [np.nan]), (60.0, [])):
        with pytest.raises(ValueError, match=r"(is|are) needed"):
            state.step(dt, np.array(rates, dtype=float))
    with pytest.raises(ValueError, match="there are 1 catchments"):
        Runoff(names=["a"], n_nodes=1, n_gages=1, area_m2=np.ones(1), width_m=np.ones(2))  # type: ignore[call-arg]
