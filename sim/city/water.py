"""The water network: what an EPANET file says, in SI, frozen; its moving state is ``sim.physics.hydraulics``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from sim.errors import CityOpsError, Mistake, nearest

if TYPE_CHECKING:
    from cext.pipes import Solver
    from sim.city.register import Register
    from sim.city.simulation import Results
    from sim.city.streets import Streets

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

    @classmethod
    def from_wntr(cls, model: Any) -> WaterNetwork:
        """Take over a ``wntr.network.WaterNetworkModel``, by way of the EPANET file that wntr writes of it.

        Raises MissingExtra where wntr is not installed, CityOpsError where EPANET cannot open what wntr wrote.
        """
        from sim.city.readers.wntr_models import read_model

        return read_model(model)

    def to_inp(self, path: str | Path, register: Register | None = None, *, streets: Streets | None = None) -> Path:
        """Write an EPANET input file that ``from_inp`` reads back as this network, and return its path.

        register : written as tags of the links, which EPANET keeps and does not use
        streets : with the register, the bends of the streets become the vertices of the pipes over which they lie

        In l/s, m and mm. Numbers come back bit for bit, but to a relative 1e-12 where EPANET computes a power or a
        difference of them (tanks, power functions of pumps, minor losses, emitters). EPANET puts junctions before
        tanks and reservoirs, gives a junction without demand one of 0, and forgets the speed of a pump that is off.

        Raises CityOpsError where there is something ``unsupported``, of which not all is kept, where a name is no id
        for EPANET, or where the file cannot be written.
        """
        from sim.city.writers.epanet import write_inp

        return write_inp(self, path, register, streets)

    def unsupported(self) -> tuple[str, ...]:
        """What the file has and the solver has not, by name; a network with any cannot be simulated."""
        kinds = zip(self.link_names, self.link_kind.tolist(), strict=True)
        valves = [f"valve {name!r} ({LinkKind(kind).name})" for name, kind in kinds if kind > LinkKind.PUMP]
        rules = [f"rule {name!r}" for name in self.rule_names]
        leaks = [f"leakage of pipe {name!r}" for name in self.leaking_links]
        return (*valves, *rules, *leaks)

    def refuse_unsupported(self) -> None:
        """Raise CityOpsError, with names and number, where there is something ``unsupported``."""
        names = self.unsupported()
        if names:
            first = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
            count = f"{len(names)} elements" if len(names) > 1 else "an element"
            raise CityOpsError(f"{self.name} has {count} that cannot be simulated yet: {first}")

    def solver(self, **options: Any) -> Solver:
        """The kernel that solves this network; ``options`` as of ``simulate``, and ``clock_start_s``.

        Raises CityOpsError, with names, where there is something ``unsupported``.
        """
        from sim.city.simulation import make_solver

        return make_solver(self, **options)

    def simulate(
        self,
        duration_s: float | None = None,
        *,
        demand_model: str | None = None,
        minimum_m: float | None = None,
        required_m: float | None = None,
        exponent: float | None = None,
        accuracy: float | None = None,
        trials: int | None = None,
    ) -> Results:
        """Run the network from its start, as EPANET does; what is None is as the file says.

        duration_s : 0 is one steady solve
        demand_model : "DDA", demand-driven, or "PDA", pressure-driven (Wagner): customers get nothing at or below
            ``minimum_m`` of pressure, all from ``required_m`` on, in between the share raised to ``exponent``
        accuracy, trials : EPANET's ACCURACY and TRIALS

        Raises CityOpsError, with names, where there is something ``unsupported``.
        """
        from sim.city.simulation import make_solver, run

        kernel = make_solver(
            self,
            demand_model=demand_model,
            minimum_m=minimum_m,
            required_m=required_m,
            exponent=exponent,
            accuracy=accuracy,
            trials=trials,
        )
        return run(self, kernel, duration_s)

    def with_break_points(
        self, links: Sequence[int | str], fractions: Sequence[float] | Floats | None = None
    ) -> WaterNetwork:
        """A copy in which each of these pipes is cut in two by a junction, where it may later leak.

        links : ids or names of pipes, each once
        fractions : how far from tail to head each is cut; None = half way

        The junctions, called after the pipes with a star, stand behind all nodes and the halves at the heads behind
        all links, so existing ids stay what they are: a pipe's id is now its half at the tail, which controls still
        open and close (the other half is then open throughout) and which stays the check valve of a pipe that had
        one. The ground is taken to rise evenly between two junctions, and to be level towards a tank or reservoir.
        Raises CityOpsError where a link is unknown, no pipe, named twice, or its fraction is not between 0 and 1.
        """
        from sim.city.break_points import split_pipes

        ids = [self.index_of_link(link) if isinstance(link, str) else int(link) for link in links]
        along = np.full(len(ids), 0.5) if fractions is None else np.asarray(fractions, dtype=np.float64)
        return split_pipes(self, np.array(ids, dtype=np.int32), along)

    def index_of_node(self, name: str) -> int:
        """Index of the node of that name; raises CityOpsError, with the nearest name, where there is none."""
        return _index(name, self.node_names, f"{self.name} has no such node")

    def index_of_link(self, name: str) -> int:
        """Index of the link of that name; raises CityOpsError, with the nearest name, where there is none."""
        return _index(name, self.link_names, f"{self.name} has no such link")

    @property
    def is_junction(self) -> npt.NDArray[np.bool_]:
        """Which nodes are junctions: bool (n_nodes,)."""
        return np.equal(self.node_kind, NodeKind.JUNCTION)

    @property
    def area_m2(self) -> Floats:
        """Cross-section of each link: (n_links,); 0 of pumps."""
        return np.pi * self.diameter_m**2 / 4.0

    def people(self, litres_per_day: float) -> Floats:
        """People served at each node, (n_nodes,): its mean demand, as the file has it, over what a person uses.

        The mean demand is the sum of the categories' base demands, each times its pattern's mean and the demand
        multiplier; a category that feeds water in counts for nothing.
        """
        if not 0.0 < litres_per_day < np.inf:
            raise CityOpsError(Mistake(what="a person uses more than 0 litres a day", found=str(litres_per_day)))
        mean = np.array([*(pattern.mean() for pattern in self.patterns), 1.0])  # the last is for pattern -1
        demand = self.demand_base_m3s * mean[self.demand_pattern] * self.options.demand_multiplier
        total = np.bincount(self.demand_node, weights=np.maximum(demand, 0.0), minlength=self.n_nodes)
        return total / (litres_per_day / 1000.0 / 86400.0)

    def adjacency(self) -> tuple[Ints, Ints, Ints]:
        """(first, neighbour, link): node i meets ``neighbour[first[i]:first[i + 1]]`` by links of the same places.

        int32 (n_nodes + 1,), (2 n_links,), (2 n_links,); a node's links come in the order of their ids.
        """
        from sim.city.mains import adjacency

        return adjacency(self)

    def distances_along(self, sources: Sequence[int] | Ints) -> Floats:
        """Metres along the mains from the nearest of the source nodes, (n_nodes,); inf where none leads.

        Links count whether open or not; pumps and valves have no length.
        """
        from sim.city.mains import distances_along

        return distances_along(self, sources)


def _index(name: str, names: tuple[str, ...], what: str) -> int:
    try:
        return names.index(name)
    except ValueError:
        raise CityOpsError(Mistake(what=what, found=repr(name), nearest=nearest(name, names))) from None
