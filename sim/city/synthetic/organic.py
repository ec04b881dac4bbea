"""The coarse net of an organic town: old main roads that wind from the centre outwards, and irregular patches between.

Patches are Voronoi cells. A main road lies between two rows of points that mirror each other across it: the cells of
such a pair meet on the road. All other points are scattered and then relaxed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import KDTree, Voronoi

from sim.city.synthetic.lattices import Patches, draws_between, patches_of, ranks_of
from sim.draws import Draws

Floats = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


def organic(draws: Draws, radius: float, *, size: float, rings: tuple[float, ...] = ()) -> Patches:
    """Irregular patches, smaller towards the centre, with main roads outwards and, at the distances ``rings``, around.

    The scattered points are relaxed twice (Lloyd 1982).
    """
    reach = radius * 1.15 + 2.0 * size
    shrunk = _Shrunk(radius=radius)
    beads = _beads(draws, radius, size=size, rings=shrunk.before(np.array(rings)))
    scattered = _scattered(draws, reach, size=size)
    free = KDTree(beads).query(scattered)[0] > 0.8 * size
    points = shrunk.after(np.concatenate([beads, scattered[free]]))
    points = points[np.hypot(points[:, 0], points[:, 1]) < reach] if len(beads) == 0 else points
    for _ in range(2):
        points = np.concatenate([points[: len(beads)], _relaxed(points)[len(beads) :]])
    patches, is_main = _cells(points, n_beads=len(beads), shortest=0.6)
    return replace(patches, rank=ranks_of(_trunks(patches, draws, is_main=is_main, size=size)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shrunk:
    """Ground drawn together in the centre: distances there to 0.75 of what they were."""

    radius: float

    def after(self, xy: Floats) -> Floats:
        """Places after shrinking."""
        far = np.hypot(xy[:, 0], xy[:, 1])
        shrunk: Floats = xy * (0.75 + 0.25 * np.minimum(far / self.radius, 1.3))[:, None]
        return shrunk

    def before(self, distance: Floats) -> Floats:
        """Distances from the centre that become these."""
        far = np.linspace(0.0, 1.3 * self.radius, 400)
        return np.interp(distance, far * (0.75 + 0.25 * far / self.radius), far)


def _scattered(draws: Draws, reach: float, *, size: float) -> Floats:
    """Points of a triangular lattice, each moved at random, within a reach of the centre."""
    count = int(np.ceil(reach / size)) + 1
    column, row = (part.ravel() for part in np.meshgrid(np.arange(-count, count + 1), np.arange(-count, count + 1)))
    points = np.stack([column + 0.5 * (row % 2), row * 0.87], axis=1) * size * 1.07
    points += (draws.uniforms("town patch", np.arange(len(column))[:, None], np.arange(2)) - 0.5) * size
    return points[np.hypot(points[:, 0], points[:, 1]) < reach]


def _beads(draws: Draws, radius: float, *, size: float, rings: Floats) -> Floats:
    """Points in pairs, one after the other, on either side of every main road: (2 k, 2)."""
    base = 4 + int(draws.integer("town radials", 0, low=0, high=3))
    levels = max(int(np.floor(np.log2(max(2.0 * np.pi * radius / (base * 3.5 * size), 1.0)))), 0) + 1
    turn = _turns(draws, base, levels=levels)
    parts = []
    for angle, level in turn:
        begin = 1.3 * size if level == 0 else base * 2 ** (level - 1) * 5.0 * size / (2.0 * np.pi)
        far = np.arange(begin + 0.5 * size, 1.2 * radius + size, size)
        for ring in rings.tolist():
            far = far[np.abs(far - ring) > 0.95 * size]
        bend = _bend(draws, far / radius)
        parts.append(_pairs(np.full(len(far), angle) + bend, far, aside=size / 2.0, is_around=False))
    angles = np.array(sorted(angle for angle, _ in turn))
    parts.extend(_around(draws, angles, ring=ring, radius=radius, size=size) for ring in rings.tolist())
    return np.concatenate(parts)


def _bend(draws: Draws, share: Floats) -> Floats:
    """By how much all main roads turn aside on their way out, radians: as one, so that they never meet."""
    u = draws.uniforms("town radials", np.arange(2, 5))
    bend: Floats = 0.35 * np.sin(np.pi * (1.0 + u[0]) * share + 2.0 * np.pi * u[1]) + 0.1 * np.sin(9.0 * share + u[2])
    return bend


def _turns(draws: Draws, base: int, *, levels: int) -> list[tuple[float, int]]:
    """The angle of every main road and its level: those of level 0 begin in the centre, others further out."""
    jitter = draws.uniforms("town radials", np.arange(10, 10 + base)) - 0.5
    angles = (2.0 * np.pi * (np.arange(base) + 0.5 * jitter) / base).tolist()
    turns = [(angle, 0) for angle in angles]
    for level in range(1, levels):
        following = [*angles[1:], angles[0] + 2.0 * np.pi]
        middle = [(one + other) / 2.0 for one, other in zip(angles, following, strict=True)]
        turns.extend((angle, level) for angle in middle)
        angles = sorted(angles + middle)
    return turns


def _around(draws: Draws, angles: Floats, *, ring: float, radius: float, size: float) -> Floats:
    """Pairs on either side of a ring, between the main roads that it meets."""
    wide = np.diff(np.append(angles, angles[0] + 2.0 * np.pi))
    count = np.maximum(np.rint(wide * ring / size), 1).astype(np.int64)
    k = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    turn = np.repeat(angles, count) + (k + 0.5) / np.repeat(count, count) * np.repeat(wide, count)
    far = np.full(len(turn), ring)
    return _pairs(turn + _bend(draws, far / radius), far, aside=size / 2.0, is_around=True)


def _pairs(turn: Floats, far: Floats, *, aside: float, is_around: bool) -> Floats:
    outward = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    across = outward if is_around else np.stack([-outward[:, 1], outward[:, 0]], axis=1)
    middle = outward * far[:, None]
    pairs: Floats = np.stack([middle - aside * across, middle + aside * across], axis=1).reshape(-1, 2)
    return pairs


def _trunks(patches: Patches, draws: Draws, *, is_main: Flags, size: float) -> Flags:
    """Which sides are arterials: the shortest ways between neighbouring ones of scattered hubs, main roads preferred.

    All hubs grow at once; two whose grounds touch are joined where they touch nearest (Mehlhorn 1988).
    """
    hubs = _hubs(patches, draws, size=size)
    step = patches.xy[patches.head] - patches.xy[patches.tail]
    length = np.hypot(step[:, 0], step[:, 1]) * draws_between(draws, "town trunk", np.arange(len(step)), 0.7, 1.3)
    length *= np.where(is_main, 0.4, 1.0)
    n = len(patches.xy)
    graph = csr_array((length, (patches.tail, patches.head)), shape=(n, n))
    reach, before, source = dijkstra(graph, directed=False, indices=hubs, min_only=True, return_predecessors=True)
    one, other = source[patches.tail], source[patches.head]
    between = np.flatnonzero(one != other)
    total = (reach[patches.tail] + length + reach[patches.head])[between]
    key = np.minimum(one, other)[between].astype(np.int64) * n + np.maximum(one, other)[between]
    order = np.lexsort((total, key))
    best = between[order[np.concatenate([[True], np.diff(key[order]) != 0])]]
    return _traced(patches, best, before=before.astype(np.int64))


def _hubs(patches: Patches, draws: Draws, *, size: float) -> Ids:
    """The vertex nearest to the centre and others that lie at least two patches apart, greedily."""
    order = np.argsort(draws.uniforms("town hub", np.arange(len(patches.xy))), kind="stable")
    order = np.concatenate([[np.argmin(np.hypot(*patches.xy.T))], order])
    tree = KDTree(patches.xy)
    free = np.ones(len(patches.xy), dtype=np.bool_)
    hubs: list[int] = []
    for vertex in order.tolist():
        if free[vertex]:
            hubs.append(vertex)
            free[tree.query_ball_point(patches.xy[vertex], 2.3 * size)] = False
    return np.array(hubs, dtype=np.int64)


def _traced(patches: Patches, best: Ids, *, before: Ids) -> Flags:
    """The given sides and all those on the ways from their ends back to the hubs."""
    n = len(patches.xy)
    keys = [patches.tail[best] * n + patches.head[best]]
    here = np.unique(np.concatenate([patches.tail[best], patches.head[best]]))
    while len(here := here[before[here] >= 0]):
        keys.append(np.minimum(here, before[here]) * n + np.maximum(here, before[here]))
        here = np.unique(before[here])
    is_main: Flags = np.isin(patches.tail * n + patches.head, np.concatenate(keys))
    return is_main


def _relaxed(points: Floats) -> Floats:
    """Each point at the middle of its cell's vertices; those of unbounded cells stay."""
    cells = Voronoi(points)
    moved = points.copy()
    for i, region in enumerate(cells.point_region):
        corners = cells.regions[region]
        if corners and -1 not in corners:
            middle = cells.vertices[corners].mean(axis=0)
            if np.hypot(*(middle - points[i])) < 2.0 * np.hypot(*(cells.vertices[corners[0]] - points[i])):
                moved[i] = middle
    return moved


