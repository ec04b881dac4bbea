"""Small drainage networks as the router's arguments."""

from __future__ import annotations

from typing import Any

import numpy as np

from cext.drains import Router
from cext.sections import Sections

JUNCTION, OUTFALL, STORAGE = range(3)
CONDUIT, PUMP, ORIFICE, WEIR, OUTLET = range(5)
NODE = {
    "node_kind": (np.int8, JUNCTION),
    "invert_m": (np.float64, 0.0),
    "depth_m": (np.float64, 3.0),
    "initial_depth_m": (np.float64, 0.0),
    "surcharge_m": (np.float64, 0.0),
    "ponded_area_m2": (np.float64, 0.0),
    "outfall_kind": (np.int8, 0),
    "stage_m": (np.float64, 0.0),
    "outfall_curve": (np.int32, -1),
    "outfall_gate": (np.bool_, False),
    "storage_curve": (np.int32, -1),
    "inflow_base_m3s": (np.float64, 0.0),
}
LINK = {
    "link_kind": (np.int8, CONDUIT),
    "tail": (np.int32, 0),
    "head": (np.int32, 1),
    "length_m": (np.float64, 100.0),
    "roughness": (np.float64, 0.013),
    "tail_offset_m": (np.float64, 0.0),
    "head_offset_m": (np.float64, 0.0),
    "initial_flow_m3s": (np.float64, 0.0),
    "most_flow_m3s": (np.float64, 0.0),
    "entry_loss": (np.float64, 0.0),
    "exit_loss": (np.float64, 0.0),
    "mean_loss": (np.float64, 0.0),
    "flap_gate": (np.bool_, False),
    "barrels": (np.int32, 1),
    "pump_kind": (np.int8, 0),
    "pump_curve": (np.int32, -1),
    "is_on": (np.bool_, True),
    "start_depth_m": (np.float64, 0.0),
    "stop_depth_m": (np.float64, 0.0),
    "opening_kind": (np.int8, 0),
    "coefficient": (np.float64, 0.65),
    "end_coefficient": (np.float64, 0.0),
    "exponent": (np.float64, 0.5),
    "end_contractions": (np.float64, 0.0),
    "can_surcharge": (np.bool_, True),
    "outlet_kind": (np.int8, 0),
    "outlet_curve": (np.int32, -1),
}
OPTIONS: dict[str, Any] = {
    "start_clock_s": 0.0,
    "routing_step_s": 5.0,
    "variable_step": 0.75,
    "minimum_step_s": 0.5,
    "allow_ponding": False,
    "inertial_damping": "PARTIAL",
    "normal_flow_limited": "BOTH",
    "surcharge": "EXTRAN",
    "minimum_surface_area_m2": 1.167,
    "minimum_slope": 0.0,
    "lengthening_step_s": 0.0,
    "head_tolerance_m": 0.0015,
    "trials": 8,
    "force_main": "H-W",
}
PUMP_CURVE = (np.array([0.0, 1.0, 3.0]), np.array([0.3, 0.2, 0.05]))


def arguments(n: int = 4, *, links: list[tuple[int, int]] | None = None, **changed: Any) -> dict[str, Any]:
    """A chain of n nodes that falls by 0.5 m a link to a free outfall; anything of it changed by name."""
    ends = links or [(i, i + 1) for i in range(n - 1)]
    m = len(ends)
    kinds = np.zeros(n, dtype=np.int8)
    kinds[n - 1] = OUTFALL
    given: dict[str, Any] = {
        "node_kind": kinds,
        "invert_m": 10.0 - 0.5 * np.arange(n),
        "tail": [tail for tail, _ in ends],
        "head": [head for _, head in ends],
    } | changed
    fields = {key: _array(kind, given.get(key, value), n) for key, (kind, value) in NODE.items()}
    fields |= {key: _array(kind, given.get(key, value), m) for key, (kind, value) in LINK.items()}
    shape = np.broadcast_to(given.get("shape", 0), m).astype(np.int8)
    geometry = np.broadcast_to(given.get("geometry", (0.8, 0.0, 0.0, 0.0)), (m, 4)).astype(np.float64)
    curves = given.get("curves", [PUMP_CURVE])
    return {
        **fields,
        "node_names": [f"N{i}" for i in range(n)],
        "link_names": [f"L{k}" for k in range(m)],
        "sections": given.get("sections", Sections(shape, np.ascontiguousarray(geometry))),
        "storage_area": _array(np.float64, given.get("storage_area", (0.0, 0.0, 50.0)), (n, 3)),
        "inflow_node": np.array(given.get("inflow_node", []), dtype=np.int32),
        "inflow_curve": np.array(given.get("inflow_curve", []), dtype=np.int32),
        "curve_first": np.cumsum([0, *(len(x) for x, _ in curves)]).astype(np.int32),
        "curve_x": np.concatenate([np.zeros(0), *(x for x, _ in curves)]),
        "curve_y": np.concatenate([np.zeros(0), *(y for _, y in curves)]),
        "rules": given.get("rules"),
        **{key: given.get(key, value) for key, value in OPTIONS.items()},
    }


def _array(kind: Any, value: Any, shape: Any) -> Any:
    return np.ascontiguousarray(np.broadcast_to(np.asarray(value), shape).astype(kind))


def chain(n: int = 4, **changed: Any) -> Router:
    """The router of such a chain."""
    return Router(**arguments(n, **changed))
