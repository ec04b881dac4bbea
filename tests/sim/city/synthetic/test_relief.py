from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sim.city.synthetic.gentle import lowered
from sim.city.synthetic.outlines import is_inside, polygon_area, reached, sampled
from sim.city.synthetic.plan import Course, Plan
from sim.city.synthetic.relief import STEEPEST, Grid, land, river_of
from sim.scenario.town import Town

from ..small_streets import plan as plan_of
from ..small_streets import streets as streets_of

GRID = Grid(200, 240, 10.0, (-200.0, -200.0))
MEANDER = Course(
    xy=np.array([(300.0, 1900.0), (900.0, 1500.0), (300.0, 900.0), (900.0, 300.0), (500.0, -300.0)]), width_m=30.0
)


def plan(river: Course | None) -> Plan:
    return plan_of(streets_of([(0, 0), (2000, 0), (2000, 1600), (0, 1600)], [(0, 1), (1, 2), (2, 3)]), river=river)


@given(st.integers(0, 2**40), st.floats(2.0, 300.0), st.booleans())
def test_no_land_is_steeper_than_it_may_be(seed: int, relief: float, wet: bool) -> None:
    town = Town.of("hamlet", "east", seed=seed, relief=relief)
    drawn = plan(MEANDER if wet else None)
    ground = land(town, drawn, GRID, river_of(drawn, GRID)).astype(float)
    rise = np.hypot(np.diff(ground, axis=0)[:, 1:], np.diff(ground, axis=1)[1:])
    # Along the diagonals of the lattice a slope may be larger by what eight directions miss of a circle.
    assert rise.max() <= 1.1 * STEEPEST * GRID.cell_m


def test_a_meandering_river_falls_and_its_valley_has_no_steps() -> None:
    river = river_of(plan(MEANDER), GRID)
    assert river is not None
    assert (np.diff(river.level_m) < 0.0).all()
    assert river.level_m[-1] == 0.0
    x, y = np.meshgrid(np.arange(-200.0, 2200.0, 10.0), np.arange(-200.0, 1800.0, 10.0))
    floor = river.floor(np.stack([x, y], axis=-1))
    assert max(np.abs(np.diff(floor, axis=axis)).max() for axis in (0, 1)) < 0.05


def test_the_edge_of_the_town_lies_the_relief_over_the_river() -> None:
    straight = Course(xy=np.array([(1000.0, 1900.0), (1000.0, -300.0)]), width_m=30.0)
    drawn, town = plan(straight), Town.of("hamlet", "east", seed=1, relief=30.0)
    ground = land(town, drawn, GRID, river_of(drawn, GRID))
    west, middle = ground[:, 15:25].mean(), ground[:, 118:122].mean()
    # 30 m, more or less by hills of up to 15 % and what is filled.
    assert 24.0 < west - middle < 38.0


@given(
    arrays(np.float64, 6, elements=st.floats(-50, 50)),
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.floats(0.01, 20.0)), max_size=12),
)
def test_lowered_values_are_the_highest_that_every_link_allows(height: np.ndarray, links: list) -> None:
    tail, head, climb = (np.array([link[i] for link in links]) for i in range(3))
    expected = height.copy()
    for _ in range(6):
        for a, b, most in links:
            expected[a] = min(expected[a], expected[b] + most)
            expected[b] = min(expected[b], expected[a] + most)
    found = lowered(height, tail.astype(np.int64), head.astype(np.int64), climb=climb.astype(float))
    assert np.allclose(found, expected, atol=1e-9)


def test_points_along_a_line_are_evenly_spaced_and_keep_its_ends() -> None:
    line = np.array([(0.0, 0.0), (30.0, 0.0), (30.0, 40.0)])
    points = sampled(line, step_m=9.0)
    assert reached(line).tolist() == [0.0, 30.0, 70.0]
    assert points[[0, -1]].tolist() == line[[0, -1]].tolist()
    assert np.diff(reached(points)).max() <= 70.0 / 8.0 + 1e-9
    assert len(points) == 9


def test_the_area_of_an_outline_has_the_sign_of_its_turn() -> None:
    triangle = np.array([(0.0, 0.0), (4.0, 0.0), (0.0, 3.0)])
    assert polygon_area(triangle) == 6.0
    assert polygon_area(triangle[::-1]) == -6.0


def test_points_lie_inside_an_outline_or_not() -> None:
    hooked = np.array([(0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (3.0, 4.0), (3.0, 1.0), (0.0, 1.0)])
    points = np.array([(0.5, 0.5), (3.5, 3.5), (1.0, 3.0), (-1.0, 0.5), (5.0, 0.5)])
    assert is_inside(points, hooked).tolist() == [True, True, False, False, False]
