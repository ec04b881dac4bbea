"""From a network's arrays in SI to the tables that the solver runs over, and what is refused on the way.

Feet and cubic feet per second, EPANET's 0.028317 m3 to the cubic foot; nodes in the order of elimination with the fixed
heads behind, links with the pipes first and each near its nodes. Nothing here changes once it is made.
"""

from libc.math cimport floor

from cext.ldlt cimport Ldlt

import numpy as np


cdef extern from "powers.h" nogil:
    double scalar_power(double x, double a)


cdef double FOOT = 0.3048           # m
cdef double CUBIC_FOOT = 0.028317   # m3, as EPANET rounds it
cdef double SMALL = 1.0e-6
cdef double NO_FLOW = 1.0e-6        # cfs
cdef double PI = 3.14159265358979323846


cdef class Tables:
    """What does not move: topology, coefficients, options and the symbolic factorisation."""

    def __init__(self, given):
        """ValueError, naming the argument and the element, where shapes, ids or values do not fit."""
        a = _checked(given)
        self._take_options(a)
        self._take_nodes(a)
        self._take_links(a)
        self._take_pumps(a)
        self._take_controls(a)

    def _take_options(self, a):
        self.formula, self.trials, self.extra_trials = a["formula"], a["trials"], a["extra_trials"]
        self.check_frequency, self.max_check = a["check_frequency"], a["max_check"]
        self.backflow, self.pressure_driven = a["emitter_backflow"], a["pressure_driven"]
        self.flow_exponent = 1.852 if self.formula == HAZEN_WILLIAMS else 2.0
        self.accuracy, self.damp_limit = a["accuracy"], a["damp_limit"]
        self.head_error, self.flow_change = a["head_error_m"] / FOOT, a["flow_change_m3s"] / CUBIC_FOOT
        self.emitter_n = 1.0 / a["emitter_exponent"]
        self.pressure_low = a["minimum_pressure_m"] / FOOT
        self.pressure_range = a["required_pressure_m"] / FOOT - self.pressure_low
        self.pressure_exponent, self.demand_n = a["pressure_exponent"], 1.0 / a["pressure_exponent"]
        self.hydraulic_step, self.pattern_step = a["hydraulic_step_s"], a["pattern_step_s"]
        self.pattern_start, self.report_step = a["pattern_start_s"], a["report_step_s"]
        self.start_clock = a["start_clock_s"]
        self.pattern_first, self.pattern_factor = a["pattern_first"], a["pattern_factor"]

    def _take_nodes(self, a):
        kind, tail, head = a["node_kind"], a["tail"], a["head"]
        junctions = np.flatnonzero(kind == JUNCTION).astype(np.int32)
        fixed = np.flatnonzero(kind != JUNCTION).astype(np.int32)
        number = np.full(len(kind), -1, np.int32)
        number[junctions] = np.arange(len(junctions))
        free_ends = (kind[tail] == JUNCTION) & (kind[head] == JUNCTION)
        self.matrix = Ldlt(len(junctions), number[tail[free_ends]], number[head[free_ends]])
        self.n_nodes, self.n_junctions, self.n_fixed = len(kind), len(junctions), len(fixed)
        inner = np.empty(len(kind), np.int32)
        inner[junctions] = self.matrix.position()
        inner[fixed] = len(junctions) + np.arange(len(fixed))
        outer = np.argsort(inner).astype(np.int32)
        self.inner, self.outer = inner, outer
        self.elevation = a["elevation_m"][outer] / FOOT
        order = np.argsort(inner[a["demand_node"]], kind="stable")
        self.demand_node = inner[a["demand_node"]][order]
        self.demand_base = a["demand_base_m3s"][order] / CUBIC_FOOT * a["demand_multiplier"]
        self.demand_pattern, self.n_demands = a["demand_pattern"][order], len(order)
        emitters = outer[:len(junctions)][a["emitter"][outer[:len(junctions)]] > 0.0]
        self.emitter_node, self.n_emitters = inner[emitters], len(emitters)
        self.emitter_ke = np.array(
            [max(SMALL, scalar_power(CUBIC_FOOT / c, self.emitter_n) / FOOT) for c in a["emitter"][emitters]], float
        )
        self._take_tanks(a, fixed)

    def _take_tanks(self, a, fixed):
        cdef int t
        elevation = a["elevation_m"][fixed] / FOOT
        is_tank = a["node_kind"][fixed] == TANK
        self.head_pattern, self.tank_curve = a["head_pattern"][fixed], a["tank_curve"][fixed]
        self.may_overflow = a["tank_can_overflow"][fixed].astype(np.int8)
        self.lowest = elevation + np.where(is_tank, a["tank_minimum_m"][fixed] / FOOT, 0.0)
        self.highest = elevation + np.where(is_tank, a["tank_maximum_m"][fixed] / FOOT, 0.0)
        self.first_head = elevation + np.where(is_tank, a["tank_initial_m"][fixed] / FOOT, 0.0)
        curved = is_tank & (a["tank_curve"][fixed] >= 0)
        # of a tank with a curve the area is only told from 0, which is a reservoir's
        self.area = np.where(is_tank, np.where(curved, 1.0, a["tank_area_m2"][fixed] / (FOOT * FOOT)), 0.0)
        self.least_volume = np.where(is_tank, a["tank_minimum_volume_m3"][fixed] / CUBIC_FOOT, 0.0)
        self.most_volume = np.zeros(len(fixed))
        self.curve_first = a["curve_first"]
        self.curve_x, self.curve_y = a["curve_x"].copy(), a["curve_y"].copy()
        used = {int(c) for c in a["tank_curve"][fixed][curved]}
        for c in used:
            self._scale_curve(c, 1.0 / FOOT, 1.0 / CUBIC_FOOT)
        for c in {int(c) for c in a["pump_curve"][(a["link_kind"] == PUMP) & (a["pump_kind"] == CUSTOM)]}:
            if c in used:
                raise ValueError(f"curve {c} is both a tank's and a pump's")
            self._scale_curve(c, 1.0 / CUBIC_FOOT, 1.0 / FOOT)
        for t in np.flatnonzero(curved):
            self.least_volume[t] = self.volume(t, self.lowest[t])
        for t in np.flatnonzero(is_tank):
            self.most_volume[t] = self.volume(t, self.highest[t])

    def _scale_curve(self, int c, double x, double y):
        cdef int i
        for i in range(self.curve_first[c], self.curve_first[c + 1]):
            self.curve_x[i] *= x
            self.curve_y[i] *= y

    def _take_links(self, a):
        cdef int k, i, j
        inner = np.asarray(self.inner)
        tail, head = inner[a["tail"]], inner[a["head"]]
        is_pump = a["link_kind"] == PUMP
        order = np.lexsort((np.maximum(tail, head), np.minimum(tail, head), is_pump)).astype(np.int32)
        self.n_links, self.n_pipes = len(tail), int((~is_pump).sum())
        self.link_of, self.place_of = order, np.argsort(order).astype(np.int32)
        self.tail, self.head = tail[order], head[order]
        self.kind = a["link_kind"][order]
        self.first_status = np.where(a["is_open"][order], OPEN, CLOSED).astype(np.int8)
        self.first_setting = np.where(is_pump, a["speed"], 1.0)[order]
        diameter = a["diameter_m"][order] / FOOT
        self.first_flow = np.where(a["is_open"][order], PI * diameter * diameter / 4.0, NO_FLOW)
        self.place = np.full(self.n_links, self.matrix.n_lower, np.int32)
        for k in range(self.n_links):
            i, j = self.tail[k], self.head[k]
            if i < self.n_junctions and j < self.n_junctions:
                self.place[k] = self.matrix.place(i, j)
        self._take_friction(a, order[:self.n_pipes], diameter[:self.n_pipes])
        self._find_neighbours()

    def _take_friction(self, a, pipes, diameter):
        cdef double d, roughness
        length, rough = a["length_m"][pipes] / FOOT, a["roughness"][pipes]
        resistance = []
        for d, roughness in zip(diameter, rough, strict=True):
            if self.formula == HAZEN_WILLIAMS:
                resistance.append(4.727 / scalar_power(roughness, 1.852) / scalar_power(d, 4.871))
            elif self.formula == DARCY_WEISBACH:
                resistance.append(1.0 / 2.0 / 32.2 / d / (PI * d * d / 4.0) ** 2)
            else:
                resistance.append((4.0 * roughness / (1.49 * PI * d * d)) ** 2 * scalar_power(d / 4.0, -1.333))
        self.resistance = np.array(resistance, float) * length
        self.minor = 0.02517 * a["minor_loss"][pipes] / diameter ** 4
        self.rough = rough / FOOT / diameter
        self.nu = a["viscosity_m2_s"] / (FOOT * FOOT) * diameter

    def _find_neighbours(self):
        tail, head = np.asarray(self.tail), np.asarray(self.head)
        links = np.arange(self.n_links, dtype=np.int32)
        ends, others, both = np.concatenate([tail, head]), np.concatenate([head, tail]), np.concatenate([links, links])
        order = np.argsort(ends, kind="stable")
        self.beside_first = np.searchsorted(ends[order], np.arange(self.n_nodes + 1)).astype(np.int32)
        self.beside_node, self.beside_link = others[order].astype(np.int32), both[order].astype(np.int32)
        at = np.flatnonzero((ends >= self.n_junctions) & (others < self.n_junctions))
        self.fixed_link, self.fixed_from, self.fixed_to = both[at], ends[at], others[at]
        is_tank = np.zeros(self.n_nodes, np.bool_)
        is_tank[self.n_junctions:] = np.asarray(self.area) > 0.0
        watched = (np.asarray(self.kind) != PIPE) | is_tank[tail] | is_tank[head]
        # in the network's own order, as EPANET looks at them
        self.watched = np.asarray(self.place_of)[np.sort(np.asarray(self.link_of)[watched])]
        self.n_watched = len(self.watched)

    def _take_pumps(self, a):
        cdef int p, c
        pumps = np.asarray(self.link_of)[self.n_pipes:]
        self.pump_kind, self.pump_curve = a["pump_kind"][pumps], a["pump_curve"][pumps]
        self.pump_pattern = a["pump_pattern"][pumps]
        n = a["pump_n"][pumps]
        self.pump_h0, self.pump_n = -a["pump_h0_m"][pumps] / FOOT, n
        scale = np.array([scalar_power(CUBIC_FOOT, e) for e in n], float)
        self.pump_r = a["pump_r"][pumps] * scale / FOOT
        self.pump_hmax = a["pump_h0_m"][pumps] / FOOT
        self.pump_q0 = a["pump_q0_m3s"][pumps] / CUBIC_FOOT
        for p in range(len(pumps)):
            if self.pump_kind[p] == CUSTOM:
                c = self.pump_curve[p]
                self.pump_hmax[p] = self.curve_y[self.curve_first[c]]
            elif self.pump_kind[p] == CONSTANT_POWER:
                self.pump_hmax[p] = 1.0e10
                self.pump_r[p] = -8.814 * a["pump_power_w"][pumps[p]] / 745.7
            if self.first_status[self.n_pipes + p] > CLOSED:
                self.first_flow[self.n_pipes + p] = self.first_setting[self.n_pipes + p] * self.pump_q0[p]

    def _take_controls(self, a):
        self.control_link = np.asarray(self.place_of)[a["control_link"]]
        self.control_kind, self.n_controls = a["control_kind"], len(a["control_kind"])
        self.control_status = np.where(a["control_is_open"], OPEN, CLOSED).astype(np.int8)
        self.control_setting, self.control_time = a["control_setting"], a["control_time_s"]
        self.control_node = np.where(
            a["control_kind"] <= HIGH_LEVEL, np.asarray(self.inner)[np.maximum(a["control_node"], 0)], -1
        ).astype(np.int32)
        self.control_head = a["control_head_m"] / FOOT

    cdef double volume(self, int t, double grade) noexcept nogil:
        """Volume of tank t at a water level (as a head)."""
        cdef int c = self.tank_curve[t]
        if c < 0:
            return self.least_volume[t] + (grade - self.lowest[t]) * self.area[t]
        return _interpolated(self.curve_first[c + 1] - self.curve_first[c], &self.curve_x[self.curve_first[c]],
                             &self.curve_y[self.curve_first[c]], grade - self.elevation[self.n_junctions + t])

    cdef double grade(self, int t, double volume) noexcept nogil:
        """Water level (as a head) of tank t at a volume."""
        cdef int c = self.tank_curve[t]
        if c < 0:
            return self.lowest[t] + (volume - self.least_volume[t]) / self.area[t]
        return self.elevation[self.n_junctions + t] + _interpolated(
            self.curve_first[c + 1] - self.curve_first[c], &self.curve_y[self.curve_first[c]],
            &self.curve_x[self.curve_first[c]], volume)

    cdef double factor(self, int pattern, double period) noexcept nogil:
        """Factor of a pattern in a period; 1 where there is no pattern."""
        cdef int first, length
        if pattern < 0:
            return 1.0
        first = self.pattern_first[pattern]
        length = self.pattern_first[pattern + 1] - first
        return self.pattern_factor[first + <int> (period - length * floor(period / length))]

    cdef void curve_line(self, int c, double q, double *h0, double *r) noexcept nogil:
        """Intercept and slope of the part of a pump's curve that holds q."""
        cdef int first = self.curve_first[c], last = self.curve_first[c + 1] - 1, k = first + 1
        while k < last and self.curve_x[k] < q:
            k += 1
        r[0] = (self.curve_y[k] - self.curve_y[k - 1]) / (self.curve_x[k] - self.curve_x[k - 1])
        h0[0] = self.curve_y[k - 1] - r[0] * self.curve_x[k - 1]


