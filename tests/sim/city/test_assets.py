import numpy as np
import pytest

from sim.city.assets import AssetKind, Assets


@pytest.fixture
def assets() -> Assets:
    return Assets(
        kind=np.array([AssetKind.DEPOT, AssetKind.SCHOOL, AssetKind.DEPOT], dtype=np.int8),
        names=("depot 1", "school 1", "depot 2"),
        corner=np.array([4, 5, 6], dtype=np.int32),
        street=np.array([1, 2, -1], dtype=np.int32),
        block=np.array([0, 0, -1], dtype=np.int32),
        xy=np.zeros((3, 2)),
        size=np.array([0.0, 900.0, 0.0]),
    )


def test_assets_are_found_by_kind(assets: Assets) -> None:
    assert assets.of_kind(AssetKind.DEPOT).tolist() == [0, 2]
    assert assets.of_kind(AssetKind.TUNNEL).tolist() == []
    assert assets.n_assets == 3


def test_assets_cannot_be_changed(assets: Assets) -> None:
    with pytest.raises(ValueError, match="read-only"):
        assets.size[0] = 1.0
