"""The streets of a made town: laid as patches between arterials, cut by river and railway, thinned, bent and named."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from sim.city.crossings import crossing_pairs
from sim.city.faces import lots_of
from sim.city.streets import StreetClass, Streets, Structure
from sim.city.synthetic import lattices
from sim.city.synthetic.chains import Chains, chained, corners_of
from sim.city.synthetic.classes import dressed
from sim.city.synthetic.courses import RAILWAY, RIVER, Corridors, parted
from sim.city.synthetic.drafts import Draft
from sim.city.synthetic.infill import filled
from sim.city.synthetic.lattices import Patches
from sim.city.synthetic.one_ways import with_one_ways
from sim.city.synthetic.organic import organic
from sim.city.synthetic.plan import Course, Plan
from sim.city.synthetic.strokes import strokes_of
from sim.city.synthetic.structures import sunk_below_expressways, tunnelled
from sim.city.synthetic.thinning import joined, pruned, thinned, with_crossings
from sim.draws import Draws
from sim.errors import CityOpsError, Mistake
from sim.scenario.town import Town

Floats = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Kinds = npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """How streets run in towns of a character: assumptions, chosen so that the measures lie in published ranges.

    waves : how far streets swing from the ruler, in streets over 12 streets
    thinning : the share of local pieces left out in the centre, 0.2 more of them at the edge
    closes : the share of local pieces from which a dead end starts
    """

    waves: float
    thinning: float
    closes: float


HABITS = {
    "grid": Habit(waves=0.06, thinning=0.13, closes=0.07),
    "ring-radial": Habit(waves=0.22, thinning=0.16, closes=0.08),
    "organic": Habit(waves=0.4, thinning=0.19, closes=0.12),
}

_AREA_PER_CORNER = 1.35  # square mean streets; where it is off, the outline is moved until the number is right
_TOLERANCE = 0.02  # of the number of corners


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Ground:
    """Where the points of a draft come to lie: the corridors, and waves that take the ruler out of the streets."""

    corridors: Corridors
    waves: Floats  # (k, 5): direction x and y over wave length, phase, amplitude x and y; in streets

    def placed(self, draft: Draft) -> Floats:
        """The place of each point, in streets."""
        return self._moved(self.corridors.oblique(draft.xy), draft.side)

    def centre(self) -> Floats:
        """The place of the old centre, in streets: (1, 2)."""
        ab = self.corridors.oblique(np.zeros((1, 2)))
        return self._moved(ab, np.where(ab[:, ::-1] < 0.0, -1, 1).astype(np.int8))

    def _moved(self, ab: Floats, side: Kinds) -> Floats:
        lines = self.corridors
        return self.waved(lines.upright(lines.bent(lines.opened(ab, side))))

    def waved(self, xy: Floats) -> Floats:
        """Places after the last, small bends."""
        moved = xy.copy()
        for fx, fy, phase, ax, ay in self.waves:
            swing = np.sin(2.0 * np.pi * (fx * xy[:, 0] + fy * xy[:, 1] + phase))
            moved += swing[:, None] * np.array([ax, ay])
        return moved


def lay_plan(town: Town) -> Plan:
    """The streets, blocks, river and railway of a made town.

    CityOpsError where the town has too few corners for its river and railway.
    """
    draws = Draws(town.seed, 0)
    radius = float(np.sqrt(town.corners * _AREA_PER_CORNER / np.pi))
    corridors = Corridors.drawn(draws, radius, half=_half_widths(town))
    ground = _Ground(corridors=corridors, waves=_waves(draws, town.character))
    habit = HABITS[town.character]
    draft = filled(_patches(town, draws, radius=radius), draws, radius=radius, closes=habit.closes)
    for course in (RIVER, RAILWAY):
        draft = parted(draft, corridors, course=course)
    draft, edge = _within(draft, town, draws=draws, ground=ground, radius=radius)
    return _drawn(draft, town, draws=draws, ground=ground, edge=edge)


def _patches(town: Town, draws: Draws, *, radius: float) -> Patches:
    """The coarse net, somewhat larger than the town."""
    size = lattices.patch_size(town.corners)
    rings = tuple(share * radius for share in ring_roads(town.corners))
    reach = 1.35 * radius
    match town.character:
        case "grid":
            patches = lattices.grid(draws, reach, size=size)
        case "ring-radial":
            patches = lattices.ring_radial(draws, reach, size=size)
        case "organic":
            patches = organic(draws, reach, size=size, rings=rings)
    for ring in rings:
        patches = lattices.encircled(patches, ring, is_square=town.character == "grid")
    return patches


def _half_widths(town: Town) -> tuple[float, float]:
    """Half the open ground around river and railway, in streets: a larger town has a larger river."""
    river = river_width_m(town.corners) / 2.0 + 14.0
    return (1.35 * river / town.spacing if town.river else 0.0, 1.2 * 22.0 / town.spacing if town.railway else 0.0)


def ring_roads(corners: int) -> tuple[float, ...]:
    """Where expressways run around the centre, as shares of the radius: one from 20,000 corners, two from 100,000."""
    return (0.38, 0.78) if corners >= 100_000 else (0.6,) if corners >= 20_000 else ()


def river_width_m(corners: int) -> float:
    """Width of the river, m: 20 in a hamlet, 120 in a metropolis (assumption)."""
    return float(np.clip(20.0 * (corners / 500.0) ** 0.3, 12.0, 160.0))


RAILWAY_WIDTH_M = 16.0  # two tracks with their slopes


def _waves(draws: Draws, character: str) -> Floats:
    """Six waves: strong in an organic town, hardly any in a grid."""
    strength = HABITS[character].waves
    u = draws.uniforms("town waves", np.arange(6)[:, None], np.arange(4))
    length = 9.0 * 1.5 ** np.arange(6) * (0.8 + 0.4 * u[:, 0])
    turn, shift = 2.0 * np.pi * u[:, 1], 2.0 * np.pi * u[:, 2]
    swing = strength * length / 12.0 / 1.8
    return np.stack(
        [np.cos(turn) / length, np.sin(turn) / length, u[:, 3], swing * np.cos(shift), swing * np.sin(shift)], axis=1
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Edge:
    """The irregular edge of the town: its radius in each direction, in streets."""

    radius: float
    phases: Floats

    def reach(self, angle: Floats) -> Floats:
        """How far the town goes in each direction, radians."""
        total = np.ones_like(angle)
        for k, phase in enumerate(self.phases.tolist()):
            total += (0.13 / (1.0 + 0.5 * k)) * np.sin((k + 2) * angle + 2.0 * np.pi * phase)
        return self.radius * total

    def share(self, xy: Floats) -> Floats:
        """How far out each place lies: 0 in the centre, 1 at the edge."""
        out: Floats = np.hypot(xy[:, 0], xy[:, 1]) / self.reach(np.arctan2(xy[:, 1], xy[:, 0]))
        return out


def _within(draft: Draft, town: Town, *, draws: Draws, ground: _Ground, radius: float) -> tuple[Draft, _Edge]:
    """The built streets within an edge that gives the town its number of corners."""
    edge = _Edge(radius=radius, phases=draws.uniforms("town edge", np.arange(14)))
    place = ground.placed(draft)
    share = edge.share(place)
    built = with_crossings(draft, Structure.BRIDGE, apart=5.0, rank=StreetClass.ARTERIAL)
    built &= with_crossings(draft, Structure.UNDERPASS, apart=3.0, rank=StreetClass.COLLECTOR)
    middle = (share[draft.tail] + share[draft.head]) / 2.0
    built &= thinned(draft, draws, share=HABITS[town.character].thinning + 0.2 * np.minimum(middle, 1.2))
    draft, built = _levels(draft, built, town=town, draws=draws)
    keep = draws.uniforms("town dead end", np.arange(draft.n_points))
    low, high, limit = 0.0, float("inf"), 1.0
    best: tuple[float, Draft, float] | None = None
    for _ in range(14):
        cut = _cut(draft, built, inside=share <= limit, keep=keep)
        count = int(corners_of(cut).sum()) if len(cut.tail) else 0
        off = abs(count / town.corners - 1.0)
        if best is None or off < best[0]:
            best = (off, cut, limit)
        if off <= _TOLERANCE:
            break
        low, high = (limit, high) if count < town.corners else (low, limit)
        guess = limit * float(np.sqrt(town.corners / max(count, 1)))
        limit = guess if low < guess < high else (low + min(high, 2.0 * limit)) / 2.0
    assert best is not None
    if best[0] > 0.05:
        raise CityOpsError(
            Mistake(
                what="no land left for so few corners beside river and railway",
                found=f"{town.corners} corners",
                accepted="more corners, or a town without river or railway",
            )
        )
    return best[1], replace(edge, radius=edge.radius * best[2])


def _levels(draft: Draft, built: Flags, *, town: Town, draws: Draws) -> tuple[Draft, Flags]:
    """Streets below and above others: bridges carry arterials, and in a large town some crossings are tunnels."""
    over = draft.structure == Structure.BRIDGE
    rank = np.where(over, np.minimum(draft.rank, StreetClass.ARTERIAL), draft.rank).astype(np.int8)
    draft = replace(draft, rank=rank)
    if town.corners >= 20_000:
        draft, built = sunk_below_expressways(draft, built)
        crossing = np.flatnonzero((draft.structure == Structure.BRIDGE) & built & (draft.rank > StreetClass.EXPRESSWAY))
        structure = draft.structure.copy()
        structure[crossing[2::4]] = Structure.TUNNEL
        draft = replace(draft, structure=structure)
    if town.corners >= 3_000:
        draft, built = tunnelled(draft, built, draws, one_in=8_000)
    return draft, built


def _cut(draft: Draft, built: Flags, *, inside: Flags, keep: Floats) -> Draft:
    kept = inside[draft.tail] & inside[draft.head]
    number = np.cumsum(inside) - 1
    within = draft.with_points(inside)
    assert number[-1] + 1 == within.n_points
    part = within.with_pieces(joined(within, built[kept]))
    label = part.components()
    biggest = label == np.argmax(np.bincount(label))
    part = pruned(part.with_points(biggest), keep[inside][biggest])
    return part.largest()


def _drawn(draft: Draft, town: Town, *, draws: Draws, ground: _Ground, edge: _Edge) -> Plan:
    """The plan of a draft: every street with its bends, in metres."""
    place, is_corner, chains = _bent(_divided(draft, parts=4), ground)
    number = np.cumsum(is_corner) - 1
    step = np.diff(place[chains.point], axis=0)
    piece_m = np.hypot(step[:, 0], step[:, 1])
    piece_m[chains.first[1:-1] - 1] = 0.0
    mean = float(piece_m.sum() / len(chains.rank))
    turn = 2.0 * np.pi * draws.uniform("town turn", 0)
    move = _Move(scale=town.spacing / mean, cos=float(np.cos(turn)), sin=float(np.sin(turn)))
    streets = _streets(chains, move.of(place), is_corner=is_corner, number=number)
    strokes = strokes_of(streets)
    streets, lots = with_one_ways(dressed(streets, strokes), lots_of(streets), strokes=strokes, share=town.one_way)
    angle = np.linspace(0.0, 2.0 * np.pi, 180, endpoint=False)
    boundary = np.stack([np.cos(angle), np.sin(angle)], axis=1) * edge.reach(angle)[:, None]
    radius = edge.radius
    return Plan(
        streets=streets,
        lots=lots,
        river=_course(ground, RIVER, move=move, radius=radius, width_m=river_width_m(town.corners)),
        railway=_course(ground, RAILWAY, move=move, radius=radius, width_m=RAILWAY_WIDTH_M),
        centre=move.of(ground.centre())[0],
        boundary=move.of(boundary),
    )


def _bent(fine: Draft, ground: _Ground) -> tuple[Floats, Flags, Chains]:
    """Where the points come to lie, which are corners, and the streets between them, none of which cross.

    Bending keeps apart what was apart but for the straight pieces into which every bend is cut: where two of those
    cross all the same, the street of lower rank is left out.
    """
    while True:
        place = ground.placed(fine)
        is_corner = corners_of(fine)
        chains = _simplified(chained(fine, is_corner), place)
        spoilt = _spoilt(chains, place)
        if not spoilt.any():
            return place, is_corner, chains
        gone = np.zeros(fine.n_points, dtype=np.bool_)
        whole = chained(fine, is_corner)
        gone[whole.point[np.repeat(spoilt, np.diff(whole.first))]] = True
        gone &= ~is_corner
        fine = fine.with_pieces(~gone[fine.tail] & ~gone[fine.head]).largest()


def _spoilt(chains: Chains, place: Floats) -> Flags:
    """Which streets on the surface cross another of the same or of a higher rank; of two equals the later."""
    owner = np.repeat(np.arange(len(chains.rank)), np.diff(chains.first))
    start = np.flatnonzero((owner[1:] == owner[:-1]) & (chains.structure[owner[1:]] == Structure.SURFACE))
    pairs = crossing_pairs(place[chains.point[start]], place[chains.point[start + 1]])
    one, two = owner[start[pairs]].T
    spoilt = np.zeros(len(chains.rank), dtype=np.bool_)
    spoilt[np.where(chains.rank[one] > chains.rank[two], one, two)] = True
    return spoilt


@dataclass(frozen=True, slots=True, kw_only=True)
class _Move:
    """From streets to metres, turned."""

    scale: float
    cos: float
    sin: float

    def of(self, xy: Floats) -> Floats:
        """Places in m, to the centimetre."""
        x, y = xy[:, 0], xy[:, 1]
        turned = np.stack([x * self.cos - y * self.sin, x * self.sin + y * self.cos], axis=1)
        return np.round(turned * self.scale, 2)


def _course(ground: _Ground, course: int, *, move: _Move, radius: float, width_m: float) -> Course | None:
    if ground.corridors.half[course] <= 0.0:
        return None
    line = ground.waved(ground.corridors.line(course, radius))
    return Course(xy=move.of(line), width_m=width_m)


def _divided(draft: Draft, *, parts: int) -> Draft:
    """Every piece in equal parts, so that it can bend; pieces across a corridor stay whole."""
    whole = draft.structure != Structure.SURFACE
    tail, head = draft.tail[~whole], draft.head[~whole]
    share = np.arange(1, parts) / parts
    inner = draft.xy[tail][:, None, :] + share[None, :, None] * (draft.xy[head] - draft.xy[tail])[:, None, :]
    m = len(tail)
    ids = draft.n_points + np.arange(m * (parts - 1)).reshape(m, parts - 1)
    rows = np.concatenate([tail[:, None], ids, head[:, None]], axis=1)
    added = Draft(
        xy=inner.reshape(-1, 2),
        side=np.repeat(draft.side[tail], parts - 1, axis=0),
        is_corner=np.zeros(m * (parts - 1), dtype=np.bool_),
        tail=rows[:, :-1].ravel(),
        head=rows[:, 1:].ravel(),
        rank=np.repeat(draft.rank[~whole], parts),
        structure=np.zeros(m * parts, dtype=np.int8),
    )
    return draft.with_pieces(whole).added(added)


def _simplified(chains: Chains, place: Floats) -> Chains:
    """Without bends that lie nearly on the line of their neighbours, twice: every second may go at a time."""
    for turn in (1, 0, 1, 0):
        index = np.arange(len(chains.point)) - np.repeat(chains.first[:-1], np.diff(chains.first))
        xy = place[chains.point]
        before, after = np.roll(xy, 1, axis=0), np.roll(xy, -1, axis=0)
        base, arm = after - before, xy - before
        width = np.abs(base[:, 0] * arm[:, 1] - base[:, 1] * arm[:, 0]) / np.maximum(np.hypot(*base.T), 1e-9)
        last = np.zeros(len(index), dtype=np.bool_)
        last[chains.first[1:] - 1] = True
        gone = (index % 2 == turn) & (index > 0) & ~last & (width < 0.012)
        count = np.add.reduceat(~gone, chains.first[:-1])
        first = np.concatenate([[0], np.cumsum(count)])
        chains = replace(chains, first=first, point=chains.point[~gone])
    return chains


def _streets(chains: Chains, xy: Floats, *, is_corner: Flags, number: Ids) -> Streets:
    m = len(chains.rank)
    inner = np.ones(len(chains.point), dtype=np.bool_)
    inner[chains.first[:-1]] = inner[chains.first[1:] - 1] = False
    path = xy[chains.point]
    step = np.diff(path, axis=0)
    piece_m = np.hypot(step[:, 0], step[:, 1])
    piece_m[chains.first[1:-1] - 1] = 0.0
    length = np.add.reduceat(piece_m, chains.first[:-1])
    n = int(is_corner.sum())
    return Streets(
        xy=xy[is_corner],
        elevation_m=np.zeros(n),
        tail=number[chains.tail].astype(np.int32),
        head=number[chains.head].astype(np.int32),
        length_m=np.maximum(np.ceil(length * 1000.0) / 1000.0, 0.01),
        bend_first=np.concatenate([[0], np.cumsum(np.diff(chains.first) - 2)]).astype(np.int32),
        bend_xy=path[inner],
        street_class=chains.rank,
        structure=chains.structure,
        is_one_way=np.zeros(m, dtype=np.bool_),
        width_m=np.zeros(m),
        speed_m_s=np.ones(m),
        lowest_m=np.zeros(m),
        names=tuple(f"Street {i + 1}" for i in range(m)),
        pace=np.ones((4, 24)),
    )
