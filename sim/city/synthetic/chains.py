"""From a draft to its streets: pieces that meet in a mere bend are one street."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.city.synthetic.drafts import Draft

Floats = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Kinds = npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Chains:
    """Streets 0 .. m-1 of a draft, each a row of points: point[first[i]:first[i + 1]], both ends included.

    rank, structure : int8 (m,), the main class and the highest structure among its pieces
    """

    first: Ids
    point: Ids
    rank: Kinds
    structure: Kinds

    @property
    def tail(self) -> Ids:
        """int64 (m,): the point at which each street begins."""
        return self.point[self.first[:-1]]

    @property
    def head(self) -> Ids:
        """int64 (m,): the point at which each street ends."""
        return self.point[self.first[1:] - 1]


def chained(draft: Draft, is_corner: Flags) -> Chains:
    """The streets between corners; a ring of pieces without a corner is left out."""
    m = len(draft.tail)
    start = np.concatenate([draft.tail, draft.head])
    end = np.concatenate([draft.head, draft.tail])
    onward = _onward(start, end, is_corner=is_corner)
    # Each street is walked from both of its ends at once; the walk that began at the lower half stays.
    first_half = np.flatnonzero(is_corner[start])
    walk, steps = first_half.copy(), [first_half]
    whose, of_step = np.arange(len(first_half)), [np.arange(len(first_half))]
    last = np.empty(len(first_half), dtype=np.int64)
    while len(walk):
        last[whose] = walk
        going = onward[walk] >= 0
        walk, whose = onward[walk[going]], whose[going]
        steps.append(walk)
        of_step.append(whose)
    stays = first_half < (last + m) % (2 * m)
    half, owner = np.concatenate(steps), np.concatenate(of_step)
    level = np.repeat(np.arange(len(steps)), [len(part) for part in steps])
    kept = stays[owner]
    order = np.lexsort((level[kept], owner[kept]))
    return _rows(draft, half[kept][order], owner=owner[kept][order], start=start, end=end)


def _onward(start: Ids, end: Ids, *, is_corner: Flags) -> Ids:
    """The half that each half goes on with beyond a bend; -1 where it ends at a corner."""
    m2 = len(start)
    other = (np.arange(m2) + m2 // 2) % m2
    order = np.argsort(start, kind="stable")
    first = np.searchsorted(start[order], np.arange(len(is_corner) + 1))
    bend = np.flatnonzero(~is_corner & (np.diff(first) == 2))
    one, two = order[first[bend]], order[first[bend] + 1]
    onward = np.full(m2, -1)
    onward[other[one]], onward[other[two]] = two, one
    return onward


def _rows(draft: Draft, half: Ids, *, owner: Ids, start: Ids, end: Ids) -> Chains:
    new = np.concatenate([[True], owner[1:] != owner[:-1]])
    begin = np.flatnonzero(new)
    count = np.diff(np.concatenate([begin, [len(half)]]))
    first = np.concatenate([[0], np.cumsum(count + 1)])
    point = np.empty(first[-1], dtype=np.int64)
    point[np.arange(len(half)) + np.repeat(np.arange(len(begin)), count)] = start[half]
    point[first[1:] - 1] = end[half[begin + count - 1]]
    piece = half % len(draft.tail)
    return Chains(
        first=first,
        point=point,
        rank=np.minimum.reduceat(draft.rank[piece], begin),
        structure=np.maximum.reduceat(draft.structure[piece], begin),
    )


def corners_of(draft: Draft) -> Flags:
    """Which points are corners: also some bends, so that no street runs from a corner to itself or beside its twin."""
    is_corner = draft.corners
    for _ in range(3):
        rows = chained(draft, is_corner)
        low, high = np.minimum(rows.tail, rows.head), np.maximum(rows.tail, rows.head)
        key = low * draft.n_points + high
        inner = np.diff(rows.first) - 2
        order = np.lexsort((inner, key))
        again = np.zeros(len(key), dtype=np.bool_)
        again[order[1:]] = key[order][1:] == key[order][:-1]
        split = (again | (low == high)) & (inner > 0)
        if not split.any():
            break
        is_corner = is_corner.copy()
        is_corner[rows.point[rows.first[:-1][split] + (inner[split] + 1) // 2]] = True
    return is_corner
