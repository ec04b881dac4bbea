"""What all tests share: where the real networks are, how long a property may take, how goldens are refreshed."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A busy machine or a traced kernel is slow, and that says nothing about a property.
settings.register_profile("cityops", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# On CI the examples are the same each time, or an unrelated change might fail.
settings.register_profile(
    "cityops-ci", settings.get_profile("cityops"), derandomize=True, database=None, print_blob=True
)
settings.load_profile("cityops-ci" if os.environ.get("CI") else "cityops")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let ``make golden`` write what it would otherwise compare."""
    parser.addoption("--update-golden", action="store_true", help="write the recorded digests anew")


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Made towns are kept in a folder of this test run, never in the user's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CITYOPS_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


def _data_folder() -> Path | None:
    candidates = [os.environ.get("CITYOPS_DATA"), Path(__file__).parents[2] / "shared" / "data"]
    return next((Path(c) for c in candidates if c and Path(c).is_dir()), None)


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of real networks, which is not part of the project (CITYOPS_DATA names another one)."""
    folder = _data_folder()
    if folder is None:
        pytest.skip("the folder of real networks is not here; set CITYOPS_DATA to where it is")
    return folder
