"""The pictures land in the run's folder, the same bytes each time."""

from pathlib import Path

import pytest

from sim.errors import CityOpsError
from sim.report.figures import draw_all

PNG = b"\x89PNG\r\n\x1a\n"


def test_three_pictures_land_in_the_folder_with_the_same_bytes_each_time(finished: Path) -> None:
    paths = draw_all(finished)
    assert [path.relative_to(finished).as_posix() for path in paths] == [
        "figures/service.png",
        "figures/crews.png",
        "figures/map.png",
    ]
    first = [path.read_bytes() for path in paths]
    assert all(content.startswith(PNG) and b"tEXt" not in content for content in first)
    assert [path.read_bytes() for path in draw_all(finished)] == first


def test_without_a_finished_run_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(CityOpsError, match="no finished run"):
        draw_all(tmp_path)
    assert list(tmp_path.iterdir()) == []
