"""What all tests share: where the real networks are."""

import os
from pathlib import Path

import pytest


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
