"""The record of a made water network, put together from its pipes, works, boosters and tanks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.city.readers.epanet_units import CUBIC_FOOT_M3, FOOT_M, PI
from sim.city.streets import Streets
from sim.city.synthetic.supply import Supply
from sim.city.water import HeadlossFormula, LinkKind, NodeKind, Options, PumpKind, WaterNetwork

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]

ASIDE_M = 30.0  # works and tanks stand beside their corner
TANK_PIPE_M = 50.0
LEVELS_M = (0.5, 3.0, 5.5)  # least, middle and greatest level of a tank (assumption)
STREET_CLEARANCE_M = 3.0  # water of a works stands this high over the ground (assumption)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Layout:
    """What lies where, before anything has a size.

    corner : int32 (n_junctions,), the corners with a main, ascending: junctions in this order
    street : int32 (n_pipes,), the streets with a pipe, ascending: pipes in this order
    tail, head : int32 (n_pipes,), junctions;  is_open : bool (n_pipes,), shut between zones
    """

    corner: Ints
    street: Ints
    tail: Ints
    head: Ints
    is_open: Flags
    supply: Supply
    junction_of: Ints

    @classmethod
    def of(cls, streets: Streets, has_main: Flags, supply: Supply) -> Layout:
        """The pipes and junctions of mains under these streets."""
        is_pipe = has_main & (supply.zone[streets.tail] >= 0)
        is_pipe[supply.boosters] = False
        street = np.flatnonzero(is_pipe).astype(np.int32)
        corner = np.flatnonzero(supply.zone >= 0).astype(np.int32)
        junction_of = np.full(streets.n_corners, -1, dtype=np.int32)
        junction_of[corner] = np.arange(len(corner), dtype=np.int32)
        tail, head = streets.tail[street], streets.head[street]
        return cls(
            corner=corner,
            street=street,
            tail=junction_of[tail],
            head=junction_of[head],
            is_open=supply.zone[tail] == supply.zone[head],
            supply=supply,
            junction_of=junction_of,
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pumps:
    """Power functions gain = shutoff_m - r q^2 of the pumps of works, then of boosters; design flow, m3/s."""

    shutoff_m: Floats
    r: Floats
    design_m3s: Floats

    @classmethod
    def through(cls, flow_m3s: Floats, lift_m: Floats, *, steepness_m: Floats) -> Pumps:
        """Pumps that lift ``lift_m`` at their design flow and ``steepness_m`` more where nothing flows."""
        return cls(shutoff_m=lift_m + steepness_m, r=steepness_m / flow_m3s**2, design_m3s=flow_m3s)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tanks:
    """Floor, m, diameter and diameter of the pipe to the corner, m, and level at the start over the floor, m."""

    floor_m: Floats
    diameter_m: Floats
    pipe_m: Floats
    start_m: Floats

    @property
    def area_m2(self) -> Floats:
        """With EPANET's pi, so that the file's diameter gives it back."""
        return PI * self.diameter_m**2 / 4.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Use:
    """Demand by category: (k, n_corners), m3/s, and the pattern of each category; an empty tuple for constant ones."""

    mean_m3s: Floats
    patterns: tuple[Floats, ...]
    names: tuple[str, ...]


def assembled(
    streets: Streets,
    layout: Layout,
    *,
    diameter_m: Floats,
    roughness: Floats,
    pumps: Pumps,
    tanks: Tanks,
    use: Use,
    tanks_open: bool = True,
) -> WaterNetwork:
    """The network: junctions J<corner>, then works and tanks; pipes P<street>, tank pipes, then pumps.

    diameter_m, roughness : float64 (n_pipes,), of the layout's pipes
    """
    supply = layout.supply
    return WaterNetwork(
        name="town",
        **_nodes(streets, layout, tanks),
        **_demands(layout, use),
        **_links(streets, layout, diameter_m=diameter_m, roughness=roughness, tanks=tanks, tanks_open=tanks_open),
        **_pumps(pumps, n_before=len(layout.street) + len(supply.tanks)),
        patterns=use.patterns,
        pattern_names=use.names[: len(use.patterns)],
        curves=(),
        controls=(),
        rule_names=(),
        leaking_links=(),
        options=OPTIONS,
    )


OPTIONS = Options(
    formula=HeadlossFormula.HAZEN_WILLIAMS,
    viscosity_m2_s=1.1e-5 * FOOT_M**2,
    specific_gravity=1.0,
    accuracy=1e-3,
    trials=200,
    extra_trials=10,
    check_frequency=2,
    max_check=10,
    damp_limit=0.0,
    head_error_m=0.0,
    flow_change_m3s=0.0,
    demand_multiplier=1.0,
    emitter_exponent=0.5,
    emitter_backflow=True,
    pressure_driven=False,
    minimum_pressure_m=0.0,
    required_pressure_m=20.0,
    pressure_exponent=0.5,
    duration_s=86400,
    hydraulic_step_s=3600,
    pattern_step_s=3600,
    pattern_start_s=0,
    report_step_s=3600,
    report_start_s=0,
    start_clock_s=0,
)


def works_head_m(streets: Streets, supply: Supply) -> Floats:
    """The water level of each works: its ground and a few metres, float64 (n_works,)."""
    head: Floats = np.round(streets.elevation_m[supply.works] + STREET_CLEARANCE_M, 3)
    return head


def _nodes(streets: Streets, layout: Layout, tanks: Tanks) -> dict[str, Any]:
    works, stored = layout.supply.works, layout.supply.tanks
    n_j, n_w, n_t = len(layout.corner), len(works), len(stored)
    beside = np.concatenate([streets.xy[works] - [ASIDE_M, ASIDE_M], streets.xy[stored] + [ASIDE_M, ASIDE_M]])

    def of_tanks(values: Floats | float) -> Floats:
        return np.concatenate([np.zeros(n_j + n_w), np.broadcast_to(values, n_t)])

    names = [f"J{c}" for c in layout.corner.tolist()]
    names += [f"Works-{k + 1}" for k in range(n_w)] + [f"Tank-{k + 1}" for k in range(n_t)]
    ground = streets.elevation_m[layout.corner]
    return {
        "node_names": tuple(names),
        "node_kind": np.repeat(np.array([*NodeKind], dtype=np.int8), (n_j, n_w, n_t)),
        "elevation_m": np.concatenate([ground, works_head_m(streets, layout.supply), tanks.floor_m]),
        "xy": np.concatenate([streets.xy[layout.corner], np.round(beside, 2)]),
        "head_pattern": np.full(n_j + n_w + n_t, -1, dtype=np.int32),
        "emitter": np.zeros(n_j + n_w + n_t),
        "tank_initial_m": of_tanks(tanks.start_m),
        "tank_minimum_m": of_tanks(LEVELS_M[0]),
        "tank_maximum_m": of_tanks(LEVELS_M[2]),
        "tank_area_m2": of_tanks(tanks.area_m2),
        "tank_minimum_volume_m3": of_tanks(tanks.area_m2 * LEVELS_M[0] / FOOT_M**3 * CUBIC_FOOT_M3),
        "tank_curve": np.full(n_j + n_w + n_t, -1, dtype=np.int32),
        "tank_can_overflow": np.zeros(n_j + n_w + n_t, dtype=np.bool_),
    }


def _demands(layout: Layout, use: Use) -> dict[str, Any]:
    """An entry for each junction and category with a demand, by junction; a junction without has one of 0."""
    demand = use.mean_m3s[:, layout.corner]
    is_entry = demand > 0.0
    is_entry[0] |= ~is_entry.any(axis=0)
    junction, category = np.nonzero(is_entry.T)
    pattern = category if use.patterns else np.full(len(category), -1)
    return {
        "demand_node": junction.astype(np.int32),
        "demand_base_m3s": demand[category, junction],
        "demand_pattern": pattern.astype(np.int32),
    }


def _links(
    streets: Streets, layout: Layout, *, diameter_m: Floats, roughness: Floats, tanks: Tanks, tanks_open: bool
) -> dict[str, Any]:
    supply, at = layout.supply, layout.junction_of
    n_p, n_t, n_w, n_b = len(layout.street), len(supply.tanks), len(supply.works), len(supply.boosters)
    works = len(layout.corner) + np.arange(n_w)
    stored = len(layout.corner) + n_w + np.arange(n_t)
    names = [f"P{s}" for s in layout.street.tolist()] + [f"Tank-pipe-{k + 1}" for k in range(n_t)]
    names += [f"Pump-{k + 1}" for k in range(n_w + n_b)]
    kinds = np.array([LinkKind.PIPE, LinkKind.PUMP], dtype=np.int8)
    tail = np.concatenate([layout.tail, at[supply.tanks], works, at[supply.booster_from]])
    head = np.concatenate([layout.head, stored, at[supply.works], at[supply.booster_to]])
    no_pumps = np.zeros(n_w + n_b)
    return {
        "link_names": tuple(names),
        "link_kind": np.repeat(kinds, (n_p + n_t, n_w + n_b)),
        "tail": tail.astype(np.int32),
        "head": head.astype(np.int32),
        "length_m": np.concatenate(
            [np.maximum(streets.length_m[layout.street], 0.1), np.full(n_t, TANK_PIPE_M), no_pumps]
        ),
        "diameter_m": np.concatenate([diameter_m, tanks.pipe_m, no_pumps]),
        "roughness": np.concatenate([roughness, np.full(n_t, 120.0), no_pumps]),
        "minor_loss": np.zeros(len(names)),
        "is_open": np.concatenate([layout.is_open, np.full(n_t, tanks_open), no_pumps == 0.0]),
        "speed": np.ones(len(names)),
    }


def _pumps(pumps: Pumps, *, n_before: int) -> dict[str, Any]:
    def behind(values: Floats) -> Floats:
        return np.concatenate([np.zeros(n_before), values])

    n = len(pumps.r)
    return {
        "pump_kind": np.zeros(n_before + n, dtype=np.int8) + np.int8(PumpKind.POWER_FUNCTION),
        "pump_h0_m": behind(pumps.shutoff_m),
        "pump_r": behind(pumps.r),
        "pump_n": behind(np.full(n, 2.0)),
        "pump_qmax_m3s": behind(np.sqrt(pumps.shutoff_m / pumps.r)),
        "pump_q0_m3s": behind(pumps.design_m3s),
        "pump_power_w": np.zeros(n_before + n),
        "pump_curve": np.full(n_before + n, -1, dtype=np.int32),
        "pump_pattern": np.full(n_before + n, -1, dtype=np.int32),
    }
