"""The shapes on the map are those of the town, measured against what the layers say of themselves."""

import numpy as np
import pytest

from sim.city.synthetic.laying import lay_plan
from sim.city.synthetic.plan import Course, Plan
from sim.report.map_shapes import band, block_rings, borders, clear_place, link_lines, street_lines, water_borders
from sim.scenario.town import Town
from tests.sim.city.synthetic.small_plan import square_plan


@pytest.fixture(scope="module", params=["grid", "organic", "ring-radial"])
def plan(request: pytest.FixtureRequest) -> Plan:
    return lay_plan(Town.of("hamlet", "central", seed=3, character=request.param))


def _area(ring: np.ndarray) -> float:
    x, y = (ring - ring[0]).T
    return 0.5 * float((x * np.roll(y, -1) - y * np.roll(x, -1)).sum())


def _length(line: np.ndarray) -> float:
    return float(np.hypot(*np.diff(line, axis=0).T).sum())


def test_rings_follow_the_bends_so_that_they_enclose_the_ground_of_their_blocks(plan: Plan) -> None:
    rings = block_rings(plan.lots, plan.streets)
    assert len(rings) == plan.lots.n_blocks
    assert [_area(ring) for ring in rings] == pytest.approx(plan.lots.area_m2.tolist(), rel=0.01, abs=5.0)


def test_lines_are_as_long_as_their_streets(plan: Plan) -> None:
    lines = street_lines(plan.streets, np.arange(plan.streets.n_streets))
    assert [_length(line) for line in lines] == pytest.approx(plan.streets.length_m.tolist(), rel=0.01, abs=0.1)
    assert all((line == plan.streets.line(i)).all() for i, line in enumerate(lines))


def test_a_pipe_follows_its_street_in_its_own_direction_and_others_are_straight(plan: Plan) -> None:
    streets = plan.streets
    bent = int(np.diff(streets.bend_first).argmax())
    ends = np.array([[streets.tail[bent], streets.head[bent]], [streets.head[bent], streets.tail[bent]], [0, 1]])
    street = np.array([bent, bent, bent], dtype=np.int32)
    along, back, other = link_lines(streets.xy, ends.astype(np.int32), streets, street)
    assert along.tolist() == streets.line(bent).tolist()
    assert back.tolist() == streets.line(bent)[::-1].tolist()
    assert other.tolist() == streets.xy[[0, 1]].tolist()


def test_the_band_of_a_straight_river_is_as_wide_as_the_river() -> None:
    outline = band(Course(xy=np.array([[0.0, 0.0], [300.0, 400.0], [600.0, 800.0]]), width_m=30.0))
    assert abs(_area(outline)) == pytest.approx(1000.0 * 30.0)


def test_borders_are_the_streets_between_regions() -> None:
    plan = square_plan(5, 5)  # blocks of four columns
    region = np.tile(np.array([0, 0, 1, 1], dtype=np.int32), 4)
    found = borders(plan.streets, plan.lots, region)
    x = plan.streets.xy[np.column_stack([plan.streets.tail[found], plan.streets.head[found]]), 0]
    assert len(found) == 4
    assert (x == 240.0).all()


def test_a_river_parts_regions_only_where_the_banks_differ() -> None:
    plan = square_plan(11, 10)
    north = plan.lots.centre_xy[:, 1] > 660.0
    east = plan.lots.centre_xy[:, 0] > 600.0
    river = Course(xy=np.array([[-100.0, 660.0], [1300.0, 660.0]]), width_m=60.0)
    (run,) = water_borders(river, plan.lots, np.where(north & east, 1, 0).astype(np.int32))
    assert run[0, 0] == pytest.approx(600.0, abs=90.0)
    assert run[-1, 0] > 1100.0


def test_a_name_stands_in_a_block_of_its_own_district() -> None:
    plan = square_plan(5, 5)
    people = np.zeros(16)
    people[[0, 1]] = 100.0
    assert (
        clear_place(np.array([0, 1, 2]), plan.lots, people, half_m=np.ones(2), clear_of=np.zeros((0, 2))).tolist()
        in plan.lots.centre_xy[:3].tolist()
    )
