from __future__ import annotations

import dataclasses
import logging

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from sim.city.cells import carriageway_pairs, underpass_cells
from sim.city.depressions import ways_out
from sim.city.streets import Streets, Structure
from sim.city.synthetic import making
from sim.city.synthetic.carriageways import STEEPEST
from sim.city.synthetic.ground import (
    BED_M,
    MANNING,
    MARGIN_M,
    SQUARES_PER_CORNER,
    check_cells,
    course_cells,
    grid_of,
    raise_ground,
)
from sim.city.synthetic.laying import lay_plan
from sim.city.synthetic.plan import Course, Plan
from sim.city.synthetic.relief import _gentle, river_of
from sim.city.terrain import Cover, Terrain
from sim.errors import CityOpsError
from sim.scenario.town import Town

from ..small_streets import plan as plan_of
from ..small_streets import streets as streets_of

towns = st.builds(
    lambda seed, preset, corners, **more: Town.of("hamlet", preset, seed=seed, corners=corners, **more),
    st.integers(0, 2**32),
    st.sampled_from(["east", "central", "west"]),
    st.integers(80, 500),
    river=st.booleans(),
    railway=st.booleans(),
    relief=st.floats(2.0, 80.0),
    cell=st.sampled_from([5.0, 10.0, 14.0]),
    kerb=st.floats(0.0, 0.3),
    hollows_per_km2=st.floats(0.0, 4.0),
)
RIVER = Course(xy=np.array([(500.0, 900.0), (480.0, 400.0), (530.0, -100.0)]), width_m=40.0)
RAILWAY = Course(xy=np.array([(-100.0, 210.0), (1100.0, 190.0)]), width_m=16.0)


def town(**more: object) -> Town:
    return Town.of("hamlet", "central", seed=5, **more)


def square(structure: Structure = Structure.SURFACE) -> Streets:
    """Two streets from west to east, one across the river in the middle, one across the railway in the south."""
    xy = [(0, 800), (430, 800), (570, 800), (1000, 800), (0, 0), (800, 300), (800, 100), (1000, 0)]
    ends = [(0, 1), (1, 2), (2, 3), (3, 5), (5, 6), (6, 7), (0, 4), (4, 6)]
    kinds = np.zeros(8, np.int8)
    kinds[1], kinds[4], kinds[7] = Structure.BRIDGE, structure, Structure.BRIDGE
    return streets_of(xy, ends, structure=kinds)


def drawn(structure: Structure = Structure.UNDERPASS) -> Plan:
    return plan_of(square(structure), river=RIVER, railway=RAILWAY)


def slopes(streets: Streets) -> np.ndarray:
    return np.abs(streets.elevation_m[streets.tail] - streets.elevation_m[streets.head]) / streets.length_m


@given(towns)
@settings(max_examples=12)
def test_every_made_town_stands_on_sound_ground(town: Town) -> None:
    plan = lay_plan(town)
    terrain, streets = raise_ground(town, plan)
    heights, cover = terrain.elevation_m.ravel().astype(float), terrain.cover.ravel()
    at = terrain.cell_at(streets.xy)
    assert np.abs(heights[at] - streets.elevation_m).max() < 1e-4
    assert not (cover[at] == Cover.WATER).any()
    # Heights are rounded to 1 mm each.
    assert (slopes(streets) <= STEEPEST + 0.0011 / streets.length_m).all()
    assert (streets.lowest_m <= np.minimum(*(streets.elevation_m[end] for end in (streets.tail, streets.head)))).all()
    under = streets.structure == Structure.UNDERPASS
    ends = np.minimum(streets.elevation_m[streets.tail], streets.elevation_m[streets.head])
    assert (streets.lowest_m[under] <= ends[under] - 0.0199 * streets.length_m[under]).all()
    west, east, south, north = terrain.extent
    box = np.array([(west, south), (east, north)])
    assert (box[0] <= streets.xy.min(axis=0) - MARGIN_M).all()
    assert (box[1] >= streets.xy.max(axis=0) + MARGIN_M).all()
    _, cell = carriageway_pairs(streets, terrain)
    assert (cover[cell] == Cover.STREET).all()
    assert (cover == Cover.STREET).sum() == len(np.unique(cell))
    assert (cover == Cover.WATER).any() == (plan.river is not None)


