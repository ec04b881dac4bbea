"""Hydraulics of a pressurised pipe network: EPANET's gradient method, in SI at its face.

A ``Solver`` is built once per network (topology, coefficients, symbolic factorisation, work space); a ``State`` is what
moves (flows, statuses, tank volumes, ...) and is copied by ``copy()``. Many states share one solver, in one thread.
"""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]
Bytes = npt.NDArray[np.int8]
Flags = npt.NDArray[np.bool_]

class Solver:
    """What does not move: topology, coefficients, options, symbolic factorisation and work space.

    Arrays mean what the fields of ``sim.city.water.WaterNetwork`` of the same name mean (SI). Patterns, curves and
    controls are flat: pattern ``i`` is ``pattern_factor[pattern_first[i]:pattern_first[i + 1]]``, curves alike. Flows
    count 0.028317 m3 to the cubic foot, and lengths 0.3048 m to the foot, as EPANET does.
    """

    n_nodes: int
    n_links: int

    def __init__(
        self,
        *,
        node_kind: Bytes,  # 0 junction, 1 reservoir, 2 tank
        elevation_m: Floats,
        demand_node: Ints,
        demand_base_m3s: Floats,
        demand_pattern: Ints,
        head_pattern: Ints,
        emitter: Floats,
        tank_initial_m: Floats,
        tank_minimum_m: Floats,
        tank_maximum_m: Floats,
        tank_area_m2: Floats,
        tank_minimum_volume_m3: Floats,
        tank_curve: Ints,
        tank_can_overflow: Flags,
        link_kind: Bytes,  # 0 pipe, 1 check valve, 2 pump
        tail: Ints,
        head: Ints,
        length_m: Floats,
        diameter_m: Floats,
        roughness: Floats,
        minor_loss: Floats,
        is_open: Flags,
        speed: Floats,
        pump_kind: Bytes,  # 0 power function, 1 custom, 2 constant power
        pump_h0_m: Floats,
        pump_r: Floats,
        pump_n: Floats,
        pump_q0_m3s: Floats,
        pump_power_w: Floats,
        pump_curve: Ints,
        pump_pattern: Ints,
        pattern_first: Ints,  # (n_patterns + 1,)
        pattern_factor: Floats,
        curve_first: Ints,  # (n_curves + 1,)
        curve_x: Floats,
        curve_y: Floats,
        control_link: Ints,
        control_kind: Bytes,  # 0 low level, 1 high level, 2 timer, 3 time of day
        control_is_open: Flags,
        control_setting: Floats,  # NaN = leave
        control_node: Ints,  # -1 where none
        control_head_m: Floats,
        control_time_s: Floats,
        formula: int,  # 0 Hazen-Williams, 1 Darcy-Weisbach, 2 Chezy-Manning
        viscosity_m2_s: float,
        accuracy: float,
        trials: int,
        extra_trials: int,  # -1 = a run stops where it cannot balance
        check_frequency: int,
        max_check: int,
        damp_limit: float,
        head_error_m: float,
        flow_change_m3s: float,
        demand_multiplier: float,
        emitter_exponent: float,
        emitter_backflow: bool,
        pressure_driven: bool,
        minimum_pressure_m: float,
        required_pressure_m: float,
        pressure_exponent: float,
        hydraulic_step_s: int,
        pattern_step_s: int,
        pattern_start_s: int,
        report_step_s: int,
        start_clock_s: int,  # clock time at time 0, for controls by time of day
    ) -> None:
        """ValueError, naming the argument and the element, where shapes, ids or values do not fit."""

    def start(self) -> State:
        """The state at time 0 as the network describes it, not yet solved (``solve(0.0)`` is next)."""

    def resume(self, data: bytes) -> State:
        """A state from its ``to_bytes()``, which goes on with the same bits; ValueError where the size is another."""

    def run(self, duration_s: float, *, record: bool = True) -> dict[str, npt.NDArray[np.generic]]:
        """An extended-period run from the start, a row at each of EPANET's event times; all of it outside Python.

        time_s : float64 (n_rows,);  iterations : int32 (n_rows,);  balanced : bool (n_rows,)
        and, if recorded, head_m, outflow_m3s : float64 (n_rows, n_nodes);  flow_m3s : float64 (n_rows, n_links);
        is_open : bool (n_rows, n_links);  unsupplied : bool (n_rows, n_nodes)

        ``outflow_m3s`` is EPANET's demand: what leaves the network at a node (consumers and emitters), into a tank or
        reservoir the net inflow. As in EPANET the last row may lie behind the duration, and a run whose
        ``extra_trials`` is -1 ends where it cannot balance.
        """

class State:
    """What moves: the flows, statuses, settings, tank volumes and times of the last solve."""

    solved_s: float  # when it was last solved
    next_s: float  # the whole second at which it has to be solved again; 0.0 before the first solve
    balanced: bool  # of the last solve
    iterations: int  # of the last solve

    def copy(self) -> State:
        """A state that goes on with the same bits."""

    def solve(self, at_s: float) -> None:
        """Fill the tanks up to ``at_s`` (>= solved_s, <= next_s), then demands, controls, hydraulics, next event."""

    def set_leak(self, node: int, area_m2: float) -> None:
        """An orifice of that area (discharge coefficient 0.75, no backflow) at a junction; 0 takes it away."""

    def close_link(self, link: int) -> None:
        """Hold a link closed against controls and statuses until it is released."""

    def release_link(self, link: int) -> None:
        """Let a link go back to the status that controls have given it meanwhile."""

    def set_status(self, link: int, is_open: bool, speed: float) -> None:
        """Set status (and a pump's relative speed) as a control would; NaN leaves the speed."""

    def set_tank_level(self, node: int, level_m: float, at_s: float) -> None:
        """Fill the tanks up to ``at_s``, then put this one at a level (m above its elevation, within its limits)."""

    def customer_hours(self, people: Floats, threshold: float, *, from_s: float, until_s: float) -> float:
        """Solve on to ``until_s``; people x hours, over junctions, with delivered / demand below the threshold.

        Junctions without demand do not count. The state ends at its last solve before ``until_s``.
        """

    # What it holds, float64 (n_nodes,) or (n_links,); each call gives a new array. Tanks move between solves: at_s
    # lies between solved_s and next_s.
    def head_m(self, at_s: float) -> Floats: ...
    def tank_level_m(self, at_s: float) -> Floats:
        """Above the elevation; NaN where there is no tank."""

    def demand_m3s(self) -> Floats:
        """What consumers ask for at a junction; 0 elsewhere."""

    def delivered_m3s(self) -> Floats:
        """What consumers get at a junction; 0 at reservoirs, tanks and, if pressure-driven, at unsupplied nodes."""

    def leak_m3s(self) -> Floats:
        """What leaves through ``set_leak`` orifices."""

    def emitter_m3s(self) -> Floats:
        """What leaves through the network's own emitters."""

    def outflow_m3s(self) -> Floats:
        """EPANET's demand: consumers, emitters and leaks at a junction; net inflow of a tank or reservoir."""

    def flow_m3s(self) -> Floats:
        """From tail to head; 0 in closed links."""

    def speed(self) -> Floats:
        """Relative speed of pumps; 1 elsewhere."""

    def is_open(self) -> Flags: ...
    def is_held(self) -> Flags:
        """Links held closed by ``close_link``."""

    def unsupplied(self) -> Flags:
        """Nodes that no open link joins to a reservoir or tank; their heads mean nothing."""

    def to_bytes(self) -> bytes:
        """The whole state, for comparison and for ``Solver.resume``."""
