"""The water network in motion: interventions, one solve per instant, and what the log says of the state."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from sim.physics.hydraulics import Hydraulics
from sim.record.kinds import Kind
from sim.world.clock import Owner, Phase, Steps
from sim.world.incidents import Incident

if TYPE_CHECKING:
    from sim.world.world import World

Floats = npt.NDArray[np.float64]

OUTAGE = 0.5
"""Below this share of its demand a junction counts as without water."""
TOLERANCE = 0.01
"""SERVICE is logged where it moved by more than this, and whenever it crosses ``OUTAGE``, 0 or 1."""
NOISE = 1e-3
"""LEAK, DEMAND and UNDELIVERED are logged where they moved by more than this share: less is the solver's accuracy."""


class Mains:
    """The true state of the water network of one replication under one policy.

    service : float64 (n_nodes,), delivered over demanded, 1 where nothing is demanded; of the last solve
    service_row : the row of the log in which each junction's service last changed
    """

    def __init__(self, world: World, state: Hydraulics) -> None:
        self._world = world
        self.state = state
        n = world.city.n_nodes
        self._n = n
        self.service: Floats = np.ones(n)
        self.service_row = np.full(n, -1, dtype=np.int64)
        self._logged: Floats = np.ones(n)
        self._totals = {Kind.DEMAND: math.nan, Kind.UNDELIVERED: 0.0}
        self._leaks = [0.0] * len(world.incidents)
        self._cause = -1
        self._marked = world.clock.signal()
        self._without: dict[int, Hydraulics] = {}
        self.unbalanced = 0

    def run(self) -> Steps:
        """Solve at the network's own events, and once in each instant in which something intervened."""
        clock, marked = self._world.clock, False
        while True:
            if marked:
                yield clock.at(clock.now_s, Phase.SETTLE, Owner.NETWORK)
            self.state.advance(clock.now_s)
            if self.state.settle():
                self._publish()
            own = clock.at(self.state.next_change_s, Phase.SETTLE, Owner.NETWORK)
            signal = self._marked.wait()
            yield own | signal
            marked = not own.processed

    def leak(self, incident: Incident, area_m2: float, *, cause: int) -> None:
        """The break leaks through a hole of this area from now on; 0 once it is repaired."""
        self._intervene(cause)
        self.state.set_leak(incident.node, area_m2)

    def isolate(self, incident: Incident, *, cause: int) -> None:
        """The valves at both ends of the burst pipe are shut."""
        self._close(incident, True, cause)

    def restore(self, incident: Incident, *, cause: int) -> None:
        """The valves are opened again."""
        self._close(incident, False, cause)

    def _close(self, incident: Incident, is_closed: bool, cause: int) -> None:
        self._intervene(cause)
        for link in incident.halves:
            (self.state.close_link if is_closed else self.state.release_link)(link)
        incident.is_isolated = is_closed
        self._world.log.append(
            self._world.clock.now_s,
            Kind.LINK_CLOSED,
            incident=incident.id,
            place=self._world.city.place_of_link(incident.burst.link),
            value=float(is_closed),
            cause=cause,
        )

    def _intervene(self, cause: int) -> None:
        self.state.advance(self._world.clock.now_s)
        self._cause = self._cause if self._cause >= 0 else cause
        self._without.clear()
        self._marked.give()

    def culprit(self, node: int, measure: Callable[[Hydraulics, int], float]) -> int:
        """The incident without which the measure at a node would be higher by most, -1 if it is none's doing.

        But for that incident, its leak and its closed valves, the rest being as it is. For the log's ``incident`` only.
        """
        active = [incident for incident in self._world.incidents if incident.is_active]
        now, best, most = measure(self.state, node), -1, 1e-3
        for incident in active:
            gain = measure(self._without_incident(incident), node) - now
            if gain > most:
                best, most = incident.id, gain
        return best

    def _without_incident(self, incident: Incident) -> Hydraulics:
        """The network but for one incident, as it stood when this was first asked since the last solve.

        One solve serves all who call until the network changes: there may be hundreds of calls, and tens of incidents.
        """
        if incident.id not in self._without:
            without = self.state.fork()
            without.set_leak(incident.node, 0.0)
            for link in incident.halves if incident.is_isolated else ():
                without.release_link(link)
            without.settle()
            self._without[incident.id] = without
        return self._without[incident.id]

    def _publish(self) -> None:
        self._without.clear()
        self.unbalanced += not self.state.balanced
        self.service = service_of(self.state)[: self._n]
        self._log_service()
        self._log_totals()
        self._log_leaks()
        self._cause = -1
        self._world.citizens.service_changed(self.service)

    def _log_service(self) -> None:
        log, now_s = self._world.log, self._world.clock.now_s
        old, new = self._logged, self.service
        crossed = ((old < OUTAGE) != (new < OUTAGE)) | ((old == 1.0) != (new == 1.0)) | ((old == 0.0) != (new == 0.0))
        for node in np.flatnonzero((np.abs(new - old) > TOLERANCE) | crossed):
            self.service_row[node] = log.append(
                now_s, Kind.SERVICE, place=int(node), value=float(new[node]), cause=self._cause
            )
            old[node] = new[node]

    def _log_totals(self) -> None:
        demand = self.state.demand_m3s
        totals = {
            Kind.DEMAND: float(demand.clip(0.0).sum()),
            Kind.UNDELIVERED: float((demand - self.state.delivered_m3s).clip(0.0).sum()),
        }
        for kind, value in totals.items():
            # The solver's own residual is no shortage.
            value = 0.0 if value < 1e-9 else value
            if _moved(self._totals[kind], value):
                self._world.log.append(self._world.clock.now_s, kind, value=value, cause=self._cause)
                self._totals[kind] = value

    def _log_leaks(self) -> None:
        leaks = self.state.leak_m3s
        for incident in self._world.incidents:
            value = float(leaks[incident.node])
            if _moved(self._leaks[incident.id], value):
                place = self._world.city.place_of_link(incident.burst.link)
                self._world.log.append(
                    self._world.clock.now_s,
                    Kind.LEAK,
                    incident=incident.id,
                    place=place,
                    value=value,
                    cause=self._cause,
                )
                self._leaks[incident.id] = value

    def leak_of(self, incident: Incident) -> float:
        """What runs out of a break, m3/s, of the last solve."""
        return self._leaks[incident.id]


def _moved(old: float, new: float) -> bool:
    """Whether a flow is another one, or began, or ended; the first one moved from nothing known."""
    return not abs(new - old) <= NOISE * abs(old) or (new == 0.0) != (old == 0.0)


def service_of(state: Hydraulics) -> Floats:
    """Delivered over demanded at each node, in 0 .. 1; 1 where nothing is demanded."""
    demand, delivered = state.demand_m3s, state.delivered_m3s
    share = np.ones(len(demand))
    np.divide(delivered, demand, out=share, where=demand > 0.0)
    # What the solver's tolerance leaves open is no loss of service.
    share[share > 1.0 - 1e-6] = 1.0
    share[share < 1e-6] = 0.0
    return share


def service_at(state: Hydraulics, node: int) -> float:
    """The measure by which an outage is laid at an incident's door."""
    return float(service_of(state)[node])


def pressure_at(state: Hydraulics, node: int) -> float:
    """The measure by which a pressure alarm is laid at an incident's door, m."""
    return float(supplied_pressure_m(state)[node])


def supplied_pressure_m(state: Hydraulics) -> Floats:
    """Pressure at each node, m; 0 where no source reaches it, since the solver's head means nothing there."""
    return np.where(state.unsupplied, 0.0, state.pressure_m)
