"""Made towns of any size and character: what must hold for every one of them."""

from functools import lru_cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from sim.city.blocks import Lots
from sim.city.shape_statistics import street_statistics
from sim.city.streets import StreetClass, Streets, Structure
from sim.city.synthetic import laying
from sim.city.synthetic.laying import lay_plan, ring_roads, river_width_m
from sim.city.synthetic.plan import Plan
from sim.errors import CityOpsError
from sim.scenario.town import Town
from tests.sim.city.synthetic.crossings import surface_crossings

CHARACTERS = ("grid", "organic", "ring-radial")


@lru_cache(maxsize=64)
def plan_of(corners: int, character: str, seed: int, spacing: float, river: bool, railway: bool) -> Plan:
    return lay_plan(
        Town.of("town", seed=seed, corners=corners, character=character, spacing=spacing, river=river, railway=railway)
    )


towns = st.tuples(
    st.integers(60, 800),
    st.sampled_from(CHARACTERS),
    st.integers(0, 10_000),
    st.sampled_from([60.0, 110.0, 180.0]),
    st.booleans(),
    st.booleans(),
)
some = settings(max_examples=12)


@some
@given(towns)
def test_streets_cross_at_corners_only_but_for_bridges_underpasses_and_tunnels(town):
    assert surface_crossings(plan_of(*town).streets) == []


@some
@given(towns)
def test_every_corner_is_reached_from_every_other_with_the_one_way_streets(town):
    streets = plan_of(*town).streets
    back = ~streets.is_one_way
    tail = np.concatenate([streets.tail, streets.head[back]])
    head = np.concatenate([streets.head, streets.tail[back]])
    links = coo_array((np.ones(len(tail)), (tail, head)), shape=(streets.n_corners,) * 2)
    assert connected_components(links, directed=True, connection="strong")[0] == 1


@some
@given(towns)
def test_a_town_has_the_corners_and_the_mean_street_that_were_asked_for(town):
    streets = plan_of(*town).streets
    assert streets.n_corners == pytest.approx(town[0], rel=0.05)
    assert streets.length_m.mean() == pytest.approx(town[3], rel=0.01)


@some
@given(towns)
def test_no_street_is_shorter_than_the_straight_line_between_its_corners(town):
    streets = plan_of(*town).streets
    straight = np.hypot(*(streets.xy[streets.head] - streets.xy[streets.tail]).T)
    assert (streets.length_m >= straight - 1e-9).all()
    assert (straight > 1.0).all()
    assert (streets.tail != streets.head).all()


@some
@given(towns)
def test_blocks_are_all_the_faces_that_euler_counts(town):
    plan = plan_of(*town)
    streets, surface = plan.streets, plan.streets.structure == Structure.SURFACE
    links = coo_array(
        (np.ones(surface.sum()), (streets.tail[surface], streets.head[surface])), shape=(streets.n_corners,) * 2
    )
    parts = connected_components(links, directed=False)[0]
    assert streets.n_corners - surface.sum() + plan.lots.n_blocks == parts


@some
@given(towns)
def test_blocks_and_the_streets_beside_them_name_each_other(town):
    plan = plan_of(*town)
    streets, lots = plan.streets, plan.lots
    around = [_corners_of(lots, block) for block in range(lots.n_blocks)]
    for street, sides in enumerate(lots.beside.tolist()):
        ends = [int(streets.tail[street]), int(streets.head[street])]
        for block, (a, b) in zip(sides, (ends, ends[::-1]), strict=True):
            if block >= 0:
                ring = around[block]
                # On its left a street is passed from tail to head, on its right from head to tail.
                assert (a, b) in zip(ring, ring[1:] + ring[:1], strict=True)
    sides = np.bincount(lots.beside[lots.beside >= 0], minlength=lots.n_blocks)
    assert sides.tolist() == np.diff(lots.corner_first).tolist()
    assert (lots.area_m2 > 0.0).all()


def _corners_of(lots: Lots, block: int) -> list[int]:
    return lots.corner[lots.corner_first[block] : lots.corner_first[block + 1]].tolist()


