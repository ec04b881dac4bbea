"""Bursting mains as dated facts: which pipes burst, when, and with what hole, known before the clock starts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.city.city import City
from sim.city.water import LinkKind, WaterNetwork
from sim.draws import Draws
from sim.errors import CityOpsError
from sim.scenario.schema import Bursts, Leak, Scenario
from sim.units import on_grid

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """A main that breaks at a time: ``link`` of the water network, seconds since the start, area of the hole."""

    time_s: float
    link: int
    area_m2: float


def facts(city: City, scenario: Scenario, draws: Draws) -> list[Burst]:
    """All the bursts of a replication, ordered by time and then by pipe.

    A pipe bursts at most once in a run. Raises CityOpsError where more bursts are asked for than there are pipes, or
    the same pipe is listed twice.
    """
    found: list[Burst] = []
    # What is listed is certain; what is drawn falls on the other pipes.
    listed = [bursts for _, bursts in scenario.bursts if bursts.listed]
    drawn = [bursts for _, bursts in scenario.bursts if not bursts.listed]
    for bursts in listed:
        found += _listed(bursts, city.water, scenario)
    for index, bursts in enumerate(drawn):
        taken = [burst.link for burst in found]
        found += _drawn(bursts, city, scenario, draws, index=index, taken=taken)
    found.sort(key=lambda burst: (burst.time_s, burst.link))
    links = [burst.link for burst in found]
    for link in links:
        if links.count(link) > 1:
            raise CityOpsError(f"pipe {city.water.link_names[link]!r} would burst twice: list it once, or draw once")
    return [burst for burst in found if burst.time_s < scenario.duration]


def _listed(bursts: Bursts, water: WaterNetwork, scenario: Scenario) -> list[Burst]:
    return [
        Burst(
            time_s=burst.at - scenario.start,
            link=(link := water.index_of_link(burst.pipe)),
            area_m2=_hole(burst.leak or bursts.leak, water, link),
        )
        for burst in bursts.listed
    ]


def _drawn(
    bursts: Bursts, city: City, scenario: Scenario, draws: Draws, *, index: int, taken: list[int]
) -> list[Burst]:
    assert bursts.count is not None and bursts.between is not None, "the schema asks for both"
    weight = _weights(bursts, city, scenario)
    weight[taken] = 0.0
    pipes = np.flatnonzero(weight > 0).astype(np.int32)
    number = (
        int(bursts.count.mean)
        if bursts.count.law == "exactly"
        else draws.poisson("number of bursts", 0, index, mean=bursts.count.mean)
    )
    if number > len(pipes):
        raise CityOpsError(f"{number} bursts are asked for, but only {len(pipes)} pipes can burst")
    # An exponential race: the pipes whose Exp(1)/weight is least. The same as drawing one after the other without
    # putting back, but each pipe's luck is its own (Efraimidis and Spirakis 2006).
    arrival = draws.exponentials("burst", pipes, index) / weight[pipes]
    chosen = pipes[np.argsort(arrival, kind="stable")[:number]]
    begin, end = bursts.between
    return [
        Burst(
            time_s=on_grid(begin - scenario.start + (end - begin) * draws.uniform("burst time", int(link), index)),
            link=int(link),
            area_m2=_hole(bursts.leak, city.water, int(link)),
        )
        for link in chosen
    ]


def _weights(bursts: Bursts, city: City, scenario: Scenario) -> Floats:
    """What each link's chance is proportional to: 0 for all but open pipes."""
    water = city.water
    can_burst = np.isin(water.link_kind, (LinkKind.PIPE, LinkKind.CHECK_VALVE)) & water.is_open
    if bursts.weight_by == "break rate":
        from sim.city.breaks import expected_breaks

        town = scenario.city.synthetic
        assert city.layers is not None and town is not None, "names were checked"
        return np.where(can_burst, expected_breaks(city.layers.register, water, year=town.present), 0.0)
    return np.where(can_burst, water.length_m if bursts.weight_by == "length" else 1.0, 0.0)


def _hole(leak: Leak, water: WaterNetwork, link: int) -> float:
    if leak.area.share is not None:
        return float(leak.area.share * np.pi * water.diameter_m[link] ** 2 / 4.0)
    assert leak.area.m2 is not None, "a hole is a share or an area"
    return leak.area.m2