def test_the_same_town_has_the_same_ground_and_another_seed_another() -> None:
    first, again = (raise_ground(town(), drawn()) for _ in range(2))
    other = raise_ground(Town.of("hamlet", "central", seed=6), drawn())
    assert first[0].elevation_m.tobytes() == again[0].elevation_m.tobytes()
    assert first[1].lowest_m.tobytes() == again[1].lowest_m.tobytes()
    assert first[0].elevation_m.tobytes() != other[0].elevation_m.tobytes()


def test_the_river_falls_all_its_way_and_nothing_stands_in_it() -> None:
    terrain, _ = raise_ground(town(), drawn())
    grid_river = river_of(drawn(), _grid(terrain))
    assert grid_river is not None
    cells = terrain.cell_at(grid_river.xy)
    inside = cells >= 0
    bed = terrain.elevation_m.ravel()[cells[inside]]
    assert (terrain.cover.ravel()[cells[inside]] == Cover.WATER).all()
    # A cell has one height, and the river passes it in a few samples.
    assert (np.diff(bed) <= 0.01).all()
    assert bed[0] - bed[-1] > 0.5
    assert np.abs(bed - (grid_river.level_m[inside] - BED_M)).max() < 0.01


def test_the_banks_stand_over_the_water() -> None:
    terrain, _ = raise_ground(town(kerb=0.0), drawn())
    river = river_of(drawn(), _grid(terrain))
    assert river is not None
    cells = course_cells(RIVER, terrain, aside_m=20.0)
    banks = cells[terrain.cover.ravel()[cells] != Cover.WATER]
    _, level = river.nearest(terrain.centre_of(banks))
    assert (terrain.elevation_m.ravel()[banks] > level).all()


def test_a_bridge_does_not_raise_the_river_and_its_ends_are_dry() -> None:
    terrain, streets = raise_ground(town(), drawn())
    row, column = np.divmod(terrain.cell_at(np.array([500.0, 800.0])), terrain.shape[1])
    assert terrain.cover[row, column] == Cover.WATER
    assert terrain.elevation_m[row, column] < streets.elevation_m[[1, 2]].min() - 2.0


def test_an_underpass_is_a_low_point_with_ramps_to_both_ends() -> None:
    terrain, streets = raise_ground(town(), drawn())
    ends = streets.elevation_m[[5, 6]]
    sag = float(streets.lowest_m[4])
    assert sag <= ends.min() - 3.0
    assert (np.abs(ends - sag) <= STEEPEST * 100.0).all()
    heights = terrain.elevation_m.ravel()
    assert heights[terrain.cell_at(np.array([800.0, 200.0]))] == pytest.approx(sag, abs=1e-4)
    cells, share = underpass_cells(streets, 4, terrain)
    ramp = np.abs(share - 0.5) < 0.3
    order = np.argsort(np.abs(share[ramp] - 0.5))
    assert (np.diff(heights[cells[ramp]][order]) >= -1e-3).all()
    row, column = np.divmod(terrain.cell_at(np.array([800.0, 200.0])), terrain.shape[1])
    around = terrain.elevation_m[row - 8 : row + 9, column - 8 : column + 9]
    assert around.min() == pytest.approx(sag, abs=1e-4)


def test_the_ends_of_a_short_underpass_are_lowered_and_the_streets_before_fall_towards_them() -> None:
    xy = [(-300, 0), (-25, 0), (25, 0), (300, 0)]
    kinds = np.array([0, Structure.UNDERPASS, 0], np.int8)
    short = plan_of(streets_of(xy, [(0, 1), (1, 2), (2, 3)], structure=kinds))
    level = plan_of(streets_of(xy, [(0, 1), (1, 2), (2, 3)]))
    terrain, streets = raise_ground(town(relief=2.0, hollows_per_km2=0.0), short)
    _, before = raise_ground(town(relief=2.0, hollows_per_km2=0.0), level)
    assert before.elevation_m[1] - streets.elevation_m[1] == pytest.approx(1.5, abs=0.6)
    assert streets.lowest_m[1] < before.elevation_m[1:3].min() - 2.5
    along = np.column_stack([np.arange(-300.0, -25.0, 10.0), np.zeros(28)])
    profile = terrain.elevation_m.ravel()[terrain.cell_at(along)]
    assert profile[-1] < profile[-4] - 1.0
    # Cells are 10 m wide.
    assert np.abs(np.diff(profile)).max() <= STEEPEST * 20.0


