"""The storm drains of a city: manholes, sewers, pumps and outfalls, and the ground that drains into them.

What a SWMM file says, in SI, frozen. Lengths and levels are m, areas m2, flows m3/s, heads above the datum of the town.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from sim.city.drain_simulation import DrainResult

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]
Kinds = npt.NDArray[np.int8]


class DrainNodeKind(IntEnum):
    """What a node is."""

    JUNCTION = 0
    OUTFALL = 1
    STORAGE = 2


class OutfallKind(IntEnum):
    """What the water level at an outfall is."""

    FREE = 0  # the lower of critical and normal depth
    NORMAL = 1
    FIXED = 2  # ``stage_m``
    TIDAL = 3  # a curve: hour of the day -> m
    TIMESERIES = 4  # a curve: seconds since the start -> m


class DrainLinkKind(IntEnum):
    """What a link is."""

    CONDUIT = 0
    PUMP = 1
    ORIFICE = 2
    WEIR = 3
    OUTLET = 4


class Shape(IntEnum):
    """Cross-section of a conduit, orifice or weir; ``geometry`` holds its full height and widths."""

    CIRCULAR = 0  # height = diameter
    RECT_CLOSED = 1  # height, width
    RECT_OPEN = 2  # height, width
    TRAPEZOIDAL = 3  # height, bottom width, left and right slope (run over rise)
    TRIANGULAR = 4  # height, top width
    FORCE_MAIN = 5  # diameter, Hazen-Williams C (or m, of Darcy-Weisbach, where the options say so)
    IRREGULAR = 6  # ``transect``


class PumpKind(IntEnum):
    """What the flow of a pump depends on."""

    IDEAL = 0  # pumps what arrives
    VOLUME = 1  # steps of the inlet's volume
    DEPTH_STEPS = 2  # steps of the inlet's depth
    HEAD = 3  # continuous in the head gained
    DEPTH = 4  # continuous in the inlet's depth


class OpeningKind(IntEnum):
    """Where an orifice opens, or what kind a weir is."""

    SIDE = 0  # orifice
    BOTTOM = 1  # orifice
    TRANSVERSE = 2  # weir
    SIDEFLOW = 3  # weir
    V_NOTCH = 4  # weir
    TRAPEZOIDAL = 5  # weir


class OutletKind(IntEnum):
    """What the flow of an outlet depends on, and how it is given."""

    DEPTH_CURVE = 0
    HEAD_CURVE = 1
    DEPTH_POWER = 2  # coefficient * depth^exponent
    HEAD_POWER = 3


class Infiltration(IntEnum):
    """How rain sinks into pervious ground; ``infiltration`` holds the parameters."""

    HORTON = 0  # most and least rate m/s, decay 1/s, drying time s, most volume m (0 = no limit)
    GREEN_AMPT = 1  # suction m, conductivity m/s, initial deficit
    CURVE_NUMBER = 2  # curve number, -, drying time s


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Curve:
    """Points of a piecewise linear function or, where steps are meant, of a staircase; x ascends."""

    name: str
    x: Floats
    y: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Transect:
    """An irregular cross-section: stations and elevations, m, and Manning's n left, right and in the channel."""

    name: str
    station_m: Floats
    elevation_m: Floats
    left_bank_m: float
    right_bank_m: float
    manning: tuple[float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Catchments:
    """Ground that drains into a node (or into another catchment); arrays are (n,).

    outlet_node : int32, the node it drains to, or -1;  outlet_catchment : int32, the catchment instead, or -1
    area_m2, width_m, slope (m/m), impervious (share), gage : int32, index of the rain series
    manning_impervious, manning_pervious;  storage_impervious_m, storage_pervious_m : depression storage
    no_storage : share of the impervious ground without depression storage
    infiltration_kind : int8;  infiltration : float64 (n, 5), parameters as Infiltration says
    """

    names: tuple[str, ...]
    outlet_node: Ints
    outlet_catchment: Ints
    gage: Ints
    area_m2: Floats
    impervious: Floats
    width_m: Floats
    slope: Floats
    manning_impervious: Floats
    manning_pervious: Floats
    storage_impervious_m: Floats
    storage_pervious_m: Floats
    no_storage: Floats
    infiltration_kind: Kinds
    infiltration: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class DrainOptions:
    """What a SWMM file says beside the network; SWMM's defaults."""

    duration_s: float = 21600.0
    start_clock_s: float = 0.0  # clock time at the start
    routing_step_s: float = 20.0
    variable_step: float = 0.75  # share of the Courant step; 0 = always the routing step
    minimum_step_s: float = 0.5
    wet_step_s: float = 300.0
    dry_step_s: float = 3600.0
    report_step_s: float = 900.0
    allow_ponding: bool = False
    inertial_damping: str = "PARTIAL"  # NONE, PARTIAL, FULL
    normal_flow_limited: str = "BOTH"  # SLOPE, FROUDE, BOTH
    surcharge: str = "EXTRAN"  # or SLOT
    minimum_surface_area_m2: float = 1.167  # 12.566 ft2
    minimum_slope: float = 0.0  # m/m
    lengthening_step_s: float = 0.0
    head_tolerance_m: float = 0.001524  # 0.005 ft
    trials: int = 8
    force_main: str = "H-W"  # or D-W
    evaporation_m_s: float = 0.0  # from ponded water, constant


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Drainage:
    """Nodes 0 .. n-1 and links 0 .. m-1; arrays are read-only.

    Nodes: node_kind; xy (n, 2), NaN where unknown; invert_m (elevation of the bottom); depth_m (to the ground, of an
    outfall 0); initial_depth_m; surcharge_m (depth above the ground before water spills); ponded_area_m2;
    outfall_kind, stage_m, outfall_curve (-1 = none), outfall_gate (no backflow);
    storage_curve (depth m -> area m2, -1 = none), storage_area : (n, 3), a, b, c of area = a depth^b + c

    Links: link_kind; tail, head; length_m; roughness (Manning's n); tail_offset_m, head_offset_m (of the link's bottom
    above the nodes'); initial_flow_m3s; most_flow_m3s (0 = no limit); entry_loss, exit_loss, mean_loss (K); flap_gate;
    shape, geometry (m, 4), barrels, transect (-1 = none);
    pump_kind, pump_curve (-1 = none), is_on (at the start), start_depth_m, stop_depth_m (0 = always);
    opening_kind; coefficient (discharge, SI for weirs; of an outlet its coefficient), end_coefficient, exponent (of an
    outlet), end_contractions; can_surcharge (of a weir); outlet_kind, outlet_curve

    inflow_node, inflow_series : time series of inflow, by node; inflow_base_m3s (n,), constant inflow
    controls : lines of SWMM's simple controls, numbers in SI
    rain : series by gage: seconds since the start -> m/s, each value holding until the next
    """

    name: str
    node_names: tuple[str, ...]
    node_kind: Kinds
    xy: Floats
    invert_m: Floats
    depth_m: Floats
    initial_depth_m: Floats
    surcharge_m: Floats
    ponded_area_m2: Floats
    outfall_kind: Kinds
    stage_m: Floats
    outfall_curve: Ints
    outfall_gate: Flags
    storage_curve: Ints
    storage_area: Floats
    link_names: tuple[str, ...]
    link_kind: Kinds
    tail: Ints
    head: Ints
    length_m: Floats
    roughness: Floats
    tail_offset_m: Floats
    head_offset_m: Floats
    initial_flow_m3s: Floats
    most_flow_m3s: Floats
    entry_loss: Floats
    exit_loss: Floats
    mean_loss: Floats
    flap_gate: Flags
    shape: Kinds
    geometry: Floats
    barrels: Ints
    transect: Ints
    pump_kind: Kinds
    pump_curve: Ints
    is_on: Flags
    start_depth_m: Floats
    stop_depth_m: Floats
    opening_kind: Kinds
    coefficient: Floats
    end_coefficient: Floats
    exponent: Floats
    end_contractions: Floats
    can_surcharge: Flags
    outlet_kind: Kinds
    outlet_curve: Ints
    inflow_base_m3s: Floats
    inflow_node: Ints
    inflow_series: tuple[Curve, ...]
    curves: tuple[Curve, ...]
    transects: tuple[Transect, ...]
    catchments: Catchments
    rain: tuple[Curve, ...]
    controls: tuple[str, ...]
    options: DrainOptions

    def __post_init__(self) -> None:
        for name in self.__slots__:
            value = getattr(self, name)
            if isinstance(value, np.ndarray):
                value.setflags(write=False)

    @classmethod
    def from_inp(cls, path: str | Path) -> Drainage:
        """Read a SWMM 5 input file (``.inp`` or ``.inp.gz``), whatever its units.

        Raises CityOpsError, with file and line, for what cannot be read or is not supported, by its name, and
        MissingExtra where swmm-api is not installed.
        """
        from sim.city.readers.swmm import read_inp

        return read_inp(path)

    def to_inp(self, path: str | Path, *, flow_units: str = "CMS") -> Path:
        """Write a SWMM 5 input file, in CMS, LPS or MLD, and give its path.

        Raises CityOpsError for what SWMM cannot hold, such as a name with a space.
        """
        from sim.city.writers.swmm import write_inp

        return write_inp(self, path, flow_units=flow_units)

    def simulate(self, duration_s: float | None = None, *, report_step_s: float | None = None) -> DrainResult:
        """Route the network's own inflows and the runoff of its catchments by the dynamic wave, as SWMM does.

        Without a duration or an interval of reports, those of the network. Raises CityOpsError where the network cannot
        be routed or the solution breaks down, naming the element.
        """
        from sim.city.drain_simulation import simulate

        return simulate(self, duration_s, report_step_s=report_step_s)

    @property
    def n_nodes(self) -> int:
        """How many nodes there are."""
        return len(self.node_names)

    @property
    def n_links(self) -> int:
        """How many links there are."""
        return len(self.link_names)
