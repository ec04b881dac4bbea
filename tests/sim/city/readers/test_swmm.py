"""What is read from a SWMM file, in SI, and what is refused, with its line."""

import gzip
import logging
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sim.city.drainage import (
    Drainage,
    DrainLinkKind,
    DrainNodeKind,
    Infiltration,
    OpeningKind,
    OutfallKind,
    OutletKind,
    PumpKind,
    Shape,
)
from sim.errors import CityOpsError, MissingExtra
from tests.sim.city.swmm_files import EVERYTHING

FOOT = 0.3048


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Drainage]:
    """Reads the file that has everything, with words replaced and lines added."""

    def _read(*more: str, replace: tuple[tuple[str, str], ...] = ()) -> Drainage:
        text = EVERYTHING
        for old, new in replace:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "made.inp"
        path.write_text("\n".join((text, *more)), encoding="utf-8")
        return Drainage.from_inp(path)

    return _read


@pytest.fixture
def drains(read: Callable[..., Drainage]) -> Drainage:
    return read()


def test_elements_keep_the_order_of_the_file(drains: Drainage) -> None:
    assert drains.node_names == (
        "J1",
        "J2",
        "Free",
        "Normal",
        "Fixed",
        "St",
        "J3",
        "Fun",
        "Cyl",
        "Bowl",
        "Tide",
        "Series",
    )
    assert drains.link_names[:8] == ("P1", "P2", "P3", "P4", "P5", "P6", "P7", "Pu0")
    assert np.bincount(drains.link_kind).tolist() == [7, 5, 2, 4, 4]
    assert np.bincount(drains.node_kind).tolist() == [3, 5, 4]


def test_nodes_are_in_metres(drains: Drainage) -> None:
    assert drains.invert_m[0] == 100.0 * FOOT
    assert (drains.depth_m[0], drains.initial_depth_m[0], drains.surcharge_m[0]) == (10 * FOOT, FOOT, 2 * FOOT)
    assert drains.ponded_area_m2[0] == pytest.approx(50 * FOOT**2)
    assert drains.xy[0].tolist() == [1000.5, 2000.0]
    assert np.isnan(drains.xy[2]).all()


def test_outfalls_have_their_stage(drains: Drainage) -> None:
    kinds = [OutfallKind(k).name for k in drains.outfall_kind[drains.node_kind == DrainNodeKind.OUTFALL]]
    assert kinds == ["FREE", "NORMAL", "FIXED", "TIDAL", "TIMESERIES"]
    assert drains.stage_m[4] == pytest.approx(91.5 * FOOT)
    assert drains.outfall_gate.nonzero()[0].tolist() == [3, 10]
    tide, series = (drains.curves[drains.outfall_curve[k]] for k in (10, 11))
    assert tide.x.tolist() == [0.0, 6.0, 12.0]
    assert tide.y[1] == pytest.approx(90 * FOOT)
    assert series.x.tolist() == [0.0, 86400.0]
    assert series.y[1] == pytest.approx(88 * FOOT)


def test_storage_has_the_same_area_in_both_units(drains: Drainage) -> None:
    pond = drains.curves[drains.storage_curve[5]]
    assert (pond.x[1], pond.y[1]) == pytest.approx((10 * FOOT, 2000 * FOOT**2))
    a, b, c = drains.storage_area[7]
    assert a * (4 * FOOT) ** b + c == pytest.approx((1000 * 4**0.5 + 200) * FOOT**2)
    assert drains.storage_area[8].tolist() == pytest.approx([0.0, 0.0, np.pi * 50 * FOOT**2])
    a, b, c = drains.storage_area[9]  # of a bowl the area grows with the depth
    assert a * 12 * FOOT == pytest.approx(np.pi * 50 * FOOT**2)
    assert (b, c) == (1.0, 0.0)


def test_conduits_have_shapes_offsets_losses(drains: Drainage) -> None:
    assert drains.length_m[0] == 400 * FOOT
    assert drains.head_offset_m[0] == pytest.approx(0.5 * FOOT)
    assert drains.initial_flow_m3s[0] == pytest.approx(0.1 * FOOT**3)
    assert drains.most_flow_m3s[1] == pytest.approx(5 * FOOT**3)
    shapes = [Shape(k).name for k in drains.shape[:7]]
    assert shapes == ["CIRCULAR", "RECT_CLOSED", "FORCE_MAIN", "IRREGULAR", "TRAPEZOIDAL", "TRIANGULAR", "RECT_OPEN"]
    assert drains.geometry[4].tolist() == pytest.approx([4 * FOOT, 6 * FOOT, 1.5, 2.0])
    assert drains.geometry[2].tolist() == pytest.approx([2 * FOOT, 130.0, 0.0, 0.0])
    assert drains.barrels[0] == 2
    assert (drains.entry_loss[1], drains.exit_loss[1], drains.mean_loss[1]) == (0.5, 0.4, 0.1)
    assert drains.flap_gate[1]


