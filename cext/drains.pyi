from collections.abc import Sequence
from typing import TypedDict

import numpy as np
import numpy.typing as npt

from cext.drains_rules import Rules
from cext.sections import Sections

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]
Kinds = npt.NDArray[np.int8]

class Balance(TypedDict):
    """Volumes since the start, what is missing as a share of all that came in, and counts of steps."""

    inflow_m3: float
    outflow_m3: float
    flooded_m3: float
    first_stored_m3: float
    stored_m3: float
    error: float
    steps: int
    trials: int
    link_steps: int
    unconverged: int

class Router:
    """A drainage network ready to be routed; every state of it shares it.

    Dynamic wave as in SWMM 5.2. The arguments have the names, units and codes of ``sim.city.drainage.Drainage``:
    nodes (n,), links (m,). Curves lie one after the other: ``curve_first`` (c + 1,), ``curve_x``, ``curve_y``;
    ``inflow_curve`` says which of them, in seconds and m3/s, enters at ``inflow_node``.
    """

    n_nodes: int
    n_links: int
    node_names: tuple[str, ...]
    link_names: tuple[str, ...]
    def __init__(
        self,
        *,
        node_names: Sequence[str],
        node_kind: Kinds,
        invert_m: Floats,
        depth_m: Floats,
        initial_depth_m: Floats,
        surcharge_m: Floats,
        ponded_area_m2: Floats,
        outfall_kind: Kinds,
        stage_m: Floats,
        outfall_curve: Ints,
        outfall_gate: Flags,
        storage_curve: Ints,
        storage_area: Floats,
        inflow_base_m3s: Floats,
        link_names: Sequence[str],
        link_kind: Kinds,
        tail: Ints,
        head: Ints,
        length_m: Floats,
        roughness: Floats,
        tail_offset_m: Floats,
        head_offset_m: Floats,
        initial_flow_m3s: Floats,
        most_flow_m3s: Floats,
        entry_loss: Floats,
        exit_loss: Floats,
        mean_loss: Floats,
        flap_gate: Flags,
        barrels: Ints,
        sections: Sections,
        pump_kind: Kinds,
        pump_curve: Ints,
        is_on: Flags,
        start_depth_m: Floats,
        stop_depth_m: Floats,
        opening_kind: Kinds,
        coefficient: Floats,
        end_coefficient: Floats,
        exponent: Floats,
        end_contractions: Floats,
        can_surcharge: Flags,
        outlet_kind: Kinds,
        outlet_curve: Ints,
        inflow_node: Ints,
        inflow_curve: Ints,
        curve_first: Ints,
        curve_x: Floats,
        curve_y: Floats,
        start_clock_s: float,
        routing_step_s: float,
        variable_step: float,
        minimum_step_s: float,
        allow_ponding: bool,
        inertial_damping: str,
        normal_flow_limited: str,
        surcharge: str,
        minimum_surface_area_m2: float,
        minimum_slope: float,
        lengthening_step_s: float,
        head_tolerance_m: float,
        trials: int,
        force_main: str,
        rules: Rules | None = None,
    ) -> None:
        """ValueError, naming the argument and the element, where shapes, ids or values do not fit."""
    def start(self) -> State:
        """The state at time 0 as the network describes it."""
    def resume(self, data: bytes) -> State:
        """A state from its ``to_bytes()``, which goes on with the same bits."""

class State:
    """Depths, flows and volumes at an instant."""

    def __init__(self, router: Router) -> None: ...
    @property
    def time_s(self) -> float:
        """Where the last step ended, s."""
    def advance(self, to_s: float, *, exactly: bool = False) -> None:
        """Route until ``to_s``, seconds.

        In whole steps, so that the last one may pass it and looking between changes no bit; or ``exactly`` up to it,
        with a shorter last step. ArithmeticError, naming the link or node, where a number breaks; the state is then of
        no use.
        """
    def fork(self) -> State:
        """A copy that goes its own way."""
    def to_bytes(self) -> bytes:
        """All of the state, for ``Router.resume``."""
    def set_inflows(self, flow_m3s: Floats) -> None:
        """Inflow at each node, m3/s, from now on, beside what the network itself says; negative takes water out.

        Exactly so much enters: no ramp leads to it.
        """
    def ramp_inflows(self, before: Floats, after: Floats, from_s: float, to_s: float) -> None:
        """Inflow at each node, m3/s, that goes linearly from ``before`` to ``after`` and then stays."""
    def set_stages(self, stage_m: Floats) -> None:
        """Water level outside each outfall, m, NaN where the network's own shall hold; of other nodes not looked at."""
    def turn(self, link: int, setting: float) -> None:
        """Set a pump's speed or an opening's share now; start and stop levels still act."""
    def hold(self, link: int, setting: float) -> None:
        """Keep a link at a setting whatever levels and controls say, until ``release``."""
    def release(self, link: int) -> None:
        """Let levels and controls act again."""
    def depths(self, at_s: float | None = None, *, out: Floats | None = None) -> Floats:
        """Depth at each node, m; at a time inside the last step interpolated."""
    def heads(self, at_s: float | None = None, *, out: Floats | None = None) -> Floats:
        """Water level at each node, m."""
    def flows(self, at_s: float | None = None, *, out: Floats | None = None) -> Floats:
        """Flow of each link, m3/s, positive from its tail to its head."""
    def overflows(self) -> Floats:
        """Rate at which each node floods, m3/s; of a ponding node that at which its pond grows."""
    def flooded(self) -> Floats:
        """Water that each node has lost to the street since the start, m3."""
    def volumes(self) -> Floats:
        """Water in each node, m3, ponds and storage; a plain manhole holds none."""
    def laterals(self) -> Floats:
        """Inflow from outside at each node in the last step, m3/s."""
    def settings(self) -> Floats:
        """Setting of each link: speed of a pump, open share of an opening."""
    def balance(self) -> Balance:
        """Volumes since the start, m3, steps and trials, and what is missing as a share of all that came in."""
