"""The call desk: reports wait for a clerk, first come first served, and are registered when the talk is over."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from sim.world.clock import Clock, Owner, Phase, Steps


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Something told to the city about a place.

    number : the order in which reports came; entity, ordinal : whose report it is, which keys its fate
    incident : the truth, for the log only; row : the row of the log that told of it
    """

    number: int
    place: int
    entity: int
    ordinal: int
    incident: int
    row: int


class Desk:
    """Clerks who serve reports in the order in which they come (for Poisson calls and exponential talks, M/M/c)."""

    def __init__(
        self, clock: Clock, clerks: int, *, duration_s: Callable[[Report], float], register: Callable[[Report], None]
    ) -> None:
        self._clock = clock
        self._free = clerks
        self._waiting: deque[Report] = deque()
        self._duration_s = duration_s
        self._register = register

    def take(self, report: Report) -> None:
        """A report arrives now."""
        self._waiting.append(report)
        self._serve()

    def _serve(self) -> None:
        while self._free and self._waiting:
            self._free -= 1
            self._clock.start(self._talk(self._waiting.popleft()))

    def _talk(self, report: Report) -> Steps:
        ends_s = self._clock.now_s + self._duration_s(report)
        yield self._clock.at(ends_s, Phase.WORK, Owner.DESK, report.number)
        self._free += 1
        self._register(report)
        self._serve()
