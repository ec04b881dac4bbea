from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]

class Runoff:
    """Catchments that turn rain into runoff; every state of them shares it.

    The arguments have the names, units and codes of ``sim.city.drainage.Catchments``, each (n,).
    """

    n: int
    n_gages: int
    n_nodes: int
    def __init__(
        self,
        *,
        names: Sequence[str],
        n_nodes: int,
        n_gages: int,
        outlet_node: Ints,
        outlet_catchment: Ints,
        gage: Ints,
        area_m2: Floats,
        impervious: Floats,
        width_m: Floats,
        slope: Floats,
        manning_impervious: Floats,
        manning_pervious: Floats,
        storage_impervious_m: Floats,
        storage_pervious_m: Floats,
        no_storage: Floats,
        infiltration_kind: npt.NDArray[np.int8],
        infiltration: Floats,
    ) -> None:
        """ValueError, naming the catchment and what is wrong with it."""
    def start(self) -> RunoffState:
        """Dry ground at time 0."""

class RunoffState:
    """Water on and in the ground at an instant."""

    def __init__(self, runoff: Runoff) -> None: ...
    def fork(self) -> RunoffState:
        """A copy that goes its own way."""
    @property
    def time_s(self) -> float:
        """Where the last step ended, s."""
    def step(self, dt_s: float, rain_m_s: Floats, *, evaporation_m_s: float = 0.0) -> bool:
        """Rain for ``dt_s`` seconds at the rates of the gages; True while anything runs off."""
    def flows(self, *, out: Floats | None = None) -> Floats:
        """Runoff of each catchment at the end of the last step, m3/s."""
    def to_nodes(self, *, out: Floats | None = None) -> Floats:
        """Runoff into each node at the end of the last step, m3/s."""
    def balance(self) -> dict[str, Floats]:
        """Water of each catchment since the start, m3 (n,): rained, ran_on, sunk, evaporated, ran_off, stored."""
