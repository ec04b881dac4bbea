"""From the record of a drainage network to the kernel that routes it; the only place that knows both sets of names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cext.drains import Router
from cext.runoff import Runoff
from cext.sections import Sections, transect_table
from sim.city.drain_controls import rules
from sim.city.drainage import DrainLinkKind, DrainNodeKind, Shape
from sim.errors import CityOpsError

if TYPE_CHECKING:
    from sim.city.drain_controls import rules
from sim.city.drainage import Curve, Drainage

Floats = npt.NDArray[np.float64]
_NODE_FIELDS = (
    "node_kind",
    "invert_m",
    "depth_m",
    "initial_depth_m",
    "surcharge_m",
    "ponded_area_m2",
    "outfall_kind",
    "stage_m",
    "outfall_curve",
    "outfall_gate",
    "storage_curve",
    "storage_area",
    "inflow_base_m3s",
)
_LINK_FIELDS = (
    "link_kind",
    "tail",
    "head",
    "length_m",
    "tail_offset_m",
    "head_offset_m",
    "initial_flow_m3s",
    "most_flow_m3s",
    "entry_loss",
    "exit_loss",
    "mean_loss",
    "flap_gate",
    "barrels",
    "pump_kind",
    "pump_curve",
    "is_on",
    "start_depth_m",
    "stop_depth_m",
    "opening_kind",
    "coefficient",
    "end_coefficient",
    "exponent",
    "end_contractions",
    "can_surcharge",
    "outlet_kind",
    "outlet_curve",
)
_CATCHMENT_FIELDS = (
    "outlet_node",
    "outlet_catchment",
    "gage",
    "area_m2",
    "impervious",
    "width_m",
    "slope",
    "manning_impervious",
    "manning_pervious",
    "storage_impervious_m",
    "storage_pervious_m",
    "no_storage",
    "infiltration_kind",
    "infiltration",
)
_OPTIONS = (
    "start_clock_s",
    "routing_step_s",
    "variable_step",
    "minimum_step_s",
    "allow_ponding",
    "inertial_damping",
    "normal_flow_limited",
    "surcharge",
    "minimum_surface_area_m2",
    "minimum_slope",
    "lengthening_step_s",
    "head_tolerance_m",
    "trials",
    "force_main",
)


def router(drainage: Drainage) -> Router:
    """The kernel of a network; CityOpsError naming the element that cannot be routed."""
    curves = (*drainage.curves, *drainage.inflow_series)
    given: dict[str, Any] = {field: getattr(drainage, field) for field in (*_NODE_FIELDS, *_LINK_FIELDS)}
    given |= {field: getattr(drainage.options, field) for field in _OPTIONS}
    given |= _flat(curves)
    try:
        return Router(
            node_names=drainage.node_names,
            link_names=drainage.link_names,
            sections=sections(drainage),
            roughness=_roughness(drainage),
            inflow_node=drainage.inflow_node,
            inflow_curve=np.arange(len(drainage.inflow_series), dtype=np.int32) + np.int32(len(drainage.curves)),
            rules=rules(drainage),
            **given,
        )
    except ValueError as error:
        raise CityOpsError(f"{drainage.name}: {error}") from error


def runoff(drainage: Drainage) -> Runoff:
    """The kernel of a network's catchments; CityOpsError naming the one that cannot be."""
    ground = drainage.catchments
    given: dict[str, Any] = {field: getattr(ground, field) for field in _CATCHMENT_FIELDS}
    try:
        return Runoff(names=ground.names, n_nodes=drainage.n_nodes, n_gages=len(drainage.rain), **given)
    except ValueError as error:
        raise CityOpsError(f"{drainage.name}: {error}") from error


def sections(drainage: Drainage) -> Sections:
    """The cross-sections of the links; pumps and outlets have none."""
    shape = drainage.shape.copy()
    shape[np.isin(drainage.link_kind, (DrainLinkKind.PUMP, DrainLinkKind.OUTLET))] = -1
    tables = [
        transect_table(
            t.station_m, t.elevation_m, left_bank=t.left_bank_m, right_bank=t.right_bank_m, manning=t.manning
        )
        for t in drainage.transects
    ]
    return Sections(shape, drainage.geometry, transect=drainage.transect, tables=tables, names=drainage.link_names)


def _roughness(drainage: Drainage) -> Floats:
    """Manning's n of each link; an irregular section has that of its channel."""
    roughness = drainage.roughness.copy()
    irregular = (drainage.link_kind == DrainLinkKind.CONDUIT) & (drainage.shape == Shape.IRREGULAR)
    for link in np.flatnonzero(irregular):
        roughness[link] = drainage.transects[drainage.transect[link]].manning[2]
    return roughness


def _flat(curves: tuple[Curve, ...]) -> dict[str, Any]:
    """Curves one after the other."""
    first = np.cumsum([0, *(len(curve.x) for curve in curves)]).astype(np.int32)
    x, y = (np.concatenate([np.zeros(0), *(getattr(curve, axis) for curve in curves)]) for axis in ("x", "y"))
    return {"curve_first": first, "curve_x": x, "curve_y": y}


def outfalls(drainage: Drainage) -> npt.NDArray[np.int64]:
    """Ids of the outfalls."""
    return np.flatnonzero(drainage.node_kind == DrainNodeKind.OUTFALL)