cdef double _interpolated(int n, const double *x, const double *y, double at) noexcept nogil:
    """y at x, linear between the points and constant beyond them."""
    cdef int k
    if at <= x[0]:
        return y[0]
    for k in range(1, n):
        if x[k] >= at:
            return y[k] - (x[k] - at) * (y[k] - y[k - 1]) / (x[k] - x[k - 1])
    return y[n - 1]


# What the shell checks ------------------------------------------------------------------------------------------------

_NODE_FLOATS = ("elevation_m", "emitter", "tank_initial_m", "tank_minimum_m", "tank_maximum_m", "tank_area_m2",
                "tank_minimum_volume_m3")
_LINK_FLOATS = ("length_m", "diameter_m", "roughness", "minor_loss", "speed")
_POSITIVE_OPTIONS = ("accuracy", "trials", "check_frequency", "emitter_exponent", "pressure_exponent",
                     "hydraulic_step_s", "pattern_step_s", "report_step_s")
_OTHER_OPTIONS = ("formula", "viscosity_m2_s", "extra_trials", "max_check", "damp_limit", "head_error_m",
                  "flow_change_m3s", "demand_multiplier", "emitter_backflow", "pressure_driven", "minimum_pressure_m",
                  "required_pressure_m", "pattern_start_s", "start_clock_s")


