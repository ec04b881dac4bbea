from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from sim.city.readers.rasters import read_raster
from sim.errors import CityOpsError, MissingExtra

HEADER = "ncols 3\nnrows 2\nxllcorner 100\nyllcorner 200\ncellsize 5\nNODATA_value -1\n"


def test_an_ascii_grid_is_read_from_the_north_and_its_lines_may_break_anywhere(tmp_path: Path) -> None:
    path = tmp_path / "ground.ASC"
    path.write_text(HEADER + "1 2\n3 4 5\n6\n")
    ground = read_raster(str(path))
    assert ground.elevation_m.tolist() == [[1, 2, 3], [4, 5, 6]]
    assert ground.extent == (100.0, 115.0, 200.0, 210.0)


def test_the_middle_of_the_first_cell_may_be_given_instead_of_its_corner(tmp_path: Path) -> None:
    path = tmp_path / "ground.asc"
    path.write_text("NCOLS 1\nNROWS 1\nXLLCENTER 102.5\nYLLCENTER 202.5\nCELLSIZE 5\n-3.5\n")
    assert read_raster(path).origin == (100.0, 200.0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (HEADER + "1 -1 3 4 -1 6", r"NODATA\), found 2 of 6, the first in row 0, column 1 \(x 107.5, y 207.5\)"),
        (HEADER + "1 2 3 4 5", "not as many as the cells, found 5 for 2 x 3"),
        (HEADER + "1 2 three 4 5 6", "asc:7: no number, found .*three"),
        (HEADER.replace("ncols", "ncolls") + "1", "asc:1: no line of a header, found ncolls 3.*did you mean 'ncols'"),
        ("\n1", "asc:1: no line of a header"),
        (HEADER.replace("nrows 2", "nrows 2.5") + "1", "nrows must be a whole number above 0, found 2.5"),
        (HEADER.replace("nrows 2", "nrows nan") + "1", "nrows must be a whole number above 0, found nan"),
        (HEADER.replace("ncols 3", "ncols inf") + "1", "ncols must be a whole number above 0, found inf"),
        (
            HEADER + "1 2 3 4 5 9999",
            r"9999 is a height beyond all ground; is its NODATA.*1 of 6 such.*x 112.5, y 202.5",
        ),
        (
            HEADER + "-32768 2 3 -32768 5 6",
            "-32768 is a height beyond all ground.*2 of 6.*accepted: heights from -500 to 9",
        ),
        (HEADER.replace("ncols 3\n", "") + "1", "ncols must be a whole number above 0, found none"),
        (HEADER.replace("yllcorner 200\n", "") + "1 2 3 4 5 6", "neither yllcorner nor yllcenter"),
        (HEADER.replace("cellsize 5\n", "") + "1 2 3 4 5 6", "side of a cell must be above 0"),
        (HEADER, "not as many as the cells, found 0"),
        (HEADER + "1 2 3 4 5 é", "is no text in ASCII"),
    ],
)
def test_a_wrong_ascii_grid_is_refused_with_what_is_wrong(tmp_path: Path, text: str, expected: str) -> None:
    path = tmp_path / "ground.asc"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CityOpsError, match=expected):
        read_raster(path)


def test_what_is_no_raster_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CityOpsError, match=r"found .png; accepted: .asc, .npy, .tif, .tiff"):
        read_raster(tmp_path / "ground.png")
    with pytest.raises(CityOpsError, match="there is no such file"):
        read_raster(tmp_path / "ground.asc")


def array_file(folder: Path, heights: np.ndarray, said: object) -> Path:
    np.save(folder / "ground.npy", heights)
    (folder / "ground.json").write_text(json.dumps(said))
    return folder / "ground.npy"


PLACE = {"cell_m": 2.0, "origin": [0.0, 0.0]}


@pytest.mark.parametrize(
    ("heights", "said", "expected"),
    [
        (np.array([[1.0, np.nan]]), PLACE, "NODATA"),
        (np.zeros(3), PLACE, r"is no raster of heights, found float64 \(3,\)"),
        (np.array([["a"]]), PLACE, "is no raster of heights"),
        (np.zeros((2, 2)), {"cell_m": 2.0}, r"ground.json: does not say where.*accepted: .*cell_m"),
        (np.array([[0.0, np.inf]]), PLACE, "inf is a height beyond all ground"),
        (np.zeros((2, 2)), {**PLACE, "cell_m": 10**400}, "ground.json: does not say where"),
        (np.zeros((2, 2)), [], "ground.json: does not say where"),
        (np.zeros((2, 2)), {**PLACE, "cell_m": -2.0}, "ground.npy: .*above 0"),
    ],
)
def test_a_wrong_array_is_refused_with_what_is_wrong(
    tmp_path: Path, heights: np.ndarray, said: object, expected: str
) -> None:
    with pytest.raises(CityOpsError, match=expected):
        read_raster(array_file(tmp_path, heights, said))


def test_an_array_without_its_place_or_that_is_none_is_refused(tmp_path: Path) -> None:
    path = array_file(tmp_path, np.zeros((1, 1)), PLACE)
    path.write_bytes(b"no array at all")
    with pytest.raises(CityOpsError, match="is no array of numbers"):
        read_raster(path)
    (tmp_path / "ground.json").unlink()
    with pytest.raises(CityOpsError, match=r"ground.json beside it must say"):
        read_raster(path)


def tiff(path: Path, heights: np.ndarray, **more: object) -> Path:
    rasterio = pytest.importorskip("rasterio")
    said = {"transform": rasterio.Affine(5.0, 0.0, 500.0, 0.0, -5.0, 900.0), "crs": "EPSG:32650", **more}
    shape = {"height": heights.shape[0], "width": heights.shape[1], "count": 1, "dtype": "float32"}
    with rasterio.open(path, "w", driver="GTiff", **shape, **said) as file:
        file.write(heights.astype(np.float32), 1)
    return path


def test_a_geotiff_is_read_in_its_place(tmp_path: Path) -> None:
    ground = read_raster(tiff(tmp_path / "ground.tif", np.array([[1.0, 2.0], [3.0, 4.0]])))
    assert ground.elevation_m.tolist() == [[1, 2], [3, 4]]
    assert ground.extent == (500.0, 510.0, 890.0, 900.0)


def test_a_wrong_geotiff_is_refused_with_what_is_wrong(tmp_path: Path) -> None:
    rasterio = pytest.importorskip("rasterio")
    level = np.ones((2, 2))
    with pytest.raises(CityOpsError, match=r"NODATA.*found 1 of 4, the first in row 1, column 0"):
        read_raster(tiff(tmp_path / "a.tif", np.array([[1, 1], [-9, 1]]), nodata=-9.0))
    with pytest.raises(CityOpsError, match="lies in degrees, found EPSG:4326"):
        read_raster(tiff(tmp_path / "b.tif", level, crs="EPSG:4326"))
    oblong = rasterio.Affine(5.0, 0.0, 0.0, 0.0, -4.0, 0.0)
    with pytest.raises(CityOpsError, match="no squares with north up"):
        read_raster(tiff(tmp_path / "c.tif", level, transform=oblong))
    (tmp_path / "d.tif").write_bytes(b"no picture")
    with pytest.raises(CityOpsError, match="is no GeoTIFF"):
        read_raster(tmp_path / "d.tif")


def test_a_geotiff_needs_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ground.tif").write_bytes(b"")
    monkeypatch.setitem(sys.modules, "rasterio", None)
    with pytest.raises(MissingExtra, match=r'pip install "cityops\[gis\]"'):
        read_raster(tmp_path / "ground.tif")
