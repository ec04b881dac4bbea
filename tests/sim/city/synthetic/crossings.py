"""Which streets cross where no corner is, found by hashing their straight pieces to squares."""

from __future__ import annotations

import numpy as np

from sim.city.streets import Streets, Structure


def segments(streets: Streets, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Both ends of every straight piece of the chosen streets, and whose piece it is."""
    lines = [streets.line(int(i)) for i in chosen]
    start = np.concatenate([line[:-1] for line in lines])
    end = np.concatenate([line[1:] for line in lines])
    return start, end, np.repeat(chosen, [len(line) - 1 for line in lines])


def surface_crossings(streets: Streets) -> list[tuple[int, ...]]:
    """Pairs of streets on the surface that cross or touch other than at a common end of two pieces."""
    chosen = np.flatnonzero(streets.structure == Structure.SURFACE)
    start, end, owner = segments(streets, chosen)
    one, two = _candidates(start, end, float(np.median(streets.length_m)))
    meet = _cross(start[one], end[one], start[two], end[two])
    return sorted({tuple(sorted((int(owner[a]), int(owner[b])))) for a, b in zip(one[meet], two[meet], strict=True)})


def _candidates(start: np.ndarray, end: np.ndarray, cell: float) -> tuple[np.ndarray, np.ndarray]:
    low = np.floor(np.minimum(start, end) / cell).astype(np.int64)
    high = np.floor(np.maximum(start, end) / cell).astype(np.int64)
    span = high - low + 1
    count = span[:, 0] * span[:, 1]
    who = np.repeat(np.arange(len(start)), count)
    k = np.arange(len(who)) - np.repeat(np.cumsum(count) - count, count)
    x, y = low[who, 0] + k % span[who, 0], low[who, 1] + k // span[who, 0]
    key = (x + 2**30) * 2**31 + (y + 2**30)
    order = np.argsort(key, kind="stable")
    key, who = key[order], who[order]
    pairs = []
    for shift in range(1, len(who)):
        same = key[shift:] == key[:-shift]
        if not same.any():
            break
        pairs.append(np.stack([who[:-shift][same], who[shift:][same]], axis=1))
    both = np.unique(np.sort(np.concatenate(pairs), axis=1), axis=0)
    return both[:, 0], both[:, 1]


def _cross(a: np.ndarray, b: np.ndarray, c: np.ndarray, d: np.ndarray) -> np.ndarray:
    def turn(p: np.ndarray, q: np.ndarray, r: np.ndarray) -> np.ndarray:
        return np.sign((q[:, 0] - p[:, 0]) * (r[:, 1] - p[:, 1]) - (q[:, 1] - p[:, 1]) * (r[:, 0] - p[:, 0]))

    def same(p: np.ndarray, q: np.ndarray) -> np.ndarray:
        return (p == q).all(axis=1)

    shared = same(a, c) | same(a, d) | same(b, c) | same(b, d)
    return (turn(a, b, c) * turn(a, b, d) <= 0) & (turn(c, d, a) * turn(c, d, b) <= 0) & ~shared
