"""Streets drawn by hand for tests: of given corners and ends, all else as plain as can be."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from sim.city.blocks import Lots
from sim.city.streets import StreetClass, Streets
from sim.city.synthetic.plan import Course, Plan


def streets(xy: Any, ends: Any, *, bends: dict[int, Any] | None = None, **arrays: Any) -> Streets:
    """Two-way local streets 7 m wide on the surface; ``bends`` by street; other arrays as they are given."""
    xy, ends = np.array(xy, dtype=np.float64), np.array(ends, dtype=np.int32)
    bends = {street: np.array(points, dtype=np.float64) for street, points in (bends or {}).items()}
    m = len(ends)
    lines = [np.vstack([xy[a], *bends.get(i, []), xy[b]]) for i, (a, b) in enumerate(ends.tolist())]
    made = Streets(
        xy=xy,
        elevation_m=np.zeros(len(xy)),
        tail=ends[:, 0].copy(),
        head=ends[:, 1].copy(),
        length_m=np.array([np.hypot(*np.diff(line, axis=0).T).sum() for line in lines]),
        bend_first=np.append(0, np.cumsum([len(bends.get(i, [])) for i in range(m)])).astype(np.int32),
        bend_xy=np.concatenate([*(bends[i] for i in sorted(bends)), np.zeros((0, 2))]),
        street_class=np.full(m, StreetClass.LOCAL, dtype=np.int8),
        structure=np.zeros(m, dtype=np.int8),
        is_one_way=np.zeros(m, dtype=bool),
        width_m=np.full(m, 7.0),
        speed_m_s=np.full(m, 10.0),
        lowest_m=np.zeros(m),
        names=tuple(f"street {i}" for i in range(m)),
        pace=np.ones((4, 24)),
    )
    return dataclasses.replace(made, **arrays)


def lots(n_streets: int) -> Lots:
    """No blocks."""
    none = np.zeros(0, dtype=np.int32)
    return Lots(
        corner_first=np.zeros(1, dtype=np.int32),
        corner=none,
        area_m2=np.zeros(0),
        centre_xy=np.zeros((0, 2)),
        beside=np.full((n_streets, 2), -1, dtype=np.int32),
    )


def plan(made: Streets, *, river: Course | None = None, railway: Course | None = None) -> Plan:
    """Streets on paper, with the box around them as boundary."""
    (west, south), (east, north) = made.xy.min(axis=0), made.xy.max(axis=0)
    boundary = np.array([(west, south), (east, south), (east, north), (west, north)])
    return Plan(
        streets=made,
        lots=lots(made.n_streets),
        river=river,
        railway=railway,
        centre=boundary.mean(axis=0),
        boundary=boundary,
    )
