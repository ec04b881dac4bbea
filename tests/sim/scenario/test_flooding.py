"""What a scenario may say of water on the streets, and of closing them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sim.errors import CityOpsError
from sim.scenario.flooding import Cars, Flooding
from sim.scenario.levers import Closing, Depth, RainRate, WarningOf
from sim.scenario.loading import load
from sim.scenario.model import Assumption
from sim.scenario.resolved import resolved_yaml
from tests.sim.world.flooded import scenario


def test_without_a_word_the_line_of_27_cm_and_40_mm_per_hour_and_red_close(tmp_path: Path) -> None:
    assert Depth().at == 0.27
    assert RainRate().over == pytest.approx(40.0 / 3.6e6)
    assert WarningOf().level == "red"
    read = scenario(tmp_path, policies__open={"close": {"by depth": {}}})
    assert read.policies["open"].close == Closing(by_depth=Depth())


def test_quantities_are_read_in_their_units(tmp_path: Path) -> None:
    said = {"every": "2 min", "exchange every": "5 s", "gully rims": "4 m", "crews wade": "60 cm", "gauge delay": "0 s"}
    flood = scenario(tmp_path, flood={**said, "cars": {"stall at": "25 cm", "drive in": "5 %", "local": 12}}).flood
    assert (flood.every, flood.exchange_every, flood.gully_rims) == (120.0, 5.0, 4.0)
    assert (flood.crews_wade, flood.gauge_delay) == (0.6, 0.0)
    assert (flood.cars.stall_at, flood.cars.drive_in, flood.cars.local) == (0.25, 0.05, 12.0)


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("flood.every", "1 s", "flood.every"),
        ("flood.exchange every", "1 h", "exchange every"),
        ("flood.crews wade", "3 m", "crews wade"),
        ("flood.cars.at most", 0, "at most"),
        ("flood.cars.drive in", "120 %", "drive in"),
        ("flood.cars.local", "500 per hour", "local"),
        ("policies.open.close", {"by depth": {"at": "0 cm"}}, "at"),
        ("policies.open.close", {"by depth": {"at": "27 mm/h"}}, "mm/h"),
        ("policies.open.close", {"by rain": {"over": "40 mm"}}, "rain intensity"),
        ("policies.open.close", {"by warning": {"level": "purple"}}, "purple"),
        ("policies.open.close", {"by rain": None}, "one of by depth, by rain, by warning"),
        ("policies.open.close", {"by depth": {}, "by rain": {}}, "is not a rule"),
        ("policies.open.close", "always", "always"),
    ],
)
def test_what_cannot_be_is_refused_with_its_name(tmp_path: Path, key: str, value: Any, told: str) -> None:
    with pytest.raises(CityOpsError, match=told):
        scenario(tmp_path, **{key: value})


def test_the_time_for_signing_off_is_that_of_the_rule(tmp_path: Path) -> None:
    for kind in ("by depth", "by rain", "by warning"):
        close = scenario(tmp_path, policies__open={"close": {kind: {"sign off": "7 min"}}}).policies["open"].close
        assert isinstance(close, Closing) and close.sign_off == 420.0


def test_what_is_written_back_is_read_as_the_same(tmp_path: Path) -> None:
    """Levels of warning that were taken away stay away."""
    rain = {"begins": "14:10", "storm": {"block": {"depth": "30 mm", "duration": "1 h"}}, "warnings": None}
    for read in (scenario(tmp_path), scenario(tmp_path, hazards=[{"rain": rain}])):
        (tmp_path / "back.yaml").write_text(resolved_yaml(read))
        assert load(tmp_path / "back.yaml") == read


def test_every_field_says_what_it_means_and_every_assumption_its_range() -> None:
    for model in (Cars, Flooding, Depth, RainRate, WarningOf):
        for name, field in model.model_fields.items():
            assert field.description, f"{model.__name__}.{name}"
            says = "assumption" in field.description.casefold()
            assert says == any(isinstance(each, Assumption) for each in field.metadata), f"{model.__name__}.{name}"
