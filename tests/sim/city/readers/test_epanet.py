"""What the reader makes of an EPANET file: everything in SI, and what EPANET itself would compute with."""

import math
import os
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
import pytest
from epanet import toolkit as en

from sim.city.readers.epanet import read_inp
from sim.city.readers.epanet_units import CUBIC_FOOT_M3, WATER_WEIGHT_N_M3, Units
from sim.city.water import ControlKind, HeadlossFormula, LinkKind, NodeKind, PumpKind
from sim.errors import CityOpsError

GALLON, IMPERIAL_GALLON, ACRE_FOOT, DAY = 3.785411784e-3, 4.54609e-3, 1233.48184, 86400.0


@contextmanager
def solved(path):
    """EPANET's project of a file, with its first instant solved."""
    project = en.createproject()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # negative pressures and the like
        en.open(project, str(path), os.devnull, "")
        en.openH(project)
        en.setoption(project, en.ACCURACY, 1e-6)
        en.initH(project, en.INITFLOW)
        en.runH(project)
        yield project
        en.close(project)
    en.deleteproject(project)


def test_nodes_and_links_come_in_epanets_order_and_in_si(write_inp):
    network = read_inp(write_inp())
    assert network.name == "small"
    assert network.node_names == ("A", "B", "R", "T")
    assert network.node_kind.tolist() == [NodeKind.JUNCTION, NodeKind.JUNCTION, NodeKind.RESERVOIR, NodeKind.TANK]
    assert network.elevation_m == pytest.approx([10, 20, 50, 30])
    assert network.link_names == ("P1", "P2", "P3")
    assert network.tail.tolist() == [2, 0, 1]
    assert network.head.tolist() == [0, 1, 3]
    assert network.length_m == pytest.approx([1000, 500, 800])
    assert network.diameter_m == pytest.approx([0.3, 0.2, 0.25])
    assert network.roughness == pytest.approx([100, 120, 110])
    assert network.minor_loss == pytest.approx([0.5, 0, 0])
    assert network.is_open.tolist() == [True, True, False]
    assert network.demand_base_m3s == pytest.approx([0.0015, 0.0025])
    assert network.options.duration_s == 86400


def test_what_was_read_cannot_be_changed(write_inp):
    network = read_inp(write_inp("[CURVES]", "V 0 0", "V 10 700", replace=(("5 10 0", "5 10 0 V"),)))
    for array in (network.length_m, network.demand_node, network.curves[0].x):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


@pytest.mark.parametrize(
    ("unit", "m3s"),
    [
        ("CFS", 0.3048**3),
        ("GPM", GALLON / 60),
        ("MGD", 1e6 * GALLON / DAY),
        ("IMGD", 1e6 * IMPERIAL_GALLON / DAY),
        ("AFD", ACRE_FOOT / DAY),
        ("LPS", 1e-3),
        ("LPM", 1e-3 / 60),
        ("MLD", 1e3 / DAY),
        ("CMH", 1 / 3600),
        ("CMD", 1 / DAY),
        ("CMS", 1.0),
    ],
)
def test_every_flow_unit_brings_its_own_lengths(write_inp, unit, m3s):
    network = read_inp(write_inp(replace=(("LPS", unit),)))
    is_us = unit in {"CFS", "GPM", "MGD", "IMGD", "AFD"}
    assert network.demand_base_m3s == pytest.approx(np.array([1.5, 2.5]) * m3s, rel=2e-4)  # EPANET's own rounding
    assert network.length_m[0] == pytest.approx(304.8 if is_us else 1000.0)
    assert network.diameter_m[0] == pytest.approx(300 * 0.0254 if is_us else 0.3)
    assert network.elevation_m[3] == pytest.approx(9.144 if is_us else 30.0)
    assert network.tank_initial_m[3] == pytest.approx(0.6096 if is_us else 2.0)
    foot = 0.3048 if is_us else 1.0
    assert network.tank_area_m2[3] == pytest.approx(math.pi * (10 * foot) ** 2 / 4, rel=1e-5)


@pytest.mark.parametrize("gravity", [1.0, 0.9])
@pytest.mark.parametrize("flow_unit", ["LPS", "GPM"])
@pytest.mark.parametrize("pressure_unit", ["PSI", "KPA", "METERS", "BAR", "FEET"])
def test_pressures_are_metres_whatever_unit_epanet_gives_them_in(write_inp, pressure_unit, flow_unit, gravity):
    options = (f"Pressure {pressure_unit}", f"Specific Gravity {gravity}", "Demand Model PDA", "Required Pressure 30")
    path = write_inp("[OPTIONS]", *options, replace=(("LPS", flow_unit),))
    network = read_inp(path)
    with solved(path) as project:
        units = Units.of(en.getflowunits(project), int(en.getoption(project, en.PRESS_UNITS)), specific_gravity=gravity)
        given = en.getnodevalue(project, 1, en.PRESSURE)
        head = (en.getnodevalue(project, 1, en.HEAD) - en.getnodevalue(project, 1, en.ELEVATION)) * units.length
    assert given * units.pressure == pytest.approx(head, rel=1e-12)
    assert network.options.pressure_driven
    assert network.options.required_pressure_m == pytest.approx(30 * head / given, rel=1e-12)


