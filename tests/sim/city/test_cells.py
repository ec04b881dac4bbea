from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.city.cells import carriageway_pairs, cells_of_lines, distances_along, distinct, inside_polygon
from sim.city.streets import Structure
from sim.city.synthetic.outlines import is_inside
from sim.city.terrain import Cover, Terrain

from .small_streets import streets

coordinate = st.floats(-60.0, 60.0, allow_subnormal=False).map(lambda x: round(x, 2))
point = st.tuples(coordinate, coordinate)


def raster(rows: int = 10, columns: int = 12, cell_m: float = 10.0, **more: object) -> Terrain:
    return Terrain(np.zeros((rows, columns), np.float32), cell_m, origin=(-60.0, -50.0), **more)  # type: ignore[arg-type]


@given(st.lists(st.tuples(point, point), min_size=1, max_size=8))
def test_a_line_covers_just_the_cells_that_samples_of_it_fall_into(lines: list) -> None:
    ends = np.array(lines)
    terrain = raster()
    line, cell = cells_of_lines(np.arange(len(ends)), ends[:, 0], ends[:, 1], terrain=terrain)
    share = (np.arange(4000) + 0.5) / 4000
    for i, (start, end) in enumerate(ends):
        sampled = set(terrain.cell_at(start + share[:, None] * (end - start)).tolist())
        found = set(cell[line == i].tolist())
        # Samples miss what the line only grazes, and nothing else.
        assert sampled - {-1} <= found
        for extra in found - sampled - {-1}:
            middle = terrain.centre_of(np.array(extra))
            nearest = np.abs(start + share[:, None] * (end - start) - middle).max(axis=1).min()
            assert nearest <= terrain.cell_m / 2.0 + 0.03


@given(point, point)
def test_the_cells_of_a_line_hang_together_by_their_sides(start: tuple, end: tuple) -> None:
    terrain = raster()
    _, cell = cells_of_lines(np.zeros(1, np.int64), np.array([start]), np.array([end]), terrain=terrain)
    cell = cell[cell >= 0]
    row, column = np.divmod(cell, 12)
    # A line through a corner of four cells may step diagonally; else each step is over one side.
    assert (np.maximum(np.abs(np.diff(row)), np.abs(np.diff(column))) <= 1).all()


def test_a_wide_street_covers_the_cells_half_of_whose_width_it_takes() -> None:
    terrain = raster()
    made = streets([(-55, 5), (55, 5)], [(0, 1)], width_m=np.array([30.0]))
    street, cell = carriageway_pairs(made, terrain)
    assert set(street.tolist()) == {0}
    assert set(np.divmod(cell, 12)[0].tolist()) == {3, 4, 5}
    assert len(cell) == 3 * 12


def test_a_bend_is_followed() -> None:
    terrain = raster()
    made = streets([(-55, -45), (55, 45)], [(0, 1)], bends={0: [(55, -45)]})
    _, cell = carriageway_pairs(made, terrain)
    row, column = np.divmod(cell, 12)
    assert set(zip(row.tolist(), column.tolist(), strict=True)) == {(9, c) for c in range(12)} | {
        (r, 11) for r in range(10)
    }


@pytest.mark.parametrize("structure", [Structure.BRIDGE, Structure.TUNNEL])
def test_of_a_bridge_and_a_tunnel_only_the_ends_meet_the_ground(structure: Structure) -> None:
    terrain = raster()
    made = streets([(-55, 5), (55, 5)], [(0, 1)], structure=np.array([structure], np.int8))
    street, cell = carriageway_pairs(made, terrain)
    assert street.tolist() == [0, 0]
    assert cell.tolist() == [4 * 12, 4 * 12 + 11]


def test_no_street_lies_on_water() -> None:
    cover = np.zeros((10, 12), np.uint8)
    cover[:, 6] = Cover.WATER
    _, cell = carriageway_pairs(streets([(-55, 5), (55, 5)], [(0, 1)]), raster(cover=cover))
    assert 6 not in cell % 12
    assert len(cell) == 11


def test_the_cells_at_the_sag_of_an_underpass_belong_to_it_alone() -> None:
    made = streets(
        [(-55, 5), (55, 5), (5, -45), (5, 45)], [(0, 1), (2, 3)], structure=np.array([Structure.UNDERPASS, 0], np.int8)
    )
    street, cell = carriageway_pairs(made, raster())
    crossing = 4 * 12 + 6
    assert street[cell == crossing].tolist() == [0]
    assert (street == 1).sum() == 9


def test_no_streets_cover_no_cells() -> None:
    street, cell = carriageway_pairs(streets([(0, 0)], np.zeros((0, 2))), raster())
    assert street.shape == cell.shape == (0,)


def test_how_far_along_a_bent_line_points_lie() -> None:
    line = np.array([(0.0, 0.0), (10.0, 0.0), (10.0, 10.0)])
    along = distances_along(line, np.array([(-3.0, 1.0), (4.0, -2.0), (13.0, 5.0), (10.0, 99.0)]))
    assert along.tolist() == [0.0, 4.0, 15.0, 20.0]


@given(st.lists(st.integers(-5, 5)))
def test_distinct_values_ascend_without_repetition(values: list[int]) -> None:
    assert distinct(np.array(values, np.int64)).tolist() == sorted(set(values))


@given(st.lists(point, min_size=3, max_size=9), st.integers(0, 9), st.integers(1, 10))
def test_the_cells_inside_a_polygon_are_those_whose_middles_are(corners: list, first: int, count: int) -> None:
    # Off the middles of cells, where inside or outside would be a matter of a last bit.
    polygon = np.array(corners) + np.array([0.00371, 0.00713])
    terrain = raster()
    rows = slice(first, min(first + count, 10))
    cells = np.arange(120).reshape(10, 12)[rows]
    expected = is_inside(terrain.centre_of(cells).reshape(-1, 2), polygon).reshape(cells.shape)
    assert np.array_equal(inside_polygon(terrain, polygon, rows), expected)
