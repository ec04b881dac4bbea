"""Water on the streets: it slows and stops traffic, and people drive into it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from sim.city.streets import StreetClass, Structure
from sim.hazards.fates import Trigger
from sim.record.kinds import Kind
from sim.scenario.rain import LEVELS
from sim.units import GRID_S, on_grid
from sim.world.clock import Owner, Phase, Steps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.city.layers import Layers
    from sim.world.world import World

Floats = npt.NDArray[np.float64]
Single = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]

HOUR_S = 3600.0
CLASSES_M = (0.05, 0.15, 0.3, 0.5)
"""ROAD_DEPTH is logged where the depth passes one of these, in either direction: wet, ankle-deep, no car, no crew."""
NIGHT_H = (22, 6)


class Floods:
    """The state of the streets of one world: how deep the water is, and which are closed.

    depth_m : float32 (n_streets,);  is_closed : bool (n_streets,)
    """

    def __init__(self, world: World, layers: Layers) -> None:
        self._world = world
        self._layers = layers
        self._settings = world.scenario.flood
        streets = layers.streets
        self.depth_m: Single = np.zeros(streets.n_streets, dtype=np.float32)
        self.is_closed = np.zeros(streets.n_streets, dtype=np.bool_)
        self._class = np.zeros(streets.n_streets, dtype=np.int8)
        # Whoever drives over a bridge or through a tunnel is above the water, or nowhere that it is followed.
        self._may_catch = np.isin(streets.structure, (Structure.SURFACE, Structure.UNDERPASS))
        self._cars = Trigger(world.draws, "caught", np.arange(streets.n_streets, dtype=np.int32))
        self._caught = world.clock.signal()
        self._stalled = np.zeros(streets.n_streets, dtype=np.int64)
        self.first_place = world.city.n_nodes + world.city.n_links

    def run(self) -> Steps:
        """Look at the water at each interval, from one interval after the start."""
        clock, every, k = self._world.clock, self._settings.every, 1
        while True:
            yield clock.at(k * every, Phase.SETTLE, Owner.FLOOD)
            self.look(k)
            k += 1

    def look(self, k: int) -> None:
        """Take over the depths after k intervals, and what follows from them."""
        undisturbed = self._world.undisturbed
        assert undisturbed is not None, "it rains"
        before = self.depth_m
        self.depth_m = undisturbed.street_depth_m(k)
        if (self.depth_m != before).any():
            self._log_depths()
            self.set_times()
        self._set_exposure()

    def set_times(self) -> None:
        """Give the roads the travel times of this moment: by the hour, the water, and what is closed."""
        world, streets = self._world, self._layers.streets
        hour = int((world.scenario.start + world.clock.now_s) // HOUR_S) % 24
        assert world.wet is not None, "it rains"
        times = world.wet.times_s(hour, self.depth_m, wading_m=self._settings.crews_wade)
        times[self.is_closed[streets.street_of_arc]] = np.inf
        world.set_road_times(times)

    def close(self, street: int, *, is_closed: bool) -> None:
        """Close a street to traffic, or open it again."""
        self.is_closed[street] = is_closed
        self._world.log.append(
            self._world.clock.now_s, Kind.ROAD_CLOSED, place=self.first_place + street, value=float(is_closed)
        )
        self.set_times()
        self._set_exposure()

    def cars(self) -> Steps:
        """Cars drive into the water wherever it is deep and nobody stops them."""
        clock = self._world.clock
        while True:
            at_s, street = self._cars.next()
            changed = self._caught.wait()
            if not np.isfinite(at_s):
                yield changed
                continue
            own = clock.at(max(at_s, clock.now_s), Phase.FACT, Owner.CARS, street)
            yield own | changed
            if own.processed:
                entity, ordinal = self._cars.fire(street, clock.now_s)
                self._stalled[entity] += 1
                place = self.first_place + entity
                self._world.log.append(clock.now_s, Kind.CAUGHT, place=place, value=float(ordinal))
                if self._stalled[entity] >= self._settings.cars.at_most:
                    self._cars.pause(np.array([street]), clock.now_s)

    def _log_depths(self) -> None:
        now = np.searchsorted(CLASSES_M, self.depth_m, side="right").astype(np.int8)
        for street in np.flatnonzero(now != self._class):
            self._world.log.append(
                self._world.clock.now_s,
                Kind.ROAD_DEPTH,
                place=self.first_place + int(street),
                value=float(self.depth_m[street]),
            )
        self._class = now

    def _set_exposure(self) -> None:
        """How many drive in: those who pass, times the share that does not turn round."""
        cars = self._settings.cars
        # Those who stalled block the way, and are towed once it is dry.
        self._stalled[self.depth_m < CLASSES_M[0]] = 0
        is_deep = (self.depth_m >= cars.stall_at) & ~self.is_closed & self._may_catch & (self._stalled < cars.at_most)
        per_hour = np.array([cars.expressway, cars.arterial, cars.collector, cars.local])
        assert len(per_hour) == len(StreetClass), "one rate for each class"
        hour = ((self._world.scenario.start + self._world.clock.now_s) / HOUR_S) % 24.0
        by_day = NIGHT_H[1] <= hour < NIGHT_H[0]
        share = cars.drive_in * (1.0 if by_day else cars.by_night) / HOUR_S
        rate = np.where(is_deep, per_hour[self._layers.streets.street_class] * share, 0.0)
        self._cars.set_rates(self._world.clock.now_s, rate)
        self._caught.give()


def warn(world: World) -> Steps:
    """Issue the warnings of all storms when they come, and lift them once their storm is over."""
    in_force = [0] * len(world.storms)
    for time_s, level, storm in sorted(_warnings(world)):
        if time_s >= world.horizon_s:
            return
        yield world.clock.at(time_s, Phase.REPORT, Owner.WARNING)
        in_force[storm] = max(in_force[storm], level) if level else 0
        highest = max(in_force)
        world.warning = LEVELS[highest - 1] if highest else ""
        if level:
            world.log.append(world.clock.now_s, Kind.WARNED, value=float(level))


def _warnings(world: World) -> Iterator[tuple[float, int, int]]:
    """When, the level from 1 = blue to 4 = red, 0 where they are lifted, and of which storm."""
    for i, storm in enumerate(world.storms):
        last_s = max((warning.time_s for warning in storm.warnings), default=0.0)
        for warning in storm.warnings:
            yield warning.time_s, LEVELS.index(warning.level) + 1, i
        yield on_grid(max(storm.field.end_s, last_s)) + GRID_S, 0, i
