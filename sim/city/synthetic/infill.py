"""Local streets between the arterials: two families of parallel streets in each patch, with its own spacing.

All patches are filled in one go. Along an arterial the ends of streets from both sides are drawn together where they
nearly meet, so that some streets cross it and others end in a T.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from sim.city.crossings import crossing_pairs
from sim.city.streets import StreetClass
from sim.city.synthetic.drafts import Draft
from sim.city.synthetic.lattices import Patches, local_spacing
from sim.draws import Draws

Floats = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_MARGIN = 0.3  # least distance of an inner corner from an arterial, and of two corners along it, in streets


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Family:
    """Parallel lines through the patches, sorted by patch; line i of a patch is number first[patch] + i.

    at : where each line lies across;  low, high : where it enters and leaves its patch;
    low_side, high_side : through which side, and low_share, high_share : how far along it, from tail to head
    """

    first: Ids
    patch: Ids
    at: Floats
    low: Floats
    high: Floats
    low_side: Ids
    high_side: Ids
    low_share: Floats
    high_share: Floats


def filled(patches: Patches, draws: Draws, *, radius: float, closes: float) -> Draft:
    """The arterials and the local streets between them, as a planar draft; all on one side of everything.

    closes : the share of the pieces of local street from whose middle a short dead end starts.
    """
    across = _frame(patches)
    spacing = local_spacing(np.hypot(*patches.centres.T), radius) * _looseness(patches, draws, radius=radius)
    stretch = 0.8 + 0.5 * draws.uniforms("town block", np.arange(patches.n_patches))
    u, v = across[:, 0].copy(), across[:, 1].copy()
    columns = _family(patches, draws, u=u, v=v, spacing=spacing * stretch, which=0)
    rows = _family(patches, draws, u=v, v=u, spacing=spacing / stretch, which=1)
    calm = draws.uniforms("town collector", np.arange(patches.n_patches)) < 0.5
    draft, is_stub = _joined(patches, columns, rows=rows, calm=calm)
    draft, is_close = _with_closes(draft, draws, share=closes)
    return _untangled(draft, np.append(is_stub, np.zeros(len(is_close) - len(is_stub), dtype=np.bool_)) | is_close)


def _looseness(patches: Patches, draws: Draws, *, radius: float) -> Floats:
    """How much further apart streets lie in a patch: parks, works and campuses have few (assumption, shares below)."""
    u = draws.uniforms("town open patch", np.arange(patches.n_patches))
    out = np.hypot(*patches.centres.T) / radius
    loose: Floats = np.where(u < 0.03 + 0.1 * out, 1.6, 1.0)
    return np.where(u < 0.03 * ((out > 0.1) & (out < 0.75)), 3.5, loose)


def _frame(patches: Patches) -> Floats:
    """The vertices of each patch along and across its axis: (k, 2)."""
    axis = patches.axis[patches.patch_of_side]
    x, y = patches.xy[patches.vertex].T
    return np.stack([x * np.cos(axis) + y * np.sin(axis), y * np.cos(axis) - x * np.sin(axis)], axis=1)


def _family(patches: Patches, draws: Draws, *, u: Floats, v: Floats, spacing: Floats, which: int) -> _Family:
    start, stop = np.minimum.reduceat(u, patches.first[:-1]), np.maximum.reduceat(u, patches.first[:-1])
    count = np.maximum(np.rint((stop - start) / spacing).astype(np.int64) - 1, 0)
    first = np.concatenate([[0], np.cumsum(count)])
    patch = np.repeat(np.arange(patches.n_patches), count)
    index = np.arange(first[-1]) - first[patch]
    jitter = 0.24 * (draws.uniforms("town line", np.arange(first[-1]), which) - 0.5)
    at = start[patch] + (index + 1 + jitter) * ((stop - start) / (count + 1))[patch]
    return _clipped(patches, _Crossed(u=u, v=v, patch=patch, at=at), first=first)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Crossed:
    u: Floats
    v: Floats
    patch: Ids
    at: Floats


def _clipped(patches: Patches, lines: _Crossed, *, first: Ids) -> _Family:
    """Where each line enters and leaves its patch."""
    sides = np.diff(patches.first)[lines.patch]
    line = np.repeat(np.arange(len(lines.at)), sides)
    here = patches.first[lines.patch[line]] + np.arange(len(line)) - np.repeat(np.cumsum(sides) - sides, sides)
    last = patches.first[lines.patch[line] + 1] - 1
    onward = np.where(here == last, patches.first[lines.patch[line]], here + 1)
    before, after = lines.u[here] - lines.at[line], lines.u[onward] - lines.at[line]
    hit = (before < 0.0) != (after < 0.0)
    line, here, onward, before, after = line[hit], here[hit], onward[hit], before[hit], after[hit]
    share = before / (before - after)
    place = lines.v[here] + share * (lines.v[onward] - lines.v[here])
    along = np.where(patches.vertex[here] < patches.vertex[onward], share, 1.0 - share)
    order = np.lexsort((place, line))
    starts = np.searchsorted(line[order], np.arange(len(lines.at) + 1))
    low, high = order[starts[:-1]], order[starts[1:] - 1]
    side = patches.side[here]
    return _Family(
        first=first,
        patch=lines.patch,
        at=lines.at,
        low=place[low],
        high=place[high],
        low_side=side[low],
        high_side=side[high],
        low_share=along[low],
        high_share=along[high],
    )


def _joined(patches: Patches, columns: _Family, *, rows: _Family, calm: Flags) -> tuple[Draft, Flags]:
    n_vertices = len(patches.xy)
    number, inner_xy = _inner_corners(patches, columns, rows=rows)
    middle = [_is_middle(columns) & ~calm[columns.patch], _is_middle(rows) & ~calm[rows.patch]]
    ends = _Ends.of(columns, rows, number=number)
    on_side, end_point = _along_sides(patches, ends)
    n_inner = len(inner_xy)
    xy = np.concatenate([patches.xy, inner_xy, on_side.xy])
    along_columns, along_rows = _links(number)
    local = np.concatenate([along_columns.pairs, along_rows.pairs]) + n_vertices
    is_middle = np.concatenate([middle[0][along_columns.line], middle[1][along_rows.line]])
    used = end_point >= 0
    stubs = np.stack([ends.corner[used] + n_vertices, end_point[used] + n_vertices + n_inner], axis=1)
    stub_middle = np.concatenate([middle[0], middle[1]])[ends.line[used]]
    main, main_side = on_side.chain(patches, n_inner)
    pairs = np.concatenate([main, local, stubs])
    rank = np.concatenate(
        [
            patches.rank[main_side],
            np.where(np.concatenate([is_middle, stub_middle]), StreetClass.COLLECTOR, StreetClass.LOCAL),
        ]
    )
    draft = Draft(
        xy=xy,
        side=np.ones((len(xy), 2), dtype=np.int8),
        is_corner=np.zeros(len(xy), dtype=np.bool_),
        tail=pairs[:, 0],
        head=pairs[:, 1],
        rank=rank.astype(np.int8),
        structure=np.zeros(len(pairs), dtype=np.int8),
    )
    return draft, np.arange(len(pairs)) >= len(pairs) - len(stubs)


def _with_closes(draft: Draft, draws: Draws, *, share: float) -> tuple[Draft, Flags]:
    """With dead ends at a right angle from the middle of some local pieces, and which pieces they are.

    The halves of a split piece come last but for the dead ends; the first half keeps its number.
    """
    u = draws.uniforms("town close", np.arange(len(draft.tail))[:, None], np.arange(3))
    step = draft.xy[draft.head] - draft.xy[draft.tail]
    length = np.hypot(step[:, 0], step[:, 1])
    piece = np.flatnonzero((draft.rank == StreetClass.LOCAL) & (u[:, 0] < share) & (length > 2.2 * _MARGIN))
    k, n = len(piece), draft.n_points
    middle = draft.xy[draft.tail[piece]] + step[piece] * (0.4 + 0.2 * u[piece, 1])[:, None]
    left = np.stack([-step[piece, 1], step[piece, 0]], axis=1) / length[piece, None]
    aside = np.where(u[piece, 2] < 0.5, -1.0, 1.0) * (0.35 + 0.15 * np.abs(2.0 * u[piece, 2] - 1.0))
    at, end = n + np.arange(k), n + k + np.arange(k)
    added = Draft(
        xy=np.concatenate([middle, middle + left * aside[:, None]]),
        side=np.ones((2 * k, 2), dtype=np.int8),
        is_corner=np.repeat([False, True], k),
        tail=np.concatenate([at, at]),
        head=np.concatenate([draft.head[piece], end]),
        rank=np.full(2 * k, StreetClass.LOCAL, dtype=np.int8),
        structure=np.zeros(2 * k, dtype=np.int8),
    )
    head = draft.head.copy()
    head[piece] = at
    split = replace(draft, head=head).added(added)
    return split, np.arange(len(split.tail)) >= len(split.tail) - k


def _untangled(draft: Draft, is_stub: Flags) -> Draft:
    """Without the stubs that another piece is in the way of; of two stubs in each other's way the longer goes."""
    start, end = draft.xy[draft.tail], draft.xy[draft.head]
    length = np.where(is_stub, np.hypot(*(end - start).T), -1.0)
    one, two = crossing_pairs(start, end, asked=is_stub).T
    kept = np.ones(len(start), dtype=np.bool_)
    kept[np.where(length[one] > length[two], one, two)] = False
    return draft.with_pieces(kept)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Number:
    """The corners where a column crosses a row: grid cell g of patch p is column[g], row[g]; corner[g], -1 = none."""

    column: Ids
    row: Ids
    corner: Ids
    n_rows: Ids  # of the patch of each cell


