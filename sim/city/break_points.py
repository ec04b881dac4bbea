"""Cutting pipes in two at the places where they may burst, before anything runs: ids that exist stay what they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.city.water import Floats, Ints, LinkKind, NodeKind, WaterNetwork
from sim.errors import CityOpsError

_ZERO_AT_JUNCTIONS = (
    "emitter",
    "tank_initial_m",
    "tank_minimum_m",
    "tank_maximum_m",
    "tank_area_m2",
    "tank_minimum_volume_m3",
    "tank_can_overflow",
)
_OF_LINKS = (
    "link_kind",
    "tail",
    "head",
    "length_m",
    "diameter_m",
    "roughness",
    "minor_loss",
    "is_open",
    "speed",
    "pump_kind",
    "pump_h0_m",
    "pump_r",
    "pump_n",
    "pump_qmax_m3s",
    "pump_q0_m3s",
    "pump_power_w",
    "pump_curve",
    "pump_pattern",
)


def split_pipes(network: WaterNetwork, links: Ints, fractions: Floats) -> WaterNetwork:
    """Cut each pipe at its fraction of the way from tail to head; see ``WaterNetwork.with_break_points``."""
    _check(network, links, fractions)
    middle = np.arange(network.n_nodes, network.n_nodes + len(links), dtype=np.int32)
    return replace(
        network,
        node_names=network.node_names + _new_names(network.node_names, network, links),
        link_names=network.link_names + _new_names(network.link_names, network, links),
        **_junctions(network, links, fractions),
        **_halves(network, links, fractions, middle),
    )


def _check(network: WaterNetwork, links: Ints, fractions: Floats) -> None:
    if len(fractions) != len(links):
        raise CityOpsError(f"there must be as many fractions as pipes, not {len(fractions)} for {len(links)}")
    for i, link in enumerate(links):
        if not 0 <= link < network.n_links:
            raise CityOpsError(f"{network.name} has no link {link}: their numbers end before {network.n_links}")
        name = network.link_names[link]
        if network.link_kind[link] not in (LinkKind.PIPE, LinkKind.CHECK_VALVE):
            raise CityOpsError(f"link {name!r} is no pipe: there is nothing to break in the middle of it")
        if not 0.0 < fractions[i] < 1.0:
            raise CityOpsError(f"pipe {name!r} cannot be broken at the fraction {fractions[i]} of its length")
    repeated = [network.link_names[link] for i, link in enumerate(links) if link in links[:i]]
    if repeated:
        raise CityOpsError(f"pipe {repeated[0]!r} is to be broken twice; one place per pipe")


def _new_names(taken: Sequence[str], network: WaterNetwork, links: Ints) -> tuple[str, ...]:
    """The pipe's name with a star; with more where that is taken."""
    known = set(taken)
    names = []
    for link in links:
        name = network.link_names[link] + "*"
        while name in known:
            name += "*"
        known.add(name)
        names.append(name)
    return tuple(names)


def _junctions(network: WaterNetwork, links: Ints, fractions: Floats) -> dict[str, Any]:
    """The nodes' fields with a junction without demand behind them for each pipe."""
    tail, head = network.tail[links], network.head[links]
    along = fractions[:, None]
    xy = (1.0 - along) * network.xy[tail] + along * network.xy[head]
    return {
        "node_kind": _extended(network.node_kind, np.full(len(links), NodeKind.JUNCTION)),
        "elevation_m": _extended(network.elevation_m, _elevations(network, tail, head, fractions)),
        "xy": _extended(network.xy, xy),
        "head_pattern": _extended(network.head_pattern, np.full(len(links), -1)),
        "tank_curve": _extended(network.tank_curve, np.full(len(links), -1)),
        **{name: _extended(getattr(network, name), np.zeros(len(links))) for name in _ZERO_AT_JUNCTIONS},
    }


def _elevations(network: WaterNetwork, tail: Ints, head: Ints, fractions: Floats) -> Floats:
    """Between two junctions on the straight line; the elevation of a reservoir is a head, and a tank stands high."""
    z = network.elevation_m
    tail_ground, head_ground = (network.node_kind[end] == NodeKind.JUNCTION for end in (tail, head))
    between = (1.0 - fractions) * z[tail] + fractions * z[head]
    one_end = np.where(tail_ground, z[tail], np.where(head_ground, z[head], np.minimum(z[tail], z[head])))
    result: Floats = np.where(tail_ground & head_ground, between, one_end)
    return result


def _halves(network: WaterNetwork, links: Ints, fractions: Floats, middle: Ints) -> dict[str, Any]:
    """The links' fields: the old id is the half at the tail, the other half stands behind all links."""
    columns = {name: _extended(getattr(network, name), getattr(network, name)[links]) for name in _OF_LINKS}
    second = np.arange(network.n_links, network.n_links + len(links))
    columns["head"][links] = middle
    columns["tail"][second] = middle
    columns["link_kind"][second] = LinkKind.PIPE
    for shared in ("length_m", "minor_loss"):
        columns[shared][links] *= fractions
        columns[shared][second] *= 1.0 - fractions
    # A control opens and closes the first half alone, so the second must not stay shut behind it.
    columns["is_open"][second] |= np.isin(links, [control.link for control in network.controls])
    return columns


def _extended(array: npt.NDArray[Any], more: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """A writable copy with more rows behind, of the type it has."""
    return np.concatenate([array, more.astype(array.dtype)])
