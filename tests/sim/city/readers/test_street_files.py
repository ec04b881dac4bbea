from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest

from sim.city.readers.street_files import read_streets
from sim.city.streets import StreetClass, Structure
from sim.errors import CityOpsError


def graphml(folder: Path, edges: list[tuple[str, str, dict[str, Any]]], **more: Any) -> Path:
    """A graph as OSMnx saves it: all attributes as text, both ways of a street as two edges."""
    graph = nx.MultiDiGraph(**more)
    for i, node in enumerate("abcd"):
        graph.add_node(node, x=str(500_000.0 + 100.0 * i), y=str(4_000_000.0))
    graph.add_edges_from((u, v, {key: str(value) for key, value in tags.items()}) for u, v, tags in edges)
    nx.write_graphml(graph, folder / "town.graphml")
    return folder / "town.graphml"


def test_two_ways_of_a_street_in_a_graph_of_osmnx_become_one_street(tmp_path: Path) -> None:
    street = {"osmid": 1, "oneway": False, "length": 101.25, "highway": "primary"}
    one_way = {"osmid": 2, "oneway": True, "length": 100.0, "highway": "['motorway_link', 'trunk']"}
    read = read_streets(graphml(tmp_path, [("a", "b", street), ("b", "a", street), ("c", "b", one_way)]))
    assert read.tail.tolist() == [0, 2]
    assert read.head.tolist() == [1, 1]
    assert read.is_one_way.tolist() == [False, True]
    assert read.length_m.tolist() == [101.25, 100.0]
    assert read.street_class.tolist() == [StreetClass.ARTERIAL, StreetClass.EXPRESSWAY]
    assert read.width_m.tolist() == [15.0, 22.5]
    assert read.speed_m_s == pytest.approx([50 / 3.6, 80 / 3.6])
    assert (read.pace == 1.0).all()
    assert read.names == ("street 0", "street 1")


def test_what_a_graph_says_of_a_street_is_taken(tmp_path: Path) -> None:
    tags = [
        {"maxspeed": "30 mph", "width": "6.5", "bridge": "viaduct", "name": "High Street"},
        {"maxspeed": "['20', '30']", "tunnel": "yes", "length": 90, "name": "High Street"},
        {"maxspeed": "walk", "tunnel": "yes", "length": 900, "name": "High Street, part 2"},
        {
            "tunnel": "building_passage",
            "highway": "tertiary",
            "geometry": "LINESTRING (500300 4000000, 500250 4000030, 500200 4000000)",
        },
    ]
    ends = [("a", "b"), ("a", "c"), ("b", "c"), ("c", "d")]
    read = read_streets(graphml(tmp_path, [(*pair, said) for pair, said in zip(ends, tags, strict=True)]))
    assert read.speed_m_s == pytest.approx([30 * 0.44704, 20 / 3.6, 30 / 3.6, 40 / 3.6])
    assert read.structure.tolist() == [Structure.BRIDGE, Structure.UNDERPASS, Structure.TUNNEL, Structure.SURFACE]
    assert read.width_m.tolist() == [6.5, 7.0, 7.0, 9.0]
    assert read.names == ("High Street", "High Street, part 3", "High Street, part 2", "street 3")
    # A line may be said from either end.
    assert read.line(3).tolist() == [[500_200, 4e6], [500_250, 4_000_030], [500_300, 4e6]]
    assert read.length_m[3] == pytest.approx(2 * np.hypot(50, 30))
    assert read.length_m[0] == 100.0


def test_a_graph_without_directions_has_streets_both_ways(tmp_path: Path) -> None:
    graph = nx.Graph()
    graph.add_node("a", x=0.0, y=1000.0, elevation=5.0)
    graph.add_node("b", x=30.0, y=1040.0, elevation=3.0)
    graph.add_edge("a", "b")
    nx.write_graphml(graph, tmp_path / "town.graphml")
    read = read_streets(tmp_path / "town.graphml")
    assert read.is_one_way.tolist() == [False]
    assert read.length_m.tolist() == [50.0]
    assert read.elevation_m.tolist() == [5.0, 3.0]
    assert read.lowest_m.tolist() == [3.0]


