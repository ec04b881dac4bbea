"""The networks' own ways to be run alone, as a notebook would."""

from __future__ import annotations

import numpy as np
import pytest

import sim


def test_rain_on_a_closed_tray_stands_as_deep_as_it_fell():
    ground = sim.Terrain(np.zeros((4, 5), dtype=np.float32), cell_m=5.0, manning=0.03)
    result = ground.simulate(60.0, 600.0, edges="closed")
    assert result.depth_m == pytest.approx(0.01, rel=1e-5)
    assert result.balance["rain"] == pytest.approx(0.01 * 20 * 25.0)
    assert abs(result.balance["error"]) < 1e-9


def test_drains_of_a_town_run_and_lose_no_water():
    from sim.city.synthetic.making import made
    from sim.scenario.town import Town

    drains = made(Town.of("hamlet", seed=2, corners=80)).drainage
    result = drains.simulate(3600.0, report_step_s=600.0)
    assert result.depth.shape == (6, drains.n_nodes)
    assert (result.depth.to_numpy() >= 0.0).all()
    assert abs(float(result.balance["error"])) < 0.01
