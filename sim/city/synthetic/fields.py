"""Smooth chance over the ground: values that are alike where places are near, from draws at the points of a lattice."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.draws import Draws

Floats = npt.NDArray[np.float64]

_ROW = 1 << 16
_MIDDLE = 1 << 15


def smooth_normals(draws: Draws, purpose: str, xy: Floats, *, wavelength_m: float) -> Floats:
    """About standard normal values at points, alike within some ``wavelength_m``.

    xy : float64 (n, 2), m.  Normal draws at the points of a square lattice, blended by a smooth step and divided by the
    root of the sum of their squared weights, so that the variance is 1 everywhere; the lattice is tied to the origin,
    so a point's value does not depend on the other points.
    """
    step = wavelength_m / 2.0
    cell = np.floor(xy / step)
    along = xy / step - cell
    ease = along * along * (3.0 - 2.0 * along)
    corner = np.clip(cell.astype(np.int64) + _MIDDLE, 0, _ROW - 2)
    value, square = np.zeros(len(xy)), np.zeros(len(xy))
    for right in (0, 1):
        for up in (0, 1):
            share = np.abs(1 - right - ease[:, 0]) * np.abs(1 - up - ease[:, 1])
            entity = (corner[:, 1] + up) * _ROW + corner[:, 0] + right
            value += share * draws.normals(purpose, entity, mean=0.0, sd=1.0)
            square += share * share
    blended: Floats = value / np.sqrt(square)
    return blended
