"""A real network is found under given streets, or told not to lie there."""

from dataclasses import replace

import numpy as np
import pytest

from sim.city.register import Material, register_of
from sim.city.synthetic.mains import lay_mains
from sim.city.water import LinkKind, WaterNetwork
from sim.errors import CityOpsError
from sim.scenario.town import Town
from tests.sim.city.synthetic.hand_made import hand_made


@pytest.fixture(scope="module")
def made():
    streets, lots, people = hand_made(8, 9, relief=150.0)
    return streets, *lay_mains(Town.of("hamlet"), streets, lots, people)


def moved(network, xy):
    return replace(network, xy=np.asarray(xy, dtype=np.float64))


def test_a_network_laid_under_streets_is_found_under_them_again(made):
    streets, network, register = made
    found = register_of(network, streets)
    is_pipe = (network.link_kind == LinkKind.PIPE) & (register.street >= 0)
    assert np.array_equal(found.street[is_pipe], register.street[is_pipe])
    assert np.array_equal(found.corner, register.corner)
    assert np.array_equal(found.valve_at_tail, register.valve_at_tail)
    assert np.array_equal(found.valve_at_head, register.valve_at_head)


def test_nothing_is_known_of_its_materials_and_pumps_lie_under_no_street(made):
    streets, network, _ = made
    found = register_of(network, streets)
    assert set(found.material.tolist()) == {Material.UNKNOWN}
    assert not found.laid_year.any()
    assert np.all(found.street[network.link_kind == LinkKind.PUMP] == -1)


def test_a_network_off_by_some_metres_is_still_found(made):
    streets, network, register = made
    found = register_of(moved(network, network.xy + np.array([9.0, -11.0])), streets)
    is_pipe = (network.link_kind == LinkKind.PIPE) & (register.street >= 0)
    assert (found.street == register.street)[is_pipe].mean() > 0.95


def test_a_pipe_between_no_neighbours_lies_under_the_nearest_street_along_its_bends(made):
    streets, _, _ = made
    network = two_nodes(streets.xy[0], streets.xy[20])
    middle = (streets.xy[0] + streets.xy[20]) / 2.0
    street = streets.n_streets - 1
    count = np.zeros(streets.n_streets + 1, dtype=np.int32)
    count[-1] = 1
    bent = replace(streets, bend_first=count, bend_xy=middle[None, :])
    assert register_of(network, bent).street[0] == street
    assert register_of(network, streets).street[0] not in (-1, street)


def test_a_main_far_from_all_streets_lies_under_none(made):
    streets, network, _ = made
    xy = network.xy.copy()
    link = int(np.flatnonzero(network.link_kind == LinkKind.PIPE)[0])
    xy[network.tail[link]] = [-5000.0, 0.0]
    assert register_of(moved(network, xy), streets).street[link] == -1


def test_layers_that_do_not_overlap_are_refused(made):
    streets, network, _ = made
    with pytest.raises(CityOpsError, match=r"the layers do not overlap: mains and streets, found half of the nodes"):
        register_of(moved(network, network.xy + 1e5), streets)


def test_a_node_without_coordinates_lies_amid_its_neighbours_and_none_at_all_is_refused(made):
    streets, network, register = made
    xy = network.xy.copy()
    xy[:2] = np.nan
    found = register_of(moved(network, xy), streets)
    assert np.array_equal(found.corner[2:], register.corner[2:])
    assert np.hypot(*(streets.xy[found.corner[:2]] - network.xy[:2]).T).max() < 400.0
    with pytest.raises(CityOpsError, match="has no coordinates for node 'J0'"):
        register_of(moved(network, np.full_like(network.xy, np.nan)), streets)


def two_nodes(start, end):
    streets, lots, people = hand_made(4, 4)
    network, _ = lay_mains(Town.of("hamlet"), streets, lots, people)
    node = np.array([0, 1])
    kept = {
        name: getattr(network, name)[node]
        for name in WaterNetwork.__slots__
        if name.startswith("tank_") or name in ("node_kind", "elevation_m", "head_pattern", "emitter")
    }
    links = {
        name: getattr(network, name)[:1]
        for name in WaterNetwork.__slots__
        if name.startswith("pump_")
        or name in ("link_kind", "length_m", "diameter_m", "roughness", "minor_loss", "is_open", "speed")
    }
    return replace(
        network,
        **kept,
        **links,
        node_names=("a", "b"),
        link_names=("main",),
        xy=np.array([start, end]),
        tail=np.array([0], np.int32),
        head=np.array([1], np.int32),
        demand_node=np.zeros(0, np.int32),
        demand_base_m3s=np.zeros(0),
        demand_pattern=np.zeros(0, np.int32),
    )
