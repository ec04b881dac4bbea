"""What a solver refuses, each by the name of the argument and the element."""

import numpy as np
import pytest

from cext.pipes import Solver
from tests.cext.small_networks import arguments, high, junction, pipe, pump, reservoir, tank

FINE = {
    "nodes": [junction(demand=0.01), junction(), reservoir(50.0), tank(z=40.0, level=3.0, high=5.0, area=100.0)],
    "links": [pipe(2, 0), pipe(0, 1), pump(1, 3, h0=50.0, r=5000.0, n=2.0)],
    "controls": [high(2, 3, 44.0, is_open=False)],
    "patterns": [[1.0, 2.0]],
    "curves": [([0.0, 1.0], [0.0, 10.0])],
}


def spoilt(name, index, value):
    given = arguments(**FINE)
    if index is None:
        given[name] = value
    else:
        given[name] = given[name].copy()
        given[name][index] = value
    return given


def test_what_is_fine_is_taken():
    solver = Solver(**arguments(**FINE))
    assert (solver.n_nodes, solver.n_links) == (4, 3)


@pytest.mark.parametrize(
    ("name", "index", "value", "words"),
    [
        ("elevation_m", 1, np.nan, r"elevation_m\[1\] is nan: must be finite"),
        ("demand_base_m3s", 0, np.inf, r"demand_base_m3s\[0\] is inf"),
        ("length_m", 0, 0.0, r"length_m\[0\] is 0.0: must be above 0"),
        ("diameter_m", 1, -1.0, r"diameter_m\[1\] is -1.0: must be above 0"),
        ("roughness", 0, 0.0, r"roughness\[0\]"),
        ("minor_loss", 0, -1.0, r"minor_loss\[0\] is -1.0: must not be negative"),
        ("speed", 2, -1.0, r"speed\[2\]"),
        ("emitter", 0, -1.0, r"emitter\[0\]"),
        ("tail", 1, 4, r"tail\[1\] is 4: must be in \[0, 4\)"),
        ("head", 1, 0, r"tail\[1\] is 0: a link must join two nodes"),
        ("demand_pattern", 0, 1, r"demand_pattern\[0\] is 1"),
        ("demand_node", 0, 2, r"demand_node\[0\] is 2: only junctions have demands"),
        ("node_kind", 0, 3, r"node_kind\[0\] is 3"),
        ("node_kind", None, np.zeros(4, np.int8), "no reservoir and no tank"),
        ("link_kind", 0, 3, r"link_kind\[0\] is 3"),
        ("pump_kind", 2, 4, r"pump_kind\[2\] is 4"),
        ("pump_h0_m", 2, 0.0, r"pump_h0_m\[2\] is 0.0: must be finite and above 0"),
        ("pump_r", 2, np.inf, r"pump_r\[2\] is inf"),
        ("tank_area_m2", 3, 0.0, r"tank_area_m2\[3\]"),
        ("tank_maximum_m", 3, -1.0, r"tank_maximum_m\[3\] is -1.0: must not be below the minimum"),
        ("curve_x", 1, 0.0, "curve 0 must rise in x"),
        ("pattern_first", 1, 1, "pattern_first must run from 0 to the length of pattern_factor"),
        ("pattern_first", None, np.array([0, 0, 2]), r"pattern_first\[0\] is 0: every pattern must have an entry"),
        ("curve_first", None, np.zeros(0, np.int32), "curve_first must run from 0"),
        ("control_link", 0, 3, r"control_link\[0\] is 3"),
        ("is_open", None, np.ones(2, np.bool_), r"is_open has the shape \(2,\): must be \(3,\)"),
        ("accuracy", None, 0.0, "accuracy is 0.0: must be finite and above 0"),
        ("viscosity_m2_s", None, np.nan, "viscosity_m2_s is nan: must be finite"),
        ("formula", None, 3, "formula is 3"),
        ("required_pressure_m", None, 0.0, "required_pressure_m is 0.0: must be above minimum_pressure_m"),
    ],
)
def test_what_does_not_fit_is_named(name, index, value, words):
    with pytest.raises(ValueError, match=words):
        Solver(**spoilt(name, index, value))


def test_a_custom_pump_needs_two_points():
    given = spoilt("pump_kind", 2, 1)
    with pytest.raises(ValueError, match=r"pump_curve\[2\] is -1: a custom pump's curve needs two points"):
        Solver(**given)


def test_a_curve_is_a_tanks_or_a_pumps():
    given = spoilt("pump_kind", 2, 1)
    given["pump_curve"][2] = given["tank_curve"][3] = 0
    with pytest.raises(ValueError, match="curve 0 is both a tank's and a pump's"):
        Solver(**given)


def test_a_pump_of_constant_power_needs_power():
    with pytest.raises(ValueError, match=r"pump_power_w\[2\] is 0.0"):
        Solver(**spoilt("pump_kind", 2, 2))


def test_smooth_pipes_are_for_darcy_weisbach_only():
    given = spoilt("roughness", 0, 0.0)
    Solver(**(given | {"formula": 1}))
    with pytest.raises(ValueError, match="roughness"):
        Solver(**(given | {"formula": 2}))


def test_what_is_not_asked_for_is_refused():
    with pytest.raises(TypeError, match="unexpected arguments: colour"):
        Solver(**arguments(**FINE), colour="blue")