@some
@given(towns)
def test_no_corner_and_no_street_on_the_surface_lies_in_the_river_or_on_the_railway(town):
    plan = plan_of(*town)
    on_ground = np.flatnonzero(plan.streets.structure == Structure.SURFACE)
    points = np.concatenate([plan.streets.line(int(i)) for i in on_ground])
    for course in (plan.river, plan.railway):
        if course is not None:
            assert _distance(points, course.xy) > course.width_m / 2.0


def _distance(points: np.ndarray, line: np.ndarray) -> float:
    start, step = line[:-1], np.diff(line, axis=0)
    nearest = np.inf
    for i in range(0, len(points), 500):
        arm = points[i : i + 500, None, :] - start
        share = np.clip((arm * step).sum(axis=2) / (step * step).sum(axis=1), 0.0, 1.0)
        gap = arm - share[..., None] * step
        nearest = min(nearest, float(np.hypot(gap[..., 0], gap[..., 1]).min()))
    return nearest


@some
@given(towns)
def test_the_river_is_crossed_on_arterials_and_the_railway_below(town):
    corners, character, seed, spacing, river, railway = town
    streets = plan_of(corners, character, seed, spacing, river, railway).streets
    over, under = streets.structure == Structure.BRIDGE, streets.structure == Structure.UNDERPASS
    assert over.any() or not river or not _is_divided(plan_of(*town), 0)
    assert over.any() <= river
    assert under.any() <= railway
    assert (streets.street_class[over] <= StreetClass.ARTERIAL).all()


def _is_divided(plan: Plan, course: int) -> bool:
    """Whether corners lie on both sides of the river; a town may have grown on one bank only."""
    line = (plan.river, plan.railway)[course].xy
    nearest = np.argmin(np.hypot(*(plan.streets.xy[:, None, :] - line[None, :-1, :]).transpose(2, 0, 1)), axis=1)
    step, arm = np.diff(line, axis=0)[nearest], plan.streets.xy - line[nearest]
    side = step[:, 0] * arm[:, 1] - step[:, 1] * arm[:, 0] > 0.0
    return bool(side.any() and not side.all())


@some
@given(towns)
def test_every_street_has_a_name_of_its_own(town):
    names = plan_of(*town).streets.names
    assert len(set(names)) == len(names)
    assert all(name.split(" ")[0] in {"Ring", "Avenue", "Road", "Street"} for name in names)


@settings(max_examples=6)
@given(st.sampled_from(CHARACTERS), st.integers(0, 10_000))
def test_the_same_seed_gives_the_same_bytes_and_another_one_another_town(character, seed):
    town = Town.of("town", seed=seed, corners=300, character=character)
    first, again = lay_plan(town), lay_plan(town)
    assert _bytes(first) == _bytes(again)
    assert _bytes(first) != _bytes(lay_plan(Town.of("town", seed=seed + 1, corners=300, character=character)))


def _bytes(plan: Plan) -> list[object]:
    arrays = [getattr(part, name) for part in (plan.streets, plan.lots) for name in part.__slots__]
    courses = [course.xy for course in (plan.river, plan.railway) if course is not None]
    return [
        one.tobytes() if isinstance(one, np.ndarray) else one for one in (*arrays, *courses, plan.centre, plan.boundary)
    ]


def test_rivers_and_railways_are_left_out_on_request():
    plan = plan_of(200, "grid", 1, 110.0, False, False)
    assert plan.river is None
    assert plan.railway is None
    assert (plan.streets.structure == Structure.SURFACE).all()


def test_the_boundary_runs_counterclockwise_around_nearly_all_corners():
    plan = plan_of(600, "organic", 4, 110.0, True, True)
    x, y = plan.boundary.T
    area = float(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1)) / 2.0)
    # The blocks fill most of the ground within: the rest is river, railway and the ragged edge.
    assert 0.6 * area < plan.lots.area_m2.sum() < area
    near = np.hypot(*(plan.streets.xy - plan.centre).T)
    assert near.min() < 3.0 * 110.0
    assert np.hypot(*(plan.boundary - plan.centre).T).min() > near.min()


