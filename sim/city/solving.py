"""From a water network's record to the kernel that solves it; the only place that knows both sets of names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cext.pipes import Solver

if TYPE_CHECKING:
    from sim.city.water import Control, Options, WaterNetwork

_NODE_FIELDS = (
    "node_kind",
    "elevation_m",
    "demand_node",
    "demand_base_m3s",
    "demand_pattern",
    "head_pattern",
    "emitter",
    "tank_initial_m",
    "tank_minimum_m",
    "tank_maximum_m",
    "tank_area_m2",
    "tank_minimum_volume_m3",
    "tank_curve",
    "tank_can_overflow",
)
_LINK_FIELDS = (
    "link_kind",
    "tail",
    "head",
    "length_m",
    "diameter_m",
    "roughness",
    "minor_loss",
    "is_open",
    "speed",
    "pump_kind",
    "pump_h0_m",
    "pump_r",
    "pump_n",
    "pump_q0_m3s",
    "pump_power_w",
    "pump_curve",
    "pump_pattern",
)
_OPTIONS = (
    "viscosity_m2_s",
    "accuracy",
    "trials",
    "extra_trials",
    "check_frequency",
    "max_check",
    "damp_limit",
    "head_error_m",
    "flow_change_m3s",
    "demand_multiplier",
    "emitter_exponent",
    "emitter_backflow",
    "pressure_driven",
    "minimum_pressure_m",
    "required_pressure_m",
    "pressure_exponent",
    "hydraulic_step_s",
    "pattern_step_s",
    "pattern_start_s",
    "report_step_s",
    "start_clock_s",
)


def solver(
    network: WaterNetwork,
    *,
    pressure_driven: tuple[float, float, float] | bool | None = None,
    clock_start_s: float | None = None,
    accuracy: float | None = None,
    trials: int | None = None,
) -> Solver:
    """A kernel for a network; what is None is as the network's options say.

    ``pressure_driven``: (minimum m, required m, exponent), or True or False for the options' own pressures. A
    ``clock_start_s`` (whole seconds) other than the network's shifts patterns and controls by time of day.
    CityOpsError where the network has what is not solved yet.
    """
    network.refuse_unsupported()
    options = {name: getattr(network.options, name) for name in _OPTIONS}
    if pressure_driven is not None:
        options["pressure_driven"] = pressure_driven is not False
    if isinstance(pressure_driven, tuple):
        names = ("minimum_pressure_m", "required_pressure_m", "pressure_exponent")
        options.update(zip(names, pressure_driven, strict=True))
    options.update(_shifted(network.options, clock_start_s))
    options.update({k: v for k, v in (("accuracy", accuracy), ("trials", trials)) if v is not None})
    return Solver(
        **{name: getattr(network, name) for name in (*_NODE_FIELDS, *_LINK_FIELDS)},
        **_flat("pattern", {"factor": network.patterns}),
        **_flat("curve", {"x": [c.x for c in network.curves], "y": [c.y for c in network.curves]}),
        **_controls(network.controls),
        formula=int(network.options.formula),
        **options,
    )


def _shifted(options: Options, clock_start_s: float | None) -> dict[str, int]:
    """Patterns start at the scenario's clock time, not at the file's."""
    if clock_start_s is None:
        return {}
    clock = int(clock_start_s)
    if clock != clock_start_s:
        raise ValueError(f"clock_start_s must be whole seconds, not {clock_start_s}")
    return {"start_clock_s": clock, "pattern_start_s": options.pattern_start_s + clock - options.start_clock_s}


def _flat(name: str, columns: dict[str, Sequence[npt.NDArray[np.float64]]]) -> dict[str, Any]:
    """Arrays of many lengths as one array and the place where each begins."""
    pieces = next(iter(columns.values()))
    flat: dict[str, Any] = {
        f"{name}_first": np.concatenate([[0], np.cumsum([len(p) for p in pieces])]).astype(np.int32)
    }
    for column, arrays in columns.items():
        flat[f"{name}_{column}"] = np.concatenate([np.zeros(0), *arrays]).astype(np.float64)
    return flat


def _controls(controls: Sequence[Control]) -> dict[str, Any]:
    return {
        "control_link": np.array([c.link for c in controls], np.int32),
        "control_kind": np.array([c.kind for c in controls], np.int8),
        "control_is_open": np.array([c.is_open for c in controls], np.bool_),
        "control_setting": np.array([c.setting for c in controls], np.float64),
        "control_node": np.array([c.node for c in controls], np.int32),
        "control_head_m": np.array([c.head_m for c in controls], np.float64),
        "control_time_s": np.array([c.time_s for c in controls], np.float64),
    }
