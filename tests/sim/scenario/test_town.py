"""What may be said of a made town, and what is refused with its place and what is accepted."""

import pytest
from pydantic import ValidationError

from sim.scenario.town import Town


@pytest.mark.parametrize(
    ("name", "refused", "least"),
    [("people_per_km2", 49.0, 50.0), ("litres_per_day", 19.0, 20.0)],
)
def test_a_town_in_which_no_water_flows_is_refused(name: str, refused: float, least: float) -> None:
    assert getattr(Town.of("hamlet", **{name: least}), name) == least
    with pytest.raises(ValidationError, match="greater than or equal"):
        Town.of("hamlet", **{name: refused})


@pytest.mark.parametrize("name", ["crews_per_100000", "sensors_per_100000"])
def test_no_crews_and_no_loggers_are_refused_as_one_stands_there_at_least(name: str) -> None:
    assert getattr(Town.of("hamlet", **{name: 0.01}), name) == 0.01
    with pytest.raises(ValidationError, match="greater than 0"):
        Town.of("hamlet", **{name: 0.0})


def test_cells_are_no_wider_than_streets_are_long() -> None:
    assert Town.of("hamlet", spacing="60 m", cell="60 m").cell == 60.0
    with pytest.raises(ValidationError, match="wider than the streets are long") as told:
        Town.of("hamlet", spacing="60 m", cell="61 m")
    (mistake,) = told.value.errors()
    assert mistake["loc"] == ("cell",)
    with pytest.raises(ValidationError) as other:
        Town.of("hamlet", spacing="10 m", cell="90 m")
    assert [mistake["loc"] for mistake in other.value.errors()] == [("spacing",)]
