"""cityops: a discrete-event simulator of city operations.

The names below are loaded on first use, so that ``import sim`` costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.city.drainage import Drainage as Drainage
    from sim.city.roads import RoadNetwork as RoadNetwork
    from sim.city.terrain import Terrain as Terrain
    from sim.city.water import WaterNetwork as WaterNetwork
    from sim.errors import CityOpsError as CityOpsError
    from sim.experiment.comparison import compare as compare
    from sim.record.eventlog import EventLog as EventLog
    from sim.record.vitals import vitals as vitals
    from sim.scenario.loading import load as load
    from sim.world.replication import run as run

__version__ = "0.1.0"

_HOMES = {
    "CityOpsError": "sim.errors",
    "Drainage": "sim.city.drainage",
    "EventLog": "sim.record.eventlog",
    "RoadNetwork": "sim.city.roads",
    "Terrain": "sim.city.terrain",
    "WaterNetwork": "sim.city.water",
    "compare": "sim.experiment.comparison",
    "load": "sim.scenario.loading",
    "run": "sim.world.replication",
    "vitals": "sim.record.vitals",
}
__all__ = [*_HOMES, "__version__"]  # noqa: PLE0604  # the names are strings


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'sim' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
