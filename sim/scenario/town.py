"""A town made from a seed: what a scenario may say of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, ValidationInfo, field_validator, model_validator

from sim.scenario.model import Assumption, Model
from sim.scenario.parsing import wrong
from sim.scenario.presets import Preset, Size, filled
from sim.scenario.quantities import Length, Pressure, Share


class Town(Model):
    """A made town, in which every layer lies on the others; size and preset set what is not written."""

    # Size and preset fill in what pydantic would call required.
    model_config = ConfigDict(json_schema_extra=lambda schema: schema.pop("required", None) and None)

    size: Size = "town"
    """How large: 500, 5,000, 50,000 or 200,000 street corners."""
    preset: Preset = "central"
    """A city of which means: sets age, drains, crews, sensors and data sharing."""
    seed: Annotated[int, Field(ge=0, lt=2**64)] = 1
    """What the town comes from: the same seed, the same town. It is not the seed of the scenario, whose replications
    all happen in one town."""
    corners: Annotated[int, Field(ge=60, le=1_000_000)]
    """How many street corners; the town gets as many to within 5 %."""
    character: Literal["grid", "organic", "ring-radial"]
    """How its streets run."""
    spacing: Annotated[Length, Field(ge=40.0, le=400.0), Assumption("60 m", "200 m")]
    """Mean length of a street between two corners (assumption, 60 to 200 m)."""
    river: bool = True
    """Whether a river runs through it."""
    railway: bool = True
    """Whether a railway crosses it, below which streets pass in underpasses."""
    one_way: Annotated[Share, Field(le=0.5), Assumption("0 %", "30 %")] = 0.1
    """Share of the streets that are one-way, in pairs of opposite ways (assumption, 0 to 30 %)."""
    people_per_km2: Annotated[float, Field(ge=50.0, le=100_000.0), Assumption("3000", "20000")]
    """People per square kilometre of the built-up ground (assumption, 3,000 to 20,000). Where fewer than 50
    live, next to no water flows in mains as long as those of a town."""
    jobs_per_person: Annotated[float, Field(gt=0.0, le=2.0), Assumption("0.3", "0.7")] = 0.45
    """Jobs per inhabitant (assumption, 0.3 to 0.7)."""
    vulnerable: Annotated[Share, Assumption("10 %", "30 %")] = 0.18
    """Share of people who are old, ill or very young (assumption; 15 to 20 % of people are 65 or older)."""
    founded: Annotated[int, Field(ge=1850, le=2025), Assumption("1900", "1980")]
    """Year from which the oldest mains and drains of the centre date (assumption, 1900 to 1980)."""
    present: Annotated[int, Field(ge=1900, le=2100)] = 2025
    """The year in which the scenario plays; the outskirts are new."""
    renewed: Annotated[Share, Assumption("0 %", "60 %")]
    """Share of old streets whose mains and drains were renewed since (assumption, 0 to 60 %)."""
    relief: Annotated[Length, Field(ge=2.0, le=300.0), Assumption("10 m", "60 m")] = 25.0
    """Height of the edge of the town over its river (assumption, 10 to 60 m)."""
    hollows_per_km2: Annotated[float, Field(ge=0.0, le=20.0), Assumption("0", "3")] = 0.8
    """Hollows without a natural outlet, where water will stand (assumption, 0 to 3)."""
    cell: Annotated[Length, Field(ge=1.0, le=100.0)] = 10.0
    """Side of a cell of the terrain, at most the `spacing` of the streets."""
    kerb: Annotated[Length, Field(le=0.5)] = 0.15
    """Height of the pavements over the carriageway."""
    litres_per_day: Annotated[float, Field(ge=20.0, le=2000.0), Assumption("120", "350")]
    """Mean consumption per person and day, work included (assumption, 120 to 350)."""
    service_pressure: Annotated[Pressure, Field(ge=5.0, le=60.0)] = 28.0
    """Least pressure at every customer at the peak hour (GB 50013: 10 m for one storey, 12 m for two and 4 m for each
    more: 28 m for six)."""
    peak_factor: Annotated[float, Field(ge=1.0, le=4.0)] = 1.5
    """Consumption of the peak hour over the mean (GB 50013: 1.2 to 1.6 within a day)."""
    storm: Literal["Beijing", "Guangzhou", "Nanning", "Haikou"] = "Beijing"
    """Whose formula of storm intensity the drains were sized with."""
    new_drains_return_period: Annotated[float, Field(ge=0.25, le=100.0)]
    """Years: drains laid since 2014 carry the storm that comes once in so many (GB 50014)."""
    old_drains_return_period: Annotated[float, Field(ge=0.25, le=100.0), Assumption("0.5", "2")]
    """Years: what older drains carry (assumption, 0.5 to 2)."""
    crews_per_100000: Annotated[float, Field(gt=0.0, le=100.0), Assumption("1", "8")]
    """Repair crews per 100,000 inhabitants, one at least (assumption, 1 to 8)."""
    sensors_per_100000: Annotated[float, Field(gt=0.0, le=1000.0), Assumption("0.5", "20")]
    """Pressure loggers per 100,000 inhabitants, one at least (assumption, 0.5 to 20)."""
    data_sharing: Annotated[Share, Assumption("0 %", "100 %")]
    """How much of what one department knows the others see (assumption, 0 to 100 %)."""

    @model_validator(mode="before")
    @classmethod
    def _filled(cls, data: Any) -> Any:
        return filled(data) if isinstance(data, Mapping) else data

    @field_validator("cell")
    @classmethod
    def _no_wider_than_streets(cls, cell: float, info: ValidationInfo) -> float:
        spacing = info.data.get("spacing", cell)
        if cell > spacing:
            raise wrong("is wider than the streets are long", accepted=f"at most the spacing, {spacing:g} m")
        return cell

    @classmethod
    def of(cls, size: Size = "town", preset: Preset = "central", *, seed: int = 1, **numbers: Any) -> Self:
        """A town by its size, preset and seed; ``numbers`` as in YAML, with underscores for spaces, or in SI."""
        written = {name.replace("_", " "): value for name, value in numbers.items()}
        return cls.model_validate({"size": size, "preset": preset, "seed": seed, **written}, by_alias=True)
