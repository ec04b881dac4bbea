"""Rain as a dated fact: from a scenario's words to the storm of a replication."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.city.terrain import Terrain
from sim.draws import Draws
from sim.errors import CityOpsError
from sim.hazards.rain import Rainstorm, facts
from sim.scenario.rain import Chicago, Measured, Rain, Storm

CLOUDBURST = Storm(chicago=Chicago(city="Beijing", return_period=50.0, duration=7200.0))
TERRAIN = Terrain(np.zeros((100, 80), np.float32), 50.0)


def storm(*, replication: int = 0, index: int = 0, start_s: float = 21_600.0, **said: Any) -> Rainstorm:
    """A storm from 08:00 on in a scenario that starts at 06:00."""
    rain = Rain(**{"begins": 28_800.0, "storm": CLOUDBURST, **said})
    return facts(rain, TERRAIN, Draws(4, replication), start_s=start_s, index=index)


def test_times_count_from_the_start_of_the_clock() -> None:
    found = storm().field
    assert (found.start_s, found.end_s, found.step_s) == (7200.0, 14_400.0, 60.0)
    assert not found.at(7199.0).any() and found.at(7200.0).all()


def test_a_storm_under_way_at_the_start_has_already_begun() -> None:
    found = storm(start_s=30_600.0)
    assert found.field.start_s == -1800.0 and found.field.at(0.0).all()
    assert all(warning.time_s >= 0.0 for warning in found.warnings)


def test_a_cloudburst_is_warned_of_up_to_red() -> None:
    """108 mm in two hours on the mean."""
    found = storm()
    assert [warning.level for warning in found.warnings][-1] == "red"
    assert found.warnings[-1].passed_s < found.field.end_s
    assert storm(warnings=None).warnings == ()


def test_rain_that_is_said_to_be_even_is_the_same_everywhere() -> None:
    found = storm(spread="even").field
    assert np.ptp(found.total_mm()) == 0.0
    assert found.total_mm()[0, 0] == pytest.approx(found.storm.total_m * 1e3, rel=1e-6)


def test_a_storm_of_the_wettest_place_falls_there_and_less_on_the_mean() -> None:
    whole, capped = storm().field, storm(storm_is="wettest place").field
    assert capped.total_mm().max() == pytest.approx(whole.storm.total_m * 1e3, rel=1e-6)
    less = capped.storm.total_m / whole.storm.total_m
    assert 0.2 < less < 0.95
    np.testing.assert_allclose(capped.at(9000.0), whole.at(9000.0) * less, rtol=1e-5)
    assert np.sum(capped.total_mm() * capped.weights) == pytest.approx(capped.storm.total_m * 1e3, rel=1e-6)


def test_even_rain_is_at_its_wettest_place_what_it_is_on_the_mean() -> None:
    one, other = (storm(spread="even", storm_is=where).field for where in ("mean", "wettest place"))
    np.testing.assert_allclose(one.total_mm(), other.total_mm(), rtol=1e-6)


def test_the_field_covers_the_terrain() -> None:
    found = storm().field
    row, column = found.on(TERRAIN)
    assert (len(row), len(column)) == TERRAIN.shape
    assert found.at(8000.0).shape == (20, 16)


def test_a_storm_is_the_same_for_the_same_seed_replication_and_place_in_the_scenario() -> None:
    def seen(one: Rainstorm) -> tuple[bytes, Any]:
        return one.field.total_mm().tobytes(), one.warnings

    assert seen(storm()) == seen(storm())
    assert seen(storm())[0] != seen(storm(replication=1))[0]
    assert seen(storm())[0] != seen(storm(index=1))[0]


def test_a_gauge_is_found_in_the_folder_of_the_scenario(tmp_path: Path) -> None:
    (tmp_path / "gauge.csv").write_text("time,rain\n0,10\n10,20\n")
    rain = Rain(begins=0.0, storm=Storm(measured=Measured(file="gauge.csv", times_in="min")))
    found = facts(rain, TERRAIN, Draws(1, 0), folder=tmp_path).field
    assert np.sum(found.total_mm() * found.weights) == pytest.approx(30.0, rel=1e-6)
    with pytest.raises(CityOpsError, match="cannot be read"):
        facts(rain, TERRAIN, Draws(1, 0), folder=tmp_path / "elsewhere")