def test_an_emitter_lets_out_what_epanet_lets_out(write_inp):
    path = write_inp("[EMITTERS]", "A 3.5", "[OPTIONS]", "Emitter Exponent 0.6", replace=(("LPS", "GPM"),))
    network = read_inp(path)
    pressure_m = 25.0
    psi = pressure_m / 0.3048 * 0.4333
    assert network.options.emitter_exponent == pytest.approx(0.6)
    assert network.emitter[0] * pressure_m**0.6 == pytest.approx(3.5 * psi**0.6 * GALLON / 60, rel=1e-5)
    assert network.emitter[1:].tolist() == [0, 0, 0]


def test_demand_categories_and_patterns_are_kept_apart(write_inp):
    network = read_inp(
        write_inp(
            *("[DEMANDS]", "A 4 day", "A -1", "[PATTERNS]", "day 0.5 1.5 1", "other 2"),
            *("[OPTIONS]", "Pattern other", "Demand Multiplier 1.2"),
        )
    )
    assert network.pattern_names == ("day", "other")
    assert [p.tolist() for p in network.patterns] == [[0.5, 1.5, 1], [2]]
    assert network.demand_node.tolist() == [0, 0, 1]
    assert network.demand_base_m3s == pytest.approx([0.004, -0.001, 0.0025])
    assert network.demand_pattern.tolist() == [0, 1, 1]  # the default pattern where none is named
    assert network.options.demand_multiplier == 1.2


def test_a_reservoir_follows_its_pattern(write_inp):
    network = read_inp(write_inp("[PATTERNS]", "tide 1 1.1", replace=(("R 50", "R 50 tide"),)))
    assert network.head_pattern.tolist() == [-1, -1, 0, -1]


def test_a_tank_has_its_volume_curve_least_volume_and_overflow(write_inp):
    replaced = (("T 30 2 1 5 10 0", "T 30 2 1 5 10 20 V YES"),)
    network = read_inp(write_inp("[CURVES]", "V 0 10", "V 10 710", replace=replaced))
    tank = 3
    assert network.tank_can_overflow.tolist() == [False, False, False, True]
    assert network.tank_curve.tolist() == [-1, -1, -1, 0]
    assert network.curves[0].x == pytest.approx([0, 10])
    assert network.curves[0].y == pytest.approx([10, 710], rel=1e-5)  # EPANET's cubic metre
    assert network.tank_area_m2[tank] == 0.0
    assert (network.tank_minimum_m[tank], network.tank_maximum_m[tank]) == pytest.approx((1, 5))
    plain = read_inp(write_inp(replace=(("T 30 2 1 5 10 0", "T 30 2 1 5 10 20"),)))
    assert plain.tank_minimum_volume_m3[tank] == pytest.approx(20, rel=1e-5)


PUMPS = {
    "one point": (PumpKind.POWER_FUNCTION, ("C 2 25",)),
    "three points": (PumpKind.POWER_FUNCTION, ("C 0 30", "C 2 25", "C 5 12")),
    "four points": (PumpKind.CUSTOM, ("C 0 30", "C 2 26", "C 3 24", "C 6 10")),
    "two points": (PumpKind.CUSTOM, ("C 1 30", "C 6 10")),
    "constant power": (PumpKind.CONSTANT_POWER, ()),
}


@pytest.mark.parametrize("speed", [1.0, 0.9])
@pytest.mark.parametrize("unit", ["LPS", "CFS"])
@pytest.mark.parametrize("which", PUMPS)
def test_a_pump_lifts_as_far_as_in_epanet(write_inp, which, unit, speed):
    kind, curve = PUMPS[which]
    head = "POWER 0.9" if not curve else f"HEAD C SPEED {speed}"
    path = write_inp(
        "[PUMPS]", f"U R A {head}", "[CURVES]", *curve, replace=(("P1 R A 1000 300 100 0.5 Open", ""), ("LPS", unit))
    )
    network = read_inp(path)
    (pump,) = np.flatnonzero(network.link_kind == LinkKind.PUMP)
    assert network.pump_kind[pump] == kind
    assert network.speed[pump] == (speed if curve else 1.0)
    lift_m, flow = _lift(path, foot=0.3048 if unit == "CFS" else 1.0, cubic_metre=network.demand_base_m3s[0] / 1.5)
    assert _gain(network, pump, flow) == pytest.approx(lift_m, abs=1e-5)


