"""What a replication makes of its storms: the rain on every cell, and the levels of warning in force."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.city.terrain import Terrain
from sim.draws import Draws
from sim.hazards.rain import rain_field
from sim.scenario.rain import Block, Cells, Rain, Storm
from sim.world.clock import Owner, Phase, Steps
from sim.world.replication import RainOver, prepare
from sim.world.world import World
from tests.sim.world.flooded import rows, scenario

GROUND = Terrain(np.zeros((12, 9), dtype=np.float32), 100.0)


def block(begins: float, mm_h: float, duration: float, **settings: Any) -> Rain:
    return Rain(begins=begins, storm=Storm(block=Block(intensity=mm_h / 3.6e6, duration=duration)), **settings)


def over(*rains: Rain) -> RainOver:
    fields = [rain_field(rain, GROUND, Draws(1, 0), index=i) for i, rain in enumerate(rains)]
    return RainOver(tuple(fields), GROUND)


def course(rain: RainOver, until_s: float) -> list[tuple[float, float]]:
    """When the rain changes, and the mean from then on, mm/h."""
    at_s, told = 0.0, []
    while at_s < until_s:
        rate, next_s = rain.at(at_s)
        assert next_s > at_s and np.shape(rate) == GROUND.shape
        told.append((at_s, round(float(np.mean(rate)) * 3.6e6, 3)))
        at_s = next_s
    return told


def test_storms_add_up_while_both_last() -> None:
    rain = over(block(60.0, 10.0, 180.0, spread="even", step=60.0), block(120.0, 5.0, 120.0, spread="even", step=120.0))
    assert course(rain, 1e9) == [(0.0, 0.0), (60.0, 10.0), (120.0, 15.0), (180.0, 15.0), (240.0, 0.0)]
    assert rain.at(240.0)[1] == math.inf


def test_a_storm_that_began_before_the_clock_is_in_the_middle_of_it() -> None:
    fields = (rain_field(block(0.0, 10.0, 600.0, spread="even"), GROUND, Draws(1, 0), start_s=300.0),)
    rate, until_s = RainOver(fields, GROUND).at(0.0)
    assert float(np.mean(rate)) * 3.6e6 == pytest.approx(10.0) and until_s == 60.0
    assert RainOver(fields, GROUND).at(300.0)[1] == math.inf


def test_in_all_as_much_falls_as_the_fields_say() -> None:
    moving = block(0.0, 40.0, 1800.0, cells=Cells(grid=200.0, rate=50.0, radius=500.0))
    rain, field = over(moving), rain_field(moving, GROUND, Draws(1, 0))
    total_m, at_s = np.zeros(GROUND.shape), 0.0
    while at_s < field.end_s:
        rate, until_s = rain.at(at_s)
        total_m += np.asarray(rate, dtype=np.float64) * (until_s - at_s)
        at_s = until_s
    row, column = field.on(GROUND)
    np.testing.assert_allclose(total_m * 1e3, field.total_mm()[row[:, None], column], rtol=1e-5)
    assert total_m.mean() * 1e3 == pytest.approx(20.0, rel=1e-5)
    assert total_m.std() > 0.0


def test_the_highest_warning_of_all_storms_holds_until_its_storm_is_over(tmp_path: Path) -> None:
    """The first storm is warned of at once as red, and ends; the second, which goes on, is blue."""
    even = {"spread": "even"}
    none = {"yellow": None, "orange": None}

    def levels(**level: str) -> dict[str, Any]:
        return {"lead time": "0 s", "forecast error": 0, "levels": {"blue": None, "red": None, **none, **level}}

    red = {"begins": "14:00", "storm": {"block": {"intensity": "60 mm/h", "duration": "20 min"}}, **even}
    blue = {"begins": "14:00", "storm": {"block": {"intensity": "6 mm/h", "duration": "40 min"}}, **even}
    chosen = scenario(
        tmp_path,
        duration="1 h",
        hazards=[
            {"rain": {**red, "warnings": levels(red={"depth": "5 mm", "within": "1 h"})}},
            {"rain": {**blue, "warnings": levels(blue={"depth": "1 mm", "within": "1 h"})}},
        ],
    )
    world, seen = World(prepare(chosen, 0), "open"), []

    def look() -> Steps:
        for at_s in range(60, 3600, 60):
            yield world.clock.at(float(at_s), Phase.DECIDE, Owner.CLOSING, 1)
            seen.append(world.warning)

    world.clock.start(look())
    warned = rows(world.run(), "WARNED")
    assert list(zip(warned.time_s, warned.value, strict=True)) == [(300.0, 4.0), (600.0, 1.0)]
    assert seen == [""] * 4 + ["red"] * 16 + ["blue"] * 20 + [""] * 19


def test_a_warning_beyond_the_horizon_is_not_issued(tmp_path: Path) -> None:
    log = World(prepare(scenario(tmp_path, duration="25 min"), 0), "open").run()
    assert rows(log, "WARNED").value.tolist() == [1.0]
