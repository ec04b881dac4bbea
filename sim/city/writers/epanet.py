"""Writes a water network as an EPANET input file that reads back as the same network.

Numbers are written so that EPANET's own conversions, from the file's units to feet and back, return the same bits where
that can be (``_before``): litres a second, metres, millimetres. What EPANET itself computes with a power or a
difference of heights comes back to a relative 1e-12: tank levels and areas, power functions of pumps, minor losses,
emitters.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

import numpy as np
import numpy.typing as npt

from sim.city.readers.epanet_units import FOOT_M, PI, VISCOSITY_FT2_S, Units
from sim.city.register import Material, Register
from sim.city.streets import Streets
from sim.city.water import (
    Control,
    ControlKind,
    HeadlossFormula,
    LinkKind,
    NodeKind,
    PumpKind,
    WaterNetwork,
)
from sim.errors import CityOpsError

Floats = npt.NDArray[np.float64]
Lines = Iterator[str]

_LPS, _KILOPASCAL, _METRES = 5, 1, 2  # EPANET's codes of the units written
_LPS_PER_CFS = 28.317
_MM_PER_FT = 304.8
_MINOR = 0.02517  # EPANET's 8 / (g pi^2) in feet
_KW_TWICE = 0.7457  # EPANET 2.3.5 divides kilowatts by this once too often (see the reader)
_LONGEST_ID = 31
_FORMULA = {
    HeadlossFormula.HAZEN_WILLIAMS: "H-W",
    HeadlossFormula.DARCY_WEISBACH: "D-W",
    HeadlossFormula.CHEZY_MANNING: "C-M",
}


def write_inp(
    network: WaterNetwork, path: str | Path, register: Register | None = None, streets: Streets | None = None
) -> Path:
    """Write the file; see ``WaterNetwork.to_inp``."""
    _refuse(network)
    target = Path(path)
    text = "\n".join(_Writer(network, register, streets).lines()) + "\n"
    try:
        target.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CityOpsError(f"cannot write {target}: {error.strerror}") from error
    return target


def _refuse(network: WaterNetwork) -> None:
    lost = network.unsupported()
    if lost:
        more = ", ..." if len(lost) > 3 else ""
        raise CityOpsError(f"{network.name} cannot be written: of {', '.join(lost[:3])}{more} not all is known")
    for name in (*network.node_names, *network.link_names, *network.pattern_names):
        if not name or len(name.encode()) > _LONGEST_ID or any(c in ' ";\t' for c in name):
            what = f"is no id for EPANET, which takes 1 to {_LONGEST_ID} bytes without spaces, quotes and semicolons"
            raise CityOpsError(f"{network.name} cannot be written: {name!r} {what}")


def _before(value: Floats, read: Callable[[Floats], Floats]) -> Floats:
    """Numbers that ``read`` turns into ``value``, to the last bit where one within 4 steps does; ``read`` is linear."""
    guess = value / read(np.ones(1))
    found, is_met = guess.copy(), read(guess) == value
    for step in (1, -1, 2, -2, 3, -3, 4, -4):
        candidate = guess + step * np.spacing(guess)
        is_hit = ~is_met & (read(candidate) == value)
        found[is_hit] = candidate[is_hit]
        is_met |= is_hit
    return found


def _words(values: npt.NDArray[np.floating]) -> list[str]:
    return [repr(value) for value in values.tolist()]


class _Writer:
    """One pass over a network; each method gives the lines of its sections."""

    def __init__(self, network: WaterNetwork, register: Register | None, streets: Streets | None) -> None:
        self.network, self.register, self.streets = network, register, streets
        options = network.options
        # EPANET asks for 0.1 units between the two pressures, and files in psi may have less than 0.1 m.
        is_narrow = options.required_pressure_m - options.minimum_pressure_m < 0.1
        self.pressure, code = ("KPA", _KILOPASCAL) if is_narrow else ("METERS", _METRES)
        self.units = Units.of(_LPS, code, specific_gravity=options.specific_gravity)
        self.no_pattern = _unused("none", network.pattern_names)

    def lines(self) -> Lines:
        yield from ("[TITLE]", self.network.name.splitlines()[0] if self.network.name else "network", "")
        for section in (
            self.nodes,
            self.demands,
            self.emitters,
            self.links,
            self.status,
            self.patterns,
            self.curves,
            self.controls,
            self.options,
            self.times,
            self.tags,
            self.coordinates,
            self.vertices,
        ):
            yield from section()
        yield "[END]"

    # -- units -------------------------------------------------------------------------------------------------------

    def lengths(self, metres: Floats) -> list[str]:
        return _words(_before(metres, lambda t: (t / FOOT_M) * FOOT_M))

    def flows(self, m3s: Floats) -> Floats:
        return _before(m3s, lambda t: (t / _LPS_PER_CFS) * _LPS_PER_CFS * self.units.flow)

    # -- nodes -------------------------------------------------------------------------------------------------------

    def nodes(self) -> Lines:
        """Junctions, reservoirs and tanks in the network's order, in as many sections as that takes."""
        net = self.network
        elevation = self.lengths(net.elevation_m)
        tanks = self._tanks()
        for kind, group in groupby(range(net.n_nodes), key=lambda i: int(net.node_kind[i])):
            yield f"[{('JUNCTIONS', 'RESERVOIRS', 'TANKS')[kind]}]"
            for i in group:
                rest = ""
                if kind == NodeKind.RESERVOIR and net.head_pattern[i] >= 0:
                    rest = f" {net.pattern_names[net.head_pattern[i]]}"
                elif kind == NodeKind.TANK:
                    rest = tanks[i]
                yield f"{net.node_names[i]} {elevation[i]}{rest}"
            yield ""

    def _tanks(self) -> dict[int, str]:
        net = self.network
        ids = np.flatnonzero(net.node_kind == NodeKind.TANK)
        levels = [_words(values[ids]) for values in (net.tank_initial_m, net.tank_minimum_m, net.tank_maximum_m)]
        # To EPANET a tank without an area is a reservoir, so one with a curve gets a diameter that does not count.
        diameter = _words(np.where(net.tank_curve[ids] < 0, 2.0 * np.sqrt(net.tank_area_m2[ids] / PI), 1.0))
        volume = _words(net.tank_minimum_volume_m3[ids] / self.units.volume)
        texts = {}
        for k, i in enumerate(ids.tolist()):
            curve = f"C{net.tank_curve[i]}" if net.tank_curve[i] >= 0 else "*"
            overflow = "YES" if net.tank_can_overflow[i] else "NO"
            words = (*(level[k] for level in levels), diameter[k], volume[k], curve, overflow)
            texts[i] = " " + " ".join(words)
        return texts

    def demands(self) -> Lines:
        net = self.network
        yield "[DEMANDS]"
        base = _words(self.flows(net.demand_base_m3s))
        for node, flow, p in zip(net.demand_node.tolist(), base, net.demand_pattern.tolist(), strict=True):
            yield f"{net.node_names[node]} {flow} {net.pattern_names[p] if p >= 0 else ''}"
        yield ""

    def emitters(self) -> Lines:
        net = self.network
        yield "[EMITTERS]"
        per = self.units.emitter(1.0, net.options.emitter_exponent)
        for i in np.flatnonzero(net.emitter > 0.0).tolist():
            yield f"{net.node_names[i]} {float(net.emitter[i]) / per!r}"
        yield ""

    # -- links -------------------------------------------------------------------------------------------------------

    def links(self) -> Lines:
        net = self.network
        pipes, pumps = self._pipes(), self._pumps()
        is_pump = net.link_kind == LinkKind.PUMP
        for pump, group in groupby(range(net.n_links), key=lambda i: bool(is_pump[i])):
            yield "[PUMPS]" if pump else "[PIPES]"
            for i in group:
                ends = f"{net.node_names[net.tail[i]]} {net.node_names[net.head[i]]}"
                yield f"{net.link_names[i]} {ends} {pumps[i] if pump else pipes[i]}"
            yield ""

    def _pipes(self) -> list[str]:
        net = self.network
        d4 = np.where(net.diameter_m > 0.0, net.diameter_m / FOOT_M, 1.0) ** 4
        is_darcy = net.options.formula == HeadlossFormula.DARCY_WEISBACH
        columns = (
            self.lengths(net.length_m),
            _words(_before(net.diameter_m, lambda t: (t / _MM_PER_FT) * _MM_PER_FT * self.units.diameter)),
            _words(_before(net.roughness, lambda t: t * (self.units.length / 1000.0 if is_darcy else 1.0))),
            _words(_before(net.minor_loss, lambda t: (_MINOR * t / d4) * d4 / _MINOR)),
        )
        status = [_status(*of) for of in zip(net.link_kind.tolist(), net.is_open.tolist(), strict=True)]
        return [" ".join(words) for words in zip(*columns, status, strict=True)]

    def _pumps(self) -> dict[int, str]:
        net = self.network
        texts = {}
        for i in np.flatnonzero(net.link_kind == LinkKind.PUMP).tolist():
            words = [self._gain(i)]
            if net.is_open[i] and net.speed[i] != 1.0:
                words.append(f"SPEED {float(net.speed[i])!r}")
            if net.pump_pattern[i] >= 0:
                words.append(f"PATTERN {net.pattern_names[net.pump_pattern[i]]}")
            texts[i] = " ".join(words)
        return texts

    def _gain(self, i: int) -> str:
        net = self.network
        if net.pump_kind[i] == PumpKind.CONSTANT_POWER:
            return f"POWER {float(net.pump_power_w[i]) * _KW_TWICE / self.units.power!r}"
        return f"HEAD {f'C{net.pump_curve[i]}' if net.pump_kind[i] == PumpKind.CUSTOM else f'G{i}'}"

    def status(self) -> Lines:
        """Pumps that are off: pipes tell it themselves."""
        net = self.network
        yield "[STATUS]"
        for i in np.flatnonzero((net.link_kind == LinkKind.PUMP) & ~net.is_open).tolist():
            yield f"{net.link_names[i]} Closed"
        yield ""

    # -- patterns, curves, controls ----------------------------------------------------------------------------------

    def patterns(self) -> Lines:
        yield "[PATTERNS]"
        for name, pattern in zip(self.network.pattern_names, self.network.patterns, strict=True):
            words = _words(pattern)
            for k in range(0, len(words), 6):
                yield f"{name} {' '.join(words[k : k + 6])}"
        yield ""

    def curves(self) -> Lines:
        """Curves that the network has, then three points on each power function."""
        net = self.network
        yield "[CURVES]"
        of_tanks = set(net.tank_curve.tolist())
        for c, curve in enumerate(net.curves):
            x_factor, y_factor = (1.0, self.units.volume) if c in of_tanks else (self.units.flow, 1.0)
            yield from _points(f"C{c}", _before(curve.x, _times(x_factor)), _before(curve.y, _times(y_factor)))
        is_power = (net.link_kind == LinkKind.PUMP) & (net.pump_kind == PumpKind.POWER_FUNCTION)
        for i in np.flatnonzero(is_power).tolist():
            flow = net.pump_q0_m3s[i] * np.array([0.0, 1.0, 2.0])
            gain = net.pump_h0_m[i] - net.pump_r[i] * flow ** net.pump_n[i]
            yield from _points(f"G{i}", _before(flow, _times(self.units.flow)), gain)
        yield ""

    def controls(self) -> Lines:
        yield "[CONTROLS]"
        for control in self.network.controls:
            yield f"LINK {self.network.link_names[control.link]} {self._order(control)} {self._when(control)}"
        yield ""

    def _order(self, control: Control) -> str:
        if self.network.link_kind[control.link] != LinkKind.PUMP or np.isnan(control.setting) or not control.is_open:
            return "OPEN" if control.is_open else "CLOSED"
        return repr(float(control.setting))

    def _when(self, control: Control) -> str:
        net = self.network
        if control.kind == ControlKind.TIMER:
            return f"AT TIME {round(control.time_s)} SEC"
        if control.kind == ControlKind.TIME_OF_DAY:
            return f"AT CLOCKTIME {round(control.time_s)} SEC"
        above = control.head_m - float(net.elevation_m[control.node])
        unit = self.units.pressure if net.is_junction[control.node] else self.units.length
        side = "BELOW" if control.kind == ControlKind.LOW_LEVEL else "ABOVE"
        return f"IF NODE {net.node_names[control.node]} {side} {above / unit!r}"

    # -- options -----------------------------------------------------------------------------------------------------

    def options(self) -> Lines:
        o, per = self.network.options, self.units
        yield "[OPTIONS]"
        yield from (
            "Units LPS",
            f"Pressure {self.pressure}",
            f"Headloss {_FORMULA[o.formula]}",
            f"Viscosity {o.viscosity_m2_s / (VISCOSITY_FT2_S * FOOT_M**2)!r}",
            f"Specific Gravity {o.specific_gravity!r}",
            f"Accuracy {o.accuracy!r}",
            f"Trials {o.trials}",
            "Unbalanced " + ("STOP" if o.extra_trials < 0 else f"CONTINUE {o.extra_trials}"),
            f"CHECKFREQ {o.check_frequency}",
            f"MAXCHECK {o.max_check}",
            f"DAMPLIMIT {o.damp_limit!r}",
            f"HEADERROR {o.head_error_m / per.length!r}",
            f"FLOWCHANGE {o.flow_change_m3s / per.flow!r}",
            f"Demand Multiplier {o.demand_multiplier!r}",
            f"Emitter Exponent {o.emitter_exponent!r}",
            f"BACKFLOW ALLOWED {'YES' if o.emitter_backflow else 'NO'}",
            f"DEMAND MODEL {'PDA' if o.pressure_driven else 'DDA'}",
            f"MINIMUM PRESSURE {o.minimum_pressure_m / per.pressure!r}",
            f"REQUIRED PRESSURE {o.required_pressure_m / per.pressure!r}",
            f"PRESSURE EXPONENT {o.pressure_exponent!r}",
            f"Pattern {self.no_pattern}",
            "",
        )

    def times(self) -> Lines:
        o = self.network.options
        yield "[TIMES]"
        for name, seconds in (
            ("Duration", o.duration_s),
            ("Hydraulic Timestep", o.hydraulic_step_s),
            ("Pattern Timestep", o.pattern_step_s),
            ("Pattern Start", o.pattern_start_s),
            ("Report Timestep", o.report_step_s),
            ("Report Start", o.report_start_s),
            ("Start ClockTime", o.start_clock_s),
        ):
            yield f"{name} {seconds} SEC"
        yield ""

    # -- what EPANET only keeps --------------------------------------------------------------------------------------

    def tags(self) -> Lines:
        """Of each link of the register: material, year, street and ends with a valve, in one word."""
        if self.register is None:
            return
        r = self.register
        yield "[TAGS]"
        for i, name in enumerate(self.network.link_names):
            valves = [end for end, has in (("tail", r.valve_at_tail[i]), ("head", r.valve_at_head[i])) if has]
            material = Material(r.material[i]).name.lower()
            ends = "+".join(valves) or "none"
            yield f"LINK {name} {material}|{r.laid_year[i]}|street={r.street[i]}|valves={ends}"
        yield ""

    def coordinates(self) -> Lines:
        net = self.network
        yield "[COORDINATES]"
        for name, (x, y) in zip(net.node_names, net.xy.tolist(), strict=True):
            if not (math.isnan(x) or math.isnan(y)):
                yield f"{name} {x!r} {y!r}"
        yield ""

    def vertices(self) -> Lines:
        """The bends of the street over each pipe, from the pipe's tail to its head."""
        if self.register is None or self.streets is None:
            return
        streets, r = self.streets, self.register
        yield "[VERTICES]"
        for i in np.flatnonzero(r.street >= 0).tolist():
            street = int(r.street[i])
            bends = streets.line(street)[1:-1]
            if streets.tail[street] != r.corner[self.network.tail[i]]:
                bends = bends[::-1]
            for x, y in bends.tolist():
                yield f"{self.network.link_names[i]} {x!r} {y!r}"
        yield ""


def _status(kind: int, is_open: bool) -> str:
    if kind == LinkKind.CHECK_VALVE:
        return "CV"
    return "Open" if is_open else "Closed"


def _times(factor: float) -> Callable[[Floats], Floats]:
    return lambda values: values * factor


def _points(name: str, x: Floats, y: Floats) -> Lines:
    for a, b in zip(_words(x), _words(y), strict=True):
        yield f"{name} {a} {b}"


def _unused(name: str, taken: Sequence[str]) -> str:
    while name in taken:
        name += "-"
    return name
