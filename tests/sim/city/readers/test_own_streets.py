from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sim.city.readers.street_files import read_streets
from sim.city.writers.street_files import write_streets
from sim.errors import CityOpsError

from ..drawn_streets import drawn

Edit = Callable[[dict[str, Any]], object]

STREETS = drawn([(0, 0), (100, 0), (0, 100)], [(0, 1), (1, 2), (2, 0)], one_way=[1])


def own(said: dict[str, Any]) -> dict[str, Any]:
    """The member of our own."""
    member: dict[str, Any] = said["cityops"]
    return member


def tags(said: dict[str, Any]) -> dict[str, Any]:
    """What is said of the first street."""
    first: dict[str, Any] = said["features"][0]["properties"]
    return first


def edited(folder: Path, edit: Edit) -> Path:
    """Our own GeoJSON of the three streets, changed by hand."""
    path = folder / "town.geojson"
    write_streets(STREETS, path)
    said = json.loads(path.read_text())
    edit(said)
    path.write_text(json.dumps(said))
    return path


WRONG: dict[str, Edit] = {
    "the member cityops is no object; accepted: corners, elevation_m and pace": lambda said: said.update(cityops=True),
    "corners: no table of numbers, found none": lambda said: said.update(cityops={}),
    "elevation_m: no table of numbers, found none": lambda said: own(said).pop("elevation_m"),
    r"corners: each needs x and y, found the shape \(3, 1\)": lambda said: own(said).update(corners=[[1], [2], [3]]),
    "corners: no table of numbers, found .*inhomogeneous": lambda said: own(said).update(corners=[[1, 2], [3]]),
    "corners: every number must be finite": lambda said: own(said)["corners"][0].__setitem__(0, float("nan")),
    "3 corners need as many numbers in elevation_m, not 2": lambda said: own(said)["elevation_m"].pop(),
    "pace: no table of numbers, found .*'x'": lambda said: own(said).update(pace="x"),
    r"must be 4 rows.* not of the shape \(1, 1\)": lambda said: own(said).update(pace=[[1]]),
    "the pace must be above 0, which 0 is not": lambda said: own(said)["pace"][3].__setitem__(23, 0),
    "pace: every number must be finite": lambda said: own(said)["pace"][0].__setitem__(0, float("inf")),
    "feature 0: tail must be one of the 3 corners, not 99999": lambda said: tags(said).update(tail=99999),
    "feature 0: tail must be one of the 3 corners, not missing": lambda said: tags(said).pop("tail"),
    "feature 0: head must be one of the 3 corners, not '1'": lambda said: tags(said).update(head="1"),
    "feature 0: street must be a number from 0 on, not None": lambda said: tags(said).pop("street"),
    "feature 0: oneway must be true or false, not 'maybe'": lambda said: tags(said).update(oneway="maybe"),
    "feature 0: a street needs a name, not None": lambda said: tags(said).pop("name"),
    "feature 0: lowest_m must be finite, not inf": lambda said: tags(said).update(lowest_m=float("inf")),
    "2 streets have the name 'Street 1'": lambda said: tags(said).update(name="Street 1"),
}


@pytest.mark.parametrize("told", WRONG)
def test_our_own_lines_edited_wrongly_are_refused_with_what_is_wrong(tmp_path: Path, told: str) -> None:
    with pytest.raises(CityOpsError, match=told):
        read_streets(edited(tmp_path, WRONG[told]))


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    def edit(said: dict[str, Any]) -> None:
        own(said)["elevation_m"].pop()
        for feature in said["features"]:
            feature["properties"].update(tail=7, oneway=None)

    with pytest.raises(CityOpsError) as refused:
        read_streets(edited(tmp_path, edit))
    assert len(refused.value.mistakes) == 7


def test_streets_may_be_deleted_from_our_own_lines(tmp_path: Path) -> None:
    read = read_streets(edited(tmp_path, lambda said: said["features"].pop(1)))
    assert read.names == ("Street 0", "Street 2")
    assert read.tail.tolist() == [0, 2]


GRAPHS = {
    "an edge must say whether it is reversed, found reversed None of street 0": (
        r'<data key="edge_reversed">\w+</data>',
        "",
    ),
    "the attribute cityops is no JSON": ("graph_cityops.>.*?</data>", 'graph_cityops">xx</data>'),
    "pace: no table of numbers, found None|found none": ("graph_cityops.>.*?</data>", 'graph_cityops">null</data>'),
    r"the pace must be 4 rows": ("graph_cityops.>.*?</data>", 'graph_cityops">[[1]]</data>'),
    "edge 0 to 1: oneway must be true or false, not None": (r'<data key="edge_oneway">\w+</data>', ""),
    "edge 0 to 1: street must be a number": (r'<data key="edge_street">\w+</data>', ""),
}


@pytest.mark.parametrize("told", GRAPHS)
def test_our_own_graphs_edited_wrongly_are_refused_with_what_is_wrong(tmp_path: Path, told: str) -> None:
    path = tmp_path / "town.graphml"
    write_streets(STREETS, path)
    path.write_text(re.sub(GRAPHS[told][0], GRAPHS[told][1], path.read_text()))
    with pytest.raises(CityOpsError, match=told):
        read_streets(path)
