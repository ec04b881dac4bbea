"""Takes over a network model of WNTR by way of the EPANET file that wntr writes of it."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from sim.city.readers.epanet import read_inp
from sim.errors import CityOpsError, MissingExtra

if TYPE_CHECKING:
    from sim.city.water import WaterNetwork


def read_model(model: Any) -> WaterNetwork:
    """Give the network of a ``wntr.network.WaterNetworkModel``; see ``WaterNetwork.from_wntr``."""
    try:
        from wntr.network import WaterNetworkModel
        from wntr.network.io import write_inpfile
    except ImportError as error:
        what = f'a model of wntr needs the package wntr ({error}): pip install "cityops[examples]"'
        raise MissingExtra(what) from error
    if not isinstance(model, WaterNetworkModel):
        raise CityOpsError(f"from_wntr takes a wntr.network.WaterNetworkModel, not a {type(model).__name__}")
    with TemporaryDirectory(prefix="cityops-wntr-") as folder:
        path = Path(folder) / f"{Path(str(model.name or 'network')).stem}.inp"
        write_inpfile(model, str(path))
        return read_inp(path)
