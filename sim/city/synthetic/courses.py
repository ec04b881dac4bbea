"""River and railway of a made town: straight lines through the draft that open to corridors and then bend.

The draft is laid in straight ground. Where streets meet the line of the river they end in a bank corner on either
side, bank corners are joined by a street along the bank, and the ground on the two sides moves apart. Then the whole
ground is bent, streets with it: what was planar stays planar, and no corner can lie in a corridor.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from sim.city.streets import StreetClass, Structure
from sim.city.synthetic.drafts import Draft
from sim.draws import Draws

Floats = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int64]
Kinds = npt.NDArray[np.int8]

RIVER, RAILWAY = 0, 1
_ACROSS = (1, 0)  # the oblique coordinate that tells how far from the river, and from the railway
_CLEAR = 0.4  # least distance of two bank corners, in streets
_ASIDE = 0.08  # least distance of a corner from the line of a course, before the ground opens, in streets
_SHIFT = 0.35  # how far the ground next to a bank moves away from it, so that streets to the bank are not too short


@dataclass(frozen=True, slots=True, kw_only=True)
class Corridors:
    """How river and railway lie in a town of radius 1 around (0, 0), and how wide they are, in streets.

    offset : how far the river passes from the centre, and the railway;  angle : between them, radians
    half : half the open ground around each, 0 = there is none;  waves : amplitude, wave length and phase, in streets
    reach : how far from the corridor the ground bends with it
    """

    offset: tuple[float, float]
    angle: float
    half: tuple[float, float]
    waves: tuple[tuple[tuple[float, float, float], ...], tuple[tuple[float, float, float], ...]]
    reach: float

    @classmethod
    def drawn(cls, draws: Draws, radius: float, *, half: tuple[float, float]) -> Corridors:
        """River and railway for a town of a radius in streets."""
        u = draws.uniforms("town course", np.arange(12))
        offset = (0.12 + 0.16 * u[0], 0.35 + 0.15 * u[1])
        sign = np.where(u[2:4] < 0.5, -1.0, 1.0)
        meander = ((0.085, 1.5 + 0.4 * u[4], u[5]), (0.03, 0.62 + 0.15 * u[6], u[7]))
        curve = ((0.06, 2.6 + u[8], u[9]),)
        return cls(
            offset=(float(offset[0] * sign[0] * radius), float(offset[1] * sign[1] * radius)),
            angle=float(np.pi / 2.0 + 0.5 * (u[10] - 0.5)),
            half=half,
            waves=(_scaled(meander, radius), _scaled(curve, radius)),
            reach=0.45 * radius,
        )

    def oblique(self, xy: Floats) -> Floats:
        """Coordinates along the river from the railway, and along the railway from the river: (n, 2)."""
        b = (xy[:, 1] - self.offset[0]) / np.sin(self.angle)
        return np.stack([xy[:, 0] - self.offset[1] - b * np.cos(self.angle), b], axis=1)

    def upright(self, ab: Floats) -> Floats:
        """The inverse of ``oblique``."""
        x = ab[:, 0] + self.offset[1] + ab[:, 1] * np.cos(self.angle)
        return np.stack([x, ab[:, 1] * np.sin(self.angle) + self.offset[0]], axis=1)

    def opened(self, ab: Floats, side: Kinds) -> Floats:
        """Oblique coordinates after the ground has moved apart by ``half`` on either side."""
        moved = ab.copy()
        for course in (RIVER, RAILWAY):
            if self.half[course] > 0.0:
                across = np.abs(ab[:, _ACROSS[course]])
                away = self.half[course] + across + _SHIFT * np.tanh(across / (2.0 * _ASIDE))
                moved[:, _ACROSS[course]] = side[:, course] * away
        return moved

    def bent(self, ab: Floats) -> Floats:
        """Oblique coordinates after river and railway have been given their bends."""
        a, b = ab[:, 0], ab[:, 1]
        if self.half[RIVER] > 0.0:
            b = b + _wave(a, self.waves[RIVER]) * np.exp(-((b / self.reach) ** 2))
        if self.half[RAILWAY] > 0.0:
            a = a + _wave(b, self.waves[RAILWAY]) * np.exp(-((a / self.reach) ** 2))
        return np.stack([a, b], axis=1)

    def line(self, course: int, radius: float) -> Floats:
        """The middle of a course across the town: (k, 2), upright, bent."""
        along = np.linspace(-2.6 * radius, 2.6 * radius, 400)
        ab = np.zeros((len(along), 2))
        ab[:, 1 - _ACROSS[course]] = along
        return self.upright(self.bent(ab))


def _scaled(waves: tuple[tuple[float, float, float], ...], radius: float) -> tuple[tuple[float, float, float], ...]:
    return tuple((float(high * radius), float(long * radius), float(2.0 * np.pi * turn)) for high, long, turn in waves)


def _wave(along: Floats, waves: tuple[tuple[float, float, float], ...]) -> Floats:
    total = np.zeros_like(along)
    for high, long, phase in waves:
        total += high * np.sin(2.0 * np.pi * along / long + phase)
    return total


def parted(draft: Draft, corridors: Corridors, *, course: int) -> Draft:
    """The draft, with every street that meets a course ending at a bank corner on either side of it.

    Pieces across the corridor are BRIDGE or UNDERPASS; which of them are built is decided later.
    """
    if corridors.half[course] <= 0.0:
        return draft
    ab = corridors.oblique(draft.xy)
    across, along = ab[:, _ACROSS[course]], ab[:, 1 - _ACROSS[course]]
    # Corners nearly on the line step aside, lest their street to the bank be a step long.
    across[:] = np.where(across < 0.0, np.minimum(across, -_ASIDE), np.maximum(across, _ASIDE))
    draft = replace(draft, xy=corridors.upright(ab))
    side = draft.side.copy()
    side[:, course] = np.where(across < 0.0, -1, 1)
    draft = replace(draft, side=side)
    crossing = side[draft.tail, course] != side[draft.head, course]
    draft = draft.with_pieces(~crossing | (draft.structure == Structure.SURFACE))  # no bridge over a crossing of both
    crossing = side[draft.tail, course] != side[draft.head, course]
    near, far = across[draft.tail], across[draft.head]
    share = near[crossing] / (near[crossing] - far[crossing])
    place = along[draft.tail[crossing]] + share * (along[draft.head] - along[draft.tail])[crossing]
    other_side = side[draft.tail[crossing], 1 - course]
    kept = _spread(place, draft.rank[crossing], part=other_side)
    cut = _Cut(crossing=crossing, kept=kept, place=place[kept], part=other_side[kept])
    return _with_banks(draft, corridors, course=course, cut=cut)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Cut:
    crossing: npt.NDArray[np.bool_]
    kept: Ids  # of the crossing pieces, in order along the course
    place: Floats
    part: Kinds  # on which side of the other course


def _spread(place: Floats, rank: Kinds, *, part: Kinds) -> Ids:
    """Crossings in order along the course, none closer than ``_CLEAR`` to the next; the main street stays."""
    kept: list[int] = []
    for i in np.lexsort((rank, place, part)).tolist():
        if not _near(place, part, i, kept):
            kept.append(i)
        elif rank[i] < rank[kept[-1]] and not _near(place, part, i, kept[-2:-1]):
            kept[-1] = i
    return np.array(kept, dtype=np.int64)


def _near(place: Floats, part: Kinds, i: int, kept: list[int]) -> bool:
    return bool(kept) and part[i] == part[kept[-1]] and bool(place[i] - place[kept[-1]] < _CLEAR)


def _with_banks(draft: Draft, corridors: Corridors, *, course: int, cut: _Cut) -> Draft:
    street = np.flatnonzero(cut.crossing)[cut.kept]
    tail, head, rank = draft.tail[street], draft.head[street], draft.rank[street]
    n, k = draft.n_points, len(street)
    tail_is_low = draft.side[tail, course] < 0
    low, high = np.where(tail_is_low, tail, head), np.where(tail_is_low, head, tail)
    ab = np.zeros((k, 2))
    ab[:, 1 - _ACROSS[course]] = cut.place
    xy = corridors.upright(ab)
    side = np.ones((2 * k, 2), dtype=np.int8)
    side[:k, course] = -1
    side[:, 1 - course] = np.tile(cut.part, 2)
    bank_low, bank_high = n + np.arange(k), n + k + np.arange(k)
    bank_rank = StreetClass.COLLECTOR if course == RIVER else StreetClass.LOCAL
    onward = np.flatnonzero(cut.part[1:] == cut.part[:-1])
    along = np.full(2 * len(onward), bank_rank)
    structure = Structure.BRIDGE if course == RIVER else Structure.UNDERPASS
    added = Draft(
        xy=np.concatenate([xy, xy]),
        side=side,
        is_corner=np.zeros(2 * k, dtype=np.bool_),
        tail=np.concatenate([low, high, bank_low, bank_low[onward], bank_high[onward]]),
        head=np.concatenate([bank_low, bank_high, bank_high, bank_low[onward + 1], bank_high[onward + 1]]),
        rank=np.concatenate([rank, rank, rank, along]).astype(np.int8),
        structure=np.repeat([0, structure, 0], [2 * k, k, len(along)]).astype(np.int8),
    )
    return draft.with_pieces(~cut.crossing).added(added)