def _checked(given):
    """The arguments as arrays of the right kind; ValueError where one does not fit."""
    a = {}
    nodes, links = len(given["node_kind"]), len(given["tail"])
    _floats(a, given, nodes, _NODE_FLOATS)
    _floats(a, given, links, _LINK_FLOATS)
    _floats(a, given, len(given["demand_node"]), ("demand_base_m3s",))
    _floats(a, given, len(given["control_link"]), ("control_head_m", "control_time_s"))
    a["control_setting"] = _array(given, "control_setting", np.float64, len(given["control_link"]))
    for name in ("pattern_factor", "curve_x", "curve_y"):
        _floats(a, given, len(given[name]), (name,))
    controls = len(given["control_link"])
    for name, size in (("tank_can_overflow", nodes), ("is_open", links), ("control_is_open", controls)):
        a[name] = _array(given, name, np.bool_, size)
    _check_ids(a, given, nodes, links)
    _check_kinds(a, given, nodes, links)
    _check_options(a, given)
    _check_values(a)
    _check_pumps(a, given, links)
    unknown = sorted(set(given) - set(a))
    if unknown:
        raise TypeError(f"unexpected arguments: {', '.join(unknown)}")
    return a


def _array(given, name, dtype, size):
    values = np.ascontiguousarray(given[name])
    if values.shape != (size,):
        raise ValueError(f"{name} has the shape {values.shape}: must be ({size},)")
    return values.astype(dtype)


