import numpy as np
import pytest

from sim.city.assets import AssetKind, Assets
from sim.city.drainage import DrainLinkKind
from sim.city.layers import Layers
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
    plan = Plan(
        streets=layers.streets,
        lots=layers.lots,
        river=layers.river,
        railway=layers.railway,
        centre=layers.streets.xy.mean(axis=0),
        boundary=layers.boundary,
    )
    return at_pumps(
        layers.assets,
        plan,
        layers.streets,
        water=layers.water,
        register=layers.register,
        drainage=layers.drainage,
        corner_of_manhole=layers.corner_of_manhole,
    )


def test_a_station_stands_wherever_a_pump_takes_its_water(layers: Layers, assets: Assets) -> None:
    pumps = layers.water.tail[layers.water.link_kind == LinkKind.PUMP]
    expected = set(layers.register.corner[pumps].tolist())
    assert expected
    assert set(assets.corner[assets.of_kind(AssetKind.WATER_PUMP_STATION)].tolist()) == expected
    drains = layers.drainage.tail[layers.drainage.link_kind == DrainLinkKind.PUMP]
    expected = set(layers.corner_of_manhole[drains].tolist()) - {-1}
    assert expected
    assert set(assets.corner[assets.of_kind(AssetKind.DRAIN_PUMP_STATION)].tolist()) == expected


def test_all_other_assets_stay_and_names_stay_unique(layers: Layers, assets: Assets) -> None:
    pumping = (AssetKind.WATER_PUMP_STATION, AssetKind.DRAIN_PUMP_STATION)
    kept = [n for n, kind in zip(layers.assets.names, layers.assets.kind, strict=True) if kind not in pumping]
    assert [n for n, kind in zip(assets.names, assets.kind, strict=True) if kind not in pumping] == kept
    assert len(set(assets.names)) == assets.n_assets
    assert (np.diff(assets.kind) >= 0).all()
    place = assets.names.index("hospital 1")
    assert assets.xy[place].tolist() == layers.assets.xy[layers.assets.names.index("hospital 1")].tolist()
