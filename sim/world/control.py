"""The control room: telemetry of tanks and pumps at its interval, and the alarms of pressure loggers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.city.water import LinkKind, NodeKind
from sim.physics.hydraulics import Hydraulics
from sim.policies.view import Reading
from sim.record.kinds import Kind
from sim.sensing.loggers import PressureLoggers
from sim.world.clock import Owner, Phase, Steps
from sim.world.mains import pressure_at, supplied_pressure_m

if TYPE_CHECKING:
    from sim.world.world import World


class Telemetry:
    """Levels of tanks and states of pumps and controlled links, as old as the last transmission."""

    def __init__(self, world: World) -> None:
        self._world = world
        water = world.network
        self._tanks = np.flatnonzero(water.node_kind == NodeKind.TANK)
        controlled = {control.link for control in water.controls}
        pumps = {int(i) for i in np.flatnonzero(water.link_kind == LinkKind.PUMP)}
        self._links = sorted(controlled | pumps)
        self._levels: list[tuple[int, float]] = []
        self._levels_as_solved: list[tuple[int, float]] = []
        self._states: list[tuple[int, bool]] = []
        self.reads = 0

    def run(self) -> Steps:
        """Read everything at each interval."""
        every, k = self._world.scenario.organisation.telemetry_every, 0
        while True:
            yield self._world.clock.at(k * every, Phase.REPORT, Owner.TELEMETRY)
            self.read(self._world.mains.state)
            k += 1

    def read(self, state: Hydraulics) -> None:
        """Take over what the instruments show now."""
        self.reads += 1
        state.advance(self._world.clock.now_s)
        now, as_solved, is_open = state.tank_level_m, state.solved_level_m, state.is_open
        self._levels = [(int(node), float(now[node])) for node in self._tanks]
        self._levels_as_solved = [(int(node), float(as_solved[node])) for node in self._tanks]
        self._states = [(link, bool(is_open[link])) for link in self._links]

    def impose(self, model: Hydraulics, *, as_solved: bool = False) -> None:
        """Set a model to what was last read.

        ``as_solved`` takes the levels at the last solve: pressures hold until the next one, so what they are compared
        with must rest on the same levels.
        """
        for node, level_m in self._levels_as_solved if as_solved else self._levels:
            # A level read back from a volume may lie beyond its limit by the last bits.
            lowest, highest = self._world.network.tank_minimum_m[node], self._world.network.tank_maximum_m[node]
            model.set_tank_level(node, float(min(max(level_m, lowest), highest)))
        is_open = model.is_open
        for link, was_open in self._states:
            if bool(is_open[link]) != was_open:
                model.set_status(link, was_open)


class Loggers:
    """All sets of pressure loggers, sampled in bulk; only alarms become rows and reports."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.sets = [
            PressureLoggers(
                sensor.pressure,
                world.city.loggers[index],
                world.draws,
                index=index,
            )
            for index, sensor in enumerate(world.scenario.sensors)
        ]
        self.readings: list[Reading] = []
        self._raised: dict[int, int] = {}

    def run(self, index: int) -> Steps:
        """Sample one set at its interval, from one interval after the start."""
        world, loggers = self._world, self.sets[index]
        every, k = loggers.model.every, 1
        while True:
            yield world.clock.at(k * every, Phase.REPORT, Owner.LOGGER, index)
            pressure = supplied_pressure_m(world.mains.state)[loggers.nodes]
            expected = world.belief.expected_pressure_m()[loggers.nodes]
            for sensor, drop_m in loggers.sample(k, pressure, expected):
                world.clock.start(self._alarm(loggers, index, int(loggers.nodes[sensor]), drop_m))
            k += 1

    def _alarm(self, loggers: PressureLoggers, index: int, node: int, drop_m: float) -> Steps:
        world, happened_s = self._world, self._world.clock.now_s
        culprit = world.mains.culprit(node, pressure_at)
        row = world.log.append(
            happened_s,
            Kind.SENSED,
            incident=culprit,
            actor=world.actors.sensor(index, node),
            place=node,
            value=drop_m,
        )
        if loggers.model.latency > 0.0:
            yield world.clock.at(happened_s + loggers.model.latency, Phase.REPORT, Owner.LOGGER, index)
        self.readings.append(Reading(node=node, drop_m=drop_m, happened_s=happened_s, known_s=world.clock.now_s))
        ordinal = self._raised.get(node, 0)
        self._raised[node] = ordinal + 1
        world.alarm(node, ordinal=ordinal, incident=culprit, row=row)

    def forget(self, places: list[int]) -> None:
        """A case with these places is closed: alarms from there may be raised again."""
        for loggers in self.sets:
            for place in places:
                loggers.forget(place)
