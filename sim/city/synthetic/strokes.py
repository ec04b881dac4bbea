"""Streets that go on straight into each other at a corner: what people give one name."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from sim.city.faces import leaving_angles
from sim.city.streets import Streets

Floats = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_MOST_TURN = np.pi / 4.0  # a street that bends more at a corner has another name


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Strokes:
    """Which streets go on into each other.

    of_street : int64 (m,), the stroke of each street, numbered from 0
    place : int64 (m,), its place along the stroke, from 0
    runs_back : bool (m,), whether the stroke passes the street from head to tail
    """

    of_street: Ids
    place: Ids
    runs_back: Flags

    @property
    def size(self) -> Ids:
        """int64: how many streets each stroke has."""
        return np.bincount(self.of_street)


def strokes_of(streets: Streets) -> Strokes:
    """Strokes by every best fit: at a corner the two streets of one class that meet at the flattest angle go on.

    The rule is that of Jiang, Zhao and Yin (2008, Self-organized natural roads); that they be of one class is ours.
    """
    m = streets.n_streets
    partner = _partners(streets)
    joint = np.flatnonzero(partner >= 0)
    links = coo_array((np.ones(len(joint), dtype=np.int8), (joint % m, partner[joint] % m)), shape=(m, m))
    _, stroke = connected_components(links, directed=False)
    partner = _opened(partner, stroke.astype(np.int64), m=m)
    return _walked(partner, stroke.astype(np.int64), m=m)


def _partners(streets: Streets) -> Ids:
    """The half that goes on from each half at its start (halves 0 .. m-1 leave a tail, the rest a head); -1 = none."""
    m = streets.n_streets
    start = np.concatenate([streets.tail, streets.head]).astype(np.int64)
    angle = leaving_angles(streets).T.ravel()
    kind = np.tile(streets.street_class, 2)
    order = np.argsort(start, kind="stable")
    pairs = []
    for shift in range(1, int(np.bincount(start).max(initial=1))):
        one, two = order[:-shift], order[shift:]
        same = (start[one] == start[two]) & (kind[one] == kind[two])
        pairs.append(np.stack([one[same], two[same]], axis=1))
    one, two = np.concatenate([*pairs, np.empty((0, 2), dtype=np.int64)]).T
    turn = np.abs(np.pi - np.abs((angle[one] - angle[two]) % (2.0 * np.pi)))
    flat = turn < _MOST_TURN
    one, two, turn = one[flat], two[flat], turn[flat]
    best = np.full(2 * m, np.inf)
    np.minimum.at(best, one, turn)
    np.minimum.at(best, two, turn)
    mutual = np.flatnonzero((best[one] == turn) & (best[two] == turn))
    one, two = one[mutual], two[mutual]
    # Of equally flat ones the first pair that finds both of its halves free.
    earliest = np.full(2 * m, len(mutual))
    np.minimum.at(earliest, one, np.arange(len(mutual)))
    np.minimum.at(earliest, two, np.arange(len(mutual)))
    paired = (earliest[one] == np.arange(len(mutual))) & (earliest[two] == np.arange(len(mutual)))
    partner = np.full(2 * m, -1)
    partner[one[paired]], partner[two[paired]] = two[paired], one[paired]
    return partner


def _opened(partner: Ids, stroke: Ids, *, m: int) -> Ids:
    """Partners with every closed ring cut open at the tail of its first street."""
    has_end = np.zeros(int(stroke.max(initial=-1)) + 1, dtype=np.bool_)
    has_end[stroke[np.flatnonzero(partner < 0) % m]] = True
    _, first = np.unique(stroke, return_index=True)
    cut = first[~has_end]
    opened = partner.copy()
    opened[partner[cut]] = -1
    opened[cut] = -1
    return opened


def _walked(partner: Ids, stroke: Ids, *, m: int) -> Strokes:
    """From the first open end of each stroke to the other, all strokes at once."""
    ends = np.flatnonzero(partner < 0)
    _, at = np.unique(stroke[ends % m], return_index=True)
    here = ends[at]
    place = np.empty(m, dtype=np.int64)
    runs_back = np.empty(m, dtype=np.bool_)
    step = 0
    while len(here):
        place[here % m] = step
        runs_back[here % m] = here >= m
        onward = partner[(here + m) % (2 * m)]
        here = onward[onward >= 0]
        step += 1
    return Strokes(of_street=stroke, place=place, runs_back=runs_back)
