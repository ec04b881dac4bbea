"""Writes storm drains as a SWMM 5 input file in metric units, from which reading gives the same drains again.

Numbers are written with all their digits. Link offsets are depths. Not for results, nor for what ``Drainage`` does not
hold (quality, snow, drawings).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np

from sim.city.drainage import (
    Drainage,
    DrainLinkKind,
    Infiltration,
    OpeningKind,
    OutfallKind,
    OutletKind,
    PumpKind,
    Shape,
)
from sim.city.readers.swmm_controls import in_units
from sim.city.readers.swmm_units import DAY_S, HECTARE_M2, HOUR_S, METRIC, DrainUnits
from sim.city.writers.swmm_tables import curve_lines, gage_lines, rain_lines, series_names, transect_lines
from sim.city.writers.swmm_text import clock, date, moment, row, yes
from sim.errors import CityOpsError, Mistake

_NODE_SECTION = ("JUNCTIONS", "OUTFALLS", "STORAGE")
_LINK_SECTION = ("CONDUITS", "PUMPS", "ORIFICES", "WEIRS", "OUTLETS")
_IN_NAMES = ' \t\r\n;"[]'

Lines = Iterable[str]


def write_inp(drainage: Drainage, path: str | Path, *, flow_units: str = "CMS") -> Path:
    """Write the drains as a SWMM input file, in CMS, LPS or MLD, and give its path.

    Raises CityOpsError for other flow units, names that SWMM cannot hold, and two inflow series at one node.
    """
    text = inp_text(drainage, flow_units=flow_units)
    path = Path(path)
    path.write_text(text, encoding="utf-8")
    return path


def inp_text(drainage: Drainage, *, flow_units: str = "CMS") -> str:
    """The text of the input file; see ``write_inp``."""
    if flow_units not in METRIC:
        what = "drains are written in metric flow units"
        raise CityOpsError(Mistake(what=what, found=flow_units, accepted=", ".join(METRIC)))
    _check(drainage)
    return "".join(f"{line}\n" for line in _Writer(drainage, DrainUnits.of(flow_units), flow_units).lines())


def _check(d: Drainage) -> None:
    for what, names in (("node", d.node_names), ("link", d.link_names), ("catchment", d.catchments.names)):
        if wrong := next((name for name in names if not name or any(c in _IN_NAMES for c in name)), None):
            raise CityOpsError(Mistake(what=f"SWMM has no {what} of such a name", found=repr(wrong)))
        if len({name.casefold() for name in names}) < len(names):
            raise CityOpsError(f"two {what}s have names that SWMM, blind to capitals, takes for one")
    if len(np.unique(d.inflow_node)) < len(d.inflow_node):
        node = d.node_names[int(np.flatnonzero(np.bincount(d.inflow_node) > 1)[0])]
        raise CityOpsError(Mistake(what="SWMM takes one series of inflow at a node", found=f"two at {node}"))


class _Writer:
    """One pass over the drains, section by section."""

    def __init__(self, drainage: Drainage, units: DrainUnits, flow_units: str) -> None:
        self.d = drainage
        self.units = units
        self.flow_units = flow_units
        self.series = series_names(drainage)

    def lines(self) -> Iterator[str]:
        yield from ("[TITLE]", self.d.name or "drains", "")
        yield from self.section("OPTIONS", self.options())
        evaporation = self.d.options.evaporation_m_s / self.units.rain_depth * DAY_S
        yield from self.section("EVAPORATION", [row("CONSTANT", evaporation), row("DRY_ONLY", "NO")])
        yield from self.section("RAINGAGES", gage_lines(self.d))
        yield from self.catchments()
        yield from self.runs(_NODE_SECTION, self.d.node_kind, (self.junction, self.outfall, self.storage))
        kinds = (self.conduit, self.pump, self.orifice, self.weir, self.outlet)
        yield from self.runs(_LINK_SECTION, self.d.link_kind, kinds)
        yield from self.section("XSECTIONS", self.cross_sections())
        yield from self.section("TRANSECTS", transect_lines(self.d))
        yield from self.section("LOSSES", self.losses())
        yield from self.section("CONTROLS", self.controls())
        yield from self.section("INFLOWS", self.inflows())
        yield from self.section("CURVES", curve_lines(self.d, self.units))
        yield from self.section("TIMESERIES", [*rain_lines(self.d, self.units), *self.time_series()])
        yield from self.section("REPORT", ["INPUT NO", "CONTROLS NO", "SUBCATCHMENTS ALL", "NODES ALL", "LINKS ALL"])
        yield from self.section("COORDINATES", self.coordinates())

    def section(self, name: str, lines: Lines) -> Iterator[str]:
        lines = list(lines)
        if lines:
            yield from (f"[{name}]", *lines, "")

    def runs(self, sections: tuple[str, ...], kinds: object, makers: tuple[Callable[[int], str], ...]) -> Iterator[str]:
        """Elements in their order; a section begins anew where the kind changes, as SWMM allows."""
        last = -1
        for i, kind in enumerate(np.asarray(kinds).tolist()):
            if kind != last:
                yield from (*([""] if last >= 0 else []), f"[{sections[kind]}]")
                last = kind
            yield makers[kind](i)
        yield ""

    # -- options -----------------------------------------------------------------------------------------------------

    def options(self) -> Iterator[str]:
        o = self.d.options
        end_day, end_clock = divmod(o.start_clock_s + o.duration_s, DAY_S)
        kinds = self.d.catchments.infiltration_kind
        written: dict[str, str | float] = {
            "FLOW_UNITS": self.flow_units,
            "INFILTRATION": Infiltration(int(kinds[0]) if len(kinds) else 0).name,
            "FLOW_ROUTING": "DYNWAVE",
            "LINK_OFFSETS": "DEPTH",
            "MIN_SLOPE": o.minimum_slope * 100.0,
            "ALLOW_PONDING": yes(o.allow_ponding),
            "SKIP_STEADY_STATE": "NO",
            **{f"{which}START_DATE": date(0) for which in ("", "REPORT_")},
            **{f"{which}START_TIME": clock(o.start_clock_s, what="the start") for which in ("", "REPORT_")},
            "END_DATE": date(int(end_day)),
            "END_TIME": clock(end_clock, what="the end"),
            "REPORT_STEP": clock(o.report_step_s, what="the reporting step"),
            "WET_STEP": clock(o.wet_step_s, what="the step in rain"),
            "DRY_STEP": clock(o.dry_step_s, what="the step between rains"),
            "ROUTING_STEP": o.routing_step_s,
            "VARIABLE_STEP": o.variable_step,
            "MINIMUM_STEP": o.minimum_step_s,
            "LENGTHENING_STEP": o.lengthening_step_s,
            "INERTIAL_DAMPING": o.inertial_damping,
            "NORMAL_FLOW_LIMITED": o.normal_flow_limited,
            "SURCHARGE_METHOD": o.surcharge,
            "FORCE_MAIN_EQUATION": o.force_main,
            "MIN_SURFAREA": o.minimum_surface_area_m2,
            "MAX_TRIALS": o.trials,
            "HEAD_TOLERANCE": o.head_tolerance_m,
            "THREADS": 1,
        }
        return (row(name, value) for name, value in written.items())

    # -- catchments --------------------------------------------------------------------------------------------------

    def catchments(self) -> Iterator[str]:
        n = range(len(self.d.catchments.names))
        for name, maker in (
            ("SUBCATCHMENTS", self.catchment),
            ("SUBAREAS", self.sub_areas),
            ("INFILTRATION", self.infiltration),
        ):
            yield from self.section(name, (maker(i) for i in n))

    def catchment(self, i: int) -> str:
        c = self.d.catchments
        outlet = self.d.node_names[c.outlet_node[i]] if c.outlet_node[i] >= 0 else c.names[c.outlet_catchment[i]]
        gage = self.d.rain[c.gage[i]].name
        shares = c.impervious[i] * 100.0, c.width_m[i], c.slope[i] * 100.0
        return row(c.names[i], gage, outlet, c.area_m2[i] / HECTARE_M2, *shares, 0)

    def sub_areas(self, i: int) -> str:
        c = self.d.catchments
        storage = c.storage_impervious_m[i] / self.units.rain_depth, c.storage_pervious_m[i] / self.units.rain_depth
        roughness = c.manning_impervious[i], c.manning_pervious[i]
        return row(c.names[i], *roughness, *storage, c.no_storage[i] * 100.0, "OUTLET")

    def infiltration(self, i: int) -> str:
        c = self.d.catchments
        a, b, x, y, z = (float(v) for v in c.infiltration[i])
        mm, rate = self.units.rain_depth, self.units.rain_rate
        kind = Infiltration(int(c.infiltration_kind[i]))
        values = {
            Infiltration.HORTON: (a / rate, b / rate, x * HOUR_S, y / DAY_S, z / mm),
            Infiltration.GREEN_AMPT: (a / mm, b / rate, x, 0.0, 0.0),
            Infiltration.CURVE_NUMBER: (a, b, x / DAY_S, 0.0, 0.0),
        }[kind]
        return row(c.names[i], *values, kind.name)

    # -- nodes -------------------------------------------------------------------------------------------------------

    def junction(self, i: int) -> str:
        d = self.d
        return row(
            d.node_names[i], d.invert_m[i], d.depth_m[i], d.initial_depth_m[i], d.surcharge_m[i], d.ponded_area_m2[i]
        )

    def outfall(self, i: int) -> str:
        d = self.d
        kind = OutfallKind(int(d.outfall_kind[i]))
        stage: tuple[str | float, ...] = ()
        if kind is OutfallKind.FIXED:
            stage = (d.stage_m[i],)
        elif kind is OutfallKind.TIDAL:
            stage = (d.curves[d.outfall_curve[i]].name,)
        elif kind is OutfallKind.TIMESERIES:
            stage = (self.series["stage", int(d.outfall_curve[i])],)
        return row(d.node_names[i], d.invert_m[i], kind.name, *stage, yes(d.outfall_gate[i]))

    def storage(self, i: int) -> str:
        d = self.d
        start = d.node_names[i], d.invert_m[i], d.depth_m[i], d.initial_depth_m[i]
        if d.storage_curve[i] >= 0:
            return row(*start, "TABULAR", d.curves[d.storage_curve[i]].name, d.surcharge_m[i], 0)
        return row(*start, "FUNCTIONAL", *d.storage_area[i], d.surcharge_m[i], 0)

    def inflows(self) -> Iterator[str]:
        d = self.d
        at = dict(zip(d.inflow_node.tolist(), range(len(d.inflow_node)), strict=True))
        nodes = sorted(np.flatnonzero(d.inflow_base_m3s).tolist(), key=lambda n: (n not in at, at.get(n, n)))
        for node in [*at, *(n for n in nodes if n not in at)]:
            series = self.series["inflow", at[node]] if node in at else '""'
            yield row(d.node_names[node], "FLOW", series, "FLOW", 1, 1, d.inflow_base_m3s[node] / self.units.flow)

    def coordinates(self) -> Iterator[str]:
        d = self.d
        known = np.flatnonzero(~np.isnan(d.xy).any(axis=1))
        return (row(d.node_names[i], *d.xy[i]) for i in known)

    # -- links -------------------------------------------------------------------------------------------------------

    def ends(self, i: int) -> tuple[str, str, str]:
        d = self.d
        return d.link_names[i], d.node_names[d.tail[i]], d.node_names[d.head[i]]

    def conduit(self, i: int) -> str:
        d = self.d
        offsets = d.tail_offset_m[i], d.head_offset_m[i]
        flows = d.initial_flow_m3s[i] / self.units.flow, d.most_flow_m3s[i] / self.units.flow
        return row(*self.ends(i), d.length_m[i], d.roughness[i], *offsets, *flows)

    def pump(self, i: int) -> str:
        d = self.d
        curve = "*" if d.pump_kind[i] == PumpKind.IDEAL else d.curves[d.pump_curve[i]].name
        return row(*self.ends(i), curve, "ON" if d.is_on[i] else "OFF", d.start_depth_m[i], d.stop_depth_m[i])

    def orifice(self, i: int) -> str:
        d = self.d
        kind = OpeningKind(int(d.opening_kind[i])).name
        return row(*self.ends(i), kind, d.tail_offset_m[i], d.coefficient[i], yes(d.flap_gate[i]), 0)

    def weir(self, i: int) -> str:
        d = self.d
        kind = OpeningKind(int(d.opening_kind[i])).name.replace("_", "-")
        ends = d.end_contractions[i], d.end_coefficient[i] / self.units.weir, yes(d.can_surcharge[i])
        coefficient = d.coefficient[i] / self.units.weir
        return row(*self.ends(i), kind, d.tail_offset_m[i], coefficient, yes(d.flap_gate[i]), *ends)

    def outlet(self, i: int) -> str:
        d = self.d
        kind = OutletKind(int(d.outlet_kind[i]))
        what = "DEPTH" if kind in (OutletKind.DEPTH_CURVE, OutletKind.DEPTH_POWER) else "HEAD"
        if kind in (OutletKind.DEPTH_CURVE, OutletKind.HEAD_CURVE):
            law: tuple[str | float, ...] = (f"TABULAR/{what}", d.curves[d.outlet_curve[i]].name)
        else:
            coefficient = d.coefficient[i] * self.units.length ** d.exponent[i] / self.units.flow
            law = (f"FUNCTIONAL/{what}", coefficient, d.exponent[i])
        return row(*self.ends(i), d.tail_offset_m[i], *law, yes(d.flap_gate[i]))

    def cross_sections(self) -> Iterator[str]:
        d = self.d
        for i in np.flatnonzero(~np.isin(d.link_kind, (DrainLinkKind.PUMP, DrainLinkKind.OUTLET))):
            shape, barrels = Shape(int(d.shape[i])), int(d.barrels[i])
            if shape is Shape.IRREGULAR:
                yield row(d.link_names[i], "IRREGULAR", d.transects[d.transect[i]].name, 0, 0, 0, barrels)
                continue
            geometry = d.geometry[i].tolist()
            if shape is Shape.FORCE_MAIN and d.options.force_main == "D-W":
                geometry[1] /= self.units.rain_depth  # a height of roughness, mm
            yield row(d.link_names[i], shape.name, *geometry, barrels)

    def losses(self) -> Iterator[str]:
        d = self.d
        lossy = (d.entry_loss != 0.0) | (d.exit_loss != 0.0) | (d.mean_loss != 0.0) | d.flap_gate
        for i in np.flatnonzero(lossy & (d.link_kind == DrainLinkKind.CONDUIT)):
            yield row(d.link_names[i], d.entry_loss[i], d.exit_loss[i], d.mean_loss[i], yes(d.flap_gate[i]))

    def controls(self) -> Iterator[str]:
        return in_units(self.d.controls, flow=1.0 / self.units.flow, length=1.0)

    def time_series(self) -> Iterator[str]:
        d = self.d
        for (use, k), name in self.series.items():
            curve, factor = (d.curves[k], 1.0) if use == "stage" else (d.inflow_series[k], self.units.flow)
            for t, value in zip(curve.x.tolist(), (curve.y / factor).tolist(), strict=True):
                yield row(name, moment(t), value)
