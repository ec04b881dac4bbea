import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.city.streets import StreetClass
from sim.city.synthetic.adjacency import neighbours_of, parts
from sim.city.synthetic.districts import Subdistricts, districts_of, number_of_districts
from sim.city.synthetic.plan import Plan
from tests.sim.city.synthetic.small_plan import square_plan


def _regions(plan: Plan, population: np.ndarray) -> Subdistricts:
    return districts_of(plan, plan.streets, population)


def _assert_contiguous(plan: Plan, region: np.ndarray) -> None:
    pairs = neighbours_of(plan.lots, plan.streets)
    inner = region[pairs.one] == region[pairs.other]
    part = parts(pairs.one[inner], pairs.other[inner], plan.lots.n_blocks)
    assert part.max() + 1 == region.max() + 1


@given(
    columns=st.integers(2, 26),
    rows=st.integers(2, 26),
    river=st.booleans(),
    per_block=st.integers(0, 30_000),
    odd=st.integers(0, 10**6),
)
@settings(max_examples=40)
def test_every_block_is_in_one_contiguous_sub_district_of_one_contiguous_district(
    columns: int, rows: int, river: bool, per_block: int, odd: int
) -> None:
    plan = square_plan(columns, rows, river=river)
    population = np.full(plan.lots.n_blocks, float(per_block))
    population[odd % len(population)] += odd
    found = _regions(plan, population)
    assert len(found.subdistrict) == plan.lots.n_blocks
    assert len(set(found.subdistrict_names)) == len(found.subdistrict_names) == found.subdistrict.max() + 1
    assert len(set(found.district_names)) == len(found.district_names) == found.district_of_subdistrict.max() + 1
    _assert_contiguous(plan, found.subdistrict)
    _assert_contiguous(plan, found.district_of_subdistrict[found.subdistrict])


def test_a_town_of_three_hundred_corners_has_two_districts_of_two_sub_districts() -> None:
    plan = square_plan(20, 15)
    found = _regions(plan, np.full(plan.lots.n_blocks, 3.0))
    assert np.bincount(found.district_of_subdistrict).tolist() == [2, 2]


def test_a_smaller_one_is_one_district() -> None:
    plan = square_plan(16, 15)
    found = _regions(plan, np.full(plan.lots.n_blocks, 3.0))
    assert found.district_names == ("Old Town",)


def test_regions_are_about_equal_in_people() -> None:
    plan = square_plan(80, 80)
    away = np.hypot(*(plan.lots.centre_xy - plan.centre).T)
    population = np.round(900.0 * np.exp(-away / 3000.0))
    found = _regions(plan, population)
    for region in (found.subdistrict, found.district_of_subdistrict[found.subdistrict]):
        people = np.bincount(region, weights=population)
        assert people.max() < 1.45 * people.mean()
        assert people.min() > 0.5 * people.mean()


def test_borders_of_districts_run_along_arterials_and_the_river_where_there_are_enough() -> None:
    plan = square_plan(62, 62)
    found = _regions(plan, np.full(plan.lots.n_blocks, 200.0))
    district = found.district_of_subdistrict[found.subdistrict]
    left, right = plan.lots.beside.T
    border = (left >= 0) & (right >= 0) & (district[left] != district[right])
    assert border.any()
    assert (plan.streets.street_class[border] == StreetClass.ARTERIAL).all()


def test_the_first_district_is_the_nearest_to_the_centre() -> None:
    plan = square_plan(80, 80)
    found = _regions(plan, np.full(plan.lots.n_blocks, 400.0))
    district = found.district_of_subdistrict[found.subdistrict]
    middles = [plan.lots.centre_xy[district == d].mean(axis=0) for d in range(district.max() + 1)]
    assert np.hypot(*(np.array(middles) - plan.centre).T).argmin() == 0
    assert "Riverside" in found.district_names


@pytest.mark.parametrize(("people", "count"), [(1e4, 2), (5e5, 2), (5e6, 6), (23e6, 19)])
def test_large_cities_have_more_but_larger_districts(people: float, count: int) -> None:
    assert number_of_districts(people, least=2, most=100) == count