def test_a_transect_is_stretched_and_raised_as_its_heading_says(drains: Drainage) -> None:
    (creek,) = drains.transects
    assert drains.transect[3] == 0
    assert creek.station_m[-1] == pytest.approx(80 * FOOT)
    assert creek.elevation_m[0] == pytest.approx(109 * FOOT)
    assert creek.left_bank_m == pytest.approx(20 * FOOT)
    assert creek.manning == (0.06, 0.07, 0.03)


def test_pumps_follow_their_curves(drains: Drainage) -> None:
    pumps = np.flatnonzero(drains.link_kind == DrainLinkKind.PUMP)
    assert [PumpKind(k).name for k in drains.pump_kind[pumps]] == ["IDEAL", "VOLUME", "DEPTH_STEPS", "HEAD", "DEPTH"]
    assert drains.is_on[pumps].tolist() == [True, False, True, True, True]
    assert drains.start_depth_m[pumps[1]] == pytest.approx(5 * FOOT)
    by_volume, by_head = (drains.curves[drains.pump_curve[pumps[k]]] for k in (1, 3))
    assert by_volume.x[0] == pytest.approx(1000 * FOOT**3)
    assert (by_head.x[1], by_head.y[0]) == pytest.approx((20 * FOOT, 10 * FOOT**3))


def test_openings_let_through_as_much_in_both_units(drains: Drainage) -> None:
    first = drains.link_names.index("O1")
    kinds = [OpeningKind(k).name for k in drains.opening_kind[first : first + 6]]
    assert kinds == ["SIDE", "BOTTOM", "TRANSVERSE", "SIDEFLOW", "V_NOTCH", "TRAPEZOIDAL"]
    weir = first + 2
    flow_cfs = 3.33 * 5.0 * 1.5**1.5
    width = drains.geometry[weir, 1]
    assert drains.coefficient[weir] * width * (1.5 * FOOT) ** 1.5 == pytest.approx(flow_cfs * FOOT**3)
    assert drains.end_contractions[weir] == 2.0
    assert drains.can_surcharge[weir : weir + 4].tolist() == [True, False, False, True]
    assert drains.end_coefficient[weir + 3] == pytest.approx(2.5 * FOOT**0.5)
    assert drains.tail_offset_m[first] == FOOT


def test_outlets_let_through_as_much_in_both_units(drains: Drainage) -> None:
    first = drains.link_names.index("U1")
    kinds = [OutletKind(k).name for k in drains.outlet_kind[first : first + 4]]
    assert kinds == ["HEAD_CURVE", "DEPTH_CURVE", "DEPTH_POWER", "HEAD_POWER"]
    power = first + 3
    let_through = drains.coefficient[power] * (3.0 * FOOT) ** drains.exponent[power]
    assert let_through == pytest.approx(2.5 * 3.0**0.75 * FOOT**3)
    assert drains.outlet_curve[first] == drains.outlet_curve[first + 1]


def test_rain_is_made_of_steps_that_end(drains: Drainage) -> None:
    intensity, volume, total = drains.rain
    assert (intensity.name, volume.name, total.name) == ("G1", "G2", "G3")
    assert intensity.x.tolist() == [0.0, 900.0, 2700.0, 7200.0, 8100.0]
    assert (intensity.y * 3.6e6 / 25.4).tolist() == pytest.approx([1.0, 2.0, 0.0, 0.5, 0.0])
    assert (volume.y * 3.6e6 / 25.4).tolist() == pytest.approx([4.0, 8.0, 0.0, 2.0, 0.0])
    # Cumulated 0.5, 0.75, 0.75, then 0.1, which begins anew: 0.5, 0.25, 0 and 0.1 in a quarter of an hour.
    assert total.x.tolist() == [0.0, 900.0, 1800.0, 2700.0, 3600.0]
    assert (total.y * 3.6e6 / 25.4).tolist() == pytest.approx([2.0, 1.0, 0.0, 0.4, 0.0])


