"""Where places lie against a river or a railway: how far from it, on which side of it."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from sim.city.synthetic.plan import Course

Floats = npt.NDArray[np.float64]

_STEP_M: Final = 50.0


def distance_to(course: Course | None, xy: Floats) -> Floats:
    """How far points (n, 2) are from the bank of a river or the edge of a railway, m: 0 within it, infinite without.

    In time O((n + k) log k) for a course of k steps of ``_STEP_M``: to the two stretches beside the nearest step.
    """
    if course is None:
        return np.full(len(xy), np.inf)
    away: Floats = np.maximum(_from_middle(course, xy) - course.width_m / 2.0, 0.0)
    return away


def _from_middle(course: Course, xy: Floats) -> Floats:
    steps = stepped(course.xy)
    nearest = cKDTree(steps).query(xy)[1]
    found = np.full(len(xy), np.inf)
    for first in (np.maximum(nearest - 1, 0), np.minimum(nearest, len(steps) - 2)):
        way = steps[first + 1] - steps[first]
        off = xy - steps[first]
        share = np.clip((off * way).sum(axis=1) / np.maximum((way * way).sum(axis=1), 1e-9), 0.0, 1.0)
        found = np.minimum(found, np.hypot(*(off - share[:, None] * way).T))
    return found


def stepped(xy: Floats, step_m: float = _STEP_M) -> Floats:
    """A line with points between its own, float64 (k, 2), so that none of its stretches is longer than a step."""
    pieces = np.maximum(np.ceil(np.hypot(*np.diff(xy, axis=0).T) / step_m), 1.0).astype(np.int64)
    line = np.repeat(np.arange(len(pieces)), pieces)
    share = (np.arange(len(line)) - np.repeat(np.cumsum(pieces) - pieces, pieces)) / pieces[line]
    inner = xy[line] + share[:, None] * (xy[line + 1] - xy[line])
    return np.vstack([inner, xy[-1:]])


def crosses(course: Course, a: Floats, b: Floats) -> npt.NDArray[np.bool_]:
    """Whether each way from a to b, float64 (k, 2), crosses the middle line of a river or a railway."""
    crossed = np.zeros(len(a), dtype=np.bool_)
    near = np.flatnonzero(_from_middle(course, a) <= np.hypot(*(b - a).T))
    start, end = a[near], b[near]
    for first, last in zip(course.xy[:-1], course.xy[1:], strict=True):
        apart = _side(first, last, start) * _side(first, last, end) < 0.0
        crossed[near] |= apart & (_side(start, end, first) * _side(start, end, last) < 0.0)
    return crossed


def _side(a: Floats, b: Floats, c: Floats) -> Floats:
    along, away = b - a, c - a
    side: Floats = along[..., 0] * away[..., 1] - along[..., 1] * away[..., 0]
    return side
