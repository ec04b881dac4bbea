"""The ledger of cases: what the city knows, from registration to closure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.policies.view import CaseState
from sim.record.kinds import Kind
from sim.world import laws
from sim.world.clock import Owner, Phase, Steps
from sim.world.desk import Report
from sim.world.incidents import Incident
from sim.world.mains import OUTAGE

if TYPE_CHECKING:
    from sim.world.world import World


@dataclass(slots=True, kw_only=True)
class Case:
    """A case; ``row`` is its last row in the log, ``done_s`` when its crew is expected to have repaired it."""

    id: int
    registered_s: float
    incident: int
    row: int
    places: list[int]
    district: int
    state: CaseState = CaseState.REGISTERED
    located: Incident | None = None
    crew: int = -1
    done_s: float = 0.0


class Ledger:
    """All cases of the city; ``in_vain`` counts the searches from each place that found nothing."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.cases: list[Case] = []
        self.version = 0
        self.in_vain: dict[int, int] = {}

    @property
    def open(self) -> list[Case]:
        """The cases that are not closed, by number."""
        return [case for case in self.cases if case.state is not CaseState.CLOSED]

    @property
    def triaged(self) -> list[Case]:
        """The open cases that a department has, by number."""
        return [case for case in self.open if case.state is not CaseState.REGISTERED]

    def register(self, report: Report) -> None:
        """A report joins the nearest open case within reach, or becomes a case of its own."""
        world = self._world
        case = self._nearest_open(report.place)
        if case is not None:
            case.places.append(report.place)
            # The chain of causes follows the case; the report's own row can be found by its place and time.
            world.log.append(
                world.clock.now_s,
                Kind.MERGED,
                case=case.id,
                incident=report.incident,
                place=report.place,
                cause=report.row,
            )
            self.changed()
            return
        case = Case(
            id=len(self.cases),
            registered_s=world.clock.now_s,
            incident=report.incident,
            row=report.row,
            places=[report.place],
            district=world.city.district_of(report.place),
        )
        self.cases.append(case)
        self.note(case, Kind.REGISTERED, place=report.place)
        world.clock.start(self._triage(case, report))

    def _triage(self, case: Case, report: Report) -> Steps:
        world = self._world
        law = world.scenario.organisation.desk.triage
        wait_s = laws.duration(world.draws, law, "triage", report.entity, k=report.ordinal)
        if wait_s > 0.0:
            yield world.clock.at(world.clock.now_s + wait_s, Phase.WORK, Owner.DESK, report.number)
        case.state = CaseState.WAITING
        self.note(case, Kind.TRIAGED, actor=world.actors.department)
        self.changed()

    def _nearest_open(self, place: int) -> Case | None:
        """The open case that has a place nearest along the mains, within the desk's reach; ties to the oldest."""
        within = self._world.scenario.organisation.desk.merge_within
        distances = [(self._world.distance_m(place, case.places), case.id) for case in self.open]
        near = [pair for pair in distances if pair[0] <= within]
        return self.cases[min(near)[1]] if near else None

    def note(self, case: Case, kind: Kind, *, actor: int = -1, place: int = -1, value: float = float("nan")) -> int:
        """Write a row of a case's life, caused by its row before."""
        case.row = self._world.log.append(
            self._world.clock.now_s,
            kind,
            case=case.id,
            incident=case.located.id if case.located is not None else case.incident,
            actor=actor,
            place=place,
            value=value,
            cause=case.row,
        )
        return case.row

    def changed(self) -> None:
        """What is known has changed: whoever decides is asked."""
        self.version += 1
        self._world.decider.ask()

    def nothing_found(self, case: Case, crew: int) -> None:
        """The search was in vain: the case is closed, and whoever is still without water may call again."""
        self.note(case, Kind.NOTHING_FOUND, actor=crew)
        for place in set(case.places):
            self.in_vain[place] = self.in_vain.get(place, 0) + 1
        if not self._is_anything_wrong(case):
            self.note(case, Kind.FALSE_ALARM)
        self._close(case)

    def _is_anything_wrong(self, case: Case) -> bool:
        """Whether there was a cause, there is one anywhere, or people of the case are still without water."""
        world = self._world
        nodes = [place for place in case.places if place < world.city.n_nodes]
        is_out = bool((world.mains.service[nodes] < OUTAGE).any())
        return case.incident >= 0 or is_out or any(incident.is_active for incident in world.incidents)

    def handled(self, case: Case, crew: int) -> None:
        """The repair has ended; it will be verified."""
        case.state, case.crew = CaseState.HANDLED, -1
        self.note(case, Kind.HANDLED, actor=crew)
        self._world.clock.start(self._verify(case))
        self.changed()

    def _verify(self, case: Case) -> Steps:
        world = self._world
        incident = case.located
        assert incident is not None, "only what was located can be handled"
        after = world.scenario.organisation.verification.after
        yield world.clock.at(world.clock.now_s + after, Phase.WORK, Owner.VERIFICATION, case.id)
        self.note(case, Kind.VERIFIED, value=float(not incident.is_active))
        if incident.is_active:
            case.state = CaseState.WAITING
            self.note(case, Kind.REOPENED)
            self.changed()
        else:
            self._close(case)

    def _close(self, case: Case) -> None:
        case.state, case.crew = CaseState.CLOSED, -1
        self.note(case, Kind.CLOSED)
        self._world.citizens.told_in_vain(case.places)
        self._world.loggers.forget(case.places)
        self.changed()
