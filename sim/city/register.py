"""The register of the mains: what each pipe is made of, when it was laid, where it can be shut, under which street."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from sim.city.given_streets import IN_DEGREES
from sim.city.streets import Streets
from sim.city.valves import valves_at_ends
from sim.city.water import LinkKind, WaterNetwork
from sim.errors import CityOpsError, Mistake

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]


class Material(IntEnum):
    """What a pipe is made of."""

    UNKNOWN = 0
    GREY_IRON = 1
    DUCTILE_IRON = 2
    STEEL = 3
    CONCRETE = 4
    POLYETHYLENE = 5
    PVC = 6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Register:
    """What is known of each link of a water network beside its hydraulics; arrays are (n_links,), read-only.

    material : int8, of Material;  laid_year : int16, 0 = unknown
    valve_at_tail, valve_at_head : bool, whether an isolation valve stands at that end
    street : int32, the street under which it lies; -1 = under none (a transmission main, a pump)
    corner : int32 (n_nodes,), the corner of the streets at each water node; of what stands aside, the nearest
    """

    material: npt.NDArray[np.int8]
    laid_year: npt.NDArray[np.int16]
    valve_at_tail: npt.NDArray[np.bool_]
    valve_at_head: npt.NDArray[np.bool_]
    street: Ints
    corner: Ints

    def __post_init__(self) -> None:
        for name in self.__slots__:
            getattr(self, name).setflags(write=False)


OVERLAP_M = 200.0  # a water node farther than this from every corner lies outside the streets
_SAMPLE_M = 25.0


def register_of(network: WaterNetwork, streets: Streets) -> Register:
    """The register of a real network under given streets, in whose metres its nodes have their coordinates.

    A node lies at the nearest corner; a pipe or valve under the street that joins the corners of its ends, else
    under the street nearest to its middle, if that is within 200 m; pumps under none. Materials and years are
    unknown; isolation valves are taken to stand by the N-1 rule (``sim.city.valves``).

    Raises CityOpsError where the nodes have no coordinates, or where most lie over 200 m from every corner.
    """
    xy = _known_places(network)
    far, nearest = cKDTree(streets.xy).query(xy)
    corner = np.asarray(nearest, dtype=np.int32)
    if np.median(far) > OVERLAP_M:
        found = f"half of the nodes of {network.name} are over {np.median(far):.0f} m from every corner"
        accepted = f"nodes within {OVERLAP_M:.0f} m of the corners, in the same metres ({IN_DEGREES})"
        raise CityOpsError(Mistake(what="the layers do not overlap: mains and streets", found=found, accepted=accepted))
    middle = (xy[network.tail] + xy[network.head]) / 2.0
    is_pump = np.equal(network.link_kind, LinkKind.PUMP)
    street = np.where(is_pump, -1, _streets_at(streets, corner, network, middle=middle))
    at_tail, at_head = valves_at_ends(
        network.tail,
        network.head,
        n_nodes=network.n_nodes,
        length_m=network.length_m,
        diameter_m=network.diameter_m,
        is_main=np.isin(network.link_kind, (LinkKind.PIPE, LinkKind.CHECK_VALVE)),
    )
    return Register(
        material=np.full(network.n_links, Material.UNKNOWN, dtype=np.int8),
        laid_year=np.zeros(network.n_links, dtype=np.int16),
        valve_at_tail=at_tail,
        valve_at_head=at_head,
        street=street.astype(np.int32),
        corner=corner,
    )


def _known_places(network: WaterNetwork) -> Floats:
    """Coordinates of all nodes; a node without any is put in the middle of its neighbours that have some."""
    xy = network.xy.copy()
    while (lacking := np.asarray(np.isnan(xy).any(axis=1))).any():
        total, count = np.zeros_like(xy), np.zeros(len(xy))
        for end, other in ((network.tail, network.head), (network.head, network.tail)):
            known = ~lacking[other]
            np.add.at(total, end[known], xy[other[known]])
            np.add.at(count, end[known], 1.0)
        placed = lacking & (count > 0.0)
        if not placed.any():
            name = network.node_names[int(np.argmax(lacking))]
            raise CityOpsError(f"{network.name} has no coordinates for node {name!r}, so it cannot lie under streets")
        xy[placed] = total[placed] / count[placed, None]
    return xy


def _streets_at(streets: Streets, corner: Ints, network: WaterNetwork, *, middle: Floats) -> npt.NDArray[np.int64]:
    """The street between the corners of each link's ends, else the nearest to its middle; -1 where none is near."""
    points, owner = _samples(streets)
    far, nearest = cKDTree(points).query(middle)
    street = np.where(np.asarray(far) <= OVERLAP_M, owner[np.asarray(nearest)], -1).astype(np.int64)
    n = streets.n_corners
    key = _pair(streets.tail, streets.head, n)
    order = np.argsort(key, kind="stable")
    wanted = _pair(corner[network.tail], corner[network.head], n)
    at = np.minimum(np.searchsorted(key[order], wanted), len(key) - 1)
    is_joined = key[order][at] == wanted
    street[is_joined] = order[at[is_joined]]
    return street


def _pair(one: npt.NDArray[np.integer], other: npt.NDArray[np.integer], n: int) -> npt.NDArray[np.int64]:
    pair: npt.NDArray[np.int64] = np.minimum(one, other).astype(np.int64) * n + np.maximum(one, other)
    return pair


def _samples(streets: Streets) -> tuple[Floats, Ints]:
    """Points along all streets, a few metres apart, and the street of each: float64 (k, 2), int32 (k,)."""
    bends = np.diff(streets.bend_first)
    bent = np.repeat(np.arange(streets.n_streets, dtype=np.int32), bends)
    street = np.tile(np.arange(streets.n_streets, dtype=np.int32), 2)
    owner = np.concatenate([street, bent])
    rank = np.concatenate([np.full(streets.n_streets, -1), bends, np.arange(len(bent)) - streets.bend_first[bent]])
    order = np.lexsort((rank, owner))
    line = np.concatenate([streets.xy[streets.tail], streets.xy[streets.head], streets.bend_xy])[order]
    owner = owner[order]
    is_piece = owner[1:] == owner[:-1]
    start, piece = line[:-1][is_piece], np.diff(line, axis=0)[is_piece]
    steps = np.ceil(np.hypot(*piece.T) / _SAMPLE_M).astype(np.int64) + 1
    which = np.repeat(np.arange(len(steps)), steps)
    along = (np.arange(len(which)) - np.repeat(np.cumsum(steps) - steps, steps)) / np.maximum(steps - 1, 1)[which]
    return start[which] + along[:, None] * piece[which], owner[:-1][is_piece][which]
