"""Time: SimPy's clock with the phases of an instant, so that equal times have one order, whatever was planned first."""

from __future__ import annotations

from collections.abc import Generator
from enum import IntEnum
from typing import Any

import simpy

Steps = Generator[simpy.Event, Any, None]
"""What a process of this world is."""


class Phase(IntEnum):
    """The phases of an instant, repeated until it is quiet: what happens, what people do about it, what follows."""

    FACT = 0
    WORK = 1
    SETTLE = 2
    REPORT = 3
    DECIDE = 4


class Owner(IntEnum):
    """Whose events come first within a phase."""

    INCIDENT = 0
    ROSTER = 1
    DESK = 2
    CREW = 3
    VERIFICATION = 4
    NETWORK = 5
    TELEMETRY = 6
    LOGGER = 7
    CITIZEN = 8
    DECIDER = 9
    TRAFFIC = 10
    FLOOD = 11
    CARS = 12
    WARNING = 13
    CLOSING = 14


class Moment(simpy.Event):
    """An event at an absolute time; equal times are ordered by phase, then owner, then id."""

    def __init__(self, env: simpy.Environment, at_s: float, phase: Phase, owner: Owner, ident: int) -> None:
        super().__init__(env)
        self._ok = True
        self._value = None
        # SimPy gives its own bookkeeping the priorities 0 and 1: consequences come before the next fact. Both times
        # lie on the 2^-10 s grid, so that now + (at - now) is exactly at.
        env.schedule(self, priority=2 + (((phase << 8) | owner) << 32) + ident, delay=at_s - env.now)  # type: ignore[arg-type]


class Clock:
    """The one owner of time in a replication."""

    def __init__(self) -> None:
        self.env = simpy.Environment()

    @property
    def now_s(self) -> float:
        """Seconds since the start."""
        return float(self.env.now)

    def at(self, at_s: float, phase: Phase, owner: Owner, ident: int = 0) -> simpy.Event:
        """What a process yields to go on at that time, in that phase; not before now."""
        assert at_s >= self.env.now, f"{owner.name} {ident} plans for {at_s} s, which is over at {self.env.now} s"
        return Moment(self.env, at_s, phase, owner, ident)

    def start(self, steps: Steps) -> None:
        """Let a process begin now."""
        self.env.process(steps)

    def signal(self) -> Signal:
        """A new signal."""
        return Signal(self.env)


class Signal:
    """Something that processes may wait for again and again."""

    def __init__(self, env: simpy.Environment) -> None:
        self._env = env
        self._event = env.event()

    def wait(self) -> simpy.Event:
        """What a process yields to go on at the next ``give``."""
        return self._event

    def give(self) -> None:
        """Wake all who wait, within this instant."""
        given, self._event = self._event, self._env.event()
        given.succeed()
