"""All the layers of a town over the same ground, which fit each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.city.assets import AssetKind, Assets
from sim.city.blocks import Lots, People
from sim.city.crosswalk import Crosswalk
from sim.city.drainage import Drainage
from sim.city.register import Register
from sim.city.streets import Streets
from sim.city.synthetic.plan import Course
from sim.city.terrain import Terrain
from sim.city.water import WaterNetwork

Ints = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Layers:
    """A town: what lies on, in and under the same ground, and which element lies at which street.

    river, railway : None where there is none;  boundary : float64 (k, 2), m, of the built-up ground
    street_of_sewer : int32 (n_drain_links,), -1 = none;  corner_of_manhole : int32 (n_drain_nodes,), -1 = none
    """

    streets: Streets
    lots: Lots
    people: People
    terrain: Terrain
    water: WaterNetwork
    register: Register
    drainage: Drainage
    street_of_sewer: Ints
    corner_of_manhole: Ints
    assets: Assets
    crosswalk: Crosswalk
    river: Course | None
    railway: Course | None
    boundary: npt.NDArray[np.float64]

    @property
    def depots(self) -> dict[str, int]:
        """The corner of each depot, by name."""
        found = self.assets.of_kind(AssetKind.DEPOT)
        return {self.assets.names[i]: int(self.assets.corner[i]) for i in found}

    @property
    def population(self) -> float:
        """All who live there."""
        return float(self.people.population.sum())