def test_catchments_know_where_they_drain_and_how_rain_sinks_in(drains: Drainage) -> None:
    c = drains.catchments
    assert c.outlet_node.tolist() == [0, -1, 5]
    assert c.outlet_catchment.tolist() == [-1, 0, -1]
    assert c.gage.tolist() == [0, 1, 2]
    assert c.area_m2[0] == pytest.approx(40468.564224)
    assert (c.impervious[0], c.width_m[0], c.slope[0]) == pytest.approx((0.25, 500 * FOOT, 0.005))
    assert (c.storage_impervious_m[0], c.no_storage[0]) == pytest.approx((0.06 * 0.0254, 0.25))
    assert [Infiltration(k).name for k in c.infiltration_kind] == ["HORTON", "GREEN_AMPT", "CURVE_NUMBER"]
    assert c.infiltration[0].tolist() == pytest.approx([76.2e-3 / 3600, 3.81e-3 / 3600, 4.14 / 3600, 604800.0, 0.0])
    assert c.infiltration[1, :3].tolist() == pytest.approx([3.5 * 0.0254, 0.5 * 0.0254 / 3600, 0.26])
    assert c.infiltration[2, [0, 2]].tolist() == [80.0, 7 * 86400.0]


def test_inflow_is_scaled_and_dry_weather_flow_added(drains: Drainage) -> None:
    assert drains.inflow_node.tolist() == [0]
    assert drains.inflow_series[0].x.tolist() == [0.0, 3600.0, 7200.0]
    assert drains.inflow_series[0].y[1] == pytest.approx(20 * FOOT**3)
    assert drains.inflow_base_m3s[[0, 1, 6]].tolist() == pytest.approx([0.5 * FOOT**3, 0.1 * FOOT**3, 0.25 * FOOT**3])


def test_controls_are_in_metres_too(drains: Drainage) -> None:
    assert drains.controls[0] == "RULE one"
    assert float(drains.controls[1].split()[-1]) == pytest.approx(10 * FOOT)
    assert float(drains.controls[2].split()[-1]) == pytest.approx(20 * FOOT**3)
    assert drains.controls[3:] == (
        "AND SIMULATION TIME > 2",
        "THEN PUMP Pu1 STATUS = ON",
        "ELSE ORIFICE O1 SETTING = 0.5",
    )


def test_a_premise_that_compares_two_levels_stays_as_it_is(read: Callable[..., Drainage]) -> None:
    drains = read(replace=(("IF NODE St DEPTH > 10", "IF NODE St DEPTH > J1:DEPTH"),))
    assert drains.controls[1] == "IF NODE St DEPTH > J1:DEPTH"


def test_pollutants_are_passed_over(read: Callable[..., Drainage]) -> None:
    drains = read("[POLLUTANTS]", "TSS MG/L 0 0 0", "[INFLOWS]", "J2 TSS wave CONCEN 1 1 0", "[DWF]", "J1 TSS 5")
    assert drains.inflow_node.tolist() == [0]
    assert drains.inflow_base_m3s[0] == pytest.approx(0.5 * FOOT**3)


def test_options_are_in_si_with_the_month_of_the_start(drains: Drainage) -> None:
    o = drains.options
    assert (o.duration_s, o.start_clock_s, o.routing_step_s) == (30 * 3600.0, 6 * 3600.0, 5.0)
    assert (o.wet_step_s, o.dry_step_s, o.report_step_s, o.variable_step) == (60.0, 3600.0, 300.0, 0.5)
    assert (o.allow_ponding, o.inertial_damping, o.normal_flow_limited, o.surcharge) == (True, "NONE", "FROUDE", "SLOT")
    assert o.minimum_slope == pytest.approx(0.001)
    assert o.minimum_surface_area_m2 == pytest.approx(12 * FOOT**2)
    assert o.head_tolerance_m == pytest.approx(0.01 * FOOT)
    assert o.trials == 10
    assert o.evaporation_m_s == pytest.approx(0.24 * 0.0254 / 86400.0)
    assert drains.name == "One of everything"


