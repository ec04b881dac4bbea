"""A run of the drains with the kernel: from the record of the network to tables of what happened in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.city.drain_routing import router, runoff
from sim.errors import CityOpsError

if TYPE_CHECKING:
    from cext.drains import State
    from cext.runoff import RunoffState
    from sim.city.drainage import Drainage

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DrainResult:
    """What a run found; tables by time in seconds since the start and by name.

    depth, head : m, of nodes;  flow : m3/s, of links, positive from tail to head;  inflow : m3/s from outside, of nodes
    flooding : m3/s that leave a node for the street, or grow its pond;  flooded_m3 : all that was lost, by node
    balance : volumes in m3, and ``error``, the share of all water that is missing
    runoff_m3 : by catchment, rained, ran_on, sunk, evaporated, ran_off, stored
    """

    depth: pd.DataFrame
    head: pd.DataFrame
    flow: pd.DataFrame
    flooding: pd.DataFrame
    inflow: pd.DataFrame
    flooded_m3: pd.Series
    balance: Mapping[str, object]
    runoff_m3: pd.DataFrame


def simulate(drainage: Drainage, duration_s: float | None = None, *, report_step_s: float | None = None) -> DrainResult:
    """Route the network's own inflows and the runoff of its catchments.

    ``duration_s`` and ``report_step_s`` are the network's own where not given. CityOpsError where the network cannot be
    routed or the solution breaks down, naming the element.
    """
    duration = drainage.options.duration_s if duration_s is None else duration_s
    step = drainage.options.report_step_s if report_step_s is None else report_step_s
    if not (duration > 0.0 and step > 0.0):
        raise CityOpsError(f"a run of {duration:g} s reported every {step:g} s: both must be above 0")
    return _Run(drainage, duration, step).result()


class _Run:
    """One run and its tables."""

    def __init__(self, drainage: Drainage, duration: float, step: float) -> None:
        self.drainage = drainage
        self.times = np.arange(1, int(np.floor(duration / step + 1e-9)) + 1) * step
        self.state: State = router(drainage).start()
        self.ground = _Ground(drainage) if drainage.catchments.names else None
        nodes, links = (len(self.times), drainage.n_nodes), (len(self.times), drainage.n_links)
        self.depth, self.flooding, self.inflow = (np.zeros(nodes) for _ in range(3))
        self.flow = np.zeros(links)

    def result(self) -> DrainResult:
        try:
            for row, time in enumerate(self.times):
                self._go(float(time))
                self._note(row, float(time))
        except ArithmeticError as error:
            raise CityOpsError(f"{self.drainage.name}: {error}") from error
        return self._tables()

    def _go(self, time: float) -> None:
        ground = self.ground
        while ground is not None and self.state.time_s < time:
            if ground.until_s <= self.state.time_s:
                ground.step(self.state)
            self.state.advance(min(time, ground.until_s))
        self.state.advance(time)

    def _note(self, row: int, time: float) -> None:
        self.state.depths(time, out=self.depth[row])
        self.state.flows(time, out=self.flow[row])
        self.flooding[row] = self.state.overflows()
        self.inflow[row] = self.state.laterals()

    def _tables(self) -> DrainResult:
        nodes, links = self.drainage.node_names, self.drainage.link_names
        return DrainResult(
            depth=self._table(self.depth, nodes),
            head=self._table(self.depth + self.drainage.invert_m, nodes),
            flow=self._table(self.flow, links),
            flooding=self._table(self.flooding, nodes),
            inflow=self._table(self.inflow, nodes),
            flooded_m3=pd.Series(self.state.flooded(), index=list(nodes), name="flooded_m3"),
            balance=self.state.balance(),
            runoff_m3=pd.DataFrame(
                self.ground.state.balance() if self.ground else {}, index=list(self.drainage.catchments.names)
            ),
        )

    def _table(self, values: Floats, names: tuple[str, ...]) -> pd.DataFrame:
        return pd.DataFrame(values, index=pd.Index(self.times, name="time_s"), columns=list(names))


class _Ground:
    """The catchments of a run: rain by the clock of the gages, runoff in wet and dry steps as SWMM takes them."""

    def __init__(self, drainage: Drainage) -> None:
        self.rain, self.options = drainage.rain, drainage.options
        self.state: RunoffState = runoff(drainage).start()
        self.runs = False
        self.now = np.zeros(drainage.n_nodes)

    @property
    def until_s(self) -> float:
        """Up to when the runoff is known."""
        return self.state.time_s

    def step(self, drains: State) -> None:
        """One step of the ground, and its runoff as a ramp into the drains."""
        at, before = self.state.time_s, self.now.copy()
        rates = self._rates(at)
        wet = self.runs or bool(rates.any())
        step = self._until_change(at, self.options.wet_step_s if wet else self.options.dry_step_s)
        self.runs = self.state.step(step, rates, evaporation_m_s=self.options.evaporation_m_s)
        self.state.to_nodes(out=self.now)
        drains.ramp_inflows(before, self.now, at, self.state.time_s)

    def _rates(self, at: float) -> Floats:
        """Rain at each gage, m/s: the last value told."""
        places = (int(np.searchsorted(series.x, at + 1e-6, side="right")) - 1 for series in self.rain)
        return np.array(
            [series.y[k] if k >= 0 else 0.0 for series, k in zip(self.rain, places, strict=True)], dtype=float
        )

    def _until_change(self, at: float, step: float) -> float:
        """Seconds until the rain of a gage changes, at most the step."""
        for series in self.rain:
            k = int(np.searchsorted(series.x, at + 1e-6, side="right"))
            if k < len(series.x):
                step = min(step, float(series.x[k]) - at)
        return step
