"""One run of a water network on its own, as tables: what a user of EPANET or WNTR expects to get."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sim.city.solving import solver
from sim.errors import CityOpsError, Mistake, nearest

if TYPE_CHECKING:
    from cext.pipes import Solver
    from sim.city.water import WaterNetwork

_DEMAND_MODELS = {"DDA": False, "PDA": True}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Results:
    """What a run gave: tables of time_s x name, a row at each hydraulic step, at EPANET's event times too.

    head, pressure : m, NaN at nodes that no open link joins to a reservoir or tank
    demand : m3/s, what leaves at a junction (customers and emitters), or flows into a tank or reservoir
    flow : m3/s, from tail to head
    status : whether the link is open
    balanced : bool by time_s, whether the solver met the accuracy asked for
    iterations : of the solver, by time_s
    """

    head: pd.DataFrame
    pressure: pd.DataFrame
    demand: pd.DataFrame
    flow: pd.DataFrame
    status: pd.DataFrame
    balanced: pd.Series[bool]
    iterations: pd.Series[int]


def make_solver(
    network: WaterNetwork,
    *,
    demand_model: str | None = None,
    minimum_m: float | None = None,
    required_m: float | None = None,
    exponent: float | None = None,
    accuracy: float | None = None,
    trials: int | None = None,
    clock_start_s: float | None = None,
) -> Solver:
    """The kernel for a network; what is None is as the file says. Raises CityOpsError where it cannot be solved."""
    is_driven = network.options.pressure_driven if demand_model is None else _is_pressure_driven(demand_model)
    given = (minimum_m, required_m, exponent)
    if not is_driven and any(value is not None for value in given):
        raise CityOpsError('pressures and exponent of the demand are of demand_model="PDA" only')
    options = network.options
    own = (options.minimum_pressure_m, options.required_pressure_m, options.pressure_exponent)
    minimum, required, power = (o if g is None else float(g) for g, o in zip(given, own, strict=True))
    if is_driven:
        _check_pressures(minimum, required, power)
    return solver(
        network,
        pressure_driven=(minimum, required, power) if is_driven else False,
        accuracy=accuracy,
        trials=trials,
        clock_start_s=clock_start_s,
    )


def _is_pressure_driven(demand_model: str) -> bool:
    if demand_model not in _DEMAND_MODELS:
        accepted = '"DDA" (demand-driven), "PDA" (pressure-driven)'
        near = nearest(demand_model, _DEMAND_MODELS)
        raise CityOpsError(
            Mistake(what="no such demand model", found=repr(demand_model), accepted=accepted, nearest=near)
        )
    return _DEMAND_MODELS[demand_model]


def _check_pressures(minimum_m: float, required_m: float, exponent: float) -> None:
    if not 0.0 <= minimum_m < required_m < np.inf:
        found = f"minimum {minimum_m} m, required {required_m} m"
        raise CityOpsError(Mistake(what="the required pressure must be above the minimum, from 0 m", found=found))
    if not 0.0 < exponent < np.inf:
        raise CityOpsError(Mistake(what="the exponent of the pressure must be above 0", found=str(exponent)))


def run(network: WaterNetwork, kernel: Solver, duration_s: float | None) -> Results:
    """Run from the start to ``duration_s`` (None: as the file says; 0: one steady solve)."""
    duration = float(network.options.duration_s if duration_s is None else duration_s)
    if not 0.0 <= duration < np.inf:
        raise CityOpsError(Mistake(what="the duration cannot be negative or endless", found=f"{duration_s} s"))
    rows = kernel.run(duration)
    time = pd.Index(rows["time_s"], name="time_s")
    head = np.where(rows["unsupplied"], np.nan, rows["head_m"])
    nodes, links = pd.Index(network.node_names, name="node"), pd.Index(network.link_names, name="link")
    return Results(
        head=pd.DataFrame(head, time, nodes),
        pressure=pd.DataFrame(head - network.elevation_m, time, nodes),
        demand=pd.DataFrame(rows["outflow_m3s"], time, nodes),
        flow=pd.DataFrame(rows["flow_m3s"], time, links),
        status=pd.DataFrame(rows["is_open"], time, links),
        balanced=pd.Series(rows["balanced"], time, name="balanced"),
        iterations=pd.Series(rows["iterations"], time, name="iterations"),
    )
