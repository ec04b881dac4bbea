"""Where places lie against a river or a railway: how far from it, on which side of it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.city.synthetic.plan import Course

Floats = npt.NDArray[np.float64]


def distance_to(course: Course | None, xy: Floats) -> Floats:
    """How far points (n, 2) are from the bank of a river or the edge of a railway, m: 0 within it, infinite without."""
    if course is None:
        return np.full(len(xy), np.inf)
    nearest = np.full(len(xy), np.inf)
    for start, end in zip(course.xy[:-1], course.xy[1:], strict=True):
        way = end - start
        share = np.clip((xy - start) @ way / max(float(way @ way), 1e-9), 0.0, 1.0)
        nearest = np.minimum(nearest, ((xy - start - share[:, None] * way) ** 2).sum(axis=1))
    away: Floats = np.maximum(np.sqrt(nearest) - course.width_m / 2.0, 0.0)
    return away


def crosses(course: Course, a: Floats, b: Floats) -> npt.NDArray[np.bool_]:
    """Whether each way from a to b, float64 (k, 2), crosses the middle line of a river or a railway."""
    crossed = np.zeros(len(a), dtype=np.bool_)
    for start, end in zip(course.xy[:-1], course.xy[1:], strict=True):
        sides = _side(start, end, a) * _side(start, end, b) < 0.0
        crossed |= sides & (_side(a, b, start) * _side(a, b, end) < 0.0)
    return crossed


def _side(a: Floats, b: Floats, c: Floats) -> Floats:
    along, away = b - a, c - a
    side: Floats = along[..., 0] * away[..., 1] - along[..., 1] * away[..., 0]
    return side
