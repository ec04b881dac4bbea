"""Citizens as sensors: people without water call, and passers-by report water that comes out of the street."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from sim.hazards.fates import Trigger
from sim.world.clock import Owner, Phase, Steps
from sim.world.incidents import Incident
from sim.world.mains import OUTAGE, service_at

if TYPE_CHECKING:
    from sim.world.world import World

Floats = npt.NDArray[np.float64]


class Citizens:
    """Who calls, and when: fates driven by how many people are without water and by how much leaks into the street."""

    def __init__(self, world: World) -> None:
        self._world = world
        people = world.scenario.people
        self._calls, self._sightings = people.calls, people.sightings
        n = world.city.n_nodes
        self._people = world.city.people
        self._callers = Trigger(world.draws, "call", np.arange(n, dtype=np.int32))
        self._calls_left = np.zeros(n, dtype=np.int64)
        self._not_before = np.zeros(n)
        self._is_out = np.zeros(n, dtype=np.bool_)
        links = np.array([incident.burst.link for incident in world.incidents], dtype=np.int32)
        self._passers = Trigger(world.draws, "sighting", links)
        self._sightings_left = np.zeros(len(links), dtype=np.int64)
        self._surfaced = np.zeros(len(links))
        self._changed = world.clock.signal()

    def run(self) -> Steps:
        """Report whenever somebody's threshold is crossed."""
        clock = self._world.clock
        while True:
            due = min(self._callers.next()[0], self._passers.next()[0])
            changed = self._changed.wait()
            if due > self._world.horizon_s:
                yield changed
                continue
            moment = clock.at(due, Phase.REPORT, Owner.CITIZEN)
            yield moment | changed
            if moment.processed:
                self._report_due()

    def _report_due(self) -> None:
        while self._callers.next()[0] <= self._world.clock.now_s:
            self._call(self._callers.next()[1])
        while self._passers.next()[0] <= self._world.clock.now_s:
            self._sight(self._passers.next()[1])

    def _call(self, node: int) -> None:
        world = self._world
        _, ordinal = self._callers.fire(node, world.clock.now_s)
        self._calls_left[node] -= 1
        self._set_call_rates()
        world.report(
            place=node,
            entity=node,
            ordinal=ordinal,
            incident=world.mains.culprit(node, service_at),
            cause=int(world.mains.service_row[node]),
        )

    def _sight(self, i: int) -> None:
        world = self._world
        link, ordinal = self._passers.fire(i, world.clock.now_s)
        self._sightings_left[i] -= 1
        self._set_sighting_rates()
        place = world.city.place_of_link(link)
        # Nodes and links share no place, so a street's reports and a junction's never share a fate either.
        world.report(place=place, entity=place, ordinal=ordinal, incident=i, cause=world.incidents[i].row)

    def service_changed(self, service: Floats) -> None:
        """The network was solved: outages begin and end, and rates follow."""
        now_s = self._world.clock.now_s
        is_out = (service < OUTAGE) & (self._people > 0.0)
        self._begin(np.flatnonzero(is_out & ~self._is_out), now_s)
        self._is_out = is_out
        self._set_call_rates()
        self._set_sighting_rates()

    def _begin(self, nodes: npt.NDArray[np.intp], now_s: float) -> None:
        """People there begin to wait, and then as many of them as there are reporters may call."""
        self._calls_left[nodes] = self._calls.at_most
        self._not_before[nodes] = now_s + self._calls.after

    def water_surfaces(self, incident: Incident) -> None:
        """A main has burst: from some time on, passers-by see it."""
        self._surfaced[incident.id] = self._world.clock.now_s + self._sightings.after
        self._sightings_left[incident.id] = self._sightings.at_most

    def told_in_vain(self, places: list[int]) -> None:
        """A case that they reported to is closed: whoever still suffers or sees it may report again."""
        now_s, n = self._world.clock.now_s, self._world.city.n_nodes
        nodes = np.array(sorted({place for place in places if place < n}), dtype=np.intp)
        again = nodes[self._is_out[nodes]]
        self._begin(again, now_s)
        # A rate that stays the same is not planned again: let these begin anew.
        self._callers.pause(again, now_s)
        for incident in self._world.incidents:
            if incident.is_active and self._world.city.place_of_link(incident.burst.link) in places:
                self._sightings_left[incident.id] = self._sightings.at_most
        self._set_call_rates()
        self._set_sighting_rates()

    def _set_call_rates(self) -> None:
        missing = 1.0 - self._world.mains.service
        rate = np.where(
            self._is_out & (self._calls_left > 0), self._people * missing * (self._calls.rate / 3600.0), 0.0
        )
        self._callers.set_rates(self._world.clock.now_s, rate, not_before_s=self._not_before)
        self._changed.give()

    def _set_sighting_rates(self) -> None:
        leaks = np.array([self._world.mains.leak_of(incident) for incident in self._world.incidents])
        rate = np.where(self._sightings_left > 0, leaks * 1000.0 * (self._sightings.rate / 3600.0), 0.0)
        self._passers.set_rates(self._world.clock.now_s, rate, not_before_s=self._surfaced)
        self._changed.give()
