"""A whole town as files of other programs: one for each layer, and tables that tie them together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from sim.city.assets import AssetKind
from sim.city.blocks import LandUse
from sim.city.layers import Layers
from sim.city.register import Material
from sim.city.writers.rasters import write_raster
from sim.city.writers.street_files import write_streets

WRITERS: dict[str, Callable[[Layers, Path], object]] = {
    "streets.graphml": lambda town, path: write_streets(town.streets, path),
    "streets.geojson": lambda town, path: write_streets(town.streets, path),
    "terrain.asc": lambda town, path: write_raster(town.terrain, path),
    "water.inp": lambda town, path: town.water.to_inp(path, town.register, streets=town.streets),
    "drains.inp": lambda town, path: town.drainage.to_inp(path),
    "blocks.csv": lambda town, path: blocks(town).to_csv(path, index=False),
    "assets.csv": lambda town, path: assets(town).to_csv(path, index=False),
    "register.csv": lambda town, path: register(town).to_csv(path, index=False),
    "crosswalk.csv": lambda town, path: crosswalk(town).to_csv(path, index=False),
}
"""The files of a town, and who writes each."""


def write_town(town: Layers, folder: Path) -> Iterator[Path]:
    """Write all layers into an empty folder, giving each file's path once it is there.

    Raises CityOpsError for what a format cannot hold, MissingExtra where writing it needs an extra.
    """
    for name, write in WRITERS.items():
        write(town, folder / name)
        yield folder / name


def blocks(town: Layers) -> pd.DataFrame:
    """One row for each block: where it is, who lives there, to which district it belongs."""
    lots, people = town.lots, town.people
    return pd.DataFrame(
        {
            "block": range(lots.n_blocks),
            "x": lots.centre_xy[:, 0],
            "y": lots.centre_xy[:, 1],
            "area_m2": lots.area_m2,
            "land_use": [LandUse(use).name.lower() for use in people.land_use],
            "built_year": people.built_year,
            "population": people.population,
            "jobs": people.jobs,
            "vulnerable": people.vulnerable,
            "impervious": people.impervious,
            "subdistrict": [people.subdistrict_names[i] for i in people.subdistrict],
            "district": [people.district_names[i] for i in people.district],
        }
    )


def assets(town: Layers) -> pd.DataFrame:
    """One row for each asset."""
    standing, names = town.assets, np.array(["", *town.streets.names])
    return pd.DataFrame(
        {
            "asset": standing.names,
            "kind": [AssetKind(kind).name.lower().replace("_", " ") for kind in standing.kind],
            "x": standing.xy[:, 0],
            "y": standing.xy[:, 1],
            "corner": standing.corner,
            "street": names[standing.street + 1],
            "block": standing.block,
            "size": standing.size,
        }
    )


def register(town: Layers) -> pd.DataFrame:
    """One row for each link of the water network: what is known of it beside its hydraulics."""
    pipes, names = town.register, np.array(["", *town.streets.names])
    return pd.DataFrame(
        {
            "link": town.water.link_names,
            "material": [Material(one).name.lower().replace("_", " ") for one in pipes.material],
            "laid_year": pipes.laid_year,
            "valve_at_tail": pipes.valve_at_tail,
            "valve_at_head": pipes.valve_at_head,
            "street": names[pipes.street + 1],
        }
    )


def crosswalk(town: Layers) -> pd.DataFrame:
    """One row for each element that lies at a street: its layer, its name, and the number and name of the street.

    A cell of the terrain is named by its row and column, from the north-west corner.
    """
    walk, columns = town.crosswalk, town.terrain.shape[1]
    layers = {
        "main": (walk.mains, np.array(town.water.link_names)),
        "sewer": (walk.sewers, np.array(town.drainage.link_names)),
        "asset": (walk.assets, np.array(town.assets.names)),
        "block": (walk.blocks, np.arange(town.lots.n_blocks).astype(str)),
        "cell": (walk.cells, None),
    }
    parts = []
    for layer, (index, names) in layers.items():
        street = np.repeat(np.arange(town.streets.n_streets), np.diff(index.first))
        if names is None:
            row, column = np.divmod(index.element, columns)
            element = np.char.add(np.char.add(row.astype(str), " "), column.astype(str))
        else:
            element = names[index.element]
        parts.append(pd.DataFrame({"layer": layer, "element": element, "street_id": street}))
    table = pd.concat(parts, ignore_index=True)
    table["street"] = np.array(town.streets.names)[table["street_id"]]
    return table
