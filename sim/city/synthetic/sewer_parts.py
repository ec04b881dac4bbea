"""The sewers of a made town as nodes and links: manholes, wet wells, pumps, outfalls, and the ground that drains there.

Rules and sources are in ``docs/town/sewers.md``. Nodes: ``M12`` the manhole at corner 12 (a wet well where water is
lifted), ``D12`` the chamber that it is lifted to, ``U7`` the wet well in the sag of street 7, ``O12`` an outfall.
Links: ``S7`` the sewer under street 7, ``P7`` the pump in its sag, ``L12`` the pump at corner 12, ``F7`` the pump that
forces water up street 7 through a pressure main, ``E12`` the pipe to an outfall. Catchments: ``C12``; ``R7`` the ramps
of an underpass.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.city.drainage import (
    Catchments,
    Curve,
    Drainage,
    DrainLinkKind,
    DrainNodeKind,
    DrainOptions,
    Infiltration,
    PumpKind,
    Shape,
)
from sim.city.storms import chicago, formula_of, intensity_m_s
from sim.city.streets import Streets
from sim.city.synthetic.sewer_forest import Forest
from sim.city.synthetic.sewer_ground import PAVED_UNDERPASS, Ground, runoff
from sim.city.synthetic.sewer_levels import Levels, Route
from sim.city.synthetic.sewer_sizes import MANNING, SIZES
from sim.scenario.town import Town

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]

SUMP_M = 1.5
"""Of a pump station, below the lowest sewer that arrives (assumption)."""
SAG_SUMP_M = 3.5
"""Of an underpass's wet well, below the carriageway's lowest point (assumption)."""
START_M, STOP_M = 1.0, 0.3
"""Depths in a wet well at which its pumps start and stop (assumption)."""
WELL_S = 120.0
"""How long a pump's full flow would take to fill the wet well between stop and start (GB 50014: 30 s at least)."""
LEAST_WELL_M2 = 12.0
"""Floor of the smallest wet well (assumption)."""
SPARE = 1.2
"""Capacity of a pump station over its design flow (assumption)."""
UNDERPASS_MINUTES = 5.0
"""Time that water takes to the sag of an underpass (GB 50014: 2 to 10 minutes)."""
FLOW_LENGTH_M = 40.0
"""Length of the way over the ground to a gutter: a catchment's area over its width (assumption, 20 to 100 m)."""
HORTON = (76.2e-3 / 3600.0, 3.81e-3 / 3600.0, 4.14 / 3600.0, 7.0 * 86400.0, 0.0)
"""Dry loam under sparse grass, 3 in/h (Akan 1993), down to the rate of soils of group B, 0.15 in/h, with a decay of
4.14 an hour and seven days to dry: within the ranges of the SWMM Reference Manual I (Rossman and Huber 2016, ch. 4)."""
STORM_S, AFTER_S, RAIN_STEP_S = 7200.0, 7200.0, 300.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Parts:
    """What has been decided; outfall_xy : float64 (roots, 2)."""

    forest: Forest
    ground: Ground
    route: Route
    levels: Levels
    outfall_xy: Floats


class _Numbers:
    """Which node and link each part becomes: manholes, chambers, sags, outfalls; sewers, last pipes, lifts, sags."""

    def __init__(self, parts: Parts) -> None:
        forest, n = parts.forest, len(parts.forest.down)
        self.corners = forest.corners
        forced = parts.levels.is_forced
        self.chambered = self.corners[(parts.levels.is_lifted & ~forced)[self.corners]]  # lifted at the corner itself
        self.forced = self.corners[forced[self.corners]]  # lifted to the next corner
        self.lifted = np.concatenate([self.chambered, self.forced])
        self.roots = forest.roots
        self.underpass = parts.ground.underpass
        self.manhole = np.full(n, -1, dtype=np.int32)
        self.manhole[self.corners] = np.arange(len(self.corners), dtype=np.int32)
        self.beginning = self.manhole.copy()  # the node at which a corner's sewer begins
        first = len(self.corners)
        self.beginning[self.chambered] = first + np.arange(len(self.chambered), dtype=np.int32)
        first += len(self.chambered)
        self.sag = first + np.arange(len(self.underpass), dtype=np.int32)
        self.outfall = first + len(self.underpass) + np.arange(len(self.roots), dtype=np.int32)
        inner = self.corners[(forest.down[self.corners] >= 0) & ~forced[self.corners]]
        self.sewers = inner[np.argsort(forest.street[inner], kind="stable")]  # the corner at which each begins
        self.n_nodes = first + len(self.underpass) + len(self.roots)