def _lift(path, *, foot, cubic_metre):
    with solved(path) as project:
        link = en.getlinkindex(project, "U")
        lift, flow = -en.getlinkvalue(project, link, en.HEADLOSS) * foot, en.getlinkvalue(project, link, en.FLOW)
    return lift, flow * cubic_metre


def _gain(network, pump, flow):
    s = network.speed[pump]
    if network.pump_kind[pump] == PumpKind.CONSTANT_POWER:
        return network.pump_power_w[pump] / (WATER_WEIGHT_N_M3 * flow)
    if network.pump_kind[pump] == PumpKind.CUSTOM:
        curve = network.curves[network.pump_curve[pump]]
        return s**2 * np.interp(flow / s, curve.x, curve.y)
    n = network.pump_n[pump]
    return s**2 * network.pump_h0_m[pump] - network.pump_r[pump] * s ** (2 - n) * flow**n


def test_pumps_know_their_limits_and_speed_patterns(write_inp):
    one = read_inp(write_inp("[PUMPS]", "U R A HEAD C PATTERN night", "[CURVES]", "C 2 30", "[PATTERNS]", "night 1 0"))
    assert one.pump_pattern.tolist() == [-1, -1, -1, 0]
    assert one.pump_h0_m[3] == pytest.approx(40.0002)
    assert one.pump_qmax_m3s[3] == pytest.approx(0.004)
    assert one.pump_q0_m3s[3] == pytest.approx(0.002)
    custom = read_inp(write_inp("[PUMPS]", "U R A HEAD C", "[CURVES]", "C 1 30", "C 5 10"))
    assert (custom.pump_h0_m[3], custom.pump_qmax_m3s[3], custom.pump_q0_m3s[3]) == pytest.approx((30, 0.005, 0.003))
    power = read_inp(write_inp("[PUMPS]", "U R A POWER 2", replace=(("LPS", "GPM"),)))
    assert power.pump_power_w[3] == pytest.approx(2 * 745.7)
    assert power.pump_q0_m3s[3] == pytest.approx(CUBIC_FOOT_M3)


def test_every_kind_of_simple_control_is_read(write_inp):
    network = read_inp(
        write_inp(
            *("[PUMPS]", "U R A HEAD C", "[CURVES]", "C 2 30", "[CONTROLS]"),
            "LINK P3 OPEN IF NODE T BELOW 1.5",
            "LINK P3 CLOSED IF NODE B ABOVE 20",
            "LINK U 0.8 AT TIME 5:30",
            "LINK U CLOSED AT CLOCKTIME 10 PM",
            "LINK U OPEN AT TIME 2 DISABLED",
            replace=(("LPS", "GPM"),),
        )
    )
    low, high, timer, clock = network.controls
    assert (low.kind, low.link, low.is_open, low.node) == (ControlKind.LOW_LEVEL, 2, True, 3)
    assert low.head_m == pytest.approx(31.5 * 0.3048)
    assert math.isnan(low.setting)
    assert (high.kind, high.is_open, high.node) == (ControlKind.HIGH_LEVEL, False, 1)
    assert high.head_m == pytest.approx((20 + 20 / 0.4333) * 0.3048)  # pressure in psi above the ground
    assert (timer.kind, timer.link, timer.is_open, timer.setting, timer.time_s) == (2, 3, True, 0.8, 19800)
    assert (clock.kind, clock.is_open, clock.setting, clock.time_s) == (ControlKind.TIME_OF_DAY, False, 0.0, 79200)


def test_a_pump_that_is_closed_at_first_stands_still_as_in_epanet(write_inp):
    network = read_inp(write_inp("[PUMPS]", "U R A HEAD C SPEED 0.7", "[CURVES]", "C 2 30", "[STATUS]", "U CLOSED"))
    assert not network.is_open[3]
    assert network.speed[3] == 0.0


def test_check_valves_are_pipes_of_one_direction(write_inp):
    network = read_inp(write_inp(replace=(("Closed", "CV"),)))
    assert network.link_kind.tolist() == [LinkKind.PIPE, LinkKind.PIPE, LinkKind.CHECK_VALVE]
    assert network.is_open[2]
    assert network.unsupported() == ()


@pytest.mark.parametrize(("unit", "roughness_m"), [("LPS", 100 / 1000), ("GPM", 100 * 0.3048 / 1000)])
def test_darcy_weisbach_roughness_is_a_length(write_inp, unit, roughness_m):
    network = read_inp(write_inp(replace=(("H-W", "D-W"), ("LPS", unit))))
    assert network.options.formula == HeadlossFormula.DARCY_WEISBACH
    assert network.roughness[0] == pytest.approx(roughness_m)


