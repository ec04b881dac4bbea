"""Rain over a town: the mean that the storm says, single places that get more, and the same rain on any raster."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.city.storms import FORMULAS, Hyetograph, chicago
from sim.city.terrain import Cover, Terrain
from sim.draws import Draws
from sim.errors import CityOpsError
from sim.hazards.hyetographs import block, by_steps
from sim.hazards.rain_fields import MM_H, RainField, Squares, built_up, nearest
from sim.hazards.storm_cells import storm_cells
from sim.scenario.rain import Cells

Floats = npt.NDArray[np.float64]

STORM = chicago(FORMULAS["Beijing"], 50.0, 7200.0, step_s=60.0)


def ground(rows: int = 40, columns: int = 60, *, cell_m: float = 100.0, seed: int = 1) -> Terrain:
    """A town in fields: about a third is built up."""
    x, y = np.meshgrid(np.linspace(-1, 1, columns), np.linspace(-1, 1, rows))
    rough = Draws(seed, 0).uniforms("test cover", np.arange(rows * columns)).reshape(rows, columns)
    cover = np.where(x**2 + y**2 + 0.3 * rough < 0.5, Cover.BUILT, Cover.GREEN).astype(np.uint8)
    return Terrain(np.zeros((rows, columns), np.float32), cell_m, cover=cover, origin=(1000.0, -500.0))


def field_over(
    terrain: Terrain, *, storm: Hyetograph = STORM, cells: Cells | None = None, seed: int = 1, replication: int = 0
) -> RainField:
    """Moving cells over a terrain, from 08:00."""
    cells = cells or Cells()
    squares = Squares.over(terrain.extent, cells.grid)
    moving = storm_cells(cells, Draws(seed, replication), extent=terrain.extent, duration_s=float(storm.time_s[-1]))
    return RainField(
        storm,
        squares,
        begins_s=28_800.0,
        weights=built_up(terrain, squares),
        cells=moving,
        even_rain=cells.even_rain,
    )


def on_built(terrain: Terrain, field: RainField, time_s: float) -> float:
    """The mean rain over the built-up cells of the terrain itself, m/s."""
    row, column = field.on(terrain)
    fine = field.at(time_s)[row[:, None], column].astype(np.float64)
    assert terrain.cover is not None and fine.shape == terrain.shape
    return float(fine[terrain.cover == Cover.BUILT].mean())


def test_the_mean_over_the_built_up_ground_is_that_of_the_storm_at_every_step() -> None:
    terrain = ground()
    field = field_over(terrain)
    for step in range(0, field.n_steps, 5):
        time = field.start_s + (step + 0.5) * field.step_s
        assert on_built(terrain, field, time) == pytest.approx(STORM.intensity_m_s[step], rel=1e-6)


@given(
    seed=st.integers(0, 1000),
    rate=st.floats(0.05, 30.0),
    radius=st.floats(200.0, 9000.0),
    grid=st.floats(90.0, 3000.0),
    even=st.floats(0.01, 1.0),
    step=st.integers(0, 119),
)
def test_no_cells_change_the_mean_nor_make_rain_negative(
    seed: int, rate: float, radius: float, grid: float, even: float, step: int
) -> None:
    terrain = ground()
    field = field_over(terrain, cells=Cells(rate=rate, radius=radius, grid=grid, even_rain=even), seed=seed)
    rain = field.in_step(step).astype(np.float64)
    assert np.isfinite(rain).all() and (rain > 0.0).all()
    assert np.sum(rain * field.weights) == pytest.approx(STORM.intensity_m_s[step], rel=1e-6)
    assert on_built(terrain, field, field.start_s + step * 60.0) == pytest.approx(STORM.intensity_m_s[step], rel=1e-6)


def test_as_much_falls_on_the_built_up_ground_as_the_storm_says() -> None:
    field = field_over(ground())
    assert np.sum(field.total_mm() * field.weights) == pytest.approx(STORM.total_m * 1e3, rel=1e-7)


def test_single_places_get_several_times_the_mean_and_others_less() -> None:
    field = field_over(ground(200, 200))
    share = field.total_mm() / (STORM.total_m * 1e3)
    assert share.max() > 2.0
    assert share.min() < 0.7


def test_even_rain_is_the_same_everywhere() -> None:
    squares = Squares.over((0.0, 1000.0, 0.0, 1000.0), 250.0)
    field = RainField(STORM, squares, begins_s=0.0, weights=np.ones((4, 4)))
    np.testing.assert_array_equal(field.at(2880.0), np.full((4, 4), np.float32(STORM.intensity_m_s[48])))
    all_even = field_over(ground(), cells=Cells(even_rain=1.0))
    assert np.ptp(all_even.in_step(40)) <= 1e-7 * STORM.intensity_m_s[40]


def test_more_even_rain_makes_the_field_evener() -> None:
    spread = [np.std(field_over(ground(), cells=Cells(even_rain=even)).total_mm()) for even in (0.05, 0.3, 0.9)]
    assert spread[0] > spread[1] > spread[2] > 0.0


def test_a_field_is_dry_before_its_begin_and_from_its_end_on() -> None:
    field = field_over(ground())
    assert field.end_s == 28_800.0 + 7200.0
    for dry in (0.0, 28_799.9, field.end_s, 1e6):
        assert not field.at(dry).any() and field.mean_mm_h(dry) == 0.0
        assert field.at(dry).shape == field.at(30_000.0).shape
    assert field.at(28_800.0).all() and field.at(field.end_s - 0.01).all()
    assert field.mean_mm_h(28_800.0) == pytest.approx(STORM.intensity_m_s[0] / MM_H)


def test_rain_does_not_change_within_a_step_nor_by_what_was_asked_before() -> None:
    field, fresh = field_over(ground()), field_over(ground())
    late = field.at(33_000.0).copy()
    early = field.at(29_000.0).tobytes()
    assert fresh.at(29_000.0).tobytes() == early == fresh.at(29_039.9).tobytes()
    assert fresh.at(33_000.0).tobytes() == late.tobytes()
    assert not np.array_equal(fresh.at(29_040.0), fresh.at(29_000.0))


def test_the_same_seed_gives_the_same_bytes_and_another_replication_other_rain() -> None:
    first, again, other = (field_over(ground(), replication=i) for i in (0, 0, 1))
    assert first.total_mm().tobytes() == again.total_mm().tobytes()
    assert not np.allclose(first.total_mm(), other.total_mm(), rtol=0.05)


def test_a_harder_storm_rains_in_the_same_places() -> None:
    double = Hyetograph(STORM.time_s, STORM.intensity_m_s * 2.0)
    np.testing.assert_allclose(
        field_over(ground(), storm=double).total_mm(), field_over(ground()).total_mm() * 2, rtol=1e-6
    )


def test_the_picture_cannot_be_written_on() -> None:
    with pytest.raises(ValueError, match="read-only"):
        field_over(ground()).at(30_000.0)[0, 0] = 1.0


def test_a_series_is_the_rain_of_the_square_around_each_point() -> None:
    field = field_over(ground())
    xy = np.array([[1010.0, -490.0], [4000.0, 1500.0], [6999.0, 3499.0]])
    series = field.series_at(xy)
    assert series.shape == (3, 120)
    rain = field.in_step(60)
    rows, columns = rain.shape
    assert series[0, 60] == pytest.approx(float(rain[rows - 1, 0]) / MM_H)
    assert series[2, 60] == pytest.approx(float(rain[0, columns - 1]) / MM_H)
    row, column = field.squares.rows_at(xy[:, 1]), field.squares.columns_at(xy[:, 0])
    np.testing.assert_allclose(series.sum(axis=1) / 60.0, field.total_mm()[row, column], rtol=1e-6)


def test_points_and_ground_beyond_the_field_are_refused() -> None:
    field = field_over(ground())
    with pytest.raises(CityOpsError, match="1 of 2 places east or west"):
        field.series_at(np.array([[0.0, 0.0], [2000.0, 0.0]]))
    with pytest.raises(CityOpsError, match="north or south"):
        field.on(Terrain(np.zeros((80, 60), np.float32), 100.0, origin=(1000.0, -500.0)))


def test_squares_cover_the_extent_from_its_south_west_corner() -> None:
    squares = Squares.over((100.0, 1101.0, 0.0, 500.0), 250.0)
    assert (squares.rows, squares.columns) == (2, 5)
    np.testing.assert_array_equal(squares.x_m, [225.0, 475.0, 725.0, 975.0, 1225.0])
    np.testing.assert_array_equal(squares.y_m, [375.0, 125.0])
    np.testing.assert_array_equal(squares.rows_at(np.array([0.0, 249.0, 251.0, 500.0])), [1, 1, 0, 0])
    np.testing.assert_array_equal(squares.columns_at(np.array([100.0, 349.0, 351.0])), [0, 0, 1])
    for nothing in ((0.0, 0.0, 0.0, 1.0), (0.0, 1.0, 2.0, 1.0)):
        with pytest.raises(CityOpsError, match="ground to fall on"):
            Squares.over(nothing, 250.0)


def test_each_cell_of_a_terrain_takes_the_square_of_its_middle() -> None:
    terrain = Terrain(np.zeros((5, 7), np.float32), 100.0)
    row, column = nearest(terrain, Squares.over(terrain.extent, 250.0))
    assert row.dtype == np.int32 and column.dtype == np.int32
    np.testing.assert_array_equal(row, [0, 0, 1, 1, 1])  # middles at 450, 350, 250, 150, 50 m
    np.testing.assert_array_equal(column, [0, 0, 1, 1, 1, 2, 2])


def test_weights_count_the_built_up_cells_or_all_where_none_is_known() -> None:
    cover = np.zeros((4, 4), np.uint8)
    cover[0, 0], cover[3, 3], cover[3, 2], cover[1, 2] = Cover.BUILT, Cover.STREET, Cover.BUILT, Cover.WATER
    heights = np.zeros((4, 4), np.float32)
    squares = Squares.over((0.0, 40.0, 0.0, 40.0), 20.0)
    np.testing.assert_array_equal(built_up(Terrain(heights, 10.0, cover=cover), squares), [[1, 0], [0, 2]])
    np.testing.assert_array_equal(built_up(Terrain(heights, 10.0), squares), [[4, 4], [4, 4]])
    fields = np.zeros((4, 4), np.uint8)
    np.testing.assert_array_equal(built_up(Terrain(heights, 10.0, cover=fields), squares), [[4, 4], [4, 4]])


def test_accumulated_rain_ends_with_all_that_falls() -> None:
    field = field_over(ground())
    fallen = field.accumulated_mm(420.0)  # 17.14 of them
    counts = field.weights > 0.0
    assert fallen.shape == (19, int(counts.sum())) and fallen.dtype == np.float32
    assert not fallen[0].any() and (np.diff(fallen, axis=0) >= 0.0).all()
    np.testing.assert_allclose(fallen[-1], field.total_mm()[counts], rtol=1e-6)


@pytest.mark.parametrize("weights", [np.zeros((4, 4)), np.ones((4, 3)), -np.ones((4, 4)), np.full((4, 4), np.nan)])
def test_weights_that_make_no_mean_are_refused(weights: Floats) -> None:
    squares = Squares.over((0.0, 1000.0, 0.0, 1000.0), 250.0)
    with pytest.raises(CityOpsError, match="need weights"):
        RainField(STORM, squares, begins_s=0.0, weights=weights)


def test_a_share_of_even_rain_that_lets_one_far_cell_rule_is_refused() -> None:
    squares = Squares.over((0.0, 1000.0, 0.0, 1000.0), 250.0)
    with pytest.raises(CityOpsError, match="share of even rain"):
        RainField(STORM, squares, begins_s=0.0, weights=np.ones((4, 4)), even_rain=0.0)


def test_a_dry_step_is_dry_everywhere() -> None:
    storm = Hyetograph(np.array([0.0, 600.0, 1200.0]), np.array([0.0, 1e-5, 0.0]))
    field = field_over(ground(), storm=by_steps(storm, 300.0))
    assert not field.in_step(0).any() and field.in_step(2).all()


def test_an_hour_of_even_rain_needs_no_more_memory_than_its_squares() -> None:
    field = field_over(ground(), storm=by_steps(block(0.05, 3600.0), 1.0))
    held = [value for value in vars(field).values() if isinstance(value, np.ndarray)]
    assert sum(array.size for array in held) <= field.squares.rows * field.squares.columns
