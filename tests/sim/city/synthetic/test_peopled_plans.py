"""What holds for people, districts and assets on the plans that made towns have."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.city.assets import AssetKind
from sim.city.synthetic.adjacency import neighbours_of, parts
from sim.city.synthetic.ground import raise_ground
from sim.city.synthetic.laying import lay_plan
from sim.city.synthetic.placing import place_assets
from sim.city.synthetic.populating import populate
from sim.scenario.town import Town


@given(
    corners=st.integers(60, 700),
    preset=st.sampled_from(["east", "central", "west"]),
    seed=st.integers(0, 2**64 - 1),
    river=st.booleans(),
    railway=st.booleans(),
    density=st.floats(500.0, 60_000.0),
)
@settings(max_examples=8)
def test_a_made_town_is_peopled_divided_and_equipped(
    corners: int, preset: str, seed: int, river: bool, railway: bool, density: float
) -> None:
    town = Town.of("hamlet", preset, seed=seed, corners=corners, river=river, railway=railway, people_per_km2=density)
    plan = lay_plan(town)
    terrain, streets = raise_ground(town, plan, None)
    people = populate(town, plan, streets)
    assert people.population.sum() == max(round(density * plan.lots.area_m2.sum() / 1e6), 1)
    pairs = neighbours_of(plan.lots, streets)
    for region in (people.subdistrict, people.district):
        inner = region[pairs.one] == region[pairs.other]
        part = parts(pairs.one[inner], pairs.other[inner], plan.lots.n_blocks)
        assert part.max() == region.max()
    if streets.n_corners >= 300:
        assert len(people.district_names) >= 2
        assert np.bincount(people.district_of_subdistrict).min() >= 2
    assets = place_assets(town, plan, streets, people, terrain)
    assert ((assets.corner >= 0) & (assets.corner < streets.n_corners)).all()
    assert (assets.street < streets.n_streets).all()
    assert (assets.block < plan.lots.n_blocks).all()
    for kind in (AssetKind.HOSPITAL, AssetKind.SCHOOL, AssetKind.FIRE_STATION, AssetKind.SUBSTATION):
        assert len(assets.of_kind(kind)) >= 1
    depots = people.district[assets.block[assets.of_kind(AssetKind.DEPOT)]]
    assert len(depots) >= len(people.district_names)
    assert len(set(assets.names)) == assets.n_assets
