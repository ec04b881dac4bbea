"""The water network: what an EPANET file says, in SI, frozen; its moving state is ``sim.physics.hydraulics``."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]


class NodeKind(IntEnum):
    """What a node is."""

    JUNCTION = 0
    RESERVOIR = 1
    TANK = 2


class LinkKind(IntEnum):
    """What a link is."""

    PIPE = 0
    CHECK_VALVE = 1  # a pipe that lets water through from tail to head only
    PUMP = 2
    # Valves are read, so that a file with them opens, and refused by name when the network is to be solved.
    PRV = 3  # pressure reducing
    PSV = 4  # pressure sustaining
    PBV = 5  # pressure breaking
    FCV = 6  # flow control
    TCV = 7  # throttle control
    GPV = 8  # general purpose
    PCV = 9  # positional control


class HeadlossFormula(IntEnum):
    """How friction is computed."""

    HAZEN_WILLIAMS = 0
    DARCY_WEISBACH = 1
    CHEZY_MANNING = 2


class PumpKind(IntEnum):
    """What the gain of a pump depends on."""

    POWER_FUNCTION = 0  # gain = speed^2 H0 - r speed^(2-n) q^n
    CUSTOM = 1  # piecewise linear in its curve
    CONSTANT_POWER = 2


class ControlKind(IntEnum):
    """When a control acts."""

    LOW_LEVEL = 0  # when the node's head (tank level/junction pressure, as head) is at or below the threshold
    HIGH_LEVEL = 1
    TIMER = 2  # at a time since the start
    TIME_OF_DAY = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """Points of a piecewise linear function; x ascends."""

    x: Floats
    y: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """A simple control: sets a link's status and setting when a condition comes true."""

    link: int
    kind: ControlKind
    is_open: bool
    setting: float  # relative speed of a pump, 1.0 where none was given; NaN = leave the setting
    node: int = -1
    head_m: float = 0.0  # threshold, as a head
    time_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What an EPANET file says beside the network: formula, tolerances, demand model, times."""

    formula: HeadlossFormula
    viscosity_m2_s: float
    specific_gravity: float
    accuracy: float  # 0.001
    trials: int
    extra_trials: int  # EPANET's UNBALANCED CONTINUE n (-1 = stop)
    check_frequency: int  # CHECKFREQ
    max_check: int  # MAXCHECK
    damp_limit: float
    head_error_m: float
    flow_change_m3s: float
    demand_multiplier: float
    emitter_exponent: float  # of the pressure; 0.5
    emitter_backflow: bool
    pressure_driven: bool  # the file's own demand model
    minimum_pressure_m: float
    required_pressure_m: float
    pressure_exponent: float
    duration_s: int
    hydraulic_step_s: int
    pattern_step_s: int
    pattern_start_s: int
    report_step_s: int
    report_start_s: int
    start_clock_s: int  # clock time at the start


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WaterNetwork:
    """Nodes 0..n_nodes-1 and links 0..n_links-1 in EPANET's order; arrays are read-only.

    node_kind : int8 (n_nodes,);  elevation_m : (n_nodes,), for a reservoir its head
    xy : (n_nodes, 2), map units, NaN where the file has none
    demand_node, demand_base_m3s, demand_pattern : one entry per demand category; pattern -1 = constant
    head_pattern : int32 (n_nodes,), of a reservoir's head; -1 = constant
    emitter : (n_nodes,), m3/s per m^exponent
    tank arrays : (n_nodes,), 0 where no tank; volumes in m3, levels in m above elevation; tank_area_m2 where
        there is no volume curve (tank_curve = -1)
    link_kind : int8; tail, head : int32; length_m, diameter_m, roughness (C, m, or n), minor_loss (K, dimensionless)
    is_open : bool, initial status;  speed : (n_links,), initial relative speed of pumps
    pump_* : (n_links,), meaningful for pumps
    rule_names, leaking_links : rules, and pipes with EPANET's own leakage, which are not solved yet

    Flows and volumes count 0.028317 m3 to the cubic foot, as EPANET does (``sim.city.readers.epanet_units``).
    """

    name: str
    node_names: tuple[str, ...]
    node_kind: npt.NDArray[np.int8]
    elevation_m: Floats
    xy: Floats
    demand_node: Ints
    demand_base_m3s: Floats
    demand_pattern: Ints
    head_pattern: Ints
    emitter: Floats
    tank_initial_m: Floats
    tank_minimum_m: Floats
    tank_maximum_m: Floats
    tank_area_m2: Floats
    tank_minimum_volume_m3: Floats
    tank_curve: Ints
    tank_can_overflow: npt.NDArray[np.bool_]
    link_names: tuple[str, ...]
    link_kind: npt.NDArray[np.int8]
    tail: Ints
    head: Ints
    length_m: Floats
    diameter_m: Floats
    roughness: Floats
    minor_loss: Floats
    is_open: npt.NDArray[np.bool_]
    speed: Floats
    pump_kind: npt.NDArray[np.int8]
    pump_h0_m: Floats  # shutoff head H0; infinite for constant power
    pump_r: Floats  # r and n with q in m3/s
    pump_n: Floats
    pump_qmax_m3s: Floats
    pump_q0_m3s: Floats  # design flow, where EPANET starts to iterate
    pump_power_w: Floats  # gain = power / (epanet_units.WATER_WEIGHT_N_M3 q)
    pump_curve: Ints  # of a CUSTOM pump
    pump_pattern: Ints  # speed pattern; -1 = constant
    patterns: tuple[Floats, ...]
    pattern_names: tuple[str, ...]
    curves: tuple[Curve, ...]  # tank volume (level m -> m3) and pump head (m3/s -> m) curves
    controls: tuple[Control, ...]
    rule_names: tuple[str, ...]
    leaking_links: tuple[str, ...]
    options: Options

    def __post_init__(self) -> None:
        curves = [axis for curve in self.curves for axis in (curve.x, curve.y)]
        for value in (*(getattr(self, name) for name in self.__slots__), *self.patterns, *curves):
            if isinstance(value, np.ndarray):
                value.setflags(write=False)

    @property
    def n_nodes(self) -> int:
        """How many nodes there are."""
        return len(self.node_names)

    @property
    def n_links(self) -> int:
        """How many links there are."""
        return len(self.link_names)

    @classmethod
    def from_inp(cls, source: str | Path) -> WaterNetwork:
        """Read an EPANET input file: a path to ``.inp`` or ``.inp.gz``, or ``wntr:NAME`` inside an installed wntr.

        Raises CityOpsError, with EPANET's words and the file's lines, where EPANET cannot open it.
        """
        from sim.city.readers.epanet import read_inp

        return read_inp(source)
