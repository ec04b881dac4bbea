"""A run of the drains: tables and balances, rain that arrives as runoff, controls, and errors by name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sim.city.drain_controls import rules
from sim.city.drain_routing import outfalls, router
from sim.city.drain_simulation import simulate
from sim.city.drainage import Drainage
from sim.errors import CityOpsError
from tests.oracle.swmm_models import RAIN, RULES, TRANSECT, model, orifice

pytest.importorskip("swmm_api")
GREEN = RAIN.format(onto="A", soil="50 8 4 3 0")


def drainage(text: str, folder: Path) -> Drainage:
    inp = folder / "model.inp"
    inp.write_text(text)
    return Drainage.from_inp(inp)


def test_the_tables_have_a_row_for_each_report_and_a_column_for_each_element(tmp_path: Path) -> None:
    drains = drainage(model(), tmp_path)
    found = simulate(drains, 1800.0, report_step_s=300.0)
    assert found.depth.index.tolist() == [300.0, 600.0, 900.0, 1200.0, 1500.0, 1800.0]
    assert tuple(found.depth.columns) == drains.node_names
    assert tuple(found.flow.columns) == drains.link_names
    assert np.allclose(found.head - found.depth, drains.invert_m)
    assert found.inflow["J1"].iloc[-1] == pytest.approx(0.5, abs=0.01)
    assert found.flow["C1"].iloc[-1] > 0.4
    assert found.runoff_m3.empty
    assert outfalls(drains).tolist() == [drains.node_names.index("O")]


def test_a_run_is_the_same_bytes_each_time_and_reports_change_no_bit(tmp_path: Path) -> None:
    drains = drainage(model(inflow=0.0, extra=GREEN), tmp_path)
    often, again = simulate(drains, report_step_s=60.0), simulate(drains, report_step_s=60.0)
    rarely = simulate(drains, report_step_s=600.0)
    assert often.flow.equals(again.flow)
    assert often.flow.loc[rarely.flow.index].equals(rarely.flow)


def test_the_runoff_of_the_catchments_is_the_inflow_of_the_drains(tmp_path: Path) -> None:
    found = simulate(drainage(model(inflow=0.0, extra=GREEN), tmp_path))
    ground = found.runoff_m3
    assert ground.loc["A", "ran_on"] == pytest.approx(ground.loc["B", "ran_off"], rel=1e-3)
    assert found.balance["inflow_m3"] == pytest.approx(ground.loc["A", "ran_off"], rel=0.01)
    fallen = 1e-3 * (10 + 60 + 120 + 40 + 30) * 5.0 / 60.0  # each reading holds for its five minutes
    assert ground["rained"].to_numpy() == pytest.approx(np.array([1.2e4, 0.8e4]) * fallen)


def test_a_flooded_node_says_how_much_it_lost(tmp_path: Path) -> None:
    found = simulate(drainage(model(inflow=2.0), tmp_path))
    assert found.flooded_m3["J1"] > 100.0
    assert found.flooded_m3.sum() == pytest.approx(found.balance["flooded_m3"])
    assert found.flooding["J1"].sum() * 60.0 == pytest.approx(found.flooded_m3["J1"], rel=0.05)


def test_the_roughness_of_an_irregular_channel_is_its_transects(tmp_path: Path) -> None:
    smooth = drainage(model(shape="IRREGULAR T 0 0 0 1", extra=TRANSECT, roughness=0.9), tmp_path)
    rough = drainage(model(shape="IRREGULAR T 0 0 0 1", extra=TRANSECT, roughness=0.01), tmp_path)
    assert simulate(smooth, 1800.0).flow.equals(simulate(rough, 1800.0).flow)


def test_an_impossible_run_is_refused(tmp_path: Path) -> None:
    drains = drainage(model(), tmp_path)
    for how in ({"duration_s": 0.0}, {"report_step_s": -1.0}):
        with pytest.raises(CityOpsError, match="must be above 0"):
            simulate(drains, **how)


def test_a_network_that_cannot_be_routed_is_refused_by_name(tmp_path: Path) -> None:
    drains = drainage(model(inflow=0.0, extra=GREEN), tmp_path)
    with pytest.raises(CityOpsError, match=r"C1: length_m"):
        router(replace(drains, length_m=drains.length_m * 0.0))
    dry = replace(drains, catchments=replace(drains.catchments, width_m=-drains.catchments.width_m))
    with pytest.raises(CityOpsError, match="A: width_m"):
        simulate(dry)


def test_a_number_that_breaks_is_an_error_with_time_and_place(tmp_path: Path) -> None:
    drains = drainage(model(), tmp_path)
    flood = np.where(np.arange(drains.n_nodes) == 0, 1e308, 0.0)
    with pytest.raises(CityOpsError, match=r"node J1: the solution broke down at .* s with a step of"):
        simulate(replace(drains, inflow_base_m3s=flood))


def test_no_controls_are_no_rules(tmp_path: Path) -> None:
    drains = drainage(model(second=orifice("SIDE", "CIRCULAR 0.4 0 0 0")), tmp_path)
    assert rules(drains) is None
    assert rules(replace(drains, controls=("; nothing", ""))) is None


def test_rules_are_read_with_their_branches(tmp_path: Path) -> None:
    found = rules(drainage(model(second=orifice("SIDE", "CIRCULAR 0.4 0 0 0"), extra=RULES), tmp_path))
    assert found is not None
    assert (found.n_premises, found.n_actions) == (7, 5)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (("IF NODE J1 DEPTH > 1",), "a line before the first RULE"),
        (("RULE a", "MAYBE"), "MAYBE begins no line"),
        (("RULE a", "IF NODE J1 DEPTH > 1"), "rule a needs a premise"),
        (("RULE a", "IF NODE J1 COLOUR > 1"), "NODE COLOUR is not understood"),
        (("RULE a", "IF NODE J1 DEPTH"), "not a premise"),
        (("RULE a", "IF NODE J1 DEPTH ~ 1"), "~ is no relation"),
        (("RULE a", "IF NODE J1 DEPTH > deep"), "deep is no number"),
        (("RULE a", "IF NODE J11 DEPTH > 1"), "there is no node J11.*'j1'"),
        (("RULE a", "IF SIMULATION TIME > 1:x"), "x is no number"),
        (("RULE a", "IF NODE J1 DEPTH > 1", "THEN ORIFICE R OPENS"), "not an action"),
        (("RULE a", "IF NODE J1 DEPTH > 1", "THEN ORIFICE R COLOUR = 1"), "COLOUR cannot be set"),
        (("RULE a", "IF NODE J1 DEPTH > 1", "THEN ORIFICE R SETTING = -1"), "a setting below 0"),
    ],
    ids=str,
)
def test_a_rule_that_is_not_understood_is_refused_with_its_line(
    lines: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    drains = drainage(model(second=orifice("SIDE", "CIRCULAR 0.4 0 0 0")), tmp_path)
    with pytest.raises(CityOpsError, match=said):
        rules(replace(drains, controls=lines))


def test_several_actions_and_a_priority_belong_to_one_rule(tmp_path: Path) -> None:
    drains = drainage(model(second=orifice("SIDE", "CIRCULAR 0.4 0 0 0")), tmp_path)
    lines = ("RULE a", "IF NODE J1 DEPTH > 1", "THEN ORIFICE R SETTING = 0.5", "AND CONDUIT C1 STATUS = OPEN")
    found = rules(replace(drains, controls=(*lines, "ELSE LINK R SETTING = 1", "PRIORITY 3")))
    assert found is not None
    assert found.n_actions == 3
