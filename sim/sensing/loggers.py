"""Pressure loggers: from a true pressure to an alarm, with noise and a rule of readings in a row."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.draws import Draws
from sim.scenario.schema import PressureSensors

Floats = npt.NDArray[np.float64]


class PressureLoggers:
    """One set of loggers. An alarm is raised once and stays raised until the drop is below half of the limit.

    nodes : int32 (n_sensors,), where they stand
    """

    def __init__(self, model: PressureSensors, nodes: npt.NDArray[np.int32], draws: Draws, *, index: int = 0) -> None:
        self.model = model
        self.nodes = nodes
        self._draws = draws
        # Two sets at one node are two instruments, each with noise of its own.
        self._purpose = f"sensor noise {index}"
        self._beyond = np.zeros(len(nodes), dtype=np.int64)
        self._is_raised = np.zeros(len(nodes), dtype=np.bool_)

    def sample(self, k: int, pressure_m: Floats, expected_m: Floats) -> list[tuple[int, float]]:
        """The k-th reading of all: which sensors raise an alarm by it, and the drop that they saw, in m."""
        drop = expected_m - self._read(k, pressure_m)
        limit = self.model.alarm_when.drop
        self._beyond = np.where(drop >= limit, self._beyond + 1, 0)
        self._is_raised &= drop >= limit / 2.0
        raised = (self._beyond >= self.model.samples) & ~self._is_raised
        self._is_raised |= raised
        return [(int(i), float(drop[i])) for i in np.flatnonzero(raised)]

    def forget(self, node: int) -> None:
        """The alarm at a node was dealt with: it may be raised again."""
        here = self.nodes == node
        self._is_raised[here] = False
        self._beyond[here] = 0

    def _read(self, k: int, pressure_m: Floats) -> Floats:
        if self.model.noise == 0.0:
            return pressure_m
        return pressure_m + self._draws.normals(self._purpose, self.nodes, k, mean=0.0, sd=self.model.noise)
