"""Which straight pieces cross each other, found by sorting them into square cells."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


def crossing_pairs(start: Floats, end: Floats, *, asked: Flags | None = None) -> Ids:
    """Pairs (k, 2) of pieces that cross or touch other than by sharing an end, the lower first, sorted.

    start, end : float64 (n, 2);  asked : bool (n,), only pairs with one of these.
    Pieces that share an end are taken not to cross. Near-linear while few pieces are much longer than the mean.
    """
    if len(start) < 2:
        return np.empty((0, 2), dtype=np.int64)
    asked = np.ones(len(start), dtype=np.bool_) if asked is None else asked
    one, two = _neighbours(start, end, asked=asked)
    crossed = _crosses(start[one], end[one], start[two], end[two])
    pairs = np.stack([np.minimum(one, two)[crossed], np.maximum(one, two)[crossed]], axis=1)
    distinct: Ids = np.unique(pairs, axis=0)
    return distinct


def _neighbours(start: Floats, end: Floats, *, asked: Flags) -> tuple[Ids, Ids]:
    """Pairs of pieces that have a cell in common."""
    step = np.abs(end - start)
    cell = max(float(step.max(axis=1).mean()), 1e-9)
    origin = np.minimum(start, end).min(axis=0)
    low = np.floor((np.minimum(start, end) - origin) / cell).astype(np.int64)
    span = np.floor((np.maximum(start, end) - origin) / cell).astype(np.int64) - low + 1
    count = span[:, 0] * span[:, 1]
    who = np.repeat(np.arange(len(start)), count)
    k = np.arange(len(who)) - np.repeat(np.cumsum(count) - count, count)
    row, column = np.divmod(k, span[who, 0])
    width = int((low + span)[:, 0].max()) + 1
    key = (low[who, 1] + row) * width + low[who, 0] + column
    order = np.argsort(key, kind="stable")
    key, who = key[order], who[order]
    parts = [(who[:0], who[:0])]
    for shift in range(1, len(who)):
        same = key[shift:] == key[:-shift]
        if not same.any():
            break
        one, two = who[:-shift][same], who[shift:][same]
        wanted = asked[one] | asked[two]
        parts.append((one[wanted], two[wanted]))
    return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])


def _crosses(a: Floats, b: Floats, c: Floats, d: Floats) -> Flags:
    apart = _side(a, b, c) * _side(a, b, d) > 0.0
    apart |= _side(c, d, a) * _side(c, d, b) > 0.0
    # Four points on one line: they meet only where their boxes do.
    apart |= (np.maximum(a, b) < np.minimum(c, d)).any(axis=1) | (np.maximum(c, d) < np.minimum(a, b)).any(axis=1)
    shared = np.zeros(len(a), dtype=np.bool_)
    for p in (a, b):
        for q in (c, d):
            shared |= (p == q).all(axis=1)
    crossed: Flags = ~apart & ~shared
    return crossed


def _side(p: Floats, q: Floats, r: Floats) -> Floats:
    side: Floats = np.sign((q[:, 0] - p[:, 0]) * (r[:, 1] - p[:, 1]) - (q[:, 1] - p[:, 1]) * (r[:, 0] - p[:, 0]))
    return side
