"""A town of square blocks drawn by hand, for tests of what lies on a plan."""

import numpy as np

from sim.city.blocks import Lots
from sim.city.streets import StreetClass, Streets, Structure
from sim.city.synthetic.plan import Course, Plan
from sim.city.terrain import Terrain

SIDE = 120.0


def square_plan(columns: int = 24, rows: int = 20, *, river: bool = True) -> Plan:
    """Columns by rows of corners; every sixth street an arterial, the river along a street whose bridges cross it."""
    corner = np.arange(columns * rows).reshape(rows, columns)
    x, y = np.meshgrid(np.arange(columns) * SIDE, np.arange(rows) * SIDE)
    east = np.column_stack([corner[:, :-1].ravel(), corner[:, 1:].ravel()])
    north = np.column_stack([corner[:-1].ravel(), corner[1:].ravel()])
    tail, head = np.vstack([east, north]).astype(np.int32).T
    line = np.concatenate([np.repeat(np.arange(rows), columns - 1), np.tile(np.arange(columns), rows - 1)])
    street_class = np.where(line % 6 == 0, StreetClass.ARTERIAL, StreetClass.LOCAL).astype(np.int8)
    structure = np.full(len(tail), Structure.SURFACE, dtype=np.int8)
    over = (np.arange(len(tail)) >= len(east)) & (tail // columns == rows // 2)
    if river:
        structure[over] = Structure.BRIDGE
        structure[np.flatnonzero(over)[::5]] = Structure.TUNNEL
        structure[np.flatnonzero(~over)[3]] = Structure.UNDERPASS
    streets = Streets(
        xy=np.column_stack([x.ravel(), y.ravel()]),
        elevation_m=np.zeros(columns * rows),
        tail=tail,
        head=head,
        length_m=np.full(len(tail), SIDE),
        bend_first=np.zeros(len(tail) + 1, dtype=np.int32),
        bend_xy=np.zeros((0, 2)),
        street_class=street_class,
        structure=structure,
        is_one_way=np.zeros(len(tail), dtype=np.bool_),
        width_m=np.where(street_class == StreetClass.ARTERIAL, 24.0, 8.0),
        speed_m_s=np.full(len(tail), 10.0),
        lowest_m=np.zeros(len(tail)),
        names=tuple(f"street {i}" for i in range(len(tail))),
        pace=np.ones((4, 24)),
    )
    water = Course(xy=np.array([[-500.0, (rows // 2 + 0.5) * SIDE], [1e4, (rows // 2 + 0.5) * SIDE]]), width_m=60.0)
    return Plan(
        streets=streets,
        lots=_squares(corner, len(east)),
        river=water if river else None,
        railway=None,
        centre=np.array([columns // 2 * SIDE, rows // 2 * SIDE]),
        boundary=np.array([[0.0, 0.0], [x.max(), 0.0], [x.max(), y.max()], [0.0, y.max()]]),
    )


def _squares(corner: np.ndarray, n_east: int) -> Lots:
    rows, columns = corner.shape
    n = (rows - 1) * (columns - 1)
    block = np.arange(n).reshape(rows - 1, columns - 1)
    ring = np.stack([corner[:-1, :-1], corner[:-1, 1:], corner[1:, 1:], corner[1:, :-1]], axis=-1)
    edge_row, edge_column = np.full((1, columns - 1), -1), np.full((rows - 1, 1), -1)
    above, below = np.vstack([block, edge_row]), np.vstack([edge_row, block])
    left, right = np.hstack([edge_column, block]), np.hstack([block, edge_column])
    beside = np.vstack(
        [np.column_stack([above.ravel(), below.ravel()]), np.column_stack([left.ravel(), right.ravel()])]
    )
    assert len(above.ravel()) == n_east
    middle = np.meshgrid((np.arange(columns - 1) + 0.5) * SIDE, (np.arange(rows - 1) + 0.5) * SIDE)
    return Lots(
        corner_first=np.arange(n + 1, dtype=np.int32) * np.int32(4),
        corner=ring.ravel().astype(np.int32),
        area_m2=np.full(n, SIDE * SIDE),
        centre_xy=np.column_stack([axis.ravel() for axis in middle]),
        beside=beside.astype(np.int32),
    )


def level_ground(plan: Plan, *, bank_m: float = 0.0) -> Terrain:
    """Flat ground, or with a bank of so many metres along the middle of the town from south to north."""
    width, height = plan.streets.xy.max(axis=0) + 400.0
    rows, columns = int(height // 10.0) + 1, int(width // 10.0) + 1
    x = -200.0 + (np.arange(columns) + 0.5) * 10.0
    rise = bank_m * np.clip((x - plan.centre[0] - 5.0) / 20.0, 0.0, 1.0)
    return Terrain(np.tile(rise, (rows, 1)).astype(np.float32), 10.0, origin=(-200.0, -200.0))
