"""Which cells of a raster lines and areas cover: exact, for millions of cells, and without a loop over lines."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.city.streets import Streets, Structure
from sim.city.terrain import Cover, Terrain

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

STREETS_AT_ONCE = 20_000  # bounds the memory that the cells of streets take while they are found
CORE = 0.4  # so near to the middle of an underpass, as a share of its length, nothing else lies on its cells


def segments(streets: Streets, chosen: Longs) -> tuple[Longs, Floats, Floats]:
    """The straight pieces of the chosen streets, from tail to head.

    Returns the street of each piece (k,), and where it begins and ends, float64 (k, 2), m.
    """
    bends = np.diff(streets.bend_first)[chosen]
    points = bends + 2
    last = np.cumsum(points) - 1
    xy = np.empty((int(points.sum()), 2))
    of_bend = np.ones(len(xy), dtype=bool)
    of_bend[last] = of_bend[last - points + 1] = False
    xy[last] = streets.xy[streets.head[chosen]]
    xy[last - points + 1] = streets.xy[streets.tail[chosen]]
    starts = streets.bend_first[:-1][chosen].astype(np.int64)
    xy[of_bend] = streets.bend_xy[np.repeat(starts - (np.cumsum(bends) - bends), bends) + np.arange(bends.sum())]
    begins = np.ones(len(xy), dtype=bool)
    begins[last] = False
    first = np.flatnonzero(begins)
    return np.repeat(chosen, bends + 1), xy[first], xy[first + 1]


def cells_of_lines(line: Longs, start: Floats, end: Floats, *, terrain: Terrain) -> tuple[Longs, Longs]:
    """Every cell through which straight lines pass, (line, cell) once for each stretch; outside the raster -1.

    line : int64 (k,), any number that tells lines apart;  start, end : float64 (k, 2), m
    Each line is cut where it crosses an edge between cells; a stretch belongs to the cell of its middle (Amanatides and
    Woo, 1987, without their loop). Time and memory grow with the cells crossed.
    """
    origin = np.array(terrain.origin)
    a, b = (start - origin) / terrain.cell_m, (end - origin) / terrain.cell_m
    cuts = [_crossings(a[:, axis], b[:, axis]) for axis in (0, 1)]
    owner = np.concatenate([np.arange(len(line)), *(cut[0] for cut in cuts), np.arange(len(line))])
    along = np.concatenate([np.zeros(len(line)), *(cut[1] for cut in cuts), np.ones(len(line))])
    order = np.lexsort((along, owner))
    owner, along = owner[order], along[order]
    same = owner[1:] == owner[:-1]
    whole = same & ((along[1:] > along[:-1]) | ((along[:-1] == 0.0) & (along[1:] == 1.0)))
    middle = (along[1:][whole] + along[:-1][whole])[:, None] / 2.0
    owner = owner[1:][whole]
    xy = start[owner] + middle * (end[owner] - start[owner])
    return line[owner], terrain.cell_at(xy).astype(np.int64)


def _crossings(a: Floats, b: Floats) -> tuple[Longs, Floats]:
    """Which line crosses a whole number, and at which share of its length, between coordinates a and b."""
    low, high = np.minimum(a, b), np.maximum(a, b)
    first = np.floor(low) + 1.0
    count = np.maximum(np.ceil(high) - first, 0.0).astype(np.int64)
    owner = np.repeat(np.arange(len(a)), count)
    number = first[owner] + (np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count))
    return owner, (number - a[owner]) / (b - a)[owner]


def distinct(values: Longs) -> Longs:
    """The different values, ascending: by sorting, many times as quick as the hashing of ``numpy.unique``."""
    ordered = np.sort(values)
    return ordered[np.append(True, ordered[1:] != ordered[:-1])] if len(ordered) else ordered


def distances_along(line: Floats, points: Floats) -> Floats:
    """How far along a line (p, 2) its nearest place to each of the points (n, 2) lies: float64 (n,), m."""
    start, step = line[:-1], np.diff(line, axis=0)
    length = np.hypot(step[:, 0], step[:, 1])
    offset = points[:, None, :] - start
    share = np.clip((offset * step).sum(axis=2) / np.maximum(length * length, 1e-12), 0.0, 1.0)
    away = np.linalg.norm(offset - share[:, :, None] * step, axis=2)
    best = np.argmin(away, axis=1)
    before = np.cumsum(length) - length
    along: Floats = before[best] + share[np.arange(len(points)), best] * length[best]
    return along


def carriageway_pairs(streets: Streets, terrain: Terrain) -> tuple[Ints, Ints]:
    """The cells that each street's carriageway covers as it lies on the ground: pairs (street, cell), int32 (k,).

    A carriageway covers the cells through which its middle line passes and those with more than about half their width
    on it. Of bridges and tunnels only the cells of their two ends count, where they meet the ground. Cells around the
    sag of an underpass belong to it alone, those of water to none. Pairs ascend by street, then by cell.
    """
    lifted = (streets.structure == Structure.BRIDGE) | (streets.structure == Structure.TUNNEL)
    grounded = np.flatnonzero(~lifted)
    parts = [grounded[i : i + STREETS_AT_ONCE] for i in range(0, len(grounded), STREETS_AT_ONCE)]
    keys = [_keys(*_strips(streets, part, terrain), terrain=terrain) for part in parts]
    ends = np.repeat(np.flatnonzero(lifted), 2)
    corners = np.column_stack([streets.tail, streets.head])[lifted].ravel()
    keys.append(_keys(ends, terrain.cell_at(streets.xy[corners]).astype(np.int64), terrain=terrain))
    street, cell = np.divmod(np.sort(np.concatenate(keys)), terrain.elevation_m.size)
    kept = ~_taken(streets, street, cell, terrain=terrain)
    if terrain.cover is not None:
        kept &= terrain.cover.ravel()[cell] != Cover.WATER
    return street[kept].astype(np.int32), cell[kept].astype(np.int32)


def underpass_cells(streets: Streets, underpass: int, terrain: Terrain) -> tuple[Longs, Floats]:
    """Cells of an underpass's carriageway, int64 (k,), and how far along each lies, float64 (k,): 0 tail, 1 head."""
    _, cell = _strips(streets, np.array([underpass]), terrain)
    cell = distinct(cell[cell >= 0])
    line = streets.line(underpass)
    length = np.hypot(*np.diff(line, axis=0).T).sum()
    share = distances_along(line, terrain.centre_of(cell)) / length
    return cell, share


