"""One replication under one policy: puts the processes together and lets time run."""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.city.city import City
from sim.city.streets import Structure
from sim.policies.loading import load_closing, load_policy
from sim.record.eventlog import EventLog, EventLogWriter
from sim.record.kinds import Kind
from sim.scenario.levers import Closing as ClosingSource
from sim.scenario.schema import Department
from sim.world import laws, traffic
from sim.world.actors import Actors
from sim.world.belief import Belief
from sim.world.citizens import Citizens
from sim.world.clock import Clock, Steps
from sim.world.closing import Closing
from sim.world.control import Loggers, Telemetry
from sim.world.crews import Crew
from sim.world.decider import Decider
from sim.world.desk import Desk, Report
from sim.world.floods import Floods, warn
from sim.world.incidents import Incident, occur
from sim.world.ledger import Case, Ledger
from sim.world.mains import Mains

if TYPE_CHECKING:
    from sim.world.replication import Replication

Floats = npt.NDArray[np.float64]


class World:
    """The city in one replication under one policy; what the processes share. It is run once."""

    def __init__(self, replication: Replication, policy: str) -> None:
        self.scenario = scenario = replication.scenario
        self.city: City = replication.city
        self.network = replication.network
        self.past = replication.past
        self.draws = replication.draws
        self.horizon_s = scenario.duration
        self.department: Department = scenario.organisation.departments["water"]
        rules = load_policy(scenario, policy)
        self.source = scenario.policies[policy]
        self.people_of_network = replication.people
        self._distances = replication.distances
        self.clock = Clock()
        self.roads = self.city.roads.fork()
        self.storms = replication.storms
        self.undisturbed = replication.undisturbed
        self.wet = replication.wet
        self.warning = ""
        self.actors = Actors(scenario, self.city)
        self.log = EventLogWriter(
            places=places_of(self.city, with_streets=bool(self.storms)),
            actors=self.actors.table(),
            run=replication.about(policy),
        )
        self.log.append(0.0, Kind.RUN_BEGAN)
        self.incidents = [
            Incident(id=i, burst=burst, node=replication.breaks[i], halves=replication.halves[i])
            for i, burst in enumerate(replication.bursts)
        ]
        self.mains = Mains(self, self.past.begin())
        self.citizens = Citizens(self)
        self.telemetry = Telemetry(self)
        self.loggers = Loggers(self)
        self.ledger = Ledger(self)
        desk = scenario.organisation.desk
        self.desk = Desk(self.clock, desk.clerks, duration_s=self._talk_s, register=self.ledger.register)
        self.crews = [Crew(self, i, post=post, department=self.department) for i, post in enumerate(self.city.posts)]
        self.belief = Belief(self)
        self.decider = Decider(self, rules)
        self._reports = 0
        layers = self.city.layers
        self.floods = Floods(self, layers) if self.wet is not None and layers is not None else None
        self._closes = load_closing(scenario, policy)

    def run(self) -> EventLog:
        """Let time run to the horizon, and give the log."""
        processes = [
            *(occur(self, incident) for incident in self.incidents),
            traffic.run(self),
            self.mains.run(),
            self.citizens.run(),
            self.telemetry.run(),
            *(self.loggers.run(i) for i in range(len(self.loggers.sets))),
            *(crew.roster() for crew in self.crews),
            *(crew.run() for crew in self.crews),
            self.decider.run(),
            *self._flood_processes(),
        ]
        for process in processes:
            self.clock.start(process)
        self.clock.env.run(until=self.horizon_s)
        if self.mains.unbalanced:
            logging.getLogger("cityops").warning(
                "%d solves of the water network did not converge; their last iterate was used", self.mains.unbalanced
            )
        self.log.append(self.horizon_s, Kind.RUN_ENDED)
        return self.log.finish()

    def _flood_processes(self) -> list[Steps]:
        """What moves where it rains: the water, the cars in it, the warnings of it, the barriers before it."""
        layers = self.city.layers
        if self.floods is None or layers is None:
            return []
        close = self.source.close
        sign_off_s = close.sign_off if isinstance(close, ClosingSource) else 0.0
        closing = Closing(self, layers, self.floods, rule=self._closes, sign_off_s=sign_off_s)
        return [self.floods.run(), self.floods.cars(), warn(self), closing.run()]

    def set_road_times(self, time_s: Floats) -> None:
        """Give every arc its travel time of this moment; crews look out where streets were shut or opened."""
        changed = np.isfinite(time_s) != np.isfinite(self.roads.time_s)
        self.roads.set_times(np.arange(self.roads.n_arcs, dtype=np.int32), time_s)
        if changed.any():
            for crew in self.crews:
                crew.look_out()
            self.decider.ask()

    def report(self, *, place: int, entity: int, ordinal: int, incident: int, cause: int) -> None:
        """A citizen calls about a place."""
        row = self.log.append(
            self.clock.now_s, Kind.CALLED, incident=incident, place=place, value=float(ordinal), cause=cause
        )
        self.desk.take(self._report(place, entity, ordinal, incident, row))

    def alarm(self, node: int, *, ordinal: int, incident: int, row: int) -> None:
        """An alarm reaches the control room, which needs no clerk to register it."""
        # An alarm shares no fate with the calls of its junction: triage of alarms is keyed by a number beyond them.
        self.ledger.register(self._report(node, node, ordinal + 1_000_000, incident, row))

    def _report(self, place: int, entity: int, ordinal: int, incident: int, row: int) -> Report:
        self._reports += 1
        return Report(number=self._reports, place=place, entity=entity, ordinal=ordinal, incident=incident, row=row)

    def _talk_s(self, report: Report) -> float:
        law = self.scenario.organisation.desk.registration
        return laws.duration(self.draws, law, "registration", report.entity, k=report.ordinal)

    def search(self, case: Case, department: Department) -> tuple[Incident | None, float]:
        """What a crew that searches for the cause of a case can find, and how long it searches.

        The nearest burst along the mains that nobody has found yet, from any place of the case's reports. A report
        that names the street itself needs no search.
        """
        candidates = [
            (self.distance_m(self.city.place_of_link(incident.burst.link), case.places), incident.id)
            for incident in self.incidents
            if incident.is_active and incident.located_by < 0
        ]
        # Who found nothing the last time looks further the next time.
        in_vain = max(self.ledger.in_vain.get(place, 0) for place in case.places)
        near = [pair for pair in candidates if pair[0] <= department.search_within * (1 + in_vain)]
        if not near:
            return None, department.give_up_after
        incident = self.incidents[min(near)[1]]
        if self.city.place_of_link(incident.burst.link) in case.places:
            return incident, 0.0
        k, incident.searches = incident.searches, incident.searches + 1
        search_s = laws.duration(self.draws, department.locate, "locate", incident.burst.link, k=k)
        return (None, department.give_up_after) if search_s > department.give_up_after else (incident, search_s)

    def repaired(self, incident: Incident, case: Case) -> None:
        """The repair has ended: the leak is closed unless it does not hold, and the valves are open again."""
        failed = self.scenario.organisation.verification.failed
        holds = self.draws.uniform("reopen", incident.burst.link, incident.repairs) >= failed
        incident.repairs += 1
        if holds:
            incident.is_active = False
            self.mains.leak(incident, 0.0, cause=case.row)
        if incident.is_isolated:
            self.mains.restore(incident, cause=case.row)

    def distance_m(self, place: int, places: list[int]) -> float:
        """How far a place is along the mains from the nearest of others, in m; a link is where its middle is."""
        if place in places:
            return 0.0
        return min(
            float(self._distances(end)[other_end]) + self._half_m(place) + self._half_m(other)
            for other in places
            for end in self.city.ends_of(place)
            for other_end in self.city.ends_of(other)
        )

    def _half_m(self, place: int) -> float:
        """From a place to its ends: half of a link's length, nothing for a node."""
        n = self.city.n_nodes
        return float(self.city.water.length_m[place - n]) / 2.0 if place >= n else 0.0

    def diameter_m(self, place: int) -> float:
        """The diameter of a link, or of the largest main at a node."""
        if place >= self.city.n_nodes:
            return float(self.city.water.diameter_m[place - self.city.n_nodes])
        return float(self.belief.largest_m[place])

    def travel_to_place_s(self, corner: int, place: int) -> float:
        """The current travel time from a corner to the nearer one of a place; infinite where there is no way."""
        return min((self.roads.travel_time(corner, end) for end in self.city.corners_of(place)), default=math.inf)