def test_an_edge_of_a_directed_graph_that_says_nothing_is_one_way(tmp_path: Path) -> None:
    read = read_streets(graphml(tmp_path, [("a", "b", {}), ("b", "c", {"oneway": False})]))
    assert read.is_one_way.tolist() == [True, False]


def test_degrees_become_metres_around_the_middle(tmp_path: Path) -> None:
    graph = nx.MultiDiGraph(crs="epsg:4326")
    graph.add_node(1, x=116.30, y=39.90)
    graph.add_node(2, x=116.31, y=39.91)
    graph.add_edge(1, 2, geometry="LINESTRING (116.30 39.90, 116.305 39.905, 116.31 39.91)")
    nx.write_graphml(graph, tmp_path / "town.graphml")
    read = read_streets(tmp_path / "town.graphml")
    # A degree of latitude is 111.2 km; of longitude the cosine of the latitude times that.
    assert np.ptp(read.xy, axis=0) == pytest.approx([0.01 * 111_195 * np.cos(np.radians(39.905)), 1111.95], abs=0.05)
    assert np.abs(read.bend_xy).max() < 0.01


def test_streets_that_end_where_they_begin_are_left_out_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "cityops"):
        read = read_streets(graphml(tmp_path, [("a", "a", {"length": 5}), ("a", "b", {})]))
    assert read.n_streets == 1
    assert "1 streets that end where they begin are left out" in caplog.text


def test_wrong_graphs_are_refused_with_what_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "town.graphml"
    path.write_text("<graphml")
    with pytest.raises(CityOpsError, match="is no GraphML"):
        read_streets(path)
    graph = nx.Graph()
    graph.add_node("a", x=1.0)
    nx.write_graphml(graph, path)
    with pytest.raises(CityOpsError, match="a node needs x and y, found node a without"):
        read_streets(path)
    with pytest.raises(CityOpsError, match="edge a to b: no line"):
        read_streets(graphml(tmp_path, [("a", "b", {"geometry": "POINT (1 2)"})]))
    for points in ("LINESTRING (1, 2)", "LINESTRING (1 2, nan nan)"):
        with pytest.raises(CityOpsError, match="edge a to b: no line, found a point without x and y"):
            read_streets(graphml(tmp_path, [("a", "b", {"geometry": points})]))
    with pytest.raises(CityOpsError, match="there are no streets in it"):
        read_streets(graphml(tmp_path, []))
    with pytest.raises(CityOpsError, match=r"edge a to b: a length must be above 0, found 0.0\n.*edge b to c: a speed"):
        read_streets(graphml(tmp_path, [("a", "b", {"length": 0}), ("b", "c", {"speed_m_s": -2})]))


def geojson(folder: Path, *lines: Any, crs: str | None = None) -> Path:
    """Features with properties; coordinates far from degrees."""
    features = [
        {
            "type": "Feature",
            "properties": tags,
            "geometry": {"type": "LineString", "coordinates": [[1000.0 + x, 1000.0 + y] for x, y in points]},
        }
        for points, tags in lines
    ]
    said = {"type": "FeatureCollection", "features": features}
    if crs is not None:
        said["crs"] = {"type": "name", "properties": {"name": crs}}
    (folder / "town.geojson").write_text(json.dumps(said))
    return folder / "town.geojson"


def test_lines_meet_where_their_ends_are_near(tmp_path: Path) -> None:
    read = read_streets(
        geojson(
            tmp_path,
            ([(0, 0), (100, 0)], {}),
            ([(100.3, 0.2), (100, 80)], {"oneway": "yes"}),
            ([(100, 80), (0, 0)], None),
        )
    )
    assert read.n_corners == 3
    assert read.xy.tolist() == [[1000, 1000], [1100, 1000], [1100, 1080]]
    assert np.column_stack([read.tail, read.head]).tolist() == [[0, 1], [1, 2], [2, 0]]
    assert read.is_one_way.tolist() == [False, True, False]


def test_lines_are_cut_where_they_share_a_point_and_only_there(tmp_path: Path) -> None:
    across = ([(0, 0), (50, 0), (100, 0)], {"length": 100.0, "name": "Long Street"})
    side = ([(50, 0), (50, 70)], {})
    over = ([(75, -50), (75, 50)], {"bridge": "yes"})
    read = read_streets(geojson(tmp_path, across, side, over))
    assert np.column_stack([read.tail, read.head]).tolist() == [[0, 1], [1, 2], [1, 3], [4, 5]]
    assert read.length_m.tolist() == [50.0, 50.0, 70.0, 100.0]
    assert read.names == ("Long Street", "Long Street, part 2", "street 2", "street 3")


