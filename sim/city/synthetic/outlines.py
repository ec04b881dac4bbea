"""Lines and polygons on the ground: points along a line, the area within an outline, and what lies inside it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


def reached(xy: Floats) -> Floats:
    """How far along a line (k, 2) each of its points lies, from 0: float64 (k,), m."""
    step = np.diff(xy, axis=0)
    return np.append(0.0, np.cumsum(np.hypot(step[:, 0], step[:, 1])))


def sampled(xy: Floats, *, step_m: float) -> Floats:
    """Points along a line (k, 2) at equal steps of at most ``step_m``, both ends too: float64 (n, 2), m."""
    along = reached(xy)
    at = np.linspace(0.0, along[-1], int(np.ceil(along[-1] / step_m)) + 1)
    return np.column_stack([np.interp(at, along, xy[:, axis]) for axis in (0, 1)])


def polygon_area(xy: Floats) -> float:
    """The area of a polygon (k, 2), m2, negative where its corners run clockwise."""
    x, y = (xy - xy[0]).T
    return float(x @ np.roll(y, -1) - np.roll(x, -1) @ y) / 2.0


def is_inside(points: Floats, polygon: Floats) -> Flags:
    """Whether each point (n, 2) lies inside a polygon (k, 2), by the even-odd rule: bool (n,)."""
    inside = np.zeros(len(points), dtype=np.bool_)
    x, y = points.T
    for (ax, ay), (bx, by) in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        if ay != by:
            inside ^= ((ay <= y) != (by <= y)) & (x < ax + (y - ay) / (by - ay) * (bx - ax))
    return inside
