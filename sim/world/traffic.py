"""Traffic by the clock: streets take longer in the rush hours."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

from sim.world.clock import Owner, Phase, Steps

if TYPE_CHECKING:
    from sim.world.world import World

HOUR_S = 3600.0


def run(world: World) -> Steps:
    """Set the travel times of a made town at the start and at every full hour of the day.

    Who is on the way goes on at the pace of its departure; whoever sets off later drives at the new one.
    """
    layers, start_s = world.city.layers, world.scenario.start
    if layers is None:
        return
    arcs = np.arange(world.roads.n_arcs, dtype=np.int32)
    first = int(start_s // HOUR_S)
    for hour in itertools.count(first):
        yield world.clock.at(max(hour * HOUR_S - start_s, 0.0), Phase.FACT, Owner.TRAFFIC)
        if world.floods is None:
            world.roads.set_times(arcs, layers.streets.times_s(hour % 24))
        else:
            world.floods.set_times()
