from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.city.assets import Assets
from sim.city.cells import carriageway_pairs
from sim.city.crosswalk import Crosswalk, Index, crosswalk_of
from sim.city.register import Register
from sim.city.streets import Structure
from sim.city.synthetic.ground import raise_ground
from sim.city.synthetic.laying import lay_plan
from sim.city.synthetic.plan import Plan
from sim.city.terrain import Terrain
from sim.scenario.town import Town

pairs = st.lists(st.tuples(st.integers(-1, 6), st.integers(-1, 9)))


def ints(values: object) -> np.ndarray:
    return np.array(values, dtype=np.int32)


def index(some: list[tuple[int, int]]) -> Index:
    street, element = ints(some).reshape(-1, 2).T
    return Index.of_pairs(street, element, n_streets=7, n_elements=10)


@given(pairs)
def test_an_index_holds_just_its_pairs_whichever_way_it_is_read(some: list) -> None:
    known = {pair for pair in some if min(pair) >= 0}
    read = index(some)
    assert {(s, e) for s in range(7) for e in read.at(s).tolist()} == known
    assert {(s, e) for e in range(10) for s in read.streets_of(e).tolist()} == known
    for row in [*(read.at(s) for s in range(7)), *(read.streets_of(e) for e in range(10))]:
        assert (np.diff(row) > 0).all()


@given(pairs, st.lists(st.integers(0, 6)), st.lists(st.integers(0, 9)))
def test_many_at_once_are_what_each_is_alone(some: list, streets: list, elements: list) -> None:
    read = index(some)
    assert read.at_any(ints(streets)).tolist() == sorted({e for s in streets for e in read.at(s).tolist()})
    assert read.streets_of_any(ints(elements)).tolist() == sorted(
        {s for e in elements for s in read.streets_of(e).tolist()}
    )


@given(pairs)
def test_the_greatest_value_at_a_street_is_that_of_its_elements(some: list) -> None:
    read, depth = index(some), np.arange(10, 20) / 10.0
    assert read.greatest(depth).tolist() == [max(depth[read.at(s)].tolist(), default=0.0) for s in range(7)]


def test_nothing_lies_at_streets_that_are_none() -> None:
    empty = Index.of_pairs(ints([]), ints([]), n_streets=0, n_elements=0)
    assert empty.greatest(np.zeros(0)).shape == (0,)


def layers(plan: Plan, terrain: Terrain) -> Crosswalk:
    """A crosswalk with a main and a sewer below every second street, and two assets."""
    m, n = plan.streets.n_streets, plan.streets.n_corners
    street = ints(np.append(np.arange(0, m, 2), [-1]))
    register = Register(
        material=np.zeros(len(street), np.int8),
        laid_year=np.zeros(len(street), np.int16),
        valve_at_tail=np.zeros(len(street), bool),
        valve_at_head=np.zeros(len(street), bool),
        street=street,
        corner=ints([*range(n), 3]),
    )
    assets = Assets(
        kind=np.zeros(2, np.int8),
        names=("a", "b"),
        corner=ints([0, 1]),
        street=ints([5, -1]),
        block=ints([-1, -1]),
        xy=np.zeros((2, 2)),
        size=np.zeros(2),
    )
    return crosswalk_of(
        plan.streets,
        plan.lots,
        terrain=terrain,
        register=register,
        street_of_sewer=street[::-1].copy(),
        corner_of_manhole=ints([2, 2, -1, 0]),
        assets=assets,
    )


@given(st.integers(0, 1000), st.sampled_from(["east", "central", "west"]))
@settings(max_examples=4)
def test_of_a_made_town_both_ways_agree(seed: int, preset: str) -> None:
    town = Town.of("hamlet", preset, seed=seed, corners=120)
    plan = lay_plan(town)
    terrain, streets = raise_ground(town, plan)
    found = layers(plan, terrain)
    for s in range(streets.n_streets):
        for layer, elements in found.under(s).items():
            for e in elements.tolist():
                assert s in getattr(found, layer).streets_of(e).tolist()
        assert set(found.blocks.at(s).tolist()) == set(plan.lots.beside[s].tolist()) - {-1}
        assert found.mains.at(s).tolist() == ([s // 2] if s % 2 == 0 else [])
    street, cell = carriageway_pairs(streets, terrain)
    flooded = {int(c): set(street[cell == c].tolist()) for c in np.unique(cell)[::7]}
    assert all(set(found.flooded_by(c).tolist()) == roads for c, roads in flooded.items())
    grounded = streets.structure == Structure.SURFACE
    assert all(len(found.cells.at(s)) for s in np.flatnonzero(grounded))


def test_the_first_node_at_a_corner_is_the_corners() -> None:
    town = Town.of("hamlet", "east", seed=1, corners=80)
    plan = lay_plan(town)
    found = layers(plan, raise_ground(town, plan)[0])
    assert found.main_of_corner.tolist() == list(range(plan.streets.n_corners))
    assert found.manhole_of_corner[:4].tolist() == [3, -1, 0, -1]
    assert found.assets.at(5).tolist() == [0]
    assert found.assets.streets_of(1).tolist() == []
