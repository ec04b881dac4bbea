"""Streets drawn by hand for the tests: corners and pairs of them, with bends where wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from sim.city.streets import StreetClass, Streets


def drawn(
    xy: Sequence[tuple[float, float]],
    pairs: Sequence[tuple[int, int]],
    *,
    bends: Mapping[int, Sequence[tuple[float, float]]] | None = None,
    structure: Mapping[int, int] | None = None,
    street_class: Sequence[int] | None = None,
    one_way: Sequence[int] = (),
) -> Streets:
    """Two-way local streets on the surface, but for what the rest says of single streets."""
    bends, structure = bends or {}, structure or {}
    corners, m = np.array(xy, dtype=np.float64).reshape(-1, 2), len(pairs)
    rows = [np.array([corners[a], *bends.get(i, ()), corners[b]]) for i, (a, b) in enumerate(pairs)]
    kind = street_class if street_class is not None else [StreetClass.LOCAL] * m
    return Streets(
        xy=corners,
        elevation_m=np.zeros(len(corners)),
        tail=np.array([a for a, _ in pairs], dtype=np.int32),
        head=np.array([b for _, b in pairs], dtype=np.int32),
        length_m=np.array([np.hypot(*np.diff(row, axis=0).T).sum() for row in rows]),
        bend_first=np.cumsum([0, *(len(row) - 2 for row in rows)]).astype(np.int32),
        bend_xy=np.concatenate([row[1:-1] for row in rows]).reshape(-1, 2) if rows else np.empty((0, 2)),
        street_class=np.array(kind, dtype=np.int8),
        structure=np.array([structure.get(i, 0) for i in range(m)], dtype=np.int8),
        is_one_way=np.isin(np.arange(m), one_way),
        width_m=np.full(m, 7.0),
        speed_m_s=np.full(m, 10.0),
        lowest_m=np.zeros(m),
        names=tuple(f"Street {i}" for i in range(m)),
        pace=np.ones((4, 24)),
    )


def net(columns: int, rows: int, *, side: float = 100.0) -> Streets:
    """A net of square blocks: corners row by row, first all streets eastwards, then all northwards."""
    xy = [(x * side, y * side) for y in range(rows) for x in range(columns)]
    east = [(y * columns + x, y * columns + x + 1) for y in range(rows) for x in range(columns - 1)]
    north = [(y * columns + x, (y + 1) * columns + x) for y in range(rows - 1) for x in range(columns)]
    return drawn(xy, east + north)
