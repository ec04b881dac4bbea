from __future__ import annotations

import dataclasses
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.city.readers.street_files import read_streets
from sim.city.streets import StreetClass, Streets, Structure
from sim.city.synthetic.ground import raise_ground
from sim.city.synthetic.laying import lay_plan
from sim.city.writers.street_files import write_streets
from sim.errors import CityOpsError
from sim.scenario.town import Town

from ..small_streets import streets as streets_of

number = st.floats(-1e6, 1e6)
above = st.floats(1e-3, 1e5)
name = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1)
point = st.tuples(number, number)


def assert_equal(read: Streets, written: Streets) -> None:
    for one in dataclasses.fields(Streets):
        got, expected = getattr(read, one.name), getattr(written, one.name)
        if isinstance(expected, tuple):
            assert got == expected
        else:
            assert (got.dtype, got.shape) == (expected.dtype, expected.shape), one.name
            assert got.tobytes() == expected.tobytes(), one.name


@st.composite
def some_streets(draw: st.DrawFn) -> Streets:
    n = draw(st.integers(1, 5))
    m = draw(st.integers(1, 6))

    def array(one: st.SearchStrategy, size: int, dtype: type = np.float64) -> np.ndarray:
        return np.array(draw(st.lists(one, min_size=size, max_size=size)), dtype=dtype)

    ends = array(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), m, np.int32)
    bends = draw(st.dictionaries(st.integers(0, m - 1), st.lists(point, min_size=1, max_size=3)))
    return streets_of(
        array(point, n),
        ends,
        bends=bends,
        elevation_m=array(number, n),
        length_m=array(above, m),
        street_class=array(st.sampled_from(StreetClass), m, np.int8),
        structure=array(st.sampled_from(Structure), m, np.int8),
        is_one_way=array(st.booleans(), m, bool),
        width_m=array(above, m),
        speed_m_s=array(above, m),
        lowest_m=array(number, m),
        names=tuple(draw(st.lists(name, min_size=m, max_size=m, unique=True))),
        pace=np.repeat(array(above, 4), 24).reshape(4, 24),
    )


@pytest.mark.parametrize("ending", [".graphml", ".geojson"])
@given(some_streets())
@settings(max_examples=40)
def test_every_array_of_any_streets_comes_back(
    ending: str, tmp_path_factory: pytest.TempPathFactory, written: Streets
) -> None:
    path = tmp_path_factory.mktemp("streets") / f"town{ending}"
    write_streets(written, path)
    assert_equal(read_streets(path), written)


@pytest.mark.parametrize("ending", [".graphml", ".geojson"])
def test_a_made_town_comes_back(tmp_path: Path, ending: str) -> None:
    town = Town.of("hamlet", "west", seed=8, corners=200, railway=True)
    _, written = raise_ground(town, lay_plan(town))
    write_streets(written, tmp_path / f"town{ending}")
    assert_equal(read_streets(str(tmp_path / f"town{ending}")), written)


def test_others_find_both_ways_of_a_street_in_the_graph_and_one_of_a_one_way_street(tmp_path: Path) -> None:
    made = streets_of([(0, 0), (9, 0), (9, 9)], [(0, 1), (1, 2)], is_one_way=np.array([False, True]))
    write_streets(made, tmp_path / "town.graphml")
    graph = nx.read_graphml(tmp_path / "town.graphml")
    assert graph.is_directed()
    assert sorted(graph.edges()) == [("0", "1"), ("1", "0"), ("1", "2")]
    assert graph.edges["1", "2"] | {"oneway": True, "length": 9.0, "maxspeed": "36"} == graph.edges["1", "2"]


def test_another_ending_is_refused(tmp_path: Path) -> None:
    made = streets_of([(0, 0), (9, 0)], [(0, 1)])
    with pytest.raises(CityOpsError, match=r"found .shp; accepted: .graphml, .geojson, .json"):
        write_streets(made, tmp_path / "town.shp")