def test_streets_lie_closer_in_the_centre_than_at_the_edge():
    streets = plan_of(800, "grid", 2, 110.0, False, False).streets
    middle = (streets.xy[streets.tail] + streets.xy[streets.head]) / 2.0
    far = np.argsort(np.hypot(*middle.T))
    fifth = len(far) // 5
    assert streets.length_m[far[:fifth]].mean() < 0.9 * streets.length_m[far[-fifth:]].mean()


def test_a_town_for_which_the_ground_is_too_small_is_refused_in_words(monkeypatch):
    monkeypatch.setattr(laying, "_AREA_PER_CORNER", 0.03)
    with pytest.raises(CityOpsError, match=r"no land left .* found 5000 corners; accepted: more corners"):
        laying.lay_plan(Town.of("town", seed=1, corners=5_000, character="grid"))


@pytest.mark.parametrize("character", CHARACTERS)
def test_a_town_with_wide_gaps_between_few_corners_is_laid_or_refused_in_words(character):
    for seed in range(4):
        try:
            plan = lay_plan(Town.of("town", seed=seed, corners=60, character=character, spacing=40.0))
        except CityOpsError as error:
            assert "no land left" in str(error)
        else:
            assert plan.streets.n_corners == pytest.approx(60, rel=0.05)


# Boeing (2019, tables 1 and 2): mean node degree 2.51 (Nairobi), 2.80 (Phoenix), 3.09 (mean of the US and Canada); dead
# ends 0.279, 0.186, 0.116; four-ways 0.075, 0.171, 0.334; orientation order 0.014, 0.586, 0.427. Circuity 1.074 in the
# mean of US urban areas (Boeing 2018). The ranges are around these; planned grids may have more four-ways.
RANGES = {
    "grid": {"node_degree": (3.0, 3.5), "dead_ends": (0.04, 0.15), "orientation_order": (0.35, 0.8)},
    "organic": {"node_degree": (2.6, 3.15), "dead_ends": (0.08, 0.25), "orientation_order": (0.0, 0.15)},
    "ring-radial": {"node_degree": (2.8, 3.3), "dead_ends": (0.05, 0.2), "orientation_order": (0.0, 0.15)},
}


@pytest.mark.parametrize("character", CHARACTERS)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_measures_of_a_town_lie_in_published_ranges(character, seed):
    plan = plan_of(2_000, character, seed, 110.0, True, True)
    shape = street_statistics(plan.streets, plan.lots)
    for measure, (low, high) in RANGES[character].items():
        assert low <= getattr(shape, measure) <= high, measure
    assert 1.01 <= shape.circuity <= 1.12
    assert 0.12 <= shape.four_ways <= 0.45
    assert 8_000.0 <= shape.median_block_m2 <= 25_000.0


def test_about_as_many_streets_are_one_way_as_asked_for():
    for share in (0.0, 0.1, 0.25):
        streets = lay_plan(Town.of("town", seed=5, corners=800, character="grid", one_way=share)).streets
        assert share - 0.04 <= streets.is_one_way.mean() <= share


@pytest.fixture(scope="module")
def large() -> Streets:
    return lay_plan(Town.of("city", "west", seed=3, corners=20_000)).streets


def test_a_large_town_has_an_expressway_which_local_streets_do_not_meet(large):
    express = large.street_class == StreetClass.EXPRESSWAY
    assert express.sum() > 20
    assert (large.structure[express] != Structure.UNDERPASS).mean() > 0.8
    ends = np.unique(np.concatenate([large.tail[express], large.head[express]]))
    kinds = large.street_class[np.isin(large.tail, ends) | np.isin(large.head, ends)]
    assert np.mean(kinds == StreetClass.LOCAL) < 0.2


def test_a_large_town_has_tunnels_and_collectors_that_pass_below_the_expressway(large):
    assert (large.structure == Structure.TUNNEL).any()
    assert (large.structure == Structure.UNDERPASS).sum() > 10
    tunnels = large.structure == Structure.TUNNEL
    assert (large.street_class[tunnels] <= StreetClass.ARTERIAL).all()


def test_larger_towns_have_more_ring_roads_and_wider_rivers():
    assert [len(ring_roads(n)) for n in (500, 20_000, 200_000)] == [0, 1, 2]
    assert river_width_m(500) == 20.0
    assert river_width_m(60) < river_width_m(5_000) < river_width_m(200_000)
