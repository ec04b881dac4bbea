"""Pumps, orifices, weirs and outlets between two still levels carry what their formulas say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cext.drains import State
from tests.cext.small_drains import CONDUIT, JUNCTION, ORIFICE, OUTFALL, OUTLET, PUMP, STORAGE, WEIR, chain

G2 = np.sqrt(2 * 32.2 * 0.3048)
CIRCULAR, RECT_CLOSED, RECT_OPEN, TRAPEZOIDAL, TRIANGULAR, FORCE_MAIN, _ = range(7)
TRANSVERSE, SIDEFLOW, V_NOTCH, TRAPEZOID = 2, 3, 4, 5
RISING = (np.array([0.0, 1.0, 3.0]), np.array([0.0, 0.2, 0.4]))
FALLING = (np.array([0.0, 2.0, 6.0]), np.array([0.4, 0.3, 0.1]))
Given = dict[str, Any]


def between(depth: float, stage: float = 5.0, *, setting: float = 1.0, **device: Any) -> State:
    """A vast tank at ``depth`` above 10 m, a device, and an outfall at a level."""
    given: Given = {
        "node_kind": [STORAGE, OUTFALL],
        "invert_m": [10.0, 5.0],
        "depth_m": [6.0, 0.0],
        "initial_depth_m": [depth, 0.0],
        "storage_area": (0.0, 0.0, 1e9),
        "outfall_kind": 2,
        "stage_m": stage,
        "tail_offset_m": 0.5,
        "geometry": (1.0, 1.2, 0.0, 0.0),
    }
    state = chain(2, **(given | device)).start()
    state.turn(0, setting)
    state.advance(60.0)
    return state


def flow(depth: float, stage: float = 5.0, **device: Any) -> float:
    return float(between(depth, stage, **device).flows()[0])


def villemonte(ratio: float, power: float = 1.5) -> float:
    return float((1.0 - ratio**power) ** 0.385)


ROUND = {"link_kind": ORIFICE, "shape": CIRCULAR, "geometry": (0.4, 0.0, 0.0, 0.0)}
SQUARE = {"link_kind": ORIFICE, "shape": RECT_CLOSED, "geometry": (0.4, 0.5, 0.0, 0.0)}


def test_a_side_orifice_flows_by_the_head_on_its_middle() -> None:
    assert flow(3.0, **ROUND) == pytest.approx(0.65 * np.pi * 0.04 * G2 * np.sqrt(3.0 - 0.7), rel=1e-6)
    assert flow(3.0, 12.0, **ROUND) == pytest.approx(0.65 * np.pi * 0.04 * G2 * np.sqrt(1.0), rel=1e-6)
    assert flow(3.0, 14.0, **ROUND) == pytest.approx(-0.65 * np.pi * 0.04 * G2 * np.sqrt(1.0), rel=1e-6)


def test_below_its_crown_an_orifice_is_a_weir() -> None:
    """At the crown both formulas meet: C sqrt(h / 2) (f)^1.5."""
    full = 0.65 * 0.2 * G2 * np.sqrt(0.2)
    assert flow(0.7, **SQUARE) == pytest.approx(full * 0.5**1.5, rel=1e-6)
    assert flow(0.7, 10.6, **SQUARE) == pytest.approx(full * 0.5**1.5 * villemonte(0.5), rel=1e-6)
    assert flow(0.4, **SQUARE) == 0.0


def test_a_half_open_orifice_has_half_the_opening() -> None:
    expected = 0.65 * 0.1 * G2 * np.sqrt(3.0 - 0.6)
    assert flow(3.0, setting=0.5, **SQUARE) == pytest.approx(expected, rel=1e-6)
    assert flow(3.0, setting=0.0, **SQUARE) == 0.0


def test_a_bottom_orifice_flows_by_the_head_above_it() -> None:
    bottom = {"opening_kind": 1}
    assert flow(3.0, **ROUND, **bottom) == pytest.approx(0.65 * np.pi * 0.04 * G2 * np.sqrt(2.5), rel=1e-6)
    assert flow(3.0, 12.0, **ROUND, **bottom) == pytest.approx(0.65 * np.pi * 0.04 * G2, rel=1e-6)
    critical = 0.65 / 0.414 * 0.2 / 1.8
    q = 0.65 * 0.2 * G2 * np.sqrt(critical) * (0.1 / critical) ** 1.5
    assert flow(0.6, **SQUARE, **bottom) == pytest.approx(q, rel=1e-6)
    assert flow(0.3, **SQUARE, **bottom) == 0.0


@pytest.mark.parametrize(("depth", "stage"), [(3.0, 5.0), (0.7, 5.0)])
def test_a_flap_gate_takes_head_and_lets_nothing_back(depth: float, stage: float) -> None:
    free, gated = flow(depth, stage, **SQUARE), flow(depth, stage, **SQUARE, flap_gate=True)
    assert 0.5 * free < gated < free
    assert flow(1.0, 13.0, **SQUARE, flap_gate=True) == 0.0
    assert flow(1.0, 13.0, **SQUARE, outfall_gate=[False, True]) == 0.0


WEIRS: Given = {"link_kind": WEIR, "shape": RECT_OPEN, "opening_kind": TRANSVERSE, "coefficient": 1.8}


def test_a_transverse_weir() -> None:
    assert flow(1.2, **WEIRS) == pytest.approx(1.8 * 1.2 * 0.7**1.5, rel=1e-6)
    assert flow(1.2, **WEIRS, end_contractions=2.0) == pytest.approx(1.8 * (1.2 - 0.14) * 0.7**1.5, rel=1e-6)
    assert flow(1.2, 11.0, **WEIRS) == pytest.approx(1.8 * 1.2 * 0.7**1.5 * villemonte(0.5 / 0.7), rel=1e-6)
    assert flow(1.2, setting=0.6, **WEIRS) == pytest.approx(1.8 * 1.2 * 0.3**1.5, rel=1e-6)
    assert flow(1.2, setting=0.0, **WEIRS) == 0.0
    assert flow(0.4, **WEIRS) == 0.0


def test_above_its_opening_a_weir_is_an_orifice_or_stays_as_it_is() -> None:
    opening = 1.8 * 1.2 / np.sqrt(0.5)
    assert flow(3.0, **WEIRS) == pytest.approx(opening * np.sqrt(2.0), rel=1e-6)
    assert flow(3.0, 12.5, **WEIRS) == pytest.approx(opening * np.sqrt(0.5), rel=1e-6)
    assert flow(3.0, **WEIRS, can_surcharge=False) == pytest.approx(1.8 * 1.2, rel=1e-6)
    assert 0.7 < flow(3.0, **WEIRS, flap_gate=True) / flow(3.0, **WEIRS) < 1.0
    assert 0.7 < flow(1.2, **WEIRS, flap_gate=True) / flow(1.2, **WEIRS) < 1.0


def test_a_side_weir_is_transverse_when_it_flows_back() -> None:
    side = WEIRS | {"opening_kind": SIDEFLOW}
    assert flow(1.2, **side) == pytest.approx(1.8 * 1.2**0.83 * 0.7**1.67, rel=1e-6)
    back = -1.8 * 1.2 * 0.7**1.5
    assert flow(0.1, 11.2, **side) == pytest.approx(back, rel=1e-6)
    drowned = villemonte(0.2 / 0.7, 5.0 / 3.0)
    assert flow(1.2, 10.7, **side) == pytest.approx(1.8 * 1.2**0.83 * 0.7**1.67 * drowned, rel=1e-6)


def test_a_notch_and_a_trapezoidal_weir() -> None:
    notch = WEIRS | {"shape": TRIANGULAR, "opening_kind": V_NOTCH, "geometry": (1.0, 1.2, 0.0, 0.0)}
    assert flow(1.2, **notch) == pytest.approx(1.8 * 0.6 * 0.7**2.5, rel=1e-6)
    assert flow(1.2, 10.7, **notch) == pytest.approx(1.8 * 0.6 * 0.7**2.5 * villemonte(0.2 / 0.7, 2.5), rel=1e-6)
    sloping = WEIRS | {"shape": TRAPEZOIDAL, "opening_kind": TRAPEZOID, "geometry": (1.0, 1.2, 0.5, 0.5)}
    ends = {"end_coefficient": 1.1}
    expected = 1.8 * 1.2 * 0.7**1.5, 1.1 * 0.5 * 0.7**2.5
    assert flow(1.2, **sloping, **ends) == pytest.approx(sum(expected), rel=1e-6)
    drowned = expected[0] * villemonte(0.2 / 0.7) + expected[1] * villemonte(0.2 / 0.7, 2.5)
    assert flow(1.2, 10.7, **sloping, **ends) == pytest.approx(drowned, rel=1e-6)


@pytest.mark.parametrize(("kind", "head"), [(0, 2.5), (1, 1.0), (2, 2.5), (3, 1.0)])
def test_an_outlet_by_depth_or_head(kind: int, head: float) -> None:
    expected = np.interp(head, *RISING) if kind < 2 else 0.3 * head**0.7
    outlet = {"link_kind": OUTLET, "outlet_kind": kind, "outlet_curve": 0, "curves": [RISING]}
    got = flow(3.0, 12.0, **outlet, coefficient=0.3, exponent=0.7, setting=0.5)
    assert got == pytest.approx(0.5 * expected, rel=1e-6)
    assert flow(3.0, 14.0, **outlet, flap_gate=True, coefficient=0.3, exponent=0.7) == 0.0


PUMPS: Given = {"link_kind": PUMP, "pump_curve": 0}


def test_pumps_follow_their_curves() -> None:
    stairs = (np.array([1.0, 2.5, 9.0]), np.array([0.1, 0.2, 0.3]))
    volumes = (np.array([1e9, 2.5e9, 9e9]), np.array([0.1, 0.2, 0.3]))
    assert flow(3.0, 12.0, **PUMPS, pump_kind=1, curves=[volumes]) == pytest.approx(0.3)
    assert flow(2.0, 12.0, **PUMPS, pump_kind=2, curves=[stairs]) == pytest.approx(0.2)
    assert flow(12.0, 12.0, **PUMPS, pump_kind=2, curves=[stairs], depth_m=[20.0, 0.0]) == pytest.approx(0.3)
    assert flow(3.0, 17.0, **PUMPS, pump_kind=3, curves=[FALLING]) == pytest.approx(0.2, rel=1e-6)
    assert flow(3.0, 6.0, **PUMPS, pump_kind=3, curves=[FALLING]) == pytest.approx(0.4)
    assert flow(2.0, 12.0, **PUMPS, pump_kind=4, curves=[RISING]) == pytest.approx(0.3, rel=1e-6)
    assert flow(5.0, 12.0, **PUMPS, pump_kind=4, curves=[RISING]) == pytest.approx(0.4)


@pytest.mark.parametrize("kind", [0, 1, 2, 3, 4])
def test_no_pump_takes_more_than_comes(kind: int) -> None:
    """From a manhole with an inflow far below the curve, in the mean the pump gives the inflow."""
    curve = (np.array([0.0, 1.0, 3.0]), np.array([0.3, 0.3, 0.3]))
    router = chain(
        3,
        links=[(0, 1), (1, 2)],
        node_kind=[JUNCTION, JUNCTION, OUTFALL],
        invert_m=[5.0, 9.0, 8.5],
        link_kind=[PUMP, CONDUIT],
        pump_kind=kind,
        pump_curve=0,
        curves=[curve],
        inflow_base_m3s=[0.05, 0.0, 0.0],
    )
    state = router.start()
    state.advance(1800.0)
    assert state.flows()[1] == pytest.approx(0.05, rel=0.2)
    assert 0.0 <= state.depths()[0] < 3.0


def test_a_tank_pumped_dry_stays_at_its_bottom() -> None:
    router = chain(
        2,
        node_kind=[STORAGE, OUTFALL],
        invert_m=[5.0, 9.0],
        initial_depth_m=[0.5, 0.0],
        link_kind=PUMP,
        pump_kind=3,
        pump_curve=0,
        curves=[FALLING],
    )
    state = router.start()
    state.advance(600.0)
    assert state.depths()[0] == pytest.approx(0.0, abs=1e-6)
    assert state.balance()["outflow_m3"] == pytest.approx(25.0, abs=0.8)


@pytest.mark.parametrize("force_main", ["H-W", "D-W"])
@pytest.mark.parametrize("inflow", [1e-5, 5e-4, 0.2])
def test_a_full_force_main_loses_head_by_its_own_formula(force_main: str, inflow: float) -> None:
    """Hazen and Williams with C 120, or Swamee and Jain with 0.5 mm, from laminar to rough."""
    roughness = 120.0 if force_main == "H-W" else 0.0005
    router = chain(
        2,
        node_kind=[STORAGE, OUTFALL],
        invert_m=[10.0, 9.99],
        depth_m=[60.0, 0.0],
        initial_depth_m=[2.0, 0.0],
        storage_area=(0.0, 0.0, 0.5),
        outfall_kind=2,
        stage_m=12.0,
        shape=FORCE_MAIN,
        geometry=(0.4, roughness, 0.0, 0.0),
        length_m=1000.0,
        force_main=force_main,
        inflow_base_m3s=[inflow, 0.0],
        routing_step_s=5.0,
    )
    state = router.start()
    state.advance(40000.0)
    v, radius = inflow / (np.pi * 0.04), 0.1
    if force_main == "H-W":
        slope = (v / (1.318 * 0.3048**0.37 * 120.0 * radius**0.63)) ** (1 / 0.54)
    else:
        reynolds = 0.4 * v / (1.1e-5 * 0.3048**2)
        f = 0.25 / np.log10(roughness / (3.7 * 0.4) + 5.74 / max(reynolds, 4000.0) ** 0.9) ** 2
        if reynolds < 4000.0:
            f = 64.0 / reynolds if reynolds <= 2000.0 else 0.032 + (f - 0.032) * (reynolds - 2000.0) / 2000.0
        slope = f / 0.4 * v * v / (2 * 32.2 * 0.3048)
    assert state.heads()[0] - 12.0 == pytest.approx(1000.0 * slope, rel=0.02, abs=2e-4)
