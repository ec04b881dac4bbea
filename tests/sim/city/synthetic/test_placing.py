import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.city.assets import AssetKind, Assets
from sim.city.blocks import LandUse, People
from sim.city.streets import Structure
from sim.city.synthetic.placing import number_of, place_assets
from sim.city.synthetic.plan import Plan
from sim.city.synthetic.populating import populate
from sim.scenario.town import Town
from tests.sim.city.synthetic.small_plan import level_ground, square_plan

SITED = (
    AssetKind.HOSPITAL,
    AssetKind.SCHOOL,
    AssetKind.FIRE_STATION,
    AssetKind.DEPOT,
    AssetKind.SUBSTATION,
)


def _town(plan: Plan, seed: int = 1, *, bank_m: float = 0.0) -> tuple[People, Assets]:
    town = Town.of("hamlet", "central", seed=seed)
    people = populate(town, plan, plan.streets)
    return people, place_assets(town, plan, plan.streets, people, level_ground(plan, bank_m=bank_m))


@given(seed=st.integers(0, 2**32), columns=st.integers(2, 20), rows=st.integers(2, 20), river=st.booleans())
@settings(max_examples=30)
def test_every_asset_stands_at_a_corner_of_its_block_and_street(
    seed: int, columns: int, rows: int, river: bool
) -> None:
    plan = square_plan(columns, rows, river=river and rows > 4)
    people, assets = _town(plan, seed)
    streets, lots = plan.streets, plan.lots
    assert len(set(assets.names)) == assets.n_assets == len(assets.kind)
    for kind in SITED:
        assert len(assets.of_kind(kind)) >= 1
    for i in range(assets.n_assets):
        block, street, corner = assets.block[i], assets.street[i], assets.corner[i]
        assert corner in (streets.tail[street], streets.head[street])
        if block >= 0:
            assert corner in lots.corner[lots.corner_first[block] : lots.corner_first[block + 1]]
        if assets.kind[i] in SITED:
            assert block in lots.beside[street]
            assert streets.structure[street] == Structure.SURFACE
    depots = assets.of_kind(AssetKind.DEPOT)
    assert len(depots) >= len(people.district_names)


def test_the_same_town_has_the_same_assets() -> None:
    plan = square_plan()
    one, again = _town(plan)[1], _town(plan)[1]
    assert one.names == again.names
    for name in ("kind", "corner", "street", "block", "xy", "size"):
        assert getattr(one, name).tobytes() == getattr(again, name).tobytes()


def test_names_count_outwards_from_the_centre() -> None:
    plan = square_plan(60, 60)
    assets = _town(plan)[1]
    schools = assets.of_kind(AssetKind.SCHOOL)
    assert [assets.names[i] for i in schools[:3]] == ["school 1", "school 2", "school 3"]
    away = np.hypot(*(assets.xy[schools] - plan.centre).T)
    assert (np.diff(away) >= -0.01).all()
    assert assets.names[assets.of_kind(AssetKind.FIRE_STATION)[0]] == "fire station 1"


def test_every_bridge_underpass_and_tunnel_is_an_asset() -> None:
    plan = square_plan()
    assets = _town(plan)[1]
    pairs = (
        (AssetKind.BRIDGE, Structure.BRIDGE),
        (AssetKind.UNDERPASS, Structure.UNDERPASS),
        (AssetKind.TUNNEL, Structure.TUNNEL),
    )
    for kind, structure in pairs:
        expected = np.flatnonzero(plan.streets.structure == structure)
        assert sorted(assets.street[assets.of_kind(kind)].tolist()) == expected.tolist()
        assert (assets.size[assets.of_kind(kind)] == 120.0).all()


def test_beds_and_pupils_are_whole_and_follow_the_people() -> None:
    plan = square_plan(60, 60)
    people, assets = _town(plan)
    beds, pupils = (assets.size[assets.of_kind(kind)] for kind in (AssetKind.HOSPITAL, AssetKind.SCHOOL))
    assert beds.sum() == round(people.population.sum() * 0.006)
    assert pupils.sum() == round(people.population.sum() * 0.110)
    assert pupils.max() < 4.0 * np.median(pupils)


def test_no_school_stands_in_a_park_or_a_factory() -> None:
    people, assets = _town(square_plan(40, 40))
    uses = people.land_use[assets.block[assets.of_kind(AssetKind.SCHOOL)]]
    assert set(uses.tolist()) <= {LandUse.HOUSING, LandUse.MIXED}


def test_fire_stations_are_spread_so_that_none_is_far_from_its_ground() -> None:
    plan = square_plan(100, 100)
    assets = _town(plan)[1]
    stations = assets.xy[assets.of_kind(AssetKind.FIRE_STATION)]
    assert len(stations) == 21  # 99 x 99 blocks of 0.0144 km2 over 7 km2, rounded up
    away = np.hypot(*(plan.lots.centre_xy[:, None] - stations).transpose(2, 0, 1)).min(axis=1)
    assert away.max() < 3200.0  # a square of 7 km2 is 1.9 km from middle to corner


def test_a_bank_beside_a_street_is_a_slope_of_its_height() -> None:
    plan = square_plan(24, 20, river=False)
    assets = _town(plan, bank_m=12.0)[1]
    slopes = assets.of_kind(AssetKind.SLOPE)
    assert len(slopes) > 0
    assert np.abs(assets.xy[slopes, 0] - plan.centre[0]).max() < 60.0
    assert ((assets.size[slopes] >= 5.0) & (assets.size[slopes] <= 12.0)).all()
    assert len(_town(plan)[1].of_kind(AssetKind.SLOPE)) == 0


def test_where_corners_run_out_they_are_shared() -> None:
    assets = _town(square_plan(2, 2, river=False))[1]
    assert assets.n_assets == 5
    assert set(assets.corner.tolist()) <= {0, 1, 2, 3}


@pytest.mark.parametrize(
    ("kind", "people", "km2", "count"),
    [
        (AssetKind.HOSPITAL, 1e6, 100.0, 9),
        (AssetKind.SCHOOL, 1.2e5, 10.0, 13),
        (AssetKind.FIRE_STATION, 1e5, 7.1, 2),
        (AssetKind.DEPOT, 1e5, 60.0, 2),
        (AssetKind.DEPOT, 1e3, 1.0, 1),
        (AssetKind.SUBSTATION, 1e5, 16.0, 2),
    ],
)
def test_the_norms_give_the_number(kind: AssetKind, people: float, km2: float, count: int) -> None:
    assert number_of(kind, people=people, km2=km2) == count