def test_a_street_one_way_backwards_is_turned(tmp_path: Path) -> None:
    read = read_streets(geojson(tmp_path, ([(0, 0), (10, 0), (10, 10)], {"oneway": "-1"})))
    assert read.line(0).tolist() == [[1010, 1010], [1010, 1000], [1000, 1000]]


def test_the_parts_of_a_line_and_degrees_are_understood(tmp_path: Path) -> None:
    shape = {
        "type": "MultiLineString",
        "coordinates": [[[8.0, 50.0], [8.01, 50.0]], [[8.01, 50.0, 7.0], [8.01, 50.01]]],
    }
    said = {"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {}, "geometry": shape}]}
    (tmp_path / "town.json").write_text(json.dumps(said))
    read = read_streets(tmp_path / "town.json")
    assert read.length_m == pytest.approx([0.01 * 111_195 * np.cos(np.radians(50.005)), 1111.95], abs=0.05)
    assert read.n_corners == 3


def test_a_system_in_metres_is_believed(tmp_path: Path) -> None:
    path = geojson(tmp_path, ([(-999, -999), (-989, -999)], {}), crs="urn:ogc:def:crs:EPSG::32650")
    assert read_streets(path).length_m.tolist() == [10.0]


@pytest.mark.parametrize("crs", [None, [], "EPSG:32650", {"properties": None}, {"properties": [1]}, {"name": 3}])
def test_a_system_that_is_no_object_with_a_name_says_nothing(tmp_path: Path, crs: Any) -> None:
    path = geojson(tmp_path, ([(-992.0, -950.0), (-991.99, -950.0)], {}))
    said = json.loads(path.read_text())
    path.write_text(json.dumps({**said, "crs": crs}))
    assert read_streets(path).length_m == pytest.approx([0.01 * 111_195 * np.cos(np.radians(50.0))], abs=0.05)


DEGREES = [
    "EPSG:4269",
    "urn:ogc:def:crs:EPSG::4214",
    "urn:ogc:def:crs:EPSG:9.8:4326",
    "OGC:CRS84",
    "EPSG:4283",
    "WGS 84",
]
METRES = ["urn:ogc:def:crs:EPSG::4269X32650", "EPSG:3857", "epsg:25832", "NAD83 / UTM zone 10N", "metres"]


@pytest.mark.parametrize(("crs", "is_degrees"), [*((one, True) for one in DEGREES), *((one, False) for one in METRES)])
def test_systems_are_known_by_their_number_or_words(tmp_path: Path, crs: str, is_degrees: bool) -> None:
    crs = crs.replace("X", ' AUTHORITY["EPSG","') + '"]]' if "X" in crs else crs
    path = geojson(tmp_path, ([(-1000.0, -1000.0), (-999.0, -1000.0)], {}), crs=crs)
    assert read_streets(path).length_m == pytest.approx([111_195.0 if is_degrees else 1.0], abs=0.5)


@pytest.mark.parametrize("crs", ["urn:ogc:def:crs:EPSG::4326", "urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4269"])
def test_metres_in_a_system_of_degrees_are_refused(tmp_path: Path, crs: str) -> None:
    path = geojson(tmp_path, ([(-1000.0, -1000.0), (0.0, 100.0)], {}), crs=crs)
    with pytest.raises(CityOpsError, match=f"{crs} is a system in degrees, found x 1000, y 1100; accepted: longitudes"):
        read_streets(path)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{", "is no JSON"),
        ("[]", "is no GeoJSON of streets.*accepted: a FeatureCollection"),
        ('{"features":' + "[" * 100_000, "is no JSON"),
        ('{"features": [{"properties": "x", "geometry": {}}]}', "feature 0: no line, found TypeError"),
        (
            '{"features": [{"geometry": {"type": "LineString", "coordinates": [[0, 0], [1' + "0" * 400 + ", 0]]}}]}",
            "feature 0: no line, found OverflowError",
        ),
        ('{"features": [{}]}', "feature 0: no line, found KeyError"),
        (
            '{"features": [{"geometry": {"type": "LineString", "coordinates": [[1, 2]]}}]}',
            "feature 0: no line.*1 points",
        ),
        ('{"features": []}', "there are no streets in it"),
        ('{"features": [{"geometry": {"type": "Point", "coordinates": [1, 2]}}]}', "there are no streets in it"),
    ],
)
def test_wrong_lines_are_refused_with_what_is_wrong(tmp_path: Path, text: str, expected: str) -> None:
    (tmp_path / "town.geojson").write_text(text)
    with pytest.raises(CityOpsError, match=expected):
        read_streets(tmp_path / "town.geojson")


