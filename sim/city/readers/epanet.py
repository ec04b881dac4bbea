"""Reads an EPANET input file through the EPANET toolkit itself, so that whatever EPANET opens we read as it does."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from epanet import toolkit as en

from sim.city.readers import epanet_units
from sim.city.readers.epanet_units import Units
from sim.city.readers.inp_errors import mistakes_in
from sim.city.readers.inp_files import locate, plain_inp
from sim.city.water import (
    Control,
    ControlKind,
    Curve,
    Floats,
    HeadlossFormula,
    Ints,
    LinkKind,
    NodeKind,
    Options,
    PumpKind,
    WaterNetwork,
)
from sim.errors import CityOpsError, Mistake

_LINK_KIND = {en.CVPIPE: LinkKind.CHECK_VALVE, en.PIPE: LinkKind.PIPE}  # EPANET counts these two the other way round
_PUMP_KIND = {
    en.CONST_HP: PumpKind.CONSTANT_POWER,
    en.POWER_FUNC: PumpKind.POWER_FUNCTION,
    en.CUSTOM: PumpKind.CUSTOM,
}


def read_inp(source: str | Path) -> WaterNetwork:
    """Read the file that ``source`` names: a path to ``.inp`` or ``.inp.gz``, or ``wntr:NAME``.

    Raises CityOpsError with EPANET's own words and the lines they are about where EPANET cannot open the file.
    """
    path = locate(source)
    with plain_inp(path) as (plain, folder), _opened(plain, folder, path) as project:
        return _Reader(project, path).network()


@contextmanager
def _opened(plain: Path, folder: Path, path: Path) -> Iterator[Any]:
    report = folder / "report.txt"
    project = en.createproject()
    try:
        try:
            en.open(project, str(plain), str(report), "")
            en.openH(project)  # where EPANET checks tanks, pumps, curves and patterns
        except Exception as error:  # the toolkit raises nothing narrower
            en.close(project)  # only then is the report complete
            raise _unreadable(error, report, plain, path) from None
        yield project
        en.close(project)
    finally:
        en.deleteproject(project)


def _unreadable(error: Exception, report: Path, plain: Path, path: Path) -> CityOpsError:
    said = report.read_text(encoding="utf-8", errors="replace") if report.exists() else ""
    source = plain.read_text(encoding="utf-8", errors="replace")
    return CityOpsError(mistakes_in(said, source, file=str(path), fallback=str(error)))


class _Reader:
    """One pass over an opened project; everything comes out in SI."""

    def __init__(self, project: Any, path: Path) -> None:
        self.project = project
        self.path = path
        self.n_nodes = en.getcount(project, en.NODECOUNT)
        self.n_links = en.getcount(project, en.LINKCOUNT)
        self.curves: list[Curve] = []
        self.units = Units.of(
            en.getflowunits(project),
            int(self.option(en.PRESS_UNITS)),
            specific_gravity=self.option(en.SP_GRAVITY),
        )

    def network(self) -> WaterNetwork:
        names = self.names(en.getnodeid, self.n_nodes), self.names(en.getlinkid, self.n_links)
        name = self.path.name.removesuffix(".gz").removesuffix(".inp")
        return WaterNetwork(
            name=name,
            node_names=names[0],
            link_names=names[1],
            **self.node_fields(),
            **self.demand_fields(),
            **self.tank_fields(),
            **self.link_fields(),
            **self.pump_fields(),
            patterns=tuple(self.pattern(p) for p in range(1, self.count(en.PATCOUNT) + 1)),
            pattern_names=self.names(en.getpatternid, self.count(en.PATCOUNT)),
            curves=tuple(self.curves),
            controls=tuple(self.controls()),
            rule_names=self.names(en.getruleID, self.count(en.RULECOUNT)),
            leaking_links=self.leaking_links(names[1]),
            options=self.options(),
        )

    # -- what the toolkit gives, as arrays ---------------------------------------------------------------------------

    def option(self, code: int) -> float:
        return float(en.getoption(self.project, code))

    def count(self, code: int) -> int:
        return int(en.getcount(self.project, code))

    def node_values(self, code: int) -> Floats:
        return self._bulk(en.getnodevalues, code, self.n_nodes)

    def link_values(self, code: int) -> Floats:
        return self._bulk(en.getlinkvalues, code, self.n_links)

    def _bulk(self, getter: Any, code: int, n: int) -> Floats:
        buffer = en.doubleArray(n)
        getter(self.project, code, buffer)
        view = (ctypes.c_double * n).from_address(int(buffer.cast()))
        return np.array(view, dtype=np.float64)

    def names(self, getter: Any, n: int) -> tuple[str, ...]:
        """Ids as text: UTF-8, or GB18030 (which holds GBK) where they are not."""
        ids = [getter(self.project, i) for i in range(1, n + 1)]
        if all(name.isprintable() for name in ids):  # bytes that are no UTF-8 come as lone surrogates, not printable
            return tuple(ids)
        raw = [name.encode("utf-8", "surrogateescape") for name in ids]
        for encoding in ("utf-8", "gb18030"):
            try:
                return tuple(name.decode(encoding) for name in raw)
            except UnicodeDecodeError as error:
                culprit = error.object
        what = "an id is neither UTF-8 nor GBK; save the file as UTF-8"
        raise CityOpsError(Mistake(what=what, file=str(self.path), found=repr(culprit)))

    # -- nodes -------------------------------------------------------------------------------------------------------

    def node_fields(self) -> dict[str, Any]:
        kind = np.array([en.getnodetype(self.project, i + 1) for i in range(self.n_nodes)], dtype=np.int8)
        exponent = self.option(en.EMITEXPON)
        emitter = [self.units.emitter(c, exponent) if c > 0 else 0.0 for c in self.node_values(en.EMITTER)]
        reservoir = kind == NodeKind.RESERVOIR
        pattern = [
            int(en.getnodevalue(self.project, i + 1, en.PATTERN)) if reservoir[i] else 0 for i in range(self.n_nodes)
        ]
        return {
            "node_kind": kind,
            "elevation_m": self.node_values(en.ELEVATION) * self.units.length,
            "xy": np.array([self.place(i) for i in range(self.n_nodes)]).reshape(self.n_nodes, 2),
            "head_pattern": np.array(pattern, dtype=np.int32) - 1,
            "emitter": np.array(emitter),
        }

    def place(self, node: int) -> tuple[float, float]:
        try:
            x, y = en.getcoord(self.project, node + 1)
        except Exception as error:  # the toolkit raises nothing narrower
            if "254" not in str(error):  # "node has no coordinates"
                raise
            return math.nan, math.nan
        return x, y

    def demand_fields(self) -> dict[str, Any]:
        node, base, pattern = [], [], []
        default = int(self.option(en.DEMANDPATTERN))
        for i in range(self.n_nodes - self.count(en.TANKCOUNT)):
            for k in range(1, en.getnumdemands(self.project, i + 1) + 1):
                node.append(i)
                base.append(en.getbasedemand(self.project, i + 1, k))
                pattern.append((en.getdemandpattern(self.project, i + 1, k) or default) - 1)
        return {
            "demand_node": np.array(node, dtype=np.int32),
            "demand_base_m3s": np.array(base, dtype=np.float64) * self.units.flow,
            "demand_pattern": np.array(pattern, dtype=np.int32),
        }

    def tank_fields(self) -> dict[str, Any]:
        values = {field: np.zeros(self.n_nodes) for field in ("initial", "minimum", "maximum", "area", "volume")}
        curve = np.full(self.n_nodes, -1, dtype=np.int32)
        overflow = np.zeros(self.n_nodes, dtype=np.bool_)
        for i in range(self.n_nodes):
            if en.getnodetype(self.project, i + 1) == NodeKind.TANK:
                self.tank(i, values)
                curve[i] = self.add_curve(self.node_value(i, en.VOLCURVE), self.units.length, self.units.volume)
                overflow[i] = bool(self.node_value(i, en.CANOVERFLOW))
        return {
            "tank_initial_m": values["initial"],
            "tank_minimum_m": values["minimum"],
            "tank_maximum_m": values["maximum"],
            "tank_area_m2": np.where(curve < 0, values["area"], 0.0),
            "tank_minimum_volume_m3": values["volume"],
            "tank_curve": curve,
            "tank_can_overflow": overflow,
        }

    def node_value(self, node: int, code: int) -> float:
        return float(en.getnodevalue(self.project, node + 1, code))

    def tank(self, i: int, values: dict[str, Floats]) -> None:
        values["initial"][i] = self.node_value(i, en.TANKLEVEL) * self.units.length
        values["minimum"][i] = self.node_value(i, en.MINLEVEL) * self.units.length
        values["maximum"][i] = self.node_value(i, en.MAXLEVEL) * self.units.length
        values["area"][i] = self.units.tank_area(self.node_value(i, en.TANKDIAM))
        values["volume"][i] = self.node_value(i, en.MINVOLUME) * self.units.volume

    # -- links -------------------------------------------------------------------------------------------------------

    def link_fields(self) -> dict[str, Any]:
        types = [en.getlinktype(self.project, i + 1) for i in range(self.n_links)]
        ends = np.array([en.getlinknodes(self.project, i + 1) for i in range(self.n_links)], dtype=np.int32)
        ends = ends.reshape(self.n_links, 2) - 1
        is_pump = np.array([t == en.PUMP for t in types])
        darcy = int(self.option(en.HEADLOSSFORM)) == HeadlossFormula.DARCY_WEISBACH
        # Darcy-Weisbach roughness is in mm or thousandths of a foot.
        roughness = self.link_values(en.ROUGHNESS) * (self.units.length / 1000.0 if darcy else 1.0)
        return {
            "link_kind": np.array([_LINK_KIND.get(t, t) for t in types], dtype=np.int8),
            "tail": np.ascontiguousarray(ends[:, 0]),
            "head": np.ascontiguousarray(ends[:, 1]),
            "length_m": self.link_values(en.LENGTH) * self.units.length,
            "diameter_m": self.link_values(en.DIAMETER) * self.units.diameter,
            "roughness": roughness,
            "minor_loss": self.link_values(en.MINORLOSS),
            "is_open": self.link_values(en.INITSTATUS) > 0,
            "speed": np.where(is_pump, self.link_values(en.INITSETTING), 1.0),
        }

    def leaking_links(self, names: tuple[str, ...]) -> tuple[str, ...]:
        leaks = (self.link_values(en.LEAK_AREA) > 0) | (self.link_values(en.LEAK_EXPAN) > 0)
        return tuple(names[i] for i in np.flatnonzero(leaks))

    def pump_fields(self) -> dict[str, Any]:
        floats = {f: np.zeros(self.n_links) for f in ("h0_m", "r", "n", "qmax_m3s", "q0_m3s", "power_w")}
        ids = {f: np.full(self.n_links, -1, dtype=np.int32) for f in ("curve", "pattern")}
        kind = np.zeros(self.n_links, dtype=np.int8)
        for i in range(self.n_links):
            if en.getlinktype(self.project, i + 1) == en.PUMP:
                kind[i] = _PUMP_KIND[en.getpumptype(self.project, i + 1)]
                ids["pattern"][i] = int(en.getlinkvalue(self.project, i + 1, en.LINKPATTERN)) - 1
                self.pump(i, kind[i], floats, ids["curve"])
        return {"pump_kind": kind} | {f"pump_{f}": a for f, a in (floats | ids).items()}

    def pump(self, i: int, kind: int, values: dict[str, Floats], curve: Ints) -> None:
        if kind == PumpKind.CONSTANT_POWER:
            # EPANET 2.3.5 divides kilowatts by 0.7457 once too often; this is the power that it computes with.
            values["power_w"][i] = en.getlinkvalue(self.project, i + 1, en.PUMP_POWER) * self.units.power
            values["h0_m"][i] = values["qmax_m3s"][i] = math.inf
            values["q0_m3s"][i] = epanet_units.CUBIC_FOOT_M3  # EPANET starts such a pump at 1 ft3/s
            return
        points = self.curve(
            int(en.getlinkvalue(self.project, i + 1, en.PUMP_HCURVE)), self.units.flow, self.units.length
        )
        if kind == PumpKind.CUSTOM:
            curve[i] = len(self.curves)
            self.curves.append(points)
            values["h0_m"][i], values["qmax_m3s"][i] = points.y[0], points.x[-1]
            values["q0_m3s"][i] = (points.x[0] + points.x[-1]) / 2.0
            return
        h0, r, n, q_design = power_function(points)
        values["h0_m"][i], values["r"][i], values["n"][i] = h0, r, n
        values["qmax_m3s"][i], values["q0_m3s"][i] = (h0 / r) ** (1.0 / n), q_design

    def curve(self, index: int, x_factor: float, y_factor: float) -> Curve:
        n = en.getcurvelen(self.project, index)
        points = np.array([en.getcurvevalue(self.project, index, k) for k in range(1, n + 1)], dtype=np.float64)
        return Curve(x=points[:, 0] * x_factor, y=points[:, 1] * y_factor)

    def add_curve(self, index: float, x_factor: float, y_factor: float) -> int:
        """Index among the network's curves of EPANET's curve ``index``; -1 where that is 0, no curve."""
        if index == 0:
            return -1
        self.curves.append(self.curve(int(index), x_factor, y_factor))
        return len(self.curves) - 1

    # -- patterns, controls, options ---------------------------------------------------------------------------------

    def pattern(self, index: int) -> Floats:
        n = en.getpatternlen(self.project, index)
        return np.array([en.getpatternvalue(self.project, index, k) for k in range(1, n + 1)], dtype=np.float64)

    def controls(self) -> Iterator[Control]:
        enabled = en.intArray(1)
        for c in range(1, self.count(en.CONTROLCOUNT) + 1):
            en.getcontrolenabled(self.project, c, enabled)
            if enabled[0]:
                yield self.control(*en.getcontrol(self.project, c))

    def control(self, kind: int, link: int, setting: float, node: int, level: float) -> Control:
        is_pump = en.getlinktype(self.project, link) == en.PUMP
        if node == 0:
            head, time = 0.0, level
        else:
            is_junction = en.getnodetype(self.project, node) == NodeKind.JUNCTION
            above = level * (self.units.pressure if is_junction else self.units.length)
            head, time = self.node_value(node - 1, en.ELEVATION) * self.units.length + above, 0.0
        return Control(
            link=link - 1,
            kind=ControlKind(kind),
            is_open=setting > 0.0,  # OPEN and CLOSED of a pipe come as huge numbers of either sign
            setting=setting if is_pump else math.nan,
            node=node - 1,
            head_m=head,
            time_s=time,
        )

    def options(self) -> Options:
        model, minimum, required, exponent = en.getdemandmodel(self.project)
        seconds = {code: int(en.gettimeparam(self.project, code)) for code in _TIMES.values()}
        return Options(
            formula=HeadlossFormula(int(self.option(en.HEADLOSSFORM))),
            viscosity_m2_s=self.option(en.SP_VISCOS) * epanet_units.VISCOSITY_FT2_S * epanet_units.FOOT_M**2,
            specific_gravity=self.option(en.SP_GRAVITY),
            accuracy=self.option(en.ACCURACY),
            trials=int(self.option(en.TRIALS)),
            extra_trials=int(self.option(en.UNBALANCED)),
            check_frequency=int(self.option(en.CHECKFREQ)),
            max_check=int(self.option(en.MAXCHECK)),
            damp_limit=self.option(en.DAMPLIMIT),
            head_error_m=self.option(en.HEADERROR) * self.units.length,
            flow_change_m3s=self.option(en.FLOWCHANGE) * self.units.flow,
            demand_multiplier=self.option(en.DEMANDMULT),
            emitter_exponent=self.option(en.EMITEXPON),
            emitter_backflow=bool(self.option(en.EMITBACKFLOW)),
            pressure_driven=model == en.PDA,
            minimum_pressure_m=minimum * self.units.pressure,
            required_pressure_m=required * self.units.pressure,
            pressure_exponent=exponent,
            **{field: seconds[code] for field, code in _TIMES.items()},
        )


_TIMES = {
    "duration_s": en.DURATION,
    "hydraulic_step_s": en.HYDSTEP,
    "pattern_step_s": en.PATTERNSTEP,
    "pattern_start_s": en.PATTERNSTART,
    "report_step_s": en.REPORTSTEP,
    "report_start_s": en.REPORTSTART,
    "start_clock_s": en.STARTTIME,
}


def power_function(points: Curve) -> tuple[float, float, float, float]:
    """(H0, r, n, design flow) of the gain H0 - r q^n through one or three points, as EPANET fits it.

    One point (q, h) stands for the shutoff head 1.33334 h and the greatest flow 2 q; of three, the first has no flow.
    """
    if len(points.x) == 1:
        q1, h1 = float(points.x[0]), float(points.y[0])
        h0, q2, h2 = 1.33334 * h1, 2.0 * q1, 0.0
    else:
        h0, h1, h2 = (float(y) for y in points.y)
        _, q1, q2 = (float(x) for x in points.x)
    n = math.log((h0 - h2) / (h0 - h1)) / math.log(q2 / q1)
    return h0, (h0 - h1) / q1**n, n, q1