def test_swmms_defaults_hold_where_nothing_is_said(tmp_path: Path) -> None:
    path = tmp_path / "bare.inp"
    path.write_text(
        "[OPTIONS]\nFLOW_UNITS LPS\nEND_DATE 01/01/2004\nEND_TIME 6\n[JUNCTIONS]\nJ 1 2\n[OUTFALLS]\nO 0 FREE\n"
    )
    drains = Drainage.from_inp(path)
    assert drains.name == "bare"
    assert drains.options.duration_s == 21600.0
    assert drains.options.minimum_surface_area_m2 == pytest.approx(1.167, abs=1e-3)
    assert drains.options.head_tolerance_m == pytest.approx(0.005 * FOOT)
    assert (drains.n_links, len(drains.catchments.names)) == (0, 0)


def test_offsets_may_be_elevations(read: Callable[..., Drainage]) -> None:
    above = (
        ("LINK_OFFSETS DEPTH", "LINK_OFFSETS ELEVATION"),
        ("P1 J1 J2 400 0.013 0 0.5", "P1 J1 J2 400 0.013 * 98.5"),
        ("P2 J2 St 300 0.013 0 0", "P2 J2 St 300 0.013 99 90"),
    )
    drains = read(replace=above)
    assert drains.tail_offset_m[:2].tolist() == pytest.approx([0.0, FOOT])
    assert drains.head_offset_m[:2].tolist() == pytest.approx([0.5 * FOOT, 0.0])  # below the node counts as on it


def test_names_are_blind_to_capitals(read: Callable[..., Drainage]) -> None:
    drains = read(replace=(("P1 J1 J2", "P1 j1 j2"), ("P1 CIRCULAR", "p1 circular"), ("St 95 15", "St 95 15")))
    assert (drains.tail[0], drains.head[0]) == (0, 1)


def test_a_packed_file_and_one_in_gbk_are_read(tmp_path: Path) -> None:
    text = EVERYTHING.replace("One of everything", "郑州雨水管")
    packed = tmp_path / "packed.inp.gz"
    packed.write_bytes(gzip.compress(text.encode("gb18030")))
    assert Drainage.from_inp(packed).name == "郑州雨水管"


def test_routing_by_the_dynamic_wave_instead_is_logged(
    read: Callable[..., Drainage], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, logger="cityops"):
        read(replace=(("FLOW_ROUTING DYNWAVE", "FLOW_ROUTING KINWAVE"),))
    assert "KINWAVE" in caplog.text


def test_the_roughness_of_a_force_main_may_be_a_height(read: Callable[..., Drainage]) -> None:
    drains = read(replace=(("FORCE_MAIN_EQUATION H-W", "FORCE_MAIN_EQUATION D-W"), ("MAIN 2 130", "MAIN 2 0.01")))
    assert drains.geometry[2, 1] == pytest.approx(0.01 * 0.0254)


