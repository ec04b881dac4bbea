import dataclasses

import numpy as np
import pytest

from sim.city.assets import AssetKind, Assets
from sim.city.drainage import DrainLinkKind
from sim.city.layers import Layers
from sim.city.synthetic.laying import lay_plan
from sim.city.synthetic.making import make
from sim.city.synthetic.plan import Plan
from sim.city.synthetic.pump_stations import at_pumps
from sim.city.water import LinkKind
from sim.scenario.town import Town


@pytest.fixture(scope="module")
def layers() -> Layers:
    return make(Town.of("hamlet", "central", seed=4, corners=400, railway=True))


@pytest.fixture(scope="module")
def assets(layers: Layers) -> Assets:
    return layers.assets


def test_a_station_stands_wherever_a_pump_takes_its_water(layers: Layers, assets: Assets) -> None:
    pumps = layers.water.tail[layers.water.link_kind == LinkKind.PUMP]
    expected = set(layers.register.corner[pumps].tolist())
    assert expected
    assert set(assets.corner[assets.of_kind(AssetKind.WATER_PUMP_STATION)].tolist()) == expected
    drains = layers.drainage.tail[layers.drainage.link_kind == DrainLinkKind.PUMP]
    expected = set(layers.corner_of_manhole[drains].tolist()) - {-1}
    assert expected
    assert set(assets.corner[assets.of_kind(AssetKind.DRAIN_PUMP_STATION)].tolist()) == expected


def test_the_other_assets_stand_beside_them_and_names_are_unique(layers: Layers, assets: Assets) -> None:
    before = _without_pumps(assets)
    again = at_pumps(
        before,
        _plan(),
        layers.streets,
        water=layers.water,
        register=layers.register,
        drainage=layers.drainage,
        corner_of_manhole=layers.corner_of_manhole,
    )
    assert again.names == assets.names
    assert again.xy.tolist() == assets.xy.tolist()
    assert len(set(assets.names)) == assets.n_assets > before.n_assets
    assert (np.diff(assets.kind) >= 0).all()


def _without_pumps(assets: Assets) -> Assets:
    kept = np.flatnonzero(~np.isin(assets.kind, (AssetKind.WATER_PUMP_STATION, AssetKind.DRAIN_PUMP_STATION)))
    names = tuple(assets.names[i] for i in kept)
    arrays = {field: getattr(assets, field)[kept] for field in ("kind", "corner", "street", "block", "xy", "size")}
    return dataclasses.replace(assets, names=names, **arrays)


def _plan() -> Plan:
    return lay_plan(Town.of("hamlet", "central", seed=4, corners=400, railway=True))
