"""A small town drawn by hand: a jittered grid on a slope, for tests of the layers that lie on streets."""

from __future__ import annotations

import numpy as np

from sim.city.blocks import LandUse, Lots, People
from sim.city.streets import StreetClass, Streets, Structure

PACE = np.ones((4, 24))


def hand_made(rows=9, columns=11, *, seed=1, spacing=110.0, relief=25.0):
    """(streets, lots, people) of a town of rows x columns corners; a river, crossed by bridges, on its southern half.

    Every fifth street is an arterial; the ground rises from the south-west to the north-east; the old town is in the
    middle.
    """
    noise = np.random.default_rng(seed)
    column, row = np.meshgrid(np.arange(columns), np.arange(rows))
    xy = np.stack([column.ravel(), row.ravel()], axis=1) * spacing
    xy = np.round(xy + noise.uniform(-0.2, 0.2, xy.shape) * spacing, 2)
    slope = (column / max(columns - 1, 1) + row / max(rows - 1, 1)).ravel() / 2.0
    elevation = np.round(10.0 + relief * slope + noise.uniform(0, 0.5, len(xy)), 3)
    streets, beside = _streets(rows, columns, xy=xy, elevation=elevation)
    lots = _lots(rows, columns, xy=xy, beside=beside)
    return streets, lots, _people(lots, noise, centre=xy.mean(axis=0))


def _streets(rows, columns, *, xy, elevation):
    corner = np.arange(rows * columns).reshape(rows, columns)
    block = np.full((rows + 1, columns + 1), -1)
    block[1:-1, 1:-1] = np.arange((rows - 1) * (columns - 1)).reshape(rows - 1, columns - 1)
    river = rows // 3
    tail, head, kind, structure, beside = [], [], [], [], []
    for r in range(rows):
        for c in range(columns - 1):
            tail.append(corner[r, c])
            head.append(corner[r, c + 1])
            kind.append(StreetClass.ARTERIAL if r % 5 == 2 else StreetClass.LOCAL)
            structure.append(Structure.SURFACE)
            beside.append((block[r + 1, c + 1], block[r, c + 1]))
    for r in range(rows - 1):
        for c in range(columns):
            bridge = r == river
            if bridge and c % 5 != 2:
                continue
            tail.append(corner[r, c])
            head.append(corner[r + 1, c])
            kind.append(StreetClass.ARTERIAL if c % 5 == 2 else StreetClass.LOCAL)
            structure.append(Structure.BRIDGE if bridge else Structure.SURFACE)
            beside.append((block[r + 1, c], block[r + 1, c + 1]))
    tail, head = np.array(tail, np.int32), np.array(head, np.int32)
    beside = np.array(beside, np.int32)
    on_river = np.unique(block[river + 1, 1:-1])
    beside[np.isin(beside, on_river)] = -1
    old = np.setdiff1d(np.arange((rows - 1) * (columns - 1)), on_river)
    number = np.full((rows - 1) * (columns - 1) + 1, -1)
    number[old] = np.arange(len(old))
    m = len(tail)
    length = np.round(np.hypot(*(xy[tail] - xy[head]).T), 2)
    streets = Streets(
        xy=xy,
        elevation_m=elevation,
        tail=tail,
        head=head,
        length_m=length,
        bend_first=np.zeros(m + 1, np.int32),
        bend_xy=np.zeros((0, 2)),
        street_class=np.array(kind, np.int8),
        structure=np.array(structure, np.int8),
        is_one_way=np.zeros(m, np.bool_),
        width_m=np.full(m, 8.0),
        speed_m_s=np.full(m, 10.0),
        lowest_m=np.minimum(elevation[tail], elevation[head]),
        names=tuple(f"street {i}" for i in range(m)),
        pace=PACE,
    )
    return streets, (number[beside].astype(np.int32), old)


def _lots(rows, columns, *, xy, beside):
    of_street, kept = beside
    corner = np.arange(rows * columns).reshape(rows, columns)
    ring = np.stack([corner[:-1, :-1], corner[:-1, 1:], corner[1:, 1:], corner[1:, :-1]], axis=-1).reshape(-1, 4)[kept]
    x, y = xy[ring][..., 0], xy[ring][..., 1]
    area = (x * np.roll(y, -1, 1) - np.roll(x, -1, 1) * y).sum(axis=1) / 2.0
    return Lots(
        corner_first=np.arange(0, 4 * len(ring) + 1, 4, dtype=np.int32),
        corner=ring.ravel().astype(np.int32),
        area_m2=area,
        centre_xy=xy[ring].mean(axis=1),
        beside=of_street,
    )


def _people(lots, noise, *, centre):
    n = lots.n_blocks
    far = np.hypot(*(lots.centre_xy - centre).T)
    use = np.where(noise.uniform(size=n) < 0.1, LandUse.GREEN, LandUse.HOUSING).astype(np.int8)
    population = np.where(use == LandUse.GREEN, 0.0, np.round(lots.area_m2 * 0.008))
    return People(
        land_use=use,
        built_year=np.clip(1940 + 80 * far / max(far.max(), 1.0), 1940, 2020).astype(np.int16),
        population=population,
        jobs=np.round(population * 0.4),
        vulnerable=np.full(n, 0.2),
        impervious=np.full(n, 0.6),
        subdistrict=np.zeros(n, np.int32),
        district_of_subdistrict=np.zeros(1, np.int32),
        subdistrict_names=("one",),
        district_names=("all",),
    )