REFUSED = {
    "[LID_USAGE]\nC1 Pond 1 100 0 0 0 0": r"made.inp:\d+: low-impact development \(\[LID_USAGE\]\) is not supported",
    "[GROUNDWATER]\nC1 A J1 1 1 1 1 1 1 1": "groundwater",
    "[RDII]\nJ1 UH 1": "rainfall-dependent infiltration",
    "[DIVIDERS]\nD 1 P1 CUTOFF 1": "flow dividers",
    "[FILES]\nUSE HOTSTART x.hsf": "interface files",
    "[INLET_USAGE]\nP1 I J1": "street inlets",
    "[JUNCTION]\nJ1 1 1": r"there is a node J1 already, found 'J1 1 1'",
    "[CONDUITS]\nP1 J1 J2 1 0.01": "there is a link P1 already",
    "[CONDUITS]\nPX J1 J9 1 0.01": "there is no node J9",
    "[CONDUITS]\nPX J1 J2 0 0.01": "the length of a conduit must be above 0",
    "[CONDUITS]\nPX J1 J2 9 0.01 -1 0\n[XSECTIONS]\nPX CIRCULAR 1 0 0 0": "an offset cannot be below 0",
    "[CONDUITS]\nPX J1 J2 9 0\n[XSECTIONS]\nPX CIRCULAR 1 0 0 0": "the roughness of a conduit must be above 0",
    "[CONDUITS]\nPX J1 J2 9 0.01": "the link PX has no cross-section",
    "[CONDUITS]\nPX J1 J2 nan 0.01": "no number",
    "[CONDUITS]\nPX J1 J2 wide 0.01": r"not a line of \[CONDUITS\]",
    "[CONDUITS]\nPX J1": r"not a line of \[CONDUITS\]",
    "[XSECTIONS]\nP1 EGG 4 0 0 0 1": "cross-sections of shape EGG are not supported",
    "[XSECTIONS]\nP1 STREET s": "shape STREET",
    "[XSECTIONS]\nP1 CIRCULAR 0 0 0 0 1": "height of a cross-section must be above 0",
    "[XSECTIONS]\nP1 CIRCULAR 4 0 0 0 1 3": "culverts with inlet control",
    "[XSECTIONS]\nP1 IRREGULAR brook": "there is no transect brook",
    "[XSECTIONS]\nP9 CIRCULAR 4 0 0 0": "there is no link P9",
    "[LOSSES]\nP9 0 0 0": "there is no link P9",
    "[LOSSES]\nP1 0 0 0 NO 2": "seepage from conduits",
    "[PUMPS]\nPX J1 J2 bydepth5\n[CURVES]\nbydepth5 PUMP5 1 1": "curve of kind PUMP5",
    "[PUMPS]\nPX J1 J2 none": "there is no curve none",
    "[ORIFICES]\nOX J1 J2 SIDE 0 0.6 NO 1\n[XSECTIONS]\nOX CIRCULAR 1 0 0 0": "take time to open",
    "[ORIFICES]\nOX J1 J2 TOP 0 0.6\n[XSECTIONS]\nOX CIRCULAR 1 0 0 0": "TOP is not supported",
    "[WEIRS]\nWX J1 J2 ROADWAY 0 3 NO 0 0 YES 10 GRAVEL\n[XSECTIONS]\nWX RECT_OPEN 1 1 0 0": "ROADWAY is not supported",
    "[WEIRS]\nWX J1 J2 TRANSVERSE 0 3 NO 0 0 YES * * cv\n[XSECTIONS]\nWX RECT_OPEN 1 1 0 0": "curve of coefficients",
    "[OUTFALLS]\nOX 1 WAVY": "outfalls of kind WAVY",
    "[OUTFALLS]\nOX 1 FIXED high": "a number is missing",
    "[OUTFALLS]\nOX 1 FREE NO C1": "outfalls that drain to a catchment",
    "[OUTFALLS]\nOX 1 TIMESERIES none": "there is no time series none",
    "[JUNCTIONS]\nJX 1 -2": "less than 0 deep",
    "[STORAGE]\nSX 1 2 0 CONICAL 1 1 1": "storage of shape CONICAL",
    "[STORAGE]\nSX 1 2 0 FUNCTIONAL 1 1 1 0 0 3 0.5 0.2": "seepage from storage",
    "[SUBCATCHMENTS]\nCX G1 J9 1 1 1 1 0\n[SUBAREAS]\nCX 1 1 1 1 1": "no node and no catchment J9",
    "[SUBCATCHMENTS]\nCX G9 J1 1 1 1 1 0\n[SUBAREAS]\nCX 1 1 1 1 1": "there is no rain gage G9",
    "[SUBCATCHMENTS]\nCX G1 J1 1 1 1 1 0 snow": "snow packs",
    "[SUBCATCHMENTS]\nCX G1 J1 1 1 1 1 0": r"the catchment CX has no line in \[SUBAREAS\]",
    "[SUBAREAS]\nC9 1 1 1 1 1": "there is no catchment C9",
    "[SUBAREAS]\nC1 1 1 1 1 1 PERVIOUS 50": "from one part of a catchment to another",
    "[INFILTRATION]\nC9 1 1 1 1 1": "there is no catchment C9",
    "[INFILTRATION]\nC1 1 1 1 1 1 MODIFIED_HORTON": "infiltration by MODIFIED_HORTON",
    "[INFILTRATION]\nC1 1 1": r"not a line of \[INFILTRATION\]",
    "[INFLOWS]\nJ1 FLOW none": "there is no time series none",
    "[INFLOWS]\nJ1 FLOW wave FLOW 1 1 2 daily": "inflow with a pattern",
    "[DWF]\nJ1 FLOW 1 daily": "dry-weather flow with a pattern",
    "[DWF]\nJ1 FLOW much": "a number is missing",
    "[CURVES]\nodd STORAGE 1": r"not a line of \[CURVES\]",
    "[CURVES]\nodd STORAGE 1 1\nodd 0 1": "the x of curve odd must ascend",
    "[TIMESERIES]\nwave 13/45/2021 0 0": r"not a line of \[TIMESERIES\]",
    "[TIMESERIES]\nwave 1 0": "the times of series wave must ascend",
    "[TIMESERIES]\nlong FILE long.dat": "files of their own",
    "[TRANSECTS]\nX1 odd 3 0 0\nGR 1 1": "not a transect",
    "[TRANSECTS]\nNC much": r"not a line of \[TRANSECTS\]",
    "[RAINGAGES]\nGX INTENSITY 0:05 1 FILE a.dat s IN": "rain from files",
    "[RAINGAGES]\nGX INTENSITY soon 1 TIMESERIES storm": "interval of the gage is no time",
    "[CONTROLS]\nIF NODE St DEPTH > 1\nTHEN PUMP Pu1 SETTING = CURVE c": "controls with CURVE",
    "[EVAPORATION]\nTEMPERATURE": "evaporation by TEMPERATURE",
    "[EVAPORATION]\nDRY_ONLY YES": "in dry weather only",
    "[EVAPORATION]\nCONSTANT wet": r"not a line of \[EVAPORATION\]",
    "[OPTIONS]\nFLOW_UNITS IMGD": "FLOW_UNITS IMGD is not supported",
    "[OPTIONS]\nINFILTRATION SPONGE": "INFILTRATION SPONGE is not supported",
    "[OPTIONS]\nIGNORE_RAINFALL YES": "IGNORE_RAINFALL YES",
    "[OPTIONS]\nEND_DATE 07/19/2021": "the run ends before it starts",
    "[OPTIONS]\nWET_STEP 1:2:3:4": "WET_STEP has no such value",
    "[OPTIONS]\nSTART_DATE FOO/01/2021": "START_DATE has no such value",
    "[JUNKTIONS]\nJ 1": r"SWMM has no such section, found \[JUNKTIONS\]; did you mean 'JUNCTIONS'",
}


