"""What the names in a scenario stand for in its city: nodes, pipes, depots, loggers, districts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from sim.city.assets import AssetKind
from sim.city.water import LinkKind, NodeKind, WaterNetwork
from sim.errors import CityOpsError, Mistake, nearest
from sim.scenario.quantities import BY_PRESET, EVERY_DEPOT
from sim.scenario.schema import Scenario

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.city.city import Post
    from sim.city.layers import Layers

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]
Steps = tuple[str | int, ...]


def check_names(scenario: Scenario, water: WaterNetwork, layers: Layers | None) -> None:
    """Raise CityOpsError with all names that the scenario uses and the city lacks."""
    nodes = {name: i for i, name in enumerate(water.node_names)}
    pipes = {
        name
        for name, kind in zip(water.link_names, water.link_kind, strict=True)
        if kind in (LinkKind.PIPE, LinkKind.CHECK_VALVE)
    }
    depots = {} if layers is None else layers.depots
    known = {"node": nodes, "pipe": pipes, "node or depot": {**nodes, **depots}}
    mistakes = [
        scenario.mistake(
            path,
            f"{what} is not a {kind} of the {'town' if kind == 'node or depot' else 'water network'}",
            found=repr(name),
            nearest=nearest(name, known[kind]),
        )
        for path, name, kind, what in _names(scenario, has_depots=layers is not None)
        if name not in known[kind]
    ]
    mistakes += _no_junctions(scenario, water, nodes) + _no_repair(scenario)
    if layers is None:
        mistakes += _needs_town(scenario)
    if mistakes:
        raise CityOpsError(mistakes)


def depots(name: str, water: WaterNetwork, layers: Layers | None) -> dict[str, int]:
    """The corners of the depots that a name stands for."""
    if layers is None:
        return {name: water.index_of_node(name)}
    if name == EVERY_DEPOT:
        return layers.depots
    return {name: layers.depots[name] if name in layers.depots else _corner(name, water, layers)}


def _corner(name: str, water: WaterNetwork, layers: Layers) -> int:
    return int(layers.register.corner[water.index_of_node(name)])


def loggers(at: tuple[str, ...] | str, water: WaterNetwork, layers: Layers | None, scenario: Scenario) -> Ints:
    """The junctions at which a set of loggers stands: int32 (n,)."""
    if isinstance(at, tuple):
        return np.array([water.index_of_node(name) for name in at], dtype=np.int32)
    town = scenario.city.synthetic
    assert layers is not None and town is not None, "names were checked"
    number = max(round(town.sensors_per_100000 * layers.population / 1e5), 1)
    return spread(water, number)


def spread(water: WaterNetwork, number: int) -> Ints:
    """``number`` junctions far from each other (farthest-point sampling, Gonzalez 1985), ascending: int32.

    The first is the one farthest from all sources; ties to the lowest index. Junctions without coordinates get none;
    CityOpsError where all are.
    """
    has_place = ~np.isnan(water.xy).any(axis=1)
    junctions = np.flatnonzero(water.is_junction & has_place)
    if len(junctions) == 0:
        what = "no junction of the water network has coordinates, so loggers cannot be spread over them"
        raise CityOpsError(Mistake(what=what, field="sensors", accepted="coordinates, or loggers at named junctions"))
    xy = water.xy[junctions]
    sources = water.xy[~water.is_junction & has_place]
    away = np.full(len(junctions), np.inf)
    chosen: list[int] = []
    for at in sources:
        away = np.minimum(away, np.hypot(*(xy - at).T))
    for _ in range(min(number, len(junctions))):
        best = int(np.argmax(away))
        chosen.append(best)
        away = np.minimum(away, np.hypot(*(xy - xy[best]).T))
        away[best] = -1.0
    return np.sort(junctions[chosen]).astype(np.int32)


def districts_of_town(scenario: Scenario, posts: Sequence[Post], layers: Layers) -> tuple[Ints, tuple[str, ...]]:
    """The district of each corner of a made town, and the names; each must have a depot with a crew.

    A corner is in the district of the block beside it that has the lowest number, that of a depot in the depot's own.
    """
    streets, lots = layers.streets, layers.lots
    block = np.full(streets.n_corners, np.iinfo(np.int32).max, dtype=np.int32)
    for ends in (streets.tail, streets.head):
        for side in (0, 1):
            beside = lots.beside[:, side]
            np.minimum.at(block, ends[beside >= 0], beside[beside >= 0])
    district = np.full(streets.n_corners, -1, dtype=np.int32)
    inside = block < lots.n_blocks
    district[inside] = layers.people.district[block[inside]]
    depot = layers.assets.of_kind(AssetKind.DEPOT)
    district[layers.assets.corner[depot]] = layers.people.district[layers.assets.block[depot]]
    with_crew = {int(district[post.corner]) for post in posts}
    without = [name for i, name in enumerate(layers.people.district_names) if i not in with_crew]
    if without:
        path, found = ("organisation", "departments", "water", "crews"), ", ".join(without)
        what = "has no crew in some districts"
        raise CityOpsError(scenario.mistake(path, what, found=found, accepted="a depot in each"))
    return district, layers.people.district_names


def _needs_town(scenario: Scenario) -> list[Mistake]:
    """What is asked of the preset or the depots of a made town, where there is none."""
    groups = scenario.organisation.departments["water"].crews
    crews = ("organisation", "departments", "water", "crews")
    asked: list[tuple[Steps, str]] = [
        ((*crews, i, "count"), BY_PRESET) for i, group in enumerate(groups) if group.count == BY_PRESET
    ]
    asked += [
        (("sensors", i, "pressure", "at"), BY_PRESET)
        for i, sensor in enumerate(scenario.sensors)
        if sensor.pressure.at == BY_PRESET
    ]
    asked += [((*crews, i, "depot"), EVERY_DEPOT) for i, group in enumerate(groups) if group.depot == EVERY_DEPOT]
    asked += [
        (("hazards", i, "bursts", "weight by"), "break rate")
        for i, bursts in scenario.bursts
        if bursts.weight_by == "break rate"
    ]
    asked += [(("hazards", i, "rain"), "rain") for i, _ in scenario.storms]
    return [
        scenario.mistake(path, "needs a made town", found=repr(what), accepted="`synthetic` in `city`")
        for path, what in asked
    ]


def _no_junctions(scenario: Scenario, water: WaterNetwork, nodes: dict[str, int]) -> list[Mistake]:
    """Sensors at tanks and reservoirs, whose pressure tells of no burst."""
    return [
        scenario.mistake(
            ("sensors", i, "pressure", "at", j), "is a tank or reservoir", found=repr(at), accepted="a junction"
        )
        for i, sensor in enumerate(scenario.sensors)
        for j, at in enumerate(sensor.pressure.at if isinstance(sensor.pressure.at, tuple) else ())
        if at in nodes and water.node_kind[nodes[at]] != NodeKind.JUNCTION
    ]


def _no_repair(scenario: Scenario) -> list[Mistake]:
    """Departments in which nobody can repair."""
    return [
        scenario.mistake(("organisation", "departments", key, "crews"), "has no crew with the skill 'repair'")
        for key, department in scenario.organisation.departments.items()
        if not any("repair" in (group.skills or department.skills) for group in department.crews)
    ]


def _names(scenario: Scenario, *, has_depots: bool) -> list[tuple[Steps, str, str, str]]:
    """Each name of a network element in the scenario: its path, the name, what it must be, and what it is there."""
    names: list[tuple[Steps, str, str, str]] = []
    for i, bursts in scenario.bursts:
        for j, burst in enumerate(bursts.listed):
            names.append((("hazards", i, "bursts", "listed", j, "pipe"), burst.pipe, "pipe", "the pipe that bursts"))
    for i, sensor in enumerate(scenario.sensors):
        for j, at in enumerate(sensor.pressure.at if isinstance(sensor.pressure.at, tuple) else ()):
            names.append((("sensors", i, "pressure", "at", j), at, "node", "a sensor's place"))
    for key, department in scenario.organisation.departments.items():
        for i, group in enumerate(department.crews):
            path = ("organisation", "departments", key, "crews", i, "depot")
            if group.depot != EVERY_DEPOT:
                names.append((path, group.depot, "node or depot" if has_depots else "node", "the depot"))
    return names
