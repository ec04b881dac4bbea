"""How a scenario follows water over a made town, and how people drive into it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sim.scenario.model import Assumption, Model
from sim.scenario.quantities import Duration, Length, PositiveDuration, Share


class Cars(Model):
    """The cars that meet water on the streets."""

    stall_at: Annotated[Length, Field(ge=0.1, le=2.0)] = 0.3
    """Depth at which a car stalls (Pregnolato et al. 2017: no car passes 30 cm)."""
    drive_in: Annotated[Share, Assumption("1 %", "60 %")] = 0.1
    """Share of the drivers who meet water so deep on an open street and drive in (assumption, 1 to 60 %)."""
    at_most: Annotated[int, Field(ge=1, le=1000), Assumption("1", "20")] = 3
    """How many stall on one street before those behind them turn round, until it is dry again (assumption, 1 to 20)."""
    expressway: Annotated[float, Field(ge=0.0, le=20_000.0), Assumption("600", "4000")] = 1800.0
    """Cars per hour on an expressway by day (assumption, 600 to 4,000)."""
    arterial: Annotated[float, Field(ge=0.0, le=20_000.0), Assumption("200", "2000")] = 800.0
    """On an arterial (assumption, 200 to 2,000)."""
    collector: Annotated[float, Field(ge=0.0, le=20_000.0), Assumption("50", "600")] = 200.0
    """On a collector (assumption, 50 to 600)."""
    local: Annotated[float, Field(ge=0.0, le=20_000.0), Assumption("5", "100")] = 30.0
    """On a local street (assumption, 5 to 100)."""
    by_night: Annotated[Share, Assumption("2 %", "30 %")] = 0.1
    """Share of these from 22:00 to 6:00 (assumption, 2 to 30 %)."""


class Flooding(Model):
    """How water on the ground is followed, and what it does to traffic."""

    every: Annotated[PositiveDuration, Field(ge=10.0, le=3600.0)] = 60.0
    """How often the depth on the streets is looked at: travel times, gauges and the log follow it."""
    exchange_every: Annotated[PositiveDuration, Field(ge=1.0, le=300.0)] = 10.0
    """How often the ground and the sewers exchange water."""
    gully_rims: Annotated[Length, Field(ge=0.5, le=50.0), Assumption("3 m", "12 m")] = 6.6
    """Length of the rims of the gullies at a corner: four kerb inlets of 45 by 75 cm (assumption, 3 to 12 m)."""
    crews_wade: Annotated[Length, Field(ge=0.1, le=2.0), Assumption("0.3 m", "0.8 m")] = 0.5
    """Depth that stops the vehicles of crews (assumption, 0.3 to 0.8 m)."""
    gauge_delay: Annotated[Duration, Assumption("0 min", "15 min")] = 60.0
    """From the depth in an underpass to the control room that reads its gauge (assumption, 0 to 15 min)."""
    cars: Cars = Cars()
    """Those who drive into the water."""