@pytest.mark.parametrize("more", REFUSED)
def test_what_is_not_supported_or_broken_is_refused_by_name(read: Callable[..., Drainage], more: str) -> None:
    with pytest.raises(CityOpsError, match=REFUSED[more]) as caught:
        read(more)
    assert all(mistake.line is not None for mistake in caught.value.mistakes)


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file(read: Callable[..., Drainage]) -> None:
    with pytest.raises(CityOpsError) as caught:
        read("[CONDUITS]", "PX J1 J9 1 0.01", "[LOSSES]", "P9 0 0 0", replace=(("J2 98 12", "J2 deep 12"),))
    lines = [mistake.line for mistake in caught.value.mistakes]
    assert len(lines) >= 3
    assert lines == sorted(lines)


def test_a_file_that_is_none_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "town.inp").write_text("[JUNCTIONS]\nJ 1\n")
    with pytest.raises(CityOpsError, match=r"there is no such file; did you mean '.*town.inp'"):
        Drainage.from_inp(tmp_path / "twon.inp")
    contents = {
        b"": "empty or no text",
        b"\xff\xfe\0a": "empty or no text",
        b"[TITLE]\nhello": "no SWMM input file",
        b"\x1f\x8bbroken": "cannot be read",
        b"[TITLE]\n\xff\xff": "neither UTF-8 nor GBK",
    }
    for content, message in contents.items():
        path = tmp_path / "bad.inp"
        path.write_bytes(content)
        with pytest.raises(CityOpsError, match=message):
            Drainage.from_inp(path)
    with pytest.raises(CityOpsError, match="cannot be read"):
        Drainage.from_inp(tmp_path)


def test_a_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "swmm_api.input_file.sections", None)
    with pytest.raises(MissingExtra, match=r"cityops\[swmm\]"):
        Drainage.from_inp(tmp_path / "any.inp")


def test_the_published_models_are_read_or_refused_by_name(data: Path) -> None:
    storm = data / "storm"
    sizes = {
        name: (d.n_nodes, d.n_links)
        for name in ("extran1", "extran3", "CoS-Reduced-Outlets")
        if (d := Drainage.from_inp(storm / f"{name}.inp.gz"))
    }
    assert sizes == {"extran1": (10, 9), "extran3": (10, 10), "CoS-Reduced-Outlets": (144, 153)}
    with pytest.raises(CityOpsError, match="shape ARCH are not supported") as caught:
        Drainage.from_inp(storm / "user2.inp.gz")
    assert len(caught.value.mistakes) == 5