def _floats(a, given, size, names):
    for name in names:
        a[name] = _array(given, name, np.float64, size)
        _all(np.isfinite(a[name]), a, name, "must be finite")


def _all(fits, a, name, must):
    if not np.all(fits):
        i = int(np.argmin(fits))
        raise ValueError(f"{name}[{i}] is {a[name][i]}: {must}")


def _check_ids(a, given, nodes, links):
    for of, names in (("pattern", ("factor",)), ("curve", ("x", "y"))):
        name = f"{of}_first"
        a[name] = np.ascontiguousarray(given[name]).astype(np.int32)
        for column in names:
            ends = a[name][[0, -1]].tolist() if len(a[name]) else None
            if ends != [0, len(a[f"{of}_{column}"])]:
                raise ValueError(f"{name} must run from 0 to the length of {of}_{column}")
        _all(np.diff(a[name]) > 0, a, name, f"every {of} must have an entry")
    patterns, curves = len(a["pattern_first"]) - 1, len(a["curve_first"]) - 1
    for name, size, low, high in (
        ("tail", links, 0, nodes), ("head", links, 0, nodes),
        ("demand_node", len(a["demand_base_m3s"]), 0, nodes),
        ("demand_pattern", len(a["demand_base_m3s"]), -1, patterns),
        ("head_pattern", nodes, -1, patterns), ("tank_curve", nodes, -1, curves),
        ("pump_curve", links, -1, curves), ("pump_pattern", links, -1, patterns),
        ("control_link", len(a["control_setting"]), 0, links), ("control_node", len(a["control_setting"]), -1, nodes),
    ):
        a[name] = _array(given, name, np.int32, size)
        _all((a[name] >= low) & (a[name] < high), a, name, f"must be in [{low}, {high})")