def places_of(city: City, *, with_streets: bool = False) -> pd.DataFrame:
    """The table of places of a log: water nodes, then links at their middle, then, where asked, streets likewise."""
    water, n, m = city.water, city.n_nodes, city.n_links
    names = city.district_names
    districts = [names[d] if d >= 0 else "" for d in city.district[city.corner]]
    middle = (water.xy[water.tail] + water.xy[water.head]) / 2.0
    xy = np.concatenate([water.xy, middle])
    table = pd.DataFrame(
        {
            "id": range(n + m),
            "network": ["water node"] * n + ["water link"] * m,
            "name": [*water.node_names, *water.link_names],
            "district": districts + [districts[tail] for tail in water.tail],
            "people": np.concatenate([city.people, np.zeros(m)]),
            "vulnerable": np.zeros(n + m),
            "x": xy[:, 0],
            "y": xy[:, 1],
            "tail": np.concatenate([np.full(n, -1), water.tail]),
            "head": np.concatenate([np.full(n, -1), water.head]),
        }
    )
    if city.layers is None:
        return table
    first = n + m
    streets = [_streets(city, first=first)] if with_streets else []
    depots = _depots(city, first=first + city.layers.streets.n_streets)
    return pd.concat([table, *streets, depots], ignore_index=True)


