"""Terrain to raster files: ESRI ASCII grids (.asc), which every GIS opens, or NumPy arrays with their place (.npy)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from sim.city.terrain import Terrain
from sim.errors import CityOpsError, Mistake

NODATA = -9999.0


def write_raster(terrain: Terrain, path: Path | str) -> None:
    """Write the heights of a terrain, by the file's ending, so that reading them gives the same bits.

    Not the cover nor the roughness. Raises CityOpsError for another ending than .asc or .npy.
    """
    path = Path(path)
    if path.suffix.lower() == ".asc":
        _write_asc(terrain, path)
    elif path.suffix.lower() == ".npy":
        np.save(path, terrain.elevation_m)
        place = {"cell_m": float(terrain.cell_m), "origin": [float(part) for part in terrain.origin]}
        path.with_suffix(".json").write_text(json.dumps(place), encoding="utf-8")
    else:
        mistake = Mistake(
            what="no raster can be written to this kind of file",
            file=str(path),
            found=path.suffix,
            accepted=".asc, .npy",
        )
        raise CityOpsError(mistake)


def _write_asc(terrain: Terrain, path: Path) -> None:
    rows, columns = terrain.shape
    header = {
        "ncols": columns,
        "nrows": rows,
        "xllcorner": float(terrain.origin[0]),
        "yllcorner": float(terrain.origin[1]),
        "cellsize": float(terrain.cell_m),
        "NODATA_value": NODATA,
    }
    with path.open("w", encoding="ascii", newline="\n") as file:
        file.writelines(f"{key} {value!r}\n" for key, value in header.items())
        # NumPy's own text of a single is the shortest that reads back as the same.
        file.writelines(" ".join(row.astype(np.str_)) + "\n" for row in terrain.elevation_m)
