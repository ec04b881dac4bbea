"""Terrain from raster files: ESRI ASCII grids (.asc), NumPy arrays with their place (.npy, .json), GeoTIFF (.tif)."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.city.terrain import Terrain
from sim.errors import CityOpsError, MissingExtra, Mistake, nearest

Singles = npt.NDArray[np.float32]

ASC_KEYS = ("ncols", "nrows", "xllcorner", "yllcorner", "xllcenter", "yllcenter", "cellsize", "nodata_value")
SIDECAR_KEYS = ("cell_m", "origin")
LOWEST_M, HIGHEST_M = -500.0, 9000.0  # all dry ground of the Earth lies between


def read_raster(path: Path | str) -> Terrain:
    """The terrain of a raster file, by its ending: .asc, .npy, .tif or .tiff.

    Raises CityOpsError where the file cannot be read, is no raster of square cells in metres, north up, or has cells
    without a height; MissingExtra for a GeoTIFF where rasterio is not installed.
    """
    path = Path(path)
    readers = {".asc": _asc, ".npy": _npy, ".tif": _tiff, ".tiff": _tiff}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise _mistake(path, "no raster can be read from this kind of file", path.suffix, accepted=", ".join(readers))
    if not path.is_file():
        raise _mistake(path, "there is no such file", None)
    return reader(path)


def _asc(path: Path) -> Terrain:
    try:
        lines = path.read_text(encoding="ascii").splitlines()
    except UnicodeDecodeError as error:
        raise _mistake(path, "is no text in ASCII", f"a byte {error.object[error.start]:#04x}") from error
    header, first = _asc_header(path, lines)
    rows, columns = _count(path, header, "nrows"), _count(path, header, "ncols")
    values = np.concatenate(
        [_numbers(path, i, lines[i]) for i in range(first, len(lines))] or [np.zeros(0, np.float32)]
    )
    if len(values) != rows * columns:
        raise _mistake(path, "the heights are not as many as the cells", f"{len(values)} for {rows} x {columns} cells")
    cell = header.get("cellsize", 0.0)
    origin = tuple(_asc_corner(path, header, axis, cell) for axis in "xy")
    heights = values.reshape(rows, columns)
    empty = np.float32(header.get("nodata_value", -9999.0))
    return _terrain(path, heights, heights == empty, cell=cell, origin=origin)


def _asc_header(path: Path, lines: list[str]) -> tuple[dict[str, float], int]:
    """The header by lower-case key, and the line at which the heights begin."""
    header: dict[str, float] = {}
    for number, line in enumerate(lines):
        words = line.split()
        if words and (words[0][0].isdigit() or words[0][0] in "+-."):
            return header, number
        if len(words) != 2 or words[0].lower() not in ASC_KEYS:
            near = nearest(words[0], ASC_KEYS) if words else None
            accepted = ", ".join(ASC_KEYS)
            mistake = Mistake(
                what="no line of a header", file=str(path), line=number + 1, found=line, accepted=accepted, nearest=near
            )
            raise CityOpsError(mistake)
        header[words[0].lower()] = float(_numbers(path, number, words[1], np.float64)[0])
    return header, len(lines)


def _numbers(path: Path, number: int, line: str, dtype: Any = np.float32) -> npt.NDArray[Any]:
    try:
        return np.array(line.split(), dtype=dtype)
    except ValueError as error:
        raise CityOpsError(Mistake(what="no number", file=str(path), line=number + 1, found=str(error))) from error


def _count(path: Path, header: dict[str, float], key: str) -> int:
    value = header.get(key, 0.0)
    if not 1 <= value < np.inf or value != int(value):
        raise _mistake(path, f"{key} must be a whole number above 0", str(header.get(key, "none")))
    return int(value)


def _asc_corner(path: Path, header: dict[str, float], axis: str, cell: float) -> float:
    if f"{axis}llcorner" in header:
        return header[f"{axis}llcorner"]
    if f"{axis}llcenter" in header:
        return header[f"{axis}llcenter"] - cell / 2.0
    raise _mistake(path, f"the header has neither {axis}llcorner nor {axis}llcenter", None)


def _npy(path: Path) -> Terrain:
    """An array of heights, whose place and side of a cell stand in a file beside it with the ending .json."""
    sidecar = path.with_suffix(".json")
    if not sidecar.is_file():
        raise _mistake(path, f"{sidecar.name} beside it must say where the cells lie", None, accepted=_EXAMPLE)
    try:
        said = json.loads(sidecar.read_text(encoding="utf-8"))
        cell, origin = float(said["cell_m"]), (float(said["origin"][0]), float(said["origin"][1]))
    except (ValueError, KeyError, TypeError, IndexError, OverflowError, RecursionError) as error:
        raise _mistake(sidecar, "does not say where the cells lie", repr(error), accepted=_EXAMPLE) from error
    try:
        heights = np.load(path, allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        raise _mistake(path, "is no array of numbers", str(error)) from error
    if heights.ndim != 2 or heights.dtype.kind not in "iuf":
        raise _mistake(path, "is no raster of heights", f"{heights.dtype} {heights.shape}")
    return _terrain(path, heights, np.isnan(heights), cell=cell, origin=origin)


_EXAMPLE = '{"cell_m": 5.0, "origin": [x of the west edge, y of the south edge]}'


def _tiff(path: Path) -> Terrain:
    """The first band of a GeoTIFF; heights and coordinates in metres."""
    try:
        import rasterio
        from rasterio.errors import NotGeoreferencedWarning, RasterioIOError
    except ImportError as error:
        raise MissingExtra(f'{path} needs the package rasterio: pip install "cityops[gis]"') from error
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)  # said below, as a mistake
            with rasterio.open(path) as file:
                heights, known, place, system = file.read(1), file.read_masks(1), file.transform, file.crs
    except RasterioIOError as error:
        raise _mistake(path, "is no GeoTIFF", str(error)) from error
    if system is not None and system.is_geographic:
        raise _mistake(
            path, "the raster lies in degrees", str(system), accepted="coordinates in metres (gdalwarp -t_srs)"
        )
    if place.is_identity or place.b != 0.0 or place.d != 0.0 or not np.isclose(place.a, -place.e, rtol=1e-6):
        raise _mistake(path, "the cells are no squares with north up", str(tuple(place)[:6]))
    origin = (place.c, place.f + place.e * heights.shape[0])
    return _terrain(path, heights, (known == 0) | np.isnan(heights), cell=place.a, origin=origin)


def _terrain(
    path: Path, heights: npt.NDArray[Any], holes: npt.NDArray[np.bool_], *, cell: float, origin: tuple[float, ...]
) -> Terrain:
    """The terrain, after a look for holes: a flood would stop at them."""
    if holes.any():
        found = f"{int(holes.sum())} of {holes.size}, the first in {_first(holes, cell=cell, origin=origin)}"
        raise _mistake(
            path, "cells have no height (NODATA)", found, accepted="a raster filled before (gdal_fillnodata)"
        )
    wrong = (heights < LOWEST_M) | (heights > HIGHEST_M)
    if wrong.any():
        what = f"{heights[wrong][0]:g} is a height beyond all ground; is its NODATA value declared?"
        found = f"{int(wrong.sum())} of {wrong.size} such, the first in {_first(wrong, cell=cell, origin=origin)}"
        raise _mistake(path, what, found, accepted=f"heights from {LOWEST_M:g} to {HIGHEST_M:g} m")
    try:
        return Terrain(heights.astype(np.float32), cell, origin=(origin[0], origin[1]))
    except CityOpsError as error:
        raise _mistake(path, str(error), None) from error


def _first(cells: npt.NDArray[np.bool_], *, cell: float, origin: tuple[float, ...]) -> str:
    """Where the first of some cells lies, counted from the north-west, and its middle in metres."""
    row, column = np.argwhere(cells)[0]
    x = origin[0] + (column + 0.5) * cell
    y = origin[1] + (cells.shape[0] - row - 0.5) * cell
    return f"row {row}, column {column} (x {x:.1f}, y {y:.1f})"


def _mistake(path: Path, what: str, found: str | None, *, accepted: str | None = None) -> CityOpsError:
    return CityOpsError(Mistake(what=what, file=str(path), found=found, accepted=accepted))