def _inner_corners(patches: Patches, columns: _Family, *, rows: _Family) -> tuple[_Number, Floats]:
    high = np.diff(rows.first)
    column = np.repeat(np.arange(len(columns.at)), high[columns.patch])
    begin = np.cumsum(high[columns.patch]) - high[columns.patch]
    patch = columns.patch[column]
    row = rows.first[patch] + np.arange(len(column)) - begin[column]
    u, v = columns.at[column], rows.at[row]
    valid = (v > columns.low[column] + _MARGIN) & (v < columns.high[column] - _MARGIN)
    valid &= (u > rows.low[row] + _MARGIN) & (u < rows.high[row] - _MARGIN)
    corner = np.where(valid, np.cumsum(valid) - 1, -1)
    axis = patches.axis[patch[valid]]
    u, v = u[valid], v[valid]
    xy = np.stack([u * np.cos(axis) - v * np.sin(axis), u * np.sin(axis) + v * np.cos(axis)], axis=1)
    number = _Number(column=column, row=row, corner=corner, n_rows=high[patch])
    return number, xy


def _is_middle(family: _Family) -> Flags:
    """Which lines run through the middle of a patch that has at least three."""
    count = np.diff(family.first)
    index = np.arange(len(family.at)) - family.first[family.patch]
    middle: Flags = (index == count[family.patch] // 2) & (count[family.patch] >= 3)
    return middle


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Links:
    pairs: Ids
    line: Ids


def _links(number: _Number) -> tuple[_Links, _Links]:
    """Neighbouring corners along the columns and along the rows."""
    cell = np.arange(len(number.corner))
    up = cell[:-1][(number.column[1:] == number.column[:-1])]
    along = _between(number, up, up + 1, number.column)
    right = cell + number.n_rows
    inside = right < len(cell)
    cell, right = cell[inside], right[inside]
    same = number.row[right] == number.row[cell]
    return along, _between(number, cell[same], right[same], number.row)


def _between(number: _Number, one: Ids, other: Ids, line: Ids) -> _Links:
    there = (number.corner[one] >= 0) & (number.corner[other] >= 0)
    pairs = np.stack([number.corner[one[there]], number.corner[other[there]]], axis=1)
    return _Links(pairs=pairs, line=line[one[there]])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Ends:
    """Where lines reach an arterial: the last corner before it, the side and the share along it, line and patch."""

    corner: Ids
    side: Ids
    share: Floats
    line: Ids  # rows numbered after columns
    patch: Ids

    @classmethod
    def of(cls, columns: _Family, rows: _Family, *, number: _Number) -> _Ends:
        known = number.corner >= 0
        parts = []
        for family, of_cell, offset in ((columns, number.column, 0), (rows, number.row, len(columns.at))):
            least = np.full(len(family.at), np.iinfo(np.int64).max)
            most = np.full(len(family.at), -1)
            # Corners are numbered by column, then row: the first and last along a line have its lowest and highest.
            np.minimum.at(least, of_cell[known], number.corner[known])
            np.maximum.at(most, of_cell[known], number.corner[known])
            line = np.flatnonzero(most >= 0)
            for corner, side, share in (
                (least, family.low_side, family.low_share),
                (most, family.high_side, family.high_share),
            ):
                parts.append((corner[line], side[line], share[line], line + offset, family.patch[line]))
        corner, side, share, line, patch = (np.concatenate(column) for column in zip(*parts, strict=True))
        return cls(corner=corner, side=side, share=share, line=line, patch=patch)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _OnSide:
    """Corners along the arterials, sorted by side and from tail to head."""

    side: Ids
    xy: Floats

    def chain(self, patches: Patches, n_inner: int) -> tuple[Ids, Ids]:
        """The pieces of every side, between its vertices and the corners along it, and whose pieces they are."""
        n_sides = len(patches.tail)
        side = np.concatenate([np.arange(n_sides), self.side, np.arange(n_sides)])
        place = np.repeat([0, 1, 2], [n_sides, len(self.side), n_sides])
        point = np.concatenate([patches.tail, len(patches.xy) + n_inner + np.arange(len(self.side)), patches.head])
        order = np.lexsort((np.arange(len(side)), place, side))
        side, point = side[order], point[order]
        same = side[1:] == side[:-1]
        return np.stack([point[:-1][same], point[1:][same]], axis=1), side[1:][same]


def _along_sides(patches: Patches, ends: _Ends) -> tuple[_OnSide, Ids]:
    """The corners along the arterials and, for each end, which of them it reaches; -1 where it stops short."""
    step = patches.xy[patches.head] - patches.xy[patches.tail]
    length = np.hypot(step[:, 0], step[:, 1])
    place = ends.share * length[ends.side]
    order = np.lexsort((place, ends.side))
    open_for = (place > _MARGIN) & (place < length[ends.side] - _MARGIN)
    side, at, of_end = _drawn_together(ends, place, order=order[open_for[order]])
    xy = patches.xy[patches.tail[side]] + step[side] * (at / length[side])[:, None]
    return _OnSide(side=side, xy=xy), of_end


def _drawn_together(ends: _Ends, place: Floats, *, order: Ids) -> tuple[Ids, Floats, Ids]:
    """Ends along a side within the margin of the first share its corner; a second one from the same patch stops."""
    of_end = np.full(len(place), -1)
    sides: list[int] = []
    at: list[float] = []
    patches: set[int] = set()
    for end, side, where, patch in zip(
        order.tolist(), ends.side[order].tolist(), place[order].tolist(), ends.patch[order].tolist(), strict=True
    ):
        if not sides or side != sides[-1] or where - at[-1] > _MARGIN:
            sides.append(side)
            at.append(where)
            patches = set()
        if patch not in patches:
            patches.add(patch)
            of_end[end] = len(sides) - 1
    return np.array(sides, dtype=np.int64), np.array(at, dtype=np.float64), of_end
