"""Our drains give SWMM's flows, depths, floods and balances: its own test models, and a small model of each feature.

What is allowed: link peaks 1 % in the median and 5 % at the 95th percentile, depths within an RMSE of 2 cm or 2 % of
the full depth at 98 % of the nodes (in a network of less than 50: at all), the flooded volume within 3 % or 10 m3, no
more water missing than SWMM misses plus 0.1 %. Where SWMM at half its step differs from itself by more, that is what is
allowed; the line printed shows both.
"""

from pathlib import Path

import pytest

from tests.oracle.swmm_agreement import SwmmRun, agreement, swmm_runs, text_of
from tests.oracle.swmm_models import FEATURES, RUNOFF
from tests.oracle.test_swmm_towns import TOWNS, YEARS, drained, under_storm

pytestmark = pytest.mark.oracle

MODELS = ("extran1", "extran3", "user2", "CoS-Reduced-Outlets")


@pytest.mark.parametrize("name", MODELS)
def test_models_of_swmm_give_swmms_results(name: str, data: Path, tmp_path: Path) -> None:
    text = text_of(data / "storm" / f"{name}.inp.gz")
    found = agreement(text, tmp_path, swmm=swmm_runs({name: text}, tmp_path)[name], name=name, always=True)
    print(found)
    assert found.too_far == []


@pytest.fixture(scope="module")
def swmm(tmp_path_factory: pytest.TempPathFactory) -> dict[str, SwmmRun]:
    """All small models by SWMM, in one go."""
    return swmm_runs({**FEATURES, **RUNOFF}, tmp_path_factory.mktemp("swmm"))


@pytest.mark.parametrize("name", [*FEATURES, *RUNOFF])
def test_each_feature_acts_as_in_swmm(name: str, swmm: dict[str, SwmmRun], tmp_path: Path) -> None:
    found = agreement((FEATURES | RUNOFF)[name], tmp_path, swmm=swmm[name], name=name)
    print(found)
    assert found.too_far == []
    assert found.swmm.flow.abs().max().max() > 0.01, "nothing flowed, so nothing was shown"


@pytest.mark.parametrize("case", TOWNS, ids=lambda case: f"{case[0]} {case[1]}")
def test_the_drains_of_made_towns_run_as_in_swmm(case: tuple[str, int, int, bool, bool, str], tmp_path: Path) -> None:
    """A storm four times rarer than the drains were built for, so that they surcharge and flood."""
    preset, seed, corners, river, railway, storm = case
    town, drains = drained(preset, seed, corners, river=river, railway=railway, storm=storm)
    text = under_storm(town, drains, 4.0 * YEARS).to_inp(tmp_path / "town.inp").read_text()
    name = f"{preset} {seed}"
    found = agreement(text, tmp_path, swmm=swmm_runs({name: text}, tmp_path)[name], name=name, always=True)
    print(f"{drains.n_links} links, {found}")
    assert found.too_far == []