def drainage_of(town: Town, streets: Streets, parts: Parts) -> dict[str, Any]:
    """The drains, the street of each link and the corner of each node, by the names that ``Sewers`` has for them."""
    ids = _Numbers(parts)
    corner = np.concatenate([ids.corners, ids.chambered, parts.ground.sag_manhole, ids.roots]).astype(np.int32)
    nothing = np.full(len(ids.roots) + len(ids.chambered), -1, dtype=np.int32)
    below = parts.forest.street
    street = np.concatenate([below[ids.sewers], nothing, below[ids.forced], ids.underpass]).astype(np.int32)
    lift_flow, sag_flow = SPARE * parts.levels.flow_m3s[ids.lifted], SPARE * _sag_flow(town, parts)
    capacity = np.concatenate([lift_flow, sag_flow])
    drainage = Drainage(
        name="town drains",
        **_nodes(streets, parts, ids, capacity=capacity),
        **_links(parts, ids, len(capacity)),
        inflow_base_m3s=np.zeros(ids.n_nodes),
        inflow_node=np.zeros(0, dtype=np.int32),
        inflow_series=(),
        curves=tuple(_pump_curve(name, q) for name, q in zip(_pump_names(parts, ids), capacity.tolist(), strict=True)),
        transects=(),
        catchments=_catchments(parts, ids),
        rain=(_design_rain(town),),
        controls=(),
        options=_options(),
    )
    return {"drainage": drainage, "street_of_link": street, "corner_of_node": corner}


def _named(letter: str, numbers: Ints) -> list[str]:
    return [f"{letter}{i}" for i in numbers.tolist()]


def _pump_names(parts: Parts, ids: _Numbers) -> list[str]:
    return _named("L", ids.chambered) + _named("F", parts.forest.street[ids.forced]) + _named("P", ids.underpass)


def _sag_flow(town: Town, parts: Parts) -> Floats:
    """What an underpass gets in the storm that its pumps were built for."""
    ground = parts.ground
    intensity = intensity_m_s(formula_of(town.storm), ground.sag_return_period, UNDERPASS_MINUTES)
    flow: Floats = ground.sag_area_m2 * runoff(np.full(len(ground.underpass), PAVED_UNDERPASS)) * intensity
    return flow


# -- nodes -----------------------------------------------------------------------------------------------------------


