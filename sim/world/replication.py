"""One replication: its facts and its undisturbed past are made once and shared by all policies."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.city.city import City, build_city
from sim.city.terrain import Terrain
from sim.city.water import WaterNetwork
from sim.draws import Draws
from sim.hazards import bursts, rain
from sim.hazards.rain import Rainstorm
from sim.hazards.rain_fields import RainField
from sim.physics.flood import Flood
from sim.physics.hydraulics import Hydraulics, Past
from sim.physics.traffic import WetStreets
from sim.physics.undisturbed import Undisturbed
from sim.record.eventlog import EventLog
from sim.scenario.schema import Scenario
from sim.world.world import World

Floats = npt.NDArray[np.float64]
Single = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Replication:
    """What all policies of a replication share.

    network : the city's, with a break point in the middle of each pipe that will burst
    breaks, halves : for each burst the node of the break and the two links that the pipe became
    storms : the rain; undisturbed, wet : the flood that nobody touched, and the streets under it, where it rains
    people : float64, per node of ``network``; distances : metres along the mains from a node to every node
    """

    scenario: Scenario
    number: int
    city: City
    draws: Draws
    bursts: tuple[bursts.Burst, ...]
    network: WaterNetwork
    breaks: tuple[int, ...]
    halves: tuple[tuple[int, int], ...]
    people: Floats
    past: Past
    storms: tuple[Rainstorm, ...]
    undisturbed: Undisturbed | None
    wet: WetStreets | None
    distances: Callable[[int], Floats]

    def about(self, policy: str) -> dict[str, Any]:
        """The ``run`` table of a log."""
        return {
            "horizon_s": self.scenario.duration,
            "start_s": self.scenario.start,
            "policy": policy,
            "seed": self.scenario.seed,
            "replication": self.number,
            "scenario": self.scenario.name,
        }


def prepare(scenario: Scenario, replication: int) -> Replication:
    """Draw the facts of a replication, and give its network their break points."""
    city, distances = _city(scenario)
    draws = Draws(scenario.seed, replication)
    facts = tuple(bursts.facts(city, scenario, draws))
    network = city.water.with_break_points([burst.link for burst in facts])
    driven = scenario.city.water.demand_model.pressure_driven
    hydraulics = Hydraulics(
        network,
        pressure_driven=(driven.minimum, driven.required, driven.exponent),
        clock_start_s=scenario.start,
    )
    storms, undisturbed, wet = _flood(scenario, city, draws)
    return Replication(
        scenario=scenario,
        number=replication,
        city=city,
        draws=draws,
        bursts=facts,
        network=network,
        breaks=tuple(city.n_nodes + i for i in range(len(facts))),
        halves=tuple((burst.link, city.n_links + i) for i, burst in enumerate(facts)),
        people=np.concatenate([city.people, np.zeros(len(facts))]),
        past=Past(hydraulics),
        storms=storms,
        undisturbed=undisturbed,
        wet=wet,
        distances=distances,
    )


def _flood(
    scenario: Scenario, city: City, draws: Draws
) -> tuple[tuple[Rainstorm, ...], Undisturbed | None, WetStreets | None]:
    layers = city.layers
    if not scenario.storms or layers is None:
        return (), None, None
    storms = tuple(
        rain.facts(storm, layers.terrain, draws, start_s=scenario.start, folder=scenario.folder, index=i)
        for i, (_, storm) in enumerate(scenario.storms)
    )
    settings = scenario.flood
    flood = Flood(
        layers.terrain,
        layers.drainage,
        RainOver(tuple(storm.field for storm in storms), layers.terrain),
        exchange_s=settings.exchange_every,
        gully_rim_m=settings.gully_rims,
    )
    wet = WetStreets(layers.streets, layers.crosswalk)
    return storms, Undisturbed(flood, wet, every_s=settings.every), wet


class RainOver:
    """The rain of storms on the cells of a terrain."""

    def __init__(self, fields: tuple[RainField, ...], terrain: Terrain) -> None:
        self._fields = fields
        self._squares = [field.on(terrain) for field in fields]
        self._shape = terrain.shape

    def at(self, time_s: float) -> tuple[Single, float]:
        """The rain at a time: float32 (rows, columns), m/s, and until when it stays, s."""
        total: Single = np.zeros(self._shape, dtype=np.float32)
        until_s = math.inf
        for field, (row, column) in zip(self._fields, self._squares, strict=True):
            if time_s < field.start_s:
                until_s = min(until_s, field.start_s)
                continue
            step = field.step_at(time_s + 1e-6)
            if step is not None:
                total += field.in_step(step)[row[:, None], column]
                until_s = min(until_s, field.start_s + (step + 1) * field.step_s)
        return total, until_s


def replicate(scenario: Scenario, replication: int, policies: Sequence[str]) -> dict[str, EventLog]:
    """The logs of one replication under each of the policies."""
    shared = prepare(scenario, replication)
    return {policy: World(shared, policy).run() for policy in policies}


def run(scenario: Scenario, *, policy: str | None = None, replication: int = 0) -> EventLog:
    """The log of one replication under one policy, the baseline where none is named.

    Raises CityOpsError for a policy that the scenario does not have, and PolicyError where a user's own fails.
    """
    chosen = scenario.compare.baseline if policy is None else policy
    return replicate(scenario, replication, [chosen])[chosen]


_cities: list[tuple[Scenario, City, Callable[[int], Floats]]] = []
"""The city of the scenario that this process worked on last: replications of one scenario share it."""


def _city(scenario: Scenario) -> tuple[City, Callable[[int], Floats]]:
    if not (_cities and _cities[0][0] is scenario):
        city = build_city(scenario)
        _cities[:] = [(scenario, city, functools.lru_cache(maxsize=512)(functools.partial(_along, city)))]
    _, city, distances = _cities[0]
    return city, distances


def _along(city: City, node: int) -> Floats:
    return city.water.distances_along([node])
