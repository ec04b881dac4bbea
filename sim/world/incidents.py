"""Incidents: the truth of what is wrong, from its occurrence to the repair that holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.hazards.bursts import Burst
from sim.record.kinds import Kind
from sim.world.clock import Owner, Phase, Steps

if TYPE_CHECKING:
    from sim.world.world import World


@dataclass(slots=True, kw_only=True)
class Incident:
    """A burst main. ``halves`` are the two links that the pipe became, ``node`` the break between them."""

    id: int
    burst: Burst
    node: int
    halves: tuple[int, int]
    row: int = -1
    is_active: bool = False
    is_isolated: bool = False
    located_by: int = -1  # the case whose crew found it
    searches: int = 0
    repairs: int = 0


def occur(world: World, incident: Incident) -> Steps:
    """The main breaks at its time."""
    clock = world.clock
    yield clock.at(incident.burst.time_s, Phase.FACT, Owner.INCIDENT, incident.id)
    incident.is_active = True
    incident.row = world.log.append(
        clock.now_s,
        Kind.OCCURRED,
        incident=incident.id,
        place=world.city.place_of_link(incident.burst.link),
        value=incident.burst.area_m2,
    )
    world.mains.leak(incident, incident.burst.area_m2, cause=incident.row)
    world.citizens.water_surfaces(incident)