def _nodes(streets: Streets, parts: Parts, ids: _Numbers, *, capacity: Floats) -> dict[str, Any]:
    n, levels = ids.n_nodes, parts.levels
    kind = np.full(n, DrainNodeKind.JUNCTION, dtype=np.int8)
    kind[ids.manhole[ids.lifted]] = kind[ids.sag] = DrainNodeKind.STORAGE
    kind[ids.outfall] = DrainNodeKind.OUTFALL
    invert = np.concatenate(
        [
            levels.start_m[ids.corners],
            levels.start_m[ids.chambered],
            streets.lowest_m[ids.underpass] - SAG_SUMP_M,
            levels.end_m[ids.roots],
        ]
    )
    invert[ids.manhole[ids.lifted]] = levels.arriving_m[ids.lifted] - SUMP_M
    invert = np.round(invert, 3)
    ground = np.concatenate(
        [
            streets.elevation_m[ids.corners],
            streets.elevation_m[ids.chambered],
            streets.lowest_m[ids.underpass],
            levels.end_m[ids.roots],
        ]
    )
    area = np.zeros((n, 3))
    well = np.concatenate([ids.manhole[ids.lifted], ids.sag])
    area[well, 2] = np.round(np.maximum(capacity * WELL_S / (START_M - STOP_M), LEAST_WELL_M2), 1)
    depth = np.where(kind == DrainNodeKind.OUTFALL, 0.0, np.round(ground - invert, 3))
    sag_xy = 0.5 * (streets.xy[streets.tail[ids.underpass]] + streets.xy[streets.head[ids.underpass]])
    return {
        "node_names": tuple(
            _named("M", ids.corners) + _named("D", ids.chambered) + _named("U", ids.underpass) + _named("O", ids.roots)
        ),
        "node_kind": kind,
        "xy": np.round(
            np.concatenate([streets.xy[ids.corners], streets.xy[ids.chambered], sag_xy, parts.outfall_xy]), 2
        ),
        "invert_m": invert,
        "depth_m": depth,
        "storage_area": area,
        "storage_curve": np.full(n, -1, dtype=np.int32),
        "outfall_curve": np.full(n, -1, dtype=np.int32),
        "outfall_kind": np.zeros(n, dtype=np.int8),
        "outfall_gate": np.zeros(n, dtype=np.bool_),
        **{name: np.zeros(n) for name in ("initial_depth_m", "surcharge_m", "ponded_area_m2", "stage_m")},
    }


# -- links -----------------------------------------------------------------------------------------------------------


def _links(parts: Parts, ids: _Numbers, n_pumps: int) -> dict[str, Any]:
    pipe_from = np.concatenate([ids.sewers, ids.roots])
    n_pipes = len(pipe_from)
    n = n_pipes + n_pumps
    down = parts.forest.down[ids.sewers]
    pumped_to = ids.manhole[parts.ground.sag_manhole]
    pump_from = np.concatenate([ids.manhole[ids.lifted], ids.sag])
    kind = np.full(n, DrainLinkKind.CONDUIT, dtype=np.int8)
    kind[n_pipes:] = DrainLinkKind.PUMP
    curve = np.full(n, -1, dtype=np.int32)
    curve[n_pipes:] = np.arange(n_pumps, dtype=np.int32)
    forced_to = ids.manhole[parts.forest.down[ids.forced]]
    pump_head = np.concatenate([ids.beginning[ids.chambered], forced_to, pumped_to])
    head = np.concatenate([ids.manhole[down], ids.outfall, pump_head]).astype(np.int32)
    names = _named("S", parts.forest.street[ids.sewers]) + _named("E", ids.roots) + _pump_names(parts, ids)
    only_pipes = np.arange(n) < n_pipes
    return {
        "link_names": tuple(names),
        "link_kind": kind,
        "tail": np.concatenate([ids.beginning[pipe_from], pump_from]).astype(np.int32),
        "head": head,
        "length_m": np.concatenate([parts.route.length_m[pipe_from], np.zeros(n_pumps)]),
        "roughness": np.where(only_pipes, MANNING, 0.0),
        "head_offset_m": _offsets(parts, ids, n_pumps),
        **_sections(parts.levels.size[pipe_from], n_pumps),
        "pump_kind": np.where(only_pipes, PumpKind.IDEAL, PumpKind.DEPTH_STEPS).astype(np.int8),
        "pump_curve": curve,
        "start_depth_m": np.where(only_pipes, 0.0, START_M),
        "stop_depth_m": np.where(only_pipes, 0.0, STOP_M),
        **_unused(n),
    }


def _offsets(parts: Parts, ids: _Numbers, n_pumps: int) -> Floats:
    """How far above the next node a sewer ends, as crowns meet and wells reach deeper."""
    levels, down = parts.levels, parts.forest.down[ids.sewers]
    bottom = np.where(levels.is_lifted, levels.arriving_m - SUMP_M, levels.start_m)
    ends = np.round(levels.end_m[ids.sewers], 3) - np.round(bottom[down], 3)
    return np.concatenate([np.maximum(np.round(ends, 3), 0.0), np.zeros(len(ids.roots) + n_pumps)])


