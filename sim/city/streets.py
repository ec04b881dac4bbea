"""The streets of a city as they lie on the ground: corners, streets between them, what they carry and how fast.

``sim.city.roads`` answers how long a trip takes; here is where the streets are, for everything that lies along, under
or over them. Corners are 0 .. n-1 and are the nodes of the road network; streets are 0 .. m-1.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from sim.city.roads import RoadNetwork

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]


class StreetClass(IntEnum):
    """What a street is for, the fastest first."""

    EXPRESSWAY = 0
    ARTERIAL = 1
    COLLECTOR = 2
    LOCAL = 3


class Structure(IntEnum):
    """How a street lies on the ground; all but SURFACE may cross another street without a corner."""

    SURFACE = 0
    BRIDGE = 1
    UNDERPASS = 2  # dips below a railway or another street: a low point
    TUNNEL = 3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Streets:
    """Corners and the streets between them; arrays are read-only.

    xy : float64 (n, 2), m;  elevation_m : float64 (n,), of the ground at each corner
    tail, head : int32 (m,), the corners of each street;  length_m : float64 (m,), along its bends
    bend_first : int32 (m + 1,), bend_xy : float64 (k, 2), m: street i bends at its part of bend_xy, from
        bend_first[i] up to bend_first[i + 1], in order from tail to head; none where it is straight
    street_class, structure : int8 (m,), of StreetClass and Structure
    is_one_way : bool (m,), passable from tail to head only
    width_m : float64 (m,), of the carriageway;  speed_m_s : float64 (m,), of free flow
    lowest_m : float64 (m,), elevation of the lowest point along the street: of an underpass its sag
    names : one for each street, unique
    pace : float64 (4, 24), share of the free-flow speed by StreetClass and hour of the day, above 0
    """

    xy: Floats
    elevation_m: Floats
    tail: Ints
    head: Ints
    length_m: Floats
    bend_first: Ints
    bend_xy: Floats
    street_class: npt.NDArray[np.int8]
    structure: npt.NDArray[np.int8]
    is_one_way: npt.NDArray[np.bool_]
    width_m: Floats
    speed_m_s: Floats
    lowest_m: Floats
    names: tuple[str, ...]
    pace: Floats

    def __post_init__(self) -> None:
        for name in self.__slots__:
            value = getattr(self, name)
            if isinstance(value, np.ndarray):
                value.setflags(write=False)

    @property
    def n_corners(self) -> int:
        """How many corners there are."""
        return len(self.xy)

    @property
    def n_streets(self) -> int:
        """How many streets there are."""
        return len(self.tail)

    @property
    def street_of_arc(self) -> Ints:
        """int32 (n_arcs,): arcs 0 .. m-1 run from tail to head, those back along two-way streets follow in order."""
        both_ways = np.flatnonzero(~self.is_one_way).astype(np.int32)
        return np.concatenate([np.arange(self.n_streets, dtype=np.int32), both_ways])

    def times_s(self, hour: int) -> Floats:
        """Travel time of each arc in an hour of the day (0 .. 23): float64 (n_arcs,), s."""
        seconds: Floats = self.length_m / (self.speed_m_s * self.pace[self.street_class, hour])
        return seconds[self.street_of_arc]

    def network(self, hour: int = 0) -> RoadNetwork:
        """The road network over the corners, with the travel times of an hour of the day."""
        backward = ~self.is_one_way
        return RoadNetwork.from_arcs(
            np.concatenate([self.tail, self.head[backward]]),
            np.concatenate([self.head, self.tail[backward]]),
            self.times_s(hour),
            self.xy,
        )

    def line(self, street: int) -> Floats:
        """The course of one street: float64 (points, 2), m, from tail to head."""
        bends = self.bend_xy[self.bend_first[street] : self.bend_first[street + 1]]
        return np.vstack([self.xy[self.tail[street]], bends, self.xy[self.head[street]]])