def _strips(streets: Streets, chosen: Longs, terrain: Terrain) -> tuple[Longs, Longs]:
    """Streets and cells along parallel lines that lie on the carriageway and are no further apart than a cell."""
    street, start, end = segments(streets, chosen)
    half = np.maximum(streets.width_m[street] - terrain.cell_m, 0.0) / 2.0
    lines = np.ceil(2.0 * half / terrain.cell_m).astype(np.int64) + 1
    owner = np.repeat(np.arange(len(street)), lines)
    rank = np.arange(len(owner)) - np.repeat(np.cumsum(lines) - lines, lines)
    offset = half[owner] * (2.0 * rank / np.maximum(lines[owner] - 1, 1) - (lines[owner] > 1))
    along = (end - start)[owner]
    across = np.column_stack([-along[:, 1], along[:, 0]]) / np.maximum(np.hypot(*along.T), 1e-9)[:, None]
    aside = across * offset[:, None]
    return cells_of_lines(street[owner], start[owner] + aside, end[owner] + aside, terrain=terrain)


def _keys(street: Longs, cell: Longs, *, terrain: Terrain) -> Longs:
    inside = cell >= 0
    return distinct(street[inside] * terrain.elevation_m.size + cell[inside])


def _taken(streets: Streets, street: Longs, cell: Longs, *, terrain: Terrain) -> Flags:
    """Which of the pairs lie at the sag of an underpass that is not their street."""
    owner: dict[int, int] = {}
    for underpass in np.flatnonzero(streets.structure == Structure.UNDERPASS):
        cells, share = underpass_cells(streets, int(underpass), terrain)
        owner.update((int(c), int(underpass)) for c in cells[np.abs(share - 0.5) <= CORE])
    if not owner:
        return np.zeros(len(cell), dtype=bool)
    sags = np.array(sorted(owner))
    owners = np.array([owner[c] for c in sags.tolist()])
    at = np.minimum(np.searchsorted(sags, cell), len(sags) - 1)
    taken: Flags = (sags[at] == cell) & (owners[at] != street)
    return taken


def inside_polygon(terrain: Terrain, polygon: Floats, rows: slice) -> Flags:
    """Whether the middle of each cell of some rows lies inside a polygon (k, 2): bool (rows, columns), even-odd rule.

    Where an edge crosses the middle line of a row, inside and outside change places from there to the east.
    """
    n_rows, n_columns = terrain.shape
    first, last, _ = rows.indices(n_rows)
    x0, y0 = terrain.origin
    a = (polygon - (x0, y0)) / terrain.cell_m
    b = np.roll(a, -1, axis=0)
    # Middles of rows lie at whole numbers of ``up``, counted from the southernmost.
    up_a, up_b = a[:, 1] - 0.5, b[:, 1] - 0.5
    low, high = np.ceil(np.minimum(up_a, up_b)), np.ceil(np.maximum(up_a, up_b))
    low, high = np.maximum(low, n_rows - last), np.minimum(high, n_rows - first)
    count = np.maximum(high - low, 0.0).astype(np.int64)
    edge = np.repeat(np.arange(len(a)), count)
    up = low[edge] + np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count)
    x = a[edge, 0] + (up - up_a[edge]) / (up_b - up_a)[edge] * (b - a)[edge, 0]
    column = np.clip(np.ceil(x - 0.5), 0, n_columns).astype(np.int64)
    changes = np.zeros((last - first, n_columns + 1), dtype=np.uint8)
    np.add.at(changes, ((n_rows - 1 - up).astype(np.int64) - first, column), 1)
    inside: Flags = np.cumsum(changes[:, :-1], axis=1, dtype=np.uint8) % 2 == 1
    return inside