def _cells(points: Floats, *, n_beads: int, shortest: float) -> tuple[Patches, Flags]:
    """The bounded cells as patches, and which of their sides lie between a pair of beads.

    Vertices closer than ``shortest`` become one.
    """
    cells = Voronoi(points)
    reach = np.abs(points).max()
    near = np.abs(cells.vertices).max(axis=1) < reach
    one_of = _merged(cells, shortest)
    lists: list[Ids] = []
    for region in cells.point_region:
        corners = cells.regions[region]
        if corners and -1 not in corners and near[corners].all():
            ring = one_of[corners]
            ring = ring[ring != np.roll(ring, 1)]
            if len(ring) >= 3:
                lists.append(ring if _turn(cells.vertices[ring]) > 0.0 else ring[::-1])
    first = np.concatenate([[0], np.cumsum([len(one) for one in lists])])
    used, vertex = np.unique(np.concatenate(lists), return_inverse=True)
    patches = patches_of(cells.vertices[used], first, vertex=vertex.astype(np.int64))
    return patches, _between_beads(cells, patches, one_of=one_of, used=used, n_beads=n_beads)


def _between_beads(cells: Voronoi, patches: Patches, *, one_of: Ids, used: Ids, n_beads: int) -> Flags:
    low, high = np.sort(cells.ridge_points, axis=1).T
    ridge = np.array(cells.ridge_vertices)
    ridge = ridge[(low % 2 == 0) & (high == low + 1) & (high < n_beads) & (ridge >= 0).all(axis=1)]
    ends = np.sort(one_of[ridge], axis=1)
    number = np.full(len(cells.vertices), -1)
    number[used] = np.arange(len(used))
    key = number[ends[:, 0]] * len(used) + number[ends[:, 1]]
    is_main: Flags = np.isin(patches.tail * len(used) + patches.head, key[(number[ends] >= 0).all(axis=1)])
    return is_main


def _merged(cells: Voronoi, shortest: float) -> Ids:
    """The vertex that stands for each: the lower end of a short ridge for its upper one."""
    ridge = np.array([pair for pair in cells.ridge_vertices if -1 not in pair])
    step = cells.vertices[ridge[:, 0]] - cells.vertices[ridge[:, 1]]
    short = np.sort(ridge[np.hypot(step[:, 0], step[:, 1]) < shortest], axis=1)
    one_of = np.arange(len(cells.vertices))
    for low, high in short[np.lexsort((short[:, 1], short[:, 0]))]:
        one_of[high] = one_of[low]
    return one_of


def _turn(ring: Floats) -> float:
    x, y = ring[:, 0], ring[:, 1]
    return float(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1)))
