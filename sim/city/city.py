"""The city of a scenario: its networks, who lives where, its depots and districts, and how places are numbered."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from sim.city.roads import RoadNetwork
from sim.city.water import LinkKind, NodeKind, WaterNetwork
from sim.errors import CityOpsError, Mistake, nearest
from sim.scenario.schema import Scenario

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class City:
    """Everything about a city that does not move.

    A *place* is a number: water nodes keep theirs, water link i is ``n_nodes + i``. The streets run along the mains, so
    water nodes are road nodes too.

    people : float64 (n_nodes,), who are served at each water node
    depots : int32 (n_depots,), the nodes of the different depots, in the order in which the scenario names them
    district : int32 (n_nodes,), the index into ``depots`` of each node's district; -1 where no depot reaches it
    """

    water: WaterNetwork
    roads: RoadNetwork
    people: Floats
    depots: Ints
    district: Ints

    @property
    def n_nodes(self) -> int:
        """Water nodes, which are the first places."""
        return len(self.water.node_names)

    @property
    def n_links(self) -> int:
        """Water links, the places that follow."""
        return len(self.water.link_names)

    @property
    def district_names(self) -> tuple[str, ...]:
        """A district is called after its depot."""
        return tuple(self.water.node_names[depot] for depot in self.depots)

    def place_of_link(self, link: int) -> int:
        """The place that a water link is."""
        return self.n_nodes + link

    def ends_of(self, place: int) -> tuple[int, ...]:
        """The nodes at which one stands to work at a place: the node itself, or both ends of the link."""
        if place < self.n_nodes:
            return (place,)
        link = place - self.n_nodes
        return (int(self.water.tail[link]), int(self.water.head[link]))


def build_city(scenario: Scenario) -> City:
    """The city that a scenario describes.

    Raises CityOpsError for a file that cannot be read, and for every name that its networks do not have.
    """
    source = scenario.city
    water = _read_water(scenario)
    _check_names(scenario, water)
    roads = RoadNetwork.along(
        water.tail,
        water.head,
        water.length_m,
        speed_m_s=source.roads.speed,
        detour=source.roads.detour,
        xy=water.xy,
        n_nodes=len(water.node_names),
    )
    depots = _depots(scenario, water)
    return City(
        water=water,
        roads=roads,
        people=water.people(scenario.people.litres_per_day),
        depots=depots,
        district=_districts(roads, depots),
    )


def _read_water(scenario: Scenario) -> WaterNetwork:
    inp = scenario.city.water.inp
    try:
        network = WaterNetwork.from_inp(inp if inp.startswith("wntr:") else scenario.folder / inp)
    except CityOpsError as error:
        if any(mistake.line is not None for mistake in error.mistakes):
            raise  # it points into the network's own file already
        raise type(error)(
            [
                scenario.mistake(("city", "water", "inp"), mistake.what, nearest=mistake.nearest)
                for mistake in error.mistakes
            ]
        ) from error
    unsupported = network.unsupported()
    if unsupported:
        raise CityOpsError(
            Mistake(
                what=f"the network has {len(unsupported)} elements that cannot be simulated yet: "
                + ", ".join(unsupported[:5])
                + (", ..." if len(unsupported) > 5 else ""),
                file=str(Path(inp)),
            )
        )
    return network


def _check_names(scenario: Scenario, water: WaterNetwork) -> None:
    """All names of nodes and pipes that the scenario uses and the network lacks, in one error."""
    nodes = {name: i for i, name in enumerate(water.node_names)}
    pipes = {
        name
        for name, kind in zip(water.link_names, water.link_kind, strict=True)
        if kind in (LinkKind.PIPE, LinkKind.CHECK_VALVE)
    }
    mistakes = []
    for path, name, known, what in _names(scenario):
        if name not in (nodes if known == "node" else pipes):
            candidates = nodes if known == "node" else pipes
            mistakes.append(
                scenario.mistake(
                    path,
                    f"{what} is not a {known} of the water network",
                    found=repr(name),
                    nearest=nearest(name, candidates),
                )
            )
    mistakes += _no_junctions(scenario, water, nodes) + _no_repair(scenario)
    if mistakes:
        raise CityOpsError(mistakes)


def _no_junctions(scenario: Scenario, water: WaterNetwork, nodes: dict[str, int]) -> list[Mistake]:
    """Sensors at tanks and reservoirs, whose pressure tells of no burst."""
    return [
        scenario.mistake(
            ("sensors", i, "pressure", "at", j), "is a tank or reservoir", found=repr(at), accepted="a junction"
        )
        for i, sensor in enumerate(scenario.sensors)
        for j, at in enumerate(sensor.pressure.at)
        if at in nodes and water.node_kind[nodes[at]] != NodeKind.JUNCTION
    ]


def _no_repair(scenario: Scenario) -> list[Mistake]:
    """Departments in which nobody can repair."""
    return [
        scenario.mistake(("organisation", "departments", key, "crews"), "has no crew with the skill 'repair'")
        for key, department in scenario.organisation.departments.items()
        if not any("repair" in (group.skills or department.skills) for group in department.crews)
    ]


def _names(scenario: Scenario) -> list[tuple[tuple[str | int, ...], str, str, str]]:
    """Each name of a network element in the scenario: its path, the name, node or pipe, and what it is there."""
    names: list[tuple[tuple[str | int, ...], str, str, str]] = []
    for i, hazard in enumerate(scenario.hazards):
        for j, burst in enumerate(hazard.bursts.listed):
            names.append((("hazards", i, "bursts", "listed", j, "pipe"), burst.pipe, "pipe", "the pipe that bursts"))
    for i, sensor in enumerate(scenario.sensors):
        for j, at in enumerate(sensor.pressure.at):
            names.append((("sensors", i, "pressure", "at", j), at, "node", "a sensor's place"))
    for key, department in scenario.organisation.departments.items():
        for i, group in enumerate(department.crews):
            path = ("organisation", "departments", key, "crews", i, "depot")
            names.append((path, group.depot, "node", "the depot"))
    return names


def _depots(scenario: Scenario, water: WaterNetwork) -> Ints:
    depots: dict[int, None] = {}
    for department in scenario.organisation.departments.values():
        for group in department.crews:
            depots[water.index_of_node(group.depot)] = None
    return np.array(list(depots), dtype=np.int32)


def _districts(roads: RoadNetwork, depots: Ints) -> Ints:
    """For each node the depot that reaches it soonest; ties to the first named."""
    times = roads.table(depots, np.arange(roads.n_nodes, dtype=np.int32))
    best = times.argmin(axis=0).astype(np.int32)
    best[~np.isfinite(times.min(axis=0))] = -1
    districts: Ints = best
    return districts
