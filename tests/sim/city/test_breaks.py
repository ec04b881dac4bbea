"""Breaks are expected by material, diameter, age and length."""

from dataclasses import replace

import numpy as np
import pytest

from sim.city.breaks import expected_breaks
from sim.city.register import Material
from sim.city.synthetic.mains import lay_mains
from sim.city.water import LinkKind
from sim.scenario.town import Town
from tests.sim.city.synthetic.hand_made import hand_made


@pytest.fixture(scope="module")
def made():
    streets, lots, people = hand_made(6, 6)
    return lay_mains(Town.of("hamlet"), streets, lots, people)


def changed(made, *, material, year=0, diameter=0.2, length=160.9344):
    network, register = made
    n = network.n_links
    kinds, years = np.full(n, material, np.int8), np.full(n, year, np.int16)
    same = {"diameter_m": np.full(n, diameter), "length_m": np.full(n, length)}
    return replace(register, material=kinds, laid_year=years), replace(network, **same)


def test_a_tenth_of_a_mile_of_each_material_breaks_at_the_published_rate(made):
    rates = {
        Material.UNKNOWN: 11.1,
        Material.GREY_IRON: 28.6,
        Material.DUCTILE_IRON: 5.1,
        Material.STEEL: 7.6,
        Material.CONCRETE: 5.1,
        Material.POLYETHYLENE: 2.9,
        Material.PVC: 2.9,
    }
    assert list(rates) == list(Material)
    for material, rate in rates.items():
        breaks = expected_breaks(*changed(made, material=material))
        assert breaks[0] == pytest.approx(rate * 0.1 / 100.0 * 1.1)  # 1.1: of 200 mm


def test_smaller_mains_break_more_often(made):
    breaks = [expected_breaks(*changed(made, material=2, diameter=d))[0] for d in (0.05, 0.1, 0.25, 0.6, 1.8)]
    assert breaks == sorted(breaks, reverse=True)
    assert breaks[0] == breaks[1] > breaks[2]
    assert breaks[-1] / breaks[1] == pytest.approx(0.2 / 1.5)


def test_age_counts_from_the_present_and_unknown_age_not_at_all(made):
    unknown = expected_breaks(*changed(made, material=1))[0]
    mean, old, young, oldest = (
        expected_breaks(*changed(made, material=1, year=y), year=2025)[0] for y in (1972, 1937, 2024, 1860)
    )
    assert mean == pytest.approx(unknown)
    assert old == pytest.approx(2.0 * unknown)
    assert young == pytest.approx(0.357 * unknown, rel=1e-3)
    assert oldest == pytest.approx(2.5 * unknown)
    assert expected_breaks(*changed(made, material=1, year=1937), year=1990)[0] == pytest.approx(unknown)


def test_pumps_do_not_break_and_a_made_town_breaks_as_often_as_towns_do(made):
    network, register = made
    breaks = expected_breaks(register, network)
    is_pump = network.link_kind == LinkKind.PUMP
    assert not breaks[is_pump].any()
    assert (breaks[~is_pump] > 0).all()
    per_100_km = breaks.sum() / network.length_m.sum() * 1e5
    assert 2.0 < per_100_km < 40.0


def test_a_register_of_another_network_is_refused(made):
    network, register = made
    with pytest.raises(ValueError, match="is not that of"):
        expected_breaks(replace(register, material=register.material[:-1]), network)
