import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.city.blocks import LandUse, Lots, People
from sim.city.synthetic.plan import Plan
from sim.city.synthetic.populating import populate, whole_shares
from sim.errors import CityOpsError
from sim.scenario.town import Town
from tests.sim.city.synthetic.small_plan import square_plan

PLAN = square_plan()


def _people(plan: Plan = PLAN, **numbers: object) -> People:
    return populate(Town.of("hamlet", "central", **numbers), plan, plan.streets)


def _mean(values: np.ndarray, weight: np.ndarray) -> float:
    return float(np.average(values, weights=weight))


def _away(plan: Plan) -> np.ndarray:
    return np.hypot(*(plan.lots.centre_xy - plan.centre).T)


@given(
    seed=st.integers(0, 2**64 - 1),
    people_per_km2=st.floats(50.0, 50_000.0),
    jobs=st.floats(0.01, 2.0),
    vulnerable=st.floats(0.0, 1.0),
    columns=st.integers(2, 14),
)
@settings(max_examples=40)
def test_people_and_jobs_are_whole_and_sum_to_what_the_town_says(
    seed: int, people_per_km2: float, jobs: float, vulnerable: float, columns: int
) -> None:
    plan = square_plan(columns, 9)
    people = _people(
        plan, seed=seed, people_per_km2=people_per_km2, jobs_per_person=jobs, vulnerable=vulnerable, present=2025
    )
    total = max(round(people_per_km2 * plan.lots.area_m2.sum() / 1e6), 1)
    assert people.population.sum() == total
    assert people.jobs.sum() == round(jobs * total)
    for whole in (people.population, people.jobs):
        assert (whole == np.floor(whole)).all()
        assert whole.min() >= 0.0
    assert ((people.vulnerable >= 0.0) & (people.vulnerable <= 1.0)).all()
    assert _mean(people.vulnerable, people.population) == pytest.approx(vulnerable, abs=2e-6)
    assert ((people.impervious > 0.0) & (people.impervious < 1.0)).all()


@given(founded=st.integers(1850, 2020), age=st.integers(1, 80), renewed=st.floats(0.0, 1.0), seed=st.integers(0, 99))
@settings(max_examples=25)
def test_no_block_is_older_than_the_town_or_of_the_future(founded: int, age: int, renewed: float, seed: int) -> None:
    present = max(founded + age, 1900)
    years = _people(seed=seed, founded=founded, present=present, renewed=renewed).built_year
    assert years.min() >= founded
    assert years.max() <= present


def test_the_same_town_has_the_same_people_and_another_seed_others() -> None:
    one, again, other = _people(seed=4), _people(seed=4), _people(seed=5)
    for name in People.__slots__:
        first, second = getattr(one, name), getattr(again, name)
        assert first.tobytes() == second.tobytes() if isinstance(first, np.ndarray) else first == second
    assert (one.population != other.population).any()


def test_density_falls_outwards_and_that_of_jobs_faster() -> None:
    people, away = _people(), _away(PLAN)
    lived_in, worked_in = _mean(away, people.population), _mean(away, people.jobs)
    assert worked_in < lived_in < away.mean()


def test_houses_at_the_edge_are_younger_than_in_the_centre() -> None:
    years, away = _people(renewed=0.0).built_year, _away(PLAN)
    near = away < np.quantile(away, 0.2)
    far = away > np.quantile(away, 0.8)
    assert years[near].mean() + 30 < years[far].mean()


def test_renewal_makes_old_blocks_younger_and_leaves_young_ones() -> None:
    before, after = _people(renewed=0.0).built_year, _people(renewed=1.0).built_year
    changed = before != after
    assert 0.2 < changed[before <= 1990].mean() < 0.6
    assert not changed[before > 1990].any()
    assert (after[changed] > before[changed]).all()


def test_each_use_takes_about_the_share_of_the_ground_that_the_code_asks_for() -> None:
    plan = square_plan(40, 40)
    shares = np.bincount(_people(plan).land_use, minlength=len(LandUse)) / plan.lots.n_blocks
    assert shares == pytest.approx([0.55, 0.08, 0.10, 0.16, 0.11], abs=0.01)


def test_nobody_lives_in_a_park_and_the_old_centre_is_in_the_middle() -> None:
    people, away = _people(), _away(PLAN)
    assert people.population[people.land_use == LandUse.GREEN].sum() == 0.0
    assert away[people.land_use == LandUse.MIXED].max() < np.quantile(away, 0.3)


def test_neighbours_are_alike_in_how_vulnerable_they_are() -> None:
    share = _people(square_plan(60, 60)).vulnerable.reshape(59, 59)
    beside = np.corrcoef(share[:, :-1].ravel(), share[:, 1:].ravel())[0, 1]
    far = np.corrcoef(share[:, :-30].ravel(), share[:, 30:].ravel())[0, 1]
    assert beside > 0.7
    assert abs(far) < 0.5


def test_a_lone_block_is_lived_in() -> None:
    people = _people(square_plan(2, 2, river=False))
    assert people.population.tolist() == [115.0]  # 8,000 on a km2, 120 m by 120 m
    assert people.subdistrict.tolist() == [0]


def test_a_town_founded_after_its_present_is_refused() -> None:
    with pytest.raises(CityOpsError, match=r"founded: the town must be older, found 2000; accepted: .* 1990"):
        _people(founded=2000, present=1990)


def test_streets_without_blocks_are_refused() -> None:
    no_lots = Lots(
        corner_first=np.zeros(1, dtype=np.int32),
        corner=np.zeros(0, dtype=np.int32),
        area_m2=np.zeros(0),
        centre_xy=np.zeros((0, 2)),
        beside=np.full((PLAN.streets.n_streets, 2), -1, dtype=np.int32),
    )
    plan = Plan(
        streets=PLAN.streets, lots=no_lots, river=None, railway=None, centre=PLAN.centre, boundary=PLAN.boundary
    )
    with pytest.raises(CityOpsError, match="no block"):
        _people(plan)


@given(total=st.integers(0, 10**7), weight=st.lists(st.floats(0.0, 1e6), min_size=1, max_size=50))
def test_whole_shares_sum_to_the_total_and_are_within_one_of_the_exact_ones(total: int, weight: list[float]) -> None:
    weights = np.array(weight)
    weights[0] += 1.0
    whole = whole_shares(total, weights)
    assert whole.sum() == total
    assert np.abs(whole - total * weights / weights.sum()).max() <= 1.0 + 1e-5
