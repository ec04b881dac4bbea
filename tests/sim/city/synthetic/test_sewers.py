"""The sewers of made towns: every drain falls or is pumped, lies under a street, and reaches an outfall."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.city.blocks import People
from sim.city.drainage import Drainage, DrainLinkKind, DrainNodeKind, Shape
from sim.city.storms import formula_of, intensity_m_s
from sim.city.streets import Streets, Structure
from sim.city.synthetic.ground import raise_ground
from sim.city.synthetic.laying import lay_plan
from sim.city.synthetic.plan import Plan
from sim.city.synthetic.populating import populate
from sim.city.synthetic.sewer_forest import grow
from sim.city.synthetic.sewer_ground import drained_ground, return_periods, runoff
from sim.city.synthetic.sewer_levels import COVER_M, DEEPEST_M
from sim.city.synthetic.sewer_parts import SUMP_M
from sim.city.synthetic.sewer_sizes import MANNING, SIZES, choose
from sim.city.synthetic.sewers import Sewers, lay_sewers
from sim.city.terrain import Terrain
from sim.errors import CityOpsError
from sim.scenario.town import Town
from tests.sim.city.swmm_files import differences
from tests.sim.city.synthetic.small_plan import square_plan

Made = tuple[Town, Plan, Streets, People, Terrain, Sewers]


@cache
def made(seed: int, corners: int, preset: str, river: bool, railway: bool, relief: float = 25.0) -> Made:
    town = Town.of(
        "hamlet",
        preset,
        seed=seed,
        corners=corners,
        river=river,
        railway=railway,
        relief=relief,  # type: ignore[arg-type]
    )
    plan = lay_plan(town)
    terrain, streets = raise_ground(town, plan)
    people = populate(town, plan, streets)
    return town, plan, streets, people, terrain, lay_sewers(town, plan, streets, people, terrain)


towns = st.builds(
    made,
    st.integers(0, 40),
    st.sampled_from([80, 150, 220]),
    st.sampled_from(["east", "central", "west"]),
    st.booleans(),
    st.booleans(),
    st.sampled_from([5.0, 25.0, 60.0]),
)
few = settings(max_examples=6)


def conduits(d: Drainage) -> np.ndarray:
    return np.flatnonzero(d.link_kind == DrainLinkKind.CONDUIT)


def ends(d: Drainage) -> tuple[np.ndarray, np.ndarray]:
    """Inverts of each link at its tail and head."""
    return d.invert_m[d.tail] + d.tail_offset_m, d.invert_m[d.head] + d.head_offset_m


@few
@given(towns)
def test_every_drain_falls_or_is_pumped(town: Made) -> None:
    d = town[5].drainage
    start, end = ends(d)
    assert set(d.link_kind.tolist()) <= {DrainLinkKind.CONDUIT, DrainLinkKind.PUMP}
    assert (start - end)[conduits(d)].min() >= 0.009


@few
@given(towns)
def test_every_manhole_leads_to_an_outfall(town: Made) -> None:
    d = town[5].drainage
    leads_to = np.arange(d.n_nodes)
    assert len(np.unique(d.tail)) == d.n_links  # one way on from each node
    leads_to[d.tail] = d.head
    for _ in range(d.n_nodes):
        onward = leads_to[leads_to]
        if (onward == leads_to).all():
            break
        leads_to = onward
    assert (d.node_kind[leads_to] == DrainNodeKind.OUTFALL).all()
    assert len(np.unique(d.head[d.node_kind[d.head] == DrainNodeKind.OUTFALL])) == (d.node_kind == 1).sum()


@few
@given(towns)
def test_every_sewer_lies_under_its_street(town: Made) -> None:
    _, _, streets, _, _, sewers = town
    d, street = sewers.drainage, sewers.street_of_link
    under = np.flatnonzero((street >= 0) & (d.link_kind == DrainLinkKind.CONDUIT))
    assert (streets.structure[street[under]] == Structure.SURFACE).all()
    assert len(np.unique(street[under])) == len(under)
    ways = np.sort(np.column_stack([sewers.corner_of_node[d.tail[under]], sewers.corner_of_node[d.head[under]]]))
    assert (ways == np.sort(np.column_stack([streets.tail, streets.head])[street[under]])).all()
    assert d.length_m[under] == pytest.approx(streets.length_m[street[under]], abs=0.01)
    without = [name[0] for name, s in zip(d.link_names, street.tolist(), strict=True) if s < 0]
    assert set(without) <= {"E", "L"}


@few
@given(towns)
def test_ids_say_what_and_where(town: Made) -> None:
    _, _, streets, _, _, sewers = town
    d = sewers.drainage
    for name, corner in zip(d.node_names, sewers.corner_of_node.tolist(), strict=True):
        assert name[0] == "U" or name[1:] == str(corner)
    for name, street in zip(d.link_names, sewers.street_of_link.tolist(), strict=True):
        assert street < 0 or name[1:] == str(street)
    assert len(set(d.node_names)) == d.n_nodes
    assert len(set(d.link_names)) == d.n_links
    manholes = [name for name in d.node_names if name[0] == "M"]
    on_ground = streets.structure == Structure.SURFACE
    assert len(manholes) == len(np.unique(np.concatenate([streets.tail[on_ground], streets.head[on_ground]])))


@few
@given(towns)
def test_sewers_keep_their_cover_and_are_not_too_deep(town: Made) -> None:
    _, _, streets, _, _, sewers = town
    d, corner = sewers.drainage, sewers.corner_of_node
    pipes = np.flatnonzero((sewers.street_of_link >= 0) & (d.link_kind == DrainLinkKind.CONDUIT))
    for at, node in zip(ends(d), (d.tail, d.head), strict=True):
        crown = at[pipes] + d.geometry[pipes, 0]
        cover = streets.elevation_m[corner[node[pipes]]] - crown
        assert cover.min() >= COVER_M - 2e-3
    for at, node in zip(ends(d), (d.tail, d.head), strict=True):
        depth = streets.elevation_m[corner[node[pipes]]] - at[pipes]
        assert depth.max() <= DEEPEST_M + 2e-3


@few
@given(towns)
def test_no_sewer_is_smaller_than_one_upstream_of_it(town: Made) -> None:
    d = town[5].drainage
    pipes = conduits(d)
    area = np.where(
        d.shape == Shape.RECT_CLOSED, d.geometry[:, 0] * d.geometry[:, 1], np.pi / 4 * d.geometry[:, 0] ** 2
    )
    area = area * d.barrels
    leaves = np.full(d.n_nodes, np.inf)
    leaves[d.tail[pipes]] = area[pipes]
    assert (leaves[d.head[pipes]] >= area[pipes] - 1e-12).all()
    start, end = (at + d.geometry[:, 0] for at in ends(d))
    crown = np.full(d.n_nodes, -np.inf)
    crown[d.tail[pipes]] = start[pipes]
    assert (crown[d.head[pipes]] <= end[pipes] + 2e-3).all()  # crown to crown, or lower


@few
@given(towns)
def test_every_underpass_is_pumped_dry_from_its_sag(town: Made) -> None:
    _, _, streets, _, _, sewers = town
    d = sewers.drainage
    underpasses = np.flatnonzero(streets.structure == Structure.UNDERPASS)
    for street in underpasses.tolist():
        well, pump = d.node_names.index(f"U{street}"), d.link_names.index(f"P{street}")
        assert d.node_kind[well] == DrainNodeKind.STORAGE
        assert d.tail[pump] == well
        assert d.node_names[d.head[pump]].startswith("M")
        assert d.invert_m[well] + d.depth_m[well] == pytest.approx(streets.lowest_m[street], abs=2e-3)
        assert (d.catchments.outlet_node == well).sum() == 1
        assert sewers.street_of_link[pump] == street


@few
@given(towns)
def test_the_ground_of_all_blocks_drains_somewhere(town: Made) -> None:
    _, plan, _, people, _, sewers = town
    c = sewers.drainage.catchments
    assert c.area_m2.sum() == pytest.approx(plan.lots.area_m2.sum(), rel=0.02)
    paved = (c.area_m2 * c.impervious).sum()
    assert paved == pytest.approx((plan.lots.area_m2 * people.impervious).sum(), rel=0.03)
    assert (c.outlet_node >= 0).all()
    assert c.impervious.min() >= 0.0
    assert c.impervious.max() <= 1.0


def test_the_same_town_has_the_same_sewers() -> None:
    town, plan, streets, people, terrain, sewers = made(5, 150, "central", True, True)
    again = lay_sewers(town, plan, streets, people, terrain)
    assert differences(sewers, again) == []
    with pytest.raises(ValueError, match="read-only"):
        again.street_of_link[0] = 1


def test_outfalls_are_at_the_river() -> None:
    _, plan, _, _, _, sewers = made(5, 300, "central", True, False)
    assert plan.river is not None
    d = sewers.drainage
    at = d.xy[d.node_kind == DrainNodeKind.OUTFALL]
    legs = np.linspace(plan.river.xy[:-1], plan.river.xy[1:], 200).reshape(-1, 2)
    away = np.hypot(*(at[:, None] - legs[None]).transpose(2, 0, 1)).min(axis=1)
    assert np.median(away) == pytest.approx(plan.river.width_m / 2, rel=0.2)
    assert 2 <= len(at) <= 60


def test_a_town_without_a_river_drains_over_its_lowest_edge() -> None:
    _, _, streets, _, _, sewers = made(5, 300, "west", False, False)
    roots = sewers.corner_of_node[sewers.drainage.node_kind == DrainNodeKind.OUTFALL]
    assert np.median(streets.elevation_m[roots]) < np.median(streets.elevation_m)


def test_old_streets_were_built_for_less_and_some_were_renewed() -> None:
    town, plan, streets, people, terrain, _ = made(5, 300, "central", True, False)
    years = return_periods(town, plan.lots, people)
    assert set(years.tolist()) == {town.old_drains_return_period, town.new_drains_return_period}
    assert (return_periods(town.model_copy(update={"renewed": 1.0}), plan.lots, people) == 3.0).all()
    before = town.model_copy(update={"present": 2010, "renewed": 1.0})
    old = replace(people, built_year=np.minimum(people.built_year, 2010).astype(np.int16))
    assert (return_periods(before, plan.lots, old) == town.old_drains_return_period).all()
    larger = town.model_copy(update={"old_drains_return_period": 10.0, "new_drains_return_period": 10.0})
    bigger = lay_sewers(larger, plan, streets, people, terrain).drainage
    smaller = made(5, 300, "central", True, False)[5].drainage
    assert bigger.geometry[:, 0].mean() > smaller.geometry[:, 0].mean()


def test_deep_sewers_are_lifted() -> None:
    """Where the ground falls away from the outfalls, sewers dive until pump stations lift them."""
    plan = square_plan(river=False)
    town = Town.of("hamlet", river=False, spacing=120.0)
    bowl = np.round(0.01 * np.hypot(*(plan.streets.xy - plan.centre).T), 3)
    streets = replace(
        plan.streets, elevation_m=bowl, lowest_m=np.minimum(bowl[plan.streets.tail], bowl[plan.streets.head])
    )
    blocks = plan.lots.n_blocks
    people = People(
        land_use=np.zeros(blocks, dtype=np.int8),
        built_year=np.full(blocks, 2020, dtype=np.int16),
        population=np.full(blocks, 100.0),
        jobs=np.full(blocks, 10.0),
        vulnerable=np.full(blocks, 0.2),
        impervious=np.full(blocks, 0.6),
        subdistrict=np.zeros(blocks, dtype=np.int32),
        district_of_subdistrict=np.zeros(1, dtype=np.int32),
        subdistrict_names=("one",),
        district_names=("one",),
    )
    ground = Terrain(np.zeros((10, 10), dtype=np.float32), 300.0)
    sewers = lay_sewers(town, plan, streets, people, ground)
    drains = sewers.drainage
    lifts = [i for i, name in enumerate(drains.link_names) if name[0] == "L"]
    assert len(lifts) >= 5
    for i in lifts:
        well, chamber = drains.tail[i], drains.head[i]
        assert drains.node_kind[well] == DrainNodeKind.STORAGE
        assert drains.node_names[chamber] == drains.node_names[well].replace("M", "D")
        assert drains.invert_m[chamber] > drains.invert_m[well] + 1.5
        into = conduits(drains)[drains.head[conduits(drains)] == well]
        assert (ends(drains)[1][into] >= drains.invert_m[well] + 1.4).all()  # over the sump
        assert drains.curves[drains.pump_curve[i]].y[-1] > 0.0
        assert drains.start_depth_m[i] > drains.stop_depth_m[i] > 0.0
    pipes = np.flatnonzero((sewers.street_of_link >= 0) & (drains.link_kind == DrainLinkKind.CONDUIT))
    depth = streets.elevation_m[sewers.corner_of_node[drains.tail[pipes]]] - ends(drains)[0][pipes]
    assert depth.max() <= DEEPEST_M + 1e-3


@pytest.mark.parametrize(("seed", "relief", "spacing"), [(103, 60.0, 115.0), (104, 150.0, 200.0)])
def test_on_steep_ground_too_no_sewer_ends_deeper_than_said(seed: int, relief: float, spacing: float) -> None:
    """Where a street rises by more than a sewer below it can bear, pumps force the water up to its end."""
    town = Town.of("hamlet", "central", seed=seed, corners=400, railway=True, relief=relief, spacing=spacing)
    plan = lay_plan(town)
    terrain, streets = raise_ground(town, plan)
    sewers = lay_sewers(town, plan, streets, populate(town, plan, streets), terrain)
    d, corner = sewers.drainage, sewers.corner_of_node
    pipes = np.flatnonzero((sewers.street_of_link >= 0) & (d.link_kind == DrainLinkKind.CONDUIT))
    for at, node in zip(ends(d), (d.tail, d.head), strict=True):
        assert (streets.elevation_m[corner[node[pipes]]] - at[pipes]).max() <= DEEPEST_M + 2e-3
    wells = d.node_kind == DrainNodeKind.STORAGE
    assert d.depth_m[~wells].max() <= DEEPEST_M + 2e-3
    assert d.depth_m[[name[0] == "M" for name in d.node_names] & wells].max() <= DEEPEST_M + SUMP_M + 2e-3
    forced = [i for i, name in enumerate(d.link_names) if name[0] == "F"]
    assert forced
    for i in forced:
        street, way = sewers.street_of_link[i], corner[[d.tail[i], d.head[i]]]
        assert set(way) == {streets.tail[street], streets.head[street]}
        assert streets.elevation_m[way[1]] - streets.elevation_m[way[0]] > 4.0
        assert d.link_kind[i] == DrainLinkKind.PUMP
        assert wells[d.tail[i]]
        assert d.node_names[d.head[i]] == f"M{way[1]}"
    assert f"S{sewers.street_of_link[forced[0]]}" not in d.link_names
    assert d.n_links == d.n_nodes - (d.node_kind == DrainNodeKind.OUTFALL).sum()


def test_a_manhole_gets_what_the_rational_method_says() -> None:
    """At the head of a sewer: coefficient times area times the intensity of ten minutes."""
    town, plan, streets, people, _, sewers = made(7, 150, "central", True, False)
    forest = grow(plan, streets, town.spacing)
    ground = drained_ground(town, streets, plan.lots, people, forest=forest)
    heads = np.setdiff1d(forest.corners, forest.down)
    d = sewers.drainage
    for corner in heads[:20].tolist():
        if forest.down[corner] < 0 or corner in ground.sag_manhole:
            continue
        link = d.link_names.index(f"S{forest.street[corner]}")
        period = ground.return_period[forest.street[corner]]
        flow = (
            ground.area_m2[corner]
            * runoff(ground.impervious[corner])
            * intensity_m_s(formula_of(town.storm), period, 10.0)
        )
        start, end = ends(d)
        slope = (start[link] - end[link]) / d.length_m[link]
        size = int(np.flatnonzero(SIZES.height_m == d.geometry[link, 0])[0])
        assert SIZES.conveyance[size] * np.sqrt(slope) >= flow * 0.98
        assert size == 0 or SIZES.conveyance[size - 1] * np.sqrt(slope) < flow * 1.5


def test_sizes_ascend_and_full_pipes_flow_as_manning_says() -> None:
    assert (np.diff(SIZES.area_m2) > 0.0).all()
    assert (np.diff(SIZES.conveyance) > 0.0).all()
    assert SIZES.conveyance[7] == pytest.approx(np.pi / 4 * 0.25 ** (2 / 3) / MANNING)
    assert SIZES.least_slope[0] == pytest.approx(0.003, rel=0.01)  # as the standard has it


@given(st.floats(1e-3, 300.0), st.floats(5.0, 500.0), st.floats(-3.0, 30.0), st.integers(0, 20))
def test_the_smallest_size_that_carries_the_flow_is_chosen(
    flow: float, length: float, wanted: float, least: int
) -> None:
    chosen = choose(*(np.array([v]) for v in (flow, length, wanted)), least_size=np.array([least], dtype=np.int32))
    size, fall = int(chosen.size[0]), float(chosen.fall_m[0])
    assert size >= least
    assert fall >= max(wanted, 0.01)
    assert SIZES.conveyance[size] * np.sqrt(fall / length) >= flow or size == len(SIZES.height_m) - 1
    assert chosen.velocity_m_s[0] >= 0.75 - 1e-9


def test_a_town_without_streets_on_the_ground_has_no_sewers() -> None:
    town, plan, streets, people, terrain, _ = made(5, 150, "central", True, True)
    up = replace(streets, structure=np.full(streets.n_streets, Structure.BRIDGE, dtype=np.int8))
    with pytest.raises(CityOpsError, match="without a street on the ground"):
        lay_sewers(town, plan, up, people, terrain)
