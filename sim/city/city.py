"""The city of a scenario: its networks, who lives where, its depots and districts, and how places are numbered."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from sim.city import naming
from sim.city.layers import Layers
from sim.city.roads import RoadNetwork
from sim.city.water import WaterNetwork
from sim.errors import CityOpsError, Mistake
from sim.scenario.organisation import CrewGroup
from sim.scenario.schema import Scenario

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """Where one crew belongs: the name of its depot, the corner of the roads there, and the group that it is of."""

    depot: str
    corner: int
    group: CrewGroup


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class City:
    """Everything about a city that does not move.

    A *place* is a number: water nodes keep theirs, water link i is ``n_nodes + i``. A *corner* is a node of the roads:
    where the streets run along the mains, the water nodes themselves.

    people : float64 (n_nodes,), who are served at each water node
    corner : int32 (n_nodes,), where one stands to work at each water node
    posts : one for each crew of the water department
    loggers : int32 (n,) for each set of sensors, the junctions at which they stand
    district : int32 (n_corners,), the index into ``district_names`` of each corner's district; -1 where it has none
    layers : all the layers of a made town; None where only the water network is known
    """

    water: WaterNetwork
    roads: RoadNetwork
    people: Floats
    corner: Ints
    posts: tuple[Post, ...]
    loggers: tuple[Ints, ...]
    district: Ints
    district_names: tuple[str, ...]
    layers: Layers | None

    @property
    def n_nodes(self) -> int:
        """Water nodes, which are the first places."""
        return len(self.water.node_names)

    @property
    def n_links(self) -> int:
        """Water links, the places that follow."""
        return len(self.water.link_names)

    def place_of_link(self, link: int) -> int:
        """The place that a water link is."""
        return self.n_nodes + link

    def ends_of(self, place: int) -> tuple[int, ...]:
        """The water nodes of a place: the node itself, or both ends of the link."""
        if place < self.n_nodes:
            return (place,)
        link = place - self.n_nodes
        return (int(self.water.tail[link]), int(self.water.head[link]))

    def corners_of(self, place: int) -> tuple[int, ...]:
        """The corners at which one stands to work at a place."""
        return tuple(int(self.corner[node]) for node in self.ends_of(place))

    def district_of(self, place: int) -> int:
        """The district in which a place lies, of a link that of its first end; -1 where it has none."""
        return int(self.district[self.corners_of(place)[0]])


def build_city(scenario: Scenario) -> City:
    """The city that a scenario describes.

    Raises CityOpsError for a file that cannot be read, and for every name that its networks do not have.
    """
    layers = _layers(scenario)
    water = _read_water(scenario) if layers is None else layers.water
    naming.check_names(scenario, water, layers)
    roads = _along_mains(scenario, water) if layers is None else layers.streets.network()
    corner = np.arange(len(water.node_names), dtype=np.int32) if layers is None else layers.register.corner
    posts = _posts(scenario, water, layers)
    district, district_names = _districts(scenario, roads, posts, layers)
    return City(
        water=water,
        roads=roads,
        people=water.people(_litres_per_day(scenario)),
        corner=corner,
        posts=posts,
        loggers=tuple(naming.loggers(sensor.pressure.at, water, layers, scenario) for sensor in scenario.sensors),
        district=district,
        district_names=district_names,
        layers=layers,
    )


def _litres_per_day(scenario: Scenario) -> float:
    """What a person uses: in a made town, what its demand was made from."""
    town = scenario.city.synthetic
    return scenario.people.litres_per_day if town is None or scenario.city.water.inp else town.litres_per_day


def _layers(scenario: Scenario) -> Layers | None:
    if scenario.city.synthetic is None:
        return None
    from sim.city.synthetic.making import Given, made

    source = scenario.city
    given = Given(
        streets=None if source.roads.file is None else scenario.folder / source.roads.file,
        terrain=None if source.terrain is None else scenario.folder / source.terrain.file,
        water=None if source.water.inp is None else _read_water(scenario),
    )
    return made(scenario.city.synthetic, given)


def _along_mains(scenario: Scenario, water: WaterNetwork) -> RoadNetwork:
    return RoadNetwork.along(
        water.tail,
        water.head,
        water.length_m,
        speed_m_s=scenario.city.roads.speed,
        detour=scenario.city.roads.detour,
        xy=water.xy,
        n_nodes=len(water.node_names),
    )


def _read_water(scenario: Scenario) -> WaterNetwork:
    inp = scenario.city.water.inp
    assert inp is not None, "the schema asks for a file where no town is made"
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


def _posts(scenario: Scenario, water: WaterNetwork, layers: Layers | None) -> tuple[Post, ...]:
    """One post for each crew, in the order in which the scenario names their groups."""
    posts = []
    for group in scenario.organisation.departments["water"].crews:
        depots = naming.depots(group.depot, water, layers)
        if isinstance(group.count, int):
            names = [name for name in depots for _ in range(group.count)]
        else:
            number = _crews_by_preset(scenario, layers, len(depots))
            names = sorted(list(depots)[i % len(depots)] for i in range(number))
        posts += [Post(depot=name, corner=depots[name], group=group) for name in names]
    return tuple(posts)


def _crews_by_preset(scenario: Scenario, layers: Layers | None, n_depots: int) -> int:
    """As many as the preset gives the inhabitants, one at least; where districts are by town, one at each depot."""
    town = scenario.city.synthetic
    assert layers is not None and town is not None, "names were checked"
    least = n_depots if scenario.city.districts.by == "town" else 1
    return max(round(town.crews_per_100000 * layers.population / 1e5), least)


def _districts(
    scenario: Scenario, roads: RoadNetwork, posts: tuple[Post, ...], layers: Layers | None
) -> tuple[Ints, tuple[str, ...]]:
    if scenario.city.districts.by == "town":
        assert layers is not None, "the schema asks for a made town"
        return naming.districts_of_town(scenario, posts, layers)
    corner_of = {post.depot: post.corner for post in posts}
    return _nearest_depot(roads, np.array(list(corner_of.values()), dtype=np.int32)), tuple(corner_of)


def _nearest_depot(roads: RoadNetwork, depots: Ints) -> Ints:
    """For each corner the depot that reaches it soonest; ties to the first named."""
    times = roads.table(depots, np.arange(roads.n_nodes, dtype=np.int32))
    best = times.argmin(axis=0).astype(np.int32)
    best[~np.isfinite(times.min(axis=0))] = -1
    districts: Ints = best
    return districts
