"""The coarse net of a made town: patches of ground between arterials, as a grid, as rings and radials, or organic.

Lengths are in units of the mean street length, around the old centre at (0, 0). Patches are convex, or as good as.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from sim.city.streets import StreetClass
from sim.draws import Draws

Floats = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int64]
Kinds = npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Patches:
    """Ground between arterials: patch p has the sides first[p] .. first[p + 1] - 1, counterclockwise.

    xy : float64 (n, 2), the vertices;  tail, head : int64 (m,), the arterials between them, tail < head
    vertex, side : int64 (k,), the vertex at which each side of a patch begins and the arterial along it
    rank : int8 (m,), of StreetClass;  axis : float64 (n_patches,), radians, along which its streets run
    """

    xy: Floats
    tail: Ids
    head: Ids
    first: Ids
    vertex: Ids
    side: Ids
    rank: Kinds
    axis: Floats

    @property
    def n_patches(self) -> int:
        """How many patches there are."""
        return len(self.first) - 1

    @property
    def patch_of_side(self) -> Ids:
        """int64 (k,): the patch that each side belongs to."""
        return np.repeat(np.arange(self.n_patches), np.diff(self.first))

    @property
    def centres(self) -> Floats:
        """float64 (n_patches, 2): the mean of the vertices of each patch."""
        sums = np.add.reduceat(self.xy[self.vertex], self.first[:-1], axis=0)
        means: Floats = sums / np.diff(self.first)[:, None]
        return means


def patches_of(xy: Floats, first: Ids, *, vertex: Ids, axis: Floats | None = None) -> Patches:
    """Patches from their vertices, counterclockwise; without ``axis`` each runs along its longest side."""
    following = np.arange(len(vertex)) + 1
    following[first[1:] - 1] = first[:-1]
    onward = vertex[following]
    key = np.minimum(vertex, onward) * len(xy) + np.maximum(vertex, onward)
    distinct, side = np.unique(key, return_inverse=True)
    tail, head = np.divmod(distinct, len(xy))
    if axis is None:
        step = xy[onward] - xy[vertex]
        length = np.hypot(step[:, 0], step[:, 1])
        patch = np.repeat(np.arange(len(first) - 1), np.diff(first))
        longest = np.lexsort((-length, patch))[first[:-1]]
        axis = np.arctan2(step[longest, 1], step[longest, 0])
    return Patches(
        xy=xy,
        tail=tail,
        head=head,
        first=first,
        vertex=vertex,
        side=side.astype(np.int64),
        rank=np.full(len(tail), StreetClass.COLLECTOR, dtype=np.int8),
        axis=axis,
    )


def local_spacing(distance: npt.ArrayLike, radius: float) -> Floats:
    """How far apart streets lie: 0.8 of the mean in the centre, 1.2 of it at the edge of the town (assumption)."""
    share = np.minimum(np.asarray(distance, dtype=np.float64) / radius, 1.3)
    spacing: Floats = 0.8 + 0.4 * share
    return spacing


def patch_size(corners: int) -> float:
    """Mean side of a patch: 6 streets, half the distance of arterials (assumption); less in small towns."""
    return float(np.clip(np.sqrt(corners) / 5.0, 3.0, 6.0))


def grid(draws: Draws, radius: float, *, size: float) -> Patches:
    """Rectangles between straight arterials, smaller towards the centre."""
    x = _lines(draws, "town columns", radius=radius, size=size)
    y = _lines(draws, "town rows", radius=radius, size=size)
    nx, ny = len(x), len(y)
    xy = np.stack(np.meshgrid(x, y, indexing="xy"), axis=-1).reshape(-1, 2)
    column, row = (part.ravel() for part in np.meshgrid(np.arange(nx - 1), np.arange(ny - 1)))
    low = row * nx + column
    vertex = np.stack([low, low + 1, low + nx + 1, low + nx], axis=1).ravel()
    patches = patches_of(xy, np.arange(len(low) + 1) * 4, vertex=vertex, axis=np.zeros(len(low)))
    is_main = np.where(_is_upright(patches, nx), patches.tail % nx + nx // 2, patches.tail // nx + ny // 2) % 2 == 0
    return replace(patches, rank=ranks_of(is_main), axis=_old_town(patches, draws, radius=radius))


def _is_upright(patches: Patches, nx: int) -> npt.NDArray[np.bool_]:
    upright: npt.NDArray[np.bool_] = patches.head - patches.tail == nx
    return upright


def ranks_of(is_main: npt.NDArray[np.bool_]) -> Kinds:
    """Arterials and collectors: every second line is an arterial, 1 to 1.4 km apart."""
    return np.where(is_main, StreetClass.ARTERIAL, StreetClass.COLLECTOR).astype(np.int8)


def _old_town(patches: Patches, draws: Draws, *, radius: float) -> Floats:
    """Axes of a grid: in the old centre, and in one patch of fifteen elsewhere, streets run as they will."""
    entity = np.arange(patches.n_patches)
    is_old = np.hypot(*patches.centres.T) < 0.13 * radius
    is_free = is_old | (draws.uniforms("town free patch", entity) < 1.0 / 15.0)
    turned: Floats = np.where(is_free, draws_between(draws, "town free axis", entity, 0.1, 1.4), 0.0)
    return turned


def _lines(draws: Draws, purpose: str, *, radius: float, size: float) -> Floats:
    """Ascending positions from beyond -radius to beyond radius, ``size`` apart on average, closer near 0."""
    count = int(np.ceil(radius / size * 1.15)) + 2
    index = np.arange(2 * count)
    step = size * local_spacing(np.abs(index - count) * size, radius) * draws_between(draws, purpose, index, 0.8, 1.2)
    line = np.cumsum(step)
    moved: Floats = line - line[count] + step[count] * draws.uniform(purpose, 2 * count)
    return moved


def draws_between(draws: Draws, purpose: str, entities: npt.ArrayLike, low: float, high: float) -> Floats:
    """Numbers uniform between ``low`` and ``high``."""
    return low + (high - low) * draws.uniforms(purpose, entities)


def ring_radial(draws: Draws, radius: float, *, size: float) -> Patches:
    """Rings around the centre and radials between them, more of them further out."""
    count = int(np.ceil(radius / size * 1.15)) + 2
    ring = np.arange(1, count + 1)
    step = size * local_spacing((ring - 1) * size, radius) * draws_between(draws, "town rings", ring, 0.85, 1.15)
    step[0] *= 0.7
    distance = np.cumsum(step)
    sectors = np.empty(count, dtype=np.int64)
    base = 5 + int(draws.integer("town radials", 0, low=0, high=3))
    sectors[0] = base
    for k in range(1, count):
        wide = 2.0 * np.pi * distance[k] / sectors[k - 1] > 1.7 * size * float(local_spacing(distance[k], radius))
        sectors[k] = sectors[k - 1] * (2 if wide else 1)
    return _sectors(draws, distance, sectors=sectors)


def _sectors(draws: Draws, distance: Floats, *, sectors: Ids) -> Patches:
    start = np.concatenate([[0], np.cumsum(sectors)])
    ring = np.repeat(np.arange(len(sectors)), sectors)
    index = np.arange(start[-1]) - start[ring]
    # A radial keeps its angle from ring to ring, whatever the number of sectors: the angle belongs to its share.
    share = index / sectors[ring]
    turn = share + 0.2 / sectors[0] * np.sin(2.0 * np.pi * (share * 2.0 + draws.uniform("town radials", 1)))
    angle = 2.0 * np.pi * turn
    xy = np.stack([np.cos(angle), np.sin(angle)], axis=1) * distance[ring][:, None]
    lists = [start[0] + np.arange(sectors[0])]
    for k in range(len(sectors) - 1):
        ratio = sectors[k + 1] // sectors[k]
        inner = np.arange(sectors[k])
        outward = (inner[:, None] * ratio + np.arange(ratio + 1)) % sectors[k + 1] + start[k + 1]
        back = np.stack([(inner + 1) % sectors[k], inner], axis=1) + start[k]
        lists.extend(np.concatenate([outward, back], axis=1))
    first = np.concatenate([[0], np.cumsum([len(one) for one in lists])])
    vertex = np.concatenate(lists)
    of_patch = np.add.reduceat(xy[vertex], first[:-1], axis=0)
    patches = patches_of(xy, first, vertex=vertex, axis=np.arctan2(of_patch[:, 1], of_patch[:, 0]))
    along = ring[patches.tail] == ring[patches.head]
    # Every second ring, and the radials that come from further in.
    is_new = (index[patches.tail] % 2 == 1) & (sectors[ring[patches.tail]] > sectors[0])
    is_main = np.where(along, ring[patches.tail] % 2 == 1, ~is_new)
    return replace(patches, rank=ranks_of(is_main))


def encircled(patches: Patches, distance: float, *, is_square: bool) -> Patches:
    """The patches with an expressway around those whose centres lie within a distance, or within a square."""
    far = np.abs(patches.centres)
    is_inside = (far.max(axis=1) if is_square else np.hypot(*far.T)) < distance
    inside = np.bincount(patches.side, weights=is_inside[patches.patch_of_side], minlength=len(patches.tail))
    both = np.bincount(patches.side, minlength=len(patches.tail)) == 2
    rank = np.where(both & (inside == 1), StreetClass.EXPRESSWAY, patches.rank).astype(np.int8)
    return replace(patches, rank=rank)