def _depots(city: City, *, first: int) -> pd.DataFrame:
    """The depots of a made town, which are no nodes of its mains, by name; their ids follow those of the streets."""
    corner_of = {post.depot: post.corner for post in city.posts if post.depot not in city.water.node_names}
    assert city.layers is not None, "only a made town has depots of its own"
    corners, k = np.array(list(corner_of.values()), dtype=np.int32), len(corner_of)
    names = city.district_names
    return pd.DataFrame(
        {
            "id": range(first, first + k),
            "network": ["depot"] * k,
            "name": list(corner_of),
            "district": [names[d] if d >= 0 else "" for d in city.district[corners]],
            "people": np.zeros(k),
            "vulnerable": np.zeros(k),
            "x": city.layers.streets.xy[corners, 0],
            "y": city.layers.streets.xy[corners, 1],
            "tail": np.full(k, -1),
            "head": np.full(k, -1),
        }
    )


def _streets(city: City, *, first: int) -> pd.DataFrame:
    assert city.layers is not None, "it rains over made towns"
    streets, names = city.layers.streets, city.district_names
    k = streets.n_streets
    middle = (streets.xy[streets.tail] + streets.xy[streets.head]) / 2.0
    return pd.DataFrame(
        {
            "id": range(first, first + k),
            "network": ["street"] * k,
            "name": streets.names,
            "district": [names[d] if d >= 0 else "" for d in city.district[streets.tail]],
            "people": np.zeros(k),
            "vulnerable": np.zeros(k),
            "x": middle[:, 0],
            "y": middle[:, 1],
            "tail": np.full(k, -1),
            "head": np.full(k, -1),
            "length_m": streets.length_m,
            "kind": [Structure(one).name.lower() for one in streets.structure],
        }
    )