def test_an_underpass_within_one_cell_is_told_of(caplog: pytest.LogCaptureFixture) -> None:
    xy = [(-300, 0), (1, 1), (11, 1), (300, 0)]
    kinds = np.array([0, Structure.UNDERPASS, 0], np.int8)
    tiny = plan_of(streets_of(xy, [(0, 1), (1, 2), (2, 3)], structure=kinds))
    with caplog.at_level(logging.WARNING, "cityops"):
        _, streets = raise_ground(town(cell=50.0), tiny)
    assert "1 underpasses are too short to be seen" in caplog.text
    assert streets.lowest_m[1] < streets.elevation_m[[1, 2]].min()


def test_carriageways_lie_a_kerb_below_the_blocks_beside_them() -> None:
    settings = {"relief": 2.0, "hollows_per_km2": 0.0}
    with_kerb, _ = raise_ground(town(kerb=0.2, **settings), drawn())
    without, _ = raise_ground(town(kerb=0.0, **settings), drawn())
    difference = without.elevation_m - with_kerb.elevation_m
    _, cells = carriageway_pairs(drawn(Structure.SURFACE).streets, with_kerb)
    kerbs = np.zeros(difference.size)
    kerbs[cells] = 0.2
    deep, _ = underpass_cells(square(Structure.UNDERPASS), 4, with_kerb)
    kerbs[deep] = difference.ravel()[deep]
    assert np.abs(difference.ravel() - kerbs).max() < 2e-3


def test_hollows_are_as_many_and_as_deep_as_said() -> None:
    grown = Town.of("town", "east", seed=2, corners=1500, river=True, railway=False, hollows_per_km2=2.0)
    plan = lay_plan(grown)
    terrain, streets = raise_ground(grown, plan)
    heights = terrain.elevation_m.astype(float)
    outlets = np.ones(heights.shape, bool)
    outlets[1:-1, 1:-1] = False
    outlets |= terrain.cover == Cover.WATER
    depth = ways_out(heights, outlets)[0] - heights
    under = [underpass_cells(streets, u, terrain)[0] for u in np.flatnonzero(streets.structure == Structure.UNDERPASS)]
    label, n = ndimage.label(depth > 0.05)
    deepest = ndimage.maximum(depth, label, np.arange(1, n + 1))
    artificial = np.unique(label.ravel()[np.concatenate(under)]) if under else []
    natural = np.setdiff1d(np.flatnonzero(deepest >= 0.3) + 1, artificial)
    area = ((terrain.cover != Cover.GREEN).sum() - (terrain.cover == Cover.WATER).sum()) * terrain.cell_m**2 / 1e6
    assert len(natural) == pytest.approx(2.0 * area, rel=0.15)
    assert (deepest[natural - 1] <= 1.6).all()


def test_where_there_is_no_room_for_hollows_it_is_said(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "cityops"):
        raise_ground(town(hollows_per_km2=20.0, cell=30.0), drawn())
    assert "there is room for" in caplog.text


def test_land_too_steep_for_streets_is_made_gentler_and_said(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "cityops"):
        terrain, streets = raise_ground(town(relief=300.0), drawn())
    assert "the land was made gentler" in caplog.text
    assert slopes(streets).max() <= STEEPEST + 1e-4
    assert np.ptp(terrain.elevation_m) > 20.0


def test_land_that_is_hardly_changed_is_not_worth_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    """What is lost is less than a twentieth of the relief, or a tenth of a metre."""
    grid = np.zeros((6, 6))
    grid[:, 3] = 0.06 * 50.0 + 0.4  # 0.4 m higher than it may be
    with caplog.at_level(logging.WARNING, "cityops"):
        assert _gentle(grid, 50.0, relief_m=10.0).max() == pytest.approx(3.0)
        assert caplog.text == ""
        _gentle(grid, 50.0, relief_m=7.0)
    assert "up to 0.4 m lower than asked for" in caplog.text