def _check_kinds(a, given, nodes, links):
    for name, size, count in (("node_kind", nodes, 3), ("link_kind", links, 3), ("pump_kind", links, 3),
                              ("control_kind", len(a["control_setting"]), 4)):
        a[name] = _array(given, name, np.int8, size)
        if name != "pump_kind":
            _all((a[name] >= 0) & (a[name] < count), a, name, f"must be in [0, {count})")
    _all(a["tail"] != a["head"], a, "tail", "a link must join two nodes")
    _all(a["node_kind"][a["demand_node"]] == JUNCTION, a, "demand_node", "only junctions have demands")
    if not np.any(a["node_kind"] != JUNCTION):
        raise ValueError("node_kind has no reservoir and no tank")


def _check_options(a, given):
    for name in _POSITIVE_OPTIONS + _OTHER_OPTIONS:
        a[name] = given[name]
        if not np.isfinite(a[name]) or (name in _POSITIVE_OPTIONS and a[name] <= 0):
            raise ValueError(f"{name} is {a[name]}: must be finite{' and above 0' * (name in _POSITIVE_OPTIONS)}")
    if a["formula"] not in (HAZEN_WILLIAMS, DARCY_WEISBACH, CHEZY_MANNING):
        raise ValueError(f"formula is {a['formula']}: must be 0, 1 or 2")
    if a["required_pressure_m"] <= a["minimum_pressure_m"]:
        raise ValueError(f"required_pressure_m is {a['required_pressure_m']}: must be above minimum_pressure_m")


def _check_values(a):
    tank, pump = a["node_kind"] == TANK, a["link_kind"] == PUMP
    least_roughness = a["roughness"] >= 0.0 if a["formula"] == DARCY_WEISBACH else a["roughness"] > 0.0
    for name in ("length_m", "diameter_m"):
        _all(pump | (a[name] > 0.0), a, name, "must be above 0")
    _all(pump | least_roughness, a, "roughness", "must be above 0")
    _all(a["minor_loss"] >= 0.0, a, "minor_loss", "must not be negative")
    _all(a["speed"] >= 0.0, a, "speed", "must not be negative")
    _all(a["emitter"] >= 0.0, a, "emitter", "must not be negative")
    _all(~tank | (a["tank_curve"] >= 0) | (a["tank_area_m2"] > 0.0), a, "tank_area_m2", "must be above 0")
    _all(~tank | (a["tank_maximum_m"] >= a["tank_minimum_m"]), a, "tank_maximum_m", "must not be below the minimum")
    for c in range(len(a["curve_first"]) - 1):
        rises = np.diff(a["curve_x"][a["curve_first"][c]:a["curve_first"][c + 1]]) > 0.0
        if not np.all(rises):
            raise ValueError(f"curve {c} must rise in x")


def _check_pumps(a, given, links):
    pump = a["link_kind"] == PUMP
    _all(~pump | (a["pump_kind"] >= 0) & (a["pump_kind"] < 3), a, "pump_kind", "must be in [0, 3)")
    power, constant = pump & (a["pump_kind"] == POWER_FUNCTION), pump & (a["pump_kind"] == CONSTANT_POWER)
    for means_it, names in ((pump, ("pump_q0_m3s",)), (power, ("pump_h0_m", "pump_r", "pump_n")),
                            (constant, ("pump_power_w",))):
        for name in names:  # elsewhere whatever stands there counts for nothing
            a[name] = np.where(means_it, _array(given, name, np.float64, links), 1.0)
            _all((a[name] > 0.0) & np.isfinite(a[name]), a, name, "must be finite and above 0")
    sizes = np.append(np.diff(a["curve_first"]), 0)[a["pump_curve"]]
    _all(~pump | (a["pump_kind"] != CUSTOM) | (sizes >= 2), a, "pump_curve", "a custom pump's curve needs two points")
