"""EPANET opens and solves the exports of made towns without a warning, and its heads are ours.

Ten towns: all three presets, with and without a river, flat and steep, of 60 to 400 corners; some have one works, some
boosters, some a tank.
"""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from epanet import toolkit as en

from sim.city.synthetic.ground import raise_ground
from sim.city.synthetic.laying import lay_plan
from sim.city.synthetic.mains import lay_mains
from sim.city.synthetic.populating import populate
from sim.city.water import WaterNetwork
from sim.scenario.town import Town
from tests.oracle.epanet_runs import TRIALS, epanet_run, tightest_run

pytestmark = pytest.mark.oracle

HEAD_M, FLOW_M3S = 1e-3, 1e-5
TOWNS = (
    Town.of("hamlet", "east", seed=1, corners=60),
    Town.of("hamlet", "central", seed=2, corners=90),
    Town.of("hamlet", "west", seed=3, corners=130),
    Town.of("hamlet", "east", seed=4, corners=170, river=False),
    Town.of("hamlet", "central", seed=5, corners=210, relief=120.0),
    Town.of("hamlet", "west", seed=6, corners=250, relief=5.0),
    Town.of("hamlet", "east", seed=7, corners=290, people_per_km2=30000.0),
    Town.of("hamlet", "central", seed=8, corners=330, peak_factor=2.5),
    Town.of("hamlet", "west", seed=9, corners=370, relief=90.0, service_pressure=20.0),
    Town.of("hamlet", "central", seed=10, corners=400, spacing=90.0, river=False),
)


def name_of(town):
    return f"{town.preset}-{town.seed}"


@pytest.fixture(scope="module", params=TOWNS, ids=name_of)
def exported(request, tmp_path_factory):
    """(town, network, its file)."""
    town = request.param
    plan = lay_plan(town)
    _, streets = raise_ground(town, plan)
    people = populate(town, plan, streets)
    network, register = lay_mains(town, streets, plan.lots, people, river=plan.river)
    path = tmp_path_factory.mktemp("towns") / f"{name_of(town)}.inp"
    return town, network, network.to_inp(path, register, streets=streets)


def test_epanet_has_no_warning_and_our_heads_and_flows(exported):
    _, network, path = exported
    accuracy, theirs = tightest_run(path)
    ours = network.simulate(accuracy=accuracy, trials=TRIALS)
    assert theirs.balanced
    assert ours.balanced.all()
    assert ours.head.index.tolist() == theirs.time_s.tolist()
    assert theirs.supplied.all()
    assert np.abs(ours.head.to_numpy() - theirs.head_m).max() < HEAD_M
    assert np.abs(ours.flow.to_numpy() - theirs.flow_m3s).max() < FLOW_M3S


def test_epanet_runs_the_file_as_it_is_without_a_warning(exported, tmp_path):
    _, _, path = exported
    report = tmp_path / "report.txt"
    project = en.createproject()
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # EPANET's warnings arrive as Python's
        en.runproject(project, str(path), str(report), "", None)
    en.deleteproject(project)
    assert "WARNING" not in report.read_text().upper()


def test_epanet_gives_every_customer_the_service_pressure(exported):
    town, network, path = exported
    theirs = epanet_run(path, accuracy=network.options.accuracy)
    served = np.unique(network.demand_node[network.demand_base_m3s > 0.0])
    pressure = (theirs.head_m - network.elevation_m)[:, served]
    assert pressure.min() >= town.service_pressure


def test_what_epanet_reads_is_the_town(exported):
    _, network, path = exported
    again = WaterNetwork.from_inp(path)
    assert again.node_names == network.node_names
    assert again.link_names == network.link_names
    for name in ("elevation_m", "length_m", "diameter_m", "roughness", "demand_base_m3s", "tank_area_m2", "pump_h0_m"):
        np.testing.assert_allclose(getattr(again, name), getattr(network, name), rtol=1e-12, err_msg=name)