def table(folder: Path, text: str, nodes: str | None = None) -> Path:
    (folder / "town.csv").write_text(text)
    if nodes is not None:
        (folder / "town_nodes.csv").write_text(nodes)
    return folder / "town.csv"


NODES = "id,x,y\na,0,1000\nb,30,1040\nc,30,1100\n"


def test_a_table_of_arcs_with_places(tmp_path: Path) -> None:
    read = read_streets(table(tmp_path, "from,to,length\na,b,55\nb,a,55\nb,c,60\n", NODES))
    assert read.xy.tolist() == [[0, 1000], [30, 1040], [30, 1100]]
    assert np.column_stack([read.tail, read.head]).tolist() == [[0, 1], [1, 2]]
    assert read.is_one_way.tolist() == [False, True]
    assert read.length_m.tolist() == [55.0, 60.0]


def test_times_of_a_table_are_kept_whatever_else_is_known(tmp_path: Path) -> None:
    read = read_streets(table(tmp_path, "tail,head,time_s,length_m,highway\na,b,10,,\nb,c,6,90,primary\n", NODES))
    assert read.times_s(8).tolist() == pytest.approx([10.0, 6.0])
    assert read.length_m.tolist() == [50.0, 90.0]


def test_a_table_without_places_has_streets_without(tmp_path: Path) -> None:
    read = read_streets(table(tmp_path, "tail,head,time_s\na,b,10\n"))
    assert np.isnan(read.xy).all()
    assert read.times_s(0).tolist() == pytest.approx([10.0])
    assert read.length_m.tolist() == pytest.approx([10.0 * 30.0 / 3.6])


def test_places_of_a_table_may_be_degrees(tmp_path: Path) -> None:
    read = read_streets(table(tmp_path, "u,v,travel_time\n1,2,60\n", "node,lon,lat\n1,8.0,50.0\n2,8.0,50.01\n"))
    assert read.length_m == pytest.approx([1111.95], abs=0.02)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tail,haed,length_m\na,b,1", "csv:1: there is no column head, found .*did you mean 'haed'"),
        ("tail,head\na,b", "csv:1: there is neither a column length_m nor time_s"),
        ("tail,head,length_m\na,b", "csv:2: a row needs 3 columns, found 2"),
        ("tail,head,length_m\na,b,far", "csv:2: length_m is no number, found 'far'"),
        ("tail,head,length_m,time_s\na,b,,", "csv:2: neither length_m nor time_s is said"),
        ("tail,head,time_s\na,b,0", "csv:2: a time must be above 0"),
        ("tail,head,length_m\na,B,1", "csv:2: head is not in town_nodes.csv, found B; did you mean 'b'"),
        ("tail,head,length_m\na,b,-1", "line 2: a length must be above 0"),
        ("tail,head,length_m\n", "there are no streets in it"),
    ],
)
def test_wrong_tables_are_refused_with_what_is_wrong(tmp_path: Path, text: str, expected: str) -> None:
    with pytest.raises(CityOpsError, match=expected):
        read_streets(table(tmp_path, text, NODES))


def test_a_table_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "town.csv").write_bytes(b"tail,head\xff")
    with pytest.raises(CityOpsError, match="is no table in UTF-8"):
        read_streets(tmp_path / "town.csv")


def test_what_is_no_file_of_streets_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CityOpsError, match=r"found .pbf; accepted: .graphml, .geojson, .json, .csv"):
        read_streets(tmp_path / "town.pbf")
    with pytest.raises(CityOpsError, match="there is no such file"):
        read_streets(tmp_path / "town.csv")