def _sections(size: Ints, n_pumps: int) -> dict[str, Any]:
    n_pipes = len(size)
    geometry = np.zeros((n_pipes + n_pumps, 4))
    geometry[:n_pipes, 0], geometry[:n_pipes, 1] = SIZES.height_m[size], SIZES.width_m[size]
    shape = np.full(n_pipes + n_pumps, Shape.CIRCULAR, dtype=np.int8)
    shape[:n_pipes][SIZES.is_box[size]] = Shape.RECT_CLOSED
    barrels = np.concatenate([SIZES.barrels[size], np.ones(n_pumps, dtype=np.int32)]).astype(np.int32)
    return {"geometry": geometry, "shape": shape, "barrels": barrels, "transect": np.full(len(shape), -1, np.int32)}


def _unused(n: int) -> dict[str, Any]:
    """What only other drains have."""
    zeros = (
        "tail_offset_m initial_flow_m3s most_flow_m3s entry_loss exit_loss mean_loss coefficient end_coefficient "
        "exponent end_contractions"
    )
    return {
        **{name: np.zeros(n) for name in zeros.split()},
        **{name: np.zeros(n, dtype=np.bool_) for name in ("flap_gate", "can_surcharge")},
        **{name: np.zeros(n, dtype=np.int8) for name in ("opening_kind", "outlet_kind")},
        "is_on": np.zeros(n, dtype=np.bool_),
        "outlet_curve": np.full(n, -1, dtype=np.int32),
    }


def _pump_curve(name: str, capacity_m3s: float) -> Curve:
    """Half of the pumps from the start level on, all of them half a metre above it."""
    flow = round(max(capacity_m3s, 0.001), 6)
    return Curve(name=name, x=np.array([START_M + 0.5, START_M + 1.0]), y=np.array([flow / 2.0, flow]))


# -- ground and rain -------------------------------------------------------------------------------------------------


def _catchments(parts: Parts, ids: _Numbers) -> Catchments:
    ground, c = parts.ground, ids.corners
    n_sags = len(ids.underpass)
    n = len(c) + n_sags
    area = np.round(np.concatenate([ground.area_m2[c], ground.sag_area_m2]), 1)
    return Catchments(
        names=tuple(_named("C", c) + _named("R", ids.underpass)),
        outlet_node=np.concatenate([ids.manhole[c], ids.sag]).astype(np.int32),
        outlet_catchment=np.full(n, -1, dtype=np.int32),
        gage=np.zeros(n, dtype=np.int32),
        area_m2=area,
        impervious=np.round(np.concatenate([ground.impervious[c], np.full(n_sags, PAVED_UNDERPASS)]), 4),
        width_m=np.round(area / FLOW_LENGTH_M, 2),
        slope=np.round(np.concatenate([ground.slope[c], np.full(n_sags, 0.04)]), 5),
        manning_impervious=np.full(n, 0.013),
        manning_pervious=np.full(n, 0.15),
        storage_impervious_m=np.full(n, 0.0015),
        storage_pervious_m=np.full(n, 0.004),
        no_storage=np.full(n, 0.25),
        infiltration_kind=np.full(n, Infiltration.HORTON, dtype=np.int8),
        infiltration=np.tile(HORTON, (n, 1)),
    )


def _design_rain(town: Town) -> Curve:
    """The storm that new drains were built for, as long as two hours."""
    storm = chicago(formula_of(town.storm), town.new_drains_return_period, STORM_S, step_s=RAIN_STEP_S)
    return Curve(name="storm", x=storm.time_s, y=storm.intensity_m_s)


def _options() -> DrainOptions:
    return DrainOptions(
        duration_s=STORM_S + AFTER_S,
        routing_step_s=5.0,
        wet_step_s=60.0,
        dry_step_s=300.0,
        report_step_s=300.0,
    )