def test_options_and_times_are_read(write_inp):
    options = read_inp(
        write_inp(
            "[OPTIONS]",
            *("Accuracy 0.0001", "Trials 77", "Unbalanced Continue 3", "CheckFreq 4", "MaxCheck 9", "DampLimit 0.01"),
            *("HeadError 0.5", "FlowChange 2", "Viscosity 1.5", "Backflow Allowed No", "Demand Model PDA"),
            *("Minimum Pressure 2", "Required Pressure 22", "Pressure Exponent 0.6"),
            "[TIMES]",
            *("Hydraulic Timestep 0:30", "Pattern Timestep 2:00", "Pattern Start 4:00"),
            *("Report Timestep 0:45", "Report Start 1:00", "Start ClockTime 6 am"),
        )
    ).options
    assert (options.accuracy, options.trials, options.extra_trials) == (0.0001, 77, 3)
    assert (options.check_frequency, options.max_check, options.damp_limit) == (4, 9, 0.01)
    assert (options.head_error_m, options.flow_change_m3s) == pytest.approx((0.5, 0.002))
    assert options.viscosity_m2_s == pytest.approx(1.5 * 1.0219e-6, rel=1e-4)
    assert not options.emitter_backflow
    assert options.pressure_driven
    assert (options.minimum_pressure_m, options.required_pressure_m) == pytest.approx((2, 22))
    assert options.pressure_exponent == 0.6
    assert (options.hydraulic_step_s, options.pattern_step_s, options.pattern_start_s) == (1800, 7200, 14400)
    assert (options.report_step_s, options.report_start_s, options.start_clock_s) == (2700, 3600, 21600)


def test_a_file_without_an_unbalanced_option_stops_where_it_cannot_balance(write_inp):
    assert read_inp(write_inp()).options.extra_trials == -1


def test_coordinates_are_kept_and_missing_ones_are_nan(write_inp):
    xy = read_inp(write_inp("[COORDINATES]", "A 1.5 -2", "T 7 8")).xy
    assert xy[[0, 3]].tolist() == [[1.5, -2], [7, 8]]
    assert np.isnan(xy[[1, 2]]).all()


def test_valves_rules_and_leakage_are_named_as_unsupported(write_inp):
    valves = [f"{kind} A B 200 {kind} {setting}" for kind, setting in _VALVES.items()]
    network = read_inp(
        write_inp(
            *("[VALVES]", *valves, "[CURVES]", "G 0 0", "G 1 1", "K 0 0", "K 100 1"),
            *("[RULES]", "RULE night", "IF SYSTEM CLOCKTIME >= 8 PM", "THEN PIPE P2 STATUS IS CLOSED", ""),
            *("[LEAKAGE]", "P2 1 0"),
        )
    )
    assert network.unsupported() == (
        *(f"valve {kind!r} ({kind})" for kind in _VALVES),
        "rule 'night'",
        "leakage of pipe 'P2'",
    )


_VALVES = {"PRV": 20, "PSV": 20, "PBV": 5, "FCV": 2, "TCV": 3, "GPV": "G", "PCV": "50 0 K"}


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_chinese_names_are_read_in_both_of_their_encodings(write_inp, encoding):
    path = write_inp(replace=(("A ", "水厂 "), ("R ", "R ")))
    path.write_bytes(path.read_text(encoding="utf-8").encode(encoding))
    assert read_inp(path).node_names[0] == "水厂"


def test_names_in_no_known_encoding_are_refused(write_inp):
    path = write_inp(replace=(("A ", "Axx "),))
    path.write_bytes(path.read_bytes().replace(b"Axx ", b"A\xff\xff "))
    with pytest.raises(CityOpsError, match="neither UTF-8 nor GBK"):
        read_inp(path)


def test_reading_prints_nothing(write_inp, capfd):
    read_inp(write_inp("[PUMPS]", "U R A HEAD C", "[CURVES]", "C 2 30"))
    with pytest.raises(CityOpsError):
        read_inp(write_inp(replace=(("R A", "R Z"),)))
    assert capfd.readouterr() == ("", "")


def test_files_are_read_side_by_side_in_threads(write_inp):
    paths = [write_inp(name=f"n{i}.inp", replace=(("1000", str(1000 + i)),)) for i in range(8)]
    with ThreadPoolExecutor(4) as pool:
        lengths = [network.length_m[0] for network in pool.map(read_inp, paths * 5)]
    assert lengths == pytest.approx([1000 + i for i in range(8)] * 5)
