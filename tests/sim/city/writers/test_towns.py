"""A town written as files and read again is the same town."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sim.city.drainage import Drainage
from sim.city.layers import Layers
from sim.city.readers.rasters import read_raster
from sim.city.readers.street_files import read_streets
from sim.city.synthetic.making import made
from sim.city.water import WaterNetwork
from sim.city.writers.towns import WRITERS, write_town
from sim.scenario.town import Town


@pytest.fixture(scope="module", params=["east", "central", "west"])
def town(request) -> Layers:
    return made(Town.of("hamlet", request.param, seed=4, corners=150))


@pytest.fixture(scope="module")
def folder(town, tmp_path_factory):
    folder = tmp_path_factory.mktemp("town")
    assert [path.name for path in write_town(town, folder)] == list(WRITERS)
    return folder


def same(one, other, *, but: tuple[str, ...] = (), relative: float = 0.0) -> None:
    for name in type(one).__slots__:
        a, b = getattr(one, name), getattr(other, name)
        if name in but:
            continue
        if isinstance(a, np.ndarray) and a.dtype.kind == "f":
            assert np.allclose(a, b, rtol=relative, atol=0.0, equal_nan=True), name
        elif isinstance(a, np.ndarray):
            assert np.array_equal(a, b), name
        elif isinstance(a, (str, int, float)) or (isinstance(a, tuple) and all(isinstance(x, str) for x in a)):
            assert a == b, name


@pytest.mark.parametrize("kind", ["graphml", "geojson"])
def test_streets_come_back_to_the_last_bit(town, folder, kind):
    same(town.streets, read_streets(folder / f"streets.{kind}"))


def test_the_ground_comes_back_to_the_last_bit(town, folder):
    ground = read_raster(folder / "terrain.asc")
    assert np.array_equal(ground.elevation_m, town.terrain.elevation_m)
    assert (ground.cell_m, ground.origin) == (town.terrain.cell_m, town.terrain.origin)


def test_mains_come_back(town, folder):
    same(town.water, WaterNetwork.from_inp(folder / "water.inp"), but=("name",), relative=1e-12)


def test_drains_come_back(town, folder):
    drains = Drainage.from_inp(folder / "drains.inp")
    same(town.drainage, drains, but=("name",), relative=1e-12)
    same(town.drainage.catchments, drains.catchments, relative=1e-12)


def test_the_tables_tell_what_the_layers_hold(town, folder):
    blocks, assets = (pd.read_csv(folder / f"{name}.csv") for name in ("blocks", "assets"))
    assert blocks["population"].sum() == town.people.population.sum()
    assert blocks["area_m2"].to_numpy() == pytest.approx(town.lots.area_m2, rel=1e-12)
    assert list(assets["asset"]) == list(town.assets.names)
    register = pd.read_csv(folder / "register.csv", keep_default_na=False)
    assert list(register["link"]) == list(town.water.link_names)
    assert (register["street"] == "").sum() == (town.register.street < 0).sum()


def test_the_crosswalk_names_everything_under_a_street(town, folder):
    table = pd.read_csv(folder / "crosswalk.csv", keep_default_na=False, dtype={"element": str})
    street = int(np.argmax(np.diff(town.crosswalk.mains.first) * np.diff(town.crosswalk.sewers.first)))
    here = table[table["street_id"] == street]
    under = town.crosswalk.under(street)
    assert set(here.loc[here["layer"] == "main", "element"]) == {town.water.link_names[i] for i in under["mains"]}
    assert set(here.loc[here["layer"] == "sewer", "element"]) == {town.drainage.link_names[i] for i in under["sewers"]}
    assert (here["layer"] == "cell").sum() == len(under["cells"])
    assert set(here["street"]) == {town.streets.names[street]}
