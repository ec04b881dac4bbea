"""A town put together layer by layer, and kept on disk, so that it is made once for all who ask for it."""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import scipy

import cext
import sim.city
import sim.draws
from sim.city import assets, blocks, crosswalk, drainage, register, storing, streets, terrain, water
from sim.city.layers import Layers
from sim.city.synthetic import plan
from sim.city.synthetic.plan import Plan, plan_of
from sim.city.terrain import Terrain
from sim.city.water import WaterNetwork
from sim.scenario.town import Town

CLASSES = tuple(
    one
    for module in (assets, blocks, crosswalk, drainage, plan, register, streets, terrain, water)
    for one in vars(module).values()
    if isinstance(one, type) and one.__module__ == module.__name__
)
"""What a stored town may consist of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """Real layers in place of made ones: files of streets and of terrain, and a water network; None = made."""

    streets: Path | None = None
    terrain: Path | None = None
    water: WaterNetwork | None = None


NOTHING_GIVEN = Given()


def made(town: Town, given: Given = NOTHING_GIVEN) -> Layers:
    """The town, from disk if it was made before, else made now and kept there.

    The arrays are memory-mapped: processes share one copy. It is kept below ``CITYOPS_CACHE``, else below
    ``XDG_CACHE_HOME/cityops``, else ``~/.cache/cityops``; what is kept there may be deleted at any time.

    Raises CityOpsError where no such town can be, or a given layer cannot be read or does not cover the others.
    """
    folder = cache_folder() / "towns" / digest(town, given)
    kept = _kept(folder)
    if kept is not None:
        return kept
    layers = make(town, given)
    try:
        storing.save(folder, layers)
    except OSError as error:
        logging.getLogger("cityops").warning("the town cannot be kept in %s: %s", folder, error.strerror)
        return layers
    return _kept(folder) or layers


def make(town: Town, given: Given = NOTHING_GIVEN) -> Layers:
    """The town, made anew; see ``made``."""
    from sim.city.crosswalk import crosswalk_of
    from sim.city.synthetic.ground import check_cells, raise_ground
    from sim.city.synthetic.mains import lay_mains
    from sim.city.synthetic.placing import place_assets
    from sim.city.synthetic.populating import populate
    from sim.city.synthetic.pump_stations import at_pumps
    from sim.city.synthetic.sewers import lay_sewers

    if given.terrain is None and given.streets is None:
        check_cells(town)
    drawn = _plan(town, given)
    ground, lines = raise_ground(town, drawn, _heights(given))
    people = populate(town, drawn, lines)
    standing = place_assets(town, drawn, lines, people, ground)
    if given.water is None:
        mains, pipes = lay_mains(town, lines, drawn.lots, people, river=drawn.river)
    else:
        mains, pipes = given.water, register.register_of(given.water, lines)
    sewers = lay_sewers(town, drawn, lines, people, ground)
    standing = at_pumps(
        standing,
        drawn,
        lines,
        water=mains,
        register=pipes,
        drainage=sewers.drainage,
        corner_of_manhole=sewers.corner_of_node,
    )
    return Layers(
        streets=lines,
        lots=drawn.lots,
        people=people,
        terrain=ground,
        water=mains,
        register=pipes,
        drainage=sewers.drainage,
        street_of_sewer=sewers.street_of_link,
        corner_of_manhole=sewers.corner_of_node,
        assets=standing,
        crosswalk=crosswalk_of(
            lines,
            drawn.lots,
            terrain=ground,
            register=pipes,
            street_of_sewer=sewers.street_of_link,
            corner_of_manhole=sewers.corner_of_node,
            assets=standing,
        ),
        river=drawn.river,
        railway=drawn.railway,
        boundary=drawn.boundary,
    )


def _plan(town: Town, given: Given) -> Plan:
    from sim.city.synthetic.laying import lay_plan

    if given.streets is None:
        return lay_plan(town)
    from sim.city.readers.street_files import read_streets

    return plan_of(read_streets(given.streets))


def _heights(given: Given) -> Terrain | None:
    if given.terrain is None:
        return None
    from sim.city.readers.rasters import read_raster

    return read_raster(given.terrain)


def cache_folder() -> Path:
    """Where things are kept that can be made again."""
    if own := os.environ.get("CITYOPS_CACHE"):
        return Path(own)
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "cityops"


def digest(town: Town, given: Given = NOTHING_GIVEN) -> str:
    """What a town is kept under: SHA-256 of its numbers, of the given layers, and of the code that makes it."""
    parts = hashlib.sha256(_code().encode())
    parts.update(town.model_dump_json(by_alias=True).encode())
    for file in (given.streets, given.terrain):
        parts.update(b"-" if file is None else _with_sidecars(file).encode())
    if given.water is not None:
        _feed(parts, given.water)
    return parts.hexdigest()[:32]


def _with_sidecars(file: Path) -> str:
    """Digests of a file and of all beside it whose names begin like its own: places, projections, cell sizes."""
    files = [file, *sorted(path for path in file.parent.glob(f"{file.stem}*") if path.is_file() and path != file)]
    return " ".join(f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}" for path in files)


def _feed(parts: Any, value: Any) -> None:
    for one in fields(value):
        part = getattr(value, one.name)
        parts.update(part.tobytes() if isinstance(part, np.ndarray) else repr(part).encode())


@lru_cache(maxsize=1)
def _code() -> str:
    """Digests of what makes a town: another version of it, of a kernel or of a library makes another town."""
    city, kernels = (Path(next(iter(package.__path__))) for package in (sim.city, cext))
    sources = [Path(sim.draws.__file__), *sorted(city.rglob("*.py")), *sorted(kernels.glob("*.so"))]
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in sources]
    return " ".join([*digests, np.__version__, scipy.__version__])


def _kept(folder: Path) -> Layers | None:
    try:
        if not folder.exists():
            return None
        kept = storing.load(folder, (*CLASSES, Layers))
        if isinstance(kept, Layers):
            return kept
        error: Exception = ValueError("it holds no town")
    except (OSError, ValueError, EOFError) as wrong:
        error = wrong
    logging.getLogger("cityops").warning(
        "%s is damaged or cannot be read, so the town is made again: %s", folder, error
    )
    shutil.rmtree(folder, ignore_errors=True)
    return None