def test_too_many_cells_are_refused_before_streets_are_laid(monkeypatch: pytest.MonkeyPatch) -> None:
    """The estimate is below what the raster of a plan really has."""
    too_fine = Town.of("metropolis", "east", cell=1.0)
    with pytest.raises(CityOpsError, match="cell: too many cells for one town"):
        check_cells(too_fine)
    monkeypatch.setattr(making, "_plan", lambda *_: pytest.fail("its streets were laid"))
    with pytest.raises(CityOpsError, match="accepted: wider cells"):
        making.make(too_fine)
    check_cells(Town.of("metropolis", "east", cell=2.0))
    small = Town.of("hamlet", "central", seed=2, river=True)
    grid = grid_of(lay_plan(small), small.cell)
    area = (grid.rows - 2 * MARGIN_M / small.cell) * (grid.columns - 2 * MARGIN_M / small.cell) * small.cell**2
    assert area > SQUARES_PER_CORNER * small.corners * small.spacing**2


def test_without_a_river_the_land_falls_by_the_relief() -> None:
    terrain, streets = raise_ground(town(relief=20.0), plan_of(square()))
    assert not (terrain.cover == Cover.WATER).any()
    assert 10.0 < np.ptp(streets.elevation_m) < 30.0


def test_a_river_that_is_not_here_makes_no_valley() -> None:
    far = Course(xy=np.array([(90_000.0, 0.0), (90_000.0, -500.0)]), width_m=20.0)
    terrain, _ = raise_ground(town(), plan_of(square(), river=far))
    assert not (terrain.cover == Cover.WATER).any()


def test_roughness_follows_the_cover() -> None:
    terrain, _ = raise_ground(town(), drawn())
    assert isinstance(terrain.manning, np.ndarray)
    for cover in Cover:
        assert np.allclose(terrain.manning[terrain.cover == cover], MANNING[cover])


def test_a_town_of_too_many_cells_is_refused() -> None:
    vast = plan_of(streets_of([(0, 0), (60_000, 60_000)], [(0, 1)]))
    with pytest.raises(CityOpsError, match=r"cell: too many cells.*accepted: wider cells"):
        raise_ground(town(cell=1.0), vast)


def given_ground(cell_m: float, rows: int = 130, **more: object) -> Terrain:
    heights = 50.0 + np.add.outer(np.arange(rows) * 0.01 * cell_m, np.arange(130) * 0.02 * cell_m)
    return Terrain(heights, cell_m, origin=(-100.0, -100.0), **more)  # type: ignore[arg-type]


def test_given_heights_stay_but_for_kerbs_and_underpasses() -> None:
    ground = given_ground(10.0)
    terrain, streets = raise_ground(town(), drawn(), ground)
    changed = np.flatnonzero(terrain.elevation_m.ravel() != np.round(ground.elevation_m, 3).ravel())
    cells, _ = underpass_cells(streets, 4, terrain)
    assert len(changed) > 3
    assert set(changed.tolist()) <= set(cells.tolist())
    assert terrain.extent == ground.extent
    assert np.abs(streets.elevation_m - ground.elevation_m.ravel()[ground.cell_at(streets.xy)]).max() < 1e-3


def test_fine_given_ground_gets_kerbs_and_keeps_its_cover() -> None:
    rows = np.zeros((250, 250))
    ground = Terrain(rows + 7.0, 5.0, cover=rows, origin=(-100.0, -100.0))
    terrain, _ = raise_ground(town(kerb=0.15), drawn(Structure.SURFACE), ground)
    street = terrain.cover == Cover.STREET
    assert street.any()
    assert np.allclose(terrain.elevation_m[street], 6.85)
    assert np.allclose(terrain.elevation_m[~street], 7.0)
    assert not (terrain.cover == Cover.WATER).any()


def test_given_ground_that_does_not_cover_the_streets_is_refused() -> None:
    with pytest.raises(CityOpsError, match=r"does not cover the streets, found 4 of 8 points.*accepted: x from -100"):
        raise_ground(town(), drawn(), given_ground(10.0, rows=60))


def test_streets_without_places_are_refused() -> None:
    nowhere = dataclasses.replace(square(), xy=np.full((8, 2), np.nan))
    with pytest.raises(CityOpsError, match="8 of the corners have no place"):
        raise_ground(town(), dataclasses.replace(drawn(), streets=nowhere))


def _grid(terrain: Terrain):  # type: ignore[no-untyped-def]
    from sim.city.synthetic.relief import Grid

    return Grid(*terrain.shape, terrain.cell_m, terrain.origin)
