"""What names stand for: loggers by preset keep apart where coordinates are missing, each district has its crew."""

from __future__ import annotations

import textwrap
from dataclasses import replace

import numpy as np
import pytest

import sim
from sim.city.city import City, build_city
from sim.city.naming import spread
from sim.city.water import WaterNetwork
from sim.errors import CityOpsError

INP = """
[JUNCTIONS]
 A 0 1
 B 0 1
 C 0 1
 D 0 1
 E 0 1
[RESERVOIRS]
 R 50
[PIPES]
 1 R A 100 200 100 0 Open
 2 A B 100 200 100 0 Open
 3 B C 100 200 100 0 Open
 4 C D 100 200 100 0 Open
 5 D E 100 200 100 0 Open
[OPTIONS]
 Units LPS
[COORDINATES]
 R 0 0
 A 100 0
 C 300 0
 D 400 0
[END]
"""
DISTRICTS = """
question: Who goes where?
city:
  synthetic: {{size: hamlet, preset: {preset}, seed: {seed}, corners: 400}}
  districts: {{by: town}}
duration: 1 d
hazards:
  - bursts: {{count: exactly 2, between: [05:00, 06:00]}}
organisation:
  departments:
    water: {{crews: [{{depot: every depot, count: by preset}}]}}
policies:
  siloed: {{dispatch: own district}}
compare: {{baseline: siloed}}
"""


@pytest.fixture
def network(tmp_path) -> WaterNetwork:
    (tmp_path / "some.inp").write_text(INP)
    return WaterNetwork.from_inp(tmp_path / "some.inp")


def test_loggers_keep_apart_where_some_junctions_have_no_coordinates(network):
    assert np.isnan(network.xy).any(axis=1).sum() == 2
    assert [network.node_names[i] for i in spread(network, 1)] == ["D"]
    assert [network.node_names[i] for i in spread(network, 2)] == ["A", "D"]
    assert [network.node_names[i] for i in spread(network, 9)] == ["A", "C", "D"]


def test_without_any_coordinates_loggers_cannot_be_spread(network):
    nowhere = replace(network, xy=np.full_like(network.xy, np.nan))
    with pytest.raises(CityOpsError, match=r"no junction .* has coordinates.*loggers at named junctions"):
        spread(nowhere, 2)


@pytest.mark.parametrize(("preset", "seed"), [("west", 5), ("west", 1), ("central", 2)])
def test_by_preset_each_district_of_a_town_has_a_crew(tmp_path, preset, seed):
    """Even where the preset alone gives fewer crews than there are districts."""
    (tmp_path / "x.yaml").write_text(textwrap.dedent(DISTRICTS.format(preset=preset, seed=seed)))
    scenario = sim.load(tmp_path / "x.yaml")
    city: City = build_city(scenario)
    town = scenario.city.synthetic
    assert city.layers is not None
    assert town is not None
    by_people = round(town.crews_per_100000 * city.layers.population / 1e5)
    assert len(city.posts) == max(by_people, len(city.layers.depots))
    assert {int(city.district[post.corner]) for post in city.posts} == set(range(len(city.district_names)))
